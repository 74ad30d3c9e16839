"""What carts of 10, 100, 1,000 and 2,000 lines cost: the same statements, and Python calls in proportion to the lines."""

import sys
from collections.abc import Mapping
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest

from tests.api.shopping import CART as CART_FIELDS
from tests.api.shopping import Client
from tests.api.test_statements import CART, PLACE_BRIEFLY, REORDER, a_big_shop, statements

WARM = 8  # asked first: a new document is parsed and compiled once
SIZES = (WARM, 10, 100, 1_000, 2_000)
MOST = 1.15  # a line of a bigger cart may cost so much more than one of a smaller cart
SET_BRIEFLY = """
mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { ... on SetCartLinesDone {
  cart { version lineCount total { amount } problems { message } } outcomes { status message } } } }"""


async def calls(client: Client, query: str, **variables: Any) -> tuple[int, Any]:
    """Python functions called for one request and its answer, and its data."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    watched = sys.getprofile()
    sys.setprofile(profile)
    try:
        data = await client.ask(query, **variables)
    finally:
        sys.setprofile(watched)
    return count, data


def linear(operation: str, counts: Mapping[int, int]) -> None:
    """Each further line costs what the lines before it cost."""
    sizes = sorted(set(counts) - {WARM})
    per_line = [(counts[more] - counts[fewer]) / (more - fewer) for fewer, more in pairwise(sizes)]
    print(f"{operation}: {[counts[size] for size in sizes]}, for each line {[round(one, 1) for one in per_line]}")
    for before, after in pairwise(per_line):
        assert after <= before * MOST, f"{operation} costs more for each line the more there are: {counts}"


@pytest.mark.parametrize("mode", ["SET", "REPLACE"])
async def test_filling_a_cart(client, mode):
    _, buyer, skus, _ = await a_big_shop(client)
    counts, sent = {}, {}
    for size in SIZES:
        # Half of the lines are there with another quantity, half are new.
        await buyer.ask(SET_BRIEFLY, input={"lines": [{"sku": sku, "quantity": 1} for sku in skus[: size // 2]], "mode": "REPLACE"})
        rows = {"lines": [{"sku": sku, "quantity": 2} for sku in skus[:size]], "mode": mode}
        counts[size], data = await calls(buyer, SET_BRIEFLY, input=rows)
        assert data["setCartLines"]["cart"]["lineCount"] == size
        sent[size], _, _ = await statements(
            buyer, SET_BRIEFLY, input={**rows, "lines": [{**row, "quantity": 3} for row in rows["lines"]]}
        )
    linear(f"setCartLines {mode}", counts)
    assert len(set(sent.values())) == 1, sent


async def test_changing_twelve_lines_of_a_cart_reading_it_and_ordering_it(client):
    _, buyer, skus, _ = await a_big_shop(client)
    changing, reading, ordering, again = {}, {}, {}, {}
    orders = []
    for size in SIZES:
        await buyer.ask(SET_BRIEFLY, input={"lines": [{"sku": sku, "quantity": 1} for sku in skus[:size]]})
        twelve = [{"sku": sku, "quantity": 2} for sku in skus[:12]]
        changing[size], _ = await calls(buyer, SET_BRIEFLY, input={"lines": twelve[:size]})
        reading[size], data = await calls(buyer, CART)
        assert data["cart"]["lineCount"] == size
        ordering[size], data = await calls(buyer, PLACE_BRIEFLY)
        orders.append(data["placeOrder"]["orders"][0]["id"])
    for size, order in zip(SIZES, orders, strict=True):
        await buyer.ask(SET_BRIEFLY, input={"lines": [], "mode": "REPLACE"})
        again[size], data = await calls(buyer, REORDER, order=order)
        assert data["reorder"]["cart"]["lineCount"] == size
    # The first cart has twelve lines, too.
    for operation, counts in (
        ("setCartLines of twelve", changing),
        ("cart", reading),
        ("placeOrder", ordering),
        ("reorder", again),
    ):
        linear(operation, {max(size, 12): count for size, count in counts.items()})


async def test_too_many_pieces_in_every_row_of_a_chain_of_moves(client):
    """Each row moves its line to the place of the next, where it fits only if that one leaves; and the last one cannot."""
    _, buyer, skus, _ = await a_big_shop(client, sizes=1)
    sku, counts = skus[0], {}
    for size in (WARM, 10, 100, 400):
        await buyer.ask(SET_BRIEFLY, input={"lines": [], "mode": "REPLACE"})
        days = [f"{2100 + day // 300}-{1 + day // 25 % 12:02d}-{1 + day % 25:02d}" for day in range(size + 1)]
        rows = [{"sku": sku, "quantity": 600_000, "requestedShipDate": day} for day in days]
        await buyer.ask(SET_BRIEFLY, input={"lines": rows})
        lines = (await buyer.ask("{ cart { ...CartFields } }" + CART_FIELDS))["cart"]["lines"]
        moves = [
            {"lineId": line["id"], "quantity": 600_000, "requestedShipDate": day}
            for line, day in zip(lines, days[1:], strict=False)
        ]
        counts[size], data = await calls(buyer, SET_BRIEFLY, input={"lines": moves})
        assert {outcome["status"] for outcome in data["setCartLines"]["outcomes"]} == {"REFUSED"}
    linear("a chain of moves", counts)
