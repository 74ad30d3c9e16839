"""The raw SQL endpoint answers the API's own bytes, for every kind of buyer that the bench's data holds."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from backend.core.database import execute
from bench import documents, raw
from bench.data import Size, build, token_of

SMALL = Size(products=60, variants=12, lists=7, companies=9, density=3)


async def both(app: Starlette, name: str, document: str, variables: dict[str, Any], token: str) -> tuple[bytes, bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    answers = []
    for application, path in ((app, "/graphql"), (raw.build(), f"/raw/{name}")):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url="http://bench", headers=headers
        ) as client:
            answer = await client.post(path, json={"query": document, "variables": variables})
            assert answer.status_code == 200, answer.text
            answers.append(answer.content)
    return answers[0], answers[1]


async def make_interesting() -> None:
    """What `build` leaves out: contracts, a fraction of a cent, prices on request, part of a style, arrivals, packs, carts."""
    await execute("UPDATE variant SET minimum = 24, increment = 6, maximum = 600 WHERE id % 7 = 0")
    await execute("UPDATE variant SET sells_without_stock = TRUE, is_active = id % 26 <> 0 WHERE id % 13 = 0")
    await execute("DELETE FROM price WHERE variant_id % 11 = 0")
    await execute("UPDATE price SET amounts_e4 = ARRAY[3333, 3330, 3305] WHERE price_list_id = 1 AND variant_id % 17 = 0")
    await execute("UPDATE assortment_product SET variant_ids = ARRAY(SELECT id FROM variant v WHERE v.product_id = assortment_product.product_id"
                  " AND v.is_active AND v.position % 2 = 0) WHERE assortment_id = 2 AND product_id % 4 = 0")  # fmt: skip
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
                  " FROM generate_series(1, 4) c, variant v, generate_series(1, 2) n WHERE v.id % 5 = 0")  # fmt: skip


@pytest.mark.parametrize("interesting", [False, True])
async def test_the_raw_endpoint_answers_the_same_bytes(app, interesting):
    await build(SMALL)
    if interesting:
        await make_interesting()
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("page", documents.PAGE, {"first": 24}),
        ("page", documents.PAGE, {"first": 60}),
        ("facets", documents.PAGE_WITH_FACETS, {"first": 24}),
        *(("detail", documents.DETAIL, {"slug": f"style-{number}"}) for number in (1, 2, 3, 4, 12, 60, 61)),
    ]
    for company in (1, 2, 3, 4):
        for name, document, variables in asked:
            ours, plain = await both(app, name, document, variables, token_of(company))
            assert plain == ours, f"{name} {variables} for company {company}: bench/raw.py must follow the storefront's documents"


async def test_the_raw_endpoint_knows_nobody_without_a_token(app):
    await build(Size(products=2, variants=2, lists=1, companies=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(raw.build()), base_url="http://bench") as client:
        assert (await client.post("/raw/page", json={"variables": {}})).status_code == 401
