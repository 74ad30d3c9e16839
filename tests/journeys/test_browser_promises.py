"""What a page promises on a phone: nothing jumps while it loads, nothing is too small for a thumb, nothing reaches past the edge."""

import pytest

from tests.journeys.conftest import DESKTOP, PHONE, Visit

PAGES = ("/", "/products/softshell-jacket", "/products/work-trousers", "/cart", "/quick-order", "/orders", "/account")

WATCH = """window.shifts = []; new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    window.shifts.push(`${value.toFixed(4)} ${sources.map(({ node }) => node?.outerHTML?.slice(0, 80))}`);
}).observe({ type: "layout-shift", buffered: true })"""

# A link in running text is as high as its line; a tick is as large as its label; a style's name reaches over all that is said of it.
SMALL = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")].flatMap((one) => {
  const target = one.matches("[type=checkbox], [type=radio]") ? one.closest("label") : one.closest(".what") ?? one;
  const { width, height } = target.getBoundingClientRect();
  const inText = one.matches("a") && getComputedStyle(one).display === "inline" && one.parentElement.textContent.trim() !== one.textContent.trim();
  if (!width || height < 2 || inText || target.closest(".vh, .skip")) return [];
  return height < 43.5 || width < 24 ? [`${Math.round(width)} x ${Math.round(height)} ${one.outerHTML.slice(0, 120)}`] : [];
})"""


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_nothing_jumps_and_nothing_reaches_past_the_edge(visit: Visit, viewport: dict[str, int]):
    page = await visit(viewport=viewport)
    await page.context.add_init_script(WATCH)
    for address in PAGES:
        await page.goto(address)
        await page.wait_for_load_state("networkidle")
        await page.wait_for_timeout(100)
        assert await page.evaluate("() => window.shifts") == [], address
        assert await page.evaluate("() => document.documentElement.scrollWidth") <= viewport["width"], address


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_button_that_copies_a_number_takes_no_height(visit: Visit, viewport: dict[str, int]):
    """A script adds it when the page is there already: whatever font it gets, nothing below may move."""
    heights = []
    for script in (False, True):
        page = await visit(viewport=viewport, script=script)
        await page.goto("/products/softshell-jacket")
        await page.wait_for_load_state("networkidle")
        box = await page.locator("[data-copy]").first.bounding_box()
        assert box is not None
        heights.append(box["height"])
        assert await page.locator(".copy").count() == script
    assert heights[0] == heights[1]


async def test_what_is_pressed_on_a_phone_is_44_pixels_high(visit: Visit):
    page = await visit(viewport=PHONE)
    await page.goto("/products/softshell-jacket")
    await page.get_by_role("button", name="More: Black L").click()
    await page.get_by_text("Saved").wait_for()
    for address in PAGES:
        await page.goto(address)
        assert await page.evaluate(SMALL) == [], address
