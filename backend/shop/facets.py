"""Facets with exact counts and the total of a list, in one statement that reads one row of each product that the viewer may see.

Products are counted in groups: all that have the same brand, the same categories, the same option values; what a group's values are is looked at
once for the group. Only where not every variant counts (she sees some, or a filter asks for variants) each product's values are looked at.
"""

from collections.abc import Sequence
from typing import Any

from backend.core.database import fetch
from backend.core.ids import global_id
from backend.shop.matching import Matching, any_of
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
        FROM (SELECT *, {_is_stocked(found)} AS is_stocked FROM m) m
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
    """A row for each product that she may see: whether it meets the filters of products, and as bits which variants meet those of variants."""
    flags = [f"{sql} AS {name}" for name, sql in {**found.of_product, **found.of_variants}.items()]
    columns = [
        "f.brand_id",
        "f.category_ids",
        "f.option_ids",
        "f.option_ranks",
        "f.option_bits",
        "f.stock_bits",
        f"{found.seen()} AS seen",
    ]
    return f"SELECT {', '.join([*columns, *flags])} {found.facts()}"


def _is_stocked(found: Matching) -> str:
    """Whether a variant that meets all but the filter of stock is in stock."""
    if found.of_variants:
        return any_of([*_bits(found, but="in_stock"), "stock_bits"])
    return any_of(["coalesce(seen & stock_bits, stock_bits)" if found.is_bounded else "stock_bits"])


def _counts(found: Matching) -> str:
    """How many products of a group meet every filter, and every one but the group's own."""
    one = [any_of(_bits(found))] if found.of_variants else []
    counts = {
        "matching": [*found.of_product, *one],
        "but_brand": [*(name for name in found.of_product if name != "by_brand"), *one],
        "but_category": [*(name for name in found.of_product if name != "by_category"), *one],
        "but_stock": [*found.of_product],
    }
    if not found.of_variants:
        counts["whole"] = [*found.of_product, "seen IS NULL"]
    return ", ".join(f"count(*) FILTER (WHERE {' AND '.join(met) or 'TRUE'}) AS {name}" for name, met in counts.items())


def _options(found: Matching) -> str:
    """`id`, `count` and sum of `ranks` of each option's value; an id may come twice."""
    parts = []
    if not found.of_variants:
        parts.append(f"""SELECT x.id, sum(g.whole) AS count, sum(g.whole * x.rank) AS ranks
            FROM g, unnest(g.option_ids, g.option_ranks) AS x(id, rank) WHERE by = {_BY_OPTIONS} AND g.whole > 0 GROUP BY x.id""")
    if found.of_variants or found.is_bounded:
        own = "".join(
            f" WHEN x.id = ANY({values}) THEN {' & '.join(_bits(found, but=name))}" for name, values in found.options.items()
        )
        met = " & ".join(_bits(found))
        bits = f"CASE{own} ELSE {met} END" if own else met
        parts.append(f"""SELECT x.id, count(*) AS count, sum(x.rank) AS ranks
            FROM m, unnest(m.option_ids, m.option_ranks, m.option_bits) AS x(id, rank, bits)
            WHERE {" AND ".join(["m.seen IS NOT NULL", *found.of_product, any_of(["x.bits", f"({bits})"])])} GROUP BY x.id""")
    return " UNION ALL ".join(parts)


def _bits(found: Matching, *, but: str | None = None) -> list[str]:
    """Columns of `m`: what she sees, and what meets each filter of variants."""
    return ["seen", *(name for name in found.of_variants if name != but)]


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
