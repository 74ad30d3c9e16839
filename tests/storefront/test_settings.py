"""The seller's settings: what is sent, what stands beside a refused field, and who finds which of them."""

from typing import Any

import pytest

from storefront import areas
from storefront.forms import CURRENCY
from storefront.pages.staff.shipping import countries_of
from tests.storefront.canned import CannedApi, browser, error
from tests.storefront.test_staff import shell

TERMS = {"version": 3, "code": "NET 30", "name": "30 days net", "dueInDays": 30, "depositPercent": "12.50"}
RATE = {"version": 3, "country": "NL", "taxClass": "STANDARD", "name": "VAT", "rate": "21.00"}
PARCEL = {
    "version": 3,
    "code": "PARCEL",
    "name": "Parcel",
    "currency": "EUR",
    "price": {"amount": "9.50", "currency": "EUR"},
    "freeFrom": None,
    "countries": ["NL", "BE"],
    "position": 2,
}
STORE = {"version": 3, "id": "warehouse.1", "code": "MAIN", "name": "Main store", "position": 0}
SELLER = {
    "version": 3,
    "name": "Northline",
    "currency": "EUR",
    "timezone": "Europe/Amsterdam",
    "country": "NL",
    "priceStrategy": "MERGE",
    "breakScope": "PRODUCT",
    "stockDisplayCap": 200,
    "lowStockAt": 20,
}
LISTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "payment-terms": ("PaymentTerms", "paymentTerms", TERMS),
    "tax-rates": ("TaxRates", "taxRates", RATE),
    "shipping": ("ShippingMethods", "shippingMethods", PARCEL),
    "warehouses": ("Warehouses", "warehouses", STORE),
}
ONE = {
    "payment-terms": "one?code=NET+30",
    "tax-rates": "one?country=NL&class=STANDARD",
    "shipping": "one?code=PARCEL&currency=EUR",
    "warehouses": "warehouse.1",
}


def refused(name: str, *path: str) -> dict[str, Any]:
    return {name: {"__typename": "InvalidInput", "message": "Not like this.", "path": list(path)}}


def api(**answers: Any) -> CannedApi:
    lists = {document: {**shell("ADMIN"), field: [record]} for document, field, record in LISTS.values()}
    return CannedApi(Frame=shell("ADMIN"), Seller={**shell("ADMIN"), "seller": SELLER}, **lists, **answers)


@pytest.mark.parametrize("role", ["SALES_MANAGER", "WAREHOUSE", "ADMIN"])
async def test_each_role_finds_the_settings_that_are_hers_to_keep(role: str):
    async with browser(CannedApi(Frame=shell(role))) as client:
        page = (await client.get("/staff/settings")).text
    hers = {area.path for area in areas.settings_of(role)}
    assert {area.path for area in areas.CONDITIONS if f'<a href="{area.path}"><b>' in page} == hers


async def test_who_keeps_no_settings_finds_no_such_page():
    async with browser(CannedApi(Frame=shell("MARKETING"))) as client:
        assert (await client.get("/staff/settings")).status_code == 404


@pytest.mark.parametrize("name", LISTS)
async def test_what_is_there_is_listed_and_leads_to_a_form_of_its_own(name: str):
    record = LISTS[name][2]
    async with browser(api()) as client:
        listed = (await client.get(f"/staff/settings/{name}")).text
        one = await client.get(f"/staff/settings/{name}/{ONE[name]}")
        missing = await client.get(f"/staff/settings/{name}/{ONE[name].replace('NL', 'DE').replace('=PARCEL', '=X')}9")
    assert str(record["name"]) in listed
    assert f'value="{record["name"]}"' in one.text
    assert "Delete this" in one.text
    assert missing.status_code == 404


@pytest.mark.parametrize("name", LISTS)
async def test_who_may_not_read_the_list_is_shown_no_form_for_a_new_one(name: str):
    async with browser(CannedApi(**{LISTS[name][0]: error("FORBIDDEN"), "Frame": shell("BUYER")})) as client:
        assert (await client.get(f"/staff/settings/{name}/new")).status_code == 403


@pytest.mark.parametrize("name", LISTS)
async def test_an_empty_list_says_what_follows_from_that(name: str):
    document, field, _ = LISTS[name]
    async with browser(CannedApi(**{document: {**shell("ADMIN"), field: []}})) as client:
        page = (await client.get(f"/staff/settings/{name}")).text
    assert 'class="empty"' in page
    assert f"/staff/settings/{name}/new" in page


@pytest.mark.parametrize(
    ("name", "mutation", "form", "sent", "path", "field"),
    [
        (
            "payment-terms",
            "SavePaymentTerms",
            {"code": "NET8", "name": "8 days", "dueInDays": "8", "depositPercent": ""},
            {"input": {"code": "NET8", "name": "8 days", "dueInDays": 8, "depositPercent": "0"}, "onlyNew": True},
            ["input", "code"],
            "terms-code",
        ),
        (
            "tax-rates",
            "SaveTaxRates",
            {"country": "de", "taxClass": "STANDARD", "name": "MwSt.", "rate": "19"},
            {"rates": [{"country": "DE", "taxClass": "STANDARD", "name": "MwSt.", "rate": "19"}], "onlyNew": True},
            ["rates", "0", "taxClass"],
            "tax-taxClass",
        ),
        (
            "shipping",
            "SaveShippingMethod",
            {"code": "X", "currency": "eur", "name": "X", "price": "4.5", "freeFrom": "", "countries": "nl, be", "position": "1"},
            {
                "input": {
                    "code": "X",
                    "currency": "EUR",
                    "name": "X",
                    "position": 1,
                    "countries": ["NL", "BE"],
                    "price": {"amount": "4.5", "currency": "EUR"},
                },
                "onlyNew": True,
            },
            ["input", "countries"],
            "shipping-countries",
        ),
        (
            "warehouses",
            "SaveWarehouse",
            {"code": "NORTH", "name": "North"},
            {"input": {"code": "NORTH", "name": "North"}, "onlyNew": True},
            ["input", "code"],
            "warehouse-code",
        ),
    ],
    ids=list(LISTS),
)
async def test_a_new_one_is_sent_as_new_and_a_refusal_stands_beside_its_field(
    name: str, mutation: str, form: dict[str, str], sent: dict[str, Any], path: list[str], field: str
):
    canned = api(**{mutation: refused(mutation[0].lower() + mutation[1:], *path)})
    async with browser(canned) as client:
        assert (await client.get(f"/staff/settings/{name}/new")).status_code == 200
        answer = await client.post(f"/staff/settings/{name}/new", data=form)
    assert canned.variables_of(mutation) == sent
    assert answer.status_code == 422
    assert f'<span class="hint" id="{field}-wrong">Not like this.</span>' in answer.text
    assert all(f'value="{value}"' in answer.text for value in form.values())


@pytest.mark.parametrize(
    ("name", "mutation", "form", "key"),
    [
        (
            "payment-terms",
            "SavePaymentTerms",
            {"do": "saved", "name": "New name", "dueInDays": "30", "depositPercent": "0"},
            {"code": "NET 30"},
        ),
        ("tax-rates", "SaveTaxRates", {"do": "saved", "name": "New name", "rate": "9"}, {"country": "NL", "taxClass": "STANDARD"}),
        ("shipping", "SaveShippingMethod", {"do": "saved", "name": "New name"}, {"code": "PARCEL", "currency": "EUR"}),
        ("warehouses", "SaveWarehouse", {"do": "saved", "name": "New name", "position": "3"}, {"code": "MAIN"}),
    ],
)
async def test_one_that_is_there_keeps_its_key(name: str, mutation: str, form: dict[str, str], key: dict[str, str]):
    canned = api(**{mutation: {mutation[0].lower() + mutation[1:]: {"__typename": "Done"}}})
    async with browser(canned) as client:
        answer = await client.post(f"/staff/settings/{name}/{ONE[name]}", data=form)
    sent = canned.variables_of(mutation)
    wanted = sent["rates"][0] if "rates" in sent else sent["input"]
    assert wanted.items() >= {**key, "name": "New name"}.items()
    assert not sent.get("onlyNew")
    assert answer.headers["location"] == f"/staff/settings/{name}?done=saved"


@pytest.mark.parametrize(
    ("name", "mutation", "key"),
    [
        ("payment-terms", "DeletePaymentTerms", {"code": "NET 30"}),
        ("tax-rates", "DeleteTaxRate", {"country": "NL", "taxClass": "STANDARD"}),
        ("shipping", "DeleteShippingMethod", {"code": "PARCEL", "currency": "EUR"}),
        ("warehouses", "DeleteWarehouse", {"id": "warehouse.1"}),
    ],
)
async def test_one_is_deleted_and_what_holds_it_is_said(name: str, mutation: str, key: dict[str, str]):
    field = mutation[0].lower() + mutation[1:]
    canned = api(**{mutation: {field: {"__typename": "Deleted"}}})
    async with browser(canned) as client:
        answer = await client.post(f"/staff/settings/{name}/{ONE[name]}", data={"do": "deleted"})
        canned.answers[mutation] = refused(field, "id")
        held = await client.post(f"/staff/settings/{name}/{ONE[name]}", data={"do": "deleted"})
    assert canned.variables_of(mutation) == key
    assert answer.headers["location"] == f"/staff/settings/{name}?done=deleted"
    assert (held.status_code, "Not like this." in held.text) == (422, True)


async def test_what_is_needed_is_deleted_only_by_who_was_told():
    used = {"__typename": "InUse", "message": "In use by 2 locations.", "successor": None, "mayProceed": True}
    canned = api(DeleteTaxRate={"deleteTaxRate": used})
    page = f"/staff/settings/tax-rates/{ONE['tax-rates']}"
    async with browser(canned) as client:
        held = await client.post(page, data={"do": "deleted"})
        await client.post(page, data={"do": "deleted", "evenIfInUse": "1"})
    assert held.status_code == 422
    assert held.text.count("In use by 2 locations.") == 1, "it is said beside the button, and not above the other form"
    assert 'name="evenIfInUse"' in held.text
    assert canned.variables_of("DeleteTaxRate") == {"country": "NL", "taxClass": "STANDARD", "evenIfInUse": True}


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("payment-terms", {"code": "X", "name": "X", "dueInDays": "soon"}, "Give a whole number."),
        ("payment-terms", {"code": "X", "name": "X", "dueInDays": ""}, "This must not be empty."),
        ("tax-rates", {"country": "NL", "taxClass": "X", "name": "X", "rate": "much"}, "Give a percentage such as 21 or 5.5."),
        ("shipping", {"code": "X", "currency": "EUR", "name": "X", "price": "dear"}, "Give an amount such as 12.50."),
        ("shipping", {"code": "X", "currency": "eu", "name": "X"}, CURRENCY),
    ],
)
async def test_what_is_no_number_is_never_sent(name: str, form: dict[str, str], said: str):
    canned = api()
    async with browser(canned) as client:
        answer = await client.post(f"/staff/settings/{name}/new", data=form)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert not [asked for asked, _ in canned.asked if asked.startswith("Save")]


async def test_a_warehouse_without_a_place_does_not_come_first():
    canned = api()
    async with browser(canned) as client:
        answer = await client.post("/staff/settings/warehouses/warehouse.1", data={"do": "saved", "name": "Main", "position": ""})
    assert (answer.status_code, "This must not be empty." in answer.text) == (422, True)
    assert "SaveWarehouse" not in [name for name, _ in canned.asked]


async def test_the_shop_is_saved_as_a_whole():
    canned = api(UpdateSeller={"updateSeller": {"__typename": "Seller"}})
    form = {name: str(value) for name, value in SELLER.items() if name != "currency"} | {"country": "be", "lowStockAt": "5"}
    async with browser(canned) as client:
        assert "reckons in EUR" in (await client.get("/staff/settings/shop")).text
        answer = await client.post("/staff/settings/shop", data=form)
        canned.answers["UpdateSeller"] = refused("updateSeller", "input", "timezone")
        held = await client.post("/staff/settings/shop", data=form)
    wanted = {name: value for name, value in SELLER.items() if name not in ("currency", "version")}
    assert canned.variables_of("UpdateSeller") == {"input": wanted | {"country": "BE", "lowStockAt": 5, "expectedVersion": 3}}
    assert answer.headers["location"] == "/staff/settings/shop?done=saved"
    assert '<span class="hint" id="shop-timezone-wrong">Not like this.</span>' in held.text


STALE: dict[str, Any] = {"__typename": "Stale", "message": "Somebody else changed this meanwhile."}


@pytest.mark.parametrize(
    ("name", "mutation", "form"),
    [
        ("payment-terms", "SavePaymentTerms", {"name": "Mine", "dueInDays": "30", "depositPercent": "0"}),
        ("tax-rates", "SaveTaxRates", {"name": "Mine", "rate": "9"}),
        ("shipping", "SaveShippingMethod", {"name": "Mine"}),
        ("warehouses", "SaveWarehouse", {"name": "Mine", "position": "3"}),
    ],
)
async def test_what_somebody_else_saved_stands_beside_what_was_typed(name: str, mutation: str, form: dict[str, str]):
    canned = api(**{mutation: {mutation[0].lower() + mutation[1:]: STALE}})
    async with browser(canned) as client:
        held = await client.post(f"/staff/settings/{name}/{ONE[name]}", data=form | {"do": "saved", "version": "2"})
    sent = canned.variables_of(mutation)
    assert (sent["rates"][0] if "rates" in sent else sent["input"])["expectedVersion"] == 2
    assert held.status_code == 422
    assert 'value="Mine"' in held.text
    assert f"Stored now: {LISTS[name][2]['name']}" in held.text
    assert 'name="version" value="3"' in held.text, "who saves again has seen the newest"


def test_countries_are_read_as_people_write_them():
    assert countries_of("nl, BE;de  nl\n") == ["NL", "BE", "DE"]
    assert countries_of(" ") == []
