"""Real databases for the tests: one server for all workers, migrated once, a fresh copy for whoever asks.

`TEST_DATABASE_URL` names a server to use instead of the embedded one; its user must be allowed to create databases.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from backend.core.database import credentials
from backend.core.migrate import migrate
from backend.embedded import EmbeddedServers
from backend.embedded.places import default_state

ROOT = Path(__file__).resolve().parents[1]

# How many wait for a lock in this database. What pg_stat_activity says is kept for a transaction; of the locks that is not so.
WAITING = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"

Fill = Callable[[str], Awaitable[None]]


@contextmanager
def test_server() -> Iterator[str]:
    """The address of a server on which databases come and go, apart from the one of `make run`."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
        return
    with EmbeddedServers(default_state() / "tests") as addresses:
        yield addresses.database_url


def address(server: str, database: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def digest(paths: Iterable[Path]) -> str:
    """A short name for what stands in these files."""
    sha = hashlib.sha256()
    for path in sorted(paths):
        sha.update(path.read_bytes())
    return sha.hexdigest()[:16]


async def administer(server: str, *statements: str) -> None:
    """Statements about databases, sent from a database that is nobody's."""
    connection = await asyncpg.connect(**credentials(address(server, "postgres")))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def exists(server: str, database: str) -> bool:
    connection = await asyncpg.connect(**credentials(address(server, "postgres")))
    try:
        return bool(await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database))
    finally:
        await connection.close()


async def make_template(server: str, name: str, fill: Fill) -> None:
    """Make a database to copy from, whole or not at all."""
    unfinished = f"{name}_part"
    await administer(server, f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)', f'CREATE DATABASE "{unfinished}"')
    await fill(address(server, unfinished))
    await administer(server, f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def template(server: str, kind: str, sources: Iterable[Path], fill: Fill) -> str:
    """The name of a template made from these sources: made by the first worker that asks, kept until they change."""
    name = f"{kind}_{digest(sources)}"
    lock = Path(tempfile.gettempdir()) / f"linesheet-tests-{os.getuid()}.lock"
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not asyncio.run(exists(server, name)):
            asyncio.run(_drop_older(server, kind))
            asyncio.run(make_template(server, name, fill))
    return name


async def _drop_older(server: str, kind: str) -> None:
    connection = await asyncpg.connect(**credentials(address(server, "postgres")))
    try:
        older = await connection.fetch("SELECT datname FROM pg_database WHERE datname ^@ $1", f"{kind}_")
    finally:
        await connection.close()
    await administer(server, *(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)' for row in older))


def empty_template(server: str) -> str:
    """A database as migrations leave it."""

    async def fill(url: str) -> None:
        await migrate(url)

    return template(server, "empty", (ROOT / "migrations").glob("*.py"), fill)


def demo_template(server: str) -> str:
    """A database with the demo data in it."""

    async def fill(url: str) -> None:
        command = [sys.executable, "-m", "backend.cli"]
        for step in ("migrate", "demo"):
            process = await asyncio.create_subprocess_exec(
                *command, step, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, stdout=asyncio.subprocess.DEVNULL
            )
            if await process.wait():
                raise RuntimeError(f"`linesheet {step}` failed")

    sources = [*(ROOT / "migrations").glob("*.py"), *(path for path in (ROOT / "backend").rglob("*") if path.is_file())]
    return template(server, "demo", (path for path in sources if path.suffix in (".py", ".svg", ".csv", ".json", ".toml")), fill)


@contextmanager
def copy_of(server: str, template_name: str) -> Iterator[str]:
    """The address of a fresh copy, dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"'))
    try:
        yield address(server, name)
    finally:
        asyncio.run(administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
