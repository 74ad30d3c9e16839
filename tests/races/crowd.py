"""Many buyers at once, each over HTTP with a session and a cart of her own."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Any

import httpx
import pytest

from backend.core.database import connection, execute, fetch_value
from backend.orders.rules import number_text
from tests.api.shopping import SET_LINES, Client, Shop
from tests.factories.companies import make_member, sign_in_as
from tests.races.books import imbalances

PLACE = """
mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename
  ... on OrdersPlaced { orders { id number total { amount } } } ... on CartHasProblems { problems { code needed } } ... on Error { message } } }"""


async def a_crowd(http: httpx.AsyncClient, shop: Shop, size: int, *rows: dict[str, Any]) -> list[Client]:
    """Members of one company, each with these rows in her cart."""
    members = [await make_member(shop.harbour, locations=(shop.rotterdam,)) for _ in range(size)]
    buyers = [Client(http, await sign_in_as(member, shop.rotterdam)) for member in members]
    await all_at_once(buyer.ask(SET_LINES, input={"lines": list(rows)}) for buyer in buyers)
    return buyers


async def all_at_once(calls: Any) -> list[Any]:
    started: Sequence[Awaitable[Any]] = list(calls)
    return await asyncio.gather(*started)


async def open_all_connections() -> None:
    """For controls: requests do not wait in a row for the first connection while others are still being opened."""
    await all_at_once(execute("SELECT pg_sleep(0.2)") for _ in range(10))


async def order_at_once(buyers: Sequence[Client], **values: Any) -> Counter[str]:
    """How often each answer was given; a masked error counts under its code."""
    answers = await all_at_once(buyer.post(PLACE, {"input": values}) for buyer in buyers)
    return Counter(answer_of(answer.json(), "placeOrder") for answer in answers)


def answer_of(answer: dict[str, Any], field: str) -> str:
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    done = answer["data"][field]
    codes = ",".join(problem["code"] for problem in done.get("problems", ()))
    return f"{done['__typename']} {codes}".strip()


async def number_from_a_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    """For controls: numbers that nobody waits for. The counter's row would put all orders in a row, and hide that another lock is missing."""

    async def from_a_sequence(series: tuple[str, str], count: int) -> list[str]:
        return [number_text(series[1], await fetch_value("SELECT nextval('plain_numbers')")) for _ in range(count)]

    await execute("CREATE SEQUENCE plain_numbers")
    monkeypatch.setattr("backend.orders.placing.take_numbers", from_a_sequence)


async def books_balance() -> None:
    async with connection() as acquired:
        assert await imbalances(acquired) == []
