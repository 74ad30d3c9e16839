"""How much work the hot reads are for Python: counted in calls and in what is left to the garbage collector, which no busy machine can change."""

import gc
import sys
from types import FrameType
from typing import Any

import pytest

from bench import documents
from tests.api.shopping import Client, open_shop
from tests.factories.catalogue import make_product, set_price

# Python calls for each further variant: the view of it, its price breaks, and the plan's function.
CALLS_A_VARIANT = {"page": 34, "detail": 43}


async def calls(client: Client, document: str, **variables: Any) -> int:
    """Python functions called by a request that has been sent before."""
    for _ in range(3):
        assert "errors" not in (await client.post(document, variables)).json()
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    watched = sys.getprofile()
    sys.setprofile(profile)
    try:
        await client.post(document, variables)
    finally:
        sys.setprofile(watched)
    return count


async def a_style(shop: Any, name: str, sizes: int) -> Any:
    product, variants = await make_product(name, options={"Size": [f"S{size:02d}" for size in range(sizes)]})
    await set_price(shop.default, variants, {1: "12.10", 12: "11.40", 48: "10.85"})
    return product


@pytest.mark.parametrize("operation", ["page", "detail"])
async def test_a_variant_costs_few_calls(client, operation):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    counts = []
    for sizes in (2, 42):
        product = await a_style(shop, f"Style of {sizes}", sizes)
        if operation == "page":
            counts.append(await calls(buyer, documents.PAGE, query=product.name, first=1))
        else:
            counts.append(await calls(buyer, documents.DETAIL, slug=product.slug))
    each = (counts[1] - counts[0]) / 40
    print(f"{operation}: {each:.1f} calls a variant, {counts}")
    assert each <= CALLS_A_VARIANT[operation]


async def test_a_request_leaves_no_products_to_the_garbage_collector(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    product = await a_style(shop, "Style", 100)
    left = {}
    for document, variables in (
        (documents.DETAIL, {"slug": product.slug}),
        ("query ($slug: String!) { product(slug: $slug) { id } }", {"slug": "nothing"}),
    ):
        await calls(buyer, document, **variables)
        gc.collect()
        gc.disable()
        try:
            await buyer.post(document, variables)
            left[document] = gc.collect()
        finally:
            gc.enable()
    print("left in circles:", list(left.values()))
    more, least = left.values()
    assert more - least < 50  # eight for each variant, were they left in their circle
