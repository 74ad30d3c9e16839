"""A buyer's first order through the API: what she sees, fills, and gets."""

from tests.api.shopping import Client, fill, open_shop, place

PRODUCTS = """
query ($query: String, $filter: ProductFilter, $sort: ProductSort, $first: Int, $after: String) {
  products(query: $query, filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    facets { kind name values { value label count } }
    nodes { id slug name priceFrom { amount currency } brand { name }
      variants { sku unitPrice { amount } listPrice { amount } availability { status quantity }
        priceBreaks { minimumQuantity unitPrice { amount } } } }
  } }"""
GRID = """
query ($id: ID!) { product(id: $id) { options { name values }
  grid { columns rows { label { name value } cells { inCart inCartOtherwise variant { sku } } } } } }"""


async def test_list_grid_cart_and_order_agree(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    listed = (await buyer.ask(PRODUCTS))["products"]
    assert [node["name"] for node in listed["nodes"]] == ["Softshell jacket", "Work glove"]
    jacket = listed["nodes"][0]
    assert jacket["priceFrom"] == {"amount": "12.10", "currency": "EUR"}
    assert jacket["variants"][0]["availability"] == {"status": "IN_STOCK", "quantity": 100}

    filled = await fill(buyer, {"sku": "nw 1 black m", "quantity": 12}, {"sku": "GL-9", "quantity": 3})
    assert [one["status"] for one in filled["outcomes"]] == ["SET", "SET"]
    assert [line["unitPrice"]["amount"] for line in filled["cart"]["lines"]] == ["11.40", "3.3333"]
    assert [line["total"]["amount"] for line in filled["cart"]["lines"]] == ["136.80", "10.00"]
    assert filled["cart"]["subtotal"]["amount"] == "146.80"
    assert filled["cart"]["tax"]["amount"] == "30.83"
    assert filled["cart"]["total"]["amount"] == "177.63"

    grid = (await buyer.ask(GRID, id=jacket["id"]))["product"]
    assert grid["grid"]["columns"] == ["S", "M", "L"]
    assert [[cell["inCart"] for cell in row["cells"]] for row in grid["grid"]["rows"]] == [[0, 12, 0], [0, 0, 0]]
    assert grid["grid"]["rows"][1]["cells"][0]["variant"] is None

    placed = await place(buyer, expectedTotal={"amount": "177.63", "currency": "EUR"}, purchaseOrderNumber="PO 7")
    assert placed["__typename"] == "OrdersPlaced", placed
    (order,) = placed["orders"]
    assert (order["status"], order["fulfilment"], order["channel"]) == ("RECEIVED", "NONE", "PORTAL")
    assert order["total"] == {"amount": "177.63", "currency": "EUR"}
    assert [line["quantity"] for line in order["lines"]] == [12, 3]
    again = await place(buyer)
    assert [problem["code"] for problem in again["problems"]][:1] == ["EMPTY"]
    after = (await buyer.ask(PRODUCTS))["products"]["nodes"][0]["variants"][1]
    assert after["availability"]["quantity"] == 88


async def test_another_company_sees_none_of_it(client):
    shop = await open_shop()
    buyer, stranger = Client(client, shop.token), Client(client, shop.hill_token)
    jacket = (await buyer.ask(PRODUCTS))["products"]["nodes"][0]
    await fill(buyer, {"sku": "GL-9", "quantity": 3})
    order = (await place(buyer))["orders"][0]
    listed = (await stranger.ask(PRODUCTS))["products"]
    assert (listed["totalCount"], [node["name"] for node in listed["nodes"]]) == (1, ["Work glove"])
    assert [value["label"] for facet in listed["facets"] if facet["kind"] == "BRAND" for value in facet["values"]] == ["Southline"]
    assert (await stranger.ask(GRID, id=jacket["id"]))["product"] is None
    for node in (jacket["id"], order["id"]):
        assert (await stranger.ask("query ($id: ID!) { node(id: $id) { id } }", id=node))["node"] is None
    refused = await fill(stranger, {"sku": "NW-1-BLACK-M", "quantity": 1})
    assert refused["outcomes"][0]["status"] == "REFUSED"
    assert (await stranger.ask("{ orders { totalCount nodes { number } } }"))["orders"] == {"totalCount": 0, "nodes": []}
