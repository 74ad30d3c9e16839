"""An order that one person confirms while another cancels it, and stock that is counted while goods are ordered."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from backend.core.database import execute, fetch, fetch_row, fetch_value
from backend.core.errors import InvalidInput
from backend.core.viewer import Role, Viewer, system_viewer
from backend.inventory import stocktaking
from backend.inventory.drafts import StockRow
from backend.orders import actions
from backend.orders.queries import visible_orders
from tests.api.shopping import Client, open_shop
from tests.factories.catalogue import set_stock
from tests.factories.companies import make_staff, sign_in_as
from tests.races.crowd import a_crowd, all_at_once, answer_of, books_balance, open_all_connections, order_at_once

CONFIRM = "mutation ($id: ID!) { confirmOrder(id: $id) { __typename } }"
CANCEL = 'mutation ($id: ID!) { cancelOrder(id: $id, reason: "No more needed") { __typename } }'
GLOVE = {"sku": "GL-9", "quantity": 1}
ORDERS = 8


async def confirm_and_cancel_at_once(client: Any) -> list[Counter[str]]:
    """For each of the orders, what the seller's confirmation and the buyer's cancellation are answered."""
    shop = await open_shop(credit={"EUR": 1_000_000})
    await set_stock(shop.glove, 40)
    buyers = await a_crowd(client, shop, ORDERS, GLOVE)
    assert await order_at_once(buyers) == {"OrdersPlaced": ORDERS}
    manager = Client(client, await sign_in_as(await make_staff(Role.SALES_MANAGER)))
    orders = [f"order.{row['id']}" for row in await fetch("SELECT id FROM customer_order ORDER BY id")]
    await open_all_connections()
    answers = await all_at_once(
        call for order in orders for call in (manager.post(CONFIRM, {"id": order}), buyers[0].post(CANCEL, {"id": order}))
    )
    given = [answer_of(answer.json(), name) for answer, name in zip(answers, ("confirmOrder", "cancelOrder") * ORDERS, strict=True)]
    return [Counter(given[at : at + 2]) for at in range(0, len(given), 2)]


async def test_of_a_confirmation_and_a_cancellation_one_is_done(client):
    answers = await confirm_and_cancel_at_once(client)
    assert answers == [{"Order": 1, "OrderMoved": 1}] * ORDERS
    moves = await fetch("SELECT count(*) AS moves FROM order_event WHERE kind IN ('CONFIRMED', 'CANCELLED') GROUP BY order_id")
    assert [row["moves"] for row in moves] == [1] * ORDERS
    await books_balance()


async def test_control_without_the_lock_both_are_done(client, monkeypatch):
    async def unlocked(viewer: Viewer, order: int) -> Any:
        visible, values = visible_orders(viewer)
        found = await fetch_row(
            f"SELECT id, number, status, company_id, currency, credit_minor FROM customer_order o WHERE {visible} AND o.id = $5",
            *(*values, order),
        )
        await both.setdefault(order, asyncio.Barrier(2)).wait()  # both have read the order before either of them writes
        return found

    both: dict[int, asyncio.Barrier] = {}
    monkeypatch.setattr(actions, "_lock_order", unlocked)
    assert {"Order": 2} in await confirm_and_cancel_at_once(client)


async def count_while_ordering(client: Any, ordered: asyncio.Event) -> tuple[Counter[str], Counter[str]]:
    """Ten orders of a piece each, while somebody counts five pieces ten times: the orders' answers, and the counts'."""
    shop = await open_shop()
    await set_stock(shop.glove, 10)
    buyers = await a_crowd(client, shop, 10, GLOVE)
    await open_all_connections()
    counted: Counter[str] = Counter()

    async def count() -> None:
        try:
            await stocktaking.set_stock(system_viewer(), [StockRow(5, "GL-9", None, "MAIN")])
            counted["counted"] += 1
        except InvalidInput:
            counted["refused"] += 1
        except Exception as error:
            counted[type(error).__name__] += 1

    async def order() -> Counter[str]:
        try:
            return await order_at_once(buyers)
        finally:
            ordered.set()

    answers, *_ = await all_at_once([order(), *(count() for _ in range(10))])
    return answers, counted


async def test_stock_that_is_counted_while_goods_are_ordered_never_ends_below_what_is_reserved(client):
    ordered, counted = await count_while_ordering(client, asyncio.Event())
    assert sum(ordered.values()) == sum(counted.values()) == 10
    assert not ordered.keys() - {"OrdersPlaced", "CartHasProblems SHORT_STOCK", "CartHasProblems OUT_OF_STOCK"}
    assert not counted.keys() - {"counted", "refused"}
    reserved = await fetch_value("SELECT sum(reserved) FROM stock")
    assert reserved == ordered["OrdersPlaced"] >= 5
    await books_balance()


async def test_control_without_the_lock_a_count_runs_into_the_constraint(client, monkeypatch: pytest.MonkeyPatch):
    """The count reads what is reserved, orders reserve more, and then it writes what it decided before."""

    async def unlocked(places: object) -> set[tuple[int, int]]:
        return set()

    ordered = asyncio.Event()

    async def afterwards(*arguments: Any) -> int:
        await ordered.wait()
        return await execute(*arguments)

    monkeypatch.setattr(stocktaking, "_lock", unlocked)
    monkeypatch.setattr(stocktaking, "execute", afterwards)
    _, counted = await count_while_ordering(client, ordered)
    assert counted["CheckViolationError"] > 0
