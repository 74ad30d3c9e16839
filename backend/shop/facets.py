"""Facets with exact counts and the total of a list, in one statement that reads one row of each product that the viewer may see.

Products are counted in groups: all that have the same brand, the same categories, the same option values; what a group's values are is looked at
once for the group. Only where not every variant counts (she sees some, or a filter asks for variants) each product's values are looked at.
"""

from collections.abc import Sequence
from typing import Any

from backend.core.database import fetch
from backend.core.ids import global_id
from backend.shop.matching import EVERY_VARIANT, Matching
from backend.shop.views import FacetValueView, FacetView

_NAMES = {"BRAND": "Brand", "CATEGORY": "Category", "AVAILABILITY": "Availability"}
_ID_KINDS = {"BRAND": "brand", "CATEGORY": "category"}
_RANK = ("BRAND", "CATEGORY", "OPTION", "AVAILABILITY")


async def count_facets(found: Matching) -> tuple[list[FacetView], int]:
    """Brands, categories, each option and availability with the number of products behind every value; and the total."""
    rows = await fetch(_statement(found), *found.arguments.values)
    return _grouped([row for row in rows if row["kind"] != "TOTAL"]), next(row["count"] for row in rows if row["kind"] == "TOTAL")


# What GROUPING() says of brand_id, category_ids, option_ids, is_stocked: a bit for each that is not grouped by.
_BY_NOTHING, _BY_BRAND, _BY_CATEGORIES, _BY_OPTIONS, _BY_STOCK = 0b1111, 0b0111, 0b1011, 0b1101, 0b1110


def _statement(found: Matching) -> str:
    return f"""
    WITH m AS {"MATERIALIZED" if _is_read_twice(found) else "NOT MATERIALIZED"} ({_products(found)}),
    g AS MATERIALIZED (
        SELECT GROUPING(brand_id, category_ids, option_ids, is_stocked) AS by, brand_id, category_ids, option_ids, option_ranks, is_stocked,
               {_counts(found)}
        FROM (SELECT *, {_any("stock_bits", _left(found))} AS is_stocked FROM m) m
        GROUP BY GROUPING SETS ((), (brand_id), (category_ids), (option_ids, option_ranks), (is_stocked))
    )
    SELECT 'TOTAL' AS kind, '' AS name, '' AS value, '' AS label, matching::int AS count, 0::bigint AS rank FROM g WHERE by = {_BY_NOTHING}
    UNION ALL
    SELECT 'BRAND', '', b.id::text, b.name, but_brand::int, 0 FROM g JOIN brand b ON b.id = g.brand_id WHERE by = {_BY_BRAND}
    UNION ALL
    SELECT 'CATEGORY', '', k.id::text, k.name, q.count::int, 0
    FROM (SELECT x.id, sum(but_category) AS count FROM g, unnest(category_ids) AS x(id) WHERE by = {_BY_CATEGORIES} GROUP BY x.id) q
    JOIN category k ON k.id = q.id
    UNION ALL
    SELECT 'OPTION', k.name, k.value, k.value, q.count::int, (q.ranks * 1000 / q.count)::bigint
    FROM (SELECT id, sum(count) AS count, sum(ranks) AS ranks FROM ({_options(found)}) o GROUP BY id) q JOIN option_value k ON k.id = q.id
    UNION ALL
    SELECT 'AVAILABILITY', '', 'true', 'In stock', but_stock::int, 0 FROM g WHERE by = {_BY_STOCK} AND is_stocked
    """


def _is_read_twice(found: Matching) -> bool:
    """Filters of variants, and unions of assortments, are worked out once. Else the few products of which she sees a part are found by an index."""
    return bool(found.of_variants) or (found.is_bounded and len(found.scope.assortments or ()) > 1)


def _products(found: Matching) -> str:
    """A row for each product that she may see: whether it meets the filters of products, and as bits which variants meet those of variants.

    `met`: those that she sees and that meet all filters but an option's; null: every variant.
    """
    if found.of_variants:
        others = [sql for name, sql in found.bits().items() if name not in found.options]
        met = f"nullif({' & '.join(others)}, {EVERY_VARIANT}) AS met"
    else:
        met = "a.bits AS met"
    flags = [f"{sql} AS {name}" for name, sql in found.of_product.items()]
    options = [f"{found.of_variants[name]} AS {name}" for name in found.options]
    columns = [
        "f.brand_id",
        "f.category_ids",
        "f.option_ids",
        "f.option_ranks",
        "f.option_bits",
        "f.stock_bits",
        met,
        *flags,
        *options,
    ]
    return f"SELECT {', '.join(columns)} {found.facts()}"


def _left(found: Matching, *, but: str | None = None) -> str:
    """Over `m`, as bits: the variants that meet every filter, but this option's; null may stand for all of them."""
    options = " & ".join(name for name in found.options if name != but)
    return f"coalesce(met & {options}, {options})" if options else "met"


def _any(bits: str, left: str) -> str:
    """Whether one of these variants is among those left."""
    return f"bit_count(coalesce({bits} & {left}, {bits})) > 0"


def _counts(found: Matching) -> str:
    """How many products of a group meet every filter, and every one but the group's own; and of how many every variant does."""
    left = _left(found)
    one = [f"({left} IS NULL OR bit_count({left}) > 0)"] if found.of_variants else []
    counts = {
        "matching": [*found.of_product, *one],
        "but_brand": [*(name for name in found.of_product if name != "by_brand"), *one],
        "but_category": [*(name for name in found.of_product if name != "by_category"), *one],
        "but_stock": [*found.of_product],
        "whole": [*found.of_product, "FALSE" if found.options else "met IS NULL"],
    }
    return ", ".join(f"count(*) FILTER (WHERE {' AND '.join(met) or 'TRUE'}) AS {name}" for name, met in counts.items())


def _options(found: Matching) -> str:
    """`id`, `count` and sum of `ranks` of each option's value, by group and by product; an id may come twice."""
    own = "".join(f" WHEN x.id = ANY({values}) THEN {_left(found, but=name)}" for name, values in found.options.items())
    left = f"(CASE{own} ELSE {_left(found)} END)" if own else "met"
    conditions = [*found.of_product, _any("x.bits", left), "TRUE" if found.options else "met IS NOT NULL"]
    return f"""
        SELECT x.id, sum(g.whole) AS count, sum(g.whole * x.rank) AS ranks
        FROM g, unnest(g.option_ids, g.option_ranks) AS x(id, rank) WHERE by = {_BY_OPTIONS} AND g.whole > 0 GROUP BY x.id
        UNION ALL
        SELECT x.id, count(*), sum(x.rank)
        FROM m, unnest(m.option_ids, m.option_ranks, m.option_bits) AS x(id, rank, bits) WHERE {" AND ".join(conditions)} GROUP BY x.id"""


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
