"""A PgBouncer of one's own, in transaction mode as Debian ships it, before a database: for a test or a measurement."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.core.database import SESSION, credentials
from tests.servers import free_port

CONFIGURATION = """
[databases]
{name} = {target} connect_query='{settings}'

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 500
"""


def program() -> str | None:
    """Where PgBouncer is installed, if it is."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class PgBouncer:
    """`url` leads through it."""

    def __init__(self, database_url: str, folder: Path, *, size: int = 20, session: dict[str, str] = SESSION) -> None:
        self.port = free_port()
        target = credentials(database_url)
        self.url = f"postgresql://{target['user']}@127.0.0.1:{self.port}/{target['database']}"
        self.log = folder / "pgbouncer.log"
        self.configuration = folder / "pgbouncer.ini"
        self.configuration.write_text(CONFIGURATION.format(
            name=target["database"], port=self.port, size=size, target=_words(target),
            settings="; ".join(f"SET {name} = {value}" for name, value in session.items()) or "SELECT 1",
        ))  # fmt: skip

    def start(self) -> None:
        path = program()
        assert path is not None, "PgBouncer is not installed"
        with self.log.open("ab") as log, self.configuration.open("rb") as configuration:
            # By its descriptor: the account that it runs as may not be able to reach the folder.
            self.process = subprocess.Popen(
                [path, "--quiet", f"/proc/self/fd/{configuration.fileno()}"],
                stdout=log, stderr=log, cwd="/", pass_fds=[configuration.fileno()], **_unprivileged(),
            )  # fmt: skip
        until = time.monotonic() + 10
        while not _listens(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(f"PgBouncer did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)


@contextmanager
def pgbouncer(database_url: str, folder: Path, *, size: int = 20, session: dict[str, str] = SESSION) -> Iterator[PgBouncer]:
    """A running one: `size` connections to the database at most, whose sessions begin with these settings."""
    pooler = PgBouncer(database_url, folder, size=size, session=session)
    pooler.start()
    try:
        yield pooler
    finally:
        pooler.stop()


def _words(target: dict[str, object]) -> str:
    names = {"host": "host", "port": "port", "database": "dbname", "user": "user", "password": "password"}
    return " ".join(f"{word}={target[name]}" for name, word in names.items() if target[name] is not None)


def _unprivileged() -> dict[str, Any]:
    """PgBouncer refuses to run as root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
