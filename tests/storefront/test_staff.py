"""Account and staff pages: who is shown what, what is sent, and what stands beside a field that was refused."""

from typing import Any

import pytest

from backend.companies.rules import MIN_PASSWORD
from backend.core.viewer import BUYER_ROLES, PERMISSIONS, Permission, Role
from storefront import areas
from storefront.devices import device
from storefront.forms import CURRENCY, Form, is_amount
from storefront.pages.staff.products import paragraphs, plain_text, slug_of, tree, values_of
from tests.storefront.canned import SHELL, SIGNED_IN, VIEWER, CannedApi, browser

ASKS = {
    areas.PRODUCTS: {Permission.MANAGE_CATALOGUE},
    areas.STOCK: {Permission.MANAGE_STOCK},
    areas.COMPANIES: {Permission.MANAGE_COMPANIES, Permission.MANAGE_CREDIT},
    areas.PRICE_LISTS: {Permission.MANAGE_PRICES},
    areas.ASSORTMENTS: {Permission.MANAGE_ASSORTMENTS},
    areas.PEOPLE: {Permission.MANAGE_SETTINGS},
    areas.SHOP: {Permission.MANAGE_SETTINGS},
    areas.TERMS: {Permission.MANAGE_COMPANIES},
    areas.TAX: {Permission.MANAGE_PRICES},
    areas.SHIPPING: {Permission.MANAGE_SETTINGS},
    areas.WAREHOUSES: {Permission.MANAGE_STOCK},
    areas.FAILURES: {Permission.MANAGE_SETTINGS},
}
ASKS[areas.SETTINGS] = set().union(*(ASKS[condition] for condition in areas.CONDITIONS))
NO_PAGES = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


def shell(role: str) -> dict[str, Any]:
    return {"viewer": VIEWER | {"role": role, "company": None, "location": None}, "cart": None}


def roles_with(*permissions: Permission) -> set[str]:
    return {role.value for role, held in PERMISSIONS.items() if held & set(permissions)}


# ---- who is shown what


@pytest.mark.parametrize("area", areas.AREAS + areas.CONDITIONS, ids=lambda area: area.name)
def test_an_area_is_shown_to_those_whom_the_api_lets_work_there(area: areas.Area):
    assert area.roles == roles_with(*ASKS[area])


def test_the_roles_that_pages_name_are_those_that_the_api_lets():
    assert {role.value for role in BUYER_ROLES} == areas.BUYERS
    assert areas.BUYERS | roles_with(Permission.ACT_FOR_BUYERS) == areas.ORDERS
    assert roles_with(Permission.MANAGE_ORDERS) == areas.CONFIRMS_ORDERS
    assert roles_with(Permission.MANAGE_CREDIT) == areas.SETS_CREDIT
    assert roles_with(Permission.MANAGE_COMPANIES) == areas.KEEPS_COMPANIES


@pytest.mark.parametrize("role", [role.value for role in Role])
async def test_the_navigation_names_a_role_its_own_pages_and_no_others(role: str):
    data = shell(role) | {"sessions": [], "locations": {"totalCount": 0, "nodes": []}}
    async with browser(CannedApi(Account=data)) as client:
        page = (await client.get("/account")).text
    assert ('href="/staff"' in page) == bool(areas.areas_of(role))
    assert ('href="/locations"' in page) == (role in areas.ORDERS)
    assert ('href="/account/members"' in page) == (role == "COMPANY_ADMIN")


@pytest.mark.parametrize("role", ["BUYER", "SALES_REP"])
async def test_who_has_nothing_to_manage_finds_no_such_page(role: str):
    async with browser(CannedApi(Frame=shell(role))) as client:
        for path in ("/staff", "/staff/companies", "/staff/companies/company.1"):
            assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(("role", "path"), [("MARKETING", "/staff"), ("WAREHOUSE", "/staff"), ("ADMIN", "/locations")])
async def test_staff_begin_where_their_work_is(role: str, path: str):
    signed_in = SIGNED_IN | {"viewer": {"role": role, "location": None}}
    async with browser(CannedApi(SignIn={"signIn": signed_in}), signed_in=False) as client:
        answer = await client.post("/sign-in", data={"email": "x@seller.example", "password": "x"})
    assert answer.headers["location"] == path


# ---- account


async def test_two_new_passwords_that_differ_are_never_sent_and_never_shown_again():
    data = {**SHELL, "sessions": [], "locations": {"totalCount": 0, "nodes": []}}
    api = CannedApi(Account=data)
    async with browser(api) as client:
        answer = await client.post("/account/password", data={"current": "old-secret", "new": "new-secret", "again": "nwe-secret"})
    assert answer.status_code == 422
    assert "The two are not the same." in answer.text
    assert not any(secret in answer.text for secret in ("old-secret", "new-secret", "nwe-secret"))
    assert [name for name, _ in api.asked] == ["Account"]


async def test_a_reset_says_the_same_for_every_address():
    api = CannedApi(RequestPasswordReset={"requestPasswordReset": True})
    async with browser(api, signed_in=False) as client:
        answer = await client.post("/password", data={"email": "who@ever.example"})
        assert answer.headers["location"] == "/password?sent=1"
        assert "who@ever.example" not in (await client.get("/password?sent=1")).text


async def test_the_link_of_a_mail_sets_a_password_and_signs_in():
    api = CannedApi(SetPassword={"setPassword": SIGNED_IN})
    async with browser(api, signed_in=False) as client:
        assert 'name="token" value="lp_1"' in (await client.get("/set-password?token=lp_1")).text
        form = {"token": "lp_1", "password": " a long one ", "again": " a long one "}
        answer = await client.post("/set-password", data=form)
    assert api.variables_of("SetPassword") == {"token": "lp_1", "password": " a long one "}
    assert answer.headers["location"] == "/"
    assert "linesheet=secret-token" in answer.headers["set-cookie"]


async def test_a_link_that_was_used_leads_to_another():
    gone = {"__typename": "NotFound", "message": "This link has expired or was used already."}
    async with browser(CannedApi(SetPassword={"setPassword": gone}), signed_in=False) as client:
        answer = await client.post("/set-password", data={"token": "x", "password": "abc", "again": "abc"})
    assert answer.status_code == 404
    assert 'href="/password"' in answer.text


async def test_an_invitation_goes_to_ones_own_company_and_what_is_refused_stands_beside_its_field():
    place = {"id": "location.1", "name": "Quay", "number": "1", "company": {"id": "company.1"}}
    own = VIEWER | {"role": "COMPANY_ADMIN", "company": {**VIEWER["company"], "id": "company.1"}}  # type: ignore[dict-item]
    other = place | {"id": "location.2", "name": "Elsewhere", "company": {"id": "company.2"}}
    data = {"viewer": own, "cart": None, "locations": {"nodes": [place, other]}}
    refused = {"__typename": "InvalidInput", "message": "She is a member already.", "path": ["input", "email"]}
    api = CannedApi(MemberPlaces=data, InviteMember={"inviteMember": refused})
    async with browser(api) as client:
        form = {"email": "a@b.example", "name": "Ann", "role": "BUYER", "locationIds": "location.1"}
        answer = await client.post("/account/members/new", data=form)
    assert api.variables_of("InviteMember")["companyId"] == "company.1"
    assert api.variables_of("InviteMember")["input"]["locationIds"] == ["location.1"]
    assert answer.status_code == 422
    assert 'aria-describedby="member-email-wrong"' in answer.text
    assert '<span class="hint" id="member-email-wrong">She is a member already.</span>' in answer.text
    assert "Elsewhere" not in answer.text


# ---- products


def a_record(**given: Any) -> dict[str, Any]:
    rule = {"minimum": 1, "maximum": None, "increment": 1}
    variant = {"id": "variant.1", "sku": "N-1", "name": "N", "options": [], "isActive": True, "gtin": None, "quantityRule": rule}
    return {
        "id": "product.1",
        "version": 3,
        "slug": "n-1",
        "name": "Vest",
        "description": "Warm.",
        "descriptionHtml": "<p>Warm.</p>",
        "brand": "Northline",
        "categories": ["vests", "sale"],
        "taxClass": "STANDARD",
        "minimumQuantity": None,
        "options": [],
        "isActive": True,
        "updatedAt": "2026-11-01T10:00:00Z",
        "variants": [variant],
        **given,
    }


def product_answer() -> dict[str, Any]:
    return {**shell("MARKETING"), "brandRecords": [], "categoryRecords": [], "productRecord": a_record(), "product": None}


FORM = {
    "updatedAt": "2026-11-01T10:00:00Z",
    "name": "Vest",
    "brand": "Northline",
    "category": "vests",
    "taxClass": "STANDARD",
    "description": "Warm.",
    "minimumQuantity": "",
    "isActive": "1",
    "minimum.variant.1": "1",
    "maximum.variant.1": "",
    "increment.variant.1": "1",
    "active.variant.1": "1",
}


async def test_saving_a_product_sends_only_what_was_changed():
    saved = {"saveProduct": {"__typename": "ProductRecord", "id": "product.1"}}
    api = CannedApi(ProductRecord=product_answer(), SaveProduct=saved)
    async with browser(api) as client:
        answer = await client.post("/staff/products/product.1", data=FORM | {"name": "Mesh vest", "increment.variant.1": "6"})
    assert answer.headers["location"] == "/staff/products/product.1?done=1"
    assert api.variables_of("SaveProduct")["input"] == {
        "slug": "n-1",
        "name": "Mesh vest",
        "isActive": True,
        "minimumQuantity": None,
        "variants": [{"sku": "N-1", "increment": 6}],
        "expectedVersion": 3,
    }


async def test_the_order_of_an_options_values_is_changed_by_their_places():
    options = [{"name": "Colour", "values": ["Red", "Blue"]}, {"name": "Size", "values": ["M", "L", "2XL", "XS"]}]
    api = CannedApi(
        ProductRecord=product_answer() | {"productRecord": a_record(options=options)},
        SaveProduct={"saveProduct": {"__typename": "ProductRecord", "id": "product.1"}},
    )
    async with browser(api) as client:
        shown = (await client.get("/staff/products/product.1")).text
        assert 'name="place.1.3" value="4"' in shown
        places = {"place.0.0": "1", "place.0.1": "2", "place.1.0": "2", "place.1.1": "3", "place.1.2": "4", "place.1.3": "1"}
        await client.post("/staff/products/product.1", data=FORM | places)
        assert api.variables_of("SaveProduct")["input"]["optionValues"] == [["Red", "Blue"], ["XS", "M", "L", "2XL"]]
        await client.post(
            "/staff/products/product.1", data=FORM | {f"place.1.{at}": str(at + 1) for at in range(3)} | {"place.1.3": "2"}
        )
        assert api.variables_of("SaveProduct")["input"]["optionValues"][1] == ["M", "XS", "L", "2XL"]
        await client.post("/staff/products/product.1", data=FORM | {f"place.1.{at}": str(at + 1) for at in range(4)})
        assert "optionValues" not in api.variables_of("SaveProduct")["input"]
        refused = await client.post("/staff/products/product.1", data=FORM | {"place.1.0": "first"})
        assert (refused.status_code, "Give a whole number." in refused.text) == (422, True)


async def test_a_rule_that_is_refused_stands_in_its_variants_row():
    path = ["input", "variants", "0", "increment"]
    refused = {"saveProduct": {"__typename": "InvalidInput", "message": "Steps begin at 1.", "path": path}}
    api = CannedApi(ProductRecord=product_answer(), SaveProduct=refused)
    async with browser(api) as client:
        answer = await client.post("/staff/products/product.1", data=FORM | {"increment.variant.1": "999"})
    assert answer.status_code == 422
    assert '<span class="hint" id="w-increment-variant-1">Steps begin at 1.</span>' in answer.text
    assert 'value="999"' in answer.text


async def test_a_product_that_changed_meanwhile_is_not_overwritten_and_nothing_typed_is_lost():
    api = CannedApi(ProductRecord=product_answer())
    async with browser(api) as client:
        answer = await client.post("/staff/products/product.1", data=FORM | {"updatedAt": "2026-10-01", "name": "Mesh vest"})
    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile." in answer.text
    assert 'value="Mesh vest"' in answer.text
    assert "Stored now: Vest" in answer.text
    assert "SaveProduct" not in [name for name, _ in api.asked]


GROUP = {"id": "group.1", "version": 3, "code": "KEY", "name": "Key accounts"}


def a_group(**answers: Any) -> CannedApi:
    companies = {"totalCount": 1, "pageInfo": NO_PAGES, "nodes": [{"id": "company.1", "name": "Harbour", "number": "C-1"}]}
    others = [{"id": "group.1", "name": "Key accounts"}, {"id": "group.2", "name": "Others"}]
    data = {**shell("ADMIN"), "node": {"__typename": "CompanyGroup", **GROUP}, "companies": companies, "companyGroups": others}
    return CannedApi(Frame=shell("ADMIN"), CompanyGroup=data, **answers)


async def test_a_group_shows_its_companies_and_goes_only_with_a_successor():
    used = {"__typename": "InUse", "message": "In use by 1 company (Harbour).", "successor": "successorId", "mayProceed": False}
    api = a_group(DeleteCompanyGroup={"deleteCompanyGroup": used}, SaveCompanyGroup={"saveCompanyGroup": {"__typename": "Stale"}})
    async with browser(api) as client:
        page = (await client.get("/staff/groups/group.1")).text
        held = (await client.post("/staff/groups/group.1", data={"do": "deleted"})).text
        late = await client.post("/staff/groups/group.1", data={"do": "saved", "name": "Mine", "version": "2"})
    assert '<a href="/staff/companies/company.1"><b>Harbour</b></a>' in page
    assert "In use by 1 company (Harbour)." in held
    assert '<option value="group.2">Others</option>' in held
    assert api.variables_of("SaveCompanyGroup") == {"code": "KEY", "name": "Mine", "expectedVersion": 2}
    assert (late.status_code, "Stored now: Key accounts" in late.text) == (422, True)


async def test_options_make_a_variant_for_each_combination():
    saved = {"saveProduct": {"__typename": "ProductRecord", "id": "product.2"}}
    api = CannedApi(SaveProduct=saved)
    form = {"sku": "N-2", "name": "Vest", "brand": "North", "option1": "Colour", "values1": "Red, Navy blue, Red", "minimum": "6"}
    form["taxClass"] = "REDUCED"
    async with browser(api) as client:
        await client.post("/staff/products/new", data=form | {"option2": "Size", "values2": "S,M", "increment": "6"})
    wanted = api.variables_of("SaveProduct")["input"]
    assert (wanted["slug"], wanted["taxClass"]) == ("n-2-vest", "REDUCED")
    assert [variant["sku"] for variant in wanted["variants"]] == [
        "N-2-RED-S",
        "N-2-RED-M",
        "N-2-NAVY-BLUE-S",
        "N-2-NAVY-BLUE-M",
    ]
    assert wanted["variants"][0]["increment"] == 6


async def test_a_new_product_never_changes_one_that_is_there():
    taken = {"__typename": "InvalidInput", "message": "There is a product n-1-vest already.", "path": ["input", "slug"]}
    empty = {**shell("MARKETING"), "brandRecords": [], "categoryRecords": []}
    api = CannedApi(SaveProduct={"saveProduct": taken}, NewProduct=empty)
    async with browser(api) as client:
        answer = await client.post(
            "/staff/products/new", data={"sku": "N-1", "name": "Vest", "brand": "North", "taxClass": "STANDARD"}
        )
    assert "There is a product with this number and name already." in answer.text
    assert api.variables_of("SaveProduct")["onlyNew"] is True


VESTS = {"id": "category.1", "slug": "vests", "name": "Vests", "parentId": None}


async def test_a_new_category_is_made_below_the_one_that_is_chosen():
    api = CannedApi(
        ProductRecord=product_answer() | {"categoryRecords": [VESTS]},
        SaveCategory={"saveCategory": {"__typename": "CategoryRecord", "slug": "mesh-vests"}},
        SaveProduct={"saveProduct": {"__typename": "ProductRecord", "id": "product.1"}},
    )
    async with browser(api) as client:
        await client.post("/staff/products/product.1", data=FORM | {"newCategory": "Mesh vests"})
    made = {"name": "Mesh vests", "slug": "mesh-vests", "parentId": "category.1"}
    assert api.variables_of("SaveCategory") == {"input": made}
    assert api.variables_of("SaveProduct")["input"]["categories"] == ["mesh-vests", "vests", "sale"]


async def test_a_new_category_never_changes_one_that_is_there():
    empty = {**shell("MARKETING"), "brandRecords": [], "categoryRecords": [VESTS]}
    api = CannedApi(NewProduct=empty)
    form = {"sku": "N-1", "name": "Vest", "brand": "North", "taxClass": "STANDARD", "newCategory": "vests"}
    async with browser(api) as client:
        answer = await client.post("/staff/products/new", data=form)
    assert "There is a category of this name already: choose it." in answer.text
    assert {name for name, _ in api.asked} == {"NewProduct"}


# ---- where a shop begins


async def test_a_new_group_is_made_and_the_company_put_in():
    api = CannedApi(
        Frame=shell("ADMIN"),
        SaveCompanyGroup={"saveCompanyGroup": {"__typename": "CompanyGroup", "id": "group.7"}},
        PutInGroup={"putInGroup": {"__typename": "Company", "id": "company.1"}},
    )
    async with browser(api) as client:
        await client.post("/staff/companies/company.1", data={"do": "group", "name": "Key accounts"})
    assert api.variables_of("SaveCompanyGroup") == {"code": "key-accounts", "name": "Key accounts"}
    assert api.variables_of("PutInGroup") == {"companyId": "company.1", "groupId": "group.7"}


@pytest.mark.parametrize(("role", "said"), [("ADMIN", "Make the first company"), ("SALES_REP", "Ask your administrator")])
async def test_who_can_make_customers_is_told_how_where_there_are_none(role: str, said: str):
    none = {"locations": {"totalCount": 0, "pageInfo": NO_PAGES, "nodes": []}}
    async with browser(CannedApi(Locations=shell(role) | none)) as client:
        page = (await client.get("/locations")).text
    assert said in page
    assert "Choose a customer</a></footer>" not in page


# ---- stock and prices


STOCK = {
    **shell("WAREHOUSE"),
    "warehouses": [{"id": "warehouse.1", "code": "MAIN", "name": "Main"}],
    "stockLevels": {
        "totalCount": 1,
        "pageInfo": NO_PAGES,
        "nodes": [
            {
                "sku": "N-1", "name": "N", "variantId": "variant.1", "warehouse": "MAIN", "onHand": 9, "reserved": 4, "available": 5, "version": 3
            }
        ],
    },
    "arrivals": {"totalCount": 0, "nodes": []},
}  # fmt: skip


async def test_a_count_sends_only_the_rows_that_were_changed():
    api = CannedApi(SetStock={"setStock": {"__typename": "SetStockDone", "notices": []}})
    form = {"n.variant.1.MAIN": "12", "was.variant.1.MAIN": "9", "n.variant.2.MAIN": "3", "was.variant.2.MAIN": "3"}
    async with browser(api) as client:
        answer = await client.post("/staff/stock?q=N", data=form)
    assert api.variables_of("SetStock")["rows"] == [{"variantId": "variant.1", "warehouse": "MAIN", "quantity": 12}]
    assert answer.headers["location"] == "/staff/stock?q=N&done=counted"


async def test_a_count_below_what_is_reserved_stands_in_its_row():
    refused = {"__typename": "InvalidInput", "message": "4 are reserved.", "path": ["rows", "0", "quantity"]}
    api = CannedApi(SetStock={"setStock": refused}, Stock=STOCK)
    async with browser(api) as client:
        answer = await client.post("/staff/stock", data={"n.variant.1.MAIN": "2", "was.variant.1.MAIN": "9"})
    assert answer.status_code == 422
    assert '<span class="hint" id="w-n-variant-1-MAIN">4 are reserved.</span>' in answer.text
    assert 'value="2"' in answer.text


async def test_a_cleared_count_empties_no_shelf():
    api = CannedApi(Stock=STOCK)
    async with browser(api) as client:
        answer = await client.post("/staff/stock", data={"n.variant.1.MAIN": "", "was.variant.1.MAIN": "9"})
    assert answer.status_code == 422
    assert [name for name, _ in api.asked] == ["Stock"]


async def test_a_price_is_sent_with_its_breaks_and_days():
    api = CannedApi(SetPrices={"setPrices": {"__typename": "SetPricesDone"}}, PriceList=a_list())
    form = {"sku": "N-1", "amount0": "9.5", "quantity2": "1 200", "amount2": "8,25", "validFrom": "2026-12-01", "validTo": ""}
    async with browser(api) as client:
        await client.post("/staff/price-lists/pricelist.1/price", data=form)
    assert api.variables_of("SetPrices") == {
        "priceListId": "pricelist.1",
        "prices": [
            {
                "sku": "N-1",
                "breaks": [{"minimumQuantity": 1, "amount": "9.5"}, {"minimumQuantity": 1200, "amount": "8.25"}],
                "validFrom": "2026-12-01",
                "validTo": None,
            }
        ],
        "expectedVersion": 3,
    }


def a_list(*amounts: str) -> dict[str, Any]:
    """A price list in which N-1 costs so much from 1, 2, … pieces on."""
    record = {"__typename": "PriceList", "id": "pricelist.1", "version": 3, "name": "List", "currency": "EUR"}
    steps = [{"minimumQuantity": at, "unitPrice": {"amount": amount}} for at, amount in enumerate(amounts, 1)]
    price = {"sku": "N-1", "name": "N", "variantId": "variant.1", "validFrom": None, "validTo": None, "breaks": steps}
    return {**shell("ADMIN"), "node": record, "prices": {"nodes": [price] if amounts else []}}


async def test_a_price_is_removed_after_it_was_said_what_goes_with_it():
    api = CannedApi(SetPrices={"setPrices": {"__typename": "SetPricesDone", "removed": 1}}, PriceList=a_list("9.50", "8.25"))
    async with browser(api) as client:
        page = (await client.get("/staff/price-lists/pricelist.1/price?sku=N-1")).text
        answer = await client.post("/staff/price-lists/pricelist.1/price", data={"sku": "N-1", "remove": "1", "validFrom": ""})
    asks = page[page.index("Remove price") :]
    assert "The price of N-1 has 2 breaks: from 1 at 9.50 EUR, from 2 at 8.25 EUR. All of them are removed." in asks
    assert 'name="remove"' not in page[: page.index("Remove price")], "no button beside “Set price” removes it"
    assert api.variables_of("SetPrices")["prices"][0]["breaks"] == []
    assert answer.headers["location"].endswith("done=removed&count=1")


async def test_a_price_that_somebody_else_set_meanwhile_stands_beside_what_was_typed():
    api = CannedApi(SetPrices={"setPrices": {"__typename": "SetPricesDone"}}, PriceList=a_list("9.50"))
    form = {"sku": "N-1", "quantity0": "1", "amount0": "7.00", "was": "1:8.00 : : : : :"}
    async with browser(api) as client:
        held = await client.post("/staff/price-lists/pricelist.1/price", data=form)
        assert "SetPrices" not in [name for name, _ in api.asked]
        done = await client.post("/staff/price-lists/pricelist.1/price", data=form | {"was": "1:9.50 : : : : :"})
    assert held.status_code == 422
    assert "Stored now: 9.50" in held.text
    assert 'value="7.00"' in held.text
    assert done.headers["location"].endswith("done=price")


async def test_a_count_that_somebody_else_made_meanwhile_is_said_in_its_row():
    now = {"variantId": "variant.1", "warehouse": "MAIN", "onHand": 9}
    api = CannedApi(SetStock={"setStock": {"__typename": "Stale", "message": "Late.", "current": now}}, Stock=STOCK)
    form = {"n.variant.1.MAIN": "12", "was.variant.1.MAIN": "8", "v.variant.1.MAIN": "2"}
    async with browser(api) as client:
        held = await client.post("/staff/stock", data=form)
    assert api.variables_of("SetStock")["rows"][0]["expectedVersion"] == 2
    assert "Somebody else counted 9 meanwhile. Save again to replace that." in held.text
    assert 'value="12"' in held.text


@pytest.mark.parametrize(("lists", "ticked"), [(0, True), (3, False)])
async def test_the_first_price_list_of_a_shop_is_offered_as_the_one_for_everybody(lists: int, ticked: bool):
    found = {"totalCount": lists, "pageInfo": NO_PAGES, "nodes": []}
    api = CannedApi(
        PriceLists={**shell("ADMIN"), "priceLists": found}, SavePriceList={"savePriceList": {"__typename": "PriceList", "id": "x"}}
    )
    async with browser(api) as client:
        page = (await client.get("/staff/price-lists/new")).text
        await client.post("/staff/price-lists/new", data={"code": "L", "currency": "eur", "name": "L", "isDefault": "1"})
        assert api.variables_of("SavePriceList")["input"]["isDefault"] is True
        await client.post("/staff/price-lists/new", data={"code": "L", "currency": "eur", "name": "L"})
    assert api.variables_of("SavePriceList")["input"]["isDefault"] is False
    assert ('name="isDefault" value="1" checked' in page) is ticked


async def test_the_break_that_is_refused_is_named_in_its_row():
    record = {"__typename": "PriceList", "id": "pricelist.1", "version": 3, "name": "List", "currency": "EUR"}
    prices = {"totalCount": 0, "pageInfo": NO_PAGES, "nodes": []}
    data = {**shell("ADMIN"), "node": record, "prices": prices, "companyGroups": []}
    path = ["prices", "0", "breaks", "1", "minimumQuantity"]
    refused = {"setPrices": {"__typename": "InvalidInput", "message": "Twice from 6.", "path": path}}
    api = CannedApi(PriceList=data, SetPrices=refused)
    form = {"sku": "N-1", "quantity0": "6", "amount0": "9", "quantity3": "6", "amount3": "8"}
    async with browser(api) as client:
        answer = await client.post("/staff/price-lists/pricelist.1/price", data=form)
    assert '<span class="hint" id="w-quantity3">Twice from 6.</span>' in answer.text


# ---- small words


def test_what_is_refused_about_an_unknown_field_is_said_of_the_whole():
    form = Form("f", {"name": "x"}).answered({"__typename": "InvalidInput", "message": "No.", "path": ["input", "other"]})
    assert (form.message, dict(form.wrong)) == ("No.", {})


@pytest.mark.parametrize(
    ("text", "stands"), [("12", True), ("12.5000", True), ("12,50", False), ("-1", False), ("1e3", False), ("", False)]
)
def test_an_amount_is_a_plain_decimal(text: str, stands: bool):
    assert is_amount(text) is stands


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown"),
    ],
)
def test_a_device_is_named_as_a_person_would(user_agent: str, said: str):
    assert device(user_agent) == said


def test_plain_text_becomes_paragraphs_and_never_markup():
    assert paragraphs("One <b>\r\ntwo\r\n\r\nthree\n") == "<p>One &lt;b&gt;<br>two</p><p>three</p>"


@pytest.mark.parametrize("typed", ["One <b>\ntwo\n\nthree", "One", "", "Wool & silk\n\n30 °C"])
def test_what_was_typed_is_there_to_be_edited(typed: str):
    assert plain_text(paragraphs(typed)) == typed


async def test_a_description_that_was_not_touched_is_not_sent_and_keeps_its_paragraphs():
    record = a_record(description="Warm. Soft.", descriptionHtml="<p>Warm.</p><p>Soft.</p>")
    api = CannedApi(
        ProductRecord={**product_answer(), "productRecord": record},
        SaveProduct={"saveProduct": {"__typename": "ProductRecord", "id": "product.1"}},
    )
    async with browser(api) as client:
        assert ">Warm.\n\nSoft.</textarea>" in (await client.get("/staff/products/product.1")).text
        await client.post("/staff/products/product.1", data=FORM | {"description": "Warm.\r\n\r\nSoft."})
        assert "descriptionHtml" not in api.variables_of("SaveProduct")["input"]
        await client.post("/staff/products/product.1", data=FORM | {"description": "Warm.\r\nSoft."})
    assert api.variables_of("SaveProduct")["input"]["descriptionHtml"] == "<p>Warm.<br>Soft.</p>"


def test_slugs_values_and_the_tree():
    assert slug_of("N-1 Größe Übergang/2") == "n-1-groe-ubergang-2"
    assert values_of(" S, M ,,S , X  L") == ["S", "M", "X L"]
    categories: list[dict[str, Any]] = [
        {"id": "1", "slug": "a", "name": "A", "parentId": None},
        {"id": "2", "slug": "b", "name": "B", "parentId": "1"},
    ]
    assert tree(categories) == [("a", "A"), ("b", "A / B")]


async def test_the_shortest_password_that_is_asked_for_is_the_shortest_that_is_taken():
    async with browser(CannedApi(), signed_in=False) as client:
        assert f"at least {MIN_PASSWORD} characters" in (await client.get("/set-password?token=x")).text.lower()


NOTHING: dict[str, Any] = {
    "productRecords": {"nodes": []},
    "priceLists": {"nodes": [{"priceCount": 0}]},
    "assortments": {"nodes": []},
    "warehouses": [],
    "stockLevels": {"nodes": []},
    "taxRates": [],
    "shippingMethods": [],
    "companies": {"nodes": []},
}


def start_of(role: str, *placed: str, acting: bool = False) -> CannedApi:
    found = {"placed": {"nodes": [{"id": id} for id in placed]}, "orders": {"totalCount": 0, "nodes": []}}
    shop = NOTHING | {"priceLists": {"nodes": [{"priceCount": 0}, {"priceCount": 3}]}, "taxRates": [{"name": "VAT"}]}
    start = {"viewer": shell(role)["viewer"] | {"actingFor": acting}, "cart": None, **found}
    return CannedApi(Frame=shell(role), StaffStart=start, FirstSteps=shop)


async def test_an_empty_shop_says_what_its_first_order_needs():
    async with browser(start_of("ADMIN")) as client:
        page = (await client.get("/staff")).text
    assert "2 of 8 done" in page
    assert page.count('<span class="pill">to do</span>') == 6


@pytest.mark.parametrize(
    ("role", "placed", "acting"), [("ADMIN", ["order.1"], False), ("SALES_MANAGER", [], False), ("ADMIN", [], True)]
)
async def test_first_steps_are_for_who_keeps_it_all_until_the_first_order(role: str, placed: list[str], acting: bool):
    api = start_of(role, *placed, acting=acting)
    async with browser(api) as client:
        page = (await client.get("/staff")).text
    assert "First steps" not in page
    assert "every order that came has its answer" in page
    assert "FirstSteps" not in [name for name, _ in api.asked]


@pytest.mark.parametrize("line", ["N-1 12", "N-1\t12", "N-1;12", "N-1,12", "N-1, 12", "  N-1   12 "])
async def test_items_are_counted_by_their_number_however_the_two_are_kept_apart(line: str):
    api = CannedApi(SetStock={"setStock": {"__typename": "SetStockDone", "notices": []}})
    async with browser(api) as client:
        lines = f"{line}\n\nTwo words 0\nN-2, 1 200"
        answer = await client.post("/staff/stock", data={"items": "1", "warehouse": "MAIN", "lines": lines})
    rows = [{"sku": "N-1", "quantity": 12}, {"sku": "Two words", "quantity": 0}, {"sku": "N-2", "quantity": 1200}]
    assert api.variables_of("SetStock")["rows"] == [row | {"warehouse": "MAIN"} for row in rows]
    assert answer.headers["location"] == "/staff/stock?done=counted"


@pytest.mark.parametrize(
    ("lines", "path", "said"),
    [
        ("", [], "This must not be empty."),
        ("N-1 many", [], "Give the SKU, then the pieces: N-1 many"),
        ("N-1", [], "Give the SKU, then the pieces: N-1"),
        ("N-1 1,200", [], "Give the SKU, then the pieces: N-1 1,200. Write 1.2 or 1200."),
        ("N-1,1,200", [], "Give the SKU, then the pieces: N-1,1,200. Write 1.2 or 1200."),
        ("N-1 1\n" * 1001, [], "At most 1,000 items are saved at once: bring more in with linesheet import stock."),
        ("N-1 2\nN-2 3", ["rows", "1", "sku"], "N-2 3: Not known."),
        ("N-1 2", ["rows", "0", "warehouse"], "Not known."),
    ],
)
async def test_an_item_that_cannot_be_counted_is_named_beside_the_field(lines: str, path: list[str], said: str):
    api = CannedApi(SetStock={"setStock": {"__typename": "InvalidInput", "message": "Not known.", "path": path}}, Stock=STOCK)
    async with browser(api) as client:
        answer = await client.post("/staff/stock", data={"items": "1", "warehouse": "MAIN", "lines": lines})
    field = "warehouse" if path[-1:] == ["warehouse"] else "lines"
    assert answer.status_code == 422
    assert f'<span class="hint" id="items-{field}-wrong">{said}</span>' in answer.text


VEST = {
    "id": "product.1",
    "name": "Vest",
    "variants": [{"id": "variant.1", "sku": "N-1"}, {"id": "variant.2", "sku": "N-2"}],
}


def vest(asked: dict[str, Any], *, acting: bool = False) -> dict[str, Any]:
    return {"viewer": {"actingFor": acting}, "product": VEST if asked["sku"] == "N-2" else None}


async def test_one_price_is_set_for_all_variants_of_a_product():
    record = {"id": "pricelist.1", "version": 3, "__typename": "PriceList", "name": "List", "currency": "EUR"}
    api = CannedApi(
        SetPrices={"setPrices": {"__typename": "SetPricesDone"}},
        ProductNumbered=vest,
        PriceList={**shell("ADMIN"), "node": record, "prices": {"nodes": []}},
    )
    form = {"sku": "N-2", "whole": "1", "amount0": "9.5"}
    async with browser(api) as client:
        answer = await client.post("/staff/price-lists/pricelist.1/price", data=form)
        unknown = await client.post("/staff/price-lists/pricelist.1/price", data=form | {"sku": "N-9"})
    assert [price["sku"] for price in api.variables_of("SetPrices")["prices"]] == ["N-1", "N-2"]
    assert answer.headers["location"] == "/staff/price-lists/pricelist.1?q=Vest&done=price"
    assert (unknown.status_code, "No product that is sold has this number." in unknown.text) == (422, True)
    assert 'name="whole" value="1" checked' in unknown.text


async def test_who_acts_for_a_customer_sets_no_price_for_the_part_that_the_customer_sees():
    record = {"id": "pricelist.1", "version": 3, "__typename": "PriceList", "name": "List", "currency": "EUR"}
    api = CannedApi(
        ProductNumbered=lambda asked: vest(asked, acting=True),
        PriceList={**shell("SALES_MANAGER"), "node": record, "prices": {"nodes": []}},
    )
    form = {"sku": "N-2", "whole": "1", "amount0": "9.5"}
    async with browser(api) as client:
        answer = await client.post("/staff/price-lists/pricelist.1/price", data=form)
    assert (answer.status_code, "only what she sees is found" in answer.text) == (422, True)
    assert "SetPrices" not in [name for name, _ in api.asked]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/staff/price-lists/new", {"code": "L", "name": "List prices", "priority": "1"}),
        ("/staff/companies/company.1/locations/new", {"number": "L-1", "name": "List prices"}),
    ],
)
@pytest.mark.parametrize("currency", ["", "eu", "€"])
async def test_what_is_no_currency_is_never_sent_and_nothing_typed_is_lost(path: str, form: dict[str, str], currency: str):
    api = CannedApi(
        PriceLists={**shell("ADMIN"), "priceLists": {"nodes": []}},
        NewLocation={**shell("ADMIN"), "node": {"__typename": "Company", "id": "company.1", "name": "Harbour"}},
    )
    async with browser(api) as client:
        answer = await client.post(path, data=form | {"currency": currency})
    assert (answer.status_code, CURRENCY in answer.text) == (422, True)
    assert 'value="List prices"' in answer.text
    assert not [name for name, _ in api.asked if name.startswith(("Save", "Create"))]


@pytest.mark.parametrize(("role", "status"), [("SALES_MANAGER", 200), ("FINANCE", 404), ("BUYER", 404)])
async def test_a_new_location_is_for_who_keeps_companies(role: str, status: int):
    api = CannedApi(NewLocation={**shell(role), "node": {"__typename": "Company", "id": "company.1", "name": "Harbour"}})
    async with browser(api) as client:
        answer = await client.get("/staff/companies/company.1/locations/new")
    assert answer.status_code == status
    assert ("Harbour" in answer.text) is (status == 200)


async def test_a_new_location_is_of_a_company_that_there_is():
    async with browser(CannedApi(NewLocation={**shell("ADMIN"), "node": None})) as client:
        assert (await client.get("/staff/companies/company.9/locations/new")).status_code == 404


@pytest.mark.parametrize(
    ("path", "document", "answer"),
    [
        ("/staff/people", "StaffUsers", {"staffUsers": []}),
        ("/staff/people/new", "StaffUsers", {"staffUsers": []}),
        ("/staff/products/new", "NewProduct", {"brandRecords": [], "categoryRecords": []}),
    ],
)
async def test_what_is_not_among_her_pages_does_not_open(path: str, document: str, answer: dict[str, Any]):
    """A sales manager may read who works here and which brands there are, for other pages; these are not hers."""
    for role, status in (("SALES_MANAGER", 404), ("ADMIN", 200)):
        async with browser(CannedApi(**{document: {**shell(role), **answer}})) as client:
            assert (await client.get(path)).status_code == status
