"""The books must balance, whatever happened: what is stored twice is compared with what it is the sum of."""

from asyncpg import Connection

# Each statement answers the rows that are wrong.
CHECKS = {
    "stock reserved is the sum of its reservations": """
        SELECT s.variant_id, s.reserved, coalesce(sum(r.quantity), 0) AS sum FROM stock s
        LEFT JOIN reservation r ON r.variant_id = s.variant_id AND r.warehouse_id = s.warehouse_id
        GROUP BY s.id HAVING s.reserved <> coalesce(sum(r.quantity), 0)""",
    "an open order line has reserved what is not backordered": """
        SELECT l.id, l.quantity, l.cancelled, l.backordered, coalesce(sum(r.quantity), 0) AS sum
        FROM order_line l LEFT JOIN reservation r ON r.order_line_id = l.id
        GROUP BY l.id HAVING l.quantity - l.shipped - l.cancelled - l.backordered <> coalesce(sum(r.quantity), 0)""",
    "no more is reserved than there is": "SELECT variant_id, on_hand, reserved FROM stock WHERE reserved > on_hand OR reserved < 0",
    "credit taken is the sum of what orders hold": """
        SELECT a.company_id, a.taken_minor, coalesce(sum(o.credit_minor), 0) AS sum FROM credit_account a
        LEFT JOIN customer_order o ON o.company_id = a.company_id AND o.currency = a.currency
        GROUP BY a.id HAVING a.taken_minor <> coalesce(sum(o.credit_minor), 0)""",
    "no more credit is taken than there is": "SELECT company_id, taken_minor, limit_minor FROM credit_account WHERE taken_minor > limit_minor",
    "order numbers have no gap and no twin": """
        SELECT count(*) AS orders, count(DISTINCT number) AS numbers, max(substr(number, 4)::int) AS last
        FROM customer_order
        HAVING count(*) > 0 AND (count(*) <> count(DISTINCT number) OR count(*) <> max(substr(number, 4)::int)
                                 OR count(*) <> (SELECT value FROM number_counter WHERE series = 'order'))""",
    "every order is whole": """
        SELECT o.number FROM customer_order o
        WHERE NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id) OR NOT EXISTS (SELECT 1 FROM order_event e WHERE e.order_id = o.id)
           OR o.subtotal_minor <> (SELECT sum(l.total_minor) FROM order_line l WHERE l.order_id = o.id)
           OR o.total_minor <> o.subtotal_minor - o.discount_minor + coalesce(o.shipping_minor, 0) + coalesce(o.tax_minor, 0)""",
}


async def imbalances(connection: Connection) -> list[str]:
    """What does not add up; nothing, as long as the product keeps its promises."""
    found = []
    for promise, statement in CHECKS.items():
        found += [f"not true: {promise}: {dict(row)}" for row in await connection.fetch(statement)]
    return found
