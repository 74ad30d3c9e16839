"""Facets with exact counts and the total of a list, in one statement that reads each matching variant once."""

from collections.abc import Sequence
from typing import Any

from backend.core.database import fetch
from backend.core.ids import global_id
from backend.shop.arguments import Arguments
from backend.shop.matching import IN_STOCK, Matching
from backend.shop.views import FacetValueView, FacetView

_NAMES = {"BRAND": "Brand", "CATEGORY": "Category", "AVAILABILITY": "Availability"}
_ID_KINDS = {"BRAND": "brand", "CATEGORY": "category"}
_RANK = ("BRAND", "CATEGORY", "OPTION", "AVAILABILITY")


async def count_facets(found: Matching) -> tuple[list[FacetView], int]:
    """Brands, categories, each option and availability with the number of products behind every value; and the total."""
    arguments = Arguments(*found.arguments.values)
    own = [f"(o.name = {arguments.add(name)} OR m.by_option_{index})" for index, name in enumerate(found.options)]
    options = [f"by_option_{index}" for index in range(len(found.options))]
    statement = f"""{found.flagged()}
    SELECT 'TOTAL' AS kind, '' AS name, '' AS value, '' AS label, count(*)::int AS count, 0::bigint AS rank
    FROM (SELECT DISTINCT product_id FROM m WHERE {found.flags_but()}) q
    UNION ALL
    SELECT 'BRAND', '', b.id::text, b.name, count(*)::int, 0
    FROM (SELECT DISTINCT product_id, brand_id FROM m WHERE {found.flags_but("by_brand")}) q JOIN brand b ON b.id = q.brand_id GROUP BY b.id
    UNION ALL
    SELECT 'CATEGORY', '', k.id::text, k.name, count(DISTINCT q.product_id)::int, 0
    FROM (SELECT DISTINCT product_id FROM m WHERE {found.flags_but("by_category")}) q JOIN product_category x ON x.product_id = q.product_id
    JOIN category leaf ON leaf.id = x.category_id JOIN category k ON k.id = ANY(leaf.path) GROUP BY k.id
    UNION ALL
    SELECT 'OPTION', name, value, value, count(*)::int, (avg(position) * 1000)::bigint
    FROM (SELECT m.product_id, o.name, o.value, min(m.position) AS position
          FROM m, LATERAL unnest(m.option_names, m.option_values) AS o(name, value)
          WHERE {" AND ".join([found.flags_but(*options), *own])} AND o.name IS NOT NULL AND o.value IS NOT NULL
          GROUP BY m.product_id, o.name, o.value) q GROUP BY name, value
    UNION ALL
    SELECT 'AVAILABILITY', '', 'true', 'In stock', count(*)::int, 0
    FROM (SELECT DISTINCT v.product_id FROM m v WHERE {found.flags_but("by_stock")} AND {IN_STOCK}) q
    """
    rows = await fetch(statement, *arguments.values)
    return _grouped([row for row in rows if row["kind"] != "TOTAL"]), next(row["count"] for row in rows if row["kind"] == "TOTAL")


def _grouped(rows: Sequence[Any]) -> list[FacetView]:
    facets: dict[tuple[str, str], list[tuple[Any, FacetValueView]]] = {}
    for row in rows:
        if row["count"] == 0:
            continue
        kind = row["kind"]
        value = global_id(_ID_KINDS[kind], int(row["value"])) if kind in _ID_KINDS else row["value"]
        order = row["rank"] if kind == "OPTION" else row["label"].casefold()
        facets.setdefault((kind, row["name"]), []).append((order, FacetValueView(value, row["label"], row["count"])))
    return [
        FacetView(kind, name or _NAMES[kind], [value for _, value in sorted(values, key=lambda pair: (pair[0], pair[1].label))])
        for (kind, name), values in sorted(facets.items(), key=_prominence)
    ]


def _prominence(facet: tuple[tuple[str, str], list[tuple[Any, FacetValueView]]]) -> tuple[int, int, str]:
    """In the order of kinds; the options that the most products have first."""
    (kind, name), values = facet
    return _RANK.index(kind), -sum(value.count for _, value in values), name
