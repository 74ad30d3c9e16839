"""Jobs: an event's handlers run when, and only when, its transaction was committed, and until they succeed."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backend.core import clock
from backend.core.database import execute, fetch_value, transaction
from backend.core.events import record
from backend.core.housekeeping import KEYS_KEPT_FOR, forget_idempotency_keys
from backend.core.ids import new_id
from backend.core.logs import RequestFacts, request_id, serving
from backend.worker import drain, work


@dataclass(frozen=True)
class LampLit:
    room: str


class Lamps:
    """Handlers that remember what they were called for."""

    def __init__(self, failures: int = 0) -> None:
        self.lit: list[str] = []
        self.failures = failures

    async def light(self, event: LampLit) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the switch did not answer")
        self.lit.append(event.room)


async def test_a_committed_event_is_handled_once(database: str) -> None:
    lamps = Lamps()
    async with transaction():
        await record(LampLit("hall"), LampLit("attic"))
    await drain(database, {LampLit: (lamps.light,)})
    await drain(database, {LampLit: (lamps.light,)})
    assert sorted(lamps.lit) == ["attic", "hall"]


async def test_an_event_that_was_rolled_back_never_happened(database: str) -> None:
    lamps = Lamps()
    with suppress(ZeroDivisionError):
        async with transaction():
            await record(LampLit("hall"))
            raise ZeroDivisionError
    await drain(database, {LampLit: (lamps.light,)})
    assert lamps.lit == []


async def test_a_handler_that_fails_is_tried_again(database: str) -> None:
    lamps = Lamps(failures=1)
    await record(LampLit("hall"))
    await asyncio.wait_for(drain(database, {LampLit: (lamps.light,)}), 20)
    assert lamps.lit == ["hall"]


async def test_a_running_worker_hears_of_new_events_at_once(database: str) -> None:
    lamps = Lamps()
    working = asyncio.create_task(work(database, {LampLit: (lamps.light,)}))
    try:
        await asyncio.sleep(0.5)
        await record(LampLit("hall"))
        async with asyncio.timeout(20):  # a worker that does not hear looks again after half a minute
            while not lamps.lit:
                await asyncio.sleep(0.02)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def test_an_event_without_a_handler_waits_for_one(database: str) -> None:
    await record(LampLit("hall"))
    await drain(database)
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE status = 'queued'") == 1


async def test_old_idempotency_keys_are_forgotten_and_young_ones_kept(database: str) -> None:
    for key, age in (("old", KEYS_KEPT_FOR + timedelta(minutes=1)), ("young", timedelta(hours=24))):
        await execute(
            "INSERT INTO idempotency_key (id, viewer_key, key, body_hash, created_at) VALUES ($1, '1:1', $2, ''::bytea, $3)",
            new_id(),
            key,
            clock.now() - age,
        )
    await forget_idempotency_keys()
    assert await fetch_value("SELECT string_agg(key, ',') FROM idempotency_key") == "young"


async def started(dsn: str, handler: Callable[[LampLit], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
    """A worker that has begun to handle what waits."""
    working = asyncio.create_task(work(dsn, {LampLit: (handler,)}))
    async with asyncio.timeout(10):
        while not await fetch_value("SELECT count(*) FROM pgqueuer WHERE status = 'picked'"):
            await asyncio.sleep(0.05)
    return working


async def stopped(working: asyncio.Task[None]) -> float:
    """How many seconds the worker takes to stop."""
    before = time.monotonic()
    working.cancel()
    await asyncio.wait([working])
    return time.monotonic() - before


async def test_a_worker_that_stops_finishes_what_it_has_begun(database: str) -> None:
    done: list[str] = []

    async def slow(event: LampLit) -> None:
        await asyncio.sleep(1)
        done.append(event.room)

    await record(LampLit("hall"))
    await stopped(await started(database, slow))
    assert done == ["hall"]
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 0


async def test_a_worker_that_stops_gives_a_long_job_back_before_it_is_killed(database: str) -> None:
    async def endless(event: LampLit) -> None:
        await asyncio.sleep(3600)

    await record(LampLit("hall"))
    assert await stopped(await started(database, endless)) < 9
    assert await fetch_value("SELECT status FROM pgqueuer") == "queued"
    lamps = Lamps()
    await drain(database, {LampLit: (lamps.light,)})
    assert lamps.lit == ["hall"]


async def test_a_worker_is_heard_of_while_it_runs_and_no_longer(database: str) -> None:
    working = asyncio.create_task(work(database, {LampLit: ()}))
    async with asyncio.timeout(10):
        while not await fetch_value("SELECT count(*) FROM worker_heartbeat"):
            await asyncio.sleep(0.05)
    await stopped(working)
    assert await fetch_value("SELECT count(*) FROM worker_heartbeat") == 0


async def test_a_job_s_lines_have_the_id_of_the_request_that_brought_it_about(database: str) -> None:
    seen: list[str | None] = []

    async def look(event: LampLit) -> None:
        seen.append(request_id())

    with serving(RequestFacts("abcdef0123456789")):
        await record(LampLit("hall"))
    await record(LampLit("attic"))
    await drain(database, {LampLit: (look,)})
    assert "abcdef0123456789" in seen
    assert any(name and name.startswith("job-") for name in seen)
