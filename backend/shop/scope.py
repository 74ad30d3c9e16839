"""What reaches a viewer: the one place that decides which products and variants exist for her and which price lists count.

Every door (list, grid, search, filters, counts, cart, quick order, reorder) goes through the conditions made here. A scope is loaded once
per request, in two statements, and never kept for another.
"""

from dataclasses import dataclass
from datetime import date

from backend.core import clock
from backend.core.database import fetch
from backend.core.viewer import Permission, Viewer
from backend.pricing.rules import PriceSource, Strategy, ViewerList, list_order

_ASSORTMENTS = """
SELECT a.id, bool_or(x.id IS NOT NULL) AS assigned
FROM assortment a
LEFT JOIN assortment_assignment x ON x.assortment_id = a.id AND (x.company_id = $1 OR x.location_id = $2 OR x.group_id = ANY($3))
WHERE a.is_default OR x.id IS NOT NULL
GROUP BY a.id
"""

_PRICE_LISTS = """
SELECT l.id, l.name, l.priority, l.is_contract, l.is_default, l.mergeable,
       bool_or(x.location_id IS NOT NULL) AS by_location, bool_or(x.company_id IS NOT NULL) AS by_company, bool_or(x.group_id IS NOT NULL) AS by_group
FROM price_list l
LEFT JOIN price_list_assignment x ON x.price_list_id = l.id AND (x.company_id = $1 OR x.location_id = $2 OR x.group_id = ANY($3))
WHERE l.is_active AND l.currency = $4 AND (l.is_default OR x.id IS NOT NULL)
  AND (l.valid_from IS NULL OR l.valid_from <= $5) AND (l.valid_to IS NULL OR l.valid_to >= $5)
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
        viewer.memo[name] = Scope(await _assortments(viewer), await _price_lists(viewer, day), day)
    found: Scope = viewer.memo[name]
    return found


async def _assortments(viewer: Viewer) -> list[int] | None:
    if viewer.sees_everything:
        return None
    rows = await fetch(_ASSORTMENTS, viewer.company_id, viewer.location_id, list(viewer.group_ids))
    return [row["id"] for row in rows if row["assigned"]] or [row["id"] for row in rows]


async def _price_lists(viewer: Viewer, day: date) -> list[ViewerList]:
    rows = await fetch(_PRICE_LISTS, viewer.company_id, viewer.location_id, list(viewer.group_ids), viewer.currency, day)
    return list_order([
        ViewerList(row["id"], row["name"], _source(row), row["priority"], row["is_contract"], row["is_default"], row["mergeable"]) for row in rows
    ])  # fmt: skip


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
