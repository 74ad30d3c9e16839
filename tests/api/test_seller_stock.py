"""Warehouses, stock and arrivals, by the API: never below what is reserved."""

from typing import Any

import httpx
import pytest

from backend.core.ids import global_id
from backend.core.viewer import Role
from backend.inventory.models import Arrival, Stock, Warehouse
from tests.api.seller import Refusals, everything, staff
from tests.api.shopping import Client, Shop, open_shop
from tests.api.test_seller_catalogue import saved
from tests.factories.catalogue import set_stock

ERRORS = "... on InvalidInput { message path }"
SAVE_WAREHOUSE = f"""mutation ($input: SaveWarehouseInput!) {{ saveWarehouse(input: $input) {{ __typename
  ... on Warehouse {{ id code name position }} {ERRORS} }} }}"""
DELETE = f"mutation ($id: ID!) {{ deleteWarehouse(id: $id) {{ __typename ... on Deleted {{ id }} {ERRORS} }} }}"
DONE = f"{{ __typename ... on SetStockDone {{ created changed unchanged notices }} {ERRORS} }}"
SET = f"mutation ($rows: [StockInput!]!) {{ setStock(rows: $rows) {DONE} }}"
ADJUST = f"mutation ($rows: [StockInput!]!) {{ adjustStock(rows: $rows) {DONE} }}"
ARRIVALS = f"mutation ($rows: [ArrivalInput!]!) {{ setArrivals(rows: $rows) {{ __typename ... on SetArrivalsDone {{ written }} {ERRORS} }} }}"
LEVELS = """query ($q: String, $warehouse: ID) { stockLevels(query: $q, warehouseId: $warehouse) { totalCount
  nodes { sku name warehouse onHand reserved available variantId } } }"""


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
async def keeper(shop: Shop, client: httpx.AsyncClient) -> Client:
    return await staff(client, Role.WAREHOUSE)


def row(sku: str, quantity: int, warehouse: str = "MAIN") -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "warehouse": warehouse}


async def test_warehouses_are_made_changed_and_deleted(keeper: Client) -> None:
    made = await saved(keeper, SAVE_WAREHOUSE, input={"code": "NORTH", "name": "North"})
    assert made["position"] == 1
    assert (await saved(keeper, SAVE_WAREHOUSE, input={"code": "NORTH", "position": 5}))["name"] == "North"
    assert (await saved(keeper, SAVE_WAREHOUSE, input={"code": "no?"}))["path"] == ["input", "code"]
    assert [place["code"] for place in (await keeper.ask("{ warehouses { code } }"))["warehouses"]] == ["MAIN", "NORTH"]
    assert (await keeper.ask("query ($id: ID!) { node(id: $id) { __typename } }", id=made["id"]))["node"][
        "__typename"
    ] == "Warehouse"
    assert (await saved(keeper, DELETE, id=made["id"]))["id"] == made["id"]
    assert (await saved(keeper, DELETE, id=made["id"]))["__typename"] == "NotFound"
    main = await Warehouse.get(code="MAIN")
    assert (await saved(keeper, DELETE, id=global_id("warehouse", main.id)))["__typename"] == "InUse"
    assert await Stock.filter(warehouse_id=main.id).count() == 6


async def test_counted_stock_is_set(keeper: Client, shop: Shop) -> None:
    await saved(keeper, SAVE_WAREHOUSE, input={"code": "NORTH"})
    rows = [row("GL-9", 7), row("GL-9", 3, "NORTH"), row(shop.variants[0].sku, 100)]
    assert await saved(keeper, SET, rows=rows) == {
        "__typename": "SetStockDone",
        "created": 1,
        "changed": 1,
        "unchanged": 1,
        "notices": [],
    }
    assert (await saved(keeper, SET, rows=rows))["unchanged"] == 3
    levels = (await keeper.ask(LEVELS, q="gl"))["stockLevels"]
    assert [(node["warehouse"], node["onHand"], node["available"]) for node in levels["nodes"]] == [("MAIN", 7, 7), ("NORTH", 3, 3)]
    north = await Warehouse.get(code="NORTH")
    assert (await keeper.ask(LEVELS, warehouse=global_id("warehouse", north.id)))["stockLevels"]["totalCount"] == 1


async def test_stock_is_adjusted(keeper: Client, shop: Shop) -> None:
    assert (await saved(keeper, ADJUST, rows=[row("GL-9", -40)]))["changed"] == 1
    assert (await Stock.get(variant_id=shop.glove.id)).on_hand == 60
    assert (await saved(keeper, ADJUST, rows=[row("GL-9", -61)]))["path"] == ["rows", "0", "quantity"]
    assert (await Stock.get(variant_id=shop.glove.id)).on_hand == 60


async def test_stock_never_goes_below_what_is_reserved(keeper: Client, shop: Shop) -> None:
    await set_stock(shop.glove, 10, reserved=6)
    for mutation, quantity in ((SET, 5), (ADJUST, -5)):
        refused = await saved(keeper, mutation, rows=[row(shop.variants[0].sku, 1), row("GL-9", quantity)])
        assert refused["path"] == ["rows", "1", "quantity"]
        assert "6 are reserved for orders" in refused["message"]
    assert (await Stock.get(variant_id=shop.variants[0].id)).on_hand == 100
    assert (await saved(keeper, SET, rows=[row("GL-9", 6)]))["changed"] == 1


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (row("NO", 1), ["sku"]),
        (row("GL-9", 1, "NO"), ["warehouse"]),
        (row("GL-9", 2_000_000_000), ["quantity"]),
    ],
)
async def test_rows_that_cannot_stand_change_nothing(keeper: Client, shop: Shop, wrong: dict[str, Any], path: list[str]) -> None:
    before = await everything()
    assert (await saved(keeper, SET, rows=[row(shop.variants[0].sku, 1), wrong]))["path"] == ["rows", "1", *path]
    assert (await saved(keeper, SET, rows=[row("GL-9", 1), row("GL-9", 2)]))["path"] == ["rows", "1", "sku"]
    assert await keeper.code(SET, rows=[{"quantity": 1, "warehouse": "MAIN"}]) == "BAD_INPUT"
    assert await everything() == before


async def test_arrivals_are_set_and_taken_away(keeper: Client, shop: Shop) -> None:
    expected = {**row("GL-9", 240), "expectedOn": "2030-03-01"}
    assert (await saved(keeper, ARRIVALS, rows=[expected]))["written"] == 1
    assert (await saved(keeper, ARRIVALS, rows=[expected]))["written"] == 0
    listed = await keeper.ask("{ arrivals { totalCount nodes { id sku warehouse expectedOn quantity variantId } } }")
    assert listed["arrivals"]["nodes"][0]["expectedOn"] == "2030-03-01"
    assert (await saved(keeper, ARRIVALS, rows=[{**expected, "quantity": -1}]))["path"] == ["rows", "0", "quantity"]
    assert (await saved(keeper, ARRIVALS, rows=[{**expected, "quantity": 0}]))["written"] == 1
    assert await Arrival.all().count() == 0


async def test_stock_is_for_those_who_manage_it(client: httpx.AsyncClient, shop: Shop) -> None:
    refusals = Refusals(client, shop.token, Role.MARKETING)
    main = global_id("warehouse", (await Warehouse.get(code="MAIN")).id)
    await refusals.check(SAVE_WAREHOUSE, input={"code": "MINE"})
    await refusals.check(DELETE, id=main)
    await refusals.check(SET, rows=[row("GL-9", 0)])
    await refusals.check(ADJUST, rows=[row("GL-9", -1)])
    await refusals.check(ARRIVALS, rows=[{**row("GL-9", 1), "expectedOn": "2030-01-01"}])
    for query in ("{ warehouses { id } }", "{ stockLevels { totalCount } }", "{ arrivals { totalCount } }"):
        assert await Client(client).code(query) == "NOT_SIGNED_IN"
        assert await Client(client, shop.token).code(query) == "FORBIDDEN"
    assert (await Client(client, shop.token).ask("query ($id: ID!) { node(id: $id) { id } }", id=main))["node"] is None
