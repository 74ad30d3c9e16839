"""The pages: where one lands, what is sent, and what stands beside a value that was refused."""

import re
from typing import Any

import pytest

from tests.storefront.canned import SHELL, SIGNED_IN, VIEWER, CannedApi, a_cart, a_cell, a_grid, browser, error

CART = {"version": 1, "unitCount": 3, "lineCount": 1, "subtotal": {"amount": "36.30", "currency": "EUR"}, "problems": []}


def product_page(**cells: int) -> dict[str, Any]:
    grid = a_grid([[a_cell(quantity, id=id) for id, quantity in cells.items()]])
    return {**SHELL, "cart": CART, "product": {"grid": grid}}


# ---- sessions


async def test_a_page_without_a_session_leads_to_sign_in_and_back():
    async with browser(CannedApi(Orders=error("NOT_SIGNED_IN")), signed_in=False) as client:
        answer = await client.get("/orders?status=CONFIRMED")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Forders%3Fstatus%3DCONFIRMED")


async def test_a_session_that_ended_is_said_and_its_cookie_dropped():
    async with browser(CannedApi(Orders=error("NOT_SIGNED_IN"))) as client:
        answer = await client.get("/orders")
        assert answer.headers["location"].endswith("ended=1")
        assert 'linesheet=""' in answer.headers["set-cookie"]
        assert "You were signed out." in (await client.get(answer.headers["location"])).text


async def test_a_script_is_told_that_the_session_ended_and_keeps_its_numbers():
    async with browser(CannedApi(SetCartLines=error("NOT_SIGNED_IN"))) as client:
        answer = await client.post("/products/jacket", data={"q.a": "6"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (401, {"signedOut": True})


async def test_wrong_credentials_stand_beside_the_form_with_the_address_kept():
    wrong = {"__typename": "WrongCredentials", "message": "E-mail or password is wrong."}
    async with browser(CannedApi(SignIn={"signIn": wrong}), signed_in=False) as client:
        answer = await client.post("/sign-in", data={"email": "bea@shop.example", "password": "x"})
    assert answer.status_code == 422
    assert "E-mail or password is wrong." in answer.text
    assert 'value="bea@shop.example"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_whoever_has_no_location_yet_is_asked_to_choose_one():
    staff = SIGNED_IN | {"viewer": {"role": "SALES_REP", "location": None}}
    async with browser(CannedApi(SignIn={"signIn": staff}), signed_in=False) as client:
        answer = await client.post("/sign-in", data={"email": "rep@shop.example", "password": "x"})
    assert answer.headers["location"] == "/locations"


async def test_choosing_a_location_swaps_the_token():
    api = CannedApi(ActAs={"actAs": SIGNED_IN | {"token": "another"}})
    async with browser(api) as client:
        answer = await client.post("/locations", data={"location": "location.2", "next": "/cart"})
    assert api.variables_of("ActAs") == {"locationId": "location.2"}
    assert answer.headers["location"] == "/cart"
    assert "linesheet=another" in answer.headers["set-cookie"]


async def test_demo_logins_are_offered_only_when_told_and_as_text():
    async with browser(CannedApi(), signed_in=False) as client:
        page = (await client.get("/sign-in")).text
    assert "demo@shop.example" in page
    assert "a &lt;b&gt;demo" in page


# ---- the grid


async def test_a_save_sends_only_what_changed_in_one_request_with_the_carts_version():
    done = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [{"index": 0, "status": "SET", "message": ""}]}
    api = CannedApi(SetCartLines={"setCartLines": done})
    async with browser(api) as client:
        form = {"version": "1", "q.a": "6", "was.a": "3", "q.b": "2", "was.b": "2", "q.c": ""}
        answer = await client.post("/products/jacket", data=form)
    assert [name for name, _ in api.asked] == ["SetCartLines"]
    assert api.variables_of("SetCartLines")["input"] == {
        "lines": [{"variantId": "a", "quantity": 6}],
        "mode": "SET",
        "expectedVersion": 1,
    }
    assert (answer.status_code, answer.headers["location"]) == (303, "/products/jacket?saved=1")


async def test_a_cleared_field_takes_the_line_out():
    done = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [{"index": 0, "status": "REMOVED", "message": ""}]}
    api = CannedApi(SetCartLines={"setCartLines": done})
    async with browser(api) as client:
        await client.post("/products/jacket", data={"version": "1", "q.a": "", "was.a": "3"})
    assert api.variables_of("SetCartLines")["input"]["lines"] == [{"variantId": "a", "quantity": 0}]


async def test_what_is_refused_stays_as_typed_with_the_reason_beside_it():
    refused = {"index": 0, "status": "REFUSED", "message": "At most 100,000 on a line."}
    done = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [refused]}
    api = CannedApi(SetCartLines={"setCartLines": done}, Product=product_page(a=3, b=0))
    async with browser(api) as client:
        answer = await client.post("/products/jacket", data={"version": "1", "q.a": "999999", "was.a": "3", "q.b": "lots"})
    assert answer.status_code == 422
    for part in ('value="999999"', "At most 100,000 on a line.", 'value="lots"', "“lots” is not a whole number."):
        assert part in answer.text


async def test_a_cart_changed_elsewhere_keeps_what_was_typed_and_takes_the_new_version():
    stale = {"__typename": "StaleCart", "message": "The cart was changed elsewhere.", "cart": a_cart(version=9)}
    page = product_page(a=5)
    page["cart"] = CART | {"version": 9}
    async with browser(CannedApi(SetCartLines={"setCartLines": stale}, Product=page)) as client:
        answer = await client.post("/products/jacket", data={"version": "1", "q.a": "6", "was.a": "3"})
    assert answer.status_code == 422
    for part in ("The cart was changed elsewhere.", 'name="version" value="9"', 'name="was.a" value="5"', 'value="6"'):
        assert part in answer.text


async def test_a_script_gets_the_carts_numbers_when_it_was_stale():
    stale = {"__typename": "StaleCart", "message": "Changed.", "cart": a_cart(version=9)}
    async with browser(CannedApi(SetCartLines={"setCartLines": stale}, Product=product_page(a=5))) as client:
        form = {"version": "1", "q.a": "6", "was.a": "3"}
        answer = (await client.post("/products/jacket", data=form, headers={"Accept": "application/json"})).json()
    assert (answer["stale"], answer["cart"]["version"], answer["quantities"]) == (True, 9, {"a": 5})


async def test_a_rule_that_is_broken_stands_beside_its_cell():
    page = product_page(a=7)
    problem = {"message": "Sold in packs of 6.", "needed": "12", "blocking": True, "line": {"variant": {"id": "a"}}}
    page["cart"] = CART | {"problems": [problem]}
    async with browser(CannedApi(Product=page)) as client:
        text = (await client.get("/products/jacket")).text
    assert 'aria-invalid="true" aria-describedby="n-a"' in text
    assert '<span class="hint" id="n-a">Sold in packs of 6.</span>' in text


async def test_staff_without_a_customer_see_prices_and_no_fields():
    page = product_page(a=0) | {"viewer": VIEWER | {"role": "SALES_REP", "company": None, "location": None}, "cart": None}
    async with browser(CannedApi(Product=page)) as client:
        text = (await client.get("/products/jacket")).text
    assert 'name="q.a"' not in text
    assert "Choose a customer" in text


async def test_a_product_outside_the_assortment_is_not_found():
    async with browser(CannedApi(Product={**SHELL, "product": None})) as client:
        answer = await client.get("/products/secret")
    assert answer.status_code == 404
    assert "not in your catalogue" in answer.text


# ---- the cart


@pytest.mark.parametrize(("button", "quantity"), [({"remove": "line.1"}, 0), ({"set": "line.1:12"}, 12)])
async def test_a_button_beside_a_line_does_what_it_says_even_sent_alone(button: dict[str, str], quantity: int):
    done = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [{"index": 0, "status": "SET", "message": ""}]}
    api = CannedApi(SetCartLines={"setCartLines": done})
    async with browser(api) as client:
        await client.post("/cart", data={"version": "1", **button})
    assert api.variables_of("SetCartLines")["input"]["lines"] == [{"lineId": "line.1", "quantity": quantity}]


# ---- checkout


def checkout_page(total: str) -> dict[str, Any]:
    euro = {"amount": total, "currency": "EUR"}
    line = {"id": "line.1", "shipTo": {"id": "location.1", "name": "Rotterdam"}}
    cart = CART | {"lines": [line], "discounts": [], "shipping": None, "tax": None, "taxLines": [], "total": euro}
    cart |= {"shippingMethods": [], "paymentMethods": ["ON_ACCOUNT"], "shippingMethod": None, "shipTo": {"id": "location.1"}}
    return {**SHELL, "cart": cart, "locations": {"nodes": []}}


ORDER = {
    "version": "1",
    "key": "key-1",
    "total": "36.30",
    "currency": "EUR",
    "paymentMethod": "ON_ACCOUNT",
    "purchaseOrderNumber": "PO 7",
}


async def test_an_order_is_placed_at_the_total_that_was_shown_and_once():
    api = CannedApi(PlaceOrder={"placeOrder": {"__typename": "OrdersPlaced", "orders": [{"number": "SO-1"}], "paymentUrl": None}})
    async with browser(api) as client:
        answer = await client.post("/checkout", data=ORDER)
    assert answer.headers["location"] == "/orders/SO-1?placed=1"
    assert api.variables_of("PlaceOrder")["input"] == {
        "purchaseOrderNumber": "PO 7",
        "paymentMethod": "ON_ACCOUNT",
        "expectedVersion": 1,
        "expectedTotal": {"amount": "36.30", "currency": "EUR"},
    }
    assert api.headers[0]["idempotency-key"] == "key-1"


async def test_a_changed_total_is_shown_beside_the_old_one_and_nothing_is_lost():
    changed = {
        "__typename": "TotalChanged",
        "message": "The total has changed.",
        "expected": {"amount": "36.30", "currency": "EUR"},
        "actual": {"amount": "40.00", "currency": "EUR"},
    }
    async with browser(CannedApi(PlaceOrder={"placeOrder": changed}, Checkout=checkout_page("40.00"))) as client:
        answer = await client.post("/checkout", data=ORDER)
    assert answer.status_code == 422
    for part in ("from 36.30 EUR to 40.00 EUR", 'name="total" value="40.00"', 'value="PO 7"'):
        assert part in answer.text
    assert 'value="key-1"' not in answer.text


async def test_a_refused_date_is_marked_where_it_was_typed():
    invalid = {"__typename": "InvalidInput", "message": "The ship date is in the past.", "path": ["input", "requestedShipDate"]}
    async with browser(CannedApi(PlaceOrder={"placeOrder": invalid}, Checkout=checkout_page("36.30"))) as client:
        answer = await client.post("/checkout", data=ORDER | {"requestedShipDate": "2020-01-01"})
    assert "The ship date is in the past." in answer.text
    assert 'name="requestedShipDate" value="2020-01-01" aria-invalid="true"' in answer.text


async def test_a_form_whose_key_was_used_for_another_order_leads_to_the_orders():
    async with browser(CannedApi(PlaceOrder=error("CONFLICT"))) as client:
        answer = await client.post("/checkout", data=ORDER)
    assert (answer.status_code, "See your orders" in answer.text) == (409, True)


async def test_an_empty_cart_cannot_be_checked_out():
    async with browser(CannedApi(Checkout={**SHELL, "locations": {"nodes": []}})) as client:
        assert (await client.get("/checkout")).headers["location"] == "/cart"


# ---- what stops a page


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("FORBIDDEN", 403, "You may not do this"),
        ("BAD_INPUT", 400, "could not be read"),
        ("INTERNAL", 503, "Reference 4f2a"),
        ("RATE_LIMITED", 429, "Too many requests"),
    ],
)
async def test_every_failure_has_its_page_with_a_way_out(code: str, status: int, said: str):
    async with browser(CannedApi(Orders=error(code, "Reference 4f2a."))) as client:
        answer = await client.get("/orders")
    assert answer.status_code == status
    assert said in answer.text
    assert "Go to the catalogue" in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/password", "/set-password?token=x", "/no-such-page"])
async def test_a_page_that_strangers_see_says_what_it_is(path: str):
    async with browser(CannedApi(), signed_in=False) as client:
        page = (await client.get(path)).text
    (said,) = re.findall(r'<meta name="description" content="([^"]+)">', page)
    assert 40 < len(said) < 160


@pytest.mark.parametrize(
    ("query", "folded"), [("", True), ("?q=SO-1", True), ("?from=2026-01-01", False), ("?to=2026-01-31", False)]
)
async def test_the_days_of_orders_are_folded_until_one_is_set(query: str, folded: bool):
    found = {"totalCount": 0, "pageInfo": {"hasNextPage": False, "hasPreviousPage": False}, "nodes": []}
    async with browser(CannedApi(Orders={**SHELL, "orders": found})) as client:
        page = (await client.get(f"/orders{query}")).text
    assert ('<details class="cancel"><summary class="open">Dates' in page) is folded
    assert ('<details class="cancel" open>' in page) is not folded
    assert 'name="description"' not in page


@pytest.mark.parametrize(("role", "whose"), [("BUYER", "Your"), ("SALES_MANAGER", "Their")])
async def test_an_order_list_says_whose_number_it_is(role: str, whose: str):
    order = {
        "number": "SO-1",
        "placedAt": "2026-01-05T09:00:00Z",
        "placedBy": {"name": "Bea"},
        "onBehalf": False,
        "purchaseOrderNumber": "PO-7",
        "location": {"name": "Quay"},
        "company": {"name": "Harbour"},
        "status": "RECEIVED",
        "fulfilment": "UNFULFILLED",
        "total": {"amount": "1.00", "currency": "EUR"},
    }
    found = {"totalCount": 1, "pageInfo": {"hasNextPage": False, "hasPreviousPage": False}, "nodes": [order]}
    shell = {**SHELL, "viewer": SHELL["viewer"] | {"role": role}}
    async with browser(CannedApi(Orders={**shell, "orders": found})) as client:
        page = (await client.get("/orders")).text
    assert f'<th scope="col">{whose} number</th>' in page
    assert f"Order number or {whose.lower()} number" in page
