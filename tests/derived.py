"""What is derived from products, rules and stock, as it is kept and as it would be made anew: the two must never differ."""

from typing import Any

from backend.catalogue import assortments, facets
from backend.core.database import execute, fetch, transaction

_KEPT = (
    "SELECT * FROM product_facet ORDER BY product_id",
    "SELECT assortment_id, product_id, name, variant_ids, variant_bits FROM assortment_product ORDER BY assortment_id, product_id",
    "SELECT product_id, assortments, partly FROM product_search ORDER BY product_id",
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
