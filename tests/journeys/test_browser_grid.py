"""The grid under the fingers: keys, paste, undo, rules, and what happens when the cart, the connection or the session is lost."""

import re
import time

from playwright.async_api import Locator, Page, expect

from tests.journeys.conftest import PHONE, Visit

PASTE = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""
SWEATSHIRT, JACKET = "crew-sweatshirt", "softshell-jacket"


async def open_style(page: Page, name: str) -> None:
    await page.goto(f"/products/{name}")
    await expect(page.locator("[data-live]")).to_be_visible()


def cell(page: Page, place: str) -> Locator:
    return page.get_by_label(re.compile(f", {place},"))


async def saved(page: Page) -> None:
    """A key takes the word “Saved” away at once, so that it can only be about what was typed."""
    await expect(page.locator("#state")).to_contain_text("Saved")


async def test_forty_eight_cells_are_typed_by_keyboard_alone_and_seldom_saved(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    posts: list[str] = []
    began = time.monotonic()
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await cell(page, "Black, XS").focus()
    for column in range(6):
        for row in range(8):
            await page.keyboard.type(str(column + 1))
            if row < 7:
                await page.keyboard.press("Enter")
        for _ in range(7):
            await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowRight")
    await expect(page.locator("[data-au]")).to_have_text("168")
    await expect(page.locator("[data-av]")).to_have_text("2,083.20")
    await expect(page.locator(".ladder tr:has([aria-current]) th")).to_have_text("from 96")
    await saved(page)
    assert len(posts) <= 2 + (time.monotonic() - began) / 2, (
        "a key that comes late may save, and no more often than every other second"
    )
    await open_style(page, SWEATSHIRT)
    await expect(page.locator(".grid .q[data-on]")).to_have_count(48)


async def test_a_block_from_a_spreadsheet_fills_a_block_and_one_undo_takes_it_back(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    await cell(page, "Navy, S").focus()
    await page.evaluate(PASTE, "\tS\tM\nNavy\t12\t1 200\nGrey\t\tmany\n")
    assert await cell(page, "Navy, S").input_value() == "12"
    assert await cell(page, "Navy, M").input_value() == "1 200"
    await expect(cell(page, "Grey, M")).to_have_attribute("aria-invalid", "true")
    await page.keyboard.press("Control+z")
    await expect(page.locator(".grid .q[data-on]")).to_have_count(0)
    assert await cell(page, "Grey, M").input_value() == ""


async def test_numbers_pasted_beside_the_grid_are_said_to_be_left_out(visit: Visit):
    page = await visit()
    await open_style(page, JACKET)
    await cell(page, "Navy, XL").focus()
    await page.evaluate(PASTE, "6\t6\t6\t6\n6\t6\n")
    await expect(page.locator("#state")).to_have_text("4 pasted numbers have no cell here and were left out.")


async def test_ctrl_d_fills_down_and_delete_or_zero_clears(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    await cell(page, "Grey, L").focus()
    await page.keyboard.type("5")
    await page.keyboard.press("Control+d")
    await expect(page.locator(".grid .q[data-on]")).to_have_count(6)
    await page.keyboard.press("Delete")
    assert await cell(page, "Grey, L").input_value() == ""
    await page.keyboard.press("ArrowDown")
    await page.keyboard.type("0")
    await page.keyboard.press("ArrowDown")
    assert await cell(page, "Red, L").input_value() == ""


async def test_keys_step_over_gaps(visit: Visit):
    page = await visit()
    await open_style(page, JACKET)
    await cell(page, "Navy, S").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(cell(page, "Navy, S")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(cell(page, "Black, S")).to_be_focused()


async def test_a_rule_offers_what_would_do_and_never_changes_the_number(visit: Visit):
    page = await visit()
    await open_style(page, JACKET)
    field = cell(page, "Black, M")
    await field.fill("7")
    hint = page.locator(".hint", has_text="by 6:")
    await expect(hint.get_by_role("button")).to_have_text(["6", "12"])
    await expect(page.locator("#state")).to_contain_text("one quantity needs a look")
    await expect(field).to_have_value("7")
    await page.reload()
    await expect(field).to_have_value("7")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await page.goto("/cart")
    await expect(page.locator("[data-live]")).to_be_visible()
    await page.get_by_role("button", name="Set to 12").click()
    await expect(page.get_by_label(re.compile("^Quantity of"))).to_have_value("12")
    await page.get_by_role("button", name=re.compile("^Remove")).click()
    await expect(page.get_by_text("Your cart is empty.")).to_be_visible()


async def test_a_cart_changed_elsewhere_keeps_both_changes(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    other = await page.context.new_page()
    await open_style(other, SWEATSHIRT)
    await cell(other, "Red, S").fill("9")
    await saved(other)
    await cell(page, "Red, M").fill("4")
    await saved(page)
    await expect(cell(page, "Red, S")).to_have_value("9")
    await expect(cell(page, "Red, M")).to_have_value("4")


async def test_two_answers_to_one_cell_are_left_to_the_person(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    other = await page.context.new_page()
    await open_style(other, SWEATSHIRT)
    await cell(other, "Sand, S").fill("9")
    await saved(other)
    await cell(page, "Sand, S").fill("4")
    await expect(page.locator("#state")).to_contain_text("The cart was changed elsewhere.")
    await expect(cell(page, "Sand, S")).to_have_value("4")
    await expect(page.locator(".hint", has_text="now 9 in the cart")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await saved(page)
    await other.reload()
    await expect(cell(other, "Sand, S")).to_have_value("4")


async def test_what_is_typed_offline_is_saved_when_the_connection_is_back(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    await page.context.set_offline(True)
    await cell(page, "Wine, M").fill("3")
    await expect(page.locator("#state")).to_contain_text("Offline")
    await page.context.set_offline(False)
    await saved(page)
    await page.reload()
    await expect(cell(page, "Wine, M")).to_have_value("3")


async def test_a_session_that_ended_is_said_and_nothing_typed_is_lost(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    await page.context.clear_cookies()
    await cell(page, "Wine, L").fill("3")
    await expect(page.locator("#state")).to_contain_text("You are signed out.")
    await expect(cell(page, "Wine, L")).to_have_value("3")


async def test_going_to_the_cart_waits_for_what_was_just_typed(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    await cell(page, "Green, S").fill("8")
    await page.get_by_role("link", name="Go to cart").click()
    field = page.get_by_label("Quantity of Crew sweatshirt Green S")
    await expect(field).to_have_value("8")
    await field.fill("0")
    await expect(page.get_by_text("Your cart is empty.")).to_be_visible()


async def test_steps_on_a_phone_go_by_the_pack(visit: Visit):
    page = await visit(viewport=PHONE)
    await open_style(page, JACKET)
    for _ in range(3):
        await page.get_by_role("button", name="More: Black L", exact=True).click()
    await expect(cell(page, "Black, L")).to_have_value("18")
    await page.get_by_role("button", name="Less: Black L", exact=True).click()
    await expect(cell(page, "Black, L")).to_have_value("12")
    box = await page.get_by_role("button", name="More: Black L", exact=True).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    await page.get_by_role("button", name="Hide Black").click()
    await expect(cell(page, "Black, L")).to_be_hidden()
    await page.get_by_role("button", name="Show Black").click()


async def test_what_the_shop_says_about_a_number_stays_while_the_number_does(visit: Visit):
    page = await visit()
    await open_style(page, SWEATSHIRT)
    field, hint = cell(page, "Black, S"), page.locator(".hint", has_text="only")
    await field.fill("90000")
    await expect(hint).to_be_visible()
    await field.fill("9")
    await expect(hint).to_have_count(0)
    await field.fill("90000")
    await saved(page)
    await open_style(page, SWEATSHIRT)
    await field.fill("90000")
    await expect(hint).to_be_visible()
