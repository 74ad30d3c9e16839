"""Counters promise the same in Redis and in memory, and that a Redis that fails refuses nobody."""

import asyncio
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
    assert 15 <= await cache.hit("many", 3, 60) <= 20
    # A refused one was not counted, another key is another counter, and one that is given back is free again.
    assert await cache.hit("other", 3, 60) == 0
    await cache.give_back("many", 3, 60)
    assert await cache.hit("many", 3, 60) == 0
    assert await cache.hit("many", 3, 60) > 0
    await cache.give_back("never counted", 3, 60)
    # It trickles back evenly.
    assert [await cache.hit("quick", 5, 5) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    await asyncio.sleep(1.1)
    assert await cache.hit("quick", 5, 5) == 0
    # What costs a fraction of a millisecond counts too, many at once included.
    assert await cache.hit("fine", 60_000_000, 360_000, cost=59_999_000) == 0
    answers = await asyncio.gather(*(cache.hit("fine", 60_000_000, 360_000, cost=100) for _ in range(30)))
    assert 10 <= answers.count(0) <= 15


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
