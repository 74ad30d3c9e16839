"""The `linesheet` command: every subcommand leads somewhere, and what a person can mend is said in a sentence."""

import argparse
import importlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from backend.cli import main, parser
from backend.embedded import EmbeddedError, EmbeddedServers
from backend.embedded.servers import remove_data
from backend.settings import get_settings
from tests.databases import ROOT


def subcommands() -> list[argparse.ArgumentParser]:
    (choices,) = [action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return list(choices.values())


@pytest.mark.parametrize("subcommand", subcommands(), ids=lambda subcommand: str(subcommand.prog))
def test_every_subcommand_leads_to_a_function(subcommand: argparse.ArgumentParser) -> None:
    module, _, function = str(subcommand.get_default("runs")).partition(":")
    assert callable(getattr(importlib.import_module(f"backend.commands.{module}"), function))


@pytest.fixture
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Variables that a command reads afresh, and leaves as they were."""
    for name in ("DATABASE_URL", "REDIS_URL", "HOST", "PORT", "WEB_WORKERS", "JOBS_INSIDE"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    get_settings.cache_clear()
    return monkeypatch


def test_a_port_that_is_taken_is_named_before_anything_is_started(
    fresh_settings: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh_settings.setenv("LINESHEET_STATE", str(tmp_path / "state"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["dev", "--port", str(port)]) == 1
    assert f"127.0.0.1:{port} cannot be used" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_a_bad_setting_is_named(fresh_settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fresh_settings.setenv("PORT", "eighty")
    assert main(["serve"]) == 1
    assert "PORT is 'eighty'" in capsys.readouterr().err


def test_reset_leaves_a_database_of_one_s_own_alone(fresh_settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fresh_settings.setenv("DATABASE_URL", "postgresql://db/linesheet")
    assert main(["reset"]) == 1
    assert "DATABASE_URL is set" in capsys.readouterr().err


def test_reset_removes_the_data_but_not_under_a_running_server(state: Path) -> None:
    servers = EmbeddedServers(state)
    servers.start()
    try:
        with pytest.raises(EmbeddedError, match="running"):
            remove_data(state)
    finally:
        servers.stop()
    folder = remove_data(state)
    assert not (folder / "postgres").exists()


def test_help_needs_nothing_heavy() -> None:
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "backend.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Start everything from nothing" in seen.stdout
    imported = {line.rpartition("|")[2].strip() for line in seen.stderr.splitlines()}
    assert imported.isdisjoint({"tortoise", "strawberry", "starlette", "uvicorn", "asyncpg", "redis"})


def test_the_first_administrator_of_an_empty_database_has_a_shop_and_it_is_no_demo(database_url: str) -> None:
    def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATABASE_URL": database_url}
        command = [sys.executable, "-m", "backend.cli", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, input=typed, capture_output=True, text=True)

    weak = run("create-admin", "ada@northline.example", "--shop", "Northline", typed="short\n")
    assert weak.returncode == 1
    first = run(
        "create-admin", "ada@northline.example", "--shop", "Northline", "--currency", "GBP", typed="a-long-enough-password\n"
    )
    assert "There was no shop: made “Northline”, which reckons in GBP." in first.stdout
    second = run("create-admin", "bo@northline.example", "--shop", "Other", typed="a-long-enough-password\n")
    assert (second.returncode, "There was no shop" in second.stdout) == (0, False)
    assert "There is a shop already" in second.stdout
    assert "is not empty" in run("demo").stderr
