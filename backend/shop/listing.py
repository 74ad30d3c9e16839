"""The list of products: filters, search, sorting, pages, and facets whose counts are exact, all inside the viewer's assortment.

A filter is OR within a field and AND between fields, all met by one variant. A facet's counts ignore the facet's own filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.core.database import fetch, fetch_value
from backend.core.ids import global_id
from backend.core.viewer import Viewer
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, encode_cursor, page_of, slice_connection
from backend.pricing.rules import Offer, breaks_of, price_at
from backend.shop.arguments import Arguments
from backend.shop.queries import Needs, load_products
from backend.shop.scope import Scope, scope_of, strategy_of, variant_visible
from backend.shop.search import TextMatch, match_text
from backend.shop.views import FacetValueView, FacetView, ProductView


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Empty lists mean "none of these"; None means no filter."""

    brands: list[int] | None = None
    categories: list[int] | None = None
    options: list[tuple[str, str]] | None = None
    in_stock: bool = False
    previously_ordered: bool = False


@dataclass(slots=True)
class ProductPage(Connection[ProductView]):
    facets: list[FacetView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """One SQL condition per facet, so that each facet can be counted without its own."""

    brand: str
    category: str
    options: dict[str, str]
    stock: str
    always: str

    def all_but(self, *left_out: str) -> str:
        parts = {
            "brand": self.brand,
            "category": self.category,
            "stock": self.stock,
            **{f"option {name}": sql for name, sql in self.options.items()},
        }
        kept = [sql for name, sql in parts.items() if name not in left_out and sql != "TRUE"]
        return " AND ".join([self.always, *kept])


_IN_STOCK = "EXISTS (SELECT 1 FROM stock s WHERE s.variant_id = v.id AND s.on_hand > s.reserved)"


def _conditions(viewer: Viewer, scope: Scope, chosen: ProductFilter, text: TextMatch | None, arguments: Arguments) -> _Conditions:
    visible = variant_visible(int(arguments.add(scope.assortments)[1:]))
    always = [visible]
    if text is not None:
        always.append(f"p.id = ANY({arguments.add(text.products)})")
    if chosen.previously_ordered:
        always.append(
            f"EXISTS (SELECT 1 FROM order_line ol JOIN customer_order o ON o.id = ol.order_id"
            f" WHERE ol.variant_id = v.id AND o.location_id = {arguments.add(viewer.location_id)})"
        )
    return _Conditions(
        brand="TRUE" if chosen.brands is None else f"p.brand_id = ANY({arguments.add(chosen.brands)})",
        category="TRUE" if chosen.categories is None else _category_condition(chosen.categories, arguments),
        options=_option_conditions(chosen.options or [], arguments),
        stock=_IN_STOCK if chosen.in_stock else "TRUE",
        always=" AND ".join(always),
    )


def _category_condition(keys: list[int], arguments: Arguments) -> str:
    return (
        "EXISTS (SELECT 1 FROM product_category pc JOIN category c ON c.id = pc.category_id"
        f" WHERE pc.product_id = p.id AND c.path && {arguments.add(keys)}::bigint[])"
    )


def _option_conditions(options: Sequence[tuple[str, str]], arguments: Arguments) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in options:
        values.setdefault(name, []).append(value)
    return {
        name: f"v.option_values[array_position(p.option_names, {arguments.add(name)}::text)] = ANY({arguments.add(wanted)}::text[])"
        for name, wanted in values.items()
    }


_FROM = "FROM variant v JOIN product p ON p.id = v.product_id"
_NAME = Keyset((SortKey("p.name", str), SortKey("p.id", int)))
_NEWEST = Keyset((SortKey("p.created_at", datetime, True), SortKey("p.id", int, True)))


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
    wanted = chosen or ProductFilter()
    text = await match_text(viewer, query) if query and query.strip() else None
    arguments = Arguments()
    conditions = _conditions(viewer, scope, wanted, text, arguments)
    by = sort or ("RELEVANCE" if text else "NAME")
    if by in ("NAME", "NEWEST") or (by == "RELEVANCE" and text is None):
        connection = await _page_by_index(page, _NEWEST if by == "NEWEST" else _NAME, conditions, arguments)
    else:
        connection = slice_connection(page, await _ranked(viewer, scope, by, text, conditions, arguments), _key_cursor)
    products = {product.key: product for product in await load_products(viewer, connection.nodes, needs)}
    kept = [(products[key], cursor) for key, cursor in zip(connection.nodes, connection.cursors, strict=True) if key in products]
    return ProductPage(
        [product for product, _ in kept], [cursor for _, cursor in kept], connection.page_info, connection.total_count,
        await _facets(scope, wanted, conditions, arguments) if facets else [],
    )  # fmt: skip


def _key_cursor(key: int) -> str:
    return encode_cursor(key)


async def _page_by_index(page: Page, order: Keyset, conditions: _Conditions, arguments: Arguments) -> Connection[int]:
    """Keyset pages along an index; the total is counted in a statement of its own."""
    matching = f"EXISTS (SELECT 1 FROM variant v WHERE v.product_id = p.id AND {conditions.all_but()})"
    where, values = order.where(page, len(arguments.values) + 1)
    rows = await fetch(
        f"SELECT p.id, p.name, p.created_at FROM product p WHERE p.is_active AND {matching} AND {where}"
        f" ORDER BY {order.order_by(page)} LIMIT {page.limit}",
        *arguments.values, *values,
    )  # fmt: skip
    total = await fetch_value(f"SELECT count(*) FROM product p WHERE p.is_active AND {matching}", *arguments.values)
    column = "created_at" if order is _NEWEST else "name"
    nodes, cursors, info = page_of(page, rows, lambda row: encode_cursor(row[column], row["id"]))
    return Connection([row["id"] for row in nodes], cursors, info, total)


async def _ranked(
    viewer: Viewer, scope: Scope, by: str, text: TextMatch | None, conditions: _Conditions, arguments: Arguments
) -> list[int]:
    """All matching products in an order that no index gives: relevance, price, sales. Linear in the matches."""
    if by in ("PRICE_LOW", "PRICE_HIGH"):
        return await _by_price(viewer, scope, conditions, Arguments(*arguments.values), descending=by == "PRICE_HIGH")
    rows = await fetch(
        f"SELECT DISTINCT p.id, p.name {_FROM} WHERE {conditions.all_but()} ORDER BY p.name, p.id", *arguments.values
    )
    keys = [row["id"] for row in rows]
    if by == "RELEVANCE" and text is not None:
        rank = {key: position for position, key in enumerate(text.products)}
        return sorted(keys, key=lambda key: rank[key])
    sold = await fetch(
        """SELECT v.product_id, count(DISTINCT ol.order_id) AS orders FROM order_line ol JOIN variant v ON v.id = ol.variant_id
        WHERE v.product_id = ANY($1) GROUP BY v.product_id""",
        keys,
    )
    orders = {row["product_id"]: row["orders"] for row in sold}
    return sorted(keys, key=lambda key: -orders.get(key, 0))


async def _by_price(viewer: Viewer, scope: Scope, conditions: _Conditions, arguments: Arguments, *, descending: bool) -> list[int]:
    """By the lowest price that the viewer can reach at minimum quantity; products on request come last."""
    lists, day = arguments.add(scope.list_keys), arguments.add(scope.on)
    rows = await fetch(
        f"""SELECT DISTINCT ON (p.name, p.id, v.id, x.price_list_id)
                   p.id, v.id AS variant_id, v.minimum, x.price_list_id, x.quantities, x.amounts_e4
        {_FROM} LEFT JOIN price x ON x.variant_id = v.id AND x.price_list_id = ANY({lists})
                AND x.valid_from <= {day} AND (x.valid_to IS NULL OR x.valid_to >= {day})
        WHERE {conditions.all_but()} ORDER BY p.name, p.id, v.id, x.price_list_id, x.valid_from DESC""",
        *arguments.values,
    )
    by_key = {one.key: (position, one) for position, one in enumerate(scope.lists)}
    variants: dict[int, tuple[int, int, list[tuple[int, Offer]]]] = {}
    products: dict[int, int | None] = {}
    for row in rows:
        products.setdefault(row["id"], None)
        found = variants.setdefault(row["variant_id"], (row["id"], row["minimum"], []))
        if row["price_list_id"] is not None:
            position, price_list = by_key[row["price_list_id"]]
            found[2].append((position, Offer(price_list, row["quantities"], row["amounts_e4"])))
    strategy = strategy_of(viewer)
    for product, minimum, offers in variants.values():
        price = price_at(breaks_of([offer for _, offer in sorted(offers, key=lambda pair: pair[0])], strategy), minimum)
        lowest = products[product]
        if price is not None and (lowest is None or price.amount_e4 < lowest):
            products[product] = price.amount_e4
    priced = sorted(
        (key for key, price in products.items() if price is not None), key=lambda key: products[key] or 0, reverse=descending
    )
    return priced + [key for key, price in products.items() if price is None]


async def _facets(scope: Scope, chosen: ProductFilter, conditions: _Conditions, arguments: Arguments) -> list[FacetView]:
    """Brands, categories, each option and availability with the number of products behind every value, in one statement."""
    option_names = list(conditions.options)
    own = [f"(o.name = {arguments.add(name)} OR {sql})" for name, sql in conditions.options.items()]
    without_options = conditions.all_but(*[f"option {name}" for name in option_names])
    statement = f"""
    SELECT 'BRAND' AS kind, '' AS name, b.id::text AS value, b.name AS label, count(DISTINCT p.id)::int AS count, 0::bigint AS rank
    {_FROM} JOIN brand b ON b.id = p.brand_id WHERE {conditions.all_but("brand")} GROUP BY b.id
    UNION ALL
    SELECT 'CATEGORY', '', k.id::text, k.name, count(DISTINCT p.id)::int, 0
    {_FROM} JOIN product_category x ON x.product_id = p.id JOIN category leaf ON leaf.id = x.category_id JOIN category k ON k.id = ANY(leaf.path)
    WHERE {conditions.all_but("category")} GROUP BY k.id
    UNION ALL
    SELECT 'OPTION', o.name, o.value, o.value, count(DISTINCT p.id)::int, (avg(v.position) * 1000)::bigint
    {_FROM}, LATERAL unnest(p.option_names, v.option_values) AS o(name, value)
    WHERE {" AND ".join([without_options, *own])} AND o.value IS NOT NULL AND o.name IS NOT NULL GROUP BY o.name, o.value
    UNION ALL
    SELECT 'AVAILABILITY', '', 'true', 'In stock', count(DISTINCT p.id)::int, 0
    {_FROM} WHERE {conditions.all_but("stock")} AND {_IN_STOCK}
    """
    return _grouped(await fetch(statement, *arguments.values))


_FACET_NAMES = {"BRAND": "Brand", "CATEGORY": "Category", "AVAILABILITY": "Availability"}
_ID_KINDS = {"BRAND": "brand", "CATEGORY": "category"}


def _grouped(rows: Sequence[Any]) -> list[FacetView]:
    facets: dict[tuple[str, str], list[tuple[Any, FacetValueView]]] = {}
    for row in rows:
        if row["count"] == 0:
            continue
        kind = row["kind"]
        value = global_id(_ID_KINDS[kind], int(row["value"])) if kind in _ID_KINDS else row["value"]
        order = row["rank"] if kind == "OPTION" else row["label"].casefold()
        facets.setdefault((kind, row["name"]), []).append((order, FacetValueView(value, row["label"], row["count"])))
    rank = ("BRAND", "CATEGORY", "OPTION", "AVAILABILITY")
    return [
        FacetView(
            kind, name or _FACET_NAMES[kind], [value for _, value in sorted(values, key=lambda pair: (pair[0], pair[1].label))]
        )
        for (kind, name), values in sorted(
            facets.items(), key=lambda item: (rank.index(item[0][0]), -sum(v.count for _, v in item[1]), item[0][1])
        )
    ]
