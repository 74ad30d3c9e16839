"""Brings a database to the tables that this version of Linesheet needs, one process at a time."""

from collections.abc import Callable
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


def known_migrations() -> list[str]:
    """Every migration of this version, first to last."""
    return sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))


async def migrate(dsn: str, progress: Callable[[str], None] = lambda name: None) -> list[str]:
    """Apply what is missing and answer its names. Needs a direct connection: a pooler loses the lock."""
    lock = await asyncpg.connect(**credentials(dsn))
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        missing = await _missing(lock)
        for name in missing:
            progress(name)
        if missing:
            await _apply(dsn)
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


async def _missing(connection: asyncpg.Connection) -> list[str]:
    if await connection.fetchval("SELECT to_regclass('tortoise_migrations')") is None:
        return known_migrations()
    applied = {row["name"] for row in await connection.fetch("SELECT name FROM tortoise_migrations WHERE app = $1", APP)}
    return [name for name in known_migrations() if name not in applied]


async def _apply(dsn: str) -> None:
    config = tortoise_config(dsn, pool_max=2)
    # A migration may work for as long as it must, and waits for those who read its tables.
    config["connections"]["default"]["credentials"]["server_settings"].update(statement_timeout="0", lock_timeout="0")
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
