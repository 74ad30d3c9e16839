"""The open cart placed as one order, once for each Idempotency-Key: lines, stock, credit, number, history, event, what it adds to sales, and the answer kept.

Locks in the API's order: key, credit, cart, stock, number. Left out, for the bench's data has none: what `bench/raw/carts.py` leaves out, wishes
of the buyer (dates, notes, her own number, another method of payment), and the text of a refusal: a cart that may not be ordered raises.
"""

from bench.raw.carts import ASKED, ASKING, ASSESSED, LOCKED_CART, RANDOM_ID

_CLAIM = f"""
INSERT INTO idempotency_key (id, viewer_key, key, body_hash, created_at)
VALUES ({RANDOM_ID}, asking.user_id || ':' || asking.location_id, $2, $3, now())
ON CONFLICT (viewer_key, key) DO UPDATE
SET id = excluded.id, body_hash = excluded.body_hash, created_at = excluded.created_at, status = NULL, answer = NULL
WHERE idempotency_key.created_at < now() - interval '24 hours' RETURNING id INTO claimed
"""

_LOCKED_STOCK = """
PERFORM FROM stock WHERE variant_id = ANY(ARRAY(SELECT variant_id FROM cart_line WHERE cart_id = held.id)) ORDER BY variant_id, warehouse_id FOR UPDATE
"""

# Each line takes its stretch of a variant's pieces, which lie on the shelves one after another in the seller's order.
_TAKEN = """
shelf AS MATERIALIZED (
    SELECT s.id, s.variant_id, s.warehouse_id, s.on_hand - s.reserved AS here,
           sum(s.on_hand - s.reserved) OVER (PARTITION BY s.variant_id ORDER BY w.position, w.id) - (s.on_hand - s.reserved) AS start
    FROM stock s JOIN warehouse w ON w.id = s.warehouse_id WHERE s.variant_id = ANY(ARRAY(SELECT variant_id FROM priced))
), taken AS MATERIALIZED (
    SELECT l.key, l.variant_id, s.id AS shelf, s.warehouse_id,
           (least(l.before + l.quantity, s.start + s.here) - greatest(l.before, s.start))::int AS quantity
    FROM bought l JOIN shelf s ON s.variant_id = l.variant_id AND least(l.before + l.quantity, s.start + s.here) > greatest(l.before, s.start)
)"""

_WRITTEN = f"""
WITH {ASKED}, cart AS MATERIALIZED (SELECT c.* FROM cart c WHERE c.id = held.id), {ASSESSED}, allowed AS MATERIALIZED (
    SELECT {RANDOM_ID} AS id FROM goods WHERE NOT EXISTS (SELECT FROM problem WHERE blocking)
), numbered AS (
    INSERT INTO number_counter AS n (id, series, prefix, value) SELECT {RANDOM_ID}, 'order', 'SO-', 1 FROM allowed
    ON CONFLICT (series) DO UPDATE SET value = n.value + 1
    RETURNING prefix || CASE WHEN value < 1000000 THEN lpad(value::text, 6, '0') ELSE value::text END AS number
), credited AS (
    UPDATE credit_account c SET taken_minor = c.taken_minor + s.total FROM allowed, viewer, summed s
    WHERE c.company_id = viewer.company_id AND c.currency = viewer.currency RETURNING s.total
), ordered AS (
    INSERT INTO customer_order (id, number, company_id, location_id, ship_to_location_id, status, channel, placed_by_id, on_behalf, placed_at,
        payment_method, shipping_method, ship_to, bill_to, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor,
        discounts, tax_lines, credit_minor)
    SELECT allowed.id, numbered.number, viewer.company_id, l.id, l.id, 'RECEIVED', 'PORTAL', viewer.user_id, FALSE, now(),
        'ON_ACCOUNT', (SELECT name FROM method), l.address, l.billing_address, viewer.currency, s.subtotal, 0, s.shipping, s.tax, s.total, '[]',
        coalesce((SELECT jsonb_agg(jsonb_build_object('name', name, 'rate_e4', rate_e4, 'base_minor', base, 'amount_minor', amount) ORDER BY place)
                  FROM taxed), '[]'), coalesce((SELECT total FROM credited), 0)
    FROM allowed, numbered, viewer, summed s, company_location l WHERE l.id = viewer.location_id
), bought AS MATERIALIZED (
    SELECT p.*, {RANDOM_ID} AS key, allowed.id AS order_id FROM allowed, priced p
), {_TAKEN}, lined AS (
    INSERT INTO order_line (id, order_id, variant_id, position, sku, name, pack_code, quantity, unit_price_e4, price_source, discount_minor, total_minor,
        requested_ship_date, cancel_date, note, shipped, invoiced, cancelled, backordered)
    SELECT b.key, b.order_id, b.variant_id, b.n, b.sku, b.name, CASE WHEN b.pack_units IS NOT NULL THEN b.pack_code END, b.quantity, b.unit_e4, b.source, 0,
        b.total_minor, b.requested_ship_date, b.cancel_date, b.note, 0, 0, 0,
        b.quantity - coalesce((SELECT sum(quantity) FROM taken t WHERE t.key = b.key), 0)
    FROM bought b
), reserved AS (
    UPDATE stock s SET reserved = s.reserved + t.quantity FROM (SELECT shelf, sum(quantity)::int AS quantity FROM taken GROUP BY shelf) t WHERE s.id = t.shelf
), held_for AS (
    INSERT INTO reservation (order_line_id, variant_id, warehouse_id, quantity) SELECT key, variant_id, warehouse_id, quantity FROM taken
), told AS (
    INSERT INTO order_event (order_id, at, kind, message, by_id)
    SELECT allowed.id, now(), 'PLACED', left('Placed by ' || viewer.user_name || '.', 500), viewer.user_id FROM allowed, viewer
), sold AS (
    INSERT INTO sales_change (order_id, sign) SELECT id, 1 FROM allowed
), queued AS (
    INSERT INTO pgqueuer (priority, entrypoint, payload, status)
    SELECT 0, 'OrderPlaced', convert_to('{{"order_id":' || id || '}}', 'UTF8'), 'queued' FROM allowed RETURNING id, entrypoint, priority
), logged AS (
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) SELECT id, 'queued', entrypoint, priority FROM queued
), emptied AS (
    DELETE FROM cart_line l USING allowed WHERE l.cart_id = held.id
), bumped AS (
    UPDATE cart c SET version = c.version + 1, updated_at = now() FROM allowed WHERE c.id = held.id
)
SELECT number INTO taken_number FROM numbered
"""

# $1: the hash of the token; $2: the key; $3: the hash of the body.
PLACE_ORDER = f"""
CREATE OR REPLACE FUNCTION raw_place_order(bytea, text, bytea) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    asking record; held record; claimed bigint; taken_number text; answered text;
BEGIN
    {ASKING};
    IF NOT FOUND THEN RETURN NULL; END IF;
    {_CLAIM};
    IF claimed IS NULL THEN
        SELECT convert_from(k.answer, 'UTF8') INTO answered FROM idempotency_key k
        WHERE k.viewer_key = asking.user_id || ':' || asking.location_id AND k.key = $2 AND k.body_hash = $3;
        RETURN answered;
    END IF;
    PERFORM FROM credit_account WHERE company_id = asking.company_id AND currency = asking.currency FOR UPDATE;
    {LOCKED_CART};
    {_LOCKED_STOCK};
    {_WRITTEN};
    IF taken_number IS NULL THEN RAISE EXCEPTION 'this cart may not be ordered'; END IF;
    answered := '{{"data":{{"placeOrder":{{"__typename":"OrdersPlaced","orders":[{{"number":"' || taken_number || '"}}],"paymentUrl":null}}}}}}';
    UPDATE idempotency_key SET status = 200, answer = convert_to(answered, 'UTF8') WHERE id = claimed;
    RETURN answered;
END $function$
"""
