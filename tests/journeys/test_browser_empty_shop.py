"""From nothing to a first order: what the command makes, and then pages alone, as a newcomer walks them."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests import databases
from tests.databases import ROOT
from tests.journeys.conftest import DESKTOP, PHONE
from tests.servers import LiveServer

ADMIN, BUYER, PASSWORD = "ada@newcomer.example", "bea.of.the.purchasing.department@harbour.example", "a-long-enough-password"


@pytest.fixture
def empty_shop(database_server: str, empty_template: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A shop with an administrator and nothing else, as `linesheet create-admin` leaves it."""
    with databases.copy_of(database_server, empty_template) as url:
        command = [sys.executable, "-m", "backend.cli", "create-admin", ADMIN, "--shop", "Newcomer"]
        environment = {**os.environ, "DATABASE_URL": url}
        subprocess.run(command, cwd=ROOT, env=environment, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True)
        server = LiveServer(url, tmp_path / "server.log", JOBS_INSIDE="1").start()
        try:
            yield server
        finally:
            server.stop()


async def open_page(browser: Browser, shop: LiveServer, viewport: Any) -> Page:
    context = await browser.new_context(viewport=viewport, base_url=shop.url)
    context.set_default_timeout(10_000)
    return await context.new_page()


async def fill(page: Page, **fields: str) -> None:
    """Fields by how their labels begin; an underscore is a space."""
    for label, value in fields.items():
        await page.get_by_label(re.compile(f"^{label.replace('_', ' ')}")).first.fill(value)


async def make(page: Page, address: str, button: str, **fields: str) -> None:
    await page.goto(address)
    await fill(page, **fields)
    await page.get_by_role("button", name=button, exact=True).click()
    await page.wait_for_url(lambda url: "done=" in url)


async def sell_a_shirt(page: Page) -> None:
    await page.goto("/staff/products/new")
    await page.get_by_label("Its values").first.fill("Blue, White")
    await fill(page, Number="WK-1", Name="Work shirt", Brand="Walkers", First_option="Colour")
    await page.get_by_label("and a new one below it").fill("Shirts")
    await page.get_by_role("button", name="Create product").click()
    await page.wait_for_url(lambda url: "done=new" in url)
    await page.get_by_label("For sale", exact=True).check()
    await page.get_by_role("button", name="Save product").click()
    await page.wait_for_url(lambda url: "done=1" in url)
    await make(page, "/staff/price-lists/new", "Create price list", Code="LIST", Currency="eur", Name="List prices")
    await page.get_by_role("link", name="Set a price").click()
    await page.get_by_label("The same for all variants of its product").check()
    await fill(page, SKU="WK-1-BLUE", EUR_each="12.50")
    await page.get_by_role("button", name="Set price").click()
    await expect(page.get_by_role("row", name=re.compile("WK-1-WHITE"))).to_contain_text("12.50")
    await make(page, "/staff/assortments/new", "Create assortment", Code="all", Name="Everything")
    await page.get_by_role("button", name="Add rule").click()
    await expect(page.get_by_text("shows 1 product")).to_be_visible()


async def say_how_it_is_sold(page: Page) -> None:
    await make(page, "/staff/settings/warehouses/new", "Create warehouse", Code="MAIN", Name="Main store")
    await make(page, "/staff/stock", "Save these counts", One_item="WK-1-BLUE 120\nWK-1-WHITE 60")
    await make(page, "/staff/settings/tax-rates/new", "Create tax rate", Country="nl", Name="VAT", Percent="21")
    await make(
        page, "/staff/settings/shipping/new", "Create way of shipping", Code="PARCEL", Currency="eur", Name="Parcel", Price="9.50"
    )
    await make(page, "/staff/settings/payment-terms/new", "Create payment terms", Code="NET8", Name="8 days net", Days="8")


async def invite_a_buyer(page: Page) -> None:
    await page.goto("/staff/companies/new")
    await fill(page, Account_number="C-1", Name="Harbour Stores")
    await page.get_by_label("Payment terms").select_option("8 days net")
    await page.get_by_role("button", name="Make company").click()
    await page.get_by_role("link", name="Add a location").click()
    await fill(page, Number="L-1", Name="Quay", Currency="eur", Street="Kade 1", Town="Rotterdam", Country="nl")
    await page.get_by_role("button", name="Save location").click()
    await page.get_by_role("link", name="Invite someone").click()
    await expect(page.get_by_label("Quay")).to_be_checked()
    await fill(page, **{"E-mail": BUYER, "Name": "Bea Buyer"})
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.get_by_role("row", name=re.compile("Bea Buyer"))).to_contain_text("invited")


async def follow_the_mail(page: Page) -> None:
    """The link of the mail, once the job has written it."""
    for _ in range(100):
        await page.goto("/mailbox")
        if await page.get_by_role("link", name="Your access to Newcomer").count():
            break
        await asyncio.sleep(0.2)
    link = page.get_by_role("link", name="Your access to Newcomer")
    box = await link.bounding_box()
    assert box, "the mail is on the page"
    assert box["width"] > 150, "its subject is read in words, however long the address is"
    await link.click()
    await page.locator("a[href*='/invitation']").click()
    await page.get_by_label("New password", exact=True).fill(PASSWORD)
    await page.get_by_label("New password again").fill(PASSWORD)
    await page.get_by_role("button", name="Accept").click()


async def test_an_empty_shop_comes_to_its_first_order_by_pages(empty_shop: LiveServer, browser: Browser):
    page = await open_page(browser, empty_shop, DESKTOP)
    await page.goto("/sign-in")
    await fill(page, **{"E-mail": ADMIN, "Password": PASSWORD})
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("link", name="Manage").first.click()
    await expect(page.get_by_text("0 of 8 done")).to_be_visible()
    await sell_a_shirt(page)
    await say_how_it_is_sold(page)
    await invite_a_buyer(page)
    await page.goto("/staff")
    await expect(page.get_by_text("8 of 8 done")).to_be_visible()
    buyer = await open_page(browser, empty_shop, PHONE)
    await follow_the_mail(buyer)
    await buyer.get_by_role("link", name="Work shirt").first.click()
    await buyer.get_by_label(re.compile(", Blue,")).fill("12")
    await expect(buyer.locator("#state")).to_contain_text("Saved")
    await buyer.goto("/checkout")
    await expect(buyer.get_by_text("8 days net")).to_be_visible()
    # 150.00 of goods and 9.50 for the parcel, with 21 %.
    await expect(buyer.locator(".totals .all")).to_contain_text("193.00")
    await buyer.get_by_role("button", name="Place order").click()
    await expect(buyer.get_by_text("Thank you: the order is placed.")).to_be_visible()
    await page.reload()
    await page.get_by_role("link", name="SO-000001").click()
    await expect(page.locator(".about-order")).to_contain_text("Harbour Stores")
    await expect(page.locator(".about-order")).to_contain_text("Parcel")
    await page.get_by_role("button", name="Confirm order").click()
    await expect(page.locator(".pill", has_text="Confirmed")).to_be_visible()
    for context in browser.contexts:
        await context.close()
