"""One cart, edited and ordered from several windows at once."""

from collections import Counter
from typing import Any

import pytest

from backend.carts import stored
from backend.carts.models import Cart
from backend.carts.stored import find_cart
from backend.core.viewer import Viewer
from backend.orders.models import Order, OrderLine
from tests.api.shopping import CART, SET_LINES, Client, fill, open_shop
from tests.races.crowd import all_at_once, answer_of, books_balance, open_all_connections, order_at_once


async def edit_at_once(buyer: Client, times: int, **values: Any) -> Counter[str]:
    """Sets or adds from `times` windows, each its own quantity."""
    inputs = [
        {"lines": [{"sku": "GL-9", "quantity": index + 2 if values.get("mode") != "ADD" else 1}], **values}
        for index in range(times)
    ]
    answers = await all_at_once(buyer.post(SET_LINES, {"input": one}) for one in inputs)
    return Counter(answer_of(answer.json(), "setCartLines") for answer in answers)


async def quantity(buyer: Client) -> int:
    cart = (await buyer.ask("{ cart { ...CartFields } }" + CART))["cart"]
    return int(cart["unitCount"])


async def test_a_cart_that_is_submitted_ten_times_is_ordered_once(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    assert await order_at_once([buyer] * 10) == {"OrdersPlaced": 1, "CartHasProblems EMPTY": 9}
    assert await Order.all().count() == 1
    await books_balance()


async def test_control_without_the_cart_s_lock_it_is_ordered_more_than_once(client, monkeypatch):
    async def unlocked(viewer: Viewer, cart: int | None, expected_version: int | None, *, to_order: bool) -> Any:
        return await find_cart(viewer, cart)

    shop = await open_shop()
    buyer = Client(client, shop.token)
    await all_warm(buyer)
    monkeypatch.setattr("backend.orders.placing.lock_cart", unlocked)
    await order_at_once([buyer] * 10)
    assert await Order.all().count() > 1


async def test_of_edits_that_saw_the_same_version_one_is_made(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    version = (await buyer.ask("{ cart { version } }"))["cart"]["version"]
    assert await edit_at_once(buyer, 20, expectedVersion=version) == {"SetCartLinesDone": 1, "StaleCart": 19}
    assert (await buyer.ask("{ cart { version } }"))["cart"]["version"] == version + 1


async def test_what_is_added_at_once_is_all_there(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    assert await edit_at_once(buyer, 20, mode="ADD") == {"SetCartLinesDone": 20}
    assert await quantity(buyer) == 20
    assert await Cart.all().count() == 1  # twenty windows open one cart


async def test_an_edit_and_an_order_at_once_end_in_one_of_two_ways(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    edits, orders = await all_at_once([edit_at_once(buyer, 5, mode="ADD"), order_at_once([buyer])])
    assert (edits, orders) == ({"SetCartLinesDone": 5}, {"OrdersPlaced": 1})
    ordered = sum([line.quantity for line in await OrderLine.all()])
    assert ordered + await quantity(buyer) == 6
    await books_balance()


async def all_warm(buyer: Client) -> int:
    """For controls: every connection is open and knows the statements, so that nobody is done before the others begin. What is in the cart."""
    await open_all_connections()
    await edit_at_once(buyer, 20, mode="ADD")
    return await quantity(buyer)


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_READ_LOCKED", stored._READ)


async def test_control_without_the_lock_several_edits_of_one_version_are_made(client, monkeypatch):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    await all_warm(buyer)
    version = (await buyer.ask("{ cart { version } }"))["cart"]["version"]
    without_the_lock(monkeypatch)
    answers = await edit_at_once(buyer, 20, expectedVersion=version)
    assert answers["SetCartLinesDone"] + answers["INTERNAL"] > 1


async def test_control_without_the_lock_additions_are_lost(client, monkeypatch):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    before = await all_warm(buyer)
    without_the_lock(monkeypatch)
    await edit_at_once(buyer, 20, mode="ADD")
    assert await quantity(buyer) < before + 20


async def test_control_lines_read_beside_the_lock_are_older_than_the_cart(client, monkeypatch):
    """Whoever waits for the lock, and takes the lines that her statement saw when it began, adds to what was there before."""
    shop = await open_shop()
    buyer = Client(client, shop.token)
    before = await all_warm(buyer)
    blind = stored._READ_LOCKED.replace("(SELECT version FROM cart WHERE id = f.id) AS version_read", "f.version AS version_read")
    assert blind != stored._READ_LOCKED
    monkeypatch.setattr(stored, "_READ_LOCKED", blind)
    await edit_at_once(buyer, 20, mode="ADD")
    assert await quantity(buyer) < before + 20
