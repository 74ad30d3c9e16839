"""What guards every page: headers, forms of our own only, a cookie that scripts cannot read."""

import httpx
import pytest
from starlette.datastructures import Headers

from storefront.security import is_foreign
from storefront.site import own_path
from tests.storefront.canned import SHELL, SIGNED_IN, CannedApi, browser

URL = "https://shop.example"


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"origin": URL}, False),
        ({"origin": "https://evil.example", "host": "shop.example"}, True),
        ({"origin": "null", "host": "shop.example"}, True),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, False),
        ({}, False),
    ],
)
def test_a_form_is_taken_only_from_our_own_pages(headers: dict[str, str], foreign: bool):
    assert is_foreign("POST", Headers(headers), URL) is foreign
    assert not is_foreign("GET", Headers(headers), URL)


async def test_a_form_of_another_site_changes_nothing_and_says_so():
    api = CannedApi(SignOut={"signOut": True})
    async with browser(api) as client:
        answer = await client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, api.asked) == (403, [])
    assert "came from another site" in answer.text


async def test_every_page_carries_the_headers_that_guard_it():
    async with browser(CannedApi(), signed_in=False) as client:
        for path in ("/sign-in", "/nowhere"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cache-control"] == "private, no-store"


async def test_static_files_are_kept_a_year_under_a_name_that_follows_their_content():
    async with browser(CannedApi(), signed_in=False) as client:
        page = (await client.get("/sign-in")).text
        address = page.split('rel="stylesheet" href="')[1].split('"')[0]
        found = await client.get(address)
        assert (found.status_code, found.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert (await client.get("/static/000000000000/linesheet.css")).status_code == 404


async def sign_in(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": "bea@shop.example", "password": "right", **form})


async def test_the_token_is_kept_where_no_script_and_no_other_site_reads_it():
    async with browser(CannedApi(SignIn={"signIn": SIGNED_IN}), secure=True, signed_in=False) as client:
        cookie = (await sign_in(client)).headers["set-cookie"]
    assert cookie.startswith("__Host-linesheet=secret-token;")
    assert all(part in cookie for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age="))
    assert "Domain" not in cookie


async def test_signing_out_ends_the_session_and_forgets_the_token():
    api = CannedApi(SignOut={"signOut": True})
    async with browser(api) as client:
        answer = await client.post("/sign-out")
    assert api.asked == [("SignOut", {})]
    assert 'linesheet=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\nb"])
async def test_signing_in_never_leads_to_another_site(path: str):
    assert own_path(path) == "/"
    async with browser(CannedApi(SignIn={"signIn": SIGNED_IN}), signed_in=False) as client:
        assert (await sign_in(client, next=path)).headers["location"] == "/"


async def test_what_people_write_is_text_and_never_markup():
    viewer = SHELL["viewer"] | {"company": {"name": "<script>alert(1)</script>", "credit": None}}
    nothing = {"totalCount": 0, "pageInfo": {"hasNextPage": False, "hasPreviousPage": False}, "facets": [], "nodes": []}
    api = CannedApi(Catalogue={"viewer": viewer, "cart": None, "products": nothing})
    async with browser(api) as client:
        page = (await client.get('/?q="><script>alert(2)</script>')).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_a_foreign_name_that_leads_here_is_offered_no_demo_login() -> None:
    async with browser(CannedApi(), signed_in=False) as visitor:
        for host, offered in (
            ("shop.example", True), ("localhost:8000", True), ("127.0.0.1:8000", True), ("rebound.example", False), ("127.evil.example", False),
        ):  # fmt: skip
            page = await visitor.get("/sign-in", headers={"Host": host})
            assert ("demo@shop.example" in page.text) is offered


async def test_a_browser_that_somebody_signed_in_with_is_known_again() -> None:
    api = CannedApi(SignIn={"signIn": SIGNED_IN}, RequestPasswordReset={"requestPasswordReset": True})
    async with browser(api, signed_in=False) as visitor:
        for known in (None, SIGNED_IN["device"]):
            await visitor.post("/sign-in", data={"email": "bea@harbour.example", "password": "a horse and a staple"})
            assert api.variables_of("SignIn")["device"] == known
        await visitor.post("/password", data={"email": "bea@harbour.example"})
        assert api.variables_of("RequestPasswordReset")["device"] == SIGNED_IN["device"]
