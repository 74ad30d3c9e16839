"""The open cart, read with all that is worked out about it, and rows set in it.

Left out, for the bench's data has none: rows that name SKUs or lines, packs and dates of such rows, codes, modes other than SET, the bound on
a cart's lines, goods that go elsewhere than to the buyer's own location, and items that break a rule by several lines together. Lines that are
there may have packs and notes.
"""

from bench.raw.parts import IMAGE, OFFERS, SCOPE, STOCKED, VIEWER, VISIBLE, amount, decimal, money, text

# Of `cart`: its lines at their prices. Breaks count over the group in the whole cart; `before`: pieces of the variant in earlier lines.
_PRICED = f"""
line AS MATERIALIZED (
    SELECT l.id, l.variant_id, l.quantity, l.pack_code, l.requested_ship_date, l.cancel_date, l.note, v.sku, v.name,
           row_number() OVER (ORDER BY l.position, l.id)::int AS n
    FROM cart JOIN cart_line l ON l.cart_id = cart.id JOIN variant v ON v.id = l.variant_id
), seen AS MATERIALIZED (
    SELECT v.id, v.product_id, v.option_values, v.minimum, v.maximum, v.increment, v.sells_without_stock, p.slug, p.name AS product_name,
           p.option_names, p.tax_class, p.minimum_quantity,
           CASE coalesce(p.break_scope, (SELECT break_scope FROM seller)) WHEN 'PRODUCT' THEN 'product.' || p.id
               WHEN 'GROUP' THEN coalesce('group.' || nullif(v.price_group, ''), 'variant.' || v.id) ELSE 'variant.' || v.id END AS break_group
    FROM variant v JOIN product p ON p.id = v.product_id AND p.is_active WHERE v.id = ANY(ARRAY(SELECT variant_id FROM line)) AND {VISIBLE}
), {OFFERS}, {STOCKED}, gathered AS MATERIALIZED (
    SELECT l.*, v.id AS visible_id, v.product_id, v.option_values, v.minimum, v.maximum, v.increment, v.sells_without_stock, v.slug,
           v.product_name, v.option_names, v.tax_class, v.minimum_quantity, k.name AS pack_name, k.units AS pack_units,
           lcm(v.increment, coalesce(k.units, 1)) AS step, coalesce(s.available, 0) AS available,
           sum(l.quantity) OVER (PARTITION BY v.break_group) AS in_group,
           sum(l.quantity) OVER (PARTITION BY v.id ORDER BY l.n) - l.quantity AS before
    FROM line l LEFT JOIN seen v ON v.id = l.variant_id LEFT JOIN pack k ON k.variant_id = v.id AND k.code = l.pack_code
    LEFT JOIN stocked s ON s.variant_id = v.id
), priced AS MATERIALIZED (
    SELECT g.*, o.quantities, o.source, b.unit_e4, (2 * b.unit_e4 * g.quantity + 100) / 200 AS total_minor
    FROM gathered g LEFT JOIN price_now o ON o.variant_id = g.visible_id,
    LATERAL (SELECT o.amounts_e4[greatest((SELECT count(*) FROM unnest(o.quantities) q WHERE q <= g.in_group), 1)] AS unit_e4) b
)"""

# Of `priced`: shipping by the chosen method or the first, tax by rate with its share of the shipping, and the sums.
_SUMMED = """
goods AS MATERIALIZED (
    SELECT coalesce(sum(total_minor), 0)::bigint AS subtotal, count(*)::int AS lines, coalesce(sum(quantity), 0)::int AS units FROM priced
), method AS MATERIALIZED (
    SELECT m.name, CASE WHEN m.price_minor IS NOT NULL AND m.free_from_minor <= goods.subtotal THEN 0 ELSE m.price_minor END AS shipping
    FROM viewer, cart, goods, shipping_method m
    WHERE m.currency = viewer.currency AND (coalesce(cardinality(m.countries), 0) = 0 OR viewer.country = ANY(m.countries))
    ORDER BY m.code IS DISTINCT FROM cart.shipping_method, m.position, m.code LIMIT 1
), rated AS MATERIALIZED (
    SELECT r.name, r.rate_e4, sum(p.total_minor)::bigint AS net, min(p.n) AS first FROM viewer CROSS JOIN priced p
    LEFT JOIN tax_rate r ON r.country = viewer.country AND r.tax_class = p.tax_class
    WHERE p.total_minor IS NOT NULL GROUP BY r.name, r.rate_e4
), weighed AS MATERIALIZED (
    SELECT r.*, coalesce((SELECT shipping FROM method), 0) AS shipping, sum(net) OVER () AS whole, row_number() OVER (ORDER BY first) AS place FROM rated r
), shared AS MATERIALIZED (
    SELECT w.*, CASE WHEN whole = 0 THEN CASE WHEN place = 1 THEN shipping ELSE 0 END ELSE div(shipping * net, whole) END::bigint AS share,
           row_number() OVER (ORDER BY CASE WHEN whole = 0 THEN 0 ELSE shipping * net % whole END DESC, place) AS favour FROM weighed w
), taxed AS MATERIALIZED (
    SELECT s.name, s.rate_e4, s.place, t.base, (2 * t.base * s.rate_e4 + 1000000) / 2000000 AS amount
    FROM (SELECT shared.*, shipping - sum(share) OVER () AS rest FROM shared) s,
    LATERAL (SELECT s.net + s.share + CASE WHEN s.favour <= s.rest THEN 1 ELSE 0 END AS base) t
    WHERE NOT EXISTS (SELECT FROM rated WHERE rate_e4 IS NULL)
), charged AS MATERIALIZED (
    SELECT goods.*, CASE WHEN goods.lines = 0 THEN 0 ELSE (SELECT shipping FROM method) END AS shipping,
           CASE WHEN NOT EXISTS (SELECT FROM rated WHERE rate_e4 IS NULL) THEN coalesce((SELECT sum(amount) FROM taxed), 0)::bigint END AS tax FROM goods
), summed AS MATERIALIZED (SELECT c.*, c.subtotal + coalesce(c.shipping, 0) + coalesce(c.tax, 0) AS total FROM charged c)"""

# Of all that: what stands in the way of an order, in the order in which it is told.
_PROBLEMS = f"""
problem AS MATERIALIZED (
    SELECT 0 AS stage, 0 AS n, 'EMPTY' AS code, 'The cart is empty. Fill in quantities first.' AS message, NULL AS needed, TRUE AS blocking,
           NULL::int AS line FROM goods WHERE lines = 0
    UNION ALL
    SELECT 1, 4 * n, 'OUT_OF_ASSORTMENT', 'This item is no longer in your catalogue. Remove the line.', NULL, TRUE, n FROM priced WHERE visible_id IS NULL
    UNION ALL
    SELECT 1, 4 * n + 1, 'PRICE_ON_REQUEST', 'The price of ' || sku || ' is on request: ask for a quote, it cannot be ordered yet.', NULL, TRUE, n
    FROM priced WHERE visible_id IS NOT NULL AND unit_e4 IS NULL
    UNION ALL
    SELECT 2, 2 * n, 'SHORT_STOCK', sku || ': ' || CASE WHEN here > 0 THEN CASE WHEN here > viewer.cap THEN 'more than ' || viewer.cap ELSE here::text END
           || ' of ' || quantity || ' ship now, the rest follows.' ELSE 'Not in stock now; it follows as soon as it is.' END, NULL, FALSE, n
    FROM viewer, priced, LATERAL (SELECT greatest(greatest(available, 0) - before, 0) AS here) h
    WHERE visible_id IS NOT NULL AND sells_without_stock AND quantity > here
    UNION ALL
    SELECT 2, 2 * n + 1, code,
           CASE WHEN needed IS NOT NULL THEN CASE breach WHEN 'MAXIMUM' THEN sku || ': at most ' || maximum || ' in one cart; '
                   WHEN 'MINIMUM' THEN sku || ': at least ' || minimum || ' in one order; '
                   WHEN 'MULTIPLE' THEN sku || ' comes by ' || CASE WHEN quantity % pack > 0 THEN pack ELSE step END || '; '
                   WHEN 'UNPRICED' THEN sku || ' has a price from ' || priced_from || ' pieces on; '
                   ELSE sku || ': only ' || needed || ' can be had now; ' END || 'this line has ' || quantity || '. Order ' || needed || ' here.'
               WHEN breach <> 'STOCK' THEN sku || ': no quantity can be ordered now, because these exclude one another: ' || rules
                   || '. Remove the line, or ask us.'
               WHEN stock = 0 THEN sku || ' is out of stock. Remove the line, or wait for the next delivery.'
               ELSE sku || ': too few are in stock (' || rules || '). Remove the line, or wait for the next delivery.' END,
           needed::text, TRUE, n
    FROM (
        SELECT l.*, concat_ws(', ', CASE WHEN minimum > 1 THEN 'at least ' || minimum END, CASE WHEN increment > 1 THEN 'by ' || increment END,
                   CASE WHEN pack > 1 THEN 'packs of ' || pack END, 'at most ' || maximum,
                   CASE WHEN priced_from > 1 THEN 'a price from ' || priced_from || ' on' END, CASE WHEN breach <> 'STOCK' THEN stock || ' in stock' END) AS rules,
               CASE breach WHEN 'MAXIMUM' THEN 'ABOVE_MAXIMUM' WHEN 'MINIMUM' THEN 'BELOW_MINIMUM' WHEN 'MULTIPLE' THEN 'NOT_A_MULTIPLE'
                   WHEN 'UNPRICED' THEN 'PRICE_ON_REQUEST' ELSE CASE WHEN needed IS NULL THEN 'OUT_OF_STOCK' ELSE 'SHORT_STOCK' END END AS code
        FROM (
            SELECT b.*, (SELECT q FROM (VALUES (1, (greatest(quantity, minimum, priced_from, 1) + step - 1) / step * step),
                                               (2, least(quantity, maximum, stock) / step * step)) AS c(place, q)
                         WHERE q > 0 AND q >= minimum AND q >= priced_from AND q <= least(q, maximum, stock) ORDER BY place LIMIT 1) AS needed
            FROM (
                SELECT k.*, CASE WHEN quantity > maximum THEN 'MAXIMUM' WHEN quantity < minimum THEN 'MINIMUM'
                           WHEN quantity % increment > 0 OR quantity % pack > 0 THEN 'MULTIPLE' WHEN quantity < priced_from THEN 'UNPRICED'
                           WHEN quantity > stock THEN 'STOCK' END AS breach
                FROM (
                    SELECT p.*, coalesce(p.pack_units, 1) AS pack, coalesce(greatest(p.quantities[1] - (p.in_group - p.quantity), 0), 0) AS priced_from,
                           CASE WHEN p.sells_without_stock THEN NULL WHEN p.quantity <= greatest(p.available, 0) THEN greatest(p.available, 0)
                                ELSE least(greatest(p.available, 0), viewer.cap) END AS stock
                    FROM viewer, priced p WHERE p.visible_id IS NOT NULL) k) b
            WHERE b.breach IS NOT NULL) l) broken
    UNION ALL
    SELECT 3, min(n), 'BELOW_PRODUCT_MINIMUM', product_name || ': at least ' || minimum_quantity || ' pieces in one order, of any colour or size; it has '
           || sum(quantity) || '. Add ' || minimum_quantity - sum(quantity) || '.', minimum_quantity::text, TRUE, min(n)
    FROM priced WHERE minimum_quantity > 0 GROUP BY product_id, product_name, minimum_quantity HAVING sum(quantity) < minimum_quantity
    UNION ALL
    SELECT 4, 0, 'BELOW_ORDER_MINIMUM', 'The minimum order value is ' || {decimal("m.amount_minor")} || ' ' || viewer.currency
           || ' without tax. This order to ' || viewer.place || ' has ' || {decimal("s.subtotal")} || ' ' || viewer.currency || '. Add goods for '
           || {decimal("(m.amount_minor - s.subtotal)")} || ' ' || viewer.currency || '.', {decimal("m.amount_minor")}, TRUE, NULL
    FROM viewer, summed s, LATERAL (
        SELECT amount_minor FROM order_minimum WHERE currency = viewer.currency AND (num_nonnulls(company_id, group_id, location_id) = 0
            OR location_id = viewer.location_id OR company_id = viewer.company_id OR group_id = ANY(viewer.groups))
        ORDER BY location_id NULLS LAST, company_id NULLS LAST, group_id NULLS LAST, amount_minor LIMIT 1) m
    WHERE s.lines > 0 AND s.subtotal < m.amount_minor
    UNION ALL SELECT 5, 0, 'SHIPPING_TO_CONFIRM', 'We confirm the shipping cost after you order.', NULL, FALSE, NULL FROM summed WHERE shipping IS NULL
    UNION ALL SELECT 6, 0, 'TAX_TO_CONFIRM', 'We confirm the tax for this destination after you order.', NULL, FALSE, NULL FROM summed WHERE tax IS NULL
    UNION ALL
    SELECT 7, 0, 'ON_HOLD', 'Your account is on hold: pay this order by bank transfer, or speak to our finance department.', NULL, TRUE, NULL
    FROM viewer WHERE on_hold
    UNION ALL
    SELECT 8, 0, 'CREDIT_EXCEEDED', 'This cart comes to ' || {decimal("s.total")} || ' ' || viewer.currency || ', and ' || {decimal("c.rest")} || ' '
           || viewer.currency || ' of your credit is left. Order less, or pay by bank transfer.', {decimal("c.rest")}, TRUE, NULL
    FROM viewer, summed s, LATERAL (SELECT greatest(limit_minor - taken_minor, 0) AS rest, limit_minor - taken_minor AS owned FROM credit_account
        WHERE company_id = viewer.company_id AND currency = viewer.currency) c WHERE s.total > c.owned
)"""

ASSESSED = f"{_PRICED}, {_SUMMED}, {_PROBLEMS}"


def _problems(line: str, *, coded: bool) -> str:
    """Each with its line as `line` writes it."""
    code = """'"code":"' || o.code || '",' ||""" if coded else ""
    return f"""coalesce((SELECT string_agg('{{' || {code} '"message":' || {text("o.message")} || ',"needed":' || coalesce({text("o.needed")}, 'null')
    || ',"blocking":' || o.blocking::text || ',"line":' || CASE WHEN p.n IS NULL THEN 'null' ELSE {line} END || '}}', ',' ORDER BY o.stage, o.n)
    FROM problem o LEFT JOIN priced p ON p.n = o.line), '')"""


_NAMED_LINE = f"""'{{"id":"cartline.' || p.id || '","sku":' || {text("p.sku")} || '}}'"""
_VARIANT_ONLY = """'{"variant":' || coalesce('{"id":"variant.' || p.visible_id || '"}', 'null') || '}'"""

_TAX_LINES = f"""
coalesce((SELECT string_agg('{{"name":' || {text("t.name")} || ',"rate":"' || t.rate_e4 / 10000 || '.' || CASE WHEN t.rate_e4 % 100 = 0
    THEN lpad((t.rate_e4 / 100 % 100)::text, 2, '0') ELSE lpad((t.rate_e4 % 10000)::text, 4, '0') END || '","base":' || {amount("t.base")}
    || ',"amount":' || {amount("t.amount")} || '}}', ',' ORDER BY t.place) FROM taxed t), '')
"""

_VARIANT = f"""
CASE WHEN p.visible_id IS NULL THEN 'null' ELSE '{{"id":"variant.' || p.visible_id || '","options":[' || coalesce((
        SELECT string_agg('{{"name":' || {text("name")} || ',"value":' || {text("value")} || '}}', ',' ORDER BY i)
        FROM unnest(p.option_names, p.option_values) WITH ORDINALITY AS o(name, value, i) WHERE name IS NOT NULL AND value IS NOT NULL), '')
    || '],"quantityRule":{{"minimum":' || p.minimum || ',"maximum":' || coalesce(p.maximum::text, 'null') || ',"increment":' || p.increment
    || '}},"product":{{"id":"product.' || p.product_id || '","slug":' || {text("p.slug")} || ',"name":' || {text("p.product_name")}
    || ',"image":' || {IMAGE.replace("p.id", "p.product_id")} || '}}}}' END
"""

_LINES = f"""
coalesce((SELECT string_agg('{{"id":"cartline.' || p.id || '","sku":' || {text("p.sku")} || ',"name":' || {text("p.name")} || ',"quantity":' || p.quantity
    || ',"note":' || coalesce({text("p.note")}, 'null') || ',"requestedShipDate":' || coalesce({text("p.requested_ship_date")}, 'null')
    || ',"cancelDate":' || coalesce({text("p.cancel_date")}, 'null') || ',"pack":' || coalesce('{{"name":' || {text("p.pack_name")}
        || ',"units":' || p.pack_units || '}}', 'null') || ',"unitPrice":' || {money("p.unit_e4")} || ',"subtotal":' || {amount("p.total_minor")}
    || ',"discount":' || {amount("0")} || ',"total":' || {amount("p.total_minor")} || ',"shipTo":{{"id":"location.' || viewer.location_id
    || '","name":' || {text("viewer.place")} || '}},"variant":' || {_VARIANT} || '}}', ',' ORDER BY p.n) FROM priced p), '')
"""

CART = f"""
WITH {VIEWER}, {SCOPE}, cart AS MATERIALIZED (
    SELECT c.* FROM viewer JOIN cart c ON c.user_id = viewer.user_id AND c.location_id = viewer.location_id AND c.is_open
), {ASSESSED}
SELECT '{{"data":{{"cart":' || coalesce((SELECT '{{"id":"cart.' || c.id || '","name":' || {text("c.name")} || ',"version":' || c.version
    || ',"lineCount":' || s.lines || ',"unitCount":' || s.units || ',"subtotal":' || {amount("s.subtotal")} || ',"discounts":[],"shipping":'
    || {amount("s.shipping")} || ',"tax":' || {amount("s.tax")} || ',"total":' || {amount("s.total")} || ',"taxLines":[' || {_TAX_LINES}
    || '],"codes":[],"problems":[' || {_problems(_NAMED_LINE, coded=True)}
    || '],"location":{{"id":"location.' || viewer.location_id || '","name":' || {text("viewer.place")} || '}},"lines":[' || {_LINES} || ']}}'
    FROM cart c, summed s), 'null') || '}}}}' FROM viewer
"""

# Who asks and what reaches her, looked up once in a function and at hand in its further statements.
ASKING = f"""
WITH {VIEWER}, {SCOPE} SELECT viewer.*, a.ids AS assortments, l.ids AS lists, l.sources INTO asking FROM viewer, assortments a,
    (SELECT array_agg(id ORDER BY rank) AS ids, array_agg(source ORDER BY rank) AS sources FROM lists) l
"""
_COLUMNS = (
    "user_id",
    "user_name",
    "company_id",
    "on_hold",
    "location_id",
    "place",
    "country",
    "currency",
    "cap",
    "today",
    "groups",
)
ASKED = f"""
viewer AS MATERIALIZED (SELECT {", ".join(f"asking.{name} AS {name}" for name in _COLUMNS)}),
assortments AS MATERIALIZED (SELECT asking.assortments AS ids),
lists AS MATERIALIZED (SELECT id, source, rank FROM unnest(asking.lists, asking.sources) WITH ORDINALITY AS l(id, source, rank))
"""
# The open cart, held until the transaction ends; what it holds is read afterwards, when nobody can change it.
LOCKED_CART = (
    "SELECT id INTO held FROM cart WHERE user_id = asking.user_id AND location_id = asking.location_id AND is_open FOR UPDATE"
)
RANDOM_ID = "(random() * 9223372036854774784)::bigint"

# `wish`: rows of one variant put together; `there`: its line without pack, place and dates.
_WRITTEN = f"""
WITH {ASKED}, sent AS MATERIALIZED (SELECT key, quantity, i FROM unnest($2, $3) WITH ORDINALITY AS s(key, quantity, i)),
seen AS MATERIALIZED (
    SELECT v.id FROM variant v JOIN product p ON p.id = v.product_id AND p.is_active WHERE v.id = ANY($2) AND {VISIBLE}
), wish AS MATERIALIZED (
    SELECT s.key, sum(s.quantity) AS quantity, min(s.i) AS first FROM sent s JOIN seen ON seen.id = s.key
    WHERE s.quantity BETWEEN 0 AND 1000000 GROUP BY s.key
), there AS MATERIALIZED (
    SELECT l.id, l.variant_id, l.quantity FROM cart_line l WHERE l.cart_id = held.id AND l.variant_id = ANY($2)
        AND num_nonnulls(l.pack_code, l.requested_ship_date, l.cancel_date, l.ship_to_id) = 0
), plan AS MATERIALIZED (
    SELECT w.*, coalesce(t.id, {RANDOM_ID}) AS line, t.quantity AS had, row_number() OVER (PARTITION BY t.id IS NULL ORDER BY w.first) AS n
    FROM wish w LEFT JOIN there t ON t.variant_id = w.key WHERE w.quantity <= 1000000
), removed AS (
    DELETE FROM cart_line l USING plan p WHERE l.id = p.line AND p.quantity = 0 AND p.had IS NOT NULL RETURNING l.id
), changed AS (
    UPDATE cart_line l SET quantity = p.quantity FROM plan p WHERE l.id = p.line AND p.quantity > 0 AND p.had <> p.quantity RETURNING l.id
), added AS (
    INSERT INTO cart_line (id, cart_id, variant_id, quantity, position)
    SELECT p.line, held.id, p.key, p.quantity, n + (SELECT coalesce(max(position), 0) FROM cart_line WHERE cart_id = held.id)
    FROM plan p WHERE p.quantity > 0 AND p.had IS NULL RETURNING id
), bumped AS (
    UPDATE cart SET version = version + 1, updated_at = now()
    WHERE id = held.id AND EXISTS (SELECT FROM removed UNION ALL SELECT FROM changed UNION ALL SELECT FROM added)
)
SELECT array_agg(CASE WHEN s.quantity NOT BETWEEN 0 AND 1000000 OR p.key IS NULL THEN 'REFUSED' WHEN p.quantity = 0 AND p.had IS NOT NULL THEN 'REMOVED'
           WHEN p.quantity = 0 OR p.had = p.quantity THEN 'UNCHANGED' ELSE 'SET' END ORDER BY s.i),
       array_agg(CASE WHEN s.quantity < 0 THEN 'A quantity cannot be negative. Send 0 to remove the line.'
           WHEN s.quantity > 1000000 OR w.quantity > 1000000 THEN 'At most 1,000,000 pieces in one line. Use another line or another cart for the rest.'
           WHEN p.key IS NULL THEN 'There is no such item in your catalogue.' WHEN p.quantity = 0 AND p.had IS NOT NULL THEN 'Removed from the cart.'
           WHEN p.quantity = 0 THEN 'It was not in the cart.' WHEN p.had = p.quantity THEN 'Unchanged.' ELSE p.quantity || ' in the cart.' END ORDER BY s.i),
       array_agg(CASE WHEN p.quantity > 0 AND s.quantity BETWEEN 0 AND 1000000 THEN p.line END ORDER BY s.i)
INTO statuses, messages, line_ids FROM sent s LEFT JOIN wish w ON w.key = s.key LEFT JOIN plan p ON p.key = s.key
"""

_OUTCOMES = f"""
coalesce((SELECT string_agg('{{"index":' || i - 1 || ',"status":"' || status || '","message":' || {text("coalesce(o.message, said)")} || '}}', ',' ORDER BY i)
    FROM unnest(statuses, messages, line_ids) WITH ORDINALITY AS r(status, said, line, i) LEFT JOIN LATERAL (
        SELECT o.message FROM problem o JOIN priced p ON p.n = o.line WHERE p.id = r.line ORDER BY o.stage, o.n LIMIT 1) o ON TRUE), '')
"""

# $1: the hash of the token; $2, $3: variants and quantities.
SET_LINES = f"""
CREATE OR REPLACE FUNCTION raw_set_lines(bytea, bigint[], int[]) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    asking record; held record; statuses text[]; messages text[]; line_ids bigint[]; answer text;
BEGIN
    {ASKING};
    IF NOT FOUND THEN RETURN NULL; END IF;
    {LOCKED_CART};
    IF NOT FOUND THEN
        INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at)
        VALUES ({RANDOM_ID}, asking.user_id, asking.location_id, '', TRUE, 0, now(), now())
        ON CONFLICT (user_id, location_id) WHERE is_open DO NOTHING;
        {LOCKED_CART};
    END IF;
    {_WRITTEN};
    WITH {ASKED}, cart AS MATERIALIZED (SELECT c.* FROM cart c WHERE c.id = held.id), {ASSESSED}
    SELECT '{{"data":{{"setCartLines":{{"__typename":"SetCartLinesDone","cart":{{"version":' || c.version || ',"unitCount":' || s.units
        || ',"lineCount":' || s.lines || ',"subtotal":' || {amount("s.subtotal")} || ',"total":' || {amount("s.total")}
        || ',"problems":[' || {_problems(_VARIANT_ONLY, coded=False)} || ']}},"outcomes":[' || {_OUTCOMES} || ']}}}}}}'
    INTO answer FROM viewer, cart c, summed s;
    RETURN answer;
END $function$
"""
