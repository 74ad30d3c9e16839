"""A day at the seller's in a real browser, and a company admin's: confirmed, cancelled, edited, priced, counted, invited."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from backend.core.viewer import Role
from tests.journeys.conftest import DESKTOP, PHONE, Visit
from tests.journeys.shop import BUYER, PASSWORD, STRANGER, add_people
from tests.servers import LiveServer

MANAGER, MARKETING, WAREHOUSE, ADMIN = (f"{name}@seller.example" for name in ("manager", "marketing", "warehouse", "admin"))
COMPANY_ADMIN = "admin@harbour.example"
STAFF = {MANAGER: Role.SALES_MANAGER, MARKETING: Role.MARKETING, WAREHOUSE: Role.WAREHOUSE, ADMIN: Role.ADMIN}


@pytest.fixture(scope="module", autouse=True)
def people(shop: LiveServer) -> None:
    """The seller's own people, and an admin for Harbour Workwear."""
    asyncio.run(add_people(shop.database_url, STAFF, COMPANY_ADMIN))


async def order_belts(page: Page, quantity: int) -> str:
    """Places an order as its buyer; its number."""
    await page.goto("/products/tool-belt")
    await page.locator(".grid .q").fill(str(quantity))
    await expect(page.locator("#state")).to_contain_text("Saved")
    await page.goto("/checkout")
    await page.get_by_role("button", name="Place order").click()
    await expect(page.get_by_text("Thank you: the order is placed.")).to_be_visible()
    return await page.get_by_role("heading", level=1).inner_text()


@pytest.mark.parametrize(("script", "viewport"), [(True, DESKTOP), (False, PHONE)], ids=["desktop", "plain-phone"])
async def test_the_warehouse_confirms_an_order_and_the_buyer_reads_who_did(visit: Visit, script: bool, viewport: dict[str, int]):
    buyer = await visit()
    number = await order_belts(buyer, 3)
    page = await visit(WAREHOUSE, script=script, viewport=viewport)
    await expect(page.get_by_role("heading", name="Orders to confirm")).to_be_visible()
    await page.get_by_role("link", name=number).click()
    await expect(page.locator(".about-order")).to_contain_text("Harbour Workwear")
    await page.get_by_role("button", name="Confirm order").click()
    await expect(page.locator(".pill", has_text="Confirmed")).to_be_visible()
    await buyer.reload()
    await expect(buyer.locator(".past")).to_contain_text("Confirmed by")


async def test_a_manager_cancels_with_a_reason_that_stays_with_the_order(visit: Visit):
    buyer = await visit()
    number = await order_belts(buyer, 2)
    page = await visit(MANAGER)
    await page.goto(f"/orders/{number}")
    await page.get_by_text("Cancel order").click()
    await page.get_by_label("Reason").fill("The buckle is recalled")
    await page.get_by_role("button", name="Cancel this order").click()
    await expect(page.locator(".pill", has_text="Cancelled")).to_be_visible()
    await buyer.reload()
    await expect(buyer.locator(".past")).to_contain_text("The buckle is recalled")


async def test_marketing_edits_a_product_and_the_buyer_reads_it(visit: Visit):
    page = await visit(MARKETING, script=False)
    await page.get_by_role("link", name="Products", exact=True).first.click()
    await page.get_by_label("Search products").fill("Work trousers")
    await page.get_by_role("button", name="Search", exact=True).last.click()
    await page.get_by_role("link", name="Work trousers").click()
    await page.get_by_label("Description").fill("Cordura knees.\n\nWash at 60.")
    await page.get_by_label(re.compile("^In steps of: .*BLACK-SHORT-50", re.IGNORECASE)).fill("4")
    await page.get_by_role("button", name="Save product").click()
    await expect(page.locator(".say[role=status]")).to_have_text("Saved.")
    buyer = await visit()
    await buyer.goto("/products/work-trousers")
    await expect(buyer.get_by_text("Cordura knees.").first).to_be_visible()
    await buyer.get_by_label(re.compile("Black, Short, 50,")).fill("3")
    await expect(buyer.locator(".hint", has_text="4").first).to_be_visible()


async def test_marketing_makes_a_product_with_options(visit: Visit):
    page = await visit(MARKETING)
    await page.goto("/staff/products/new")
    for label, value in (("Number", "NW-7000"), ("Name", "Mesh vest"), ("Brand", "Northline")):
        await page.get_by_label(label, exact=False).first.fill(value)
    await page.get_by_label("First option").fill("Colour")
    await page.get_by_label("Its values").first.fill("Yellow, Orange")
    await page.get_by_label("Second option").fill("Size")
    await page.get_by_label("Its values").last.fill("S, M, L")
    await page.get_by_role("button", name="Create product").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mesh vest")
    await expect(page.locator("tbody .sku")).to_have_count(6)
    await expect(page.locator("tbody .sku").first).to_have_text("NW-7000-YELLOW-S")


async def test_a_manager_sets_a_price_and_the_buyer_pays_it_on_the_next_page(visit: Visit):
    buyer = await visit()
    await buyer.goto("/products/tool-belt")
    await expect(buyer.get_by_text("18.40").first).to_be_visible()
    page = await visit(MANAGER, script=False)
    await page.goto("/staff/price-lists?q=harbour")
    await page.locator("tbody").get_by_role("link").click()
    await page.get_by_role("link", name="Set a price").click()
    await page.get_by_label("SKU").fill("HZ-0001")
    await page.get_by_label("EUR each, row 1").fill("dear")
    await page.get_by_role("button", name="Set price").click()
    await expect(page.get_by_text("Give an amount such as 12.50.").last).to_be_visible()
    await page.get_by_label("EUR each, row 1").fill("15.20")
    await page.get_by_label("From, row 2").fill("10")
    await page.get_by_label("EUR each, row 2").fill("14.10")
    await page.get_by_role("button", name="Set price").click()
    await expect(page.locator(".say[role=status]")).to_contain_text("The price is set.")
    await buyer.reload()
    await expect(buyer.get_by_text("15.20").first).to_be_visible()
    await expect(buyer.get_by_text("14.10").first).to_be_visible()


async def test_a_manager_hides_a_product_and_it_is_gone_for_the_buyer_on_the_next_page(visit: Visit):
    buyer = await visit(STRANGER)
    page = await visit(MANAGER, script=False)
    await page.goto("/staff/assortments")
    await page.get_by_role("link", name="south").click()
    await page.get_by_label("Add a rule that").select_option("hides")
    await page.get_by_label("or a product").fill("HZ-0001")
    await page.get_by_role("button", name="Add rule").click()
    await expect(page.get_by_role("listitem").filter(has_text="Tool belt")).to_contain_text("hides")
    answer = await buyer.goto("/products/tool-belt")
    assert answer is not None
    assert answer.status == 404
    await page.get_by_role("button", name=re.compile("^Remove ?: Tool belt")).click()
    answer = await buyer.goto("/products/tool-belt")
    assert answer is not None
    assert answer.status == 200


async def test_a_manager_hides_one_variant_and_the_rest_of_its_product_stays(visit: Visit):
    buyer = await visit(STRANGER)
    page = await visit(MANAGER, script=False, viewport=PHONE)
    await page.goto("/staff/assortments")
    await page.get_by_role("link", name="south").click()
    await page.get_by_label("Add a rule that").select_option("hides")
    await page.get_by_label("or one variant").fill("NW-3312-GREY-LONG-52")
    await page.get_by_role("button", name="Add rule").click()
    await expect(page.get_by_role("listitem").filter(has_text="NW-3312-GREY-LONG-52")).to_contain_text("one variant")
    await buyer.goto("/products/work-trousers")
    await expect(buyer.locator(".grid .q")).to_have_count(11)
    await page.get_by_role("button", name=re.compile("^Remove ?: NW-3312-GREY-LONG-52")).click()
    await buyer.reload()
    await expect(buyer.locator(".grid .q")).to_have_count(12)


async def test_an_assortment_is_made_given_to_a_company_and_deleted(visit: Visit):
    page = await visit(MARKETING, script=False, viewport=PHONE)
    await page.goto("/staff/assortments/new")
    await page.get_by_label("Code").fill("everything")
    await page.get_by_label("Name").fill("Winter")
    await page.get_by_role("button", name="Create assortment").click()
    await expect(page.locator(".hint")).to_have_text("There is an assortment everything already.")
    await page.get_by_label("Code").fill("winter")
    await page.get_by_role("button", name="Create assortment").click()
    await page.get_by_label("A brand").select_option("Northline")
    await page.get_by_role("button", name="Add rule").click()
    await expect(page.get_by_text(re.compile("^shows [23] products"))).to_be_visible()
    await page.get_by_label("A company or location").fill("Hill")
    await page.get_by_role("button", name="Look").click()
    await page.get_by_role("button", name=re.compile("^Assign the assortment")).first.click()
    await expect(page.get_by_role("button", name=re.compile("^Remove ?: .*Hill"))).to_be_visible()
    await page.get_by_text("Delete", exact=True).click()
    await page.get_by_role("button", name="Delete this assortment").click()
    await expect(page.get_by_role("alert")).to_contain_text("is in use by 1 company (Hill")
    await page.get_by_label("Replace it with").select_option(index=1)
    await page.get_by_role("button", name="Delete this assortment").click()
    await expect(page.get_by_text("The assortment is gone.")).to_be_visible()


@pytest.mark.parametrize(("script", "viewport"), [(True, DESKTOP), (False, PHONE)], ids=["desktop", "plain-phone"])
async def test_what_an_administrator_sets_for_tax_and_shipping_is_in_the_buyers_next_cart(
    visit: Visit, script: bool, viewport: dict[str, int]
):
    buyer, page = await visit(), await visit(ADMIN, script=script, viewport=viewport)
    await buyer.goto("/products/tool-belt")
    await buyer.locator(".grid .q").fill("3")
    await expect(buyer.locator("#state")).to_contain_text("Saved")
    await page.goto("/staff/settings")
    await page.get_by_role("link", name="Shipping").click()
    await page.get_by_role("link", name="New way of shipping").click()
    fields = {"Code": "PARCEL", "Currency": "eur", "Name": "Parcel", "Price": "nine", "Sent to": "nl, be"}
    for label, value in fields.items():
        await page.get_by_label(re.compile(f"^{label}")).fill(value)
    await page.get_by_role("button", name="Create way of shipping").click()
    await expect(page.locator(".hint")).to_have_text("Give an amount such as 12.50.")
    await page.get_by_label(re.compile("^Price")).fill("9,50")
    await page.get_by_role("button", name="Create way of shipping").click()
    await expect(page.get_by_role("row", name=re.compile("Parcel"))).to_contain_text("NL, BE")
    await buyer.goto("/cart")
    await expect(buyer.locator(".totals")).to_contain_text("9.50")
    await page.goto("/staff/settings/tax-rates")
    await page.get_by_role("link", name=re.compile("^VAT")).click()
    await page.get_by_label(re.compile("^Percent")).fill("10")
    await page.get_by_role("button", name="Save tax rate").click()
    await buyer.reload()
    await expect(buyer.locator(".totals")).to_contain_text("10 %")
    await page.goto("/staff/settings/tax-rates/one?country=NL&class=STANDARD")
    await page.get_by_label(re.compile("^Percent")).fill("21")
    await page.get_by_role("button", name="Save tax rate").click()
    await page.goto("/staff/settings/shipping/one?code=PARCEL&currency=EUR")
    await page.get_by_text("Delete", exact=True).click()
    await page.get_by_role("button", name="Delete this way of shipping").click()
    await page.get_by_label("Do it all the same").check()
    await page.get_by_role("button", name="Delete this way of shipping").click()
    await expect(page.get_by_text("There is no way of shipping yet.")).to_be_visible()
    await buyer.reload()
    await expect(buyer.locator(".totals")).to_contain_text("to be confirmed")


async def test_an_administrator_invites_somebody_gives_her_a_role_and_closes_her_account(visit: Visit):
    page = await visit(ADMIN, script=False)
    await page.goto("/staff/people/new")
    await page.get_by_label("E-mail").fill(MARKETING)
    await page.get_by_label("Name").fill("Fin New")
    await page.get_by_label(re.compile("^Finance")).check()
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.locator(".hint")).to_contain_text("is taken")
    await page.get_by_label("E-mail").fill("fin@seller.example")
    await page.get_by_role("button", name="Send invitation").click()
    row = page.get_by_role("row", name=re.compile("Fin New"))
    await expect(row).to_contain_text("invited")
    await page.get_by_role("link", name="Fin New").click()
    await page.get_by_label(re.compile("^Warehouse")).check()
    await page.get_by_label("May sign in").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Warehouse")
    await expect(row).to_contain_text("may not come in")


async def test_the_warehouse_counts_and_never_below_what_is_reserved(visit: Visit):
    page = await visit(WAREHOUSE, script=False)
    await page.goto("/staff/stock?q=NW-5500")
    field = page.get_by_label(re.compile("^On hand: ")).first
    await field.fill("77")
    await page.get_by_role("button", name="Save counts").click()
    await expect(page.locator(".say[role=status]")).to_have_text("Saved.")
    await expect(field).to_have_value("77")
    await field.fill("lots")
    await page.get_by_role("button", name="Save counts").click()
    await expect(page.locator(".hint", has_text="Give a whole number.")).to_be_visible()
    await expect(field).to_have_value("lots")


async def test_a_company_admin_invites_a_member_and_lets_her_go(visit: Visit):
    page = await visit(COMPANY_ADMIN, script=False, viewport=PHONE)
    await page.goto("/account/members/new")
    await page.get_by_label("E-mail").fill("new@harbour.example")
    await page.get_by_label("Name").fill("Nora New")
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.locator(".hint")).to_contain_text("Give at least one location")
    await expect(page.get_by_label("E-mail")).to_have_value("new@harbour.example")
    await page.get_by_label("Antwerp").check()
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.locator(".say[role=status]")).to_contain_text("Invited")
    row = page.get_by_role("row", name=re.compile("Nora New"))
    await expect(row).to_contain_text("invited")
    await page.get_by_role("link", name="Nora New").click()
    await page.get_by_role("button", name="Remove from the company").click()
    await expect(page.get_by_role("link", name="Nora New")).to_have_count(0)


async def test_a_new_company_gets_a_location_and_its_first_member(visit: Visit):
    page = await visit(MANAGER)
    await page.goto("/staff/companies/new")
    await page.get_by_label("Account number").fill("C-9001")
    await page.get_by_label("Name", exact=True).fill("Quay Stores")
    await page.get_by_role("button", name="Make company").click()
    await page.get_by_role("link", name="Add a location").click()
    fields = {"Number": "L-9001", "Name": "Quay", "Currency": "EUR", "Street": "Kade 1", "Town": "Delft", "Country": "nl"}
    for label, value in fields.items():
        await page.get_by_label(re.compile(f"^{label}")).first.fill(value)
    await page.get_by_role("button", name="Save location").click()
    await page.get_by_role("link", name="Invite someone").click()
    await page.get_by_label("E-mail").fill("first@quay.example")
    await page.get_by_label("Name").fill("Fay First")
    await page.get_by_label("Quay").check()
    await page.get_by_role("button", name="Send invitation").click()
    await expect(page.get_by_role("row", name=re.compile("Fay First"))).to_contain_text("invited")


async def test_one_changes_ones_password_and_signs_other_devices_out(visit: Visit):
    first, second = await visit(STRANGER), await visit(STRANGER)
    await first.goto("/account")
    await expect(first.get_by_text("Chrome on").first).to_be_visible()
    await first.get_by_label("Present password").fill("not this one")
    await first.get_by_label("New password", exact=True).fill("another-long-password")
    await first.get_by_label("New password again").fill("another-long-password")
    await first.get_by_role("button", name="Change password").click()
    await expect(first.get_by_text("This is not your present password.").last).to_be_visible()
    for was, new in ((PASSWORD, "another-long-password"), ("another-long-password", PASSWORD)):
        await first.get_by_label("Present password").fill(was)
        await first.get_by_label("New password", exact=True).fill(new)
        await first.get_by_label("New password again").fill(new)
        await first.get_by_role("button", name="Change password").click()
        await expect(first.locator(".say[role=status]")).to_contain_text("The password is changed.")
    await second.goto("/cart")
    await expect(second).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize("email", [BUYER, MARKETING, WAREHOUSE, MANAGER, ADMIN])
async def test_every_page_that_is_linked_opens(visit: Visit, email: str):
    page = await visit(email)
    await page.goto("/staff" if email != BUYER else "/account")
    links = await page.locator(".top nav a, .tabs a, .panel a").evaluate_all("links => links.map(link => link.href)")
    for href in dict.fromkeys(links):
        answer = await page.goto(href)
        assert answer is not None
        assert answer.status == 200, href
