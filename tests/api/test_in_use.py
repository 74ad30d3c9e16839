"""Nothing is pulled from under somebody: what is deleted or switched off while others need it is refused with who they are."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from graphql import GraphQLInputObjectType, GraphQLUnionType, get_named_type

from backend.api.schema import schema
from backend.carts.models import ShippingMethod
from backend.catalogue import uses as catalogue
from backend.catalogue.assortments import refresh_products
from backend.catalogue.models import AssortmentAssignment, Category, ProductCategory
from backend.companies import uses as companies
from backend.companies.models import CompanyGroup, CompanyGroupMember, RepAccount, User
from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import global_id, new_id, split_id
from backend.core.viewer import Role
from backend.inventory import uses as inventory
from backend.pricing import uses as pricing
from backend.pricing.models import PriceListAssignment
from tests.api.seller import everything, staff
from tests.api.shopping import Client, Shop, fill, open_shop, place
from tests.factories.catalogue import make_assortment, make_brand, make_category, make_price_list
from tests.factories.companies import make_group, make_staff, make_terms
from tests.house.tenancy import root_fields

USED = "... on InUse { message uses { kind count names } successor mayProceed } ... on InvalidInput { message path } ... on Error { message }"
SEES = "{ products(first: 100) { totalCount } }"


@dataclass
class World:
    """Everything that can be deleted or switched off is needed by somebody, and has something to take its place."""

    http: httpx.AsyncClient
    admin: Client
    buyer: Client
    shop: Shop
    ids: dict[str, str]


@pytest.fixture
async def world(database: str, client: httpx.AsyncClient) -> World:
    shop = await open_shop()
    ids: dict[str, str] = {}
    for kind, code in (("all", "all"), ("south", "south")):
        ids[kind] = global_id("assortment", await fetch_value("SELECT id FROM assortment WHERE code = $1", code))
    ids["default"] = global_id("assortment", (await make_assortment("everything", is_default=True)).id)
    group, other = await make_group("KEY", name="Key accounts"), await make_group("OTHER")
    await CompanyGroupMember.create(company_id=shop.hill.id, group_id=group.id)
    await execute("UPDATE assortment_assignment SET company_id = NULL, group_id = $2 WHERE company_id = $1", shop.hill.id, group.id)
    list_, next_list = await make_price_list("key"), await make_price_list("next")
    await PriceListAssignment.create(price_list_id=list_.id, company_id=shop.harbour.id)
    top, below = await make_category("Clothes"), await make_category("Shoes")
    await ProductCategory.create(product_id=shop.jacket.id, category_id=top.id)
    await refresh_products([shop.jacket.id])
    rep, successor = await make_staff(Role.SALES_REP, name="Rita Rep"), await make_staff(Role.SALES_REP)
    await RepAccount.create(user_id=rep.id, company_id=shop.harbour.id)
    for code in ("POST", "VAN"):
        await ShippingMethod.create(code=code, name=code, currency="EUR", price_minor=500)
    await make_terms("NET90", name="90 days")
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "NW-1-BLACK-M", "quantity": 2})
    await place(buyer)
    await fill(buyer, {"sku": "GL-9", "quantity": 3})
    await execute("UPDATE cart SET shipping_method = 'POST'")
    ids |= {name: global_id("group", row.id) for name, row in (("group", group), ("otherGroup", other))}
    ids |= {
        name: global_id("pricelist", row.id) for name, row in (("list", list_), ("nextList", next_list), ("first", shop.default))
    }
    ids |= {name: global_id("category", row.id) for name, row in (("category", top), ("otherCategory", below))}
    ids |= {name: global_id("user", row.id) for name, row in (("rep", rep), ("otherRep", successor))}
    ids["brand"] = global_id("brand", await fetch_value("SELECT id FROM brand WHERE slug = 'northline'"))
    ids["otherBrand"] = global_id("brand", (await make_brand("Other")).id)
    ids["warehouse"] = global_id("warehouse", await fetch_value("SELECT id FROM warehouse"))
    ids |= {"hill": global_id("company", shop.hill.id), "harbour": global_id("company", shop.harbour.id)}
    ids |= {"location": global_id("location", shop.rotterdam.id), "glove": global_id("variant", shop.glove.id)}
    return World(client, await staff(client), buyer, shop, ids)


@dataclass(frozen=True)
class Case:
    """`call`: the mutation, with {more} where an argument goes; `kinds` of those who need it; `successor`: what settles it."""

    call: Callable[[dict[str, str], str], str]
    kinds: list[str]
    successor: str | None = None
    gives: Callable[[dict[str, str]], str] | None = None
    may_proceed: bool = False


def _call(name: str, given: Callable[[dict[str, str]], str]) -> Callable[[dict[str, str], str], str]:
    return lambda ids, more: f"mutation {{ done: {name}({given(ids)}{more}) {{ __typename {USED} }} }}"


def _successor(kind: str) -> Callable[[dict[str, str]], str]:
    return lambda ids: f', successorId: "{ids[kind]}"'


def _id(kind: str) -> Callable[[dict[str, str]], str]:
    return lambda ids: f'id: "{ids[kind]}"'


REFUSED = {
    "deleteAssortment": Case(_call("deleteAssortment", _id("all")), ["COMPANY"], "successorId", _successor("south")),
    "deleteAssortment/default": Case(_call("deleteAssortment", _id("default")), [], "successorId", _successor("south")),
    "saveAssortment": Case(_call("saveAssortment", lambda ids: 'input: {code: "everything", isDefault: false}'), []),
    "unassignAssortment": Case(
        _call("unassignAssortment", lambda ids: f'id: "{ids["all"]}", audience: {{companyId: "{ids["harbour"]}"}}'),
        ["LOCATION"],
        "successorId",
        _successor("default"),
    ),
    "takeOutOfGroup": Case(
        _call("takeOutOfGroup", lambda ids: f'companyId: "{ids["hill"]}", groupId: "{ids["group"]}"'), ["LOCATION"]
    ),
    "deleteCompanyGroup": Case(
        _call("deleteCompanyGroup", _id("group")), ["COMPANY", "ASSORTMENT"], "successorId", _successor("otherGroup")
    ),
    "deletePaymentTerms": Case(
        _call("deletePaymentTerms", lambda ids: 'code: "NET30"'),
        ["COMPANY"],
        "successorCode",
        lambda ids: ', successorCode: "NET90"',
    ),
    "updateCompany": Case(
        _call("updateCompany", lambda ids: f'id: "{ids["harbour"]}", input: {{isActive: false}}'),
        ["ORDER", "CART"],
        may_proceed=True,
    ),
    "updateLocation": Case(
        _call("updateLocation", lambda ids: f'id: "{ids["location"]}", input: {{isActive: false}}'),
        ["MEMBER", "ORDER", "CART"],
        may_proceed=True,
    ),
    "updateLocation/currency": Case(
        _call("updateLocation", lambda ids: f'id: "{ids["location"]}", input: {{currency: "GBP"}}'),
        ["MEMBER", "ORDER", "CART"],
        may_proceed=True,
    ),
    "updateStaffUser": Case(
        lambda ids, more: (
            f'mutation {{ done: updateStaffUser(id: "{ids["rep"]}", input: {{isActive: false{more}}}) {{ __typename {USED} }} }}'
        ),
        ["COMPANY"],
        "successorId",
        _successor("otherRep"),
    ),
    "savePriceList": Case(
        _call("savePriceList", lambda ids: 'input: {code: "key", isActive: false}'), ["COMPANY"], may_proceed=True
    ),
    "savePriceList/default": Case(_call("savePriceList", lambda ids: 'input: {code: "default", isDefault: false}'), ["LOCATION"]),
    "savePriceList/defaultOff": Case(_call("savePriceList", lambda ids: 'input: {code: "default", isActive: false}'), ["LOCATION"]),
    "deletePriceList": Case(_call("deletePriceList", _id("list")), ["COMPANY"], "successorId", _successor("nextList")),
    "deletePriceList/default": Case(_call("deletePriceList", _id("first")), ["LOCATION"], "successorId", _successor("nextList")),
    "deleteTaxRate": Case(
        _call("deleteTaxRate", lambda ids: 'country: "NL", taxClass: "STANDARD"'), ["LOCATION"], may_proceed=True
    ),
    "deleteShippingMethod": Case(
        _call("deleteShippingMethod", lambda ids: 'code: "POST", currency: "EUR"'),
        ["CART"],
        "successorCode",
        lambda ids: ', successorCode: "VAN"',
        may_proceed=True,
    ),
    "deleteWarehouse": Case(_call("deleteWarehouse", _id("warehouse")), ["STOCK", "ORDER"]),
    "deleteBrand": Case(_call("deleteBrand", _id("brand")), ["PRODUCT"], "successorId", _successor("otherBrand")),
    "deleteCategory": Case(_call("deleteCategory", _id("category")), ["PRODUCT"], "successorId", _successor("otherCategory")),
    "saveProduct": Case(
        _call("saveProduct", lambda ids: f'input: {{slug: "{ids["slug"]}", isActive: false}}'),
        ["CART"],
        "replacedBy",
        may_proceed=True,
    ),
    "saveProducts": Case(
        _call("saveProducts", lambda ids: f'products: [{{slug: "{ids["slug"]}", variants: [{{sku: "GL-9", isActive: false}}]}}]'),
        ["CART"],
        "replacedBy",
        may_proceed=True,
    ),
    "updateVariant": Case(
        _call("updateVariant", lambda ids: f'id: "{ids["glove"]}", input: {{isActive: false}}'),
        ["CART"],
        "replacedBy",
        may_proceed=True,
    ),
}
# What takes something away without a need of others, each with its reason.
FREE = {
    "removeMember": "a company keeps its last admin; what the member ordered stays",
    "updateMember": "a company keeps its last admin",
    "unassignPriceList": "the audience is named, and keeps the prices of the lists that are left",
    "unassignRep": "the company is named, and orders without a rep",
    "clearOrderMinimum": "the next wider minimum decides",
}
TAKES_AWAY = re.compile(r"^(delete|remove|clear|unassign|takeOut)")
SWITCHES = {"isActive", "isDefault"}


def test_every_mutation_that_takes_away_says_what_becomes_of_those_who_need_it() -> None:
    fields = root_fields(schema._schema, "mutation")
    found = {name for name, field in fields.items() if TAKES_AWAY.match(name) or _switches(field)}
    decided = {name.partition("/")[0] for name in REFUSED} | set(FREE)
    assert found - decided == set(), "add them to REFUSED or, with the reason, to FREE"
    assert decided - found == set(), "these are gone, or take nothing away"
    for name in {name.partition("/")[0] for name in REFUSED}:
        answer = get_named_type(fields[name].type)
        assert isinstance(answer, GraphQLUnionType)
        assert "InUse" in {member.name for member in answer.types}, name


def _switches(field: Any) -> bool:
    inputs = [get_named_type(argument.type) for argument in field.args.values()]
    return any(isinstance(given, GraphQLInputObjectType) and SWITCHES & set(given.fields) for given in inputs)


@pytest.mark.parametrize("name", REFUSED)
async def test_what_others_need_is_refused_with_who_they_are(name: str, world: World) -> None:
    case = REFUSED[name]
    world.ids["slug"] = await fetch_value("SELECT slug FROM product WHERE name = 'Work glove'")
    before = await everything()
    answer = (await world.admin.ask(case.call(world.ids, "")))["done"]
    assert answer["__typename"] == "InUse", answer
    assert [use["kind"] for use in answer["uses"]] == case.kinds
    assert all(use["count"] >= 1 and use["names"] for use in answer["uses"])
    assert (answer["successor"], answer["mayProceed"]) == (case.successor, case.may_proceed)
    assert await everything() == before


@pytest.mark.parametrize("name", [name for name, case in REFUSED.items() if case.gives or case.may_proceed])
async def test_a_successor_or_a_second_word_settles_it(name: str, world: World) -> None:
    case = REFUSED[name]
    world.ids["slug"] = await fetch_value("SELECT slug FROM product WHERE name = 'Work glove'")
    companies = await fetch_value("SELECT count(*) FROM company")
    if case.gives:
        answer = (await world.admin.ask(case.call(world.ids, case.gives(world.ids))))["done"]
        assert answer["__typename"] not in ("InUse", "InvalidInput", "NotFound"), answer
    if case.may_proceed and not case.gives:
        answer = (await world.admin.ask(case.call(world.ids, ", evenIfInUse: true")))["done"]
        assert answer["__typename"] not in ("InUse", "InvalidInput", "NotFound"), answer
    assert await fetch_value("SELECT count(*) FROM company") == companies


@pytest.mark.parametrize("name", [name for name, case in REFUSED.items() if case.gives])
async def test_a_thing_is_not_its_own_successor_nor_is_one_that_does_not_exist(name: str, world: World) -> None:
    case = REFUSED[name]
    before = await everything()
    for more in _wrong_successors(case, world.ids):
        answer = (await world.admin.ask(case.call(world.ids, more)))["done"]
        assert answer["__typename"] == "InvalidInput", answer
        assert answer["path"][-1] == case.successor
    assert await everything() == before


def _wrong_successors(case: Case, ids: dict[str, str]) -> list[str]:
    assert case.gives is not None
    given = case.gives(ids)
    kind = re.search(r'"(\w+)\.', given)
    own = re.search(r'(?:id|code): "([^"]+)"', case.call(ids, ""))
    assert own is not None
    wrong = [f"{kind.group(1)}.77" if kind else "NONE", own.group(1)]
    return [re.sub(r'"[^"]+"', f'"{text}"', given) for text in wrong]


# What becomes of those who needed it


async def totals(world: World) -> dict[str, int]:
    tokens = {"harbour": world.shop.token, "hill": world.shop.hill_token}
    return {name: (await Client(world.http, token).ask(SEES))["products"]["totalCount"] for name, token in tokens.items()}


async def test_no_way_of_removing_an_assortment_shows_a_buyer_more(world: World) -> None:
    """Hill sees one brand of two. Each removal of what reaches Hill is refused, and Hill still sees that one."""
    assert await totals(world) == {"harbour": 2, "hill": 1}
    hill, group = world.ids["hill"], world.ids["group"]
    for call in (
        f'deleteAssortment(id: "{world.ids["south"]}")',
        f'unassignAssortment(id: "{world.ids["south"]}", audience: {{groupId: "{group}"}})',
        f'takeOutOfGroup(companyId: "{hill}", groupId: "{group}")',
        f'deleteCompanyGroup(id: "{group}")',
    ):
        assert (await world.admin.ask(f"mutation {{ done: {call} {{ __typename }} }}"))["done"] == {"__typename": "InUse"}, call
        assert await totals(world) == {"harbour": 2, "hill": 1}, call


async def test_a_second_assortment_may_go_while_another_one_reaches_them(world: World) -> None:
    await AssortmentAssignment.create(assortment_id=int_of(world.ids["south"]), company_id=world.shop.hill.id)
    call = f'takeOutOfGroup(companyId: "{world.ids["hill"]}", groupId: "{world.ids["group"]}")'
    answer = await world.admin.ask(f"mutation {{ done: {call} {{ __typename }} }}")
    assert answer["done"] == {"__typename": "Company"}
    assert (await totals(world))["hill"] == 1


async def test_the_successor_of_an_assortment_serves_those_of_the_one_before(world: World) -> None:
    await world.admin.ask(REFUSED["deleteAssortment"].call(world.ids, _successor("south")(world.ids)))
    assert (await totals(world))["harbour"] == 1
    await world.admin.ask(REFUSED["deleteAssortment/default"].call(world.ids, _successor("south")(world.ids)))
    assert await fetch_value("SELECT code FROM assortment WHERE is_default") == "south"


async def test_the_successor_of_a_group_takes_over_companies_assortments_and_minimums(world: World) -> None:
    await execute(
        "INSERT INTO order_minimum (id, currency, amount_minor, group_id) VALUES ($1, 'EUR', 100, $2)",
        new_id(),
        int_of(world.ids["group"]),
    )
    await world.admin.ask(REFUSED["deleteCompanyGroup"].call(world.ids, _successor("otherGroup")(world.ids)))
    other = int_of(world.ids["otherGroup"])
    for table in ("company_group_member", "assortment_assignment", "order_minimum"):
        assert await fetch_value(f"SELECT count(*) FROM {table} WHERE group_id = $1", other) == 1, table
    assert await CompanyGroup.filter(code="KEY").count() == 0
    assert (await totals(world))["hill"] == 1


async def test_the_successor_of_terms_a_brand_a_category_and_a_rep_has_what_they_had(world: World) -> None:
    for name in ("deletePaymentTerms", "deleteBrand", "deleteCategory", "updateStaffUser", "deletePriceList"):
        case = REFUSED[name]
        assert case.gives is not None
        await world.admin.ask(case.call(world.ids, case.gives(world.ids)))
    assert {
        row["code"] for row in await fetch("SELECT t.code FROM company c JOIN payment_terms t ON t.id = c.payment_terms_id")
    } == {"NET90"}
    assert await fetch_value("SELECT brand_id FROM product WHERE id = $1", world.shop.jacket.id) == int_of(world.ids["otherBrand"])
    assert await ProductCategory.filter(category_id=int_of(world.ids["otherCategory"]), product_id=world.shop.jacket.id).exists()
    assert await Category.filter(slug="clothes").count() == 0
    assert await RepAccount.filter(user_id=int_of(world.ids["otherRep"]), company_id=world.shop.harbour.id).exists()
    assert not (await User.get(id=int_of(world.ids["rep"]))).is_active
    assert await PriceListAssignment.filter(price_list_id=int_of(world.ids["nextList"])).count() == 1


async def test_the_successor_of_a_shipping_method_is_in_the_carts_that_chose_it(world: World) -> None:
    case = REFUSED["deleteShippingMethod"]
    version = await fetch_value("SELECT version FROM cart")
    await world.admin.ask(case.call(world.ids, ', successorCode: "VAN"'))
    assert tuple((await fetch("SELECT shipping_method, version FROM cart"))[0]) == ("VAN", version + 1)
    last = 'mutation { done: deleteShippingMethod(code: "VAN", currency: "EUR", evenIfInUse: %s) { __typename } }'
    await execute("UPDATE cart SET shipping_method = NULL")
    assert (await world.admin.ask(last % "false"))["done"] == {"__typename": "InUse"}, "it is the last one in euros"
    assert (await world.admin.ask(last % "true"))["done"] == {"__typename": "ShippingMethods"}


async def test_a_rule_that_names_a_brand_or_a_category_is_never_lost(world: World) -> None:
    """A rule that hides a category must not go with it: buyers would see what it hid."""
    category = int_of(world.ids["category"])
    await make_assortment("no-clothes", rules=[{}, {"includes": False, "category_id": category}])
    for name in ("deleteCategory", "deleteBrand"):
        case = REFUSED[name]
        assert case.gives is not None
        ids = {**world.ids, "brand": global_id("brand", await fetch_value("SELECT id FROM brand WHERE slug = 'southline'"))}
        answer = (await world.admin.ask(case.call(ids, case.gives(ids))))["done"]
        assert (answer["__typename"], [use["kind"] for use in answer["uses"]]) == ("InUse", ["ASSORTMENT"])
        assert answer["successor"] is None


async def test_a_variant_with_a_replacement_may_go_though_carts_hold_it(world: World) -> None:
    call = f'updateVariant(id: "{world.ids["glove"]}", input: {{isActive: false, replacedBy: "NW-1-BLACK-M"}})'
    answer = await world.admin.ask(f"mutation {{ done: {call} {{ __typename }} }}")
    assert answer["done"] == {"__typename": "ProductRecord"}


async def test_names_that_a_role_may_not_see_are_not_told(world: World) -> None:
    """Marketing keeps products, and does not learn who has them in a cart."""
    marketing = await staff(world.http, Role.MARKETING)
    answer = (await marketing.ask(REFUSED["updateVariant"].call(world.ids, "")))["done"]
    assert answer["uses"] == [{"kind": "CART", "count": None, "names": []}]
    assert "Harbour" not in answer["message"]
    assert "1 cart" not in answer["message"]


# Whatever refers to a row that can be deleted is either a need or goes along, each with its reason.
GOES_ALONG = {
    ("assortment_rule", "assortment"): "the assortment's own rules",
    ("assortment_product", "assortment"): "derived from its rules",
    ("price", "price_list"): "the list's own prices",
    ("product_facet", "brand"): "derived from the product",
    ("pack", "variant"): "no variant is deleted",
}
DELETED = ("assortment", "payment_terms", "company_group", "brand", "category", "price_list", "warehouse")
REFERRING = """
SELECT c.conrelid::regclass::text AS child, c.confrelid::regclass::text AS parent FROM pg_constraint c
WHERE c.contype = 'f' AND c.confrelid::regclass::text = ANY ($1)
"""


async def test_every_row_that_refers_to_what_can_be_deleted_is_asked_for(database: str) -> None:
    needs = {
        "assortment": catalogue.ASSORTMENT,
        "payment_terms": companies.TERMS,
        "company_group": companies.GROUP,
        "brand": (*catalogue.BRAND, *catalogue.BRAND_RULES),
        "category": (*catalogue.CATEGORY, *catalogue.CATEGORY_RULES),
        "price_list": pricing.ASSIGNED_LIST,
        "warehouse": inventory.WAREHOUSE,
    }
    missing = [
        (row["child"], row["parent"])
        for row in await fetch(REFERRING, list(DELETED))
        if not any(re.search(rf"\b{row['child']}\b", need.query) for need in needs[row["parent"]])
        and (row["child"], row["parent"]) not in GOES_ALONG
    ]
    assert missing == []


def int_of(node_id: str) -> int:
    parts = split_id(node_id)
    assert parts is not None
    return parts[1]
