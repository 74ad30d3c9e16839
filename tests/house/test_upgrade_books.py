"""A shop with customers, orders, carts, credit, mails and jobs of version 0.1.0 is brought along: nothing is lost, and no sum changes."""

from typing import Any

import asyncpg

from backend.core import cache, database
from backend.core.database import credentials
from backend.core.migrate import migrate
from backend.worker import drain
from tests.derived import check_derived_rows
from tests.house.test_upgrade import BEFORE as WITH_PRODUCTS
from tests.house.test_upgrade import SHOP, migrate_to, url

__all__ = ["url"]

# The last migration of the version whose shop this is. What was stored then stays as it is written here.
BEFORE = "0015_by_key"

ADDRESS = """'{"name": "Dock", "line1": "Quay 1", "line2": null, "postcode": "3011", "city": "Rotterdam", "region": null, "country": "NL"}'"""
BOOKS = (
    "INSERT INTO seller (id, name, currency, timezone, country, price_strategy, break_scope, stock_display_cap, low_stock_at)"
    " VALUES (1, 'Northline', 'EUR', 'Europe/Amsterdam', 'NL', 'PRIORITY', 'VARIANT', 200, 20)",
    "INSERT INTO payment_terms (id, code, name, due_in_days, deposit_percent_e4) VALUES (1, 'net30', '30 days', 30, 0)",
    """INSERT INTO company (id, number, name, category, on_hold, is_active, created_at, payment_terms_id)
       SELECT c, 'C-' || c, 'Company ' || c, 'RETAIL', c = 7, c <> 9, now(), 1 FROM generate_series(1, 20) c""",
    f"""INSERT INTO company_location (id, number, name, currency, address, billing_address, is_active, created_at, company_id, email)
        SELECT c, 'L-' || c, 'Location ' || c, 'EUR', {ADDRESS}, {ADDRESS}, TRUE, now(), c, 'dock' || c || '@shop.example'
        FROM generate_series(1, 20) c""",
    """INSERT INTO user_account (id, email, name, password_hash, is_active, created_at)
       SELECT c, 'buyer' || c || '@shop.example', 'Buyer ' || c, 'hash', TRUE, now() FROM generate_series(1, 20) c""",
    "INSERT INTO member (id, role, is_active, company_id, default_location_id, user_id)"
    " SELECT c, 'BUYER', TRUE, c, c, c FROM generate_series(1, 20) c",
    f"""INSERT INTO customer_order (id, number, status, channel, on_behalf, placed_at, payment_method, ship_to, bill_to, currency,
            subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor, discounts, tax_lines, credit_minor,
            company_id, location_id, placed_by_id, ship_to_location_id)
        SELECT o, 'SO-' || o, (ARRAY['RECEIVED', 'CONFIRMED', 'COMPLETED', 'CANCELLED'])[1 + o % 4], 'STOREFRONT', FALSE,
            now() - o * interval '1 hour', 'ACCOUNT', {ADDRESS}, {ADDRESS}, 'EUR', 3 * o * 100, 0, 500, 0, 3 * o * 100 + 500, '[]', '[]',
            CASE WHEN o % 4 < 2 THEN 3 * o * 100 + 500 ELSE 0 END, 1 + o % 20, 1 + o % 20, 1 + o % 20, 1 + o % 20
        FROM generate_series(1, 200) o""",
    """INSERT INTO order_line (id, position, sku, name, quantity, unit_price_e4, price_source, discount_minor, total_minor, shipped, invoiced,
            cancelled, backordered, order_id, variant_id)
       SELECT o * 10 + l, l, l || '-1', 'Style ' || l, o, 10000, 'LIST', 0, o * 100, 0, 0, 0, 0, o, l * 10 + 1
       FROM generate_series(1, 200) o, generate_series(1, 3) l""",
    "INSERT INTO order_event (at, kind, message, by_id, order_id) SELECT placed_at, 'RECEIVED', 'Placed.', placed_by_id, id FROM customer_order",
    "INSERT INTO sales_change (order_id, sign) SELECT id, 1 FROM customer_order WHERE status <> 'CANCELLED'",
    """INSERT INTO credit_account (id, currency, limit_minor, ceiling_minor, taken_minor, company_id)
       SELECT company_id, 'EUR', 10000000, 10000000, sum(credit_minor), company_id FROM customer_order GROUP BY company_id""",
    "INSERT INTO number_counter (id, series, prefix, value) VALUES (1, 'order', 'SO-', 200)",
    "INSERT INTO cart (id, name, is_open, version, created_at, updated_at, location_id, user_id)"
    " SELECT c, 'Cart', TRUE, c, now(), now(), c, c FROM generate_series(1, 20) c",
    """INSERT INTO cart_line (id, quantity, position, cart_id, variant_id)
       SELECT c * 10 + l, c * l, l, c, l * 10 + 1 FROM generate_series(1, 20) c, generate_series(1, 3) l""",
    """INSERT INTO mail (id, event_key, message_id, kind, facts, user_id, recipient, recipient_name, subject, text, html, created_at, attempts,
            next_attempt_at, sent_at, failure)
       SELECT m, 'k' || m, '<' || m || '@shop.example>', 'ORDER_RECEIVED', '{}', 1 + m % 20, 'a@shop.example', 'A', 'Order ' || m, 'x', 'x', now(),
            1, CASE WHEN m % 3 = 0 THEN now() END, CASE WHEN m % 3 = 1 THEN now() END, CASE WHEN m % 3 = 2 THEN 'refused' END
       FROM generate_series(1, 60) m""",
    """INSERT INTO pgqueuer (priority, status, entrypoint, payload)
       SELECT 0, 'queued', 'MailWritten', convert_to('{"mail_id": ' || m || '}', 'UTF8') FROM generate_series(1, 15) m""",
    """INSERT INTO session (id, token_hash, created_at, expires_at, user_agent, address, location_id, user_id)
       SELECT c, decode(md5(c::text), 'hex'), now(), now() + interval '30 days', 'Browser', '', c, c FROM generate_series(1, 20) c""",
)

# Counts and sums, each by one statement that every later version can answer.
FIGURES = {
    "companies": "SELECT count(*), count(*) FILTER (WHERE on_hold), count(*) FILTER (WHERE is_active) FROM company",
    "locations": "SELECT count(*), count(DISTINCT company_id), count(email) FROM company_location",
    "people": "SELECT count(*), count(password_hash), string_agg(email, ',' ORDER BY id) FROM user_account",
    "members": "SELECT count(*), sum(company_id * user_id) FROM member WHERE is_active",
    "orders": "SELECT status, count(*), sum(subtotal_minor), sum(total_minor), sum(credit_minor) FROM customer_order GROUP BY status ORDER BY status",
    "lines": "SELECT count(*), sum(quantity), sum(total_minor), sum(unit_price_e4), sum(variant_id) FROM order_line",
    "history": "SELECT kind, count(*) FROM order_event GROUP BY kind ORDER BY kind",
    "credit": "SELECT count(*), sum(limit_minor), sum(taken_minor) FROM credit_account",
    "numbers": "SELECT prefix, value FROM number_counter ORDER BY series",
    "carts": "SELECT count(*), sum(version) FROM cart WHERE is_open",
    "cart lines": "SELECT count(*), sum(quantity) FROM cart_line",
    "mails": "SELECT count(*), count(sent_at), count(next_attempt_at), count(failure), string_agg(subject, ',' ORDER BY id) FROM mail",
    "jobs": "SELECT entrypoint, status, count(*), string_agg(convert_from(payload, 'UTF8'), ',' ORDER BY id) FROM pgqueuer GROUP BY 1, 2",
    "sessions": "SELECT count(*) FROM session WHERE ended_at IS NULL",
    "stock": "SELECT count(*), sum(on_hand), sum(reserved) FROM stock",
    "prices": "SELECT count(*), sum(amounts_e4[1]) FROM price",
}


async def figures(connection: asyncpg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {name: [tuple(row) for row in await connection.fetch(query)] for name, query in FIGURES.items()}


async def test_a_shop_that_is_in_business_loses_nothing(url: str) -> None:
    connection = await asyncpg.connect(**credentials(url))
    await migrate_to(url, WITH_PRODUCTS)
    for statement in SHOP:
        await connection.execute(statement)
    await migrate_to(url, BEFORE)
    for statement in BOOKS:
        await connection.execute(statement)
    before = await figures(connection)
    assert before["orders"][0][1] == 50
    assert before["credit"][0][2] == sum(row[4] for row in before["orders"])
    assert BEFORE not in await migrate(url)
    assert await figures(connection) == before
    await connection.close()
    await database.start(url)
    await cache.start(None)
    try:
        await check_derived_rows()
        await drain(url)
        assert await database.fetch_value("SELECT count(*) FROM pgqueuer") == 0
        assert await database.fetch_value("SELECT count(*) FROM mail WHERE next_attempt_at IS NOT NULL") == 15
    finally:
        await cache.stop()
        await database.stop()
