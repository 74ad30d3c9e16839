"""One connection for a request: its statements share it, one at a time, and a transaction never waits for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from backend.core import database

WHO = "SELECT pg_backend_pid()"


@pytest.fixture
async def a_pool_of_one(database_url: str) -> AsyncIterator[None]:
    await database.start(database_url, pool_max=1)
    try:
        yield
    finally:
        await database.stop()


async def test_statements_of_a_request_share_a_connection_one_at_a_time(database):
    from backend.core.database import fetch_value, one_connection

    async with one_connection():
        processes = await asyncio.gather(*(fetch_value(WHO) for _ in range(20)))
    apart = await asyncio.gather(*(fetch_value(WHO) for _ in range(20)))
    assert len(set(processes)) == 1
    assert len(set(apart)) > 1


async def test_a_transaction_gets_the_only_connection_from_a_request_that_has_asked_already(a_pool_of_one):
    async with asyncio.timeout(5), database.one_connection():
        await database.fetch_value(WHO)
        async with database.transaction():
            await database.execute("CREATE TEMPORARY TABLE seen (id int)")
            async with database.transaction():
                await database.execute("INSERT INTO seen VALUES (1)")
            assert await database.fetch_value("SELECT count(*) FROM seen") == 1
        assert await database.fetch_value("SELECT 2") == 2


async def test_more_requests_than_connections_take_turns(a_pool_of_one):
    async def request() -> int:
        async with database.one_connection():
            await database.fetch_value(WHO)
            async with database.transaction():
                return int(await database.fetch_value("SELECT 1"))

    async with asyncio.timeout(5):
        assert sum(await asyncio.gather(*(request() for _ in range(30)))) == 30


async def test_a_refused_statement_leaves_the_connection_of_use(a_pool_of_one):
    async with asyncio.timeout(5), database.one_connection():
        with pytest.raises(Exception, match="division by zero"):
            await database.fetch_value("SELECT 1 / 0")
        assert await database.fetch_value("SELECT 1") == 1
    assert await database.fetch_value("SELECT 1") == 1
