"""A backup holds the uploads, shows no password, and what is restored sends no mail until it is told to."""

import stat
import tarfile
from pathlib import Path

import asyncpg
import pytest

from backend.commands import backup
from backend.commands.backup import DATABASE, without_password
from backend.core.database import credentials
from backend.settings import Settings
from tests import databases
from tests.house.test_backup import linesheet


async def ask(database_url: str, query: str) -> object:
    connection = await asyncpg.connect(**credentials(database_url))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_restored_copy_has_the_uploads_and_sends_nothing_until_told(
    database_server: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    (tmp_path / "here" / "jacket.webp").write_bytes(b"picture")
    file = tmp_path / "all.backup"
    monkeypatch.setenv("UPLOADS", str(tmp_path / "here"))
    done = linesheet(database_url, "backup", file)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await databases.administer(database_server, 'DROP DATABASE IF EXISTS "restored_whole"', 'CREATE DATABASE "restored_whole"')
    restored = databases.address(database_server, "restored_whole")
    monkeypatch.setenv("UPLOADS", str(tmp_path / "there"))
    done = linesheet(restored, "restore", file)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there" / "jacket.webp").read_bytes() == b"picture"
    assert "restored copy" in str(await ask(restored, "SELECT reason FROM sending_pause"))
    assert await ask(database_url, "SELECT count(*) FROM sending_pause") == 0
    assert linesheet(restored, "resume").stdout.strip() == "Mails are sent again."
    assert await ask(restored, "SELECT count(*) FROM sending_pause") == 0
    await databases.administer(database_server, 'DROP DATABASE "restored_whole"')


def test_no_argument_of_a_program_holds_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@ with $PGPASSWORD" > "$(dirname "$0")/called"\n')
    program.chmod(0o755)

    class Programs:
        def path(self, name: str) -> Path:
            return tmp_path / name

    monkeypatch.setattr(backup, "find_postgres", lambda *_: Programs())
    backup._run(
        "pg_dump", Settings(database_url="postgresql://shop%40home:se%23cret@db:5433/linesheet?sslmode=require"), "--no-owner"
    )
    called = (tmp_path / "called").read_text().strip()
    assert called == "--dbname=postgresql://shop%40home@db:5433/linesheet?sslmode=require --no-owner with se#cret"


def test_an_address_without_a_password_stays_as_it_is() -> None:
    for address in ("postgresql://shop@db/linesheet", "postgresql://shop@/linesheet?host=/run/postgresql"):
        assert without_password(address) == (address, {})


def test_a_backup_is_one_archive(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOADS", str(tmp_path / "none"))
    assert linesheet(database_url, "backup", tmp_path / "backup").returncode == 0
    with tarfile.open(tmp_path / "backup") as archive:
        assert archive.getnames() == [DATABASE]
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
