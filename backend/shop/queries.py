"""Loads products and variants as a viewer sees them: a fixed number of statements, whatever the number of products.

What nobody asked for is not loaded: `Needs` says what the selection wants.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from backend.core.database import fetch
from backend.core.money import UnitPrice
from backend.core.viewer import Permission, Viewer
from backend.pricing.rules import Offer, Strategy, breaks_of
from backend.shop.rules import availability_status
from backend.shop.scope import Scope, product_visible, scope_of, strategy_of, variant_visible
from backend.shop.views import (
    AssetView,
    AvailabilityView,
    BrandView,
    CategoryView,
    PackContentView,
    PackView,
    ProductView,
    SelectedOptionView,
    VariantView,
)

_SAFE_BREAK_SCOPE = "coalesce(p.break_scope, (SELECT break_scope FROM seller LIMIT 1), 'VARIANT')"

_PRODUCTS = f"""
SELECT p.id, p.slug, p.name, p.description, p.description_html, p.minimum_quantity, p.option_names, p.option_values, p.tax_class,
       p.created_at, {_SAFE_BREAK_SCOPE} AS break_scope, b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug
FROM product p JOIN brand b ON b.id = p.brand_id
WHERE p.id = ANY($1) AND {product_visible(2)}
"""

_VARIANT = """
SELECT v.id, v.product_id, v.sku, v.gtin, v.name, v.option_values, v.commodity_code, v.cost_e4, v.price_group, v.minimum, v.maximum,
       v.increment, v.sells_without_stock, c.sku AS customer_sku
"""
_OF_PRODUCTS = f"""
FROM variant v JOIN product p ON p.id = v.product_id
LEFT JOIN customer_sku c ON c.variant_id = v.id AND c.company_id = $3
WHERE v.product_id = ANY($1) AND {variant_visible(2)} AND ($4::bigint[] IS NULL OR v.id = ANY($4))
"""
_VARIANTS = f"{_VARIANT} {_OF_PRODUCTS} ORDER BY v.product_id, v.position, v.id"

# With what can be had of them, and the first delivery that is still to come.
_STOCKED_VARIANTS = f"""
WITH seen AS MATERIALIZED ({_VARIANT}, v.position {_OF_PRODUCTS}), keys AS (SELECT array_agg(id) AS ids FROM seen)
SELECT v.*, s.available, a.expected_on, a.expected FROM seen v
LEFT JOIN (SELECT variant_id, sum(on_hand - reserved)::int AS available FROM stock
           WHERE variant_id = ANY((SELECT ids FROM keys)::bigint[]) GROUP BY variant_id) s ON s.variant_id = v.id
LEFT JOIN (SELECT DISTINCT ON (variant_id) variant_id, expected_on, sum(quantity)::int AS expected FROM arrival
           WHERE variant_id = ANY((SELECT ids FROM keys)::bigint[]) AND expected_on >= $5
           GROUP BY variant_id, expected_on ORDER BY variant_id, expected_on) a ON a.variant_id = v.id
ORDER BY v.product_id, v.position, v.id
"""

# In the order in which the viewer's lists are looked at.
_PRICES = """
SELECT DISTINCT ON (variant_id, rank) variant_id, array_position($2::bigint[], price_list_id) AS rank, quantities, amounts_e4
FROM price
WHERE variant_id = ANY($1) AND price_list_id = ANY($2) AND valid_from <= $3 AND (valid_to IS NULL OR valid_to >= $3)
ORDER BY variant_id, rank, valid_from DESC
"""

_ASSETS = """
SELECT id, product_id, kind, url, thumbnail_url, alt, width, height FROM asset WHERE product_id = ANY($1) ORDER BY product_id, position, id
"""

_PLACED = """
SELECT pc.product_id, pc.category_id, c.path FROM product_category pc JOIN category c ON c.id = pc.category_id
WHERE pc.product_id = ANY($1) ORDER BY pc.product_id, pc.position, c.path
"""

# The categories of products and those above them, each with the products that stand in it, and at which place.
_CATEGORIES = """
WITH placed AS MATERIALIZED (
    SELECT pc.product_id, pc.category_id, row_number() OVER (PARTITION BY pc.product_id ORDER BY pc.position, c.path) AS place, c.path
    FROM product_category pc JOIN category c ON c.id = pc.category_id WHERE pc.product_id = ANY($1))
SELECT k.id, k.name, k.slug, k.parent_id, k.path,
       ARRAY(SELECT product_id FROM placed WHERE category_id = k.id) AS products, ARRAY(SELECT place FROM placed WHERE category_id = k.id) AS places
FROM category k WHERE k.id IN (SELECT unnest(path) FROM placed) ORDER BY k.position, k.name, k.id
"""

# Packs have a code, and what a prepack holds a SKU.
_PACKS = """
SELECT variant_id, code, name, kind, units, NULL AS sku, NULL::text[] AS option_names, NULL::text[] AS option_values,
       units AS place, 0::bigint AS key FROM pack WHERE variant_id = ANY($1)
UNION ALL
SELECT c.variant_id, NULL, NULL, NULL, c.quantity, v.sku, p.option_names, v.option_values, v.position, v.id
FROM pack_content c JOIN variant v ON v.id = c.component_id JOIN product p ON p.id = v.product_id WHERE c.variant_id = ANY($1)
ORDER BY variant_id, place, key, code
"""

_IN_CART = """
SELECT l.variant_id,
       coalesce(sum(l.quantity) FILTER (WHERE bare), 0)::int AS here, coalesce(sum(l.quantity) FILTER (WHERE NOT bare), 0)::int AS otherwise
FROM cart c JOIN cart_line l ON l.cart_id = c.id,
LATERAL (SELECT l.pack_code IS NULL AND l.requested_ship_date IS NULL AND l.cancel_date IS NULL AND l.ship_to_id IS NULL AS bare) b
WHERE c.user_id = $1 AND c.location_id = $2 AND CASE WHEN $3::bigint IS NULL THEN c.is_open ELSE c.id = $3 END
GROUP BY l.variant_id
"""


@dataclass(frozen=True, slots=True)
class Needs:
    """Which facts beside the products and variants themselves are wanted."""

    prices: bool = False
    stock: bool = False
    assets: bool = False
    categories: bool = False
    category_tree: bool = False  # the categories' visible children too
    packs: bool = False
    cart: bool = False
    cart_key: int | None = None


EVERYTHING = Needs(prices=True, stock=True, assets=True, categories=True, packs=True, cart=True)
TO_ORDER = Needs(prices=True, stock=True, packs=True)


async def load_products(
    viewer: Viewer, keys: Sequence[int], needs: Needs, variants: Sequence[int] | None = None
) -> list[ProductView]:
    """The visible ones among these products, in the order asked for, each with its visible variants (`variants`: only these)."""
    scope = await scope_of(viewer)
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return []
    rows = {row["id"]: row for row in await fetch(_PRODUCTS, wanted, scope.assortments)}
    products = {key: _product(rows[key], viewer) for key in wanted if key in rows}
    loaded = await _load_variants(viewer, scope, products, rows, variants, needs)
    products = {key: product for key, product in products.items() if product.variants}
    await _fill(viewer, scope, products, loaded, needs)
    return list(products.values())


async def load_variants(viewer: Viewer, keys: Iterable[int], needs: Needs = TO_ORDER) -> dict[int, VariantView]:
    """The visible ones among these variants by key, each with its product, which then holds only these variants."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    products = await load_products(viewer, await owners_of(wanted), needs, wanted)
    return {variant.key: variant for product in products for variant in product.variants}


async def owners_of(variants: Sequence[int]) -> list[int]:
    """The products of these variants, visible or not: `load_products` decides."""
    return [row["product_id"] for row in await fetch("SELECT DISTINCT product_id FROM variant WHERE id = ANY($1)", list(variants))]


async def owners_of_asset(key: int) -> list[int]:
    return [row["product_id"] for row in await fetch("SELECT product_id FROM asset WHERE id = $1", key)]


def _product(row: Any, viewer: Viewer) -> ProductView:
    order = row["option_values"]
    return ProductView(
        row["id"], row["slug"], row["name"], row["description"], row["description_html"],
        BrandView(row["brand_id"], row["brand_name"], row["brand_slug"]), row["minimum_quantity"],
        row["option_names"], _json(order), row["tax_class"], viewer.currency, row["created_at"],
    )  # fmt: skip


def _json(value: Any) -> list[list[str]]:
    return orjson.loads(value) if isinstance(value, str) else value or []


async def _load_variants(
    viewer: Viewer, scope: Scope, products: dict[int, ProductView], rows: dict[int, Any], only: Sequence[int] | None, needs: Needs
) -> dict[int, VariantView]:
    values = (list(products), scope.assortments, viewer.company_id, None if only is None else list(only))
    found = await (fetch(_STOCKED_VARIANTS, *values, scope.on) if needs.stock else fetch(_VARIANTS, *values))
    shows_cost = viewer.may(Permission.SEE_COST)
    loaded = {}
    for row in found:
        product = products[row["product_id"]]
        cost = row["cost_e4"] if shows_cost else None
        variant = VariantView(
            row["id"], row["sku"], row["gtin"], row["customer_sku"], row["name"], tuple(row["option_values"]), row["commodity_code"],
            row["minimum"], row["maximum"], row["increment"], row["sells_without_stock"],
            _break_group(rows[row["product_id"]]["break_scope"], row),
            None if cost is None else UnitPrice(cost, viewer.base_currency), product, viewer.currency,
        )  # fmt: skip
        if needs.stock:
            _stock(variant, row, viewer)
        product.variants.append(variant)
        loaded[variant.key] = variant
    return loaded


def _break_group(scope: str, row: Any) -> str:
    """Variants with equal groups count together towards a break."""
    if scope == "PRODUCT":
        return f"product.{row['product_id']}"
    if scope == "GROUP" and row["price_group"]:
        return f"group.{row['price_group']}"
    return f"variant.{row['id']}"


async def _fill(
    viewer: Viewer, scope: Scope, products: dict[int, ProductView], variants: dict[int, VariantView], needs: Needs
) -> None:
    if needs.prices:
        await _fill_prices(scope, variants, strategy_of(viewer))
    if needs.packs:
        await _fill_packs(variants)
    if needs.assets:
        for row in await fetch(_ASSETS, list(products)):
            products[row["product_id"]].assets.append(
                AssetView(row["id"], row["kind"], row["url"], row["thumbnail_url"], row["alt"], row["width"], row["height"])
            )
    if needs.categories:
        await _fill_categories(viewer, products, needs)
    if needs.cart and viewer.location_id is not None:
        await _fill_cart(viewer, products, variants, needs.cart_key)


async def offers_of(scope: Scope, keys: Sequence[int], on: date) -> dict[int, list[Offer]]:
    """What the viewer's lists ask for these variants on a day, in the order in which the lists are looked at."""
    offers: dict[int, list[Offer]] = {}
    lists = scope.lists
    for key, rank, quantities, amounts in await fetch(_PRICES, list(keys), scope.list_keys, on):
        offers.setdefault(key, []).append(Offer(lists[rank - 1], quantities, amounts))
    return offers


async def _fill_prices(scope: Scope, variants: dict[int, VariantView], strategy: Strategy) -> None:
    offers = await offers_of(scope, list(variants), scope.on)
    for key, found in offers.items():
        variant = variants[key]
        variant.breaks = breaks_of(found, strategy)
        default = [offer for offer in found if offer.price_list.is_default]
        variant.list_breaks = breaks_of(default, strategy) if len(default) < len(found) else variant.breaks


def _stock(variant: VariantView, row: Any, viewer: Viewer) -> None:
    """What a buyer sees of it never exceeds the seller's display cap."""
    available: int = row["available"] or 0
    cap, expected_on, expected = viewer.stock_display_cap, row["expected_on"], row["expected"]
    status = availability_status(
        available, low_at=viewer.low_stock_at, sells_without_stock=variant.sells_without_stock, next_arrival=expected_on
    )
    variant.available = available
    variant.availability = AvailabilityView(
        status,
        available if available < cap else cap,
        available > cap,
        expected_on,
        expected if expected is None or expected < cap else cap,
    )


async def _fill_packs(variants: dict[int, VariantView]) -> None:
    for row in await fetch(_PACKS, list(variants)):
        variant = variants[row["variant_id"]]
        if row["sku"] is None:
            variant.packs.append(PackView(row["code"], row["name"], row["kind"], row["units"]))
        else:
            options = [
                SelectedOptionView(name, value) for name, value in zip(row["option_names"], row["option_values"], strict=False)
            ]
            variant.contents.append(PackContentView(row["sku"], options, row["units"]))


async def _fill_categories(viewer: Viewer, products: dict[int, ProductView], needs: Needs) -> None:
    if needs.category_tree:
        tree = {category.key: category for category in await categories(viewer)}
        for row in await fetch(_PLACED, list(products)):
            products[row["product_id"]].categories.append(tree[row["category_id"]])
        return
    rows = await fetch(_CATEGORIES, list(products))
    tree = _linked(rows)
    placed = sorted(
        (place, product, row["id"]) for row in rows for product, place in zip(row["products"], row["places"], strict=True)
    )
    for _, product, category in placed:
        products[product].categories.append(tree[category])


async def category_tree(keys: Iterable[int]) -> dict[int, CategoryView]:
    """These categories by key, linked to their parents and children as far as those are among them."""
    rows = await fetch(
        "SELECT id, name, slug, parent_id, path, position FROM category WHERE id = ANY($1) ORDER BY position, name, id", list(keys)
    )
    return _linked(rows)


def _linked(rows: Sequence[Any]) -> dict[int, CategoryView]:
    tree = {row["id"]: CategoryView(row["id"], row["name"], row["slug"], row["path"]) for row in rows}
    for row in rows:
        parent = tree.get(row["parent_id"])
        if parent is not None:
            tree[row["id"]].parent = parent
            parent.children.append(tree[row["id"]])
    return tree


async def _fill_cart(
    viewer: Viewer, products: dict[int, ProductView], variants: dict[int, VariantView], cart_key: int | None
) -> None:
    for row in await fetch(_IN_CART, viewer.user_id, viewer.location_id, cart_key):
        variant = variants.get(row["variant_id"])
        if variant is not None:
            variant.product.in_cart[variant.key] = (row["here"], row["otherwise"])


async def categories(viewer: Viewer) -> list[CategoryView]:
    """The categories that hold a product visible to the viewer, and those above them; parents before children, siblings in order."""
    scope = await scope_of(viewer)
    rows = await fetch(
        f"""SELECT DISTINCT unnest(c.path) AS id FROM category c
        WHERE EXISTS (SELECT 1 FROM product_category pc JOIN product p ON p.id = pc.product_id
                      WHERE pc.category_id = c.id AND {product_visible(1)})""",
        scope.assortments,
    )
    tree = await category_tree(row["id"] for row in rows)
    roots = [category for category in tree.values() if category.parent is None]
    return [found for root in roots for found in _walk(root)]


def _walk(category: CategoryView) -> list[CategoryView]:
    return [category, *(found for child in category.children for found in _walk(child))]


async def brands(viewer: Viewer) -> list[BrandView]:
    """The brands of products visible to the viewer, by name."""
    scope = await scope_of(viewer)
    rows = await fetch(
        f"""SELECT b.id, b.name, b.slug FROM brand b
        WHERE EXISTS (SELECT 1 FROM product p WHERE p.brand_id = b.id AND {product_visible(1)}) ORDER BY b.name, b.id""",
        scope.assortments,
    )
    return [BrandView(row["id"], row["name"], row["slug"]) for row in rows]


async def find_product_key(viewer: Viewer, *, slug: str | None = None, sku: str | None = None) -> int | None:
    """The product with this slug, or the one that has a visible variant with this SKU."""
    scope = await scope_of(viewer)
    if slug is not None:
        rows = await fetch("SELECT id FROM product WHERE slug = $1", slug)
    else:
        rows = await fetch(
            f"SELECT p.id FROM variant v JOIN product p ON p.id = v.product_id WHERE v.sku = $2 AND {variant_visible(1)}",
            scope.assortments,
            sku,
        )
    return rows[0]["id"] if rows else None
