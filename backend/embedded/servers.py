"""The embedded servers as a process uses them: start or join, use, let go.

Whoever comes first starts a keeper; whoever comes later joins it. The servers stop when the last user has let go or has died.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from backend.embedded.errors import EmbeddedError
from backend.embedded.locks import ADDRESSES, KEEPER_LOCK, START_LOCK, TICK, USERS_LOCK, take_lock
from backend.embedded.places import Account, Say, default_state, settle_state

__all__ = ["Addresses", "EmbeddedError", "EmbeddedServers", "remove_data"]

PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers are reached; without a Valkey for this platform, `redis_url` is None."""

    database_url: str
    redis_url: str | None


def silently(_: str) -> None:
    """Say nothing."""


class EmbeddedServers:
    """A context manager: inside it, PostgreSQL and Valkey run."""

    def __init__(self, state: Path | None = None, say: Say = silently) -> None:
        self.say = say
        self.state = settle_state(state or default_state(), Account.current(), say)
        self.users: IO[str] | None = None
        self.keeper: subprocess.Popen[str] | None = None

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def start(self) -> Addresses:
        """Start the servers, or join those that run, and answer where they are."""
        self.users = (self.state / USERS_LOCK).open("a")
        # Waits while a keeper is stopping its servers: it holds this lock alone until it is gone.
        fcntl.flock(self.users, fcntl.LOCK_SH)
        try:
            with (self.state / START_LOCK).open("a") as start_lock:
                fcntl.flock(start_lock, fcntl.LOCK_EX)
                return self._join() or self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Let go; if nobody else uses the servers, wait until they have stopped."""
        if self.users is None:
            return
        self.users.close()
        self.users = None
        others_until = time.monotonic() + 5 * TICK
        while self._keeper_lives():
            if time.monotonic() > others_until and self._in_use():
                return
            time.sleep(TICK / 2)
        if self.keeper is not None:
            self.keeper.wait()
            self.keeper = None

    def _join(self) -> Addresses | None:
        """The addresses of a running keeper; None when there is none."""
        while self._keeper_lives():
            try:
                return Addresses(**json.loads((self.state / ADDRESSES).read_text()))
            except FileNotFoundError:
                time.sleep(TICK / 2)  # it is still starting; whoever started it was killed
        return None

    def _launch(self) -> Addresses:
        """Start a keeper, pass on what it says, and answer the addresses when it is ready."""
        with (self.state / "keeper.log").open("a") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, "-m", "backend.embedded.keeper", self.state],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd="/",
                env={**os.environ, "PYTHONPATH": str(PACKAGE_ROOT)},
                start_new_session=True,  # a Ctrl-C is for us; the keeper ends when we have
            )
        assert self.keeper.stdout is not None
        with self.keeper.stdout as progress:
            for line in progress:
                message = json.loads(line)
                if "say" in message:
                    self.say(message["say"])
                elif "error" in message:
                    raise EmbeddedError(message["error"])
        addresses = self._join()
        if addresses is None:
            raise EmbeddedError(f"The embedded servers did not start; {self.state / 'keeper.log'} tells why.")
        return addresses

    def _keeper_lives(self) -> bool:
        with (self.state / KEEPER_LOCK).open("a") as file:
            return not take_lock(file, fcntl.LOCK_SH)

    def _in_use(self) -> bool:
        """Whether anybody but a stopping keeper holds the servers."""
        with (self.state / USERS_LOCK).open("a") as file:
            return take_lock(file, fcntl.LOCK_SH)


def remove_data(state: Path | None = None) -> Path:
    """Forget everything that the servers of a state folder keep; they must not be running."""
    folder = settle_state(state or default_state(), Account.current(), silently)
    with (folder / USERS_LOCK).open("a") as users:
        if not take_lock(users, fcntl.LOCK_EX, patience=2):
            raise EmbeddedError("Linesheet is running. Stop it first, then start over.")
        for name in ("postgres", "postgres.part", "uploads"):
            shutil.rmtree(folder / name, ignore_errors=True)
    return folder
