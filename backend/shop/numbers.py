"""What a typed number means: SKU, the buyer's own part number or GTIN; exact, then with case, spaces and dashes forgiven.

Paste, scan, CSV, quick order and reorder all ask here. Two hits are for the caller to refuse; what the viewer cannot see is never a hit.
"""

from collections.abc import Iterable

from backend.catalogue.rules import sku_key
from backend.core.database import fetch
from backend.core.gtins import gtin_key
from backend.core.text import clean_code
from backend.core.viewer import Viewer
from backend.shop.scope import scope_of, variant_visible

MAX_NUMBER_LENGTH = 64
MAX_TYPED = 1_000

_HITS = f"""
WITH asked AS (SELECT * FROM unnest($2::text[], $3::text[], $4::text[]) AS a(text, key, gtin)),
hits AS (
    SELECT a.text, v.id, TRUE AS exact FROM asked a JOIN variant v ON v.sku = a.text
    UNION ALL SELECT a.text, v.id, TRUE FROM asked a JOIN variant v ON v.gtin = a.text
    UNION ALL SELECT a.text, c.variant_id, TRUE FROM asked a JOIN customer_sku c ON c.company_id = $5 AND c.sku = a.text
    UNION ALL SELECT a.text, v.id, FALSE FROM asked a JOIN variant v ON v.sku_key = a.key WHERE a.key <> ''
    UNION ALL SELECT a.text, v.id, FALSE FROM asked a
        JOIN variant v ON v.gtin IS NOT NULL AND lpad(v.gtin, 14, '0') = a.gtin WHERE a.gtin <> ''
    UNION ALL SELECT a.text, c.variant_id, FALSE FROM asked a JOIN customer_sku c ON c.company_id = $5 AND c.sku_key = a.key WHERE a.key <> ''
)
SELECT h.text, h.id, bool_or(h.exact) AS exact FROM hits h JOIN variant v ON v.id = h.id JOIN product p ON p.id = v.product_id
WHERE {variant_visible(1)} GROUP BY h.text, h.id ORDER BY h.text, h.id
"""


async def variants_meant(viewer: Viewer, numbers: Iterable[str]) -> dict[str, list[int]]:
    """For each number as typed the visible variants that it means: the exact ones, else the forgiving ones. One statement."""
    scope = await scope_of(viewer)
    asked = list(dict.fromkeys(number for number in numbers if _plausible(number)))
    if not asked:
        return {}
    clean = [clean_code(number) for number in asked]
    keys = [sku_key(number) for number in clean]
    gtins = [gtin_key(number) or "" for number in clean]
    found: dict[str, tuple[list[int], list[int]]] = {}
    for row in await fetch(_HITS, scope.assortments, clean, keys, gtins, viewer.company_id):
        found.setdefault(row["text"], ([], []))[not row["exact"]].append(row["id"])
    return {
        number: exact or forgiving
        for number, text in zip(asked, clean, strict=True)
        for exact, forgiving in [found.get(text, ([], []))]
    }


def _plausible(number: str) -> bool:
    return 0 < len(number) <= MAX_TYPED and 0 < len(clean_code(number)) <= MAX_NUMBER_LENGTH
