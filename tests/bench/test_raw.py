"""The raw SQL endpoint answers the API's own bytes, for every kind of buyer that the bench's data holds, and stores what the API stores."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from backend.catalogue import facets
from backend.core.database import execute, fetch
from bench import documents
from bench.data import Size, build, token_of
from bench.raw import app as raw

SMALL = Size(products=60, variants=12, lists=7, companies=9, density=3)


async def send(application: Starlette, path: str, document: str, variables: dict[str, Any], token: str, **headers: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}", **headers}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://bench", headers=headers) as client:
        answer = await client.post(path, json={"query": document, "variables": variables})
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.fixture
async def plain(app: Starlette) -> AsyncIterator[Starlette]:
    """The raw endpoint over the same database."""
    async with raw.opened(app.state.settings.database_url) as pool:
        yield raw.build(pool)


async def both(
    app: Starlette, plain: Starlette, name: str, document: str, variables: dict[str, Any], token: str
) -> tuple[bytes, bytes]:
    ours = await send(app, "/graphql", document, variables, token)
    return ours, await send(plain, f"/raw/{name}", document, variables, token)


async def make_interesting() -> None:
    """What `build` leaves out: contracts, a fraction of a cent, prices on request, part of a style, arrivals, packs, carts."""
    await execute("UPDATE variant SET minimum = 24, increment = 6, maximum = 600 WHERE id % 7 = 0")
    await execute("UPDATE variant SET sells_without_stock = TRUE, is_active = id % 26 <> 0 WHERE id % 13 = 0")
    await execute("DELETE FROM price WHERE variant_id % 11 = 0")
    await execute("UPDATE price SET amounts_e4 = ARRAY[3333, 3330, 3305] WHERE price_list_id = 1 AND variant_id % 17 = 0")
    await execute("UPDATE assortment_product a SET variant_ids = v.ids, variant_bits = v.bits FROM (SELECT product_id,"
                  " array_agg(id) FILTER (WHERE position % 2 = 0) AS ids,"
                  " string_agg((position % 2 = 0)::int::text, '' ORDER BY position, id)::varbit AS bits"
                  " FROM variant WHERE is_active GROUP BY product_id) v"
                  " WHERE v.product_id = a.product_id AND a.assortment_id = 2 AND a.product_id % 4 = 0")  # fmt: skip
    await facets.refresh_everything()
    await execute("UPDATE price_list SET is_contract = TRUE WHERE id % 3 = 0 AND NOT is_default")
    await execute("UPDATE product SET break_scope = 'PRODUCT', minimum_quantity = 48 WHERE id % 5 = 0")
    await execute("UPDATE product SET option_values = '[[\"Navy\"], []]' WHERE id % 6 = 0")
    await execute("INSERT INTO arrival (id, variant_id, warehouse_id, expected_on, quantity)"
                  " SELECT id * 10 + n, id, 1, current_date + n - 1, 150 FROM variant, generate_series(0, 3) n WHERE id % 3 = 0")  # fmt: skip
    await execute("INSERT INTO pack (id, variant_id, code, name, kind, units) SELECT id * 10 + n, id, 'P' || n, 'Box of ' || 6 * n, 'CASE', 6 * n"
                  " FROM variant, generate_series(1, 2) n WHERE id % 5 = 0")  # fmt: skip
    await execute("INSERT INTO customer_sku (id, company_id, variant_id, sku, sku_key)"
                  " SELECT id, 1000000 + 1 + id % 4, id, 'own \"' || id || '\"', 'OWN' || id FROM variant")  # fmt: skip
    await execute("INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at)"
                  " SELECT c, 3000000 + c, 2000000 + c, '', TRUE, 1, now(), now() FROM generate_series(1, 4) c")  # fmt: skip
    await execute("INSERT INTO cart_line (id, cart_id, variant_id, quantity, pack_code, position)"
                  " SELECT v.id * 100 + c * 10 + n, c, v.id, 6 * n, CASE n WHEN 2 THEN 'P1' END, 0"
                  " FROM generate_series(1, 4) c, variant v, generate_series(1, 2) n"
                  " WHERE v.id % 5 = 0 AND v.id / 5 % 2 = n - 1")  # fmt: skip
    await make_conditions()


async def make_conditions() -> None:
    """Two rates of tax that share the freight, a least value of orders, credit that is short, an account on hold."""
    await execute("UPDATE product SET tax_class = 'REDUCED' WHERE id % 3 = 0")
    await execute("INSERT INTO tax_rate (id, country, tax_class, name, rate_e4) VALUES (2, 'NL', 'REDUCED', 'VAT 9.1234 %', 91234)")
    await execute("INSERT INTO shipping_method (id, code, name, currency, price_minor, free_from_minor, countries, position) VALUES"
                  " (1, 'AIR', 'Air', 'EUR', 90000, NULL, '{BE}', 0), (2, 'TRUCK', 'Truck', 'EUR', 7777, 99999999, '{NL, BE}', 1),"
                  " (3, 'COURIER', 'Courier', 'EUR', NULL, NULL, NULL, 2)")  # fmt: skip
    await execute("UPDATE cart SET shipping_method = 'COURIER' WHERE id = 2")
    await execute(
        "INSERT INTO order_minimum (id, currency, amount_minor, company_id) VALUES (1, 'EUR', 5000, NULL), (2, 'EUR', 999999999, 1000003)"
    )
    await execute(
        "INSERT INTO credit_account (id, company_id, currency, limit_minor, ceiling_minor, taken_minor) VALUES (1, 1000001, 'EUR', 12345, 12345, 45)"
    )
    await execute("UPDATE company SET on_hold = TRUE WHERE id = 1000004")


@pytest.mark.parametrize("interesting", [False, True])
async def test_the_raw_endpoint_answers_the_same_bytes(app, plain, interesting):
    await build(SMALL)
    if interesting:
        await make_interesting()
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("page", documents.PAGE, {"first": 24}),
        ("page", documents.PAGE, {"first": 60}),
        ("facets", documents.PAGE_WITH_FACETS, {"first": 24}),
        ("cart", documents.CART, {}),
        *(("detail", documents.DETAIL, {"slug": f"style-{number}"}) for number in (1, 2, 3, 4, 12, 60, 61)),
    ]
    for company in (1, 2, 3, 4):
        for name, document, variables in asked:
            ours, theirs = await both(app, plain, name, document, variables, token_of(company))
            assert theirs == ours, f"{name} {variables} for company {company}: bench/raw.py must follow the storefront's documents"


async def test_the_raw_endpoint_knows_nobody_without_a_token(app, plain):
    await build(Size(products=2, variants=2, lists=1, companies=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(plain), base_url="http://bench") as client:
        assert (await client.post("/raw/page", json={"variables": {}})).status_code == 401


MADE = re.compile(rb"SO-\d+|cartline\.\d+")
# What the writes leave behind; not compared are keys that are made at random, and when it happened.
STORED = {
    "cart": "SELECT user_id, location_id, name, is_open, version FROM cart ORDER BY user_id",
    "lines": "SELECT c.user_id, l.variant_id, l.quantity, l.pack_code, l.note, l.position FROM cart_line l JOIN cart c ON c.id = l.cart_id"
    " ORDER BY c.user_id, l.position, l.variant_id, l.pack_code",
    "orders": "SELECT number, company_id, location_id, ship_to_location_id, status, channel, placed_by_id, on_behalf, payment_method,"
    " shipping_method, jsonb_strip_nulls(ship_to), jsonb_strip_nulls(bill_to), currency, subtotal_minor, discount_minor, shipping_minor,"
    " tax_minor, total_minor, discounts, tax_lines, credit_minor, purchase_order_number, requested_ship_date, cancel_date, note"
    " FROM customer_order ORDER BY number",
    "order lines": "SELECT o.number, l.variant_id, l.position, l.sku, l.name, l.pack_code, l.quantity, l.unit_price_e4, l.price_source,"
    " l.discount_minor, l.total_minor, l.note, l.shipped, l.invoiced, l.cancelled, l.backordered"
    " FROM order_line l JOIN customer_order o ON o.id = l.order_id ORDER BY o.number, l.position",
    "reserved": "SELECT l.position, r.variant_id, r.warehouse_id, r.quantity FROM reservation r JOIN order_line l ON l.id = r.order_line_id"
    " ORDER BY l.position, r.warehouse_id",
    "stock": "SELECT variant_id, warehouse_id, on_hand, reserved FROM stock WHERE reserved > 0 ORDER BY 1, 2",
    "credit": "SELECT company_id, limit_minor, taken_minor FROM credit_account ORDER BY 1",
    "history": "SELECT kind, message, by_id FROM order_event ORDER BY id",
    "jobs": "SELECT priority, entrypoint, convert_from(payload, 'UTF8')::jsonb ? 'order_id' AS told, status FROM pgqueuer ORDER BY id",
    "job log": "SELECT status, priority, entrypoint FROM pgqueuer_log ORDER BY id",
    "sales": "SELECT sign FROM sales_change ORDER BY id",
    "counter": "SELECT series, prefix, value FROM number_counter",
    "keys": "SELECT viewer_key, key, status, answer FROM idempotency_key ORDER BY key",
}


async def stored() -> dict[str, list[tuple[Any, ...]]]:
    return {name: [tuple(row) for row in await fetch(query)] for name, query in STORED.items()}


class Twice:
    """The same requests to either side, each over the same beginning."""

    def __init__(self, app: Starlette, plain: Starlette, token: str) -> None:
        self.sides = {"/graphql": app, "/raw": plain}
        self.token = token

    async def answers(self, begin: Any, requests: list[tuple[str, str, dict[str, Any], dict[str, str]]]) -> list[bytes]:
        """The answers, which are the same, as is all that is stored after them."""
        told: dict[str, list[bytes]] = {}
        left = {}
        for path, application in self.sides.items():
            await begin()
            told[path] = [
                MADE.sub(
                    b"made",
                    await send(
                        application, path if path == "/graphql" else f"{path}/{name}", document, variables, self.token, **headers
                    ),
                )
                for name, document, variables, headers in requests
            ]
            left[path] = await stored()
        for index, (ours, theirs) in enumerate(zip(*told.values(), strict=True)):
            assert theirs == ours, f"request {index} is answered otherwise"
        for name, rows in left["/graphql"].items():
            assert left["/raw"][name] == rows, name
        return told["/graphql"]


async def empty_carts() -> None:
    jobs = ("pgqueuer", "pgqueuer_log", "sales_change")
    for table in ("reservation", "customer_order", "cart", "idempotency_key", *jobs, "number_counter"):
        await execute(f"DELETE FROM {table}")
    await execute("UPDATE stock SET reserved = 0")
    await execute("UPDATE credit_account SET taken_minor = 45")


def rows(*lines: tuple[int, int]) -> dict[str, Any]:
    return {"input": {"lines": [{"variantId": f"variant.{variant}", "quantity": quantity} for variant, quantity in lines]}}


async def test_the_raw_endpoint_sets_lines_as_the_api_does(app, plain):
    await build(SMALL)
    await make_interesting()
    start = 10_000_000
    requests = [
        rows(
            (start, 4),
            (start + 1, 30),
            (start + 2, 1_000),
            (start, 2),
            (77, 1),
            (start + 3, -1),
            (start + 4, 2_000_000),
            (start + 5, 0),
        ),
        rows((start, 6), (start + 1, 31), (start + 2, 0), (start + 5, 7), (start + 7, 12), (start + 14, 12)),
        rows((start, 6)),
        rows(*((start + number, 12) for number in range(24))),
    ]
    for company in (1, 2, 3, 4):
        await Twice(app, plain, token_of(company)).answers(empty_carts, [("set", documents.SET_LINES, one, {}) for one in requests])


@pytest.mark.parametrize("interesting", [False, True])
async def test_the_raw_endpoint_places_an_order_as_the_api_does(app, plain, interesting):
    await build(SMALL)
    if interesting:
        await make_conditions()
        await execute("UPDATE credit_account SET limit_minor = 10000000000, ceiling_minor = 10000000000")
        await execute("UPDATE variant SET sells_without_stock = TRUE WHERE id % 5 = 0")
        await execute(
            "INSERT INTO pack (id, variant_id, code, name, kind, units) SELECT id, id, 'P1', 'Box', 'CASE', 6 FROM variant WHERE id % 2 = 0"
        )

    async def begin() -> None:
        await empty_carts()
        await execute("INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at)"
                      " VALUES (1, 3000001, 2000001, '', TRUE, 7, now(), now())")  # fmt: skip
        # Of each variant all that there is, from both warehouses and in two lines; of some more.
        await execute("INSERT INTO cart_line (id, cart_id, variant_id, quantity, pack_code, note, position)"
                      " SELECT v.id * 10 + n, 1, v.id, CASE WHEN v.sells_without_stock THEN 402 WHEN n = 1 THEN s.here - 6 ELSE 6 END,"
                      " CASE WHEN n = 2 THEN 'P1' END, 'mind the step', v.position FROM (SELECT v.*, sum(s.on_hand)::int AS here FROM variant v"
                      " JOIN stock s ON s.variant_id = v.id GROUP BY v.id) s JOIN variant v ON v.id = s.id, generate_series(1, 2) n"
                      " WHERE v.product_id BETWEEN 4000001 AND 4000003 AND s.here > 12 AND (n = 1 OR v.id % 2 = 0)")  # fmt: skip

    keys = [{"Idempotency-Key": key} for key in ("first", "first")]
    answers = await Twice(app, plain, token_of(1)).answers(
        begin, [("order", documents.PLACE_ORDER, {"input": {}}, key) for key in keys]
    )
    assert answers[0] == answers[1]
    assert b"OrdersPlaced" in answers[0], answers[0]
