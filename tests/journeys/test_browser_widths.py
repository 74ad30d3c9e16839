"""A page has one state for each width, whatever the widths before: a phone that is turned, a window at half, a sheet of paper."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Visit

# Where everything is that a person sees: what is not displayed has no box.
PLACES = """() => [...document.querySelectorAll("main *, footer *")].flatMap((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return width && height ? [[one.tagName, one.className.baseVal ?? one.className, x, y + scrollY, width, height].join(" ")] : [];
})"""
PAGES = ("/products/crew-sweatshirt", "/products/tool-belt", "/cart", "/quick-order")


async def at(page: Page, size: dict[str, int]) -> Any:
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return await page.evaluate(PLACES)


async def drawn(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_looks_the_same_at_one_width_whatever_the_widths_before(visit: Visit, address: str):
    page = await visit()
    await drawn(page, address)
    wide = await at(page, DESKTOP)
    narrow = await at(page, PHONE)
    assert await at(page, DESKTOP) == wide
    assert await at(page, PHONE) == narrow
    await drawn(page, address)
    assert await at(page, PHONE) == narrow
    assert await at(page, DESKTOP) == wide


async def test_steps_and_folds_are_seen_on_a_narrow_screen_alone(visit: Visit):
    page = await visit(viewport=PHONE)
    await drawn(page, "/products/crew-sweatshirt")
    steps, folds = page.locator(".step"), page.locator(".fold")
    for size, seen in ((PHONE, True), (DESKTOP, False), (PHONE, True)):
        await at(page, size)
        await expect(steps.first).to_be_visible(visible=seen)
        await expect(folds.first).to_be_visible(visible=seen)


async def test_a_row_that_was_folded_is_open_on_a_wide_screen(visit: Visit):
    page = await visit(viewport=PHONE)
    await drawn(page, "/products/crew-sweatshirt")
    await page.get_by_role("button", name="Hide Black").click()
    field = page.get_by_label("Black, XS")
    await expect(field).to_be_hidden()
    await at(page, DESKTOP)
    await expect(field).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_print_preview_shows_no_buttons_and_leaves_the_page_as_it_was(visit: Visit, size: dict[str, int]):
    page = await visit(viewport=size)
    await drawn(page, "/products/crew-sweatshirt")
    before = await at(page, size)
    await page.emulate_media(media="print")
    await expect(page.locator(".step").first).to_be_hidden()
    await expect(page.locator(".fold").first).to_be_hidden()
    await expect(page.locator(".foot")).to_be_hidden()
    await expect(page.get_by_label("Black, XS")).to_be_visible()
    await page.emulate_media(media="screen")
    assert await at(page, size) == before
