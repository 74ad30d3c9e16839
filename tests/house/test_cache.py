"""Counters promise the same in Redis and in memory, and that a Redis that fails refuses nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.core import cache
from backend.embedded import EmbeddedServers


@pytest.fixture(params=["memory", "redis"])
async def counters(request: pytest.FixtureRequest, state: Path) -> AsyncIterator[str]:
    if request.param == "memory":
        await cache.start(None)
        yield "memory"
        await cache.stop()
        return
    servers = EmbeddedServers(state)
    addresses = await asyncio.to_thread(servers.start)
    try:
        if addresses.redis_url is None:
            pytest.skip("no Valkey for this platform")
        await cache.start(addresses.redis_url)
        assert await cache.is_ready()
        yield "redis"
        await cache.stop()
    finally:
        await asyncio.to_thread(servers.stop)


async def test_counters_let_through_what_is_allowed_and_fill_up_again(counters: str) -> None:
    # So many at once, and then one must wait.
    assert [await cache.hit("many", 3, 60) for _ in range(3)] == [0, 0, 0]
    assert 0 < await cache.hit("many", 3, 60) <= 20
    # A refused one was not counted, another key is another counter, and one that is given back is free again.
    assert await cache.hit("other", 3, 60) == 0
    await cache.give_back("many", 3, 60)
    assert await cache.hit("many", 3, 60) == 0
    assert await cache.hit("many", 3, 60) > 0
    await cache.give_back("never counted", 3, 60)
    # It trickles back evenly.
    while not (wait := await cache.hit("quick", 5, 5)):
        pass
    assert wait == 1
    await asyncio.sleep(1.1)
    assert await cache.hit("quick", 5, 5) == 0
    # What costs a fraction of a millisecond counts too, many at once included.
    assert await cache.hit("fine", 60_000_000, 360_000, cost=59_999_000) == 0
    answers = await asyncio.gather(*(cache.hit("fine", 60_000_000, 360_000, cost=100) for _ in range(30)))
    assert 10 <= answers.count(0) < 30


async def test_what_was_used_already_is_owed_and_never_for_longer_than_the_window(counters: str) -> None:
    await cache.charge("mine", 100, 60, 130)
    assert 15 <= await cache.hit("mine", 100, 60, 1) <= 20
    assert await cache.hit("other", 100, 60, 1) == 0
    await cache.charge("mine", 100, 60, 10_000)
    assert 55 <= await cache.hit("mine", 100, 60, 50) <= 60


async def test_nobody_is_refused_for_longer_when_the_clock_is_set_back(counters: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Used up an hour before, by a clock that has been set back by that hour since."""
    hour = 60 * 60
    if counters == "memory":
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + hour)
        assert await cache.hit("mine", 1, 60) == 0
        monkeypatch.setattr(time, "time", lambda: now)
    else:
        assert cache._redis is not None
        await cache._redis.set(cache.PREFIX + "mine", str((time.time() + hour) * 1000), px=hour * 1000)
        assert await cache.hit("mine", 1, 60) == 0
    assert 0 < await cache.hit("mine", 1, 60) <= 60
    assert 0 < await cache.hit("mine", 1, 60) <= 60


async def test_a_redis_that_hangs_is_asked_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(cache, "ANSWERS_WITHIN", 0.1)
    await cache.start(f"redis://127.0.0.1:{port}")
    try:
        assert [await cache.hit("many", 1000, 60) for _ in range(500)] == [0] * 500
        first = asked
        assert 1 <= first <= 2  # one attempt, and its second connection
        # After the pause one of those who come asks again, however many they are.
        monkeypatch.setattr(cache, "_away_until", time.monotonic() - 1)
        assert await asyncio.gather(*(cache.hit("many", 1000, 60) for _ in range(100))) == [0] * 100
        assert 1 <= asked - first <= 2
    finally:
        await cache.stop()
        server.close()


async def test_without_redis_memory_counts(caplog: pytest.LogCaptureFixture) -> None:
    await cache.start("redis://127.0.0.1:1")
    try:
        assert not await cache.is_ready()
        assert [await cache.hit("many", 2, 60) for _ in range(3)][:2] == [0, 0]
        assert await cache.hit("many", 2, 60) > 0
        await cache.give_back("many", 2, 60)
        assert await cache.hit("many", 2, 60) == 0
        assert "counting in memory" in caplog.text
    finally:
        await cache.stop()


async def test_a_flood_of_keys_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_KEYS_IN_MEMORY", 10)
    await cache.start(None)
    for number in range(100):
        assert await cache.hit(f"key {number}", 1, 60) == 0
    assert len(cache._memory.drained) <= 10
