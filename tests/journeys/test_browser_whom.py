"""Two tabs and an ended session: nothing is written for another customer, and nothing that was typed is lost."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Visit
from tests.journeys.shop import BUYER, PASSWORD, REP

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
FIELD = re.compile("Black, M,")


async def order_for(page: Page, place: str) -> None:
    await page.goto(f"/locations?q={place}")
    await page.get_by_role("button", name=re.compile(f"^Order here for .*{place}")).click()
    await page.wait_for_url("/")


async def sign_in_again(page: Page) -> None:
    await page.get_by_label("E-mail").fill(BUYER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def units(page: Page) -> str:
    await page.goto("/cart")
    return await page.locator("[data-units]").inner_text()


@SCRIPT
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_grid_for_one_customer_never_fills_the_cart_of_another(visit: Visit, script: bool, viewport: Any):
    page = await visit(REP, script=script, viewport=viewport)
    await order_for(page, "Rotterdam")
    await page.goto("/products/crew-sweatshirt")
    other = await page.context.new_page()
    await order_for(other, "Antwerp")
    await page.get_by_label(FIELD).fill("7")
    if script:
        await expect(page.locator("#state")).to_contain_text("this page is for Harbour Workwear, Rotterdam")
        await page.get_by_role("button", name="See both ways on").click()
    else:
        await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Not saved yet")
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= viewport["width"]
    assert await units(other) == "0"
    await page.get_by_role("button", name="Switch back and send it").click()
    await expect(page.get_by_label(FIELD)).to_have_value("7")
    await expect(page.locator(".who .where")).to_contain_text("Rotterdam")
    assert await units(page) == "7"
    await order_for(page, "Antwerp")
    assert await units(page) == "0"


async def test_an_order_for_one_customer_is_never_placed_for_another(visit: Visit):
    page = await visit(REP)
    for place in ("Antwerp", "Rotterdam"):
        await order_for(page, place)
        await page.goto("/quick-order")
        await page.get_by_role("textbox", name=re.compile("One item")).fill("NW-5500-BLACK-M 3")
        await page.get_by_role("button", name="Check the list").click()
        await page.get_by_role("button", name="Add 1 line to cart").click()
        await page.wait_for_url(re.compile("/cart"))
    await page.goto("/checkout")
    other = await page.context.new_page()
    await order_for(other, "Antwerp")
    await page.get_by_label("Your order number").fill("PO 7")
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("You order for Harbour Workwear, Antwerp now")).to_be_visible()
    await expect(page.get_by_text("PO 7")).to_be_visible()
    await page.get_by_role("link", name="Discard it").click()
    await page.wait_for_url(re.compile("/checkout"))
    await page.goto("/orders")
    await expect(page.get_by_text("PO 7")).to_have_count(0)


@SCRIPT
async def test_a_grid_is_saved_after_the_session_has_ended(visit: Visit, script: bool):
    page = await visit(script=script)
    await page.goto("/products/crew-sweatshirt")
    await page.context.clear_cookies()
    await page.get_by_label(FIELD).fill("7")
    await page.get_by_role("button", name="Sign in to save" if script else "Save", exact=True).click()
    await expect(page.get_by_text("What you typed is kept here.")).to_be_visible()
    await sign_in_again(page)
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_label(FIELD)).to_have_value("7")
    assert await units(page) == "7"


async def test_a_pasted_list_comes_back_after_the_session_has_ended(visit: Visit):
    page = await visit()
    await page.goto("/quick-order")
    await page.context.clear_cookies()
    await page.get_by_role("textbox", name=re.compile("One item")).fill("NW-5500-BLACK-M 3\nNW-5500-BLACK-L 4")
    await page.get_by_role("button", name="Check the list").click()
    await sign_in_again(page)
    await page.get_by_role("button", name=re.compile("^Send it")).click()
    await expect(page.get_by_role("button", name="Add 2 lines to cart")).to_be_visible()
