"""Nobody who waits for something else holds a connection, nobody waits for one without end, and a database that is away is said to be."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from backend.app import build
from backend.core import database
from backend.core.errors import Unavailable
from backend.core.turns import Turns
from backend.graphql import http as engine
from backend.settings import Settings
from tests.api.shopping import SET_LINES, Client, fill, open_shop
from tests.races.crowd import PLACE, a_crowd, all_at_once
from tests.servers import LiveServer

POOL = 10
CREATE_CART = 'mutation { createCart(name: "x") { __typename ... on Cart { id } } }'
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def small(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application over a pool of ten connections, as a server process has it."""
    await database.start(database_url, pool_max=POOL)
    app = build(Settings(database_url=database_url, requests_wait=120))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as speaking:
        yield speaking
    await database.stop()


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(database_url, tmp_path / "server.log", DATABASE_POOL_MAX=str(POOL)).start()
    try:
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def held(dsn: str, statement: str) -> AsyncIterator[asyncpg.Connection]:
    """While somebody else's transaction holds what this statement locks: a connection to look on by."""
    other, onlooker = [await asyncpg.connect(**database.credentials(dsn)) for _ in range(2)]
    try:
        async with other.transaction():
            await other.execute(statement)
            yield onlooker
    finally:
        await other.close()
        await onlooker.close()


async def waiting(onlooker: asyncpg.Connection, at_least: int) -> int:
    """How many of our connections wait for a lock, once so many do and all that could come have come."""
    async with asyncio.timeout(120):
        while await onlooker.fetchval(WAITING) < at_least:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    return int(await onlooker.fetchval(WAITING))


async def test_forty_twins_of_one_key_get_the_first_answer_while_others_are_served(database_url: str, served: LiveServer) -> None:
    await database.start(database_url)
    shop = await open_shop()
    await database.stop()
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=served.url, timeout=300, limits=limits) as http:
        buyer, other = Client(http, shop.token), Client(http, shop.hill_token)
        *twins, seen = await all_at_once([
            *(buyer.post(CREATE_CART, None, **{"Idempotency-Key": "one"}) for _ in range(40)), other.post("{ cart { version } }"),
        ])  # fmt: skip
        assert seen.json() == {"data": {"cart": {"version": 0}}} or "errors" not in seen.json()
        assert {twin.content for twin in twins} == {twins[0].content}
        assert twins[0].json()["data"]["createCart"]["__typename"] == "Cart"
        assert len((await buyer.ask("{ carts { id } }"))["carts"]) == 1


async def test_control_twins_that_wait_with_a_connection_stop_everybody(small: httpx.AsyncClient, monkeypatch: Any) -> None:
    """Without the one line that gives the connection back, the first of them never gets the second one that it needs."""

    async def keep() -> None:
        pass

    monkeypatch.setattr("backend.core.turns.give_back_connection", keep)
    monkeypatch.setattr(engine, "MUTATIONS_AT_ONCE", 100)
    monkeypatch.setattr("backend.core.pool.Pool.wait", 0.5)
    app = build(Settings(database_url="postgresql://", requests_at_once=200))
    shop = await open_shop()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        buyer = Client(http, shop.token)
        twins = await all_at_once(buyer.post(CREATE_CART, None, **{"Idempotency-Key": "one"}) for _ in range(40))
    assert 503 in {twin.status_code for twin in twins}


async def test_thirty_edits_of_one_cart_wait_with_two_connections(small: httpx.AsyncClient, database_url: str) -> None:
    shop = await open_shop()
    buyer, other = Client(small, shop.token), Client(small, shop.hill_token)
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    edit = {"input": {"lines": [{"sku": "GL-9", "quantity": 1}], "mode": "ADD"}}
    async with held(database_url, "SELECT * FROM cart FOR UPDATE") as onlooker:
        # With a key and without: both go through the same turn.
        edits = [
            asyncio.create_task(buyer.post(SET_LINES, edit, **({"Idempotency-Key": str(number)} if number % 2 else {})))
            for number in range(30)
        ]
        assert await waiting(onlooker, 2) == engine.MUTATIONS_AT_ONCE
        async with asyncio.timeout(120):
            await fill(other, {"sku": "GL-9", "quantity": 1})
    assert {edit.status_code for edit in await asyncio.gather(*edits)} == {200}
    assert (await buyer.ask("{ cart { unitCount } }"))["cart"]["unitCount"] == 31


async def test_however_many_want_one_row_reads_go_on(small: httpx.AsyncClient, database_url: str) -> None:
    """Twenty buyers order the same article: each waits for its stock in a transaction of the shop's own."""
    shop = await open_shop()
    buyers = await a_crowd(small, shop, 20, {"sku": "GL-9", "quantity": 1})
    async with held(database_url, "SELECT * FROM stock FOR UPDATE") as onlooker:
        orders = [asyncio.create_task(buyer.post(PLACE, {"input": {}})) for buyer in buyers]
        assert await waiting(onlooker, 8) == 8 < POOL
        async with asyncio.timeout(120):
            assert (await Client(small, shop.hill_token).ask("{ products { totalCount } }"))["products"]["totalCount"] == 1
    assert {order.status_code for order in await asyncio.gather(*orders)} == {200}


@pytest.fixture
async def used_up(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application over a pool whose only connection somebody else has."""
    await database.start(database_url, pool_max=1, wait=0.05)
    await open_shop()
    transport = httpx.ASGITransport(build(Settings(database_url=database_url)), raise_app_exceptions=False)
    async with database.connection(), httpx.AsyncClient(transport=transport, base_url="http://testserver") as speaking:
        yield speaking
    await database.stop()


async def test_every_door_says_that_no_connection_came_free(used_up: httpx.AsyncClient) -> None:
    token = {"Authorization": "Bearer ls_some-token"}
    asked = await used_up.post("/graphql", json={"query": "{ viewer { user { name } } }"}, headers=token)
    inside = await used_up.post(
        "/graphql", json={"query": 'mutation { signIn(email: "a@b.example", password: "x") { __typename } }'}
    )
    for answer in (asked, inside):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), answer.text
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    sent = await used_up.post("/uploads", content=b"", headers=token)
    assert (sent.status_code, sent.headers["retry-after"], sent.json()["code"]) == (503, "2", "UNAVAILABLE")
    page = await used_up.get("/", headers={"Cookie": "linesheet=ls_some-token"})
    assert (page.status_code, page.headers["retry-after"]) == (503, "2")
    assert "try again" in page.text
    with pytest.raises(Unavailable):
        async with database.transaction():
            pass


async def test_a_database_that_is_away_is_said_to_be_away(tmp_path: Path) -> None:
    """From the first request on: nobody waits in a row for the first connection either."""
    nowhere = f"postgresql://nobody@/nothing?host={tmp_path}"
    await database.start(nowhere)
    transport = httpx.ASGITransport(build(Settings(database_url=nowhere)), raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            token = {"Authorization": "Bearer ls_some-token"}
            asked = {"query": "{ products { totalCount } }"}
            answers = await all_at_once(http.post("/graphql", json=asked, headers=token) for _ in range(20))
    finally:
        await database.stop()
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["retry-after"] for answer in answers} == {"2"}
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in answers} == {"UNAVAILABLE"}


async def test_a_connection_that_is_lost_midway_is_not_a_fault_of_ours(database: str) -> None:
    from backend.core import database as door

    async def lose(*, write: bool) -> None:
        async with door.transaction() if write else door.one_connection():
            mine = await door.fetch_value("SELECT pg_backend_pid()")
            killer = await asyncpg.connect(**door.credentials(database))
            await killer.execute("SELECT pg_terminate_backend($1)", mine)
            await killer.close()
            await door.fetch_value("SELECT pg_sleep(5)")

    for write in (True, False):
        with pytest.raises(Unavailable, match="does not answer"):
            await lose(write=write)
        assert await door.fetch_value("SELECT 1") == 1


async def test_a_transaction_that_is_cancelled_anywhere_gives_its_connection_back(database_url: str) -> None:
    await database.start(database_url, pool_max=1)

    async def work() -> None:
        async with database.transaction():
            await database.execute("CREATE TABLE left_behind ()")
            await database.fetch_value("SELECT pg_sleep(0.02)")
        await database.execute("DROP TABLE left_behind")

    try:
        for steps in range(40):
            task = asyncio.create_task(work())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            async with asyncio.timeout(120), database.transaction():
                await database.execute("DROP TABLE IF EXISTS left_behind")
    finally:
        await database.stop()


async def test_turns_are_taken_in_order_and_without_a_connection(database_url: str) -> None:
    await database.start(database_url, pool_max=1, wait=5)
    turns, done = Turns(), []

    async def request(number: int) -> None:
        async with database.one_connection():
            await database.fetch_value("SELECT 1")
            async with turns.at("row"), database.transaction():
                await database.fetch_value("SELECT 1")
                done.append(number)

    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*(request(number) for number in range(20)))
    finally:
        await database.stop()
    assert sorted(done) == list(range(20))
