"""`make bench-scale` at a size that takes seconds: the shop is what it says, both buyers are answered, and what grows is told."""

from dataclasses import replace

from backend.core.database import fetch_value
from bench import scale
from bench.data import Size, build, products_of
from bench.scale import Cost, breaches

TINY = Size(products=40, variants=4, lists=20, companies=50, density=4, lifelike=True)


async def test_a_lifelike_shop_is_what_its_size_says(database: str) -> None:
    await build(TINY)
    assert await fetch_value("SELECT count(*) FROM price") == TINY.price_rows
    assert await fetch_value("SELECT count(*) FROM price_list WHERE is_contract") == TINY.contracts > 0
    assert await fetch_value("SELECT count(*) FROM product_search") == TINY.products
    of_own = "SELECT count(*) FROM assortment_product WHERE assortment_id = 101 + $1 % 20"
    assert await fetch_value(of_own, scale.BUYERS["of one range"]) == len(products_of(TINY, scale.BUYERS["of one range"]))


async def test_every_index_is_there_again(database: str) -> None:
    indexes = "SELECT array_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE tablename IN ('price', 'assortment_product')"
    before = await fetch_value(indexes)
    await build(TINY)
    assert await fetch_value(indexes) == before


def test_what_is_out_of_bounds_is_named() -> None:
    first = Cost(statements=5, buffers=100, calls=1_000, python_ms=1.0, postgres_ms=1.0)
    assert breaches(first, first, 100, may_grow=False) == []
    assert breaches(replace(first, statements=6, buffers=131, postgres_ms=2.1), first, 100, may_grow=False) == [
        "statements",
        "buffers",
        "cpu",
    ]
    assert breaches(replace(first, buffers=9_000), first, 100, may_grow=True) == []
    assert breaches(replace(first, buffers=14_000), first, 100, may_grow=True) == ["buffers"]


def test_a_shop_grows_in_all_but_what_a_list_prices() -> None:
    size = scale.grown(scale.BASE, 100)
    assert (size.products * size.variants, size.lists, size.companies) == (500_000, 10_000, 250_000)
    assert size.price_rows > 50_000_000
    assert len(products_of(size, 15)) == len(products_of(scale.BASE, 15))
