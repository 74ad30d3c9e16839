"""Counting sales while orders are placed and cancelled: each is counted once, whoever counts, and nobody waits in a circle."""

import asyncio

import asyncpg
import httpx
import pytest

from backend.core.database import credentials, fetch, fetch_value
from backend.orders import sales
from tests.api.shopping import open_shop
from tests.databases import WAITING
from tests.factories.catalogue import set_stock
from tests.races.crowd import PLACE, a_crowd, all_at_once

CANCEL = 'mutation ($id: ID!) { cancelOrder(id: $id, reason: "Twice") { __typename } }'


async def test_orders_that_come_and_go_while_several_count(client):
    shop = await open_shop()
    await set_stock([*shop.variants, shop.glove], 1_000)
    rows = [{"sku": variant.sku, "quantity": 1} for variant in shop.variants]
    buyers = [
        *await a_crowd(client, shop, 6, *rows),
        *await a_crowd(client, shop, 6, *reversed(rows), {"sku": "GL-9", "quantity": 1}),
    ]

    async def order_and_cancel(index: int) -> None:
        (placed,) = (await buyers[index].ask(PLACE, input={}))["placeOrder"]["orders"]
        if index % 3 == 0:
            await buyers[index].ask(CANCEL, id=placed["id"])

    await all_at_once(call for index in range(len(buyers)) for call in (order_and_cancel(index), sales.count_waiting()))
    await sales.count_waiting()
    assert await fetch_value("SELECT count(*) FROM sales_change") == 0
    counts = await fetch("SELECT orders FROM product_sales ORDER BY product_id = $1 DESC", shop.jacket.id)
    assert [row["orders"] for row in counts] == [8, 4]


async def sold_after_a_count_that_is_held_up(client: httpx.AsyncClient, database: str) -> list[int]:
    """The count is held up where it has forgotten all that was counted; one of two orders is called off; the count goes on."""
    shop = await open_shop()
    buyers = await a_crowd(client, shop, 2, {"sku": "GL-9", "quantity": 1})
    placed = [(await buyer.ask(PLACE, input={}))["placeOrder"]["orders"][0]["id"] for buyer in buyers]
    await sales.count_waiting()
    holding = await asyncpg.connect(**credentials(database))
    try:
        held = holding.transaction()
        await held.start()
        await holding.execute("LOCK TABLE variant_sales IN SHARE MODE")
        counting = asyncio.create_task(sales.count_everything())
        while not await holding.fetchval(WAITING):
            await asyncio.sleep(0.01)
        await buyers[0].ask(CANCEL, id=placed[0])
        await held.commit()
        await counting
    finally:
        await holding.close()
    await sales.count_waiting()
    return [row["orders"] for row in await fetch("SELECT orders FROM product_sales")]


async def test_an_order_called_off_while_everything_is_counted_anew_is_taken_back_once(client, database):
    assert await sold_after_a_count_that_is_held_up(client, database) == [1]


@pytest.mark.past_the_actions
async def test_control_in_two_statements_it_is_taken_back_although_it_was_not_counted(client, database, monkeypatch):
    """Changes are forgotten first and orders are read afterwards: between the two an order is called off."""
    monkeypatch.setattr(sales, "_FORGET", ("DELETE FROM sales_change", *sales._FORGET))
    monkeypatch.setattr(sales, "_ADD_ALL", sales._ADD_ALL.replace("WITH forgotten AS (DELETE FROM sales_change)", ""))
    assert await sold_after_a_count_that_is_held_up(client, database) != [1]
