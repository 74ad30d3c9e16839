"""Two people change one thing of the seller's: the second is told and shown what is stored, and nothing of the first is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType

from backend.api.schema import schema
from backend.api.versions import LOADERS
from backend.carts.models import ShippingMethod
from backend.core.database import execute, fetch_value
from backend.core.ids import global_id
from backend.core.viewer import Role, system_viewer
from backend.pricing.actions import set_prices
from backend.pricing.drafts import PriceRow
from tests.api.seller import everything, staff
from tests.api.shopping import Client, Shop, open_shop
from tests.factories.catalogue import make_category
from tests.factories.companies import make_group, make_staff

Ids = dict[str, str]


@dataclass(frozen=True)
class Case:
    """`call` changes something to a name that counts up; `shows` selects the name of what is stored."""

    type: str
    call: Callable[[Ids, str, str], str]
    shows: str = "name"


def _by_input(mutation: str, given: Callable[[Ids], tuple[str, str]], value: str = 'name: "{}"') -> Callable[[Ids, str, str], str]:
    return lambda ids, new, expected: f"{mutation}({given(ids)[0]}input: {{{given(ids)[1]}{value.format(new)}{expected}}})"


def _id(kind: str) -> Callable[[Ids], tuple[str, str]]:
    return lambda ids: (f'id: "{ids[kind]}", ', "")


def _key(text: str) -> Callable[[Ids], tuple[str, str]]:
    return lambda ids: ("", text.format(**ids) + ", ")


CASES = {
    "product": Case("ProductRecord", _by_input("saveProduct", _key('slug: "{slug}"'))),
    "variant": Case(
        "ProductRecord",
        lambda ids, new, expected: f'updateVariant(id: "{ids["variant"]}", input: {{name: "{new}"}}{expected})',
        "variants { name }",
    ),
    "slug": Case(
        "ProductRecord", lambda ids, new, expected: f'renameProduct(id: "{ids["product"]}", slug: "{new}"{expected})', "slug"
    ),
    "brand": Case("BrandRecord", _by_input("updateBrand", _id("brand"))),
    "category": Case("CategoryRecord", _by_input("updateCategory", _id("category"))),
    "categoryBySlug": Case("CategoryRecord", _by_input("saveCategory", _key('slug: "clothes"'))),
    "assortment": Case("Assortment", _by_input("saveAssortment", _key('code: "all"'))),
    "rules": Case("Assortment", _by_input("saveAssortment", _key('code: "all"'), 'rules: [], name: "{}"')),
    "pricelist": Case("PriceList", _by_input("savePriceList", _key('code: "default"'))),
    "taxrate": Case(
        "TaxRate",
        lambda ids, new, expected: (
            f'saveTaxRates(rates: [{{country: "NL", taxClass: "STANDARD", rate: "21", name: "{new}"{expected}}}])'
        ),
    ),
    "warehouse": Case("Warehouse", _by_input("saveWarehouse", _key('code: "MAIN"'))),
    "shipping": Case("ShippingMethodTerms", _by_input("saveShippingMethod", _key('code: "POST", currency: "EUR"'))),
    "terms": Case("PaymentTerms", _by_input("savePaymentTerms", _key('code: "NET30", dueInDays: 30'))),
    "group": Case("CompanyGroup", lambda ids, new, expected: f'saveCompanyGroup(code: "KEY", name: "{new}"{expected})'),
    "company": Case("Company", _by_input("updateCompany", _id("company"))),
    "location": Case("CompanyLocation", _by_input("updateLocation", _id("location"))),
    "seller": Case("Seller", _by_input("updateSeller", lambda ids: ("", ""))),
    "staff": Case("StaffUser", _by_input("updateStaffUser", _id("staff")), "user { name }"),
}


@dataclass
class World:
    admin: Client
    shop: Shop
    ids: Ids


@pytest.fixture
async def world(database: str, client: httpx.AsyncClient) -> World:
    shop = await open_shop()
    await ShippingMethod.create(code="POST", name="Post", currency="EUR", price_minor=500)
    rows = {
        "product": ("product", shop.jacket.id), "variant": ("variant", shop.variants[0].id), "company": ("company", shop.harbour.id),
        "location": ("location", shop.rotterdam.id), "category": ("category", (await make_category("Clothes")).id),
        "staff": ("user", (await make_staff(Role.MARKETING)).id), "list": ("pricelist", shop.default.id),
        "brand": ("brand", await fetch_value("SELECT id FROM brand WHERE slug = 'northline'")),
    }  # fmt: skip
    await make_group("KEY")
    ids = {name: global_id(kind, key) for name, (kind, key) in rows.items()}
    return World(await staff(client), shop, {**ids, "slug": shop.jacket.slug})


async def ask(world: World, case: Case, new: str, expected: int | None) -> dict[str, Any]:
    sent = "" if expected is None else f", expectedVersion: {expected}"
    current = f"current {{ __typename version ... on {case.type} {{ {case.shows} }} }}"
    answer = await world.admin.ask(
        f"mutation {{ done: {case.call(world.ids, new, sent)} {{ __typename ... on Stale {{ message {current} }}"
        " ... on Error { message } } }"
    )
    done: dict[str, Any] = answer["done"]
    return done


@pytest.mark.parametrize("name", CASES)
async def test_the_second_of_two_is_told_and_shown_what_the_first_has_saved(name: str, world: World) -> None:
    case = CASES[name]
    assert (await ask(world, case, "one", 1))["__typename"] not in ("Stale", "InvalidInput", "NotFound")
    before = await everything()
    late = await ask(world, case, "two", 1)
    assert late["__typename"] == "Stale"
    assert "one" in str(late["current"]), "what the first has saved"
    assert late["current"]["__typename"] == case.type
    assert await everything() == before
    now = late["current"]["version"]
    assert now > 1
    assert (await ask(world, case, "two", now))["__typename"] not in ("Stale", "InvalidInput", "NotFound")
    assert (await ask(world, case, "three", None))["__typename"] != "Stale", "who expects nothing is not held up"


@pytest.mark.parametrize("name", ["product", "assortment", "pricelist", "warehouse", "company", "terms"])
async def test_what_is_saved_as_it_was_keeps_its_version(name: str, world: World) -> None:
    case = CASES[name]
    await ask(world, case, "one", 1)
    await ask(world, case, "one", 2)
    assert (await ask(world, case, "two", 2))["__typename"] != "Stale"


STOCK = """mutation ($quantity: Int!, $expected: Int) { setStock(rows: [{sku: "GL-9", warehouse: "MAIN", quantity: $quantity,
  expectedVersion: $expected}]) { __typename ... on Stale { current { version ... on StockLevel { onHand sku } } } } }"""


async def test_a_count_says_which_count_it_was_made_against(world: World) -> None:
    assert (await world.admin.ask(STOCK, quantity=90, expected=1))["setStock"]["__typename"] == "SetStockDone"
    await execute("UPDATE stock SET reserved = 5 WHERE on_hand = 90")  # an order is no count
    late = (await world.admin.ask(STOCK, quantity=80, expected=1))["setStock"]
    assert late == {"__typename": "Stale", "current": {"version": 2, "onHand": 90, "sku": "GL-9"}}
    assert (await world.admin.ask(STOCK, quantity=80, expected=2))["setStock"]["__typename"] == "SetStockDone"


PRICES = """mutation ($id: ID!, $amount: Decimal!, $expected: Int) { setPrices(priceListId: $id, expectedVersion: $expected,
  prices: [{sku: "GL-9", breaks: [{minimumQuantity: 1, amount: $amount}]}]) { __typename ... on Stale { current { version } } } }"""


async def test_prices_have_the_version_of_their_list_and_imports_raise_it(world: World) -> None:
    sent = {"id": world.ids["list"], "expected": 1}
    assert (await world.admin.ask(PRICES, amount="2.00", **sent))["setPrices"]["__typename"] == "SetPricesDone"
    assert (await world.admin.ask(PRICES, amount="3.00", **sent))["setPrices"] == {"__typename": "Stale", "current": {"version": 2}}
    await set_prices(system_viewer(), world.shop.default.id, [PriceRow(((1, 50_000),), sku="GL-9")], keep_breaks=True)
    late = (await world.admin.ask(PRICES, amount="3.00", id=world.ids["list"], expected=2))["setPrices"]
    assert late == {"__typename": "Stale", "current": {"version": 3}}
    assert await fetch_value("SELECT version FROM price_list WHERE id = $1", world.shop.default.id) == 3


GONE = {
    "terms": 'savePaymentTerms(input: {code: "NEW", name: "New", dueInDays: 8, expectedVersion: 1})',
    "warehouse": 'saveWarehouse(input: {code: "NEW", name: "New", expectedVersion: 1})',
    "assortment": 'saveAssortment(input: {code: "new", name: "New", expectedVersion: 1})',
    "group": 'saveCompanyGroup(code: "NEW", name: "New", expectedVersion: 1)',
}


@pytest.mark.parametrize("name", GONE)
async def test_what_is_gone_is_not_made_again_by_who_expects_a_version(name: str, world: World) -> None:
    before = await everything()
    answer = await world.admin.ask(f"mutation {{ done: {GONE[name]} {{ __typename ... on InvalidInput {{ path }} }} }}")
    assert (answer["done"]["__typename"], answer["done"]["path"][-1]) == ("InvalidInput", "expectedVersion")
    assert await everything() == before


def test_everything_with_a_version_is_held_to_it() -> None:
    """Whatever the schema gives a version has a case above, and every kind that may be stale can be shown."""
    found = {
        name
        for name, kind in schema._schema.type_map.items()
        if isinstance(kind, GraphQLObjectType) and "Versioned" in {interface.name for interface in kind.interfaces}
    }
    assert found - {case.type for case in CASES.values()} == {"StockLevel"}, "stock is asked for by a test of its own"
    assert set(LOADERS) == {name for name in CASES if name not in ("variant", "slug", "categoryBySlug", "rules")} | {"stock"}
