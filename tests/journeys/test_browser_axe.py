"""axe finds nothing on any page, empty, filled and refused, at both widths, in light and dark.

vendor/axe.min.js is axe-core 4.14.1 as published on npm, unchanged.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from backend.core.viewer import Role
from tests.journeys.conftest import DESKTOP, PHONE, Visit
from tests.journeys.shop import add_people
from tests.servers import LiveServer

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
FINDINGS = """() => axe.run(document, { resultTypes: ['violations'] }).then((found) =>
  found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)))"""

ADMIN, COMPANY_ADMIN = "axe-admin@seller.example", "axe-admin@harbour.example"
NUMBERS = "NW-5500-BLACK-M 12\nNW-2140-BLACK-M 7\nNO-SUCH 3"


@pytest.fixture(scope="module", autouse=True)
def people(shop: LiveServer) -> None:
    asyncio.run(add_people(shop.database_url, {ADMIN: Role.ADMIN}, COMPANY_ADMIN))


class Inspector:
    """Looks at a page in both colour schemes and keeps what axe says, with the address it says it of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.findings: list[str] = []

    async def visit(self, address: str) -> None:
        await self.page.goto(address)
        await self.look(address)

    async def look(self, state: str) -> None:
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate(AXE)
        for scheme in ("light", "dark"):
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found: list[str] = await self.page.evaluate(FINDINGS)
            self.findings += [f"{state}, {scheme}: {one}" for one in found]

    async def press(self, name: str, state: str) -> None:
        await self.page.get_by_role("button", name=re.compile(f"^{name}")).first.click()
        await self.page.wait_for_load_state()
        await self.look(state)


async def buyer_pages(inspector: Inspector) -> None:
    page = inspector.page
    for address in ("/", "/?q=no-such-thing", "/cart", "/carts", "/no-such-page", "/quick-order"):
        await inspector.visit(address)
    await page.get_by_label("One item on a line").fill(NUMBERS)
    await inspector.press("Check the list", "a checked list")
    await inspector.press("Add 2 lines", "a list added in part")
    for address in (
        "/products/softshell-jacket",
        "/products/work-trousers",
        "/products/tool-belt",
        "/why?sku=NW-5500-BLACK-M&quantity=96",
    ):
        await inspector.visit(address)
    await page.goto("/products/softshell-jacket")
    await page.get_by_label(re.compile(", Black, L,")).fill("7")
    await page.get_by_text("by 6:").first.wait_for()
    await inspector.look("a grid with a refused quantity")
    await inspector.visit("/cart")
    await page.get_by_role("link", name=re.compile("^Edit")).first.click()
    await page.wait_for_url("**/cart/lines/**")
    await inspector.look("a line of the cart")
    await inspector.visit("/checkout")
    await page.goto("/cart")
    for _ in range(2):
        await page.get_by_role("button", name=re.compile("^Set to")).first.click()
        await page.get_by_text("Saved").wait_for()
    await inspector.visit("/checkout")
    await inspector.press("Place order", "an order just placed")
    await page.get_by_role("link", name="Order again").click()
    await page.wait_for_url("**/again")
    await inspector.look("reorder")
    await page.goto("/carts")
    await page.get_by_label("Name of a new cart").fill("Autumn")
    await inspector.press("Create cart", "two carts")
    for address in ("/orders", "/orders?q=no-such-order", "/products/tool-belt", "/locations", "/account", "/account/members"):
        await inspector.visit(address)
    await member_pages(inspector, "/account/members")


async def member_pages(inspector: Inspector, home: str) -> None:
    """Inviting somebody, with what is refused beside the fields, and changing a member."""
    page = inspector.page
    await inspector.visit(f"{home}/new")
    await page.evaluate("() => document.querySelectorAll('[required]').forEach((field) => field.removeAttribute('required'))")
    await inspector.press("Send invitation", f"{home}: an invitation refused")
    await page.goto("/account/members" if home.startswith("/account") else home.removesuffix("/members"))
    await page.locator("table.people a").first.click()
    await page.wait_for_url("**/members/**")
    await inspector.look(f"{home}: a member")


async def staff_pages(inspector: Inspector) -> None:
    page = inspector.page
    areas = ["/staff/products", "/staff/companies", "/staff/price-lists", "/staff/assortments", "/staff/people"]
    for address in ("/staff", "/", "/locations", "/orders", "/account", "/staff/stock", *areas):
        await inspector.visit(address)
    for address in areas:
        await page.goto(address)
        await page.get_by_role("main").locator("table a[href^='/staff/']").first.click()
        await page.wait_for_load_state()
        await inspector.look(f"one of {address}")
        await inspector.visit(f"{address}/new")
    await price_pages(inspector)
    await place_pages(inspector)
    await settings_pages(inspector)
    await page.goto("/staff/assortments")
    await page.locator("table a").first.click()
    await page.get_by_label("or a product").fill("NO-SUCH")
    await inspector.press("Add rule", "a rule refused")


async def price_pages(inspector: Inspector) -> None:
    """One price of a list, as it is and with what is refused beside the field."""
    page = inspector.page
    await page.goto("/staff/price-lists")
    await page.locator("table a").first.click()
    await page.wait_for_url("**/price-lists/**")
    await page.goto(f"{page.url.split('?')[0]}/price?sku=NW-5500-BLACK-M")
    await inspector.look("one price")
    await page.get_by_label(re.compile("each")).first.fill("nothing")
    await inspector.press("Set price", "one price refused")


async def settings_pages(inspector: Inspector) -> None:
    """Each of the settings: none yet or a list, a new one, one refused, one as it is."""
    page = inspector.page
    await inspector.visit("/staff/settings")
    await inspector.visit("/staff/settings/shop")
    code = f"AXE{await page.evaluate('innerWidth')}"
    fields = {"Code": code, "Country": "BE", "Class": code, "Currency": "EUR", "Name": code, "Percent": "much", "Price": "dear"}
    for name, made in (("payment-terms", "payment terms"), ("tax-rates", "tax rate"), ("shipping", "way of shipping")):
        await inspector.visit(f"/staff/settings/{name}")
        await inspector.visit(f"/staff/settings/{name}/new")
        for label, value in fields.items():
            for field in await page.get_by_label(re.compile(f"^{label}")).all():
                await field.fill(value)
        await inspector.press(f"Create {made}", f"{made}: refused")
        for field in await page.get_by_label(re.compile("^(Percent|Price)")).all():
            await field.fill("7")
        await inspector.press(f"Create {made}", f"{made}: made")
        await page.get_by_role("link", name=re.compile(f"^{code}")).first.click()
        await page.wait_for_url("**/one?**")
        await inspector.look(f"{made}: one")
    await inspector.visit("/staff/settings/warehouses")
    await page.locator("table a").first.click()
    await page.wait_for_url("**/warehouses/warehouse.**")
    await inspector.look("one warehouse")


async def place_pages(inspector: Inspector) -> None:
    """One location, as it is and refused; and the members of its company."""
    page = inspector.page
    await page.goto("/staff/companies")
    await page.locator("table a").first.click()
    await page.wait_for_url("**/companies/company.**")
    company = page.url.split("?")[0]
    await page.locator("a[href*='/locations/location.']").first.click()
    await page.wait_for_url("**/locations/location.**")
    await inspector.look("one location")
    await page.get_by_label(re.compile("^Country")).fill("7")
    await inspector.press("Save", "one location refused")
    await inspector.visit(f"{company}/locations/new")
    await member_pages(inspector, f"{company.removeprefix(page.url.split('/staff')[0])}/members")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(("email", "pages"), [(COMPANY_ADMIN, buyer_pages), (ADMIN, staff_pages)], ids=["buyer", "staff"])
async def test_axe_finds_nothing(visit: Visit, viewport: dict[str, Any], email: str, pages: Callable[[Inspector], Awaitable[None]]):
    inspector = Inspector(await visit(email, viewport=viewport))
    await pages(inspector)
    assert inspector.findings == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing_before_one_is_signed_in(visit: Visit, viewport: dict[str, Any]):
    page = await visit(viewport=viewport)
    await page.context.clear_cookies()
    inspector = Inspector(page)
    for address in ("/sign-in", "/password", "/set-password?token=no-such-token"):
        await inspector.visit(address)
    await page.goto("/sign-in")
    await page.get_by_label("E-mail").fill("nobody@harbour.example")
    await page.get_by_label("Password").fill("not-the-password")
    await inspector.press("Sign in", "wrong credentials")
    assert inspector.findings == []


async def test_axe_finds_a_fault_where_there_is_one(visit: Visit):
    inspector = Inspector(await visit())
    await inspector.page.evaluate("() => document.querySelector('main').append(document.createElement('input'))")
    await inspector.look("a field without a name")
    assert [finding.split(": ")[1] for finding in inspector.findings] == ["label", "label"]
