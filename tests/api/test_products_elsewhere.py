"""A product is whole wherever it is reached: through itself, a cart, an outcome, an order, what is bought often."""

from typing import Any

import httpx

from backend.catalogue import facets
from backend.catalogue.models import Asset, ProductCategory
from tests.api.shopping import Client, open_shop
from tests.factories.catalogue import make_category

PRODUCT = """product { slug image { url } assets { url } categories { name parent { name } } description options { name values }
  variants { sku } priceFrom { amount } unitsInCart grid { rows { label { value } cells { inCart variant { sku } } } } }"""
VARIANT = f"variant {{ sku unitPrice {{ amount }} availability {{ quantity }} packs {{ code }} {PRODUCT} }}"


async def test_a_product_is_whole_wherever_it_is_reached(client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    await Asset.create(product=shop.jacket, url="/jacket.jpg")
    root = await make_category("Clothing")
    leaf = await make_category("Jackets", parent=root)
    await ProductCategory.create(product=shop.jacket, category=leaf)
    await facets.refresh_everything()
    buyer, sku = Client(client, shop.token), shop.variants[0].sku
    lines = {"input": {"lines": [{"sku": sku, "quantity": 12}]}}
    await buyer.ask("mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { __typename } }", **lines)
    placed = await buyer.ask(
        f"mutation {{ placeOrder(input: {{}}) {{ ... on OrdersPlaced {{ orders {{ id lines {{ {VARIANT} }} }} }} }} }}"
    )
    order = placed["placeOrder"]["orders"][0]
    done = await buyer.ask(
        f"""mutation ($input: SetCartLinesInput!) {{ setCartLines(input: $input) {{
        ... on SetCartLinesDone {{ outcomes {{ {VARIANT} }} cart {{ lines {{ {VARIANT} }} }} }} }} }}""",
        **lines,
    )
    seen = await buyer.ask(
        f"""query ($sku: String, $order: ID!) {{ variant: product(sku: $sku) {{ variants {{ sku unitPrice {{ amount }}
            availability {{ quantity }} packs {{ code }} {PRODUCT} }} }}
        cart {{ lines {{ {VARIANT} }} }} orders {{ nodes {{ lines {{ {VARIANT} }} }} }} frequentlyOrdered {{ {VARIANT} }}
        reorderPreview(orderId: $order) {{ lines {{ {VARIANT} orderLine {{ {VARIANT} }} }} }}
        resolveLines(lines: [{{ sku: "{sku}", quantity: 1 }}]) {{ {VARIANT} }} }}""",
        sku=sku, order=order["id"],
    )  # fmt: skip
    (whole,) = [variant for variant in seen["variant"]["variants"] if variant["sku"] == sku]
    assert (whole["product"]["image"], whole["product"]["categories"][0]["name"]) == ({"url": "/jacket.jpg"}, "Jackets")
    reached: dict[str, list[dict[str, Any]]] = {
        "cart": seen["cart"]["lines"],
        "outcomes": done["setCartLines"]["outcomes"],
        "cart after a change": done["setCartLines"]["cart"]["lines"],
        "orders": seen["orders"]["nodes"][0]["lines"],
        "frequently ordered": seen["frequentlyOrdered"],
        "reorder": seen["reorderPreview"]["lines"],
        "order line of a reorder": [line["orderLine"] for line in seen["reorderPreview"]["lines"]],
        "dry run": seen["resolveLines"],
    }
    for place, rows in reached.items():
        assert [row["variant"] for row in rows] == [whole], place
    assert (len(whole["product"]["variants"]), whole["product"]["unitsInCart"]) == (len(shop.variants), 12)
    placed_product = order["lines"][0]["variant"]["product"]
    assert placed_product["variants"] == whole["product"]["variants"]
    assert placed_product["unitsInCart"] == 0, "the order has emptied the cart"
