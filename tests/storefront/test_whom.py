"""Every form is for one person and one customer: another one's is refused before anything is written, and kept for both ways on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route

from storefront import kept, whom
from storefront.app import ROUTES
from storefront.guard import FREE
from storefront.templates import FOLDER
from tests.storefront.canned import DRAWN, SHELL, SIGNED_IN, VIEWER, CannedApi, a_cart, browser, error

HILL = VIEWER | {
    "company": {"name": "Hill Supplies", "credit": None},
    "location": {"id": "location.2", "name": "Hill", "currency": "EUR"},
}
OTHER_CUSTOMER = {"viewer": HILL, "cart": None}
OTHER_PERSON = {"viewer": VIEWER | {"user": {"id": "user.2", "name": "Olaf Other", "email": "olaf@shop.example"}}, "cart": None}
# As a page says that was made before the token of now, for the same person and customer.
EARLIER = replace(DRAWN, seal="")
SAVED = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [{"index": 0, "status": "SET", "message": ""}]}
TYPED = {"drawn": EARLIER.written(), "version": "1", "q.a": "6", "was.a": "3"}
# Forms of people who are not signed in, or who choose whom they order for.
EXCEPTIONS = {"/sign-in", "/sign-out", "/password", "/set-password", "/invitation", "/locations"}


def posts(routes: Sequence[BaseRoute] = ROUTES, above: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield from posts(route.routes, above + route.path)
        elif isinstance(route, Route) and "POST" in (route.methods or ()):
            yield above + route.path


GUARDED = sorted(set(posts()) - EXCEPTIONS)


def fields_of(form: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in found}


def form_to(page: str, path: str) -> dict[str, str]:
    """The hidden fields of the form that goes there, of those that are the page's own."""
    page = page.split("<main")[1]
    (form,) = re.findall(rf'<form method="post" action="{re.escape(path)}".*?</form>', page, re.DOTALL)
    return fields_of(form)


# ---- the mechanism


def test_the_exceptions_are_those_that_are_listed_here():
    assert FREE == EXCEPTIONS


@pytest.mark.parametrize("path", GUARDED)
async def test_no_address_takes_a_form_that_does_not_say_whom_it_is_for(path: str):
    api = CannedApi(Frame=SHELL)
    async with browser(api) as client:
        answer = await client.post(re.sub(r"\{\w+(:\w+)?\}", "x", path), data={"drawn": "", "do": "x"})
    assert (answer.status_code, {name for name, _ in api.asked}) == (409, {"Frame"})


@pytest.mark.parametrize("path", GUARDED)
async def test_no_address_takes_the_form_of_another_person(path: str):
    api = CannedApi(Frame=OTHER_PERSON)
    async with browser(api) as client:
        answer = await client.post(re.sub(r"\{\w+(:\w+)?\}", "x", path), data={"drawn": EARLIER.written(), "do": "x"})
    assert (answer.status_code, {name for name, _ in api.asked}) == (409, {"Frame"})


@pytest.mark.parametrize("path", [path for path in GUARDED if not path.startswith("/staff/")])
async def test_no_address_takes_the_form_of_another_customer(path: str):
    api = CannedApi(Frame=OTHER_CUSTOMER)
    async with browser(api) as client:
        answer = await client.post(re.sub(r"\{\w+(:\w+)?\}", "x", path), data={"drawn": EARLIER.written(), "do": "x"})
    assert (answer.status_code, {name for name, _ in api.asked}) == (409, {"Frame"})
    assert "Hill Supplies, Hill" in answer.text


@pytest.mark.parametrize("template", sorted(FOLDER.rglob("*.html")), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_each_form_of_each_template_is_given_the_field(template: Any):
    source = template.read_text()
    forms = [
        tag
        for tag in re.findall(r"<form\b[^>]*>", source, re.IGNORECASE)
        if re.search(r"method\s*=\s*['\"]?post", tag, re.IGNORECASE)
    ]
    assert whom.mark(source, "bea").count('<input type="hidden" name="drawn" value="bea">') == len(forms)
    assert not re.search("formmethod", source, re.IGNORECASE)


async def test_a_page_names_its_person_customer_and_cart_and_not_its_token():
    data = {"viewer": VIEWER, "cart": a_cart(id="cart.7", name="Spring"), "sessions": [], "locations": {"nodes": []}}
    async with browser(CannedApi(Account=data)) as client:
        client.cookies.set("linesheet-cart", "cart.7")
        page = (await client.get("/account")).text
    said = [whom.parse(unescape(written)) for written in re.findall('name="drawn" value="([^"]*)"', page)]
    assert set(said) == {replace(DRAWN, cart="cart.7")}
    assert len(said) == page.count('method="post"')
    assert "secret-token" not in page


# ---- who may send what


async def test_a_page_of_the_same_person_and_customer_counts_after_signing_in_again():
    api = CannedApi(Frame=SHELL, SetCartLines={"setCartLines": SAVED})
    async with browser(api) as client:
        answer = await client.post("/products/jacket", data=TYPED)
    assert (answer.status_code, [name for name, _ in api.asked]) == (303, ["Frame", "SetCartLines"])


async def test_a_page_that_this_session_made_costs_no_further_question():
    api = CannedApi(SetCartLines={"setCartLines": SAVED})
    async with browser(api) as client:
        await client.post("/products/jacket", data={"version": "1", "q.a": "6", "was.a": "3"})
    assert [name for name, _ in api.asked] == ["SetCartLines"]


async def test_the_sellers_pages_ask_for_the_person_alone():
    shop = {"__typename": "NotFound", "message": "Gone."}
    api = CannedApi(Frame=OTHER_CUSTOMER, UpdateSeller={"updateSeller": shop}, SaveWarehouse={"saveWarehouse": shop})
    async with browser(api) as client:
        answer = await client.post("/staff/settings/warehouses/new", data={"drawn": EARLIER.written(), "code": "A", "name": "A"})
    assert answer.status_code != 409


async def test_a_script_is_told_for_whom_the_page_is_and_who_is_ordered_for_now():
    async with browser(CannedApi(Frame=OTHER_CUSTOMER)) as client:
        answer = await client.post("/products/jacket", data=TYPED, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    for part in ("Harbour Workwear, Rotterdam", "Hill Supplies, Hill"):
        assert part in answer.json()["message"]


# ---- both ways on


async def refused(client: httpx.AsyncClient, **form: str) -> str:
    headers = {"Referer": "http://shop.example/products/jacket?colour=navy"}
    answer = await client.post("/products/jacket", data=TYPED | form, headers=headers)
    assert answer.status_code == 409
    return answer.text


async def test_the_notice_names_both_customers_and_switches_back_with_what_was_typed():
    acted = {"actAs": SIGNED_IN | {"token": "for-harbour"}}
    api = CannedApi(Frame=OTHER_CUSTOMER, ActAs=acted, SetCartLines={"setCartLines": SAVED})
    async with browser(api) as client:
        page = await refused(client, drawn=replace(EARLIER, cart="cart.7").written())
        assert "for <b>Harbour Workwear, Rotterdam</b>. You order for <b>Hill Supplies, Hill</b> now" in page
        assert "Switch back and send it" in page
        assert 'href="/products/jacket?colour=navy">Discard it<' in page
        again = form_to(page, "/products/jacket")
        answer = await client.post("/products/jacket", data=again)
    assert (answer.status_code, answer.headers["location"]) == (303, "/products/jacket?saved=1")
    assert api.variables_of("ActAs") == {"locationId": "location.1"}
    sent = api.variables_of("SetCartLines")["input"]
    assert (sent["cartId"], sent["lines"]) == ("cart.7", [{"variantId": "a", "quantity": 6}])
    assert api.headers[-1]["authorization"] == "Bearer for-harbour"
    cookies = answer.headers.get_list("set-cookie")
    assert any(cookie.startswith("linesheet=for-harbour;") for cookie in cookies)
    assert cookies[-1].startswith("linesheet-cart=cart.7;")


async def test_nobody_switches_to_a_customer_that_is_not_theirs():
    api = CannedApi(Frame=OTHER_CUSTOMER, ActAs={"actAs": {"__typename": "NotFound", "message": "There is no such location."}})
    async with browser(api) as client:
        again = form_to(await refused(client), "/products/jacket")
        answer = await client.post("/products/jacket", data=again)
    assert (answer.status_code, "SetCartLines" in [name for name, _ in api.asked]) == (404, False)


async def test_another_person_is_shown_nothing_of_it_and_signs_out_for_it():
    api = CannedApi(Frame=OTHER_PERSON, SignOut={"signOut": True}, SignIn={"signIn": SIGNED_IN})
    async with browser(api) as client:
        page = await refused(client, note="for your eyes only")
        visible = re.sub(r'value="[^"]*"', "", page)
        assert "for your eyes only" not in visible
        assert "Bea Buyer" in visible
        carried = form_to(page, "/sign-out")
        answer = await client.post("/sign-out", data={"kept": carried["kept"]})
        assert "Sign in as Bea Buyer" in answer.text
        answer = await client.post("/sign-in", data={"email": "x", "password": "x", "kept": carried["kept"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "SetCartLines" not in [name for name, _ in api.asked]


# ---- after the session has ended


async def ended(client: httpx.AsyncClient, path: str, form: dict[str, str], **more: Any) -> httpx.Response:
    headers = {"Referer": f"http://shop.example{path}"}
    return await client.post(path, data={"drawn": EARLIER.written(), **form}, headers=headers, **more)


@pytest.mark.parametrize(
    ("path", "form", "shown"),
    [
        ("/quick-order", {"text": "NW-1 12\nNW-2 24"}, "NW-1 12\nNW-2 24"),
        ("/checkout", {"version": "1", "purchaseOrderNumber": "PO 7", "key": "k"}, "PO 7"),
        ("/account", {"name": "Bea B. Buyer"}, "Bea B. Buyer"),
        ("/staff/products/new", {"name": "Parka", "slug": "parka"}, "Parka"),
        ("/products/jacket", {"version": "1", "q.a": "6", "was.a": "3"}, "Quantities"),
    ],
)
@pytest.mark.parametrize("cookie", [True, False], ids=["refused", "expired"])
async def test_what_was_typed_is_kept_through_sign_in_and_sent_by_a_button(
    path: str, form: dict[str, str], shown: str, cookie: bool
):
    signed_out = error("NOT_SIGNED_IN")
    api = CannedApi(Frame=signed_out, SignIn={"signIn": SIGNED_IN})
    async with browser(api, signed_in=cookie) as client:
        answer = await ended(client, path, form)
        assert answer.status_code == 401
        assert "What you typed is kept here. Sign in as Bea Buyer" in answer.text
        carried = form_to(answer.text.split("Look around in the demo")[0], "/sign-in")
        wrong = {"__typename": "WrongCredentials", "message": "E-mail or password is wrong."}
        api.answers["SignIn"] = {"signIn": wrong}
        answer = await client.post("/sign-in", data={"email": "bea", "password": "no", **carried})
        carried = form_to(answer.text.split("Look around in the demo")[0], "/sign-in")
        api.answers |= {"SignIn": {"signIn": SIGNED_IN}, "Frame": SHELL}
        answer = await client.post("/sign-in", data={"email": "bea", "password": "yes", **carried})
    assert answer.status_code == 200
    assert any(cookie.startswith("linesheet=secret-token") for cookie in answer.headers.get_list("set-cookie"))
    assert shown in unescape(answer.text)
    sent = form_to(answer.text, path)
    assert form.items() <= sent.items()
    assert "switch" not in sent
    assert {name for name, _ in api.asked} <= {"Frame", "SignIn"}


async def test_after_sign_in_the_customer_comes_back_with_the_form():
    api = CannedApi(Frame=OTHER_CUSTOMER, SignIn={"signIn": SIGNED_IN})
    async with browser(api, signed_in=False) as client:
        carried = form_to((await ended(client, "/quick-order", {"text": "NW-1 12"})).text.split("demo")[0], "/sign-in")
        page = (await client.post("/sign-in", data={"email": "bea", "password": "yes", **carried})).text
    assert form_to(page, "/quick-order")["switch"] == "location.1"
    assert "Switch back and send it" in page


async def test_what_one_person_typed_is_never_shown_to_another():
    api = CannedApi(Frame=OTHER_PERSON, SignIn={"signIn": SIGNED_IN})
    async with browser(api, signed_in=False) as client:
        carried = form_to((await ended(client, "/quick-order", {"text": "NW-1 12"})).text.split("demo")[0], "/sign-in")
        answer = await client.post("/sign-in", data={"email": "olaf", "password": "yes", **carried})
    assert (answer.status_code, answer.headers["location"]) == (303, "/quick-order")
    assert "NW-1 12" not in answer.text


async def test_a_password_is_never_kept():
    form = {"current": "old-secret-1", "new": "new-secret-1", "again": "new-secret-1"}
    async with browser(CannedApi(), signed_in=False) as client:
        answer = await ended(client, "/account/password", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "secret-1" not in answer.text


def test_each_field_for_a_password_has_a_name_that_is_never_kept():
    named = set()
    for template in FOLDER.rglob("*.html"):
        named |= set(re.findall(r'forms\.text\(\w+, "(\w+)"[^}]*type="password"', template.read_text()))
        named |= set(re.findall(r'<input name="(\w+)" type="password"', template.read_text()))
    assert named
    assert named <= kept.SECRETS


async def test_a_file_is_to_be_chosen_again_and_named():
    api = CannedApi(Frame=SHELL, SignIn={"signIn": SIGNED_IN})
    async with browser(api, signed_in=False) as client:
        answer = await ended(client, "/quick-order", {"text": "NW-1 12"}, files={"file": ("order.csv", b"NW-2 24")})
        carried = form_to(answer.text.split("demo")[0], "/sign-in")
        page = (await client.post("/sign-in", data={"email": "bea", "password": "yes", **carried})).text
    assert "The file order.csv is not kept" in page
    assert form_to(page, "/quick-order")["text"] == "NW-1 12"


async def test_more_than_is_kept_is_not_kept():
    async with browser(CannedApi(), signed_in=False) as client:
        answer = await ended(client, "/quick-order", {"text": "x" * (kept.MOST + 1)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("written", ["", "x", "[]", '["//evil.example","/",[["a","b"]],[],""]', "[1,2,3,4,5]", "{}"])
async def test_what_we_never_wrote_is_not_sent_on(written: str):
    api = CannedApi(Frame=SHELL, SignIn={"signIn": SIGNED_IN})
    async with browser(api, signed_in=False) as client:
        answer = await client.post("/sign-in", data={"email": "bea", "password": "yes", "kept": written})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


# ---- what failed through no fault of the form


@pytest.mark.parametrize(("code", "status"), [("INTERNAL", 503), ("RATE_LIMITED", 429)])
async def test_a_form_that_met_a_failure_is_sent_again_by_a_button(code: str, status: int):
    api = CannedApi(PlaceOrder=error(code))
    order = {"version": "1", "key": "k", "total": "1.00", "currency": "EUR", "purchaseOrderNumber": "PO 7"}
    async with browser(api) as client:
        answer = await client.post("/checkout", data=order)
        assert (answer.status_code, "PO 7" in answer.text) == (status, True)
        placed = {"__typename": "OrdersPlaced", "orders": [{"number": "SO-1"}], "paymentUrl": None}
        api.answers["PlaceOrder"] = {"placeOrder": placed}
        answer = await client.post("/checkout", data=form_to(answer.text, "/checkout"))
    assert answer.headers["location"] == "/orders/SO-1?placed=1"
    assert [headers["idempotency-key"] for headers in api.headers] == ["k", "k"]


async def test_twenty_grids_without_a_script_are_one_form():
    api = CannedApi(SetCartLines={"setCartLines": SAVED})
    form = {"version": "1"} | {f"q.{number}": "1" for number in range(3_000)} | {f"was.{number}": "" for number in range(3_000)}
    async with browser(api) as client:
        answer = await client.post("/grids?id=a", data=form)
    assert answer.status_code == 303
    assert len(api.variables_of("SetCartLines")["input"]["lines"]) == 3_000
