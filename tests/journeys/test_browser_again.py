"""Quick order and reorder in a real browser: a list of two hundred lines with twenty bad ones, and an order placed a second time."""

import re

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Visit
from tests.journeys.shop import COLOURS, SIZES


@pytest.mark.parametrize("script", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_two_hundred_lines_are_checked_added_ordered_and_ordered_again(visit: Visit, viewport: dict[str, int], script: bool):
    good = [f"NW-5500-{colour.upper()}-{size}" for colour in COLOURS for size in SIZES]
    lines = [f"{'NO-SUCH' if row % 10 == 9 else good[row % len(good)]}\t{row % 3 + 1}" for row in range(200)]
    page = await visit(script=script, viewport=viewport)
    await page.goto("/quick-order")
    await page.get_by_label("One item on a line").fill("\n".join(lines))
    await page.get_by_role("button", name="Check the list").click()
    await expect(page.get_by_role("heading", name="20 lines need a look")).to_be_visible()
    await page.get_by_role("button", name="Add 180 lines to cart").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("in your cart")
    await expect(page.locator("textarea")).to_have_value(re.compile(r"^NO-SUCH\t1\n(NO-SUCH\t\d\n?){19}$"))
    units = sum(int(line.split("\t")[1]) for line in lines if not line.startswith("NO-SUCH"))
    await expect(page.locator("[data-units]")).to_have_text(str(units))

    await page.goto("/checkout")
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("Thank you: the order is placed.")).to_be_visible()
    await page.get_by_role("link", name="Order again").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Order again")
    await page.get_by_role("button", name=re.compile(r"^Add \d+ lines to cart$")).click()
    await expect(page.locator("[data-units]")).to_have_text(str(units))


async def test_a_buyer_takes_her_order_back(visit: Visit):
    page = await visit()
    await page.goto("/products/tool-belt")
    await page.locator(".grid .q").fill("1")
    await page.get_by_role("link", name="Go to cart").click()
    await page.get_by_role("link", name="Checkout").click()
    await page.get_by_role("button", name="Place order").click()
    await page.get_by_text("Cancel order").click()
    await page.get_by_label("Reason").fill("Ordered twice")
    await page.get_by_role("button", name="Cancel this order").click()
    await expect(page.locator(".pill")).to_have_text("Cancelled")
