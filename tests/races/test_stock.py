"""Thirty buyers want one of seven: seven get it, and nobody's answer is an accident."""

import pytest

from backend.core.database import execute
from backend.inventory import reservations
from backend.inventory.models import Stock
from backend.orders.models import Order
from tests.api.shopping import Shop, open_shop
from tests.factories.catalogue import make_warehouse, set_stock
from tests.races.crowd import a_crowd, all_at_once, books_balance, number_from_a_sequence, order_at_once

GLOVE = {"sku": "GL-9", "quantity": 1}


async def reserved(shop: Shop) -> int:
    return sum(row.reserved for row in await Stock.filter(variant_id=shop.glove.id))


async def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reservations, "_LOCK", reservations._LOCK.replace("FOR UPDATE OF s", ""))
    await number_from_a_sequence(monkeypatch)


async def test_thirty_buyers_on_a_stock_of_seven(client):
    shop = await open_shop()
    await set_stock(shop.glove, 7)
    answers = await order_at_once(await a_crowd(client, shop, 30, GLOVE))
    assert answers == {"OrdersPlaced": 7, "CartHasProblems OUT_OF_STOCK": 23}
    assert (await reserved(shop), await Order.all().count()) == (7, 7)
    await books_balance()


async def test_seven_spread_over_three_warehouses_are_seven(client):
    shop = await open_shop()
    for position, quantity in enumerate((4, 2, 1)):
        await set_stock(shop.glove, quantity, warehouse=await make_warehouse("MAIN" if position == 0 else f"W{position}", position))
    answers = await order_at_once(await a_crowd(client, shop, 20, GLOVE))
    assert answers == {"OrdersPlaced": 7, "CartHasProblems OUT_OF_STOCK": 13}
    await books_balance()


async def test_what_may_be_backordered_is_taken_once_and_the_rest_waits(client):
    shop = await open_shop()
    await set_stock(shop.glove, 7)
    await execute("UPDATE variant SET sells_without_stock = TRUE WHERE id = $1", shop.glove.id)
    assert await order_at_once(await a_crowd(client, shop, 20, GLOVE)) == {"OrdersPlaced": 20}
    assert await reserved(shop) == 7
    await books_balance()


async def test_carts_with_the_same_items_in_another_order_do_not_lock_each_other_out(client):
    shop = await open_shop()
    rows = [{"sku": variant.sku, "quantity": 1} for variant in shop.variants]
    forwards, backwards = await a_crowd(client, shop, 8, *rows), await a_crowd(client, shop, 8, *reversed(rows))
    pairs = [buyer for pair in zip(forwards, backwards, strict=True) for buyer in pair]
    assert await order_at_once(pairs) == {"OrdersPlaced": 16}
    await books_balance()


async def test_ordering_and_cancelling_at_once_keeps_the_books(client):
    shop = await open_shop(credit={"EUR": 1_000_000})
    await set_stock(shop.glove, 40)
    await order_at_once(await a_crowd(client, shop, 15, GLOVE))
    first = await Order.all()
    buyers = await a_crowd(client, shop, 15, GLOVE)
    cancel = 'mutation ($id: ID!) { cancelOrder(id: $id, reason: "Changed my mind") { __typename } }'
    *_, placed = await all_at_once([*(buyers[0].ask(cancel, id=f"order.{order.id}") for order in first), order_at_once(buyers)])
    assert placed == {"OrdersPlaced": 15}
    assert await reserved(shop) == 15
    await books_balance()


async def test_control_without_the_lock_buyers_run_into_the_constraint(client, monkeypatch, caplog):
    shop = await open_shop()
    await set_stock(shop.glove, 7)
    await without_the_lock(monkeypatch)
    answers = await order_at_once(await a_crowd(client, shop, 30, GLOVE))
    assert answers["INTERNAL"] > 0
    assert "stock_never_oversold" in caplog.text
    assert answers["OrdersPlaced"] == await reserved(shop) <= 7


async def test_control_without_lock_and_constraint_more_is_sold_than_there_is(client, monkeypatch):
    shop = await open_shop()
    await set_stock(shop.glove, 7)
    await without_the_lock(monkeypatch)
    await execute("ALTER TABLE stock DROP CONSTRAINT stock_never_oversold")
    answers = await order_at_once(await a_crowd(client, shop, 30, GLOVE))
    assert answers["OrdersPlaced"] > 7
    assert await reserved(shop) > 7
