"""`linesheet backup` and `restore`: the database and the uploads in one file. `linesheet resume` lets a restored copy send mail."""

import argparse
import asyncio
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from backend.commands.data import migrate_database
from backend.commands.errors import CommandError
from backend.commands.progress import note, step
from backend.commands.servers import opened, servers
from backend.embedded.places import Account, default_state
from backend.embedded.programs import find_postgres
from backend.settings import Settings

# What the archive holds: PostgreSQL's own format, and the folder of uploads.
DATABASE = "database.dump"
UPLOADS = "uploads"

RESTORED = "this is a restored copy; `linesheet resume` lets it send what waits and what comes"


def backup(arguments: argparse.Namespace) -> int:
    """Write the database and the uploads to a file, whole or not at all, while everything goes on."""
    file: Path = arguments.file
    unfinished = file.with_name(f"{file.name}.part")
    with servers(note) as settings, step(f"Backup to {file}"), _folder_beside(file) as folder:
        try:
            # The database first: an upload that comes later is in the archive without a row, which harms nobody.
            _run("pg_dump", settings, "--format=custom", "--no-owner", f"--file={folder / DATABASE}")
            with tarfile.open(unfinished, "w") as archive:
                archive.add(folder / DATABASE, DATABASE)
                if settings.uploads.is_dir():
                    archive.add(settings.uploads, UPLOADS)
            unfinished.chmod(0o600)
            unfinished.rename(file)
        finally:
            unfinished.unlink(missing_ok=True)
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Fill an empty database and the folder of uploads from a backup, and bring it to this version's tables. It sends no mail until `resume`."""
    file: Path = arguments.file
    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    with servers(note) as settings, _folder_beside(file) as folder:
        if asyncio.run(_has_tables(settings)):
            raise CommandError("The database is not empty. Restore into an empty one; `make reset` empties the embedded one.")
        with step(f"Restore from {file}"):
            dump = _unpack(file, folder, settings)
            _run("pg_restore", settings, "--single-transaction", "--exit-on-error", "--no-owner", str(dump))
        asyncio.run(migrate_database(settings))
        asyncio.run(_pause(settings))
    note("No mail is sent from this copy. `linesheet resume` lets it send.")
    return 0


def resume(arguments: argparse.Namespace) -> int:
    """Mails that wait in a restored copy are sent, and those that come."""
    with servers(note) as settings:
        was_paused = asyncio.run(_resume(settings))
    print("Mails are sent again." if was_paused else "Mails were not paused.")
    return 0


@contextmanager
def _folder_beside(file: Path) -> Iterator[Path]:
    """A private folder on the backup's own disk, where there is room for it."""
    with tempfile.TemporaryDirectory(prefix=".linesheet-", dir=file.absolute().parent) as folder:
        yield Path(folder)


def _unpack(file: Path, folder: Path, settings: Settings) -> Path:
    """The dump in the archive; uploads go to their folder, and replace none. Backups of older versions are a dump alone."""
    if not tarfile.is_tarfile(file):
        return file
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    for found in sorted((folder / UPLOADS).rglob("*")):
        place = settings.uploads / found.relative_to(folder / UPLOADS)
        if found.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(found.read_bytes())
    return folder / DATABASE


def _run(program: str, settings: Settings, *options: str) -> None:
    assert settings.direct_url is not None
    path = find_postgres(default_state(), Account.current(), note).path(program)
    address, environment = without_password(settings.direct_url)
    done = subprocess.run(
        [path, f"--dbname={address}", *options], capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode:
        raise CommandError(f"{program} failed: {done.stderr.strip()}")


def without_password(dsn: str) -> tuple[str, dict[str, str]]:
    """The address as others on this machine may see it among the arguments of processes, and the password for the environment."""
    from backend.core.database import credentials

    password = credentials(dsn)["password"]
    if password is None:
        return dsn, {}
    parts = urlsplit(dsn)
    user = quote(credentials(dsn)["user"], safe="")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}")), {"PGPASSWORD": password}


async def _has_tables(settings: Settings) -> bool:
    import asyncpg

    from backend.core.database import credentials

    assert settings.direct_url is not None
    connection = await asyncpg.connect(**credentials(settings.direct_url))
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"))
    finally:
        await connection.close()


async def _pause(settings: Settings) -> None:
    from backend.core.health import pause_sending

    async with opened(settings):
        await pause_sending(RESTORED)


async def _resume(settings: Settings) -> bool:
    from backend.core.health import resume_sending

    async with opened(settings):
        return await resume_sending()
