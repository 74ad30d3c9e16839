"""The seller's conditions: what she sets, a buyer meets on the next request; nobody else may."""

from typing import Any

import pytest

from backend.core.ids import global_id
from backend.core.viewer import Role
from tests.api.seller import Refusals, staff
from tests.api.shopping import Client, fill, open_shop

MINIMUM = """mutation ($amount: MoneyInput!, $audience: AudienceInput) { setOrderMinimum(amount: $amount, audience: $audience) { __typename
  ... on OrderMinimums { orderMinimums { amount { amount currency } companyId } } ... on InvalidInput { path } ... on Error { message } } }"""
CLEAR = """mutation ($currency: Currency!) { clearOrderMinimum(currency: $currency) { __typename
  ... on OrderMinimums { orderMinimums { amount { amount } } } ... on Error { message } } }"""
METHOD = """mutation ($input: ShippingMethodInput!) { saveShippingMethod(input: $input) { __typename
  ... on ShippingMethods { shippingMethods { code name currency price { amount } freeFrom { amount } countries position } }
  ... on InvalidInput { path } ... on Error { message } } }"""
DELETE = """mutation ($code: String!) { deleteShippingMethod(code: $code, currency: "EUR") { __typename
  ... on ShippingMethods { shippingMethods { code } } ... on Error { message } } }"""

ONCE: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        """savePaymentTerms(input: {code: "X", name: $name, dueInDays: 8}, onlyNew: true) { __typename ... on PaymentTerms { name }""",
        {"__typename": "PaymentTerms", "name": "First"},
        {"paymentTerms": [{"name": "First"}]},
        ["input", "code"],
    ),
    (
        """saveTaxRates(rates: [{country: "DE", taxClass: "X", name: $name, rate: 7}], onlyNew: true) {
            __typename ... on SaveTaxRatesDone { taxRates { name } }""",
        {"__typename": "SaveTaxRatesDone", "taxRates": [{"name": "First"}]},
        {"taxRates": [{"name": "First"}]},
        ["rates", "0", "taxClass"],
    ),
    (
        """saveShippingMethod(input: {code: "X", name: $name, currency: "EUR"}, onlyNew: true) {
            __typename ... on ShippingMethods { shippingMethods { name } }""",
        {"__typename": "ShippingMethods", "shippingMethods": [{"name": "First"}]},
        {"shippingMethods": [{"name": "First"}]},
        ["input", "code"],
    ),
    (
        """saveWarehouse(input: {code: "X", name: $name}, onlyNew: true) { __typename ... on Warehouse { name }""",
        {"__typename": "Warehouse", "name": "First"},
        {"warehouses": [{"name": "First"}]},
        ["input", "code"],
    ),
]


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def test_a_minimum_holds_from_the_next_request_for_those_it_is_for(client):
    shop = await open_shop()
    admin, buyer = await staff(client), Client(client, shop.token)
    await admin.ask(MINIMUM, amount=euros("100.00"))
    cart = (await fill(buyer, {"sku": "GL-9", "quantity": 3}))["cart"]
    assert [(one["code"], one["needed"]) for one in cart["problems"] if one["blocking"]] == [("BELOW_ORDER_MINIMUM", "100.00")]
    audience = {"companyId": global_id("company", shop.harbour.id)}
    await admin.ask(MINIMUM, amount=euros("5.00"), audience=audience)
    assert not [one for one in (await fill(buyer, {"sku": "GL-9", "quantity": 4}))["cart"]["problems"] if one["blocking"]]
    assert len((await admin.ask("{ orderMinimums { amount { amount } } }"))["orderMinimums"]) == 2
    cleared = (await admin.ask(CLEAR, currency="EUR"))["clearOrderMinimum"]
    assert [one["amount"]["amount"] for one in cleared["orderMinimums"]] == ["5.00"]
    assert (await admin.ask(CLEAR, currency="EUR"))["clearOrderMinimum"]["__typename"] == "NotFound"
    assert (await admin.ask(MINIMUM, amount=euros("-1.00")))["setOrderMinimum"]["path"] == ["amount", "amount"]
    await Refusals(client, shop.token, Role.WAREHOUSE).check(MINIMUM, amount=euros("1.00"))
    await Refusals(client, shop.token, Role.WAREHOUSE).check(CLEAR, currency="EUR")


async def test_shipping_is_offered_where_it_goes_and_free_from_its_threshold(client):
    shop = await open_shop()
    admin, buyer = await staff(client), Client(client, shop.token)
    parcel = {"code": "PARCEL", "name": "Parcel", "currency": "EUR", "price": euros("9.50"), "freeFrom": euros("50.00")}
    await admin.ask(METHOD, input=parcel)
    await admin.ask(METHOD, input={**parcel, "code": "PALLET", "price": None, "freeFrom": None, "position": 1})
    await admin.ask(METHOD, input={**parcel, "code": "SWISS", "countries": ["CH"], "position": 2})
    cart = (await fill(buyer, {"sku": "GL-9", "quantity": 3}))["cart"]
    assert [method["code"] for method in cart["shippingMethods"]] == ["PARCEL", "PALLET"]
    assert (cart["shipping"]["amount"], cart["tax"]["amount"], cart["total"]["amount"]) == ("9.50", "4.10", "23.60")
    assert (await fill(buyer, {"sku": "GL-9", "quantity": 30}))["cart"]["shipping"]["amount"] == "0.00"
    assert (await admin.ask(METHOD, input={**parcel, "countries": ["nl"]}))["saveShippingMethod"]["__typename"] == "InvalidInput"
    wrong = (await admin.ask(METHOD, input={**parcel, "price": {"amount": "1.00", "currency": "GBP"}}))["saveShippingMethod"]
    assert wrong["path"] == ["input", "price", "currency"]
    assert [one["code"] for one in (await admin.ask("{ shippingMethods { code } }"))["shippingMethods"]] == [
        "PARCEL",
        "PALLET",
        "SWISS",
    ]
    assert (await admin.ask(DELETE, code="SWISS"))["deleteShippingMethod"]["__typename"] == "ShippingMethods"
    assert (await admin.ask(DELETE, code="SWISS"))["deleteShippingMethod"]["__typename"] == "NotFound"
    await Refusals(client, shop.token, Role.WAREHOUSE).check(METHOD, input=parcel)
    await Refusals(client, shop.token, Role.WAREHOUSE).check(DELETE, code="PARCEL")


@pytest.mark.parametrize(("mutation", "made", "kept", "path"), ONCE, ids=["terms", "tax", "shipping", "warehouse"])
async def test_what_is_only_to_be_made_never_changes_what_is_there(client, mutation, made, kept, path):
    admin, name = await staff(client), mutation.partition("(")[0]
    document = f"mutation ($name: String!) {{ {mutation} ... on InvalidInput {{ path }} }} }}"
    assert (await admin.ask(document, name="First"))[name] == made
    assert (await admin.ask(document, name="Second"))[name] == {"__typename": "InvalidInput", "path": path}
    assert await admin.ask(f"{{ {next(iter(kept))} {{ name }} }}") == kept
