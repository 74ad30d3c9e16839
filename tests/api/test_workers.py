"""Several processes that serve: what is changed through one holds for the next request to any other. Prices and rights are never kept."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.core.ids import global_id
from backend.core.viewer import Role
from tests.api.shopping import Shop, open_shop
from tests.api.test_seller_prices import PAYS, SET_PRICES, price
from tests.factories.companies import make_staff, sign_in_as
from tests.servers import LiveServer

SIGN_OUT = "mutation { signOut }"


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
def two_servers(shop: Shop, database: str, tmp_path: Path) -> Iterator[list[str]]:
    """Two processes with a memory of their own."""
    with ExitStack() as stack:
        servers = [LiveServer(database, tmp_path / f"{number}.log", DATABASE_POOL_MAX="3") for number in range(2)]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield [server.url for server in servers]


@pytest.fixture
def two_workers(shop: Shop, database: str, tmp_path: Path) -> Iterator[str]:
    """One port, two processes behind it, as `linesheet serve --workers 2` starts them."""
    server = LiveServer(database, tmp_path / "workers.log", WEB_WORKERS="2", DATABASE_POOL_MAX="3").start()
    try:
        yield server.url
    finally:
        server.stop()


async def ask(url: str, token: str, query: str, **variables: Any) -> Any:
    """By a connection of its own, so that any worker may answer."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{url}/graphql", json={"query": query, "variables": variables}, headers={"Authorization": f"Bearer {token}"}
        )
    return answer.json()


async def pays(url: str, token: str) -> str:
    found = await ask(url, token, PAYS, sku="GL-9")
    amount: str = found["data"]["product"]["variants"][0]["unitPrice"]["amount"]
    return amount


async def test_a_price_changed_through_one_process_is_seen_by_the_other_at_once(shop, two_servers):
    manager = await sign_in_as(await make_staff(Role.SALES_MANAGER))
    for turn in range(6):
        here, there = two_servers[turn % 2], two_servers[1 - turn % 2]
        amount = f"{turn + 2}.50"
        await pays(there, shop.token)  # whatever could be kept is kept
        done = await ask(here, manager, SET_PRICES, id=global_id("pricelist", shop.default.id), prices=[price("GL-9", amount)])
        assert done["data"]["setPrices"]["__typename"] == "SetPricesDone"
        assert await pays(there, shop.token) == amount


async def test_a_session_ended_through_one_process_is_over_in_the_other(shop, two_servers):
    here, there = two_servers
    await pays(there, shop.token)
    await ask(here, shop.token, SIGN_OUT)
    assert (await ask(there, shop.token, PAYS, sku="GL-9"))["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_workers_behind_one_port_agree(shop, two_workers):
    manager = await sign_in_as(await make_staff(Role.SALES_MANAGER))
    for turn in range(3):
        amount = f"{turn + 2}.75"
        await ask(two_workers, manager, SET_PRICES, id=global_id("pricelist", shop.default.id), prices=[price("GL-9", amount)])
        assert {await pays(two_workers, shop.token) for _ in range(12)} == {amount}
