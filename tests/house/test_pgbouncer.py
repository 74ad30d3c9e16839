"""Behind PgBouncer in transaction mode everything works: requests through it, migrations and jobs past it, by DATABASE_DIRECT_URL.

Skipped aloud where PgBouncer is not installed; under REQUIRE_PGBOUNCER=1 it fails.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from backend.core import database as door
from backend.core.migrate import known_migrations
from tests import databases
from tests.api.shopping import CART, PLACE, SET_LINES, Shop, open_shop
from tests.poolers import pgbouncer, program
from tests.servers import ROOT, LiveServer

# Fewer connections to the database than requests at once: transactions of all of them take turns on each.
CONNECTIONS = 3
AT_ONCE = 24


@pytest.fixture(autouse=True)
def installed() -> None:
    if program() is None:
        if os.environ.get("REQUIRE_PGBOUNCER") == "1":
            pytest.fail("REQUIRE_PGBOUNCER=1, but PgBouncer was not found.")
        pytest.skip("NO PGBOUNCER: install it (Debian: apt-get install pgbouncer)")


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
def pooled(shop: Shop, database: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of a Linesheet behind a pooler."""
    with pgbouncer(database, tmp_path, size=CONNECTIONS) as pooler:
        yield {"DATABASE_URL": pooler.url, "DATABASE_DIRECT_URL": database, "DATABASE_POOLED": "1", "DATABASE_POOL_MAX": "12"}


@pytest.fixture
def server(pooled: dict[str, str], tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(pooled["DATABASE_URL"], tmp_path / "server.log", **pooled).start()
    try:
        yield server
    finally:
        server.stop()


async def ask(http: httpx.AsyncClient, token: str, query: str, key: str | None = None, **variables: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
    answer = await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    body: dict[str, Any] = answer.json()
    assert "errors" not in body, body["errors"]
    data: dict[str, Any] = body["data"]
    return data


async def test_many_requests_take_turns_on_few_connections(server: LiveServer, shop: Shop) -> None:
    cart = "query { cart { ...CartFields } products { totalCount nodes { name variants { sku unitPrice { amount } } } } }" + CART

    async def shopping(number: int, http: httpx.AsyncClient) -> None:
        line = {"sku": shop.variants[number % 5].sku, "quantity": 1}
        await ask(http, shop.token, SET_LINES, input={"lines": [line], "mode": "ADD"})
        seen = await ask(http, shop.token, cart)
        assert seen["products"]["totalCount"] == 2

    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        await asyncio.gather(*(shopping(number, http) for number in range(AT_ONCE)))
        filled = (await ask(http, shop.token, cart))["cart"]
        assert (filled["version"], filled["unitCount"]) == (AT_ONCE, AT_ONCE)
        placed = await asyncio.gather(*(ask(http, shop.token, PLACE, key="one order", input={}) for _ in range(8)))
    assert len({str(answer) for answer in placed}) == 1
    assert await door.fetch_value("SELECT count(*) FROM customer_order") == 1
    assert await door.fetch_value("SELECT sum(quantity) FROM order_line") == AT_ONCE


async def test_a_statement_that_waits_too_long_ends(pooled: dict[str, str]) -> None:
    waiting = await asyncpg.connect(**door.credentials(pooled["DATABASE_URL"]), statement_cache_size=0)
    try:
        assert await waiting.fetchval("SHOW lock_timeout") == f"{door.LOCK_TIMEOUT_MS // 1000}s"
        assert await waiting.fetchval("SHOW statement_timeout") == "1min"
    finally:
        await waiting.close()


async def test_the_worker_goes_past_the_pooler(server: LiveServer, shop: Shop, pooled: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "worker"], stdout=log, stderr=log, cwd=ROOT, env={**os.environ, **pooled}
        )
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            await ask(http, shop.token, SET_LINES, input={"lines": [{"sku": shop.glove.sku, "quantity": 3}]})
            await ask(http, shop.token, PLACE, key="another order", input={})
        async with asyncio.timeout(30):
            while not await door.fetch_value("SELECT count(*) FROM mail"):
                await asyncio.sleep(0.1)
    finally:
        worker.terminate()
        worker.wait(20)


def test_a_server_refuses_sessions_without_time_outs(database_url: str, tmp_path: Path) -> None:
    with pgbouncer(database_url, tmp_path, session={}) as pooler:
        done = linesheet("serve", DATABASE_URL=pooler.url, DATABASE_DIRECT_URL=database_url)
    assert done.returncode == 1
    assert "ALTER ROLE postgres SET lock_timeout = '10000'" in done.stderr, done.stderr


def test_migrations_go_past_the_pooler(database_server: str, tmp_path: Path) -> None:
    with databases.copy_of(database_server, "template0") as empty, pgbouncer(empty, tmp_path, size=1) as pooler:
        done = linesheet("migrate", DATABASE_URL=pooler.url, DATABASE_DIRECT_URL=empty)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("applied") == len(known_migrations())


def linesheet(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.cli", command],
        capture_output=True, text=True, cwd=ROOT, timeout=60, env={**os.environ, "DATABASE_POOLED": "1", **environment},
    )  # fmt: skip
