"""How many SQL statements each hot operation sends: the same for one row as for thousands, and no more than is written down here.

Counted by the engine itself for a whole request, BEGIN, COMMIT and the look-up of the viewer included.
"""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from backend.catalogue import assortments
from backend.catalogue.models import Product, Variant
from backend.core.database import execute
from backend.core.ids import global_id
from tests.api.shopping import PLACE, SET_LINES, Client, Shop, fill, open_shop, place
from tests.factories.catalogue import make_brand, make_product

# The most statements that an operation may send, whatever its size. A change that needs more says why, here.
MOST = {
    "list page": 6,
    "list page, by price": 6,
    "grid": 4,  # who asks and what reaches her, the product, its variants, their prices
    "cart": 6,
    "cart, places by name": 5,  # a cart knows their names
    "setCartLines": 12,  # two of them open a cart, once
    "placeOrder": 21,  # 7 of them read what was placed and its variants again, for who asks for all that
    "placeOrder, number only": 14,
    "reorder": 11,
    "orders": 11,
    "order": 7,
}
LINES = (1, 100, 2_000)

LIST = """
query ($first: Int, $sort: ProductSort) { products(first: $first, sort: $sort) {
  totalCount pageInfo { hasNextPage endCursor } facets { name values { label count } }
  nodes { id slug name image { url } brand { name } categories { name } priceFrom { amount }
    variants { sku name options { name value } unitPrice { amount } listPrice { amount } priceBreaks { minimumQuantity unitPrice { amount } }
      packs { code } availability { status quantity nextArrival } } } } }"""
GRID = """
query ($id: ID!) { product(id: $id) { name descriptionHtml assets { url } options { name values } grid { columns
  rows { label { value } cells { inCart inCartOtherwise variant {
    sku unitPrice { amount } availability { status quantity } priceBreaks { minimumQuantity } quantityRule { minimum } } } }
  prepacks { variant { sku contents { sku quantity } } } } } }"""
CART = """
{ cart { version lineCount subtotal { amount } tax { amount } total { amount } shippingMethods { code price { amount } }
  problems { code message line { sku } }
  lines { sku name quantity unitPrice { amount } total { amount } shipTo { name company { name } } pack { code }
    variant { product { slug } options { value } } } } }"""
CART_BRIEFLY = CART.replace("shipTo { name company { name } }", "shipTo { id name } ")  # as the storefront asks
ORDERS = """
query ($first: Int) { orders(first: $first) { totalCount pageInfo { hasNextPage } nodes { number status fulfilment placedAt total { amount }
  placedBy { name } location { name company { name } } lines { sku quantity variant { sku } } history { kind by { name } } } } }"""
ORDER = """
query ($number: String) { order(number: $number) { number history { message }
  lines { sku quantity total { amount } variant { sku unitPrice { amount } } } } }"""
PLACE_BRIEFLY = "mutation { placeOrder(input: {}) { ... on OrdersPlaced { orders { id number } } } }"  # as the storefront asks
REORDER = (
    "mutation ($order: ID!) { reorder(orderId: $order) { ... on ReorderDone { lines { outcome quantity } cart { lineCount } } } }"
)


async def statements(client: Client, query: str, **variables: Any) -> tuple[int, float, Any]:
    """Statements and milliseconds of one request, and its data."""
    answer = (await client.post(query, variables, **{"X-Linesheet-Debug": "1"})).json()
    assert "errors" not in answer, answer["errors"]
    debug = answer["extensions"]["debug"]
    return debug["statements"], debug["milliseconds"], answer["data"]


def same_for_all(operation: str, counts: dict[int, int]) -> None:
    print(f"{operation}: {counts}")
    assert len(set(counts.values())) == 1, f"{operation} sends more statements for more rows: {counts}"
    assert max(counts.values()) <= MOST[operation], (
        f"{operation} sends {max(counts.values())} statements; {MOST[operation]} are allowed"
    )


async def a_big_shop(http: httpx.AsyncClient, sizes: int = 40) -> tuple[Shop, Client, list[str], Product]:
    """A style of 50 × `sizes` variants, all priced and in stock; the SKUs, in order."""
    shop = await open_shop()
    options: dict[str, Sequence[str]] = {
        "Colour": [f"C{number}" for number in range(50)],
        "Size": [f"S{number}" for number in range(sizes)],
    }
    product, variants = await make_product("Everything", sku="ALL", options=options, brand=await make_brand("Northline"))
    keys = [variant.id for variant in variants]
    await execute(
        "INSERT INTO price (id, variant_id, price_list_id, valid_from, quantities, amounts_e4)"
        " SELECT v, v, $2, '0001-01-01', '{1,100}', '{12345,11111}' FROM unnest($1::bigint[]) AS v",
        keys, shop.default.id,
    )  # fmt: skip
    await execute(
        "INSERT INTO stock (id, variant_id, warehouse_id, on_hand, reserved)"
        " SELECT v, v, w.id, 9000, 0 FROM unnest($1::bigint[]) AS v, warehouse w",
        keys,
    )  # fmt: skip
    return shop, Client(http, shop.token), [variant.sku for variant in variants], product


async def test_a_list_page_of_one_and_of_twenty_four_products(client):
    shop = await open_shop()
    for number in range(22):
        await make_product(f"Jacket {number}", options={"Size": ["S", "M"]}, brand=await make_brand("Southline"))
    buyer = Client(client, shop.token)
    for operation, sort in (("list page", None), ("list page, by price", "PRICE_LOW")):
        counts = {}
        for first in (1, 24):
            counts[first], _, data = await statements(buyer, LIST, first=first, sort=sort)
            assert len(data["products"]["nodes"]) == first
        same_for_all(operation, counts)


async def test_a_grid_of_one_and_of_sixty_variants(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    style, variants = await make_product("Trousers", options={"Colour": list("ABCDE"), "Size": [str(size) for size in range(12)]})
    counts = {}
    for product, cells in ((shop.glove, 1), (variants[0], 60)):
        owner = await Variant.get(id=product.id).prefetch_related("product")
        counts[cells], _, data = await statements(buyer, GRID, id=global_id("product", owner.product.id))
        grid = data["product"]["grid"]
        assert sum(cell["variant"] is not None for row in grid["rows"] for cell in row["cells"]) == cells
    same_for_all("grid", counts)
    assert len(variants) == 60
    assert style.name == "Trousers"


async def test_filling_and_reading_a_cart_and_ordering_it(client):
    _, buyer, skus, _ = await a_big_shop(client)
    filling, reading, named, ordering, briefly, again = {}, {}, {}, {}, {}, {}
    for size in LINES:
        # Half of the rows change lines that are there, half are new.
        await fill(buyer, *({"sku": sku, "quantity": 1} for sku in skus[: size // 2]))
        rows = [{"sku": sku, "quantity": 2} for sku in skus[:size]]
        filling[size], fill_time, data = await statements(buyer, SET_LINES, input={"lines": rows})
        assert data["setCartLines"]["cart"]["lineCount"] == size
        reading[size], read_time, _ = await statements(buyer, CART)
        named[size], _, data = await statements(buyer, CART_BRIEFLY)
        assert data["cart"]["lines"][0]["shipTo"]["name"]
        ordering[size], order_time, data = await statements(buyer, PLACE, input={})
        assert [len(order["lines"]) for order in data["placeOrder"]["orders"]] == [size]
        await fill(buyer, *rows)
        briefly[size], _, data = await statements(buyer, PLACE_BRIEFLY)
        again[size], _, data = await statements(buyer, REORDER, order=data["placeOrder"]["orders"][0]["id"])
        assert len(data["reorder"]["lines"]) == size
        print(f"{size} lines: filled in {fill_time:.0f} ms, read in {read_time:.0f} ms, ordered in {order_time:.0f} ms")
    same_for_all("setCartLines", filling)
    same_for_all("cart", reading)
    same_for_all("cart, places by name", named)
    same_for_all("placeOrder", ordering)
    same_for_all("placeOrder, number only", briefly)
    same_for_all("reorder", again)
    counts = {}
    for size, number in zip(LINES, ("SO-000001", "SO-000003", "SO-000005"), strict=True):
        counts[size], _, data = await statements(buyer, ORDER, number=number)
        assert len(data["order"]["lines"]) == size
    same_for_all("order", counts)


async def test_rows_by_key_and_by_own_number_cost_no_more(client):
    shop, buyer, skus, _ = await a_big_shop(client, sizes=4)
    keys = [global_id("variant", variant.id) for variant in await Variant.filter(sku__in=skus)]
    await fill(buyer)  # opening a cart is two statements more, once
    by_sku, _, _ = await statements(buyer, SET_LINES, input={"lines": [{"sku": sku.lower(), "quantity": 1} for sku in skus]})
    by_key, _, _ = await statements(buyer, SET_LINES, input={"lines": [{"variantId": key, "quantity": 2} for key in keys]})
    elsewhere, _, _ = await statements(
        buyer,
        SET_LINES,
        input={"lines": [{"variantId": key, "quantity": 2, "shipToId": global_id("location", shop.antwerp.id)} for key in keys]},
    )
    refused, _, _ = await statements(
        buyer, SET_LINES, input={"lines": [{"sku": f"NO-{number}", "quantity": 1} for number in range(200)]}
    )
    assert max(by_sku, by_key, elsewhere, refused) <= MOST["setCartLines"]


async def test_a_page_of_one_and_of_twenty_four_orders(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    antwerp = global_id("location", shop.antwerp.id)
    for _ in range(12):
        await fill(buyer, {"sku": "GL-9", "quantity": 1}, {"sku": "NW-1-BLACK-S", "quantity": 1, "shipToId": antwerp})
        await place(buyer)
    counts = {}
    for first in (1, 24):
        counts[first], _, data = await statements(buyer, ORDERS, first=first)
        assert len(data["orders"]["nodes"]) == first
    same_for_all("orders", counts)


@pytest.mark.parametrize("ship_tos", [1, 2])
async def test_an_order_for_each_ship_to_costs_no_more_statements(client, ship_tos):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    places = [shop.rotterdam, shop.antwerp][:ship_tos]
    await fill(buyer, *({"sku": "GL-9", "quantity": 1, "shipToId": global_id("location", place.id)} for place in places))
    count, _, data = await statements(buyer, PLACE, input={})
    assert len(data["placeOrder"]["orders"]) == ship_tos
    assert count <= MOST["placeOrder"]


async def test_the_assortment_s_size_costs_no_statements(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    before, _, _ = await statements(buyer, LIST, first=1)
    for number in range(3):
        product, _ = await make_product(f"More {number}")
        await assortments.refresh_products([product.id])
    after, _, _ = await statements(buyer, LIST, first=1)
    assert before == after
