"""What can be found out about the catalogue by those above: keys by name, and which assortments reach a viewer."""

from collections.abc import Collection

from backend.catalogue.rules import sku_key
from backend.core.database import fetch
from backend.core.gtins import gtin_key
from backend.core.text import clean_name
from backend.core.viewer import Viewer
from backend.graphql.listing import pattern_of

_SHORTEST_NUMBER = 3

# Every assortment that reaches her through company, groups or location; the default one only when none does.
_REACHING = """
WITH reaching AS (
  SELECT DISTINCT assortment_id FROM assortment_assignment WHERE company_id = $1 OR location_id = $2 OR group_id = ANY ($3)
)
SELECT assortment_id FROM reaching UNION ALL SELECT id FROM assortment WHERE is_default AND NOT EXISTS (SELECT FROM reaching)
"""


async def assortment_ids(viewer: Viewer) -> list[int]:
    """The assortments whose union she sees. Staff without a location see everything and are not asked about here."""
    rows = await fetch(_REACHING, viewer.company_id, viewer.location_id, list(viewer.group_ids))
    return [row["assortment_id"] for row in rows]


async def brand_ids(slugs: Collection[str]) -> dict[str, int]:
    return {row["slug"]: row["id"] for row in await fetch("SELECT slug, id FROM brand WHERE slug = ANY ($1)", list(slugs))}


async def category_ids(slugs: Collection[str]) -> dict[str, int]:
    return {row["slug"]: row["id"] for row in await fetch("SELECT slug, id FROM category WHERE slug = ANY ($1)", list(slugs))}


async def product_ids(slugs: Collection[str]) -> dict[str, int]:
    return {row["slug"]: row["id"] for row in await fetch("SELECT slug, id FROM product WHERE slug = ANY ($1)", list(slugs))}


async def variant_ids(skus: Collection[str]) -> dict[str, int]:
    """Keys by exact SKU, whoever may see them: for the seller's own doors."""
    storable = [sku for sku in skus if "\0" not in sku]  # PostgreSQL has no text with a zero byte
    return {row["sku"]: row["id"] for row in await fetch("SELECT sku, id FROM variant WHERE sku = ANY ($1)", storable)}


async def skus_of(variant_ids: Collection[int]) -> dict[int, str]:
    """SKUs by key; a key that does not exist is left out."""
    return {row["id"]: row["sku"] for row in await fetch("SELECT id, sku FROM variant WHERE id = ANY ($1)", list(variant_ids))}


def number_matches(first: int) -> str:
    """SQL: the variant `v` has this number, in whatever form; for `number_arguments`, the first of which is $first."""
    text, key, gtin = (f"${first + at}::text" for at in range(3))
    return f"(v.sku ILIKE {text} OR v.gtin ILIKE {text} OR v.sku_key LIKE {key} OR (v.gtin IS NOT NULL AND lpad(v.gtin, 14, '0') = {gtin}))"


def number_arguments(query: str | None) -> list[str | None]:
    """What a person typed as a pattern, as a part number without dashes, and as a GTIN; null where it cannot be that."""
    text = clean_name(query or "")
    key = sku_key(text)
    return [pattern_of(text), f"%{key}%" if len(key) >= _SHORTEST_NUMBER else None, gtin_key(text)]
