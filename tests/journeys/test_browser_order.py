"""A buyer's order in a real browser: found, filled, checked out and found again, at both widths, with and without JavaScript."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Visit
from tests.journeys.shop import REP, STRANGER

WIDTHS = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])


async def open_style(page: Page, name: str) -> None:
    """Finds it as a buyer does: by searching for it."""
    await page.goto("/")
    await page.get_by_label("Search the catalogue").fill(name)
    await page.get_by_label("Search the catalogue").press("Enter")
    await page.get_by_role("heading", level=2).get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)


async def save(page: Page, *, script: bool) -> None:
    """By itself with JavaScript; by its button without."""
    if not script:
        await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("#state")).to_contain_text("Saved")


async def check_out(page: Page, number: str) -> str:
    """From the cart to the order; its number."""
    await page.goto("/cart")
    await page.get_by_role("link", name="Checkout").click()
    await page.get_by_label("Your order number").fill(number)
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("Thank you: the order is placed.")).to_be_visible()
    return await page.get_by_role("heading", level=1).inner_text()


@WIDTHS
@pytest.mark.parametrize("script", [True, False], ids=["javascript", "plain"])
async def test_a_buyer_fills_a_grid_and_orders(visit: Visit, viewport: dict[str, int], script: bool):
    page = await visit(script=script, viewport=viewport)
    await open_style(page, "Crew sweatshirt")
    await page.get_by_label(re.compile("Black, M,")).fill("60")
    await page.get_by_label(re.compile("Wine, 2XL,")).fill("36")
    await save(page, script=script)
    await expect(page.locator("[data-bar]")).to_have_text(re.compile(r"96\s*units\s*1,190\.40\s*EUR"))

    await page.get_by_role("link", name="Go to cart").click()
    await expect(page.get_by_label("Quantity of Crew sweatshirt Black M")).to_have_value("60")
    await expect(page.locator(".totals .all")).to_contain_text("1,440.38")
    number = await check_out(page, f"PO {viewport['width']} {script}")

    await expect(page.locator(".totals .all")).to_contain_text("1,440.38")
    await page.goto("/orders")
    await expect(page.get_by_role("row", name=re.compile(number))).to_contain_text(f"PO {viewport['width']} {script}")
    await page.goto("/cart")
    await expect(page.get_by_text("Your cart is empty.")).to_be_visible()


@WIDTHS
@pytest.mark.parametrize("name", ["Ocean Blue Shirt", "7 Shakra Bracelet"])
async def test_an_imported_catalogue_is_priced_gridded_and_ordered(visit: Visit, viewport: dict[str, int], name: str):
    page = await visit(viewport=viewport)
    await open_style(page, name)
    await page.locator(".grid .q").first.fill("1")
    await save(page, script=True)
    await check_out(page, name)
    await expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()


async def test_an_imported_catalogue_is_not_there_for_another_company(visit: Visit):
    page = await visit(STRANGER)
    await expect(page.get_by_text("2 products")).to_be_visible()
    await page.goto("/?q=Tuxedo")
    await expect(page.get_by_text("Nothing matches “Tuxedo”.")).to_be_visible()
    answer = await page.goto("/products/ocean-blue-shirt")
    assert answer is not None
    assert answer.status == 404


async def test_a_rep_chooses_a_customer_and_orders_in_her_name(visit: Visit):
    page = await visit(REP)
    await page.get_by_role("button", name="Order here for Harbour Workwear, Antwerp").click()
    await expect(page.locator(".who summary")).to_contain_text("Harbour Workwear")
    await open_style(page, "Tool belt")
    await page.locator(".grid .q").fill("2")
    await save(page, script=True)
    await check_out(page, "by phone")
    await expect(page.get_by_text("on behalf of Harbour Workwear")).to_be_visible()


async def test_several_styles_stand_on_one_page_and_save_in_one_request(visit: Visit):
    page = await visit()
    await page.goto("/")
    await page.get_by_label("Southline").click()  # the choice sends itself: the next page has other fields
    await expect(page.get_by_text("2 products")).to_be_visible()
    for name in ("Work trousers", "Tool belt"):
        await page.get_by_label(f"Tick {name}").check()
    await page.get_by_role("button", name="Open ticked styles on one page").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("2 styles on one page")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await page.get_by_label(re.compile("Black, Short, 50,")).fill("3")
    await page.get_by_label(re.compile("^Tool belt, ")).fill("1")
    await save(page, script=True)
    assert len(posts) == 1
    await page.reload()
    await expect(page.get_by_label(re.compile("Black, Short, 50,"))).to_have_value("3")


async def test_the_total_that_is_ordered_is_the_total_that_was_shown(visit: Visit):
    page = await visit()
    await open_style(page, "Work trousers")
    await page.get_by_label(re.compile("Grey, Long, 48,")).fill("2")
    await save(page, script=True)
    await page.goto("/checkout")
    other = await page.context.new_page()
    await open_style(other, "Work trousers")
    await other.get_by_label(re.compile("Grey, Long, 48,")).fill("3")
    await save(other, script=True)
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was ordered")
    await expect(page.locator(".totals .all")).to_contain_text("88.94")
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("Thank you: the order is placed.")).to_be_visible()
