"""A product that is a draft is seen by no buyer, whichever way it is asked for, until it is put on sale."""

from typing import Any

import httpx

from backend.core.database import fetch_value
from backend.core.ids import global_id
from tests.api.seller import staff
from tests.api.shopping import Client, fill, open_shop

SAVE = """mutation ($input: SaveProductInput!) { saveProduct(input: $input) { __typename
  ... on ProductRecord { id slug status isActive variants { id } } ... on InvalidInput { message path } } }"""
GTIN = "4006381333931"
DOORS = """query ($id: ID!, $variant: ID!) {
  byId: product(id: $id) { id } bySlug: product(slug: "parka") { id } bySku: product(sku: "PK-1") { id }
  node(id: $id) { id } asVariant: node(id: $variant) { id }
  products(query: "Parka") { totalCount facets { values { label } } } grids(productIds: [$id]) { rows { label { value } } }
  resolveLines(lines: [{sku: "PK-1", quantity: 1}, {sku: "4006381333931", quantity: 1}]) { status }
  explainPrice(sku: "PK-1") { unitPrice { amount } } }"""


async def seen(buyer: Client, saved: dict[str, Any]) -> dict[str, Any]:
    return await buyer.ask(DOORS, id=saved["id"], variant=saved["variants"][0]["id"])


async def test_no_door_leads_a_buyer_to_a_draft(database: str, client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    admin, buyer = await staff(client), Client(client, shop.token)
    parka = {"slug": "parka", "name": "Parka", "brand": "Parka makers", "variants": [{"sku": "PK-1", "gtin": GTIN, "options": []}]}
    saved = (await admin.ask(SAVE, input=parka | {"status": "DRAFT"}))["saveProduct"]
    assert (saved["status"], saved["isActive"]) == ("DRAFT", False)
    hidden = await seen(buyer, saved)
    assert {name: hidden[name] for name in ("byId", "bySlug", "bySku", "node", "asVariant", "explainPrice")} == dict.fromkeys(
        ("byId", "bySlug", "bySku", "node", "asVariant", "explainPrice")
    )
    assert hidden["products"]["totalCount"] == 0
    assert "Parka makers" not in str(hidden)
    assert [line["status"] for line in hidden["resolveLines"]] == ["REFUSED", "REFUSED"]
    refused = await fill(buyer, {"sku": "PK-1", "quantity": 1}, {"variantId": saved["variants"][0]["id"], "quantity": 1})
    assert [outcome["status"] for outcome in refused["outcomes"]] == ["REFUSED", "REFUSED"]
    shown = (await admin.ask(SAVE, input={"slug": "parka", "status": "FOR_SALE"}))["saveProduct"]
    assert (shown["status"], shown["isActive"]) == ("FOR_SALE", True)
    assert (await seen(buyer, saved))["byId"] == {"id": saved["id"]}


async def test_what_says_nothing_of_its_status_is_for_sale_and_stays_as_it_is(database: str, client: httpx.AsyncClient) -> None:
    await open_shop()
    admin = await staff(client)
    hat = {"slug": "hat", "name": "Hat", "brand": "Hatters", "variants": [{"sku": "HT-1", "options": []}]}
    assert (await admin.ask(SAVE, input=hat))["saveProduct"]["status"] == "FOR_SALE"
    await admin.ask(SAVE, input={"slug": "hat", "status": "DRAFT"})
    assert (await admin.ask(SAVE, input={"slug": "hat", "name": "Top hat"}))["saveProduct"]["status"] == "DRAFT"


GROUPS = "query ($id: ID!) { node(id: $id) { ... on Company { groups { code name } } } }"


async def test_the_groups_of_a_company_are_for_those_who_manage_companies(database: str, client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    admin, company = await staff(client), global_id("company", shop.harbour.id)
    make = 'mutation { saveCompanyGroup(code: "KEY", name: "Key accounts") { ... on CompanyGroup { id } } }'
    group = (await admin.ask(make))["saveCompanyGroup"]["id"]
    put = f'mutation {{ putInGroup(companyId: "{company}", groupId: "{group}") {{ ... on Company {{ groups {{ code name }} }} }} }}'
    assert (await admin.ask(put))["putInGroup"] == {"groups": [{"code": "KEY", "name": "Key accounts"}]}
    assert (await admin.ask(GROUPS, id=company))["node"] == {"groups": [{"code": "KEY", "name": "Key accounts"}]}
    assert (await Client(client, shop.token).ask(GROUPS, id=company))["node"] == {"groups": None}
    assert await fetch_value("SELECT count(*) FROM company_group_member") == 1
