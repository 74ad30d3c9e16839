"""A shop that has been running is brought along: every migration is applied to tables that hold something, and what is derived is true afterwards."""

from collections.abc import Iterator

import asyncpg
import pytest
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from backend.core import cache, database
from backend.core.database import APP, credentials, fetch, tortoise_config
from backend.core.migrate import migrate
from tests import databases
from tests.derived import check_derived_rows

# The last version without rows to count lists by. What was stored then stays as it is written here.
BEFORE = "0007_similar_words"
SHOP = (
    "INSERT INTO brand (id, name, slug) VALUES (1, 'Northline', 'northline')",
    "INSERT INTO category (id, name, slug, parent_id, path, position)"
    " VALUES (1, 'Clothes', 'clothes', NULL, '{1}', 0), (2, 'Jackets', 'jackets', 1, '{1,2}', 0)",
    """INSERT INTO product (id, slug, name, description_html, description, brand_id, tax_class, option_names, option_values, is_active,
                            created_at, updated_at)
       SELECT p, 'style-' || p, 'Style ' || p, '', '', 1, 'STANDARD', '{Size}', '[["S", "M"]]', p < 4, now(), now() FROM generate_series(1, 4) p""",
    "INSERT INTO product_category (id, product_id, category_id, position) SELECT p, p, 1 + p % 2, 0 FROM generate_series(1, 4) p",
    """INSERT INTO variant (id, product_id, sku, sku_key, name, option_values, position, minimum, increment, sells_without_stock, is_active)
       SELECT p * 10 + v, p, p || '-' || v, p || '0' || v, 'Style', ARRAY[('{S,M}'::text[])[v]], v, 1, 1, FALSE, TRUE
       FROM generate_series(1, 4) p, generate_series(1, 2) v""",
    "INSERT INTO warehouse (id, code, name, position) VALUES (1, 'MAIN', 'Main', 0)",
    "INSERT INTO stock (variant_id, warehouse_id, on_hand, reserved) SELECT id, 1, 5, CASE WHEN id = 11 THEN 5 ELSE 0 END FROM variant",
    "INSERT INTO assortment (id, code, name, is_default) VALUES (1, 'all', 'All', TRUE)",
    "INSERT INTO assortment_rule (id, assortment_id, includes, variant_id) VALUES (1, 1, TRUE, NULL), (2, 1, FALSE, 22)",
    "INSERT INTO assortment_product (assortment_id, product_id, variant_ids) VALUES (1, 1, NULL), (1, 2, '{21}'), (1, 3, NULL)",
    "INSERT INTO product_search (product_id, document) SELECT id, 'style'::tsvector FROM product WHERE is_active",
    """INSERT INTO price_list (id, code, name, currency, priority, is_contract, is_default, mergeable, is_active)
       VALUES (1, 'list', 'List', 'EUR', 100, FALSE, TRUE, TRUE, TRUE)""",
    """INSERT INTO price (variant_id, price_list_id, valid_from, quantities, amounts_e4)
       SELECT id, 1, DATE '0001-01-01', '{1}', '{10000}' FROM variant""",
)


async def migrate_to(url: str, name: str) -> None:
    config = tortoise_config(url, pool_max=2)
    async with TortoiseContext() as context:
        await context.init(config=config)
        executor = MigrationExecutor(get_connection("default"), {APP: config["apps"][APP]})
        await executor.migrate([MigrationTarget(app_label=APP, name=name)])


@pytest.fixture
def url(database_server: str) -> Iterator[str]:
    """The address of a database with nothing in it."""
    with databases.copy_of(database_server, "template1") as address:
        yield address


async def test_a_shop_with_products_stock_and_prices_is_brought_along(url: str) -> None:
    await migrate_to(url, BEFORE)
    connection = await asyncpg.connect(**credentials(url))
    for statement in SHOP:
        await connection.execute(statement)
    await connection.close()
    assert BEFORE not in await migrate(url)
    await database.start(url)
    await cache.start(None)
    try:
        await check_derived_rows()
        reach = await fetch("SELECT product_id, assortments, partly FROM product_search ORDER BY product_id")
        assert [tuple(row) for row in reach] == [(1, [1], None), (2, [1], [1]), (3, [1], None)]
    finally:
        await cache.stop()
        await database.stop()
