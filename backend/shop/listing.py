"""The list of products: filters, search, sorting, pages and facets, all inside the viewer's assortment.

A filter is OR within a field and AND between fields, all met by one variant. A facet's counts ignore the facet's own filter.
"""

from dataclasses import dataclass, field
from datetime import datetime

from backend.core.database import fetch
from backend.core.viewer import Viewer
from backend.graphql.pagination import Connection, Keyset, Page, PageInfo, SortKey, encode_cursor, page_of, slice_connection
from backend.shop.facets import count_facets
from backend.shop.matching import Matching, ProductFilter, matching
from backend.shop.queries import Needs, load_products
from backend.shop.ranking import by_price, by_sales
from backend.shop.scope import Scope, scope_of
from backend.shop.search import TextMatch, match_text
from backend.shop.views import FacetView, ProductView

_NAME = Keyset((SortKey("p.name", str), SortKey("p.id", int)))
_NEWEST = Keyset((SortKey("p.created_at", datetime, True), SortKey("p.id", int, True)))


@dataclass(slots=True)
class ProductPage(Connection[ProductView]):
    facets: list[FacetView] = field(default_factory=list)


async def list_products(
    viewer: Viewer,
    page: Page,
    *,
    query: str | None = None,
    chosen: ProductFilter | None = None,
    sort: str | None = None,
    needs: Needs,
    facets: bool,
) -> ProductPage:
    """A page of the products that the viewer may see. `sort`: RELEVANCE NAME NEWEST PRICE_LOW PRICE_HIGH BEST_SELLING."""
    scope = await scope_of(viewer)
    text = await match_text(viewer, query) if query and query.strip() else None
    found = matching(viewer, scope, chosen or ProductFilter(), text)
    by = sort or ("RELEVANCE" if text else "NAME")
    counted, total = await count_facets(found) if facets else ([], None)
    if by in ("NAME", "NEWEST") or (by == "RELEVANCE" and text is None):
        keys, cursors, info, total = await _page_by_index(page, _NEWEST if by == "NEWEST" else _NAME, found, total)
    else:
        ranked = slice_connection(page, await _ranked(viewer, scope, by, text, found), encode_cursor)
        keys, cursors, info, total = ranked.nodes, ranked.cursors, ranked.page_info, ranked.total_count
    products = {product.key: product for product in await load_products(viewer, keys, needs)}
    kept = [(products[key], cursor) for key, cursor in zip(keys, cursors, strict=True) if key in products]
    return ProductPage([product for product, _ in kept], [cursor for _, cursor in kept], info, total, counted)


async def _page_by_index(
    page: Page, order: Keyset, found: Matching, total: int | None
) -> tuple[list[int], list[str], PageInfo, int]:
    """Keyset pages along an index: what is read grows with the page, not with the catalogue. `total`: when it is known already."""
    values = found.arguments.values
    after, more = order.where(page, len(values) + 1)
    rows = await fetch(
        f"""SELECT t.total, q.id, q.name, q.created_at
        FROM ({found.total() if total is None else "SELECT 0 AS total"}) t LEFT JOIN (
            {_shown(page, order, found, after)} ORDER BY {order.order_by(page)} LIMIT {page.limit}) q ON TRUE
        ORDER BY {order.order_by(page).replace("p.", "q.")}""",
        *values,
        *more,
    )
    column = "created_at" if order is _NEWEST else "name"
    shown = [row for row in rows if row["id"] is not None]
    nodes, cursors, info = page_of(page, shown, lambda row: encode_cursor(row[column], row["id"]))
    return [row["id"] for row in nodes], cursors, info, rows[0]["total"] if total is None else total


def _shown(page: Page, order: Keyset, found: Matching, after: str) -> str:
    """SQL of at least a page. By name, and when nothing else decides, each assortment is read in that order, however much others show."""
    if order is not _NAME or not (found.is_plain and found.is_bounded):
        return f"SELECT p.id, p.name, p.created_at {found.products()} AND {after}"
    return f"""SELECT p.id, p.name, NULL::timestamptz AS created_at FROM unnest($1::bigint[]) AS a(key) CROSS JOIN LATERAL (
        SELECT p.id, p.name FROM (SELECT product_id AS id, name FROM assortment_product WHERE assortment_id = a.key) p
        WHERE {after} ORDER BY {order.order_by(page)} LIMIT {page.limit}) p GROUP BY p.id, p.name"""


async def _ranked(viewer: Viewer, scope: Scope, by: str, text: TextMatch | None, found: Matching) -> list[int]:
    """All matching products in an order that no index gives: relevance, price, sales. Linear in the matches."""
    if by in ("PRICE_LOW", "PRICE_HIGH"):
        return await by_price(viewer, scope, found, descending=by == "PRICE_HIGH")
    if by == "BEST_SELLING" or text is None:
        return await by_sales(found)
    if not (found.of_product or found.of_variants):
        return text.products  # nothing else decides
    rows = await fetch(f"SELECT p.id {found.products()}", *found.arguments.values)
    matching_keys = {row["id"] for row in rows}
    return [key for key in text.products if key in matching_keys]
