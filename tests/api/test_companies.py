"""Companies and locations: who sees which, what the seller does about them, and that nobody else can."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backend.companies.actions.accounts import save_companies, save_locations
from backend.companies.actions.seller import ensure_seller, set_credit_limit
from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft
from backend.companies.models import Company, CompanyGroup, CompanyLocation, CreditAccount, PaymentTerms, RepAccount
from backend.companies.queries import viewer_at, viewer_for_token
from backend.core.database import count_statements, execute, fetch_value
from backend.core.errors import Forbidden, InvalidInput
from backend.core.faults import InvalidRows
from backend.core.models import Seller
from backend.core.money import Money
from backend.core.viewer import BUYER_ROLES, STAFF_ROLES, Role, Viewer, system_viewer
from tests.api.shopping import Client
from tests.factories.companies import (
    an_address,
    make_company,
    make_group,
    make_location,
    make_member,
    make_seller,
    make_staff,
    make_terms,
    sign_in_as,
    viewer_of,
)

CREDIT = "credit { limit { amount currency } openOrders { amount } openInvoices { amount } overdue { amount } available { amount } onHold }"
COMPANY = f"""id name number category taxId isActive salesReps {{ id name email }}
  paymentTerms {{ code name dueInDays depositPercent }} {CREDIT}"""
ADDRESS = "name phone line1 line2 city region postcode country"
LOCATION = f"id name number currency taxId isActive company {{ {COMPANY} }} address {{ {ADDRESS} }} billingAddress {{ {ADDRESS} }}"
PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
LOCATIONS = f"""query ($search: String, $first: Int, $after: String, $last: Int, $before: String, $company: ID, $all: Boolean) {{
  locations(query: $search, first: $first, after: $after, last: $last, before: $before, companyId: $company, withInactive: $all) {{
    {PAGE} nodes {{ {LOCATION} }} edges {{ cursor node {{ id }} }} }} }}"""
COMPANIES = f"""query ($search: String, $first: Int, $after: String, $group: ID) {{
  companies(query: $search, first: $first, after: $after, groupId: $group) {{ {PAGE} nodes {{ {COMPANY} }} edges {{ cursor node {{ id }} }} }} }}"""
NODE = "query ($id: ID!) { node(id: $id) { __typename id ... on Company { name } ... on CompanyLocation { name } ... on User { email } } }"
RESULT = f"""__typename ... on Company {{ {COMPANY} }} ... on InvalidInput {{ message path }} ... on NotFound {{ message }}"""
PLACE = (
    f"""__typename ... on CompanyLocation {{ {LOCATION} }} ... on InvalidInput {{ message path }} ... on NotFound {{ message }}"""
)
CREATE = f"mutation ($input: CreateCompanyInput!) {{ createCompany(input: $input) {{ {RESULT} }} }}"
UPDATE = f"mutation ($id: ID!, $input: UpdateCompanyInput!) {{ updateCompany(id: $id, input: $input) {{ {RESULT} }} }}"
CREATE_PLACE = (
    f"mutation ($id: ID!, $input: CreateLocationInput!) {{ createLocation(companyId: $id, input: $input) {{ {PLACE} }} }}"
)
UPDATE_PLACE = f"mutation ($id: ID!, $input: UpdateLocationInput!) {{ updateLocation(id: $id, input: $input) {{ {PLACE} }} }}"
SAVE_TERMS = """mutation ($input: PaymentTermsInput!) { savePaymentTerms(input: $input) {
  __typename ... on PaymentTerms { code name dueInDays depositPercent } ... on InvalidInput { path } } }"""
SAVE_GROUP = """mutation ($code: String!, $name: String!) { saveCompanyGroup(code: $code, name: $name) {
  __typename ... on CompanyGroup { id code name } ... on InvalidInput { path } } }"""
PUT_IN = f"mutation ($id: ID!, $other: ID!) {{ putInGroup(companyId: $id, groupId: $other) {{ {RESULT} }} }}"
TAKE_OUT = f"mutation ($id: ID!, $other: ID!) {{ takeOutOfGroup(companyId: $id, groupId: $other) {{ {RESULT} }} }}"
ASSIGN = f"mutation ($id: ID!, $other: ID!) {{ assignRep(companyId: $id, userId: $other) {{ {RESULT} }} }}"
UNASSIGN = f"mutation ($id: ID!, $other: ID!) {{ unassignRep(companyId: $id, userId: $other) {{ {RESULT} }} }}"
LIMIT = f"mutation ($id: ID!, $limit: MoneyInput!) {{ setCreditLimit(companyId: $id, limit: $limit) {{ {RESULT} }} }}"
HOLD = f"mutation ($id: ID!, $hold: Boolean!) {{ setCreditHold(companyId: $id, onHold: $hold) {{ {RESULT} }} }}"
SELLER = "name currency timezone country priceStrategy breakScope stockDisplayCap lowStockAt"
UPDATE_SELLER = f"""mutation ($input: UpdateSellerInput!) {{ updateSeller(input: $input) {{
  __typename ... on Seller {{ {SELLER} }} ... on InvalidInput {{ message path }} ... on NotFound {{ message }} }} }}"""
HARBOUR = {"number": "C1", "name": "Harbour Workwear", "category": "INDEPENDENT_RETAILER", "paymentTerms": "NET30"}
ROTTERDAM = {
    "number": "L1",
    "name": "Rotterdam",
    "currency": "EUR",
    "address": {"line1": "Waalhaven 12", "city": "Rotterdam", "country": "NL"},
}


async def staff(client: httpx.AsyncClient, role: Role = Role.ADMIN) -> Client:
    return Client(client, await sign_in_as(await make_staff(role)))


def names(connection: dict[str, Any]) -> list[str]:
    return [node["name"] for node in connection["nodes"]]


# ---- who sees which


async def test_a_buyer_sees_the_locations_that_she_may_use(client: httpx.AsyncClient) -> None:
    company = await make_company("Harbour")
    one, two = await make_location(company, "Antwerp"), await make_location(company, "Breda")
    await make_location(company, "Closed", is_active=False)
    await make_location(await make_company("Hill"), "Elsewhere")
    buyer = Client(client, await sign_in_as(await make_member(company, locations=(two,))))
    admin = Client(client, await sign_in_as(await make_member(company, Role.COMPANY_ADMIN, locations=(one,))))
    assert names((await buyer.ask(LOCATIONS))["locations"]) == ["Breda"]
    assert (await buyer.ask(LOCATIONS))["locations"]["totalCount"] == 1
    assert names((await admin.ask(LOCATIONS))["locations"]) == ["Antwerp", "Breda"]
    assert names((await admin.ask(LOCATIONS, all=True))["locations"]) == ["Antwerp", "Breda"]
    assert names((await buyer.ask(COMPANIES))["companies"]) == ["Harbour"]


async def test_a_location_says_all_that_is_promised(client: httpx.AsyncClient) -> None:
    rep = await make_staff(Role.SALES_REP, name="Remy Rep")
    terms = await make_terms("DEP30", name="30 days, 30 % deposit", due_in_days=30, deposit_percent_e4=300_000)
    company = await make_company("Harbour", tax_id="NL1", reps=(rep,), payment_terms=terms, credit={"EUR": 500_000, "GBP": 1})
    address = an_address(name="Harbour B.V.", phone="+31 10 1", line2="Gate 3", region="ZH")
    place = await make_location(company, "Rotterdam", address=address, tax_id="NL2")
    await CreditAccount.filter(currency="EUR").update(taken_minor=120_050)
    buyer = Client(client, await sign_in_as(await make_member(company)))
    (shown,) = (await buyer.ask(LOCATIONS))["locations"]["nodes"]
    assert shown == {
        "id": f"location.{place.id}",
        "name": "Rotterdam",
        "number": place.number,
        "currency": "EUR",
        "taxId": "NL2",
        "isActive": True,
        "address": address,
        "billingAddress": an_address(),
        "company": {
            "id": f"company.{company.id}",
            "name": "Harbour",
            "number": company.number,
            "category": "INDEPENDENT_RETAILER",
            "taxId": "NL1",
            "isActive": True,
            "salesReps": [{"id": f"user.{rep.id}", "name": "Remy Rep", "email": ""}],
            "paymentTerms": {"code": "DEP30", "name": "30 days, 30 % deposit", "dueInDays": 30, "depositPercent": "30.00"},
            "credit": {
                "limit": {"amount": "5000.00", "currency": "EUR"},
                "openOrders": {"amount": "1200.50"},
                "openInvoices": {"amount": "0.00"},
                "overdue": {"amount": "0.00"},
                "available": {"amount": "3799.50"},
                "onHold": False,
            },
        },
    }


async def test_somebody_in_two_companies_may_order_for_both(client: httpx.AsyncClient) -> None:
    one, two = await make_company("Alpha"), await make_company("Beta")
    first, second = await make_location(one, "A"), await make_location(two, "B")
    member = await make_member(one, locations=(first,))
    await make_member(two, locations=(second,), user=member.user)
    buyer = Client(client, await sign_in_as(member))
    assert names((await buyer.ask(LOCATIONS))["locations"]) == ["A", "B"]
    assert names((await buyer.ask(COMPANIES))["companies"]) == ["Alpha", "Beta"]


async def test_a_rep_sees_her_accounts_and_other_staff_all(client: httpx.AsyncClient) -> None:
    rep = await make_staff(Role.SALES_REP)
    await make_location(await make_company("Alpha", reps=(rep,)), "A")
    await make_location(await make_company("Beta"), "B")
    await make_location(await make_company("Gone", reps=(rep,), is_active=False), "G")
    mine = Client(client, await sign_in_as(rep))
    assert names((await mine.ask(LOCATIONS))["locations"]) == ["A"]
    assert names((await mine.ask(COMPANIES))["companies"]) == ["Alpha"]
    for role in (Role.SALES_MANAGER, Role.ADMIN, Role.FINANCE, Role.WAREHOUSE, Role.MARKETING):
        other = await staff(client, role)
        assert names((await other.ask(LOCATIONS))["locations"]) == ["A", "B"]
        assert names((await other.ask(COMPANIES))["companies"]) == ["Alpha", "Beta", "Gone"]
    manager = await staff(client, Role.SALES_MANAGER)
    assert names((await manager.ask(LOCATIONS, all=True))["locations"]) == ["A", "B", "G"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rotter", ["R"]),
        ("HARBOUR", ["A", "R"]),
        ("l-77", ["R"]),
        ("c-9", ["A", "R"]),
        ("%", []),
        ("_", ["Under_score"]),
        ("zürich", ["Under_score"]),
    ],
)
async def test_locations_are_found_by_name_number_and_town(client: httpx.AsyncClient, query: str, found: list[str]) -> None:
    harbour = await make_company("Harbour", number="C-9")
    await make_location(harbour, "R", number="L-77", address=an_address(city="Rotterdam"))
    await make_location(harbour, "A", number="L-78", address=an_address(city="Antwerp"))
    hill = await make_company("Hill", number="C-1")
    await make_location(hill, "Under_score", number="L-1", address=an_address(city="ZÜRICH"))
    asking = await staff(client)
    answer = (await asking.ask(LOCATIONS, search=query))["locations"]
    assert names(answer) == found
    assert answer["totalCount"] == len(found)
    assert names((await asking.ask(LOCATIONS, company=f"company.{hill.id}"))["locations"]) == ["Under_score"]
    assert names((await asking.ask(LOCATIONS, company="nonsense"))["locations"]) == []


@pytest.mark.parametrize(
    ("query", "found"), [("hill", ["Hill"]), ("c-9", ["Harbour"]), ("antw", ["Harbour"]), ("zz\0", []), ("  ", ["Harbour", "Hill"])]
)
async def test_companies_are_found_by_name_number_and_town(client: httpx.AsyncClient, query: str, found: list[str]) -> None:
    harbour = await make_company("Harbour", number="C-9")
    await make_location(harbour, address=an_address(city="Antwerp"))
    await make_company("Hill", number="C-1")
    assert names((await (await staff(client)).ask(COMPANIES, search=query))["companies"]) == found


async def test_a_group_narrows_the_companies_for_those_who_manage_them(client: httpx.AsyncClient) -> None:
    group = await make_group("GOLD")
    company = await make_company("Alpha", groups=(group,))
    await make_company("Beta")
    assert names((await (await staff(client)).ask(COMPANIES, group=f"group.{group.id}"))["companies"]) == ["Alpha"]
    await make_location(company)
    buyer = Client(client, await sign_in_as(await make_member(company)))
    assert await buyer.code(COMPANIES, group=f"group.{group.id}") == "FORBIDDEN"


async def test_pages_go_on_where_the_last_one_ended_and_back(client: httpx.AsyncClient) -> None:
    company = await make_company()
    for name in ("C", "A", "B", "B"):
        await make_location(company, name)
    asking = await staff(client)
    first = (await asking.ask(LOCATIONS, first=2))["locations"]
    assert (names(first), first["totalCount"]) == (["A", "B"], 4)
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    second = (await asking.ask(LOCATIONS, first=2, after=first["pageInfo"]["endCursor"]))["locations"]
    assert (names(second), second["pageInfo"]["hasNextPage"]) == (["B", "C"], False)
    assert {node["id"] for node in first["nodes"]}.isdisjoint(node["id"] for node in second["nodes"])
    back = (await asking.ask(LOCATIONS, last=2, before=second["pageInfo"]["startCursor"]))["locations"]
    assert [edge["node"] for edge in back["edges"]] == [{"id": node["id"]} for node in first["nodes"]]
    nothing = (await asking.ask(LOCATIONS, first=0))["locations"]
    assert (names(nothing), nothing["totalCount"]) == ([], 4)
    beyond = (await asking.ask(LOCATIONS, first=2, after=second["pageInfo"]["endCursor"]))["locations"]
    assert (names(beyond), beyond["totalCount"]) == ([], 4)
    for wrong in ({"first": 101}, {"first": 1, "last": 1}, {"after": "nonsense"}, {"first": -1}):
        assert await asking.code(LOCATIONS, **wrong) == "BAD_INPUT"


@pytest.mark.parametrize("operation", [LOCATIONS, COMPANIES])
async def test_a_page_costs_the_same_whatever_is_on_it(client: httpx.AsyncClient, operation: str) -> None:
    rep = await make_staff(Role.SALES_REP)
    asking = await staff(client)
    counts = []
    for _ in range(2):
        await make_location(await make_company(reps=(rep,), credit={"EUR": 1}))
        with count_statements() as statements:
            await asking.ask(operation)
        counts.append(statements.count)
        for _ in range(10):
            await make_location(await make_company(reps=(rep,), credit={"EUR": 1}))
    assert counts == [3, 3]  # who asks, the page, how many in all


# ---- node


async def test_node_finds_what_the_lists_show_and_nothing_else(client: httpx.AsyncClient) -> None:
    rep, stranger = await make_staff(Role.SALES_REP), await make_staff(Role.SALES_REP)
    mine, other = await make_company("Mine", reps=(rep,)), await make_company("Other")
    place, closed_to_me, foreign = await make_location(mine), await make_location(mine), await make_location(other)
    me, colleague = await make_member(mine, locations=(place,)), await make_member(mine)
    foreigner = await make_member(other)
    buyer = Client(client, await sign_in_as(me))
    seen = [("company", mine.id), ("location", place.id), ("user", me.user_id), ("user", colleague.user_id), ("user", rep.id)]
    hidden = [
        ("company", other.id),
        ("location", closed_to_me.id),
        ("location", foreign.id),
        ("user", foreigner.user_id),
        ("user", stranger.id),
        ("member", me.id),
        ("company", place.id),
        ("company", 0),
    ]
    for kind, key in seen:
        assert (await buyer.ask(NODE, id=f"{kind}.{key}"))["node"]["id"] == f"{kind}.{key}"
    for kind, key in hidden:
        assert (await buyer.ask(NODE, id=f"{kind}.{key}"))["node"] is None
    account = Client(client, await sign_in_as(rep))
    assert (await account.ask(NODE, id=f"location.{closed_to_me.id}"))["node"]["__typename"] == "CompanyLocation"
    for kind, key in (("company", other.id), ("location", foreign.id)):
        assert (await account.ask(NODE, id=f"{kind}.{key}"))["node"] is None
        assert (await (await staff(client)).ask(NODE, id=f"{kind}.{key}"))["node"]["id"] == f"{kind}.{key}"


# ---- credit


async def test_credit_shows_in_the_currency_of_the_location_and_to_those_who_may_see_it(client: httpx.AsyncClient) -> None:
    rep, stranger = await make_staff(Role.SALES_REP), await make_staff(Role.SALES_REP)
    company = await make_company("Harbour", reps=(rep,), credit={"EUR": 100, "GBP": 200})
    euro, pound, yen = [await make_location(company, currency=currency) for currency in ("EUR", "GBP", "JPY")]
    member = await make_member(company)
    key, ask = f"company.{company.id}", f"query ($id: ID!) {{ node(id: $id) {{ ... on Company {{ {CREDIT} }} }} }}"

    async def limit(token: str) -> Any:
        node = (await Client(client, token).ask(ask, id=key))["node"]
        return node and node["credit"] and node["credit"]["limit"]

    assert await limit(await sign_in_as(member, euro)) == {"amount": "1.00", "currency": "EUR"}
    assert await limit(await sign_in_as(member, pound)) == {"amount": "2.00", "currency": "GBP"}
    assert await limit(await sign_in_as(member, yen)) is None
    assert await limit(await sign_in_as(rep)) == {"amount": "1.00", "currency": "EUR"}
    assert await limit(await sign_in_as(stranger)) is None
    assert await limit(await sign_in_as(await make_staff(Role.FINANCE))) == {"amount": "1.00", "currency": "EUR"}
    assert await limit(await sign_in_as(await make_staff(Role.MARKETING))) is None


async def test_the_credit_of_another_company_of_hers_stays_there(client: httpx.AsyncClient) -> None:
    one, two = await make_company("Alpha", credit={"EUR": 1}), await make_company("Beta", credit={"EUR": 2})
    await make_location(one)
    await make_location(two)
    member = await make_member(one)
    await make_member(two, user=member.user)
    shown = (await Client(client, await sign_in_as(member)).ask(COMPANIES))["companies"]["nodes"]
    assert [node["credit"] is None for node in shown] == [False, True]


async def test_nothing_is_available_beyond_the_limit(client: httpx.AsyncClient) -> None:
    company = await make_company(credit={"EUR": 500})
    await CreditAccount.all().update(taken_minor=500)
    finance = await staff(client, Role.FINANCE)
    lowered = await finance.ask(LIMIT, id=f"company.{company.id}", limit={"amount": "2", "currency": "EUR"})
    assert lowered["setCreditLimit"]["credit"]["available"] == {"amount": "0.00"}
    assert lowered["setCreditLimit"]["credit"]["openOrders"] == {"amount": "5.00"}
    account = await CreditAccount.get(company=company)
    assert (account.limit_minor, account.ceiling_minor, account.taken_minor) == (200, 500, 500)
    await finance.ask(LIMIT, id=f"company.{company.id}", limit={"amount": "9", "currency": "EUR"})
    account = await CreditAccount.get(company=company)
    assert (account.limit_minor, account.ceiling_minor) == (900, 900)


async def test_credit_is_set_per_currency(client: httpx.AsyncClient) -> None:
    company = await make_company()
    finance = await staff(client, Role.FINANCE)
    await finance.ask(LIMIT, id=f"company.{company.id}", limit={"amount": "12.50", "currency": "EUR"})
    await finance.ask(LIMIT, id=f"company.{company.id}", limit={"amount": "1000", "currency": "JPY"})
    assert set(await CreditAccount.all().values_list("currency", "limit_minor")) == {("EUR", 1250), ("JPY", 1000)}
    for amount, currency in (("-1", "EUR"), ("1.005", "EUR"), ("0.5", "JPY")):
        bad = await finance.ask(LIMIT, id=f"company.{company.id}", limit={"amount": amount, "currency": currency})
        assert (bad["setCreditLimit"]["__typename"], bad["setCreditLimit"]["path"]) == ("InvalidInput", ["limit", "amount"])
    assert (await finance.ask(LIMIT, id="company.1", limit={"amount": "1", "currency": "EUR"}))["setCreditLimit"][
        "__typename"
    ] == "NotFound"
    assert await CreditAccount.all().count() == 2


async def test_a_hold_is_set_and_lifted(client: httpx.AsyncClient) -> None:
    company = await make_company(credit={"EUR": 1})
    finance = await staff(client, Role.FINANCE)
    for hold in (True, False):
        answer = (await finance.ask(HOLD, id=f"company.{company.id}", hold=hold))["setCreditHold"]
        assert answer["credit"]["onHold"] is hold
    assert (await finance.ask(HOLD, id="company.1", hold=True))["setCreditHold"]["__typename"] == "NotFound"


# ---- companies and locations


async def test_a_company_is_created_changed_and_closed(client: httpx.AsyncClient) -> None:
    await make_terms()
    await make_terms("NET60", due_in_days=60)
    manager = await staff(client, Role.SALES_MANAGER)
    made = (await manager.ask(CREATE, input={**HARBOUR, "taxId": "NL1", "priceStrategy": "LOWEST"}))["createCompany"]
    assert (made["name"], made["number"], made["category"], made["taxId"]) == (
        "Harbour Workwear",
        "C1",
        "INDEPENDENT_RETAILER",
        "NL1",
    )
    assert (await Company.get(number="C1")).price_strategy == "LOWEST"
    change = {"name": "Harbour", "paymentTerms": "NET60", "taxId": None, "priceStrategy": None}
    changed = (await manager.ask(UPDATE, id=made["id"], input=change))["updateCompany"]
    assert (changed["name"], changed["taxId"], changed["paymentTerms"]["dueInDays"]) == ("Harbour", None, 60)
    assert changed["category"] == "INDEPENDENT_RETAILER"
    assert (await Company.get(number="C1")).price_strategy is None
    closed = (await manager.ask(UPDATE, id=made["id"], input={"isActive": False, "name": None}))["updateCompany"]
    assert (closed["isActive"], closed["name"]) == (False, "Harbour")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"number": "TAKEN"}, ["input", "number"]),
        ({"number": " "}, ["input", "number"]),
        ({"number": "a\0b"}, ["input", "number"]),
        ({"name": "two\nlines"}, ["input", "name"]),
        ({"name": "x" * 201}, ["input", "name"]),
        ({"taxId": "\t"}, ["input", "taxId"]),
        ({"paymentTerms": "NET99"}, ["input", "paymentTerms"]),
        ({"paymentTerms": "a\0b"}, ["input", "paymentTerms"]),
    ],
)
async def test_a_company_that_cannot_stand_is_not_created(
    client: httpx.AsyncClient, change: dict[str, str], path: list[str]
) -> None:
    await make_company(number="TAKEN")
    answer = (await (await staff(client)).ask(CREATE, input={**HARBOUR, **change}))["createCompany"]
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", path)
    assert await Company.all().count() == 1


async def test_a_change_that_cannot_stand_changes_nothing(client: httpx.AsyncClient) -> None:
    company = await make_company("Harbour")
    admin = await staff(client)
    change = {"name": "Other", "paymentTerms": "NET99"}
    bad = (await admin.ask(UPDATE, id=f"company.{company.id}", input=change))["updateCompany"]
    assert (bad["__typename"], bad["path"]) == ("InvalidInput", ["input", "paymentTerms"])
    assert (await Company.get(id=company.id)).name == "Harbour"
    for key in ("company.1", f"location.{company.id}", "nonsense"):
        assert (await admin.ask(UPDATE, id=key, input={"name": "Other"}))["updateCompany"]["__typename"] == "NotFound"


async def test_a_location_is_created_changed_and_closed(client: httpx.AsyncClient) -> None:
    company = await make_company()
    manager = await staff(client, Role.SALES_MANAGER)
    made = (await manager.ask(CREATE_PLACE, id=f"company.{company.id}", input=ROTTERDAM))["createLocation"]
    assert made["address"]["city"] == "Rotterdam"
    assert made["billingAddress"] == made["address"]
    assert made["company"]["id"] == f"company.{company.id}"
    new = {"line1": "Kade 1", "city": "Antwerp", "country": "BE", "postcode": "2000"}
    changed = (await manager.ask(UPDATE_PLACE, id=made["id"], input={"address": new, "name": "Antwerp", "taxId": "BE1"}))[
        "updateLocation"
    ]
    assert (changed["address"]["postcode"], changed["billingAddress"]["city"]) == ("2000", "Rotterdam")
    assert (changed["name"], changed["taxId"], changed["currency"]) == ("Antwerp", "BE1", "EUR")
    same = (await manager.ask(UPDATE_PLACE, id=made["id"], input={"billingAddress": None, "isActive": False}))["updateLocation"]
    assert (same["billingAddress"], same["isActive"]) == (same["address"], False)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"number": "TAKEN"}, ["input", "number"]),
        ({"name": ""}, ["input", "name"]),
        ({"address": {"line1": "", "city": "R", "country": "NL"}}, ["input", "address", "line1"]),
        ({"address": {"line1": "a", "city": "R", "country": "Holland"}}, ["input", "address", "country"]),
        ({"address": {"line1": "a", "city": "R", "country": "XX"}}, ["input", "address", "country"]),
        ({"billingAddress": {"line1": "a", "city": "R\n", "country": "NL"}}, ["input", "billingAddress", "city"]),
        ({"billingAddress": {"line1": "a", "city": "R", "country": "UK"}}, ["input", "billingAddress", "country"]),
        ({"currency": "ZZZ"}, ["input", "currency"]),
        ({"email": "goods-in"}, ["input", "email"]),
    ],
)
async def test_a_location_that_cannot_stand_is_not_created(
    client: httpx.AsyncClient, change: dict[str, Any], path: list[str]
) -> None:
    company = await make_company()
    await make_location(company, number="TAKEN")
    answer = await (await staff(client)).ask(CREATE_PLACE, id=f"company.{company.id}", input={**ROTTERDAM, **change})
    assert (answer["createLocation"]["__typename"], answer["createLocation"]["path"]) == ("InvalidInput", path)
    assert await CompanyLocation.all().count() == 1


async def test_the_address_for_mails_of_a_location_is_set_kept_and_taken_away(client: httpx.AsyncClient) -> None:
    admin, company = await staff(client), await make_company()
    create = CREATE_PLACE.replace(PLACE, f"{PLACE} ... on CompanyLocation {{ email }}")
    update = "mutation ($id: ID!, $input: UpdateLocationInput!) { updateLocation(id: $id, input: $input) { ... on CompanyLocation { id email } } }"
    given = {**ROTTERDAM, "email": " Goods-In@Harbour.example"}
    made = (await admin.ask(create, id=f"company.{company.id}", input=given))["createLocation"]
    assert made["email"] == "goods-in@harbour.example"
    kept = (await admin.ask(update, id=made["id"], input={"name": "Quay"}))["updateLocation"]
    assert kept["email"] == "goods-in@harbour.example"
    gone = (await admin.ask(update, id=made["id"], input={"email": None}))["updateLocation"]
    assert gone["email"] is None


async def test_a_location_needs_a_company_that_is_there(client: httpx.AsyncClient) -> None:
    admin = await staff(client)
    assert (await admin.ask(CREATE_PLACE, id="company.1", input=ROTTERDAM))["createLocation"]["__typename"] == "NotFound"
    assert (await admin.ask(UPDATE_PLACE, id="location.1", input={"name": "x"}))["updateLocation"]["__typename"] == "NotFound"
    assert await CompanyLocation.all().count() == 0


# ---- groups, terms, reps, the seller


async def test_a_company_goes_into_a_group_and_out(client: httpx.AsyncClient) -> None:
    company = await make_company()
    await make_location(company)
    token = await sign_in_as(await make_member(company))
    admin = await staff(client)
    group = (await admin.ask(SAVE_GROUP, code="GOLD", name="Gold"))["saveCompanyGroup"]
    key = int(group["id"].partition(".")[2])
    for _ in range(2):
        assert (await admin.ask(PUT_IN, id=f"company.{company.id}", other=group["id"]))["putInGroup"]["__typename"] == "Company"
        assert (await viewer_for_token(token)).group_ids == (key,)
    for _ in range(2):
        assert (await admin.ask(TAKE_OUT, id=f"company.{company.id}", other=group["id"]))["takeOutOfGroup"][
            "__typename"
        ] == "Company"
        assert (await viewer_for_token(token)).group_ids == ()
    for operation, name in ((PUT_IN, "putInGroup"), (TAKE_OUT, "takeOutOfGroup")):
        assert (await admin.ask(operation, id="company.1", other=group["id"]))[name]["__typename"] == "NotFound"
        assert (await admin.ask(operation, id=f"company.{company.id}", other="group.1"))[name]["__typename"] == "NotFound"


async def test_a_group_is_renamed_by_its_code(client: httpx.AsyncClient) -> None:
    admin = await staff(client)
    first = (await admin.ask(SAVE_GROUP, code="GOLD", name="Gold"))["saveCompanyGroup"]
    again = (await admin.ask(SAVE_GROUP, code="GOLD", name="Golden"))["saveCompanyGroup"]
    assert again == {**first, "name": "Golden"}
    assert (await admin.ask("{ companyGroups { id code name } }"))["companyGroups"] == [
        {"id": first["id"], "code": "GOLD", "name": "Golden"}
    ]
    bad = (await admin.ask(SAVE_GROUP, code="", name="x"))["saveCompanyGroup"]
    assert bad == {"__typename": "InvalidInput", "path": ["input", "code"]}
    assert await CompanyGroup.all().count() == 1


async def test_payment_terms_are_kept_by_code(client: httpx.AsyncClient) -> None:
    admin = await staff(client)
    given = {"code": "NET14", "name": "14 days", "dueInDays": 14, "depositPercent": "12.5"}
    saved = (await admin.ask(SAVE_TERMS, input=given))["savePaymentTerms"]
    assert saved == {"__typename": "PaymentTerms", **given, "depositPercent": "12.50"}
    await admin.ask(SAVE_TERMS, input={**given, "dueInDays": 15})
    assert (await admin.ask("{ paymentTerms { code dueInDays } }"))["paymentTerms"] == [{"code": "NET14", "dueInDays": 15}]
    for change, name in (
        ({"dueInDays": -1}, "dueInDays"),
        ({"depositPercent": "100.1"}, "depositPercent"),
        ({"depositPercent": "0.00001"}, "depositPercent"),
    ):
        bad = (await admin.ask(SAVE_TERMS, input={**given, **change}))["savePaymentTerms"]
        assert bad == {"__typename": "InvalidInput", "path": ["input", name]}
    assert (await PaymentTerms.get(code="NET14")).deposit_percent_e4 == 125_000


async def test_a_rep_is_assigned_and_unassigned(client: httpx.AsyncClient) -> None:
    company, rep = await make_company(), await make_staff(Role.SALES_REP)
    admin = await staff(client)
    for _ in range(2):
        done = (await admin.ask(ASSIGN, id=f"company.{company.id}", other=f"user.{rep.id}"))["assignRep"]
        assert [one["id"] for one in done["salesReps"]] == [f"user.{rep.id}"]
    done = (await admin.ask(UNASSIGN, id=f"company.{company.id}", other=f"user.{rep.id}"))["unassignRep"]
    assert done["salesReps"] == []
    other = await make_staff(Role.FINANCE)
    bad = (await admin.ask(ASSIGN, id=f"company.{company.id}", other=f"user.{other.id}"))["assignRep"]
    assert (bad["__typename"], bad["path"]) == ("InvalidInput", ["userId"])
    for operation, name in ((ASSIGN, "assignRep"), (UNASSIGN, "unassignRep")):
        assert (await admin.ask(operation, id="company.1", other=f"user.{rep.id}"))[name]["__typename"] == "NotFound"
        assert (await admin.ask(operation, id=f"company.{company.id}", other="user.1"))[name]["__typename"] == "NotFound"
    assert await RepAccount.all().count() == 0


async def test_the_sellers_settings_hold_from_the_next_request_on(client: httpx.AsyncClient) -> None:
    await make_seller()
    company = await make_company()
    await make_location(company)
    token = await sign_in_as(await make_member(company))
    admin = await staff(client)
    change = {
        "priceStrategy": "MERGE",
        "timezone": "Europe/Amsterdam",
        "stockDisplayCap": 7,
        "lowStockAt": 3,
        "breakScope": "PRODUCT",
    }
    saved = (await admin.ask(UPDATE_SELLER, input={**change, "name": "Northgate", "country": "BE"}))["updateSeller"]
    assert saved == {"__typename": "Seller", **change, "name": "Northgate", "currency": "EUR", "country": "BE"}
    assert (await admin.ask(f"{{ seller {{ {SELLER} }} }}"))["seller"]["name"] == "Northgate"
    viewer = await viewer_for_token(token)
    assert (viewer.price_strategy, viewer.timezone, viewer.stock_display_cap, viewer.low_stock_at) == (
        "MERGE",
        "Europe/Amsterdam",
        7,
        3,
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"name": ""}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"timezone": "a\0b"}, "timezone"),
        ({"country": "nl"}, "country"),
        ({"stockDisplayCap": -1}, "stockDisplayCap"),
        ({"lowStockAt": 2_000_000}, "lowStockAt"),
    ],
)
async def test_settings_that_cannot_stand_change_nothing(client: httpx.AsyncClient, change: dict[str, Any], name: str) -> None:
    await make_seller()
    before = await Seller.all().values()
    bad = (await (await staff(client)).ask(UPDATE_SELLER, input={"breakScope": "GROUP", **change}))["updateSeller"]
    assert (bad["__typename"], bad["path"]) == ("InvalidInput", ["input", name])
    assert await Seller.all().values() == before


async def test_without_a_seller_there_are_no_settings(client: httpx.AsyncClient) -> None:
    admin = await staff(client)
    assert (await admin.ask("{ seller { name } }"))["seller"] is None
    assert (await admin.ask(UPDATE_SELLER, input={"name": "x"}))["updateSeller"]["__typename"] == "NotFound"


async def test_there_is_one_seller(database: str) -> None:
    first = await ensure_seller(system_viewer(), name="Northgate", currency="EUR")
    assert await ensure_seller(system_viewer(), name="Other", currency="USD") == first
    assert await Seller.all().values_list("name", "currency") == [("Northgate", "EUR")]
    with pytest.raises(InvalidInput):
        await ensure_seller(system_viewer(), name="Other", currency="euro")


# ---- who may not

CHANGES: list[tuple[str, dict[str, Any], frozenset[Role]]] = [
    (CREATE, {"input": HARBOUR}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (UPDATE, {"id": "COMPANY", "input": {"name": "Mine now"}}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (CREATE_PLACE, {"id": "COMPANY", "input": ROTTERDAM}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (UPDATE_PLACE, {"id": "LOCATION", "input": {"name": "Mine now"}}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (SAVE_TERMS, {"input": {"code": "X", "name": "X", "dueInDays": 1}}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (SAVE_GROUP, {"code": "X", "name": "X"}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (PUT_IN, {"id": "COMPANY", "other": "GROUP"}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (TAKE_OUT, {"id": "COMPANY", "other": "GROUP2"}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (ASSIGN, {"id": "COMPANY", "other": "REP"}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (UNASSIGN, {"id": "COMPANY", "other": "REP2"}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    (LIMIT, {"id": "COMPANY", "limit": {"amount": "9", "currency": "EUR"}}, frozenset({Role.FINANCE, Role.ADMIN})),
    (HOLD, {"id": "COMPANY", "hold": True}, frozenset({Role.FINANCE, Role.ADMIN})),
    (UPDATE_SELLER, {"input": {"name": "Mine now"}}, frozenset({Role.ADMIN})),
    ("{ seller { name } }", {}, frozenset({Role.ADMIN})),
    ("{ companyGroups { id } }", {}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
    ("{ paymentTerms { code } }", {}, frozenset({Role.SALES_MANAGER, Role.ADMIN})),
]
TABLES = (
    "company", "company_location", "payment_terms", "company_group", "company_group_member", "rep_account", "credit_account", "seller",
)  # fmt: skip


async def everything() -> list[Any]:
    return [await fetch_value(f"SELECT json_agg(t ORDER BY t.id)::text FROM {table} t") for table in TABLES]


@pytest.mark.parametrize(
    ("operation", "variables", "allowed"), CHANGES, ids=[change[0].split("{ ")[1].split("(")[0] for change in CHANGES]
)
async def test_only_those_who_may_do_it_can(
    client: httpx.AsyncClient, operation: str, variables: dict[str, Any], allowed: frozenset[Role]
) -> None:
    await make_seller()
    rep, rep2 = await make_staff(Role.SALES_REP), await make_staff(Role.SALES_REP)
    group, group2 = await make_group(), await make_group()
    company = await make_company(reps=(rep2,), groups=(group2,), credit={"EUR": 100})
    place = await make_location(company)
    names = {
        "COMPANY": f"company.{company.id}",
        "LOCATION": f"location.{place.id}",
        "GROUP": f"group.{group.id}",
        "GROUP2": f"group.{group2.id}",
        "REP": f"user.{rep.id}",
        "REP2": f"user.{rep2.id}",
    }
    sent = {name: names.get(value, value) if isinstance(value, str) else value for name, value in variables.items()}
    other = await make_company()
    await make_location(other)
    viewers = {role: await sign_in_as(await make_staff(role)) for role in STAFF_ROLES}
    viewers |= {role: await sign_in_as(await make_member(company, role)) for role in BUYER_ROLES}
    before = await everything()
    assert await Client(client).code(operation, **sent) == "NOT_SIGNED_IN"
    for who in (rep2, await make_member(other, Role.COMPANY_ADMIN)):
        assert await Client(client, await sign_in_as(who)).code(operation, **sent) == "FORBIDDEN"
    for role in set(viewers) - allowed:
        assert await Client(client, viewers[role]).code(operation, **sent) == "FORBIDDEN", role
    assert await everything() == before
    for role in sorted(allowed):
        await Client(client, viewers[role]).ask(operation, **sent)


# ---- many at a time


async def bulk_companies(viewer: Viewer, count: int) -> Any:
    return await save_companies(
        viewer, [CompanyDraft(f"C{i}", name="x", category="WHOLESALER", payment_terms="NET30") for i in range(count)]
    )


async def bulk_locations(viewer: Viewer, count: int) -> Any:
    address = AddressDraft("Kade 1", "Antwerp", "BE", phone="1")
    return await save_locations(
        viewer, [LocationDraft(f"L{i}", company="ONE", name="{x}", currency="EUR", address=address) for i in range(count)]
    )


@pytest.mark.parametrize("save", [bulk_companies, bulk_locations])
async def test_many_cost_as_many_statements_as_one_and_twice_changes_nothing(
    database: str, save: Callable[[Viewer, int], Awaitable[Any]]
) -> None:
    await make_company(number="ONE")
    counts = []
    for number in (1, 300):
        with count_statements() as statements:
            await save(system_viewer(), number)
        counts.append(statements.count)
    assert counts[0] == counts[1]
    again = await save(system_viewer(), 300)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 300)


async def test_groups_and_reps_of_a_draft_replace_what_was(database: str) -> None:
    rep, group, old = await make_staff(Role.SALES_REP), await make_group("NEW"), await make_group("OLD")
    await make_company(number="C1", groups=(old,), reps=(await make_staff(Role.SALES_REP),))
    other = await make_company(groups=(old,))
    await save_companies(system_viewer(), [CompanyDraft("C1", groups=("NEW", "NEW"), sales_reps=(rep.email.upper(),))])
    assert await fetch_value("SELECT array_agg(group_id) FROM company_group_member WHERE company_id <> $1", other.id) == [group.id]
    assert await fetch_value("SELECT array_agg(user_id) FROM rep_account") == [rep.id]
    assert await fetch_value("SELECT group_id FROM company_group_member WHERE company_id = $1", other.id) == old.id
    await save_companies(system_viewer(), [CompanyDraft("C1", groups=())])
    assert await fetch_value("SELECT count(*) FROM company_group_member") == 1


async def test_every_bad_row_is_named_and_nothing_is_written(database: str) -> None:
    await make_terms()
    drafts = [
        CompanyDraft("C1", name="Good", category="WHOLESALER", payment_terms="NET30"),
        CompanyDraft("C2", name="No terms", category="WHOLESALER"),
        CompanyDraft("C3", name="Unknown terms", category="WHOLESALER", payment_terms="NET99"),
    ]
    with pytest.raises(InvalidRows) as caught:
        await save_companies(system_viewer(), drafts)
    assert [(fault.row, fault.path) for fault in caught.value.faults] == [(1, ("paymentTerms",)), (2, ("paymentTerms",))]
    good = CompanyDraft("C1", name="Good", category="WHOLESALER", payment_terms="NET30")
    for bad in (CompanyDraft("C4", groups=("NONE",), name="x", category="WHOLESALER", payment_terms="NET30"),):
        with pytest.raises(InvalidRows):
            await save_companies(system_viewer(), [good, bad])
    assert await Company.all().count() == 0


async def test_a_location_does_not_move_to_another_company(database: str) -> None:
    place = await make_location(await make_company(number="ONE"), number="L1")
    await make_company(number="TWO")
    with pytest.raises(InvalidRows):
        await save_locations(system_viewer(), [LocationDraft("L1", company="TWO")])
    assert (await CompanyLocation.get(id=place.id)).company_id == place.company_id


async def test_actions_ask_for_permission_themselves(database: str) -> None:
    company = await make_company()
    await make_location(company)
    buyer = await viewer_of(await make_member(company, Role.COMPANY_ADMIN))
    with pytest.raises(Forbidden):
        await bulk_companies(buyer, 1)
    with pytest.raises(Forbidden):
        await set_credit_limit(buyer, company.id, Money(1, "EUR"))


# ---- a viewer at another place


async def test_a_question_about_another_place_is_asked_as_if_there(database: str) -> None:
    rep, group = await make_staff(Role.SALES_REP), await make_group()
    mine, other = await make_company(reps=(rep,), groups=(group,), price_strategy="LOWEST"), await make_company()
    here, there = await make_location(mine, currency="GBP"), await make_location(other)
    asked = await viewer_at(await viewer_of(rep), here.id)
    assert asked is not None
    assert (asked.company_id, asked.location_id, asked.currency) == (mine.id, here.id, "GBP")
    assert (asked.group_ids, asked.price_strategy, asked.acting_for) == ((group.id,), "LOWEST", True)
    assert await viewer_at(await viewer_of(rep), there.id) is None
    assert await viewer_at(await viewer_of(await make_member(mine)), there.id) is None
    assert await viewer_at(await viewer_of(await make_staff(Role.FINANCE)), there.id) is not None
    await execute("UPDATE company SET is_active = FALSE")
    assert await viewer_at(await viewer_of(rep), here.id) is None
