"""The embedded PostgreSQL: its cluster, its settings, its start and its end.

Promises that a server that was killed comes back with every committed transaction: fsync and synchronous commit stay on, and
postmaster.pid is PostgreSQL's own to remove.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.embedded.errors import EmbeddedError
from backend.embedded.places import Account, Say
from backend.embedded.process import Child
from backend.embedded.programs import PostgresPrograms

DATABASE = "linesheet"
OLDEST_MAJOR = 15

SETTINGS = {
    "listen_addresses": "",  # the private socket is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",  # compiling a query of milliseconds costs more than running it
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """One PostgreSQL cluster below the state folder."""

    def __init__(self, state: Path, sockets: Path, account: Account, programs: PostgresPrograms) -> None:
        self.data = state / "postgres"
        self.sockets = sockets
        self.account = account
        self.programs = programs
        self.child = Child(account, state / "postgres.log", signal.SIGINT)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{DATABASE}?host={self.sockets}"

    @property
    def running(self) -> bool:
        return self.child.running

    def prepare(self, say: Say) -> None:
        """Make the cluster if there is none."""
        self._check_version()
        if (self.data / "PG_VERSION").exists():
            return
        say("creating the database cluster")
        # Built aside and renamed: a cluster that is there is whole, whenever the machine stopped.
        unfinished = self.data.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.own_folder(unfinished)
        command: list[str | Path] = [self.programs.path("initdb"), "-D", unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += [*self._locale(), "--no-instructions"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
            **self.account.popen_options(),
        )
        if done.returncode:
            raise EmbeddedError(f"initdb could not create the database cluster:\n{done.stderr.strip()}")
        shutil.rmtree(self.data, ignore_errors=True)
        unfinished.rename(self.data)

    def start(self, timeout: float = 60) -> None:
        """Start the server and wait until it takes connections; the first seconds after a kill -9 may take several tries."""
        deadline = time.monotonic() + timeout
        self._retire_predecessor()
        pid = self._spawn()
        while not self._ready(pid):
            if not self.child.running:
                # Backends of a killed server hold its shared memory for a moment: that is no reason to give up.
                time.sleep(0.25)
                pid = self._spawn()
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"PostgreSQL did not start within {timeout:.0f} s. Its log ends:\n{self.child.last_words()}")
            time.sleep(0.02)

    def create_database(self) -> None:
        """Make Linesheet's own database if it is not there yet."""
        command: list[str | Path] = [self.programs.path("createdb"), "-h", self.sockets, "-U", "postgres", DATABASE]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", env={**os.environ, "LC_ALL": "C"})
        if done.returncode and "already exists" not in done.stderr:
            raise EmbeddedError(f"createdb failed: {done.stderr.strip()}")

    def stop(self) -> None:
        self.child.stop()

    def _spawn(self) -> int:
        command: list[str | Path] = [self.programs.path("postgres"), "-D", self.data, "-k", self.sockets]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        return self.child.spawn(command)

    def _ready(self, pid: int) -> bool:
        """Whether this very server takes connections: it says so itself in the eighth line of postmaster.pid."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _retire_predecessor(self) -> None:
        """Where the kernel has no death signal, ask a server that outlived its keeper to end; never a stranger."""
        if sys.platform == "linux":
            return
        lines = self._pid_file()
        if lines and lines[0].strip().isdigit():
            pid = int(lines[0])
            seen = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True)
            if str(self.data) in seen.stdout and "postgres" in seen.stdout:
                os.kill(pid, signal.SIGINT)

    def _check_version(self) -> None:
        if self.programs.major < OLDEST_MAJOR:
            raise EmbeddedError(f"PostgreSQL {self.programs.major} is too old: Linesheet needs {OLDEST_MAJOR} or newer.")
        version = self.data / "PG_VERSION"
        if version.exists() and version.read_text().strip() != str(self.programs.major):
            raise EmbeddedError(
                f"The data in {self.data} was written by PostgreSQL {version.read_text().strip()}, but the server here is"
                f" {self.programs.major}. Install the version that wrote it, or start over with `make reset`."
            )

    def _locale(self) -> list[str]:
        if self.programs.major >= 17:
            # Comes with the server, so that sorting and upper() mean the same on every machine.
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]
