"""`linesheet backup` and `restore`: the whole database in one file, by PostgreSQL's own tools."""

import argparse
import asyncio
import subprocess
from pathlib import Path

from backend.commands.data import migrate_database
from backend.commands.errors import CommandError
from backend.commands.progress import note, step
from backend.commands.servers import servers
from backend.embedded.places import Account, default_state
from backend.embedded.programs import find_postgres
from backend.settings import Settings


def backup(arguments: argparse.Namespace) -> int:
    """Write the database to a file, whole or not at all, while everything goes on."""
    file: Path = arguments.file
    unfinished = file.with_name(f"{file.name}.part")
    with servers(note) as settings, step(f"Backup to {file}"):
        try:
            _run("pg_dump", settings, "--format=custom", "--no-owner", f"--file={unfinished}")
            unfinished.rename(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Fill an empty database from a backup, all or nothing, and bring it to this version's tables."""
    file: Path = arguments.file
    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    with servers(note) as settings:
        if asyncio.run(_has_tables(settings)):
            raise CommandError("The database is not empty. Restore into an empty one; `make reset` empties the embedded one.")
        with step(f"Restore from {file}"):
            _run("pg_restore", settings, "--single-transaction", "--exit-on-error", "--no-owner", str(file))
        asyncio.run(migrate_database(settings))
    return 0


def _run(program: str, settings: Settings, *options: str) -> None:
    assert settings.direct_url is not None
    path = find_postgres(default_state(), Account.current(), note).path(program)
    done = subprocess.run([path, f"--dbname={settings.direct_url}", *options], capture_output=True, text=True)
    if done.returncode:
        raise CommandError(f"{program} failed: {done.stderr.strip()}")


async def _has_tables(settings: Settings) -> bool:
    import asyncpg

    from backend.core.database import credentials

    assert settings.direct_url is not None
    connection = await asyncpg.connect(**credentials(settings.direct_url))
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"))
    finally:
        await connection.close()
