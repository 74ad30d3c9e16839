"""A backup holds everything, and is restored whole into an empty database only."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from backend.core.database import credentials
from tests import databases
from tests.databases import ROOT


def linesheet(database_url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "DATABASE_URL": database_url},
    )


async def prefixes(database_url: str) -> list[str]:
    connection = await asyncpg.connect(**credentials(database_url))
    try:
        return [row["prefix"] for row in await connection.fetch("SELECT prefix FROM number_counter")]
    finally:
        await connection.close()


async def test_what_was_backed_up_is_restored(database_server: str, database_url: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(**credentials(database_url))
    await connection.execute("INSERT INTO number_counter (id, series, prefix, value) VALUES (1, 'Aufträge', 'Ä-', 7)")
    await connection.close()
    file = tmp_path / "all of it.dump"
    assert linesheet(database_url, "backup", file).returncode == 0
    await databases.administer(database_server, 'DROP DATABASE IF EXISTS "restored"', 'CREATE DATABASE "restored"')
    restored = databases.address(database_server, "restored")
    done = linesheet(restored, "restore", file)
    assert done.returncode == 0, done.stderr
    assert await prefixes(restored) == ["Ä-"]
    await databases.administer(database_server, 'DROP DATABASE "restored"')


def test_nothing_is_restored_over_what_is_there(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert linesheet(database_url, "backup", file).returncode == 0
    refused = linesheet(database_url, "restore", file)
    assert refused.returncode == 1
    assert "not empty" in refused.stderr


def test_a_backup_that_fails_leaves_no_half_file(tmp_path: Path, database_server: str) -> None:
    refused = linesheet(databases.address(database_server, "no_such_database"), "backup", tmp_path / "backup")
    assert refused.returncode == 1
    assert "pg_dump failed" in refused.stderr
    assert list(tmp_path.iterdir()) == []
