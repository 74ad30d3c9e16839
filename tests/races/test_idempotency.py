"""One Idempotency-Key, twenty times at once: done once, and everybody gets the same answer."""

from typing import Any

import httpx

from backend.orders.models import Order
from tests.api.shopping import SET_LINES, Client, fill, open_shop
from tests.races.crowd import PLACE, all_at_once, books_balance

ADD = {"input": {"lines": [{"sku": "GL-9", "quantity": 1}], "mode": "ADD"}}


async def twenty_times(buyer: Client, query: str, variables: dict[str, Any], **headers: str) -> list[httpx.Response]:
    return await all_at_once(buyer.post(query, variables, **headers) for _ in range(20))


async def units(buyer: Client) -> int:
    return int((await buyer.ask("{ cart { unitCount } }"))["cart"]["unitCount"])


async def test_one_key_makes_one_order(client):
    shop = await open_shop(credit={"EUR": 100_000})
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 3})
    answers = await twenty_times(buyer, PLACE, {"input": {}}, **{"Idempotency-Key": "monday"})
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["data"]["placeOrder"]["__typename"] == "OrdersPlaced"
    assert sorted(answer.headers.get("Idempotent-Replayed", "") for answer in answers) == ["", *["true"] * 19]
    assert await Order.all().count() == 1
    await books_balance()


async def test_a_refusal_is_repeated_as_well(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 500})
    first = await twenty_times(buyer, PLACE, {"input": {}}, **{"Idempotency-Key": "too much"})
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    later = await buyer.post(PLACE, {"input": {}}, **{"Idempotency-Key": "too much"})
    assert {answer.content for answer in [*first, later]} == {first[0].content}
    assert await Order.all().count() == 0


async def test_another_body_under_the_same_key_is_a_conflict(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    bodies = [{"input": {"lines": [{"sku": "GL-9", "quantity": quantity}], "mode": "ADD"}} for quantity in (1, 2)]
    answers = await all_at_once(buyer.post(SET_LINES, bodies[index % 2], **{"Idempotency-Key": "k"}) for index in range(20))
    codes = [answer.json()["errors"][0]["extensions"]["code"] if "errors" in answer.json() else "done" for answer in answers]
    assert sorted(codes) == [*["CONFLICT"] * 10, *["done"] * 10]
    assert await units(buyer) in (1, 2)


async def test_a_key_is_its_user_s_own(client):
    shop = await open_shop()
    answers = await all_at_once(
        Client(client, token).post(SET_LINES, ADD, **{"Idempotency-Key": "same"}) for token in (shop.token, shop.hill_token)
    )
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, None]
    assert [await units(Client(client, token)) for token in (shop.token, shop.hill_token)] == [1, 1]


async def test_control_with_the_key_it_is_added_once_and_without_it_twenty_times(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    await twenty_times(buyer, SET_LINES, ADD, **{"Idempotency-Key": "add"})
    assert await units(buyer) == 1
    await twenty_times(buyer, SET_LINES, ADD)
    assert await units(buyer) == 21
