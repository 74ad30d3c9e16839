"""Keeps what lists are filtered and counted by: one row per product, in which its active variants are bits.

Derived in the transaction of the change. `variant_ids` says which bit is which variant, in the order of the list; `option_bits` says for each
option value which variants have it, `stock_bits` which can be had now, `assortment_product.variant_bits` which are shown. That one variant meets
several filters is then an AND of bits, and no variant is read. A product that is not active, or has no active variant, has a row without bits.
Stock keeps its bits by a trigger (`keep_stock_bits`), which writes only when a warehouse's stock of a variant runs out or comes back.
"""

from collections.abc import Collection

from backend.core.database import execute, fetch

_AT_ONCE = 5_000

# In one order, so that two writers never wait for each other in a circle; what is there already is not touched.
_LEARN = """
INSERT INTO option_value (name, value)
SELECT DISTINCT o.name, o.value FROM product p JOIN variant v ON v.product_id = p.id, unnest(p.option_names, v.option_values) AS o(name, value)
WHERE p.is_active AND v.is_active AND ($1::bigint[] IS NULL OR p.id = ANY ($1)) AND o.name IS NOT NULL AND o.value IS NOT NULL
  AND NOT EXISTS (SELECT FROM option_value k WHERE k.name = o.name AND k.value = o.value)
ORDER BY o.name, o.value ON CONFLICT DO NOTHING
"""

# Whoever holds the row sees all stock that was changed before, and whoever changes stock later waits for it.
_LOCK = "SELECT FROM product_facet WHERE $1::bigint[] IS NULL OR product_id = ANY ($1) ORDER BY product_id FOR UPDATE"

# The categories of `product p`, with those above them.
_CATEGORIES = """ARRAY(SELECT DISTINCT k.id FROM product_category pc JOIN category c ON c.id = pc.category_id CROSS JOIN unnest(c.path) AS k(id)
              WHERE pc.product_id = p.id ORDER BY k.id)"""

# The rows as they should be.
_DERIVED = f"""
WITH one AS MATERIALIZED (
  SELECT v.product_id, v.id, p.option_names, v.option_values, row_number() OVER (PARTITION BY v.product_id ORDER BY v.position, v.id)::int - 1 AS bit,
         repeat('0', (count(*) OVER (PARTITION BY v.product_id))::int)::varbit AS none,
         EXISTS (SELECT FROM stock s WHERE s.variant_id = v.id AND s.on_hand > s.reserved)::int AS stocked
    FROM product p JOIN variant v ON v.product_id = p.id
   WHERE p.is_active AND v.is_active AND ($1::bigint[] IS NULL OR p.id = ANY ($1))
), valued AS (
  SELECT o.product_id, n.axis, k.id, min(o.bit) AS first, bit_or(set_bit(o.none, o.bit, 1)) AS bits
    FROM one o CROSS JOIN LATERAL unnest(o.option_names, o.option_values) WITH ORDINALITY AS n(name, value, axis)
    JOIN option_value k ON k.name = n.name AND k.value = n.value
   GROUP BY o.product_id, n.axis, k.id
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY product_id, axis ORDER BY first, id)::int AS rank FROM valued
), options AS (
  SELECT product_id, array_agg(id ORDER BY axis, rank) AS ids, array_agg(rank ORDER BY axis, rank) AS ranks,
         array_agg(bits::varbit ORDER BY axis, rank) AS bits
    FROM ranked GROUP BY product_id
), variants AS (
  SELECT product_id, array_agg(id ORDER BY bit) AS ids, string_agg(stocked::text, '' ORDER BY bit)::varbit AS stocked FROM one GROUP BY product_id
)
SELECT p.id AS product_id, p.brand_id,
       {_CATEGORIES} AS category_ids,
       coalesce(o.ids, '{{}}') AS option_ids, coalesce(o.ranks, '{{}}') AS option_ranks, coalesce(o.bits, '{{}}') AS option_bits,
       coalesce(v.ids, '{{}}') AS variant_ids, coalesce(v.stocked, '') AS stock_bits
  FROM product p LEFT JOIN variants v ON v.product_id = p.id LEFT JOIN options o ON o.product_id = p.id
 WHERE $1::bigint[] IS NULL OR p.id = ANY ($1)
"""

_COLUMNS = ("brand_id", "category_ids", "option_ids", "option_ranks", "option_bits", "variant_ids", "stock_bits")
_KEPT = ", ".join(f"f.{name}" for name in _COLUMNS)
_NEW = ", ".join(f"excluded.{name}" for name in _COLUMNS)

_WRITE = f"""
INSERT INTO product_facet AS f (product_id, {", ".join(_COLUMNS)}) {_DERIVED}
ON CONFLICT (product_id) DO UPDATE SET ({", ".join(_COLUMNS)}) = ROW ({_NEW}) WHERE ({_KEPT}) IS DISTINCT FROM ({_NEW})
"""

_MOVE = f"""
UPDATE product_facet f SET category_ids = n.category_ids FROM (SELECT p.id, {_CATEGORIES} AS category_ids FROM product p) n
 WHERE n.id = f.product_id AND n.category_ids <> f.category_ids
"""


async def refresh_products(product_ids: Collection[int]) -> None:
    """After a change of these products, their variants or their categories. Call `assortments.lock_products` before the change."""
    keys = sorted(product_ids)
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        for statement in (_LEARN, _LOCK, _WRITE):
            await execute(statement, some)


async def refresh_categories() -> None:
    """After a change of the category tree: writes only what stands elsewhere now, so that orders need not wait for the whole catalogue."""
    await execute(_MOVE)


async def refresh_everything() -> None:
    """What came in past the actions."""
    await refresh_products([row["id"] for row in await fetch("SELECT id FROM product")])
