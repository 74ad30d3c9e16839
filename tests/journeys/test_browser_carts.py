"""Named carts in a real browser: one is made, filled by grid and by list, ordered, and the open one is as it was."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Visit


async def fill(page: Page, quantity: str, *, script: bool) -> None:
    await page.goto("/products/tool-belt")
    await page.locator(".grid .q").fill(quantity)
    if not script:
        await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("#state")).to_contain_text("Saved")


@pytest.mark.parametrize("script", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_named_cart_is_filled_and_ordered_beside_the_open_one(visit: Visit, viewport: dict[str, int], script: bool):
    page = await visit(script=script, viewport=viewport)
    await fill(page, "2", script=script)
    await page.goto("/cart")
    await page.get_by_role("main").get_by_role("link", name="Carts").click()
    await page.get_by_label("Name of a new cart").fill("Autumn")
    await page.get_by_role("button", name="Create cart").click()
    await expect(page.get_by_role("row", name=re.compile("Autumn"))).to_contain_text("you work in this one")

    await page.goto("/products/tool-belt")
    await expect(page.locator(".into.named")).to_contain_text("Autumn")
    await expect(page.locator(".grid .q")).to_have_value("")
    await fill(page, "5", script=script)
    await page.goto("/?q=tool+belt")
    await expect(page.locator(".item", has_text="Tool belt").locator(".open")).to_contain_text("5 in cart")
    await page.goto("/quick-order")
    await page.get_by_label("One item on a line").fill("HZ-0001 3")
    await expect(page.get_by_label("Into which cart")).to_have_value(re.compile(r"^cart\."))
    await page.get_by_role("button", name="Check the list").click()
    await page.get_by_role("button", name="Add 1 line to cart").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Autumn")
    await expect(page.get_by_label(re.compile("^Quantity of"))).to_have_value("8")

    await page.get_by_role("link", name="Checkout").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Checkout: Autumn")
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("Thank you: the order is placed.")).to_be_visible()
    await page.goto("/cart")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cart")
    await expect(page.get_by_label(re.compile("^Quantity of"))).to_have_value("2")


async def test_two_windows_in_two_carts_save_each_into_its_own(visit: Visit):
    page = await visit()
    await fill(page, "2", script=True)
    other = await page.context.new_page()
    await other.goto("/carts")
    await other.get_by_label("Name of a new cart").fill("Winter")
    await other.get_by_role("button", name="Create cart").click()
    await fill(other, "7", script=True)
    await page.locator(".grid .q").fill("4")
    await expect(page.locator("#state")).to_contain_text("Not saved yet")
    await expect(page.locator("#state")).to_contain_text("Saved")
    await other.goto("/carts")
    await expect(other.get_by_role("row", name=re.compile("Open cart"))).to_contain_text("4 units")
    await expect(other.get_by_role("row", name=re.compile("Winter"))).to_contain_text("7 units")
    await other.get_by_role("button", name=re.compile("Work in this.*Open cart")).click()
    await expect(other.get_by_label(re.compile("^Quantity of"))).to_have_value("4")


async def test_a_cart_is_renamed_and_emptied(visit: Visit):
    page = await visit()
    await page.goto("/carts")
    await page.get_by_label("Name of a new cart").fill("Winter")
    await page.get_by_role("button", name="Create cart").click()
    await fill(page, "7", script=True)
    await page.goto("/carts")
    row = page.get_by_role("row", name=re.compile("Winter"))
    await row.locator("summary").click()
    await row.get_by_label("Name").fill("Spring")
    await row.get_by_role("button", name="Rename").click()
    row = page.get_by_role("row", name=re.compile("Spring"))
    await row.locator("summary").click()
    await row.get_by_role("button", name="Take out all lines").click()
    await expect(page.get_by_role("row", name=re.compile("Spring"))).to_contain_text("0 units")
