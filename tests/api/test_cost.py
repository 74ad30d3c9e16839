"""What an answer may hold, asked of the real graph: lists that lead to each other stop at the bound, and the largest that people need pass."""

from collections.abc import Sequence

from backend.graphql.limits import Limits
from backend.graphql.work import WHOLE
from storefront.client import document
from tests.api.shopping import Client, open_shop
from tests.api.test_statements import a_big_shop
from tests.factories.catalogue import make_brand, make_product, set_price, set_stock

SIZES: dict[str, Sequence[str]] = {"Colour": list("ABCDEF"), "Size": [f"S{size}" for size in range(11)]}
ROUND = "product { variants { product { variants { product { variants { product { variants { sku } } } } } } } }"
GRID = "grid { rows { cells { variant { %s } } } }"
CIRCLES = {
    "a product": f'product(slug: "SLUG") {{ variants {{ {ROUND} }} }}',
    "a product, by a variant": f'product(slug: "SLUG") {{ variants {{ product {{ name descriptionHtml variants {{ {ROUND} }} }} }} }}',
    "a page": f"products(first: 100) {{ nodes {{ variants {{ {ROUND} }} }} }}",
    "edges": f"products(first: 100) {{ edges {{ node {{ variants {{ {ROUND} }} }} }} }}",
    "edges and nodes": f"products {{ nodes {{ variants {{ {ROUND} }} }} edges {{ node {{ variants {{ {ROUND} }} }} }} }}",
    "grids": f'product(slug: "SLUG") {{ {GRID % f"product {{ {GRID % ROUND} }}"} }}',
    "the cart": f"cart {{ lines {{ variant {{ {ROUND} }} }} }}",
    "carts": f"carts {{ lines {{ variant {{ {ROUND} }} }} }}",
    "orders": f"orders {{ nodes {{ lines {{ variant {{ {ROUND} }} }} }} }}",
    "rows that are resolved": f'resolveLines(text: "SKU 1") {{ variant {{ {ROUND} }} }}',
    "one list by many names": 'product(slug: "SLUG") { variants { product { '
    + " ".join(f"v{n}: variants {{ product {{ variants {{ sku }} }} }}" for n in range(40))
    + " } } }",
    "long texts": 'product(slug: "SLUG") { variants { product { variants { product { descriptionHtml } } } } }',
    "a node": f'node(id: "ID") {{ ... on Product {{ variants {{ {ROUND} }} }} }}',
    "prices": 'product(slug: "SLUG") { variants { product { variants { product { variants { priceBreaks { minimumQuantity } } } } } } }',
}
# The estimate takes products to have fewer variants than these have: these are refused while they are made.
TWICE = "product { variants { product { variants { %s } } } }"
UNFORESEEN = {
    "a page": f"products(first: 10) {{ nodes {{ variants {{ {TWICE % 'sku'} }} }} }}",
    "the cart": f"cart {{ lines {{ variant {{ {TWICE % 'sku name gtin'} }} }} }}",
    "an order": f"orders(first: 1) {{ nodes {{ lines {{ variant {{ {TWICE % 'sku name gtin'} }} }} }} }}",
    "long texts": 'product(slug: "SLUG") { variants { product { variants { product { descriptionHtml } } } } }',
}


async def a_shop_of_large_styles(http):
    """A cart and an order of 66 lines, and twelve styles of 66 variants with a text of 10,000 characters each."""
    shop = await open_shop()
    buyer = Client(http, shop.token)
    text = f"<p>{'Warm. ' * 1_600}</p>"
    styles = [
        await make_product(f"Style {number}", options=SIZES, brand=await make_brand("Northline"), description_html=text)
        for number in range(12)
    ]
    product, variants = styles[0]
    await set_price(shop.default, variants, {1: "12.10", 12: "11.40"})
    await set_stock(variants, 100)
    rows = {"lines": [{"sku": variant.sku, "quantity": 1} for variant in variants]}
    fill = (
        "mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { ... on SetCartLinesDone { cart { lineCount } } } }"
    )
    assert (await buyer.ask(fill, input=rows))["setCartLines"]["cart"]["lineCount"] == 66
    assert (await buyer.ask("mutation { placeOrder(input: {}) { __typename } }"))["placeOrder"]["__typename"] == "OrdersPlaced"
    await buyer.ask(fill, input=rows)
    return buyer, product, variants


async def test_lists_that_lead_to_each_other_stop_at_the_bound(client):
    buyer, product, variants = await a_shop_of_large_styles(client)
    for name, query in {**CIRCLES, **{f"{name}, unforeseen": query for name, query in UNFORESEEN.items()}}.items():
        text = query.replace("SLUG", product.slug).replace("ID", f"product.{product.id}").replace("SKU", variants[0].sku)
        answer = await buyer.post(f"{{ {text} }}")
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["extensions"]["code"]) == (400, "TOO_COMPLEX"), (name, error)
        if "unforeseen" in name:
            assert "holds more than" in error["message"], (name, error)
    assert "errors" not in (await buyer.post("{ products { totalCount } }")).json()


async def test_a_change_whose_answer_is_too_large_is_undone_with_a_key_and_says_without_one_that_it_was_made(client):
    buyer, _, variants = await a_shop_of_large_styles(client)
    change = (
        "mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { ... on SetCartLinesDone { outcomes { status } cart { lines {"
        f" variant {{ {TWICE % 'sku name gtin'} }} }} }} }} }} }}"
    )
    rows = {"input": {"lines": [{"sku": variants[0].sku, "quantity": 7}]}}
    quantities = "{ cart { lines { quantity } } }"
    for key, status, words, quantity in (("key", 400, "Nothing was changed", 1), (None, 200, "was carried out", 7)):
        answer = await buyer.post(change, rows, **({"Idempotency-Key": key} if key else {}))
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["extensions"]["code"]) == (status, "TOO_COMPLEX"), error
        assert words in error["message"]
        assert (await buyer.ask(quantities))["cart"]["lines"][0]["quantity"] == quantity


async def cost_of(buyer: Client, name: str, **variables: object) -> dict[str, int]:
    """What one of the storefront's operations costs: it must leave a margin."""
    body = {"query": document(name), "operationName": name, "variables": variables}
    headers = {"Authorization": f"Bearer {buyer.token}", "X-Linesheet-Cost": "1", "X-Linesheet-Debug": "1"}
    answer = (await buyer.http.post("/graphql", json=body, headers=headers)).json()
    assert "errors" not in answer, answer["errors"]
    cost, debug = answer["extensions"]["cost"], answer["extensions"]["debug"]
    print(f"{name}: {cost}, longest slice {debug['longest']:,}")
    assert (debug["fallbacks"], debug["failures"]) == (0, 0)
    assert debug["longest"] <= WHOLE
    return {**cost, "longest": debug["longest"]}


async def test_the_largest_page_of_large_styles_is_answered_with_a_margin(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    for number in range(10):
        _, variants = await make_product(f"Style {number:03}", options=SIZES, brand=await make_brand("Northline"))
        await set_price(shop.default, variants, {1: "12.10", 12: "11.40", 48: "10.85"})
    cost = await cost_of(buyer, "Catalogue", first=100)
    assert 10 * cost["counted"] <= Limits().cost / 1.5
    assert 10 * cost["bytes"] <= Limits().answer_bytes / 2


async def test_a_cart_of_two_thousand_lines_and_five_thousand_rows_are_answered_with_a_margin(client):
    _, buyer, skus, _ = await a_big_shop(client)
    rows = [{"sku": sku, "quantity": 1} for sku in skus[:2_000]]
    await cost_of(buyer, "SetCartLines", input={"lines": rows})
    filled = await cost_of(buyer, "Cart")
    again = await cost_of(buyer, "SetCartLines", input={"lines": [*rows, *[{"sku": "none", "quantity": 1}] * 3_000]})
    for cost in (filled, again):
        assert cost["counted"] <= Limits().cost / 1.5
        assert cost["bytes"] <= Limits().answer_bytes / 2
