"""The demo: it loads quickly, once, and holds what its readers are promised: logins, axes, prices, pictures, history."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest

from backend.app import build
from backend.companies.actions.sessions import sign_in
from backend.companies.queries import viewer_for_token
from backend.companies.rules import CompanyCategory
from backend.core import cache, clock, database
from backend.core.database import fetch, fetch_row, fetch_value
from backend.core.gtins import is_gtin
from backend.core.viewer import Role, Viewer
from backend.demo.catalogue import all_items
from backend.demo.load import load_demo
from backend.demo.logins import LOGINS, PASSWORD
from backend.orders.reorder import ReorderOutcome, preview_reorder
from backend.settings import Settings
from backend.shop.queries import load_variants
from tests import databases

# A good deal above what it takes, for busy machines; a step that begins to ask for each variant goes far beyond.
MOST_STATEMENTS = 7_000

TABLES = ("seller", "company", "company_location", "user_account", "member", "product", "variant", "asset", "price_list", "price", "stock",
          "arrival", "assortment", "customer_sku", "order_minimum", "shipping_method", "tax_rate", "customer_order", "order_line")  # fmt: skip

ROLES = {
    "buyer": Role.BUYER, "approver": Role.APPROVER, "companyadmin": Role.COMPANY_ADMIN, "buyer2": Role.BUYER, "rep": Role.SALES_REP,
    "rep2": Role.SALES_REP, "manager": Role.SALES_MANAGER, "marketing": Role.MARKETING, "warehouse": Role.WAREHOUSE,
    "finance": Role.FINANCE, "admin": Role.ADMIN,
}  # fmt: skip


@pytest.fixture(scope="module")
def demo_url(database_server: str) -> Iterator[str]:
    with databases.copy_of(database_server, databases.demo_template(database_server)) as url:
        yield url


@pytest.fixture
async def demo(demo_url: str) -> AsyncIterator[None]:
    """The demo, loaded once for this module: tests read it."""
    await database.start(demo_url)
    await cache.start(None)
    try:
        yield
    finally:
        await cache.stop()
        await database.stop()


async def viewer(name: str) -> Viewer:
    return await viewer_for_token((await sign_in(f"{name}@demo.example", PASSWORD)).token)


async def counts() -> dict[str, int]:
    return {table: await fetch_value(f"SELECT count(*) FROM {table}") for table in TABLES}


async def test_it_loads_on_an_empty_database_and_the_second_time_changes_nothing(database: str) -> None:
    from backend.core.database import count_statements

    said: list[str] = []
    with count_statements() as statements:
        await load_demo(said.append)
    assert statements.count < MOST_STATEMENTS
    assert said
    before = await counts()
    assert all(before.values())
    await load_demo(said.append)
    assert await counts() == before


@pytest.mark.usefixtures("demo")
async def test_everybody_can_sign_in_with_the_role_that_the_address_promises() -> None:
    assert [email for email, _ in LOGINS] == [f"{name}@demo.example" for name in ROLES]
    for name, role in ROLES.items():
        assert (await viewer(name)).role is role


@pytest.mark.usefixtures("demo")
async def test_there_is_as_much_as_the_readme_says() -> None:
    found = await counts()
    assert 295 <= found["product"] <= 330
    assert 3_700 <= found["variant"] <= 4_300
    assert found["company"] == 30
    assert {row["category"] for row in await fetch("SELECT DISTINCT category FROM company")} == set(CompanyCategory)
    places = [row["count"] for row in await fetch("SELECT count(*) FROM company_location GROUP BY company_id")]
    assert (min(places), max(places)) == (1, 5)
    assert {row["currency"] for row in await fetch("SELECT DISTINCT currency FROM company_location")} == {
        "EUR",
        "GBP",
        "SEK",
        "CHF",
    }


@pytest.mark.usefixtures("demo")
async def test_products_have_none_to_three_axes_holes_size_runs_and_successors() -> None:
    axes = {row["n"] for row in await fetch("SELECT DISTINCT cardinality(option_names) AS n FROM product")}
    assert axes == {0, 1, 2, 3}
    olive = await fetch("SELECT sku FROM variant WHERE sku LIKE 'NW-2140-OLV-%'")
    assert not {"NW-2140-OLV-XS", "NW-2140-OLV-4XL"} & {row["sku"] for row in olive}
    run = await fetch_value(
        "SELECT sum(c.quantity) FROM pack_content c JOIN variant v ON v.id = c.variant_id WHERE v.sku = 'NW-1007-BLK-RUN12'"
    )
    assert run == 12
    gone = await fetch("SELECT sku, replaced_by_id FROM variant WHERE NOT is_active")
    assert any(row["replaced_by_id"] for row in gone)
    assert all(row["replaced_by_id"] for row in gone if row["sku"].startswith("NW-2130"))
    assert any(row["replaced_by_id"] is None for row in gone)


@pytest.mark.usefixtures("demo")
async def test_numbers_can_be_scanned() -> None:
    gtins = [row["gtin"] for row in await fetch("SELECT gtin FROM variant")]
    assert all(is_gtin(gtin) for gtin in gtins)
    assert len(set(gtins)) == len(gtins)


@pytest.mark.usefixtures("demo")
async def test_every_variant_has_a_price_in_every_currency_unless_it_is_on_request() -> None:
    on_request = {item.sku for item in all_items() if "request" in item.style.marks}
    rows = await fetch(
        "SELECT l.currency, v.sku, p.id IS NOT NULL AS priced FROM variant v CROSS JOIN price_list l"
        " LEFT JOIN price p ON p.variant_id = v.id AND p.price_list_id = l.id AND p.valid_from <= current_date"
        " WHERE l.is_default"
    )
    assert {row["currency"] for row in rows} == {"EUR", "GBP", "SEK", "CHF"}
    assert on_request
    for row in rows:
        assert row["priced"] is (row["sku"] not in on_request), row["sku"]


@pytest.mark.usefixtures("demo")
async def test_no_product_is_without_a_picture_and_every_picture_is_drawn() -> None:
    assert not await fetch_value("SELECT count(*) FROM product p WHERE NOT EXISTS (SELECT FROM asset a WHERE a.product_id = p.id)")
    urls = [row["url"] for row in await fetch("SELECT DISTINCT url FROM asset")]
    async with pictures() as client:
        for url in urls:
            answer = await client.get(url)
            assert answer.status_code == 200, url
            assert answer.headers["content-type"] == "image/svg+xml"
            assert answer.text.startswith("<svg ")
            assert "$" not in answer.text


@pytest.mark.parametrize(
    "name",
    ["jacket-24282D.svg", "jacket-24282.svg", "jacket-24282d.png", "dress-24282d.svg", "..%2Fjacket-24282d.svg", "jacket-24282d.svg%0a",
     "jacket-%3Cscript.svg", "jacket-24282d", "-24282d.svg"],
)  # fmt: skip
async def test_nothing_but_a_kind_and_a_colour_is_a_picture(name: str) -> None:
    async with pictures() as client:
        assert (await client.get(f"/pictures/{name}")).status_code == 404


def pictures() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(build(Settings())), base_url="http://testserver")


@pytest.mark.usefixtures("demo")
async def test_the_second_buyer_has_another_assortment_other_prices_and_another_currency() -> None:
    keys = {
        row["sku"]: row["id"]
        for row in await fetch("SELECT sku, id FROM variant WHERE sku = ANY ($1)", ["NW-1007-NAV-M", "FS-4410-BRN-42"])
    }
    first, second = await viewer("buyer"), await viewer("buyer2")
    harbour, calder = await load_variants(first, keys.values()), await load_variants(second, keys.values())
    assert set(harbour) == set(keys.values())
    assert set(calder) == {keys["NW-1007-NAV-M"]}
    assert (first.currency, second.currency) == ("EUR", "GBP")
    tee = keys["NW-1007-NAV-M"]
    assert harbour[tee].breaks[0].price_list.is_contract
    assert calder[tee].breaks[0].price_list.label == "Calder Trade Counter"


@pytest.mark.usefixtures("demo")
async def test_the_reps_have_different_accounts_and_harbour_is_the_first_ones() -> None:
    rows = await fetch(
        "SELECT u.email, c.name FROM rep_account r JOIN user_account u ON u.id = r.user_id JOIN company c ON c.id = r.company_id"
    )
    own = {name: {row["name"] for row in rows if row["email"] == f"{name}@demo.example"} for name in ("rep", "rep2")}
    assert "Harbour Workwear" in own["rep"]
    assert own["rep2"]
    assert not own["rep"] & own["rep2"]


@pytest.mark.usefixtures("demo")
async def test_every_month_of_the_history_has_orders_and_their_numbers_have_no_gap() -> None:
    today = clock.today()
    months = {row["month"] for row in await fetch("SELECT DISTINCT to_char(placed_at, 'YYYY-MM') AS month FROM customer_order")}
    assert {f"{today - timedelta(days=30 * back):%Y-%m}" for back in range(1, 18)} <= months
    numbers = [
        int(row["number"].removeprefix("SO-"))
        for row in await fetch("SELECT number FROM customer_order ORDER BY placed_at, number")
    ]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({row["company_id"] for row in await fetch("SELECT DISTINCT company_id FROM customer_order")}) == 30


@pytest.mark.usefixtures("demo")
async def test_open_orders_hold_just_their_stock_and_their_credit() -> None:
    assert await fetch_value("SELECT sum(quantity) FROM reservation") == await fetch_value("SELECT sum(reserved) FROM stock")
    taken = await fetch("SELECT company_id, taken_minor FROM credit_account")
    held = {
        row["company_id"]: row["held"]
        for row in await fetch("SELECT company_id, sum(credit_minor) AS held FROM customer_order GROUP BY 1")
    }
    assert any(row["taken_minor"] for row in taken)
    assert all(row["taken_minor"] == held[row["company_id"]] for row in taken)


@pytest.mark.usefixtures("demo")
async def test_totals_of_orders_add_up() -> None:
    wrong = await fetch(
        "SELECT o.number FROM customer_order o JOIN (SELECT order_id, sum(total_minor) AS goods FROM order_line GROUP BY 1) l ON l.order_id = o.id"
        " WHERE o.subtotal_minor <> l.goods OR o.total_minor <> o.subtotal_minor + coalesce(o.shipping_minor, 0) + coalesce(o.tax_minor, 0)"
    )
    assert not wrong


@pytest.mark.usefixtures("demo")
async def test_one_order_of_harbour_gives_every_answer_of_a_reorder() -> None:
    order = await fetch_row("SELECT id FROM customer_order WHERE purchase_order_number = 'HW-4118'")
    assert order is not None
    preview = await preview_reorder(await viewer("buyer"), order["id"])
    assert {line.outcome for line in preview.lines} == {
        ReorderOutcome.DISCONTINUED, ReorderOutcome.REPLACED, ReorderOutcome.SHORT_STOCK, ReorderOutcome.PRICE_CHANGED, ReorderOutcome.ADDED,
    }  # fmt: skip
