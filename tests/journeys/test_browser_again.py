"""Quick order and reorder in a real browser: a list of two hundred lines with twenty bad ones, and an order placed a second time."""

import re

import asyncpg
import pytest
from playwright.async_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Visit
from tests.journeys.shop import COLOURS, SIZES
from tests.servers import LiveServer


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


async def time_passes(shop: LiveServer, colour: str) -> None:
    """Of four trousers one is gone, one has a successor, one is dearer, and of one there are two left."""
    stem = f"NW-3312-{colour}"
    connection = await asyncpg.connect(shop.database_url)
    try:
        await connection.execute(
            "UPDATE variant SET is_active = FALSE WHERE sku IN ($1, $2)", f"{stem}-SHORT-48", f"{stem}-SHORT-50"
        )
        await connection.execute(
            "UPDATE variant SET replaced_by_id = (SELECT id FROM variant WHERE sku = $2) WHERE sku = $1",
            f"{stem}-SHORT-50",
            f"{stem}-SHORT-52",
        )
        await connection.execute(
            "UPDATE price SET amounts_e4 = '{260000}' WHERE variant_id = (SELECT id FROM variant WHERE sku = $1)", f"{stem}-LONG-48"
        )
        await connection.execute(
            "UPDATE stock SET on_hand = reserved + 2 WHERE variant_id = (SELECT id FROM variant WHERE sku = $1)", f"{stem}-LONG-50"
        )
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("viewport", "script", "colour"), [(DESKTOP, True, "BLACK"), (PHONE, False, "GREY")], ids=["desktop", "phone plain"]
)
async def test_what_can_be_had_of_an_old_order_is_added_and_every_line_says_why(
    shop: LiveServer, visit: Visit, viewport: dict[str, int], script: bool, colour: str
):
    stem = f"NW-3312-{colour}"
    page = await visit(script=script, viewport=viewport)
    await page.goto("/quick-order")
    await page.get_by_label("One item on a line").fill(f"{stem}-SHORT-48 2\n{stem}-SHORT-50 3\n{stem}-LONG-48 4\n{stem}-LONG-50 5")
    await page.get_by_role("button", name="Check the list").click()
    await page.get_by_role("button", name="Add 4 lines to cart").click()
    await page.goto("/checkout")
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("Thank you: the order is placed.")).to_be_visible()
    await time_passes(shop, colour)

    await page.get_by_role("link", name="Order again").click()
    what = page.locator(".again tbody .what")
    await expect(what.nth(0)).to_contain_text("no longer made")
    await expect(what.nth(1)).to_contain_text(f"replaced by {stem}-SHORT-52")
    await expect(what.nth(2)).to_contain_text("Now 26.00 EUR, before 24.50")
    await expect(what.nth(3)).to_contain_text("2 of 5 can be had now")
    await page.get_by_role("button", name="Add 3 lines to cart").click()
    await expect(page.locator("[data-units]")).to_have_text("9")


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
