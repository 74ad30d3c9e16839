"""The list page, with and without facets, and the product with its grid. Products have no prepacks."""

from bench.raw.parts import IMAGE, OFFERS, SCOPE, STOCKED, VIEWER, VISIBLE, money, text

# From `page`, the products: their visible variants with the price that decides, the list price, stock and the next arrival.
_VARIANTS = f"""
seen AS MATERIALIZED (
    SELECT v.* FROM page p JOIN variant v ON v.product_id = p.id WHERE {VISIBLE}
), {OFFERS}, list_price AS MATERIALIZED (
    SELECT DISTINCT ON (o.variant_id) o.variant_id, o.quantities, o.amounts_e4 FROM offer o JOIN lists l ON l.id = o.price_list_id AND l.is_default
    ORDER BY o.variant_id, l.rank
), {STOCKED}, arriving AS MATERIALIZED (
    SELECT DISTINCT ON (variant_id) variant_id, expected_on, sum(quantity)::int AS quantity FROM arrival
    WHERE variant_id = ANY(ARRAY(SELECT id FROM seen)) AND expected_on >= (SELECT today FROM viewer)
    GROUP BY variant_id, expected_on ORDER BY variant_id, expected_on
), facts AS MATERIALIZED (
    SELECT v.*, n.quantities, n.amounts_e4, n.amounts_e4[n.first] AS unit_e4, o.list_e4, n.first, coalesce(s.available, 0) AS available,
           a.expected_on, a.quantity AS expected
    FROM seen v
    LEFT JOIN (SELECT n.*, (SELECT count(*) FROM unnest(n.quantities) q WHERE q <= v.minimum)::int AS first
               FROM price_now n JOIN seen v ON v.id = n.variant_id) n ON n.variant_id = v.id
    LEFT JOIN (SELECT o.variant_id, o.amounts_e4[(SELECT count(*) FROM unnest(o.quantities) q WHERE q <= v.minimum)] AS list_e4
               FROM list_price o JOIN seen v ON v.id = o.variant_id) o ON o.variant_id = v.id
    LEFT JOIN stocked s ON s.variant_id = v.id LEFT JOIN arriving a ON a.variant_id = v.id
)"""

_PRICES = f"""
'"priceStatus":"' || CASE WHEN v.quantities IS NULL THEN 'ON_REQUEST' ELSE 'PRICED' END || '","unitPrice":' || {money("v.unit_e4")}
|| ',"listPrice":' || {money("v.list_e4")} || ',"priceBreaks":[' || coalesce((
    SELECT string_agg('{{"minimumQuantity":' || CASE WHEN i = v.first THEN v.minimum ELSE q END || ',"unitPrice":' || {money("e4")} || '}}', ',' ORDER BY i)
    FROM unnest(v.quantities, v.amounts_e4) WITH ORDINALITY AS b(q, e4, i) WHERE i >= v.first), '') || ']'
"""

_AVAILABILITY = """
'"availability":{"status":"' || CASE WHEN v.available > viewer.low_at THEN 'IN_STOCK' WHEN v.available > 0 THEN 'LOW'
    WHEN v.sells_without_stock THEN 'BACKORDER' WHEN v.expected_on IS NOT NULL THEN 'INCOMING' ELSE 'UNAVAILABLE' END
|| '","quantity":' || least(v.available, viewer.cap) || ',"isCapped":' || CASE WHEN v.available > viewer.cap THEN 'true' ELSE 'false' END
|| ',"nextArrival":' || coalesce('"' || v.expected_on || '"', 'null')
|| ',"nextArrivalQuantity":' || coalesce((CASE WHEN v.expected > viewer.cap THEN viewer.cap ELSE v.expected END)::text, 'null') || '}'
"""

# What is in the open cart: in the bare line of a variant, and in its others.
_IN_CART = """
in_cart AS MATERIALIZED (
    SELECT l.variant_id, sum(l.quantity) FILTER (WHERE bare) AS here, sum(l.quantity) FILTER (WHERE NOT bare) AS otherwise
    FROM viewer JOIN cart c ON c.user_id = viewer.user_id AND c.location_id = viewer.location_id AND c.is_open JOIN cart_line l ON l.cart_id = c.id,
    LATERAL (SELECT num_nonnulls(l.pack_code, l.requested_ship_date, l.cancel_date, l.ship_to_id) = 0 AS bare) b GROUP BY l.variant_id
)"""

# The axes with the values that visible variants have, in the seller's order and then in that of the variants.
_AXES = """
axis AS MATERIALIZED (
    SELECT p.id AS product_id, o.i, o.value,
           row_number() OVER (PARTITION BY p.id, o.i ORDER BY array_position(ARRAY(SELECT jsonb_array_elements_text(p.option_values -> (o.i - 1)::int)), o.value)
                              NULLS LAST, o.met) AS place
    FROM page p JOIN (
        SELECT v.product_id, x.i, x.value, min((v.position, v.id)) AS met FROM seen v, unnest(v.option_values) WITH ORDINALITY AS x(value, i) GROUP BY 1, 2, 3
    ) o ON o.product_id = p.id AND o.i <= cardinality(p.option_names)
)"""

# Over the derived rows, as the API does; one assortment reaches a buyer.
_FACETS_OF = f"""
shown AS NOT MATERIALIZED (
    SELECT f.brand_id, f.category_ids, f.option_ids, f.option_ranks, f.option_bits, f.stock_bits, a.variant_bits AS met
    FROM product_facet f JOIN assortment_product a ON a.product_id = f.product_id AND a.assortment_id = ANY((SELECT ids FROM assortments)::bigint[])
), grouped AS MATERIALIZED (
    SELECT GROUPING(brand_id, category_ids, option_ids, is_stocked) AS by, brand_id, category_ids, option_ids, option_ranks, is_stocked,
           count(*) AS count, count(*) FILTER (WHERE met IS NULL) AS whole
    FROM (SELECT *, bit_count(coalesce(stock_bits & met, stock_bits)) > 0 AS is_stocked FROM shown) s
    GROUP BY GROUPING SETS ((), (brand_id), (category_ids), (option_ids, option_ranks), (is_stocked))
), valued AS (
    SELECT x.id, sum(g.whole) AS count, sum(g.whole * x.rank) AS ranks FROM grouped g, unnest(g.option_ids, g.option_ranks) AS x(id, rank)
    WHERE by = 13 AND g.whole > 0 GROUP BY x.id
    UNION ALL
    SELECT x.id, count(*), sum(x.rank) FROM shown, unnest(option_ids, option_ranks, option_bits) AS x(id, rank, bits)
    WHERE met IS NOT NULL AND bit_count(x.bits & met) > 0 GROUP BY x.id
), counted AS (
    SELECT 0 AS kind, 'Brand' AS name, 'brand.' || b.id AS value, b.name AS label, g.count::int AS count, 0::bigint AS rank
    FROM grouped g JOIN brand b ON b.id = g.brand_id WHERE by = 7
    UNION ALL
    SELECT 1, 'Category', 'category.' || k.id, k.name, q.count::int, 0
    FROM (SELECT x.id, sum(g.count) AS count FROM grouped g, unnest(g.category_ids) AS x(id) WHERE by = 11 GROUP BY x.id) q JOIN category k ON k.id = q.id
    UNION ALL
    SELECT 2, k.name, k.value, k.value, q.count::int, (q.ranks * 1000 / q.count)::bigint
    FROM (SELECT id, sum(count) AS count, sum(ranks) AS ranks FROM valued GROUP BY id) q JOIN option_value k ON k.id = q.id
    UNION ALL
    SELECT 3, 'Availability', 'true', 'In stock', count::int, 0 FROM grouped WHERE by = 14 AND is_stocked
), facet AS (
    SELECT kind, sum(count) AS weight, name, '{{"kind":"' || (ARRAY['BRAND', 'CATEGORY', 'OPTION', 'AVAILABILITY'])[kind + 1] || '","name":' || {text("name")}
        || ',"values":[' || string_agg('{{"value":' || {text("value")} || ',"label":' || {text("label")} || ',"count":' || count || '}}', ','
                                       ORDER BY rank, CASE WHEN kind < 2 THEN lower(label) END, label) || ']}}' AS json
    FROM counted WHERE count > 0 GROUP BY kind, name
)"""

_CURSOR = """'"' || translate(rtrim(encode(convert_to('[' || to_json(p.name)::text || ',' || p.id || ']', 'UTF8'), 'base64'), '='), E'+/\\n', '-_') || '"'"""


def page(*, facets: bool) -> str:
    """`$2`: how many products."""
    counted = f"{_FACETS_OF}, " if facets else ""
    total = "SELECT count(DISTINCT product_id) FROM assortment_product WHERE assortment_id = ANY((SELECT ids FROM assortments)::bigint[])"
    total = "SELECT count FROM grouped WHERE by = 15" if facets else total
    shown = (
        """',"facets":[' || (SELECT string_agg(json, ',' ORDER BY kind, -weight, name) FROM facet) || ']' ||""" if facets else ""
    )
    return f"""
    WITH {VIEWER}, {SCOPE}, {counted}
    found AS MATERIALIZED (
        SELECT p.id, p.slug, p.name, p.brand_id, p.option_names, p.option_values, row_number() OVER (ORDER BY p.name, p.id) AS n
        FROM product p WHERE p.is_active AND EXISTS (SELECT 1 FROM variant v WHERE v.product_id = p.id AND {VISIBLE})
        ORDER BY p.name, p.id LIMIT $2::int + 1
    ), page AS MATERIALIZED (SELECT * FROM found WHERE n <= $2::int), {_VARIANTS}, {_IN_CART}, {_AXES}, options AS MATERIALIZED (
        SELECT product_id, string_agg('{{"name":' || {text("name")} || ',"values":[' || values || ']}}', ',' ORDER BY i) AS json FROM (
            SELECT a.product_id, a.i, p.option_names[a.i] AS name, string_agg({text("a.value")}, ',' ORDER BY a.place) AS values
            FROM axis a JOIN page p ON p.id = a.product_id GROUP BY 1, 2, 3) o GROUP BY product_id
    ), of_product AS MATERIALIZED (
        SELECT v.product_id, string_agg('{{"id":"variant.' || v.id || '","sku":' || {text("v.sku")} || ',' || {_PRICES} || ',' || {_AVAILABILITY} || '}}', ','
                                        ORDER BY v.position, v.id) AS json FROM facts v, viewer GROUP BY v.product_id
    )
    SELECT '{{"data":{{"products":{{"totalCount":' || ({total}) || ',"pageInfo":{{"hasNextPage":'
        || CASE WHEN (SELECT count(*) FROM found) > $2::int THEN 'true' ELSE 'false' END || ',"hasPreviousPage":false,"startCursor":'
        || coalesce((SELECT {_CURSOR} FROM page p ORDER BY n LIMIT 1), 'null') || ',"endCursor":'
        || coalesce((SELECT {_CURSOR} FROM page p ORDER BY n DESC LIMIT 1), 'null') || '}}' || {shown} ',"nodes":['
        || coalesce((SELECT string_agg('{{"id":"product.' || p.id || '","slug":' || {text("p.slug")} || ',"name":' || {text("p.name")}
            || ',"unitsInCart":' || coalesce((SELECT sum(coalesce(k.here, 0) + coalesce(k.otherwise, 0)) FROM in_cart k JOIN seen v ON v.id = k.variant_id
                                              WHERE v.product_id = p.id), 0)
            || ',"brand":{{"name":' || {text("b.name")} || '}},"options":[' || coalesce(o.json, '') || '],"image":' || {IMAGE}
            || ',"variants":[' || v.json || ']}}', ',' ORDER BY p.n)
            FROM page p JOIN brand b ON b.id = p.brand_id JOIN of_product v ON v.product_id = p.id LEFT JOIN options o ON o.product_id = p.id), '')
        || ']}}}}}}' FROM viewer"""


_CELL = f"""
'{{"inCart":' || coalesce(k.here, 0) || ',"inCartOtherwise":' || coalesce(k.otherwise, 0) || ',"variant":' || CASE WHEN v.id IS NULL THEN 'null' ELSE
'{{"id":"variant.' || v.id || '","sku":' || {text("v.sku")} || ',"customerSku":' || coalesce({text("c.sku")}, 'null') || ',"name":' || {text("v.name")} || ','
|| {_PRICES} || ',"priceBreakGroup":"' || CASE break_scope WHEN 'PRODUCT' THEN 'product.' || v.product_id
    WHEN 'GROUP' THEN coalesce('group.' || nullif(v.price_group, ''), 'variant.' || v.id) ELSE 'variant.' || v.id END
|| '","quantityRule":{{"minimum":' || v.minimum || ',"maximum":' || coalesce(v.maximum::text, 'null') || ',"increment":' || v.increment || '}},"packs":['
|| coalesce((SELECT string_agg('{{"name":' || {text("name")} || ',"units":' || units || '}}', ',' ORDER BY units, code) FROM pack WHERE variant_id = v.id), '')
|| '],"contents":[],' || {_AVAILABILITY} || '}}' END || '}}'
"""

_PARENT = """coalesce((SELECT '{"id":"category.' || u.id || '","name":' || to_json(u.name)::text || '}' FROM category u WHERE u.id = g.parent_id), 'null')"""

# `$2`: the slug. The last option runs across, the others down; no options: one unnamed column.
DETAIL = f"""
WITH {VIEWER}, {SCOPE}, page AS MATERIALIZED (
    SELECT p.*, coalesce(p.break_scope, (SELECT w.break_scope FROM seller w)) AS scope FROM product p WHERE p.slug = $2 AND p.is_active
), {_VARIANTS}, {_AXES}, down AS MATERIALIZED (
    SELECT DISTINCT v.option_values[:cardinality(v.option_values) - 1] AS key FROM facts v
), across AS MATERIALIZED (
    SELECT value, place FROM axis, page WHERE i = cardinality(option_names) UNION ALL SELECT '', 1 FROM page WHERE option_names = '{{}}'
), {_IN_CART}, line AS MATERIALIZED (
    SELECT d.key, ARRAY(SELECT x.place FROM unnest(d.key) WITH ORDINALITY AS k(value, i) JOIN axis x ON x.i = k.i AND x.value = k.value ORDER BY k.i) AS places,
           string_agg({_CELL}, ',' ORDER BY a.place) AS cells
    FROM viewer, (SELECT scope AS break_scope FROM page) q, down d CROSS JOIN across a
    LEFT JOIN facts v ON v.option_values = CASE WHEN a.value = '' AND d.key = '{{}}' THEN d.key ELSE d.key || a.value END
    LEFT JOIN in_cart k ON k.variant_id = v.id
    LEFT JOIN customer_sku c ON c.variant_id = v.id AND c.company_id = (SELECT company_id FROM viewer) GROUP BY d.key
)
SELECT '{{"data":{{"product":' || coalesce((SELECT '{{"grid":{{"columns":[' || (SELECT string_agg({text("value")}, ',' ORDER BY place) FROM across)
    || '],"rows":[' || (SELECT string_agg('{{"label":[' || coalesce((
        SELECT string_agg('{{"name":' || {text("p.option_names[k.i]")} || ',"value":' || {text("k.value")} || '}}', ',' ORDER BY k.i)
        FROM unnest(line.key) WITH ORDINALITY AS k(value, i)), '') || '],"cells":[' || cells || ']}}', ',' ORDER BY places) FROM line)
    || '],"prepacks":[],"product":{{"id":"product.' || p.id || '","slug":' || {text("p.slug")} || ',"name":' || {text("p.name")}
    || ',"description":' || {text("p.description")} || ',"minimumQuantity":' || coalesce(p.minimum_quantity::text, 'null')
    || ',"brand":{{"id":"brand.' || b.id || '","name":' || {text("b.name")} || '}},"categories":[' || coalesce((
        SELECT string_agg('{{"id":"category.' || g.id || '","name":' || {text("g.name")} || ',"parent":' || {_PARENT} || '}}', ',' ORDER BY pc.position, g.path)
        FROM product_category pc JOIN category g ON g.id = pc.category_id WHERE pc.product_id = p.id), '')
    || '],"options":[' || coalesce((SELECT string_agg('{{"name":' || {text("o")} || '}}', ',' ORDER BY i)
        FROM unnest(p.option_names) WITH ORDINALITY AS n(o, i)), '') || '],"image":' || {IMAGE} || '}}}}}}'
    FROM page p JOIN brand b ON b.id = p.brand_id WHERE EXISTS (SELECT 1 FROM seen)), 'null') || '}}}}' FROM viewer
"""
