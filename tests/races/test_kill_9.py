"""kill -9 of the server and of PostgreSQL in the middle of ordering: every order that was acknowledged is there, once, and all sums agree."""

import asyncio
import itertools
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.core import database
from backend.core.database import fetch, fetch_value
from backend.core.migrate import migrate
from backend.embedded import EmbeddedServers
from tests.api.shopping import PLACE, SET_LINES, Shop, open_shop
from tests.factories.catalogue import set_stock
from tests.factories.companies import make_member, sign_in_as
from tests.house.processes import postmaster_of
from tests.races.crowd import books_balance
from tests.servers import LiveServer

BUYERS = 5
KILLS = 3


class StubbornBuyer:
    """Repeats each request with its idempotency key until it is answered, as a client on a bad line does."""

    def __init__(self, name: str, http: httpx.AsyncClient, token: str, sku: str) -> None:
        self.name, self.http, self.token, self.sku = name, http, token, sku
        self.numbers: list[str] = []
        self.repeats = 0

    async def order(self, enough: asyncio.Event) -> None:
        for turn in itertools.count():
            if enough.is_set():
                return
            line = {"sku": self.sku, "quantity": 1 + turn % 3}
            await self.insist(f"{self.name}-{turn}-fill", SET_LINES, {"lines": [line]})
            placed = (await self.insist(f"{self.name}-{turn}-place", PLACE, {}))["placeOrder"]
            assert placed["__typename"] == "OrdersPlaced", placed
            self.numbers += [order["number"] for order in placed["orders"]]

    async def insist(self, key: str, query: str, values: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        async with asyncio.timeout(60):
            while True:
                try:
                    response = await self.http.post(
                        "/graphql", json={"query": query, "variables": {"input": values}}, headers=headers
                    )
                    answer = response.json()
                    if response.status_code < 500 and not _is_internal(answer):
                        data: dict[str, Any] = answer["data"]
                        return data
                except httpx.HTTPError:
                    pass
                self.repeats += 1
                await asyncio.sleep(0.1)


def _is_internal(answer: dict[str, Any]) -> bool:
    return any(error["extensions"]["code"] == "INTERNAL" for error in answer.get("errors", []))


@pytest.fixture
def own_servers(state: Path) -> Any:
    with EmbeddedServers(state) as addresses:
        yield addresses


async def with_database(url: str, work: Callable[[], Awaitable[Any]]) -> Any:
    await database.start(url)
    try:
        return await work()
    finally:
        await database.stop()


async def test_every_acknowledged_order_is_there_once(own_servers: Any, state: Path, tmp_path: Path) -> None:
    url = own_servers.database_url
    await migrate(url)
    shop, tokens = await with_database(url, _open)
    environment = {"REDIS_URL": own_servers.redis_url} if own_servers.redis_url else {}
    server = LiveServer(url, tmp_path / "server.log", **environment)
    await asyncio.to_thread(server.start)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
            buyers = [
                StubbornBuyer(f"buyer{number}", http, token, shop.variants[number % len(shop.variants)].sku)
                for number, token in enumerate(tokens)
            ]
            enough = asyncio.Event()
            async with asyncio.TaskGroup() as ordering:
                for buyer in buyers:
                    ordering.create_task(buyer.order(enough))
                await _kill_now_and_then(server, state)
                enough.set()
    finally:
        server.stop()
    assert sum(buyer.repeats for buyer in buyers) > 0, "no request met a dead server"
    await with_database(url, lambda: _check([number for buyer in buyers for number in buyer.numbers]))


async def _open() -> tuple[Shop, list[str]]:
    shop = await open_shop(credit={"EUR": 100_000_000})
    await set_stock(shop.variants, 10_000)
    members = [await make_member(shop.harbour, locations=(shop.rotterdam,)) for _ in range(BUYERS)]
    return shop, [await sign_in_as(member, shop.rotterdam) for member in members]


async def _kill_now_and_then(server: LiveServer, state: Path) -> None:
    """Kill the server, then PostgreSQL, in turns, while the buyers order."""
    for turn in range(KILLS):
        await asyncio.sleep(0.5)
        if turn % 2 == 0:
            server.kill()
            await asyncio.to_thread(server.start)
        else:
            os.kill(postmaster_of(state), signal.SIGKILL)
    await asyncio.sleep(0.5)


async def _check(acknowledged: list[str]) -> None:
    await books_balance()
    stored = [row["number"] for row in await fetch("SELECT number FROM customer_order ORDER BY number")]
    assert sorted(acknowledged) == stored
    assert len(stored) == len(set(stored)) >= BUYERS
    assert await fetch_value("SELECT value FROM number_counter WHERE series = 'order'") == len(stored), "numbers have gaps"
    ordered = "SELECT variant_id, sum(quantity) AS quantity FROM order_line GROUP BY 1"
    reserved = "SELECT variant_id, sum(reserved) AS quantity FROM stock WHERE reserved > 0 GROUP BY 1"
    differences = (
        f"SELECT * FROM ({ordered}) o FULL JOIN ({reserved}) r USING (variant_id) WHERE o.quantity IS DISTINCT FROM r.quantity"
    )
    assert await fetch(differences) == [], "stock does not agree with the orders"
    assert await fetch_value("SELECT sum(taken_minor) FROM credit_account") == await fetch_value(
        "SELECT sum(total_minor) FROM customer_order"
    ), "credit does not agree with the orders"
