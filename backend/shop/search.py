"""Finding products by what a person types: name, number, brand, barcode, own part number."""

from dataclasses import dataclass

from backend.core.database import fetch
from backend.core.viewer import Viewer
from backend.shop.scope import scope_of, variant_visible

MAX_QUERY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Keys of visible products that match, best first."""

    products: list[int]


async def match_text(viewer: Viewer, query: str) -> TextMatch:
    """Products of which every word is in the name, brand, a SKU, GTIN or own part number; exact numbers first."""
    scope = await scope_of(viewer)
    words = query[:MAX_QUERY_LENGTH].casefold().replace("%", "").replace("_", " ").split()
    patterns = [f"%{word}%" for word in words]
    rows = await fetch(
        f"""SELECT p.id, bool_or(lower(v.sku) = $3 OR v.gtin = $3) AS exact FROM variant v JOIN product p ON p.id = v.product_id JOIN brand b ON b.id = p.brand_id
        LEFT JOIN customer_sku c ON c.variant_id = v.id AND c.company_id = $4
        WHERE {variant_visible(1)}
          AND lower(concat_ws(' ', p.name, b.name, v.sku, v.gtin, c.sku, p.description)) LIKE ALL ($2)
        GROUP BY p.id ORDER BY exact DESC, p.name, p.id""",
        scope.assortments, patterns, query.strip().casefold(), viewer.company_id,
    )  # fmt: skip
    return TextMatch([row["id"] for row in rows])
