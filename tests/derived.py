"""What is derived from products, rules, stock and orders, as it is kept and as it would be made anew: the two must never differ."""

from typing import Any

from backend.catalogue import assortments, facets
from backend.core.database import execute, fetch, transaction
from backend.orders import sales

_KEPT = (
    "SELECT * FROM product_facet ORDER BY product_id",
    "SELECT assortment_id, product_id, name, variant_ids, variant_bits FROM assortment_product ORDER BY assortment_id, product_id",
    "SELECT product_id, assortments, partly FROM product_search ORDER BY product_id",
)
_SALES = (
    "SELECT product_id, orders FROM product_sales WHERE orders <> 0 ORDER BY product_id",
    "SELECT variant_id, orders FROM variant_sales WHERE orders <> 0 ORDER BY variant_id",
)


async def kept() -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await fetch(query)] for query in _KEPT]


async def check_derived_rows() -> None:
    """Compares what is kept with what comes out when everything is thrown away and derived again."""
    before = await kept()
    async with transaction():
        await execute("DELETE FROM product_facet")
        await execute("DELETE FROM assortment_product")
        await assortments.refresh_everything()
        await facets.refresh_everything()
        after = await kept()
    assert before == after, "a change of products, rules or stock has left derived rows behind"
    await check_sales()


async def kept_sales() -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await fetch(query)] for query in _SALES]


async def check_sales() -> None:
    """Compares the counts, with what waits to be counted, with those of all orders that stand."""
    await sales.count_waiting()
    before = await kept_sales()
    await sales.count_everything()
    assert before == await kept_sales(), "an order was placed or called off without a change of sales"
