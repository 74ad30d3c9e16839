"""Brings a database to the tables that this version of Linesheet needs, one process at a time.

Nobody else waits long for it: each attempt waits a few seconds for a lock, gives everything back, and tries again after a pause.
"""

import asyncio
import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from backend.core.database import APP, credentials, tortoise_config

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

# The key of the advisory lock that a migrating process holds; any number that nobody else uses.
LOCK_KEY = 7_346_228_011

APPLICATION = "linesheet migrate"

# While a migration waits for a lock, all others wait behind it: so it waits for seconds, and others have their turn in the pause.
LOCK_WITHIN_MS = 3_000
PAUSE = 5.0
MOST_ATTEMPTS = 20

_LOCK_NOT_AVAILABLE = "55P03"

_BLOCKERS = """
SELECT DISTINCT b.pid, coalesce(nullif(b.application_name, ''), 'unnamed') AS application, b.state, b.xact_start
FROM pg_stat_activity m CROSS JOIN LATERAL unnest(pg_blocking_pids(m.pid)) AS blocking(pid) JOIN pg_stat_activity b ON b.pid = blocking.pid
WHERE m.application_name = $1 AND m.datname = current_database()
"""

Say = Callable[[str], None]


class MigrationRefused(Exception):
    """The database cannot be brought to this version; the message says why, and what would do."""


def known_migrations() -> list[str]:
    """Every migration of this version, first to last."""
    return sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))


def silently(_: str) -> None:
    """Say nothing."""


async def migrate(dsn: str, say: Say = silently, *, attempts: int = MOST_ATTEMPTS, pause: float = PAUSE) -> list[str]:
    """Apply what is missing and answer its names. Needs a direct connection: a pooler loses the lock.

    Raises MigrationRefused for a database of a newer version, and when others do not let go of a table for too long.
    """
    lock = await asyncpg.connect(**credentials(dsn))
    try:
        await _wait_for_turn(lock, say)
        await refuse_newer(lock)
        missing = await _missing(lock)
        if missing:
            await _retried(dsn, lock, say, attempts, pause)
        await _make_indexes(lock)
        return missing
    finally:
        await lock.close()


async def missing_migrations(dsn: str) -> list[str]:
    """What this version needs and the database has not had."""
    connection = await asyncpg.connect(**credentials(dsn))
    try:
        return await _missing(connection)
    finally:
        await connection.close()


async def check_version(dsn: str) -> None:
    """Raises MigrationRefused when the database is of a newer version than this one."""
    connection = await asyncpg.connect(**credentials(dsn))
    try:
        await refuse_newer(connection)
    finally:
        await connection.close()


async def refuse_newer(connection: asyncpg.Connection) -> None:
    unknown = unknown_migrations(await _applied(connection))
    if unknown:
        raise MigrationRefused(
            f"The database is newer than this version of Linesheet: it has had {', '.join(unknown)}."
            " Install the version that made it so, or restore a backup of this version."
        )


def unknown_migrations(applied: set[str]) -> list[str]:
    """What a newer version has done to the database."""
    return sorted(applied - set(known_migrations()))


async def _missing(connection: asyncpg.Connection) -> list[str]:
    applied = await _applied(connection)
    return [name for name in known_migrations() if name not in applied]


async def _applied(connection: asyncpg.Connection) -> set[str]:
    if await connection.fetchval("SELECT to_regclass('tortoise_migrations')") is None:
        return set()
    return {row["name"] for row in await connection.fetch("SELECT name FROM tortoise_migrations WHERE app = $1", APP)}


async def _wait_for_turn(lock: asyncpg.Connection, say: Say) -> None:
    """One process migrates at a time; the others say that they wait."""
    told = False
    while not await lock.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):
        if not told:
            say("another process migrates this database: waiting for it")
            told = True
        await asyncio.sleep(0.2)


async def _retried(dsn: str, watcher: asyncpg.Connection, say: Say, attempts: int, pause: float) -> None:
    blockers: list[str] = []
    for attempt in range(1, attempts + 1):
        watching = asyncio.create_task(_watch(watcher, blockers))
        try:
            await _apply(dsn)
            return
        except Exception as error:
            if not is_lock_timeout(error):
                raise
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        say(f"attempt {attempt} of {attempts} waited for {'; '.join(blockers) or 'a lock'}")
        if attempt < attempts:
            await asyncio.sleep(pause)
    raise MigrationRefused(
        f"The tables are in use, and nothing was changed. In the way: {'; '.join(blockers) or 'another session'}."
        " End it (SELECT pg_terminate_backend(PID)) or wait until it is done, then migrate again."
    )


async def _watch(connection: asyncpg.Connection, blockers: list[str]) -> None:
    """Keeps in `blockers` who was last seen in the way."""
    while True:
        rows = await connection.fetch(_BLOCKERS, APPLICATION)
        if rows:
            blockers[:] = [
                f"PID {row['pid']} ({row['application']}, {row['state']}, in a transaction since {row['xact_start']:%H:%M:%S})"
                for row in rows
                if row["xact_start"] is not None
            ]
        await asyncio.sleep(0.3)


def is_lock_timeout(error: BaseException) -> bool:
    """Whether PostgreSQL gave up waiting for a lock, however the driver has wrapped it."""
    return any(getattr(one, "sqlstate", None) == _LOCK_NOT_AVAILABLE for one in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        yield from (argument for argument in seen.args if isinstance(argument, BaseException))
        seen = seen.__cause__ or seen.__context__


async def _apply(dsn: str) -> None:
    config = tortoise_config(dsn, pool_max=2)
    # A migration may work for as long as it must, but waits only briefly for those who use its tables.
    config["connections"]["default"]["credentials"]["server_settings"].update(
        statement_timeout="0", lock_timeout=str(LOCK_WITHIN_MS), application_name=APPLICATION
    )
    async with TortoiseContext() as context:
        await context.init(config=config)
        await _prepare(MigrationExecutor(get_connection("default"), {APP: config["apps"][APP]}))
        # One transaction around all of it: a migration and the note that it was applied stand or fall together.
        async with in_transaction("default") as connection:
            executor = MigrationExecutor(connection, {APP: config["apps"][APP]})
            await executor.migrate([MigrationTarget(app_label=APP, name="__latest__")])


async def _prepare(executor: MigrationExecutor) -> None:
    """Make the table of applied migrations: inside the transaction, asking for a table that is not there would end it."""
    await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))


def declared_indexes() -> dict[str, str]:
    """`MADE_AFTERWARDS` of the migrations: names and statements of indexes that are made after the transaction, while others read and write."""
    found: dict[str, str] = {}
    for name in known_migrations():
        found |= getattr(importlib.import_module(f"migrations.{name}"), "MADE_AFTERWARDS", {})
    return found


async def _make_indexes(connection: asyncpg.Connection) -> None:
    """Make those that are missing, and anew those whose making was interrupted."""
    for name, statement in declared_indexes().items():
        if not await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name):
            with suppress(asyncpg.UndefinedObjectError):
                await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            await connection.execute(statement)
