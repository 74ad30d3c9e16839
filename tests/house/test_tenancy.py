"""Who sees what: one line for each field of the schema, one column for each kind of viewer. A field without a line fails.

Columns are those of `tenancy.VIEWERS`. Letters: - not signed in, x forbidden, . nothing (null, empty or NotFound), o answered.
All is asked about what belongs to the company of E, B, P and C, and there to the location of B and P; carts are nobody's but their owner's.
"""

import re
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest
from graphql import GraphQLObjectType

from backend.api.node import FINDERS
from backend.api.schema import schema
from tests.api.shopping import Client, fill
from tests.house.tenancy import VIEWERS, World, document, letter, open_world, root_fields, variables

QUERIES = """
                                A S T E B P C R r O M K W F Z
    viewer                      . o o o o o o o o o o o o o o
    invitation                  . . . . . . . . . . . . . . .
    sessions                    - o o o o o o o o o o o o o o
    locations                   - o o o o o o o o o o o o o o
    locations/query             - o o . o o o o o o o o o o o
    companies                   - o o o o o o o o o o o o o o
    companies/query             - . . o o o o o o . o o o o o
    products                    - o o o o o o o o o o o o o o
    products/search             - . . o o o o o o o o o o o o
    products/previouslyOrdered  - . . . o o o . o . . . . . .
    product                     - . . o o o o o o o o o o o o
    product/sku                 - . . o o o o o o o o o o o o
    product/slug                - . . o o o o o o o o o o o o
    grids                       - . . o o o o o o o o o o o o
    brands                      - o o o o o o o o o o o o o o
    categories                  - . . o o o o o o o o o o o o
    explainPrice                - . . o o o o o o o o o o o o
    explainPrice/location       - . . . o o o o o . o x x o o
    cart                        - . . . . . . . . . . . . . .
    carts                       - . . . . . . . . . . . . . .
    resolveLines                - o o o o o o x o x x x x x x
    orders                      - . . . o o o o o . o x o o o
    orders/location             - . . . o o o o o . o x o o o
    orders/query                - . . . o o o o o . o x o o o
    order                       - . . . o o o o o . o x o o o
    order/number                - . . . o o o o o . o x o o o
    reorderPreview              - . . . o o o x o x x x x x x
    frequentlyOrdered           - . . . o o o o o . o x o o o
    members                     - x o x x x o x x x . x x x .
    members/company             - x . x x x o x x x o x x x o
    staffUsers                  - x x x x x x x x x o x x x o
    companyGroups               - x x x x x x x x x o x x x o
    paymentTerms                - x x x x x x x x x o x x x o
    seller                      - x x x x x x x x x x x x x o
    productRecords              - x x x x x x x x x x o x x o
    productRecord               - x x x x x x x x x x . x x .
    brandRecords                - x x x x x x x x x o o x x o
    categoryRecords             - x x x x x x x x x o o x x o
    assortments                 - x x x x x x x x x o o x x o
    priceLists                  - x x x x x x x x x o x x x o
    prices                      - x x x x x x x x x o x x x o
    taxRates                    - x x x x x x x x x o x x x o
    warehouses                  - x x x x x x x x x x x o x o
    stockLevels                 - x x x x x x x x x x x o x o
    arrivals                    - x x x x x x x x x x x . x .
    orderMinimums               - x x x x x x x x x x x x x .
    shippingMethods             - x x x x x x x x x x x x x .
    failures                    - x x x x x x x x x x x x x .
    workerSeenAt                - x x x x x x x x x x x x x .
    node                        - . . . o o o o o . o x o o o
"""

MUTATIONS = """
                                A S T E B P C R r O M K W F Z
    signIn                      o o o o o o o o o o o o o o o
    signOut                     - o o o o o o o o o o o o o o
    requestPasswordReset        o o o o o o o o o o o o o o o
    setPassword                 . . . . . . . . . . . . . . .
    acceptInvitation            . . . . . . . . . . . . . . .
    declineInvitation           . . . . . . . . . . . . . . .
    renewToken                  - o o o o o o o o o o o o o o
    actAs                       - . . . o o o o o . o x x x o
    endSession                  - . . . . . . . . . . . . . .
    changePassword              - o o o o o o o o o o o o o o
    updateProfile               - o o o o o o o o o o o o o o
    createCart                  - o o o o o o x o x x x x x x
    updateCart                  - . . . . . . x . x x x x x x
    setCartLines                - o o o o o o x o x x x x x x
    setCartLines/cart           - . . . . . . x . x x x x x x
    placeOrder                  - . . . . . . x . x x x x x x
    confirmOrder                - x x x x x x x x x o x o o o
    cancelOrder                 - . . . o o o o o . o x o o o
    reorder                     - . . . o o o x o x x x x x x
    reorder/cart                - . . . . . . x . x x x x x x
    inviteMember                - x . x x x o x x x o x x x o
    updateMember                - x . x x x o x x x o x x x o
    removeMember                - x . x x x . x x x . x x x .
    createStaffUser             - x x x x x x x x x x x x x o
    updateStaffUser             - x x x x x x x x x x x x x o
    createCompany               - x x x x x x x x x o x x x o
    updateCompany               - x x x x x x x x x o x x x o
    createLocation              - x x x x x x x x x . x x x .
    updateLocation              - x x x x x x x x x o x x x o
    savePaymentTerms            - x x x x x x x x x o x x x o
    saveCompanyGroup            - x x x x x x x x x o x x x o
    putInGroup                  - x x x x x x x x x . x x x .
    takeOutOfGroup              - x x x x x x x x x . x x x .
    assignRep                   - x x x x x x x x x . x x x .
    unassignRep                 - x x x x x x x x x . x x x .
    setCreditLimit              - x x x x x x x x x x x x . .
    setCreditHold               - x x x x x x x x x x x x o o
    updateSeller                - x x x x x x x x x x x x x o
    saveProduct                 - x x x x x x x x x x o x x o
    saveProducts                - x x x x x x x x x x o x x o
    renameProduct               - x x x x x x x x x x . x x .
    updateVariant               - x x x x x x x x x x . x x .
    saveBrand                   - x x x x x x x x x x o x x o
    updateBrand                 - x x x x x x x x x x . x x .
    deleteBrand                 - x x x x x x x x x x . x x .
    saveCategory                - x x x x x x x x x x o x x o
    updateCategory              - x x x x x x x x x x . x x .
    deleteCategory              - x x x x x x x x x x . x x .
    setCustomerSkus             - x x x x x x x x x x o x x o
    saveAssortment              - x x x x x x x x x o o x x o
    deletePaymentTerms          - x x x x x x x x x . x x x .
    deleteCompanyGroup          - x x x x x x x x x . x x x .
    deletePriceList             - x x x x x x x x x . x x x .
    deleteAssortment            - x x x x x x x x x . . x x .
    assignAssortment            - x x x x x x x x x o o x x o
    unassignAssortment          - x x x x x x x x x . . x x .
    savePriceList               - x x x x x x x x x o x x x o
    assignPriceList             - x x x x x x x x x o x x x o
    unassignPriceList           - x x x x x x x x x . x x x .
    setPrices                   - x x x x x x x x x o x x x o
    setContractPrices           - x x x x x x x x x o x x x o
    saveTaxRates                - x x x x x x x x x o x x x o
    deleteTaxRate               - x x x x x x x x x . x x x .
    saveWarehouse               - x x x x x x x x x x x o x o
    deleteWarehouse             - x x x x x x x x x x x . x .
    setStock                    - x x x x x x x x x x x o x o
    adjustStock                 - x x x x x x x x x x x o x o
    setArrivals                 - x x x x x x x x x x x o x o
    setOrderMinimum             - x x x x x x x x x x x x x o
    clearOrderMinimum           - x x x x x x x x x x x x x o
    saveShippingMethod          - x x x x x x x x x x x x x o
    deleteShippingMethod        - x x x x x x x x x x x x x .
    retryFailure                - x x x x x x x x x x x x x .
    dismissFailure              - x x x x x x x x x x x x x .
"""

# `node(id)` for every kind of id there is.
NODES = """
                                A S T E B P C R r O M K W F Z
    company                     - . . o o o o o o . o o o o o
    location                    - . . . o o o o o . o o o o o
    user                        - . . o o o o o o . o o o o o
    member                      - . . . . . o . . . o . . . o
    group                       - . . . . . . . . . o . . . o
    product                     - . . o o o o o o o o o o o o
    variant                     - . . o o o o o o o o o o o o
    brand                       - . . o o o o o o o o o o o o
    category                    - . . o o o o o o o o o o o o
    asset                       - . . o o o o o o o o o o o o
    cart                        - . . . . . . . . . . . . . .
    order                       - . . . o o o o o . o x o o o
    assortment                  - . . . . . . . . . o o . . o
    pricelist                   - . . . . . . . . . o . . . o
    warehouse                   - . . . . . . . . . . . o . o
"""

# Fields below the roots that not everybody who sees their object may see. A field whose name sounds like one of these must be here.
INSIDE = """
                                A S T E B P C R r O M K W F Z
    Company.credit              - . . o o o o o o . o . . o o
    Variant.cost                - . . . . . . o o o o o . o o
    Variant.customerSku         - . . o o o o . o . . . . . .
"""
SOUNDS_PRIVATE = re.compile(r"cost|credit|margin|password|token|secret|used|budget|commission|customerSku", re.IGNORECASE)
# Sounds so, but is of the seller's own pages, which MUTATIONS and QUERIES close, or of the one who asks.
PUBLIC_INSIDE = {
    "SignedIn.token": "told once to the one who signs in",
    "VariantRecord.cost": "of productRecords, which are for those who keep the catalogue",
}

# What must never be in an answer to these viewers, whatever they ask.
CANARIES = {
    "A": ["Harbour", "CANARY", "Softshell", "NW-1", "Northline", "7.7777", "76543.21", "SO-0"],
    "S": ["Harbour", "CANARY", "Softshell", "NW-1", "Northline", "7.7777", "76543.21", "SO-0"],
    "T": ["Harbour", "CANARY", "Softshell", "NW-1", "Northline", "7.7777", "76543.21", "SO-0"],
    "E": ["CANARY-PO", "CANARY-NOTE", "CANARY-LINE", "Hill", "7.7777", "SO-0"],
    "B": ["CANARY-LINE", "Hill", "7.7777"],
    "P": ["CANARY-LINE", "Hill", "7.7777"],
    "C": ["CANARY-LINE", "Hill", "7.7777"],
    "R": ["CANARY-LINE", "Hill"],
    "r": ["CANARY-LINE", "Hill"],
    "O": ["CANARY-LINE", "CANARY-PO", "CANARY-NOTE", "CANARY-TAX", "Harbour", "76543.21", "SO-0"],
    "K": ["CANARY-LINE", "CANARY-PO", "76543.21", "SO-0"],
    "W": ["CANARY-LINE", "7.7777", "76543.21"],
}

# What a line asks, where plain values would ask nothing. A line may be the second one of its field: `field/what`.
ASKED: dict[str, Any] = {
    "node": lambda world: {"id": world.ids["order"]},
    "products/search": {"query": "Softshell"},
    "products/previouslyOrdered": {"filter": {"previouslyOrdered": True}},
    "product": lambda world: {"id": world.ids["product"]},
    "product/sku": {"sku": "NW-1-BLACK-M"},
    "product/slug": lambda world: {"slug": world.ids["slug"]},
    "grids": lambda world: {"productIds": [world.ids["product"]]},
    "explainPrice": {"sku": "NW-1-BLACK-M"},
    "explainPrice/location": lambda world: {"sku": "GL-9", "locationId": world.ids["location"]},
    "cart": lambda world: {"id": world.ids["cart"]},
    "resolveLines": {"lines": [{"sku": "NW-1-BLACK-M", "quantity": 1}]},
    "orders/location": lambda world: {"locationId": world.ids["location"]},
    "orders/query": {"query": "CANARY-PO"},
    "order": lambda world: {"id": world.ids["order"]},
    "order/number": lambda world: {"number": world.ids["number"]},
    "reorderPreview": lambda world: {"orderId": world.ids["order"]},
    "locations/query": {"query": "Rotterdam"},
    "companies/query": {"query": "Harbour"},
    "members/company": lambda world: {"companyId": world.ids["company"]},
    "prices": lambda world: {"priceListId": world.ids["pricelist"]},
    "updateMember": lambda world: {"id": world.ids["member"], "input": {"isActive": True}},
    "updateCompany": lambda world: {"id": world.ids["company"], "input": {}},
    "updateLocation": lambda world: {"id": world.ids["location"], "input": {}},
    "setCreditHold": lambda world: {"companyId": world.ids["company"], "onHold": False},
    "inviteMember": lambda world: {
        "companyId": world.ids["company"],
        "input": {"email": f"{token_hex(8)}@test.example", "name": "New", "locationIds": [world.ids["location"]]},
    },
    "assignAssortment": lambda world: {"id": world.ids["assortment"], "audience": {"companyId": world.ids["company"]}},
    "unassignAssortment": lambda world: {"id": world.ids["assortment"], "audience": {"locationId": world.ids["location"]}},
    "assignPriceList": lambda world: {"id": world.ids["pricelist"], "audience": {"companyId": world.ids["company"]}},
    "unassignPriceList": lambda world: {"id": world.ids["pricelist"], "audience": {"locationId": world.ids["location"]}},
    "setPrices": lambda world: {"priceListId": world.ids["pricelist"], "prices": []},
    "setContractPrices": lambda world: {"audience": {"companyId": world.ids["company"]}, "prices": []},
    "setStock": {"rows": []},
    "adjustStock": {"rows": []},
    "setArrivals": {"rows": []},
    "actAs": lambda world: {"locationId": world.ids["location"]},
    "updateCart": lambda world: {"input": {"cartId": world.ids["cart"], "name": "mine"}},
    "setCartLines": {"input": {"lines": [{"sku": "GL-9", "quantity": 1}]}},
    "setCartLines/cart": lambda world: {"input": {"cartId": world.ids["cart"], "lines": [{"sku": "GL-9", "quantity": 9}]}},
    "placeOrder": lambda world: {"input": {"cartId": world.ids["cart"]}},
    "confirmOrder": lambda world: {"id": world.ids["order"]},
    "cancelOrder": lambda world: {"id": world.ids["order"], "reason": "no more needed"},
    "reorder": lambda world: {"orderId": world.ids["order"]},
    "reorder/cart": lambda world: {"orderId": world.ids["order"], "cartId": world.ids["cart"]},
}


def rows(table: str) -> Iterator[tuple[str, str]]:
    """Name and letters of each line."""
    for line in table.strip().splitlines()[1:]:
        if line.strip():
            name, *letters = line.split()
            assert len(letters) == len(VIEWERS), line
            yield name, "".join(letters)


async def asked(client: Client, world: World, kind: str, row: str, depth: int = 1) -> tuple[dict[str, Any], list[str]]:
    """The answer to a line of the table, and the texts that were sent."""
    name = row.partition("/")[0]
    field = root_fields(schema._schema, kind)[name]
    given = ASKED.get(row, {})
    sent = variables(field, given(world) if callable(given) else given)
    answer = (await client.post(document(kind, name, field, sent, depth), sent)).json()
    return answer, re.findall(r"'([^']+)'", repr(sent))


def covers(table: str, names: set[str]) -> None:
    """Every name has a line, and every line a name."""
    lines = {name.partition("/")[0] for name, _ in rows(table)}
    assert names - lines == set(), "say in the table who sees what of these"
    assert lines - names == set(), "these are gone: take their lines out"


def test_every_field_has_a_line() -> None:
    covers(QUERIES, set(root_fields(schema._schema, "query")))
    covers(MUTATIONS, set(root_fields(schema._schema, "mutation")))
    covers(NODES, set(FINDERS))


def test_every_field_that_sounds_private_has_a_line() -> None:
    found = {
        f"{name}.{field}"
        for name, kind in schema._schema.type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__") and name not in ("Query", "Mutation")
        for field in kind.fields
        if SOUNDS_PRIVATE.search(field)
    }
    lines = {name for name, _ in rows(INSIDE)}
    assert found - lines - set(PUBLIC_INSIDE) == set(), "say in INSIDE who sees these"
    assert (lines | set(PUBLIC_INSIDE)) - found == set(), "these are gone: take their lines out"


async def disagreements(world: World, kind: str, table: str) -> list[str]:
    found = []
    for row, expected in rows(table):
        got = ""
        for viewer in VIEWERS:
            answer, _ = await asked(await world.client(viewer), world, kind, row)
            got += letter(answer, row.partition("/")[0])
        if got != expected:
            found.append(f"{row}: {' '.join(got)}, not {' '.join(expected)}")
    return found


async def test_queries_answer_to_each_viewer_what_is_hers(client):
    assert await disagreements(await open_world(client), "query", QUERIES) == []


async def test_mutations_open_to_each_viewer_what_is_hers(client):
    assert await disagreements(await open_world(client), "mutation", MUTATIONS) == []


async def test_node_answers_to_each_viewer_what_is_hers(client):
    world = await open_world(client)
    found = []
    for kind, expected in rows(NODES):
        answers = [
            (
                await (await world.client(viewer)).post(
                    "query ($id: ID!) { node(id: $id) { __typename id } }", {"id": world.ids[kind]}
                )
            ).json()
            for viewer in VIEWERS
        ]
        got = "".join(letter(answer, "node") for answer in answers)
        if got != expected:
            found.append(f"{kind}: {' '.join(got)}, not {' '.join(expected)}")
    assert found == []
    owner = Client(client, world.shop.token)
    assert (await owner.ask("query ($id: ID!) { node(id: $id) { id } }", id=world.ids["cart"]))["node"] == {"id": world.ids["cart"]}


PRIVATE = {
    "Company.credit": lambda world: ("company", "... on Company { private: credit { limit { amount } } }"),
    "Variant.cost": lambda world: ("variant", "... on Variant { private: cost { amount } }"),
    "Variant.customerSku": lambda world: ("glove", "... on Variant { private: customerSku }"),
}


async def test_what_is_private_inside_is_null_for_all_others(client):
    world = await open_world(client)
    world.ids["glove"] = f"variant.{world.shop.glove.id}"
    found = []
    for field, expected in rows(INSIDE):
        kind, chosen = PRIVATE[field](world)
        got = ""
        for viewer in VIEWERS:
            query = f"query ($id: ID!) {{ node(id: $id) {{ __typename {chosen} }} }}"
            answer = (await (await world.client(viewer)).post(query, {"id": world.ids[kind]})).json()
            there = answer["data"] and answer["data"]["node"]
            got += "-" if "errors" in answer else "o" if there and there["private"] else "."
        if got != expected:
            found.append(f"{field}: {' '.join(got)}, not {' '.join(expected)}")
    assert found == []


@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_no_answer_holds_a_word_that_is_not_for_its_reader(client, kind):
    """All that can be selected of every field, three objects deep; what the reader has typed herself is left out."""
    world = await open_world(client)
    names = [row for row, _ in rows(QUERIES if kind == "query" else MUTATIONS)]
    leaks = []
    for viewer, canaries in CANARIES.items():
        for row in names:
            answer, typed = await asked(await world.client(viewer), world, kind, row, depth=3)
            text = repr(answer)
            assert "TOO_COMPLEX" not in text, f"{row} was not looked at: select less"
            for word in typed:
                text = text.replace(word, "")
            leaks += [f"{row} tells {VIEWERS[viewer]} {canary}" for canary in canaries if canary in text]
    assert leaks == []


async def test_the_canaries_are_there_for_those_who_may_see_them(client):
    world = await open_world(client)
    seen = ""
    for viewer in ("B", "Z", "R"):
        for row, _ in rows(QUERIES):
            seen += repr((await asked(await world.client(viewer), world, "query", row, depth=3))[0])
    seen += repr(await Client(client, world.shop.token).ask("{ carts { lines { note } } }"))
    for canary in {canary for canaries in CANARIES.values() for canary in canaries}:
        assert canary in seen, f"{canary} is nowhere to be seen: the test above proves nothing"


async def test_counts_facets_and_search_tell_nothing_of_what_is_hidden(client):
    world = await open_world(client)
    stranger = await world.client("S")
    query = """query ($q: String, $f: ProductFilter, $s: ProductSort) { products(query: $q, filter: $f, sort: $s) { totalCount
        facets { kind values { label count } } } }"""
    for sort in ("NAME", "NEWEST", "PRICE_LOW", "BEST_SELLING", "RELEVANCE"):
        found = (await stranger.ask(query, s=sort))["products"]
        assert found["totalCount"] == 1
        assert {value["label"] for facet in found["facets"] for value in facet["values"]} == {"Southline", "In stock"}
    for hidden in (
        {"q": "Softshell"},
        {"q": "NW-1-BLACK-M"},
        {"q": "CANARY-SKU"},
        {"f": {"brand": [world.ids["brand"]]}},
        {"f": {"category": [world.ids["category"]]}},
        {"f": {"options": [{"name": "Colour", "value": "Black"}]}},
    ):
        found = (await stranger.ask(query, **hidden))["products"]
        assert found["totalCount"] == 0, hidden


async def test_what_is_hidden_is_refused_in_the_words_for_what_does_not_exist(client):
    world = await open_world(client)
    stranger = await world.client("S")
    real = await fill(stranger, {"sku": "NW-1-BLACK-M", "quantity": 1}, {"variantId": world.ids["variant"], "quantity": 1})
    none = await fill(stranger, {"sku": "XX-9-BLACK-M", "quantity": 1}, {"variantId": "variant.77", "quantity": 1})
    words = [[outcome["message"].replace("XX-9", "NW-1") for outcome in done["outcomes"]] for done in (real, none)]
    assert words[0] == words[1]
    cancel = 'mutation ($id: ID!) { cancelOrder(id: $id, reason: "no") { __typename ... on NotFound { message } } }'
    assert await stranger.ask(cancel, id=world.ids["order"]) == await stranger.ask(cancel, id="order.77")
