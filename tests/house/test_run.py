"""`make run` as a newcomer meets it: from nothing to a storefront, quickly the second time, and nothing left behind after any end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.databases import ROOT
from tests.house.processes import eventually, postmaster_of, processes_of
from tests.servers import free_port

READY = "Ctrl-C stops everything"


class Running:
    """`linesheet dev` over a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.started = time.monotonic()
        environment = {**os.environ, "LINESHEET_STATE": str(state), "PORT": str(self.port), "PUBLIC_URL": self.url}
        for name in ("DATABASE_URL", "REDIS_URL"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "dev"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )

    def wait(self) -> str:
        """What it said until it was ready."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if READY in line:
                return said
        raise AssertionError(f"it ended before it was ready:\n{said}")

    def end(self, number: signal.Signals) -> None:
        """As the terminal does for Ctrl-C: to the whole group."""
        os.killpg(self.process.pid, number)
        self.process.communicate(timeout=30)


# How many seconds the first start took over each state folder: a slow machine is slow both times.
FIRST: dict[Path, float] = {}


@pytest.fixture(scope="module")
def filled(module_state: Path) -> Path:
    """A state folder after a first run that was ended by Ctrl-C."""
    running = Running(module_state)
    said = running.wait()
    FIRST[module_state] = time.monotonic() - running.started
    assert f"{running.url}/" in said
    assert f"{running.url}/graphql" in said
    assert "admin@demo.example" in said
    running.end(signal.SIGINT)
    assert eventually(lambda: not processes_of(module_state)), "Ctrl-C left a server behind"
    return module_state


def test_the_second_run_is_quick(filled: Path) -> None:
    times = []
    for _ in range(3):  # the machine may have been busy with something else once
        running = Running(filled)
        running.wait()
        times.append(time.monotonic() - running.started)
        running.end(signal.SIGINT)
        if times[-1] < FIRST[filled] / 2:
            return
    raise AssertionError(f"it took {times} s after {FIRST[filled]} s at first")


def test_the_second_run_answers_everywhere_and_keeps_its_data(filled: Path) -> None:
    running = Running(filled)
    said = running.wait()
    try:
        assert "Demo data" not in said
        for path in ("/healthz", "/readyz", "/"):
            assert httpx.get(running.url + path, follow_redirects=True, timeout=10).status_code == 200
        answer = httpx.post(f"{running.url}/graphql", json={"query": "{ __typename }"}, timeout=10)
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert "demo.example" in httpx.get(f"{running.url}/sign-in", timeout=10).text
    finally:
        running.end(signal.SIGINT)


def test_kill_9_leaves_no_server_behind_and_the_next_run_finds_its_data(filled: Path) -> None:
    running = Running(filled)
    running.wait()
    running.end(signal.SIGKILL)
    assert eventually(lambda: not processes_of(filled)), "kill -9 left a server behind"
    running = Running(filled)
    said = running.wait()
    running.end(signal.SIGTERM)
    assert "Demo data" not in said
    assert eventually(lambda: not processes_of(filled)), "SIGTERM left a server behind"


def test_a_killed_postgres_comes_back_under_a_running_server(filled: Path) -> None:
    running = Running(filled)
    running.wait()
    try:
        os.kill(postmaster_of(filled), signal.SIGKILL)
        assert eventually(lambda: _ready(running.url), 20)
        assert httpx.get(f"{running.url}/healthz", timeout=5).status_code == 200
    finally:
        running.end(signal.SIGINT)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
