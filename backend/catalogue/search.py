"""Keeps what products are found by: one row of weighted words per product with the assortments that show it, and the list of all words.

Both are derived in the transaction of the change. Products that nobody can see have no row.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from backend.catalogue.search_rules import ProductText, VariantText, document_of, spelled_words
from backend.core.database import execute, fetch

_AT_ONCE = 500

_PRODUCTS = """
SELECT p.id, p.name, p.description, b.name AS brand,
       ARRAY(SELECT DISTINCT k.name FROM product_category pc JOIN category c ON c.id = pc.category_id JOIN category k ON k.id = ANY (c.path)
             WHERE pc.product_id = p.id) AS categories
FROM product p JOIN brand b ON b.id = p.brand_id WHERE p.id = ANY ($1) AND p.is_active
"""

_VARIANTS = "SELECT product_id, sku, gtin, name, option_values FROM variant WHERE product_id = ANY ($1) AND is_active"

# Of a product `o`: the assortments that show it, and those of them that show a part of it; null where there are none.
_REACH = """
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(a.assortment_id ORDER BY a.assortment_id), '{}') AS assortments,
         array_agg(a.assortment_id ORDER BY a.assortment_id) FILTER (WHERE a.variant_ids IS NOT NULL) AS partly
    FROM assortment_product a WHERE a.product_id = o.product_id) r
"""

_WRITE = f"""
INSERT INTO product_search AS s (product_id, document, assortments, partly)
SELECT o.product_id, document::tsvector, r.assortments, r.partly
FROM unnest($1::bigint[], $2::text[]) AS o(product_id, document) {_REACH} ORDER BY o.product_id
ON CONFLICT (product_id) DO UPDATE SET document = excluded.document, assortments = excluded.assortments, partly = excluded.partly
 WHERE (s.document, s.assortments, s.partly) IS DISTINCT FROM (excluded.document, excluded.assortments, excluded.partly)
"""

# Of what was in one of these assortments, or is; null: of everything.
_REASSIGN = f"""
UPDATE product_search s SET assortments = w.assortments, partly = w.partly
FROM (SELECT o.product_id, r.assortments, r.partly FROM product_search o {_REACH}
      WHERE $1::bigint[] IS NULL OR o.assortments && $1
            OR o.product_id IN (SELECT product_id FROM assortment_product WHERE assortment_id = ANY ($1))) w
WHERE s.product_id = w.product_id AND (s.assortments, s.partly) IS DISTINCT FROM (w.assortments, w.partly)
"""

# In one order, so that two writers never wait for each other in a circle; words that are there already are not touched.
_LEARN = """
INSERT INTO search_word (word) SELECT t.word FROM unnest($1::text[]) AS t(word)
WHERE NOT EXISTS (SELECT FROM search_word w WHERE w.word = t.word) ORDER BY t.word ON CONFLICT DO NOTHING
"""


async def refresh_products(product_ids: Collection[int]) -> None:
    """After a change of these products, their variants, or the names of what they belong to."""
    keys = sorted(product_ids)
    for start in range(0, len(keys), _AT_ONCE):
        await _refresh(keys[start : start + _AT_ONCE])


async def refresh_assortments(assortment_ids: Collection[int] | None) -> None:
    """After a change of what these assortments show, or of what any shows (None)."""
    await execute(_REASSIGN, None if assortment_ids is None else sorted(assortment_ids))


async def refresh_brands(brand_ids: Collection[int]) -> None:
    """After brands were renamed."""
    if brand_ids:
        await refresh_products(await _keys("SELECT id FROM product WHERE brand_id = ANY ($1)", sorted(brand_ids)))


async def refresh_categories(category_ids: Collection[int]) -> None:
    """After categories were renamed or moved: what lies below them is found by their names too."""
    if category_ids:
        await refresh_products(await products_below(category_ids))


async def products_below(category_ids: Collection[int]) -> list[int]:
    """The products of these categories and of those below them."""
    query = (
        "SELECT DISTINCT pc.product_id AS id FROM product_category pc JOIN category c ON c.id = pc.category_id WHERE c.path && $1"
    )
    return await _keys(query, sorted(category_ids))


async def refresh_missing() -> None:
    """What was stored before there was a search, or came in past the actions."""
    await refresh_products(
        await _keys(
            "SELECT p.id FROM product p WHERE p.is_active AND NOT EXISTS (SELECT FROM product_search s WHERE s.product_id = p.id)"
        )
    )


async def _keys(query: str, *args: Any) -> list[int]:
    return [row["id"] for row in await fetch(query, *args)]


async def _refresh(keys: Sequence[int]) -> None:
    products = await _texts(keys)
    if products:
        await execute(_WRITE, list(products), [document_of(product) for product in products.values()])
        await execute(_LEARN, sorted(spelled_words(products.values())))
    await execute("DELETE FROM product_search WHERE product_id = ANY ($1)", [key for key in keys if key not in products])


async def _texts(keys: Sequence[int]) -> dict[int, ProductText]:
    variants: dict[int, list[VariantText]] = defaultdict(list)
    for row in await fetch(_VARIANTS, keys):
        variants[row["product_id"]].append(VariantText(row["sku"], row["gtin"], row["name"], row["option_values"]))
    return {
        row["id"]: ProductText(row["name"], row["brand"], row["categories"], row["description"], variants[row["id"]])
        for row in await fetch(_PRODUCTS, keys)
        if row["id"] in variants
    }
