"""Keeps in how many orders that stand each product was sold, and each variant: what best sellers are listed by.

An order that is placed, or called off, appends a row to `sales_change`, and the worker folds those into the counts: no order waits for the
count of what others order, too. Whoever reads the counts adds what is not folded yet (`shop/ranking.py`), and is never behind.
"""

from collections.abc import Collection

from backend.core.database import execute, fetch_value, transaction
from backend.orders.events import OrderCancelled, OrderPlaced
from backend.orders.rules import CALLED_OFF

# Whoever folds holds it until his transaction ends: two would wait for each other's products in a circle.
_LOCK = 4_851_002
_AT_ONCE = 10_000

_TAKE_BACK = "INSERT INTO sales_change (order_id, sign) VALUES ($1, -1)"
_ADD = "INSERT INTO sales_change (order_id, sign) SELECT unnest($1::bigint[]), 1"

# An order counts once for a product, however many of its variants are on it; one that was called off meanwhile adds up to nothing.
_FOLD = """
WITH change AS (
    DELETE FROM sales_change WHERE id = ANY(ARRAY(SELECT id FROM sales_change ORDER BY id LIMIT $1)) RETURNING order_id, sign
), line AS MATERIALIZED (
    SELECT v.product_id, v.id AS variant_id, c.order_id, c.sign
    FROM change c JOIN order_line l ON l.order_id = c.order_id JOIN variant v ON v.id = l.variant_id
), of_products AS (
    INSERT INTO product_sales AS s (product_id, orders)
    SELECT product_id, sum(sign) FROM (SELECT DISTINCT product_id, order_id, sign FROM line) x GROUP BY product_id HAVING sum(sign) <> 0
    ON CONFLICT (product_id) DO UPDATE SET orders = s.orders + excluded.orders
), of_variants AS (
    INSERT INTO variant_sales AS s (variant_id, orders)
    SELECT variant_id, sum(sign) FROM (SELECT DISTINCT variant_id, order_id, sign FROM line) x GROUP BY variant_id HAVING sum(sign) <> 0
    ON CONFLICT (variant_id) DO UPDATE SET orders = s.orders + excluded.orders
)
SELECT count(*) FROM change
"""

# Changes are forgotten and orders are read in one statement: between two an order could come in or be called off, and count twice or be missed.
_FORGET = ("DELETE FROM product_sales", "DELETE FROM variant_sales")
_ADD_ALL = """
WITH forgotten AS (DELETE FROM sales_change)
INSERT INTO sales_change (order_id, sign) SELECT id, 1 FROM customer_order WHERE status <> ALL($1::text[])
"""


async def count_brought_along(orders: Collection[int]) -> None:
    """Orders that were written many at once are counted with them. Call it last: it keeps others from counting until the transaction ends."""
    await execute(_ADD, list(orders))
    await count_waiting()


async def take_back(order: int) -> None:
    """After an order that stood was called off, in the same transaction."""
    await execute(_TAKE_BACK, order)


async def count_sales(_: OrderPlaced | OrderCancelled) -> None:
    """Whoever comes first counts for all who wait."""
    await count_waiting()


async def count_waiting() -> None:
    """Folds all changes that wait into the counts."""
    folded = _AT_ONCE
    while folded == _AT_ONCE:
        async with transaction():
            await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            folded = await fetch_value(_FOLD, _AT_ONCE)


async def count_everything() -> None:
    """What came in past the actions: counts all orders anew."""
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        for statement in _FORGET:
            await execute(statement)
        await execute(_ADD_ALL, sorted(CALLED_OFF))
        await count_waiting()
