"""Keeps `assortment_product` true to the rules: which products an assortment shows, and which of their variants.

An assortment shows what any including rule matches, less what any excluding rule matches; a rule without a target matches everything,
a category includes its descendants; only active variants of active products are shown. The tables are derived in the transaction of the change.
"""

from collections.abc import Collection

from backend.catalogue import facets, search
from backend.core.database import execute

# A change of rules or of the tree excludes every other change that the derivation reads; changes of products exclude each other by row only.
_LOCK = 4_851_001

_DERIVE = """
WITH touched AS (
  SELECT id, name, brand_id FROM product WHERE is_active AND ($1::bigint[] IS NULL OR id = ANY ($1))
), rule AS (
  SELECT * FROM assortment_rule WHERE $2::bigint[] IS NULL OR assortment_id = ANY ($2)
), hit AS (
  SELECT r.assortment_id, p.id AS product_id, r.includes, NULL::bigint AS variant_id
    FROM rule r CROSS JOIN touched p WHERE num_nonnulls(r.brand_id, r.category_id, r.product_id, r.variant_id) = 0
  UNION ALL
  SELECT r.assortment_id, p.id, r.includes, NULL FROM rule r JOIN touched p USING (brand_id)
  UNION ALL
  SELECT r.assortment_id, p.id, r.includes, NULL FROM rule r
    JOIN category c ON c.path @> ARRAY[r.category_id] JOIN product_category pc ON pc.category_id = c.id JOIN touched p ON p.id = pc.product_id
  UNION ALL
  SELECT r.assortment_id, p.id, r.includes, NULL FROM rule r JOIN touched p ON p.id = r.product_id
  UNION ALL
  SELECT r.assortment_id, p.id, r.includes, v.id FROM rule r JOIN variant v ON v.id = r.variant_id JOIN touched p ON p.id = v.product_id
), decided AS (
  SELECT assortment_id, product_id,
         bool_or(includes) FILTER (WHERE variant_id IS NULL) IS TRUE AS whole,
         coalesce(array_agg(variant_id) FILTER (WHERE variant_id IS NOT NULL AND includes), '{}') AS some,
         coalesce(array_agg(variant_id) FILTER (WHERE variant_id IS NOT NULL AND NOT includes), '{}') AS without
    FROM hit GROUP BY assortment_id, product_id
  HAVING bool_or(NOT includes) FILTER (WHERE variant_id IS NULL) IS NOT TRUE AND bool_or(includes)
), shown AS (
  SELECT d.assortment_id, d.product_id, array_agg(v.id ORDER BY v.position, v.id) FILTER (WHERE is_shown) AS ids,
         CASE WHEN NOT bool_and(is_shown) THEN string_agg(is_shown::int::text, '' ORDER BY v.position, v.id)::varbit END AS bits
    FROM decided d JOIN variant v ON v.product_id = d.product_id AND v.is_active
         CROSS JOIN LATERAL (SELECT (d.whole OR v.id = ANY (d.some)) AND v.id <> ALL (d.without) AS is_shown) s
   GROUP BY d.assortment_id, d.product_id
), wanted AS (
  SELECT s.assortment_id, s.product_id, p.name, CASE WHEN bits IS NOT NULL THEN ids END AS variant_ids, bits AS variant_bits
    FROM shown s JOIN touched p ON p.id = s.product_id WHERE ids IS NOT NULL
), gone AS (
  DELETE FROM assortment_product a
   WHERE ($1::bigint[] IS NULL OR a.product_id = ANY ($1)) AND ($2::bigint[] IS NULL OR a.assortment_id = ANY ($2))
     AND NOT EXISTS (SELECT FROM wanted w WHERE w.assortment_id = a.assortment_id AND w.product_id = a.product_id)
)
INSERT INTO assortment_product AS a (assortment_id, product_id, name, variant_ids, variant_bits)
SELECT assortment_id, product_id, name, variant_ids, variant_bits FROM wanted
ON CONFLICT (product_id, assortment_id) DO UPDATE SET name = excluded.name, variant_ids = excluded.variant_ids, variant_bits = excluded.variant_bits
 WHERE (a.name, a.variant_ids, a.variant_bits) IS DISTINCT FROM (excluded.name, excluded.variant_ids, excluded.variant_bits)
"""


async def hold_rules() -> None:
    """Keeps rules and tree as they are, until the transaction ends; others may hold them too."""
    await execute("SELECT pg_advisory_xact_lock_shared($1)", _LOCK)


async def lock_products(product_ids: Collection[int]) -> None:
    """Locks products whose visibility is about to change, against one another and against changes of rules."""
    await hold_rules()
    await execute("SELECT FROM product WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", sorted(product_ids))


async def lock_rules() -> None:
    """Waits for changes of products that are under way and holds off others, until the transaction ends."""
    await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def refresh_products(product_ids: Collection[int]) -> None:
    """After a change of these products or their variants, in every assortment. Call `lock_products` before the change."""
    if product_ids:
        await execute(_DERIVE, sorted(product_ids), None)
        await facets.refresh_products(product_ids)
        await search.refresh_products(product_ids)


async def refresh_assortments(assortment_ids: Collection[int]) -> None:
    """After a change of these assortments' rules. Call `lock_rules` before the change."""
    if assortment_ids:
        await execute(_DERIVE, None, sorted(assortment_ids))
        await search.refresh_assortments(assortment_ids)


async def refresh_everything() -> None:
    """After a change of the category tree. Call `lock_rules` before the change."""
    await execute(_DERIVE, None, None)
    await search.refresh_assortments(None)
    await facets.refresh_categories()
