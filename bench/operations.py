"""The hot operations as requests, ours and their raw twins, and the carts that they begin with."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from backend.core import database
from bench import documents
from bench.data import Size, token_of
from bench.load import Request, body_of

ORDERS_A_ROUND = 192
BUYERS = 200
PASSES = 5  # through all buyers, until a request to set lines comes again


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client sends in a round, and the path of its raw twin, which takes the same. `lines`: in each cart before it.

    `writes`: carts are filled afresh before each side. `once`: each request is sent a single time.
    """

    name: str
    requests: Callable[[int], Sequence[Request]]
    twin: str
    lines: int = 30
    writes: bool = False
    once: bool = False

    def raw(self, requests: Sequence[Request]) -> list[Request]:
        """The same to the raw endpoint; an Idempotency-Key is this side's own."""
        return [
            Request(self.twin, one.body, one.token, one.expected, one.key and str(uuid.uuid4()))
            for one in requests
        ]  # fmt: skip


def operations(size: Size) -> list[Operation]:
    buyers = [token_of(1 + number) for number in range(min(size.companies, BUYERS))]
    variants = variants_of_everybody(size)

    def same(document: str, variables: object) -> Callable[[int], Sequence[Request]]:
        body = body_of(document, variables)
        return lambda turn: [Request("/graphql", body, token) for token in buyers]

    def lines(turn: int) -> Sequence[Request]:
        """Every request changes all twelve lines, also when a buyer's turn comes again."""
        return [
            Request("/graphql", body_of(documents.SET_LINES, {"input": {"lines": rows}}), token, b"SetCartLinesDone")
            for again in range(PASSES)
            for number, token in enumerate(buyers)
            for rows in [
                [{"variantId": f"variant.{key}", "quantity": 1 + (turn + number + again) % PASSES} for key in variants[30:]]
            ]
        ]

    def orders(turn: int) -> Sequence[Request]:
        body = body_of(documents.PLACE_ORDER, {"input": {}})
        return [Request("/graphql", body, token, b"OrdersPlaced", str(uuid.uuid4())) for token in buyers[:ORDERS_A_ROUND]]

    page, detail = {"first": 24}, {"slug": "style-1"}  # a style of every assortment: half of the buyers do not see style-2
    return [
        Operation("page, with facets", same(documents.PAGE_WITH_FACETS, page), "/raw/facets"),
        Operation("page", same(documents.PAGE, page), "/raw/page"),
        Operation("detail", same(documents.DETAIL, detail), "/raw/detail"),
        Operation("cart of 30", same(documents.CART, {}), "/raw/cart"),
        Operation("set 12 lines, with the total", lines, "/raw/set", writes=True),
        Operation("place an order of 12", orders, "/raw/order", lines=12, writes=True, once=True),
    ]


def normal(body: bytes) -> bytes:
    """An answer without what no two requests have alike: the numbers of orders."""
    return re.sub(rb'"SO-\d+"', b'"number"', body)


def variants_of_everybody(size: Size) -> list[int]:
    """42 variants, of different styles as far as there are so many, that are in every assortment."""
    styles = [number for number in range(1, size.products + 1) if (4_000_000 + number) % 3]
    return [10_000_000 + (styles[n % len(styles)] - 1) * size.variants + n // len(styles) for n in range(42)]


async def fill_carts(url: str, size: Size, lines: int) -> None:
    """Gives each buyer an open cart of so many lines, and the seller enough of what is in it."""
    connection = await asyncpg.connect(**database.credentials(url))
    variants = variants_of_everybody(size)
    try:
        await connection.execute("DELETE FROM cart")
        await connection.execute("UPDATE stock SET on_hand = 100000000 WHERE variant_id = ANY($1) AND on_hand < 1000000", variants)
        await connection.execute(
            "INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at)"
            " SELECT c, 3000000 + c, 2000000 + c, '', TRUE, 1, now(), now() FROM generate_series(1, $1::int) c",
            min(size.companies, BUYERS),
        )
        await connection.execute(
            "INSERT INTO cart_line (id, cart_id, variant_id, quantity, position)"
            " SELECT c.id * 100000 + v.n, c.id, v.key, 2 + v.n % 3, v.n FROM cart c, unnest($1::bigint[]) WITH ORDINALITY AS v(key, n)",
            variants[:lines],
        )
        await connection.execute("VACUUM ANALYZE cart, cart_line")
    finally:
        await connection.close()
