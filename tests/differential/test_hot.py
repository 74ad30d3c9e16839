"""The storefront's own operations through the real application: everything compiled, nothing that gives up on the way.

The fall-back hides a broken fast path behind a right answer; here it fails.
"""

from typing import Any

import httpx

from storefront.client import document
from tests.api.shopping import open_shop


async def debugged(client: httpx.AsyncClient, token: str, name: str, **variables: Any) -> dict[str, Any]:
    """The data of one of the storefront's operations, after a look at how it was answered."""
    headers = {"Authorization": f"Bearer {token}", "X-Linesheet-Debug": "1"}
    body = {"query": document(name), "operationName": name, "variables": variables}
    answer = (await client.post("/graphql", json=body, headers=headers)).json()
    assert "errors" not in answer, answer["errors"]
    debug = answer["extensions"]["debug"]
    assert (debug["fallbacks"], debug["failures"], debug["reasons"]) == (0, 0, []), (name, debug)
    assert debug["compiled"] >= 1, name
    data: dict[str, Any] = answer["data"]
    return data


async def test_a_buyers_way_is_compiled_from_end_to_end(client: httpx.AsyncClient) -> None:
    shop = await open_shop()

    async def ask(name: str, **variables: Any) -> dict[str, Any]:
        return await debugged(client, shop.token, name, **variables)

    await ask("Frame")
    assert (await ask("Catalogue"))["products"]["totalCount"] == 2
    await ask("Catalogue", query="jacket", first=10)
    await ask("Product", slug=shop.jacket.slug, open=True)
    await ask("Grids", ids=[f"product.{shop.jacket.id}"])
    rows = [{"sku": variant.sku, "quantity": 12} for variant in shop.variants]
    await ask("SetCartLines", input={"lines": [*rows, {"sku": "NONE", "quantity": 1}]})
    await ask("Cart")
    await ask("Product", slug=shop.jacket.slug, open=True)
    await ask("Checkout")
    placed = await ask("PlaceOrder", input={})
    number = placed["placeOrder"]["orders"][0]["number"]
    assert (await ask("Orders"))["orders"]["totalCount"] == 1
    await ask("Order", number=number)
    await ask("WhyThisPrice", sku=shop.glove.sku, quantity=2)
