"""The rows that lists are counted by: filled for a shop that was there before them, and true however changes of stock meet."""

import asyncio
import importlib
from collections.abc import Sequence

import asyncpg

from backend.catalogue.facets import refresh_everything
from backend.catalogue.models import Variant
from backend.core.database import credentials, execute, fetch_value
from tests.databases import WAITING
from tests.derived import check_derived_rows, kept
from tests.factories.catalogue import make_assortment, make_brand, make_category, make_product, make_warehouse, set_stock


async def make_shop() -> list[Variant]:
    """Products of every kind: whole and partly shown, without options, without active variants, not active."""
    root = await make_category("Clothes")
    below = await make_category("Jackets", root)
    _, jackets = await make_product("Jacket", options={"Colour": ["Red", "Blue"], "Size": ["S", "M"]}, categories=[below])
    _, gloves = await make_product("Glove", options={"Size": ["M", "S"]}, brand=await make_brand("Hands"), categories=[root, below])
    await make_product("Card")
    await make_product("Gone", is_active=False, options={"Size": ["XL"]})
    await make_product("Empty", options={"Size": ["XS"]}, variant={"is_active": False})
    await make_assortment(rules=[{}, {"includes": False, "variant_id": jackets[1].id}])
    await set_stock(jackets[0], 3)
    await set_stock(jackets[2], 3, reserved=3)
    await set_stock(gloves, 2)
    return [*jackets, *gloves]


async def somebody_waits() -> None:
    async with asyncio.timeout(30):
        while not await fetch_value(WAITING):
            await asyncio.sleep(0.01)


async def test_the_migration_fills_the_rows_of_a_shop_that_is_there(database: str) -> None:
    migration = importlib.import_module("migrations.0008_facets")
    await make_shop()
    before = await kept()
    await execute("DELETE FROM product_facet")
    await execute("DELETE FROM option_value")
    await execute("ALTER TABLE assortment_product DROP CONSTRAINT assortment_product_bits")
    await execute("UPDATE assortment_product SET variant_bits = NULL")
    await execute("ALTER SEQUENCE option_value_id_seq RESTART")
    for statement in migration.FILL:
        await execute(statement)
    after = await kept()
    assert _without_numbers(after) == _without_numbers(before)
    await check_derived_rows()


def _without_numbers(rows: Sequence[list[tuple[object, ...]]]) -> object:
    """Values may be numbered in another order."""
    facets, *others = rows
    return [(*row[:3], len(row[3]), *row[4:]) for row in facets], others  # type: ignore[arg-type]


async def test_stock_that_comes_and_goes_is_kept(database: str) -> None:
    jacket, *_ = await make_shop()
    north = await make_warehouse("NORTH", 1)
    for on_hand, reserved, place in ((0, 0, None), (5, 0, north), (5, 5, north), (1, 0, None), (6, 5, north), (1, 1, None)):
        await set_stock(jacket, on_hand, reserved=reserved, warehouse=place)
        await check_derived_rows()
    await execute("DELETE FROM stock WHERE variant_id = $1", jacket.id)
    await check_derived_rows()


async def test_the_last_piece_of_two_variants_taken_at_once(database: str) -> None:
    """Each change waits for the row of the product, and then sees what the other one did."""
    jacket, *_, glove, other = await make_shop()
    await set_stock([glove, other], 1)
    first, second = [await asyncpg.connect(**credentials(database)) for _ in range(2)]
    try:
        one, two = first.transaction(), second.transaction()
        await one.start()
        await two.start()
        take = "UPDATE stock SET reserved = on_hand WHERE variant_id = $1"
        await first.execute(take, glove.id)
        waiting = asyncio.create_task(second.execute(take, other.id))
        await somebody_waits()
        assert not waiting.done()
        await one.commit()
        await waiting
        await two.commit()
    finally:
        await first.close()
        await second.close()
    query = "SELECT bit_count(stock_bits) FROM product_facet WHERE $1 = ANY (variant_ids)"
    assert (await fetch_value(query, glove.id), await fetch_value(query, jacket.id)) == (0, 1)
    await check_derived_rows()


async def test_one_change_of_many_locks_their_rows_in_order_so_that_no_two_wait_for_each_other(database: str) -> None:
    products = sorted([await make_product(name) for name in ("One", "Two")], key=lambda made: made[0].id)
    (low, (first,)), (high, (last,)) = products
    await set_stock([last, first], 1)  # the later product's stock is read first
    holder, taker = [await asyncpg.connect(**credentials(database)) for _ in range(2)]
    try:
        held = holder.transaction()
        await held.start()
        await holder.execute("SELECT FROM product_facet WHERE product_id = $1 FOR UPDATE", low.id)
        waiting = asyncio.create_task(
            taker.execute("UPDATE stock SET reserved = on_hand WHERE variant_id = ANY($1)", [last.id, first.id])
        )
        await somebody_waits()
        assert not waiting.done()
        free = "SELECT product_id FROM product_facet WHERE product_id = ANY($1) FOR UPDATE SKIP LOCKED"
        assert [row["product_id"] for row in await holder.fetch(free, [high.id])] == [high.id]
        await held.commit()
        await waiting
    finally:
        await holder.close()
        await taker.close()
    await check_derived_rows()


async def test_what_a_change_of_a_product_does_not_see_of_stock_is_kept_afterwards(database: str) -> None:
    """A product is derived again while stock that is not committed yet has changed: the two wait for one another in either order."""
    jacket, *_ = await make_shop()
    other = await asyncpg.connect(**credentials(database))
    try:
        change = other.transaction()
        await change.start()
        await other.execute("UPDATE stock SET reserved = on_hand WHERE variant_id = $1", jacket.id)
        deriving = asyncio.create_task(refresh_everything())
        await somebody_waits()
        assert not deriving.done()
        await change.commit()
        await deriving
    finally:
        await other.close()
    await check_derived_rows()
