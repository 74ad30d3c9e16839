"""`linesheet check` tries what the settings name and says what is wrong; a server does not start on uploads that cannot be written."""

import socket
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from backend.commands.check import run_checks, uploads_problem
from backend.core import clock, health
from backend.settings import Settings
from tests.house.test_backup import linesheet
from tests.servers import free_port


async def said(settings: Settings, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was wrong, by the beginning of its name."""
    wrong = await run_checks(settings)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    found = {line.split()[1].rstrip(":"): line for line in lines if line.startswith("WRONG")}
    assert wrong == len(found)
    return found


async def test_a_sound_installation_has_nothing_wrong(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await health.beat(1, clock.now())
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        settings = Settings(database_url=database, uploads=tmp_path / "new", smtp_url=f"smtp://127.0.0.1:{server.port}")
        assert await said(settings, capsys) == {}
    finally:
        server.stop()


async def test_each_thing_that_is_wrong_is_said(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        settings = Settings(
            database_url=database,
            redis_url=f"redis://127.0.0.1:{port}/0",
            smtp_url=f"smtp://127.0.0.1:{port}",
            uploads=tmp_path / "file" / "uploads",
        )
        found = await said(settings, capsys)
    assert sorted(found) == ["Redis", "mail", "uploads", "worker"]
    assert "check SMTP_URL" in found["mail"]
    assert "cannot be made" in found["uploads"]


async def test_a_database_that_is_away_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = await said(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing", uploads=tmp_path), capsys)
    assert sorted(found) == ["clock", "database", "worker"]


def test_a_server_names_uploads_that_cannot_be_used(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UPLOADS", str(tmp_path / "file"))
    monkeypatch.setenv("PORT", str(free_port()))
    refused = linesheet(database_url, "serve")
    assert refused.returncode == 1
    assert "UPLOADS names" in refused.stderr
    assert uploads_problem(tmp_path / "uploads") is None
