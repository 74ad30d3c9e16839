"""Order numbers have no gap and no twin, also when transactions fail after they took theirs."""

from collections.abc import Sequence

import pytest

from backend.core.database import execute
from backend.orders.models import Order
from backend.orders.rules import number_text
from tests.api.shopping import Client, fill, open_shop
from tests.races.crowd import a_crowd, all_at_once, books_balance, number_from_a_sequence, order_at_once

# A failure after the number was taken, as a full disk would be.
FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
CREATE TRIGGER fail AFTER INSERT ON customer_order FOR EACH ROW WHEN (NEW.note = 'fail') EXECUTE FUNCTION fail()"""


async def numbers() -> list[str]:
    return sorted([order.number for order in await Order.all()])


async def two_thirds_fail(buyers: Sequence[Client]) -> None:
    for statement in FAIL.split(";\nCREATE"):
        await execute(statement if statement.lstrip().startswith("CREATE") else f"CREATE{statement}")
    good, bad = buyers[::3], [buyer for index, buyer in enumerate(buyers) if index % 3]
    answers = await all_at_once([order_at_once(good), order_at_once(bad, note="fail")])
    assert answers == [{"OrdersPlaced": len(good)}, {"INTERNAL": len(bad)}]


async def test_numbers_are_gapless_although_orders_fail_in_between(client):
    shop = await open_shop()
    await two_thirds_fail(await a_crowd(client, shop, 30, {"sku": "GL-9", "quantity": 1}))
    assert await numbers() == [number_text("SO-", value) for value in range(1, 11)]
    await books_balance()


async def test_an_order_of_several_ship_tos_takes_its_numbers_side_by_side(client):
    shop = await open_shop()
    buyers = await a_crowd(client, shop, 9, {"sku": "GL-9", "quantity": 1})
    two_places = Client(client, shop.token)
    await fill(
        two_places, *({"sku": "GL-9", "quantity": 1, "shipToId": f"location.{key}"} for key in (shop.rotterdam.id, shop.antwerp.id))
    )
    assert await order_at_once([*buyers, two_places]) == {"OrdersPlaced": 10}
    assert await numbers() == [number_text("SO-", value) for value in range(1, 12)]
    pair = sorted([int(order.number[3:]) for order in await Order.filter(placed_by_id=shop.buyer.user_id)])
    assert pair[1] == pair[0] + 1
    await books_balance()


async def test_control_a_sequence_leaves_gaps(client, monkeypatch: pytest.MonkeyPatch):
    shop = await open_shop()
    await number_from_a_sequence(monkeypatch)
    await two_thirds_fail(await a_crowd(client, shop, 30, {"sku": "GL-9", "quantity": 1}))
    assert await numbers() != [number_text("SO-", value) for value in range(1, 11)]
