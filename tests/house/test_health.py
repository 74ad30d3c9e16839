"""Ready, degraded and not ready are three states; a worker is heard of, and a paused installation sends nothing."""

import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette

from backend.app import build
from backend.core import cache, clock, health
from backend.core.database import execute, fetch_value
from backend.core.ids import new_id
from backend.notices.sending import send_waiting_mails
from backend.settings import Settings


async def degraded(client: httpx.AsyncClient) -> list[str]:
    response = await client.get("/readyz")
    assert response.status_code == 200
    found: list[str] = response.json()["degraded"]
    return found


async def test_nothing_is_wrong_while_a_worker_lives(client: httpx.AsyncClient) -> None:
    await health.beat(1, clock.now())
    assert await degraded(client) == []


async def test_without_redis_every_request_is_answered_so_it_is_only_degraded(client: httpx.AsyncClient) -> None:
    await health.beat(1, clock.now())
    await cache.start("redis://127.0.0.1:1/0")
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["ready"], response.json()["cache"]) == (200, True, "unreachable")
    assert "Redis" in response.json()["degraded"][0]


async def test_a_worker_that_is_not_there_or_silent_is_told(client: httpx.AsyncClient) -> None:
    assert "no worker runs" in (await degraded(client))[0]
    with clock.frozen(clock.now() - timedelta(minutes=3)):
        await health.beat(1, clock.now())
    assert "no worker was heard of for 1" in (await degraded(client))[0]
    await health.beat(2, clock.now())
    assert await degraded(client) == []
    await health.end_beat(2)
    assert "no worker was heard of" in (await degraded(client))[0]


async def test_workers_that_are_long_gone_are_forgotten(database: str) -> None:
    with clock.frozen(clock.now() - timedelta(days=2)):
        await health.beat(1, clock.now())
    await health.beat(2, clock.now())
    assert await fetch_value("SELECT array_agg(id) FROM worker_heartbeat") == [2]


async def test_a_disk_that_is_nearly_full_is_told(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await health.beat(1, clock.now())
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=health.LEAST_FREE_BYTES - 1))
    assert "nearly full" in (await degraded(client))[0]


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    assert health.disk_problem(tmp_path / "not" / "yet") == health.disk_problem(tmp_path)


async def test_mails_and_jobs_that_were_given_up_are_told(client: httpx.AsyncClient) -> None:
    await health.beat(1, clock.now())
    await write_mail(failure="The recipient was refused: 550.", due=False)
    await write_mail(failure="SMTPConnectError", due=True)
    await execute("INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'failed', 'OrderPlaced')")
    found = await degraded(client)
    assert [line.partition(":")[0] for line in found] == ["1 mails were given up", "1 jobs were given up"]


async def test_while_sending_is_paused_mails_stay_due_and_it_is_told(client: httpx.AsyncClient) -> None:
    await health.beat(1, clock.now())
    await write_mail(failure=None, due=True)
    await health.pause_sending("this is a restored copy")
    await send_waiting_mails()
    assert await fetch_value("SELECT attempts FROM mail") == 0
    assert await degraded(client) == ["no mail is sent: this is a restored copy"]
    assert await health.resume_sending()
    await send_waiting_mails()
    assert await fetch_value("SELECT attempts FROM mail") == 1
    assert not await health.resume_sending()


async def test_not_ready_without_a_database() -> None:
    app: Starlette = build(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (503, False)


async def write_mail(*, failure: str | None, due: bool) -> int:
    key = new_id()
    await execute(
        "INSERT INTO mail (id, event_key, message_id, kind, facts, recipient, recipient_name, subject, text, html, created_at, attempts,"
        " next_attempt_at, failure) VALUES ($1, $2, $2, 'ORDER_RECEIVED', '{}', 'a@b.example', 'A', 'Order 1', 'x', 'x', $3, 0, $4, $5)",
        key, str(key), clock.now(), clock.now() if due else None, failure,
    )  # fmt: skip
    return key
