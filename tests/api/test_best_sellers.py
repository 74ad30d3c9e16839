"""Best sellers first: by all orders that stand, of what the viewer may see. Exact at any time, and no dearer for a long history."""

import importlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.catalogue.models import Product
from backend.core.database import execute, fetch, fetch_value, transaction
from backend.core.viewer import Viewer, system_viewer
from backend.graphql.pagination import Page
from backend.orders import sales
from backend.orders.actions import cancel_order
from backend.orders.importing import PastLine, PastOrder, import_orders
from backend.orders.rules import OrderStatus
from backend.shop.listing import list_products
from backend.shop.queries import Needs
from backend.worker import drain
from tests.api.shopping import Client, Shop, fill, open_shop, place
from tests.derived import kept_sales
from tests.factories.catalogue import make_assortment, make_product, set_price, set_stock
from tests.factories.companies import make_company, make_location, make_member, make_staff, sign_in_as, viewer_of

LIST = "{ products(sort: BEST_SELLING) { nodes { name } } }"
CANCEL = 'mutation ($id: ID!) { cancelOrder(id: $id, reason: "Twice") { ... on Order { status } } }'
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


async def names(client: Client) -> list[str]:
    return [node["name"] for node in (await client.ask(LIST))["products"]["nodes"]]


async def order(client: Client, *skus: str) -> str:
    await fill(client, *({"sku": sku, "quantity": 1} for sku in skus))
    (placed,) = (await place(client))["orders"]
    key: str = placed["id"]
    return key


async def best_sellers(viewer: Viewer) -> list[int]:
    fresh = replace(viewer, memo={})
    found = await list_products(fresh, Page.of(first=100), sort="BEST_SELLING", needs=Needs(), facets=False)
    return [product.key for product in found.nodes]


async def past_orders(shop: Shop, baskets: Sequence[Sequence[str]], **more: Any) -> None:
    """Closed orders of Rotterdam, one for each basket of SKUs."""
    await shop.buyer.fetch_related("user")
    orders = [
        PastOrder(
            location=shop.rotterdam.number, placed_by=shop.buyer.user.email, placed_at=BEGINNING + timedelta(hours=at),
            closed_at=BEGINNING + timedelta(hours=at + 1), **more,
            lines=tuple(PastLine(sku=sku, quantity=1, unit_price_e4=1, price_source="DEFAULT_PRICE_LIST") for sku in basket),
        )
        for at, basket in enumerate(baskets)
    ]  # fmt: skip
    await import_orders(system_viewer(), orders)


@pytest.mark.parametrize("worker", ["sleeps", "works"])
async def test_an_order_counts_from_when_it_is_placed_until_it_is_cancelled(client, shop, database, worker):
    buyer = Client(client, shop.token)

    async def shown() -> list[str]:
        if worker == "works":
            await drain(database)
            assert await fetch_value("SELECT count(*) FROM sales_change") == 0
        return await names(buyer)

    assert await shown() == ["Softshell jacket", "Work glove"]
    gloves = await order(buyer, "GL-9")
    assert await shown() == ["Work glove", "Softshell jacket"]
    await buyer.ask(CANCEL, id=gloves)
    assert await shown() == ["Softshell jacket", "Work glove"]


async def test_the_orders_of_everybody_count_and_none_of_them_is_told(client, shop):
    await order(Client(client, shop.hill_token), "GL-9")
    assert await names(Client(client, shop.token)) == ["Work glove", "Softshell jacket"]
    found = await list_products(
        await viewer_of(shop.buyer, shop.rotterdam), Page.of(), sort="BEST_SELLING", needs=Needs(), facets=False
    )
    await sales.count_waiting()
    again = await list_products(
        await viewer_of(shop.buyer, shop.rotterdam), Page.of(), sort="BEST_SELLING", needs=Needs(), facets=False
    )
    assert found.cursors == again.cursors, "a cursor tells which product comes next, not how often it was sold"


async def test_an_order_counts_once_however_many_variants_are_on_it(client, shop):
    buyer = Client(client, shop.token)
    await order(buyer, *(variant.sku for variant in shop.variants))
    await order(buyer, "GL-9")
    await sales.count_waiting()
    await order(buyer, "GL-9", shop.variants[0].sku)
    await order(buyer, "GL-9")
    assert await names(buyer) == ["Work glove", "Softshell jacket"]


@pytest.mark.parametrize("worker", ["sleeps", "works"])
async def test_what_she_may_not_see_does_not_count(client, shop, worker):
    """Of a product of which she sees a part the most ordered of its variants counts, unless another assortment shows all of it."""
    boot, boots = await make_product("Work boot", sku="BT-1", options={"Size": ["40", "41", "42"]})
    await set_price(shop.default, boots, "9.00")
    await set_stock(boots, 10)
    buyer = Client(client, shop.token)
    company = await make_company()
    without: list[dict[str, Any]] = [{}, {"includes": False, "variant_id": boots[1].id}]
    await make_assortment("without 41", rules=without, company_id=company.id)
    elsewhere = Client(client, await sign_in_as(await make_member(company, locations=(await make_location(company),))))

    async def after(*skus: str) -> list[str]:
        await order(buyer, *skus)
        if worker == "works":
            await sales.count_waiting()
        return await names(elsewhere)

    await order(buyer, "GL-9")
    assert await after("BT-1-41") == ["Work glove", "Softshell jacket", "Work boot"]
    assert await after("BT-1-41") == ["Work glove", "Softshell jacket", "Work boot"]
    assert await names(buyer) == ["Work boot", "Work glove", "Softshell jacket"]
    assert await after("BT-1-40", "BT-1-41", "BT-1-42") == ["Work boot", "Work glove", "Softshell jacket"]  # one each: by name
    await order(buyer, "GL-9")
    assert await after("BT-1-40") == ["Work boot", "Work glove", "Softshell jacket"]  # size 40 twice
    assert await after("GL-9") == ["Work glove", "Work boot", "Softshell jacket"]
    await make_assortment("boots", rules=[{"product_id": boot.id}], company_id=company.id)
    assert await names(elsewhere) == ["Work boot", "Work glove", "Softshell jacket"]


async def test_orders_brought_along_count_at_once(shop):
    viewer = await viewer_of(shop.buyer, shop.rotterdam)
    glove = (await shop.glove.product).id
    await past_orders(shop, [["GL-9"], ["GL-9"]], status=OrderStatus.CANCELLED)
    assert await best_sellers(viewer) == [shop.jacket.id, glove]
    await past_orders(shop, [["GL-9"], ["GL-9"], [shop.variants[0].sku]])
    assert await fetch_value("SELECT count(*) FROM sales_change") == 0
    assert await best_sellers(viewer) == [glove, shop.jacket.id]


async def test_in_a_shop_made_by_chance_it_is_what_counting_all_orders_says(shop):
    chance = random.Random(11)
    for number in range(12):
        await make_product(f"Style {number:02}", sku=f"ST-{number}", options={"Size": ["S", "M", "L"]})
    variants = await fetch("SELECT id, sku, product_id FROM variant ORDER BY sku")
    hidden = chance.sample(variants, 12)
    company = await make_company()
    without = [{"includes": False, "variant_id": one["id"]} for one in hidden]
    await make_assortment(company_id=company.id, rules=[{}, *without])
    branch = await make_location(company)
    await make_assortment(location_id=branch.id, rules=[{"product_id": hidden[0]["product_id"]}, {"variant_id": hidden[1]["id"]}])
    everything = {one["id"] for one in variants}
    again = {hidden[1]["id"], *(one["id"] for one in variants if one["product_id"] == hidden[0]["product_id"])}
    shown = everything - {one["id"] for one in hidden} | again
    part = await viewer_of(await make_member(company, locations=(branch,)), branch)
    whole, staff = await viewer_of(shop.buyer, shop.rotterdam), await viewer_of(await make_staff())
    for waits in (False, True):
        await past_orders(shop, [[one["sku"] for one in chance.sample(variants, chance.randint(1, 6))] for _ in range(40)])
        if waits:
            await _call_some_off(chance)
        assert await best_sellers(part) == await _counted(shown)
        for viewer in (whole, staff):
            assert await best_sellers(viewer) == await _counted(everything)


async def _call_some_off(chance: random.Random) -> None:
    """Orders that were counted, and that the worker has not taken back yet."""
    placed = [row["id"] for row in await fetch("SELECT id FROM customer_order ORDER BY number")]
    await execute("UPDATE customer_order SET status = 'CONFIRMED'")
    await execute("UPDATE order_line SET shipped = 0, invoiced = 0")
    for key in chance.sample(placed, 15):
        await cancel_order(system_viewer(), key, "Not wanted after all.")


async def _counted(shown: set[int]) -> list[int]:
    """By reading every line of every order."""
    lines = await fetch(
        "SELECT o.id, l.variant_id FROM customer_order o JOIN order_line l ON l.order_id = o.id WHERE o.status <> 'CANCELLED'"
    )
    products: dict[int, list[int]] = defaultdict(list)
    for variant in await fetch("SELECT id, product_id FROM variant"):
        products[variant["product_id"]].append(variant["id"])
    orders = {key: {row["id"] for row in lines if row["variant_id"] in own} for key, own in products.items()}
    each = Counter(variant for _, variant in {(row["id"], row["variant_id"]) for row in lines})
    sold = {
        key: len(orders[key]) if shown.issuperset(own) else max(each[variant] for variant in own if variant in shown)
        for key, own in products.items()
        if shown.intersection(own)
    }
    found = await Product.filter(id__in=list(sold))
    return [one.id for one in sorted(found, key=lambda one: (-sold[one.id], one.name, one.id))]


async def test_history_costs_nothing(shop):
    """After hundreds of orders as many rows are read as after some: those of the matching products' counts, and no order, line or change."""
    viewer = await viewer_of(shop.buyer, shop.rotterdam)
    read = []
    for orders in (100, 300):
        await past_orders(shop, [["GL-9", shop.variants[at % 5].sku] for at in range(orders)])
        await execute("ANALYZE")
        async with transaction():
            before = await _rows_read()
            await best_sellers(viewer)
            read.append(await _rows_read() - before)
    assert read[0] == read[1]
    assert set(read[0]) == {"product_sales"}


async def _rows_read() -> Counter[str]:
    """From tables of orders and sales, by this connection until now, as far as it has not told the server yet."""
    rows = await fetch(
        """SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS read FROM pg_stat_xact_user_tables
        WHERE relname IN ('customer_order', 'order_line', 'sales_change', 'product_sales', 'variant_sales')"""
    )
    return Counter({row["relname"]: row["read"] for row in rows})


async def test_the_migration_counts_the_orders_that_are_there(client, shop):
    migration = importlib.import_module("migrations.0013_sales")
    buyer = Client(client, shop.token)
    await order(buyer, *(variant.sku for variant in shop.variants[:3]))
    await order(buyer, "GL-9", shop.variants[0].sku)
    await buyer.ask(CANCEL, id=await order(buyer, "GL-9"))
    await sales.count_waiting()
    before = await kept_sales()
    assert [len(rows) for rows in before] == [2, 4]
    for statement in ("DELETE FROM product_sales", "DELETE FROM variant_sales", *migration.FILL):
        await execute(statement)
    assert await kept_sales() == before
