"""What reaches a viewer: the one place that decides which products and variants exist for her and which price lists count.

Every door (list, grid, search, filters, counts, cart, quick order, reorder) goes through the conditions made here. A scope is loaded once
per request, in one statement, and never kept for another.
"""

from dataclasses import dataclass
from datetime import date

from backend.core import clock
from backend.core.database import fetch
from backend.core.viewer import Permission, Viewer
from backend.pricing.rules import PriceSource, Strategy, ViewerList, list_order

# Assortments (`is_list` false) and price lists that reach the viewer, and whether they are assigned to her or everybody's.
_SCOPE = """
SELECT FALSE AS is_list, a.id, bool_or(x.id IS NOT NULL) AS assigned, '' AS name, 0 AS priority, FALSE AS is_contract,
       FALSE AS is_default, FALSE AS mergeable, FALSE AS by_location, FALSE AS by_company, FALSE AS by_group
FROM assortment a
LEFT JOIN assortment_assignment x ON x.assortment_id = a.id AND (x.company_id = $1 OR x.location_id = $2 OR x.group_id = ANY($3))
WHERE NOT $6 AND (a.is_default OR x.id IS NOT NULL)
GROUP BY a.id
UNION ALL
SELECT TRUE, l.id, TRUE, l.name, l.priority, l.is_contract, l.is_default, l.mergeable,
       bool_or(x.location_id IS NOT NULL), bool_or(x.company_id IS NOT NULL), bool_or(x.group_id IS NOT NULL)
FROM (SELECT id AS price_list_id, NULL::bigint AS location_id, NULL::bigint AS company_id, NULL::bigint AS group_id FROM price_list WHERE is_default
      UNION ALL SELECT price_list_id, location_id, NULL, NULL FROM price_list_assignment WHERE location_id = $2
      UNION ALL SELECT price_list_id, NULL, company_id, NULL FROM price_list_assignment WHERE company_id = $1
      UNION ALL SELECT price_list_id, NULL, NULL, group_id FROM price_list_assignment WHERE group_id = ANY($3)) x
JOIN price_list l ON l.id = x.price_list_id
WHERE l.is_active AND l.currency = $4 AND (l.valid_from IS NULL OR l.valid_from <= $5) AND (l.valid_to IS NULL OR l.valid_to >= $5)
GROUP BY l.id
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """`assortments` None: everything that is active. `lists` in the order in which they are looked at."""

    assortments: list[int] | None
    lists: list[ViewerList]
    on: date

    @property
    def list_keys(self) -> list[int]:
        return [one.key for one in self.lists]


async def scope_of(viewer: Viewer, on: date | None = None) -> Scope:
    """The viewer's scope on a day of the seller's; today's is looked up once per request. Raises NotSignedIn or Forbidden."""
    viewer.require(Permission.BROWSE)
    day = on or clock.today(viewer.timezone)
    name = f"scope {day}"
    if name not in viewer.memo:
        viewer.memo[name] = await _load(viewer, day)
    found: Scope = viewer.memo[name]
    return found


async def _load(viewer: Viewer, day: date) -> Scope:
    groups = list(viewer.group_ids)
    rows = await fetch(_SCOPE, viewer.company_id, viewer.location_id, groups, viewer.currency, day, viewer.sees_everything)
    assortments = [row for row in rows if not row["is_list"]]
    assigned = [row["id"] for row in assortments if row["assigned"]] or [row["id"] for row in assortments]
    lists = list_order([
        ViewerList(row["id"], row["name"], _source(row), row["priority"], row["is_contract"], row["is_default"], row["mergeable"])
        for row in rows
        if row["is_list"]
    ])  # fmt: skip
    return Scope(None if viewer.sees_everything else assigned, lists, day)


def _source(row: dict[str, bool]) -> PriceSource:
    if row["is_contract"]:
        return PriceSource.CONTRACT
    if row["by_location"]:
        return PriceSource.LOCATION_PRICE_LIST
    if row["by_company"]:
        return PriceSource.COMPANY_PRICE_LIST
    return PriceSource.GROUP_PRICE_LIST if row["by_group"] else PriceSource.DEFAULT_PRICE_LIST


def strategy_of(viewer: Viewer) -> Strategy:
    return Strategy(viewer.price_strategy)


def product_visible(parameter: int, alias: str = "p") -> str:
    """SQL: this product exists for the viewer. `$parameter` is `scope.assortments`, null for everything."""
    return (
        f"({alias}.is_active AND (${parameter}::bigint[] IS NULL OR EXISTS (SELECT 1 FROM assortment_product ap"
        f" WHERE ap.product_id = {alias}.id AND ap.assortment_id = ANY(${parameter}))))"
    )


def variant_visible(parameter: int, alias: str = "v", product: str = "p") -> str:
    """SQL: this variant exists for the viewer; `product` is its product's alias."""
    return (
        f"({alias}.is_active AND {product}.is_active AND (${parameter}::bigint[] IS NULL OR EXISTS (SELECT 1 FROM assortment_product ap"
        f" WHERE ap.product_id = {alias}.product_id AND ap.assortment_id = ANY(${parameter})"
        f" AND (ap.variant_ids IS NULL OR {alias}.id = ANY(ap.variant_ids)))))"
    )
