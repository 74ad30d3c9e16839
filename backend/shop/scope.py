"""What reaches a viewer: the one place that decides which products and variants exist for her and which price lists count.

Every door (list, grid, search, filters, counts, cart, quick order, reorder) goes through the conditions made here. A scope is loaded once
per request, in one statement, and never kept for another.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from backend.companies.passwords import token_hash
from backend.companies.queries import VIEWER, read_viewer
from backend.core import clock
from backend.core.database import any_of, fetch_row, unseen
from backend.core.viewer import BUYER_ROLES, Permission, Viewer
from backend.pricing.rules import PriceSource, Strategy, ViewerList, list_order

# Of a viewer `v`: the assortments that reach her and whether they are assigned to her or everybody's; the price lists, each with the way by
# which it reaches her (a place in _SOURCES) and its days. Each is looked up by what reaches her: how many others there are costs nothing.
_REACH = """
(SELECT json_agg(json_build_array(x.assortment_id, x.assigned)) FROM (
    SELECT id AS assortment_id, FALSE AS assigned FROM assortment WHERE is_default
    UNION ALL SELECT assortment_id, TRUE FROM assortment_assignment WHERE location_id = v.location_id
    UNION ALL SELECT assortment_id, TRUE FROM assortment_assignment WHERE company_id = v.company_id
    UNION ALL SELECT assortment_id, TRUE FROM assortment_assignment WHERE group_id = ANY(v.group_ids)) x) AS assortments,
(SELECT json_agg(json_build_array(l.id, l.name, x.way, l.priority, l.is_contract, l.is_default, l.mergeable, l.valid_from, l.valid_to)
                 ORDER BY l.id, x.way)
 FROM (SELECT id AS price_list_id, 3 AS way FROM price_list WHERE is_default
       UNION ALL SELECT price_list_id, 0 FROM price_list_assignment WHERE location_id = v.location_id
       UNION ALL SELECT price_list_id, 1 FROM price_list_assignment WHERE company_id = v.company_id
       UNION ALL SELECT price_list_id, 2 FROM price_list_assignment WHERE group_id = ANY(v.group_ids)) x
 JOIN price_list l ON l.id = x.price_list_id WHERE l.is_active AND l.currency = v.currency) AS lists"""
_SOURCES = (
    PriceSource.LOCATION_PRICE_LIST,
    PriceSource.COMPANY_PRICE_LIST,
    PriceSource.GROUP_PRICE_LIST,
    PriceSource.DEFAULT_PRICE_LIST,
)
_SCOPE = f"""
SELECT {_REACH} FROM (SELECT $1::bigint AS company_id, $2::bigint AS location_id, $3::bigint[] AS group_ids, $4::text AS currency) v
"""
_BUYERS = ", ".join(f"'{role}'" for role in sorted(BUYER_ROLES))
_VIEWER = f"""
WITH viewer AS MATERIALIZED ({VIEWER})
SELECT v.*, r.assortments, r.lists FROM viewer v LEFT JOIN LATERAL (SELECT {_REACH}) r ON v.role IN ({_BUYERS})
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


async def viewer_for_token(token: str) -> Viewer:
    """Who holds this token and, of a buyer, what reaches her: by one statement. Anonymous when the token is of no use.

    Staff may change what reaches whom, and see it in the same request: theirs is looked up when it is asked for.
    """
    row = await fetch_row(_VIEWER, token_hash(token), clock.now())
    if row is None:
        return Viewer()
    viewer = read_viewer(row)
    if viewer.is_buyer:
        viewer.memo[_REACHING] = row
    return viewer


async def scope_of(viewer: Viewer, on: date | None = None) -> Scope:
    """The viewer's scope on a day of the seller's; looked up once per request. Raises NotSignedIn or Forbidden."""
    viewer.require(Permission.BROWSE)
    day = on or clock.today(viewer.timezone)
    found: Scope | None = viewer.memo.get(day)
    if found is None:
        found = viewer.memo[day] = _scope(viewer, await _reaching(viewer), day)
    return found


_REACHING = "reaching"


async def _reaching(viewer: Viewer) -> Any:
    if _REACHING not in viewer.memo:
        values = (viewer.company_id, viewer.location_id, list(viewer.group_ids), viewer.currency)
        viewer.memo[_REACHING] = await fetch_row(_SCOPE, *values)
    return viewer.memo[_REACHING]


def _scope(viewer: Viewer, reaching: Any, day: date) -> Scope:
    assortments = orjson.loads(reaching["assortments"] or "[]")
    assigned = dict.fromkeys(key for key, is_assigned in assortments if is_assigned) or dict.fromkeys(key for key, _ in assortments)
    lists: dict[int, ViewerList] = {}
    today = day.isoformat()
    for key, name, way, priority, is_contract, is_default, mergeable, first, last in orjson.loads(reaching["lists"] or "[]"):
        if key not in lists and (first is None or first <= today) and (last is None or last >= today):
            source = PriceSource.CONTRACT if is_contract else _SOURCES[way]
            lists[key] = ViewerList(key, name, source, priority, is_contract, is_default, mergeable)
    return Scope(None if viewer.sees_everything else list(assigned), list_order(list(lists.values())), day)


def strategy_of(viewer: Viewer) -> Strategy:
    return Strategy(viewer.price_strategy)


def product_visible(parameter: int, alias: str = "p") -> str:
    """SQL: this product exists for the viewer. `$parameter` is `scope.assortments`, null for everything."""
    return (
        f"({alias}.is_active AND ({unseen(parameter)} IS NULL OR EXISTS (SELECT 1 FROM assortment_product ap"
        f" WHERE ap.product_id = {alias}.id AND ap.assortment_id = {any_of(parameter)})))"
    )


def whole_of(parameter: int, alias: str = "p") -> str:
    """SQL to put behind `FROM product p`: `whole` says whether the viewer may see all variants of it, and is null where she may see none."""
    return (
        f"CROSS JOIN LATERAL (SELECT CASE WHEN {unseen(parameter)} IS NULL THEN TRUE ELSE (SELECT bool_or(ap.variant_ids IS NULL)"
        f" FROM assortment_product ap WHERE ap.product_id = {alias}.id AND ap.assortment_id = {any_of(parameter)}) END AS whole OFFSET 0) AS reached"
    )


def variant_shown(parameter: int, alias: str = "v") -> str:
    """SQL: an assortment that shows a part of this variant's product shows this variant."""
    return (
        f"EXISTS (SELECT 1 FROM assortment_product ap WHERE ap.product_id = {alias}.product_id AND ap.assortment_id = {any_of(parameter)}"
        f" AND {alias}.id = ANY(ap.variant_ids))"
    )


def variant_visible(parameter: int, alias: str = "v", product: str = "p") -> str:
    """SQL: this variant exists for the viewer; `product` is its product's alias."""
    return (
        f"({alias}.is_active AND {product}.is_active AND ({unseen(parameter)} IS NULL OR EXISTS (SELECT 1 FROM assortment_product ap"
        f" WHERE ap.product_id = {alias}.product_id AND ap.assortment_id = {any_of(parameter)}"
        f" AND (ap.variant_ids IS NULL OR {alias}.id = ANY(ap.variant_ids)))))"
    )
