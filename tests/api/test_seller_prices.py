"""Price lists, prices and tax rates, by the API: what the seller sets holds from the next request on."""

from typing import Any

import httpx
import pytest

from backend.core.ids import global_id
from backend.core.viewer import Role
from backend.pricing.models import PriceList
from tests.api.seller import Refusals, everything, staff
from tests.api.shopping import Client, Shop, open_shop
from tests.api.test_seller_catalogue import saved

ERRORS = "... on InvalidInput { message path } ... on NotFound { message }"
LIST = f"""{{ __typename ... on PriceList {{ id code name currency priority isContract isDefault mergeable validFrom validTo isActive priceCount
  audiences {{ companyId groupId locationId label }} }} {ERRORS} }}"""
SAVE_LIST = f"mutation ($input: SavePriceListInput!) {{ savePriceList(input: $input) {LIST} }}"
SWITCH_OFF = f"mutation ($input: SavePriceListInput!) {{ savePriceList(input: $input, evenIfInUse: true) {LIST} }}"
ASSIGN = f"mutation ($id: ID!, $audience: AudienceInput!) {{ assignPriceList(id: $id, audience: $audience) {LIST} }}"
UNASSIGN = f"mutation ($id: ID!, $audience: AudienceInput!) {{ unassignPriceList(id: $id, audience: $audience) {LIST} }}"
DONE = f"{{ __typename ... on SetPricesDone {{ created changed removed unchanged }} {ERRORS} }}"
SET_PRICES = f"mutation ($id: ID!, $prices: [PriceInput!]!) {{ setPrices(priceListId: $id, prices: $prices) {DONE} }}"
CONTRACT = f"""mutation ($audience: AudienceInput!, $currency: Currency!, $prices: [PriceInput!]!) {{
  setContractPrices(audience: $audience, currency: $currency, prices: $prices) {DONE} }}"""
TAX = """mutation ($rates: [TaxRateInput!]!) { saveTaxRates(rates: $rates) { __typename
  ... on SaveTaxRatesDone { taxRates { country taxClass name rate } } ... on InvalidInput { message path } } }"""
DELETE_TAX = f'mutation {{ deleteTaxRate(country: "NL", taxClass: "STANDARD", evenIfInUse: true) {{ __typename ... on Deleted {{ id }} {ERRORS} }} }}'
PRICES = """query ($id: ID!, $first: Int, $after: String, $q: String) { prices(priceListId: $id, first: $first, after: $after, query: $q) {
  totalCount nodes { sku validFrom validTo breaks { minimumQuantity unitPrice { amount currency } } } pageInfo { endCursor hasNextPage } } }"""
PAYS = "query ($sku: String!) { product(sku: $sku) { variants { sku unitPrice { amount } priceBreaks { minimumQuantity unitPrice { amount } } } } }"


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
async def manager(shop: Shop, client: httpx.AsyncClient) -> Client:
    return await staff(client, Role.SALES_MANAGER)


@pytest.fixture
def refusals(shop: Shop, client: httpx.AsyncClient) -> Refusals:
    return Refusals(client, shop.token, Role.MARKETING)


async def pays(client: httpx.AsyncClient, token: str, sku: str = "GL-9") -> str | None:
    found = await Client(client, token).ask(PAYS, sku=sku)
    price = next(variant for variant in found["product"]["variants"] if variant["sku"] == sku)["unitPrice"]
    return price["amount"] if price else None


def price(sku: str, *breaks: str, **more: Any) -> dict[str, Any]:
    return {
        "sku": sku,
        "breaks": [{"amount": amount, "minimumQuantity": 1 if at == 0 else at * 12} for at, amount in enumerate(breaks)],
        **more,
    }


async def test_a_list_is_made_changed_and_given_to_a_company(manager: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    made = await saved(manager, SAVE_LIST, input={"code": "key", "name": "Key accounts", "currency": "EUR", "priority": 10})
    assert (made["code"], made["priority"], made["mergeable"], made["isActive"]) == ("key", 10, True, True)
    await saved(manager, SET_PRICES, id=made["id"], prices=[price("GL-9", "2.5", "2.25")])
    assert await pays(client, shop.token) == "3.3333"
    audience = {"companyId": global_id("company", shop.harbour.id)}
    given = await saved(manager, ASSIGN, id=made["id"], audience=audience)
    assert given["audiences"] == [{**audience, "groupId": None, "locationId": None, "label": "Harbour Workwear"}]
    assert (await pays(client, shop.token), await pays(client, shop.hill_token)) == ("2.50", "3.3333")
    changed = await saved(manager, SWITCH_OFF, input={"code": "key", "isActive": False})
    assert (changed["name"], changed["isActive"], changed["priceCount"]) == ("Key accounts", False, 1)
    assert await pays(client, shop.token) == "3.3333"
    assert (await saved(manager, UNASSIGN, id=made["id"], audience=audience))["audiences"] == []
    assert (await saved(manager, UNASSIGN, id=made["id"], audience=audience))["__typename"] == "NotFound"
    assert (await saved(manager, ASSIGN, id="pricelist.1", audience=audience))["__typename"] == "NotFound"


LISTS_REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"code": "new"}, ["currency"]),
    ({"code": "a?b", "currency": "EUR"}, ["code"]),
    ({"code": "default", "currency": "GBP"}, ["currency"]),
    ({"code": "new", "currency": "EUR", "validFrom": "2026-02-01", "validTo": "2026-01-01"}, ["validTo"]),
    ({"code": "new", "currency": "EUR", "isContract": True, "isDefault": True}, ["isDefault"]),
    ({"code": "new", "currency": "EUR", "name": ""}, ["name"]),
]


async def test_lists_that_cannot_stand(manager: Client) -> None:
    before = await everything()
    for given, path in LISTS_REFUSED:
        assert (await saved(manager, SAVE_LIST, input=given))["path"] == ["input", *path]
    assert await everything() == before


async def test_there_is_one_default_list_per_currency(manager: Client, shop: Shop) -> None:
    await saved(manager, SAVE_LIST, input={"code": "spring", "currency": "EUR", "isDefault": True})
    await saved(manager, SAVE_LIST, input={"code": "pounds", "currency": "GBP", "isDefault": True})
    assert sorted(row.code for row in await PriceList.filter(is_default=True)) == ["pounds", "spring"]


async def test_prices_are_set_listed_and_taken_away(manager: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    key = global_id("pricelist", shop.default.id)
    rows = [price("GL-9", "3", "2.9"), price("GL-9", "4", validFrom="2030-01-01", validTo="2030-06-30")]
    assert await saved(manager, SET_PRICES, id=key, prices=rows) == {
        "__typename": "SetPricesDone",
        "created": 1,
        "changed": 1,
        "removed": 0,
        "unchanged": 0,
    }
    assert (await saved(manager, SET_PRICES, id=key, prices=rows))["unchanged"] == 2
    listed = (await manager.ask(PRICES, id=key, first=1, q="gl-9"))["prices"]
    assert listed["totalCount"] == 2
    assert listed["nodes"][0]["validFrom"] is None
    assert listed["nodes"][0]["breaks"][1] == {"minimumQuantity": 12, "unitPrice": {"amount": "2.90", "currency": "EUR"}}
    rest = (await manager.ask(PRICES, id=key, after=listed["pageInfo"]["endCursor"], q="gl-9"))["prices"]
    assert [node["validFrom"] for node in rest["nodes"]] == ["2030-01-01"]
    assert await pays(client, shop.token) == "3.00"
    assert (await saved(manager, SET_PRICES, id=key, prices=[{"sku": "GL-9", "breaks": []}]))["removed"] == 1
    assert await pays(client, shop.token) is None


PRICES_REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"sku": "NO", "breaks": []}, ["sku"]),
    ({"variantId": "variant.1", "breaks": []}, ["sku"]),
    ({"sku": "GL-9", "breaks": [{"amount": "-1"}]}, ["breaks"]),
    ({"sku": "GL-9", "breaks": [{"amount": "1.23456"}]}, ["breaks", "0", "amount"]),
    ({"sku": "GL-9", "breaks": [{"amount": "1", "minimumQuantity": 0}]}, ["breaks"]),
    ({"sku": "GL-9", "breaks": [{"amount": "1"}, {"amount": "2"}]}, ["breaks"]),
    ({"sku": "GL-9", "breaks": [{"amount": "1"}], "validFrom": "2026-02-01", "validTo": "2026-01-01"}, ["validTo"]),
]


async def test_prices_that_cannot_stand_change_nothing(manager: Client, shop: Shop) -> None:
    before = await everything()
    for row, path in PRICES_REFUSED:
        rows = [price(shop.variants[0].sku, "9"), row]
        assert (await saved(manager, SET_PRICES, id=global_id("pricelist", shop.default.id), prices=rows))["path"] == [
            "prices",
            "1",
            *path,
        ]
    assert await everything() == before


async def test_the_same_price_twice_is_refused(manager: Client, shop: Shop) -> None:
    refused = await saved(
        manager, SET_PRICES, id=global_id("pricelist", shop.default.id), prices=[price("GL-9", "1"), price("GL-9", "2")]
    )
    assert refused["path"] == ["prices", "1", "sku"]


async def test_prices_of_no_list(manager: Client) -> None:
    assert (await saved(manager, SET_PRICES, id="pricelist.1", prices=[price("GL-9", "1")]))["__typename"] == "NotFound"
    assert (await manager.ask(PRICES, id="pricelist.1"))["prices"]["totalCount"] == 0
    assert await manager.code(SET_PRICES, id="pricelist.1", prices=[{"breaks": []}]) == "BAD_INPUT"


async def test_contract_prices_win_for_the_one_they_are_for(manager: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    audience = {"companyId": global_id("company", shop.hill.id)}
    assert (await saved(manager, CONTRACT, audience=audience, currency="EUR", prices=[price("GL-9", "9.99")]))["created"] == 1
    assert (await pays(client, shop.hill_token), await pays(client, shop.token)) == ("9.99", "3.3333")
    assert (await saved(manager, CONTRACT, audience=audience, currency="EUR", prices=[price("GL-9", "8")]))["changed"] == 1
    assert await PriceList.filter(is_contract=True).count() == 1
    assert (await saved(manager, CONTRACT, audience={"companyId": "company.1"}, currency="EUR", prices=[]))[
        "__typename"
    ] == "NotFound"
    assert (await saved(manager, CONTRACT, audience=audience, currency="EUR", prices=[price("NO", "8")]))["path"] == [
        "prices",
        "0",
        "sku",
    ]


async def test_tax_rates(manager: Client) -> None:
    done = await saved(manager, TAX, rates=[{"country": "DE", "taxClass": "STANDARD", "name": "MwSt. 19 %", "rate": "19"}])
    assert {"country": "DE", "taxClass": "STANDARD", "name": "MwSt. 19 %", "rate": "19.00"} in done["taxRates"]
    for wrong, path in (
        ({"rate": "101"}, "rate"),
        ({"country": "Germany"}, "country"),
        ({"name": ""}, "name"),
        ({"taxClass": ""}, "taxClass"),
    ):
        rate = {"country": "DE", "taxClass": "STANDARD", "name": "MwSt.", "rate": "19", **wrong}
        assert (await saved(manager, TAX, rates=[rate]))["path"] == ["rates", "0", path]
    twice = [{"country": "DE", "taxClass": "STANDARD", "name": "MwSt.", "rate": rate} for rate in ("7", "19")]
    assert (await saved(manager, TAX, rates=twice))["path"] == ["rates", "1", "taxClass"]
    assert (await saved(manager, DELETE_TAX))["id"] == "NL/STANDARD"
    assert (await saved(manager, DELETE_TAX))["__typename"] == "NotFound"


async def test_prices_are_for_those_who_manage_them(refusals: Refusals, client: httpx.AsyncClient, shop: Shop) -> None:
    key, audience = global_id("pricelist", shop.default.id), {"companyId": global_id("company", shop.harbour.id)}
    await refusals.check(SAVE_LIST, input={"code": "mine", "currency": "EUR"})
    await refusals.check(ASSIGN, id=key, audience=audience)
    await refusals.check(UNASSIGN, id=key, audience=audience)
    await refusals.check(SET_PRICES, id=key, prices=[price("GL-9", "0")])
    await refusals.check(CONTRACT, audience=audience, currency="EUR", prices=[price("GL-9", "0")])
    await refusals.check(TAX, rates=[{"country": "NL", "taxClass": "STANDARD", "name": "None", "rate": "0"}])
    await refusals.check(DELETE_TAX)
    for query in ("{ priceLists { totalCount } }", f'{{ prices(priceListId: "{key}") {{ totalCount }} }}', "{ taxRates { rate } }"):
        assert await Client(client).code(query) == "NOT_SIGNED_IN"
        assert await Client(client, shop.token).code(query) == "FORBIDDEN"
    node = "query ($id: ID!) { node(id: $id) { __typename } }"
    assert (await Client(client, shop.token).ask(node, id=key))["node"] is None
    assert (await (await staff(client)).ask(node, id=key))["node"]["__typename"] == "PriceList"


async def test_lists_are_listed(manager: Client) -> None:
    await saved(manager, SAVE_LIST, input={"code": "key", "currency": "EUR", "priority": 1})
    found = (await manager.ask("{ priceLists { totalCount nodes { code } } }"))["priceLists"]
    assert [node["code"] for node in found["nodes"]] == ["key", "default"]
    assert (await manager.ask('{ priceLists(query: "ke") { totalCount } }'))["priceLists"]["totalCount"] == 1
