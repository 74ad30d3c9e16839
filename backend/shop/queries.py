"""Loads products and variants as a viewer sees them: a fixed number of statements, whatever the number of products.

What nobody asked for is not loaded: `Needs` says what the selection wants.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import orjson

from backend.core.database import any_of, fetch, unseen
from backend.core.money import UnitPrice
from backend.core.viewer import Permission, Viewer
from backend.pricing.rules import NO_BREAKS, Offer, Strategy, breaks_of
from backend.shop.scope import Scope, product_visible, scope_of, strategy_of, variant_shown, variant_visible, whole_of
from backend.shop.views import (
    AssetView,
    BrandView,
    CategoryView,
    PackContentView,
    PackView,
    ProductView,
    SelectedOptionView,
    StockDisplay,
    VariantView,
)

# How products are named: each is a condition over `product p`, $1 is the value and $2 the viewer's assortments.
BY_KEY = f"p.id = {any_of(1)}"
BY_SLUG = "p.slug = $1::text"
BY_SKU = f"EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND v.sku = $1::text AND {variant_visible(2)})"
BY_VARIANT = f"p.id IN (SELECT product_id FROM variant WHERE id = {any_of(1)})"
BY_ASSET = "p.id = (SELECT product_id FROM asset WHERE id = $1::bigint)"

_PRODUCT = """
p.id, p.slug, p.name, p.minimum_quantity, p.option_names, p.option_values, p.tax_class, p.created_at,
coalesce(p.break_scope, (SELECT break_scope FROM seller LIMIT 1), 'VARIANT') AS break_scope, b.id AS brand_id, b.name AS brand_name,
b.slug AS brand_slug, reached.whole"""
_TEXTS = "p.description, p.description_html"
_ASSETS = """
(SELECT json_agg(json_build_array(a.id, a.kind, a.url, a.thumbnail_url, a.alt, a.width, a.height) ORDER BY a.position, a.id)
 FROM asset a WHERE a.product_id = p.id) AS assets"""
_PLACED = """
ARRAY(SELECT pc.category_id FROM product_category pc JOIN category c ON c.id = pc.category_id WHERE pc.product_id = p.id
      ORDER BY pc.position, c.path) AS placed"""
# The categories that the product stands in, and those above them.
_CATEGORIES = """
(SELECT json_agg(json_build_array(k.id, k.name, k.slug, k.path, k.parent_id)) FROM category k WHERE k.id = ANY(ARRAY(
    SELECT unnest(c.path) FROM product_category pc JOIN category c ON c.id = pc.category_id WHERE pc.product_id = p.id))) AS categories"""

_VARIANT = """
v.id, v.product_id, v.sku, v.gtin, v.name, v.option_values, v.commodity_code, v.cost_e4, v.price_group, v.minimum, v.maximum, v.increment,
v.sells_without_stock, c.sku AS customer_sku, v.position"""
_SEEN = "variant_id = ANY((SELECT ids FROM keys)::bigint[])"
# What can be had of variants, and the first delivery that is still to come ($4: today).
_STOCK = f"""
LEFT JOIN (SELECT variant_id, sum(on_hand - reserved)::int AS available FROM stock WHERE {_SEEN} GROUP BY variant_id) s ON s.variant_id = v.id
LEFT JOIN (SELECT DISTINCT ON (variant_id) variant_id, expected_on, sum(quantity)::int AS expected FROM arrival
           WHERE {_SEEN} AND expected_on >= $4::date
           GROUP BY variant_id, expected_on ORDER BY variant_id, expected_on) a ON a.variant_id = v.id"""
_PACKS = f"""
LEFT JOIN (SELECT variant_id, json_agg(json_build_array(code, name, kind, units) ORDER BY units, code) AS packs
           FROM pack WHERE {_SEEN} GROUP BY variant_id) k ON k.variant_id = v.id
LEFT JOIN (SELECT x.variant_id, json_agg(json_build_array(y.sku, q.option_names, y.option_values, x.quantity) ORDER BY y.position, y.id) AS contents
           FROM pack_content x JOIN variant y ON y.id = x.component_id JOIN product q ON q.id = y.product_id
           WHERE x.{_SEEN} GROUP BY x.variant_id) h ON h.variant_id = v.id"""
# Of her open cart, or that with key $8: what the bare line of a variant holds, and its other lines.
_IN_CART = """
LEFT JOIN (SELECT l.variant_id, sum(l.quantity) FILTER (WHERE bare)::int AS here, sum(l.quantity) FILTER (WHERE NOT bare)::int AS otherwise
           FROM cart c JOIN cart_line l ON l.cart_id = c.id,
           LATERAL (SELECT num_nonnulls(l.pack_code, l.requested_ship_date, l.cancel_date, l.ship_to_id) = 0 AS bare) b
           WHERE c.user_id = $6 AND c.location_id = $7 AND CASE WHEN $8::bigint IS NULL THEN c.is_open ELSE c.id = $8 END
           GROUP BY l.variant_id) n ON n.variant_id = v.id"""

# In the order in which the viewer's lists are looked at.
_PRICES = f"""
SELECT DISTINCT ON (variant_id, rank) variant_id, array_position($2::bigint[], price_list_id) AS rank, quantities, amounts_e4
FROM price
WHERE variant_id = {any_of(1)} AND price_list_id = {any_of(2)} AND valid_from <= {unseen(3, "date")}
  AND (valid_to IS NULL OR valid_to >= {unseen(3, "date")})
ORDER BY variant_id, rank, valid_from DESC
"""


_PRICED = frozenset({"unitPrice", "listPrice", "priceBreaks", "priceFrom", "priceStatus"})


@dataclass(frozen=True, slots=True)
class Needs:
    """Which facts beside the products and variants themselves are wanted."""

    prices: bool = False
    stock: bool = False
    texts: bool = False  # descriptions, which may be long
    assets: bool = False
    categories: bool = False
    category_tree: bool = False  # the categories' visible children too
    packs: bool = False
    cart: bool = False
    cart_key: int | None = None
    siblings: bool = False  # of a variant that is reached on its own: what else its product has

    @classmethod
    def of(cls, names: frozenset[str], cart_key: int | None = None) -> "Needs":
        """Which facts a selection with these field names wants."""
        return cls(
            prices=bool(names & _PRICED),
            stock="availability" in names,
            texts=bool(names & {"description", "descriptionHtml"}),
            assets=bool(names & {"image", "assets"}),
            categories="categories" in names,
            category_tree="children" in names,
            packs=bool(names & {"packs", "contents", "grid", "grids", "rows", "prepacks"}),
            cart=bool(names & {"inCart", "inCartOtherwise", "unitsInCart"}),
            cart_key=cart_key,
            siblings=bool(names & {"variants", "values", "priceFrom", "grid", "unitsInCart"}),
        )


EVERYTHING = Needs(prices=True, stock=True, texts=True, assets=True, categories=True, packs=True, cart=True)
TO_ORDER = Needs(prices=True, stock=True, packs=True)


async def load_products(viewer: Viewer, keys: Sequence[int], needs: Needs) -> list[ProductView]:
    """The visible ones among these products, in the order asked for, each with its visible variants."""
    wanted = list(dict.fromkeys(keys))
    found = await _load(viewer, BY_KEY, wanted, needs) if wanted else {}
    return [found[key] for key in wanted if key in found]


async def find_product(viewer: Viewer, by: str, value: Any, needs: Needs) -> ProductView | None:
    """The one product that is named so: `by` is one of the conditions above."""
    found = await _load(viewer, by, value, needs)
    return next(iter(found.values()), None)


async def load_variants(
    viewer: Viewer, keys: Iterable[int], needs: Needs = TO_ORDER, *, products: Iterable[int | None] = (None,)
) -> dict[int, VariantView]:
    """The visible ones among these variants by key, each with its product, which holds only these unless `needs.siblings`.

    `products`: those of all these variants; what is known need not be looked up, and nothing is taken as known when one is None.
    """
    wanted = dict.fromkeys(keys)
    if not wanted:
        return {}
    owners = dict.fromkeys(products)
    by, value = (BY_VARIANT, wanted) if None in owners else (BY_KEY, owners)
    found = await _load(viewer, by, list(value), needs, only=None if needs.siblings else list(wanted))
    return {variant.key: variant for product in found.values() for variant in product.variants if variant.key in wanted}


async def _load(viewer: Viewer, by: str, value: Any, needs: Needs, only: list[int] | None = None) -> dict[int, ProductView]:
    """Products by key with their variants (`only`: those among these): one statement each, and one for prices."""
    scope = await scope_of(viewer)
    rows = await fetch(
        _products_statement(by, needs.texts, needs.assets, needs.categories, needs.category_tree), value, scope.assortments
    )
    if not rows:
        return {}
    products = {row["id"]: _product(row, viewer) for row in rows}
    if _LOADED in viewer.memo:
        viewer.memo[_LOADED].extend(products.values())
    if needs.categories:
        await _fill_categories(viewer, products, rows, needs)
    break_scopes = {row["id"]: row["break_scope"] for row in rows}
    whole = [row["id"] for row in rows if row["whole"]]
    variants = await _load_variants(viewer, scope, products, break_scopes, whole, only, needs)
    if needs.prices and variants:
        await _fill_prices(scope, variants, strategy_of(viewer))
    return {key: product for key, product in products.items() if product.variants}


_LOADED = "loaded"


def hold_loaded(viewer: Viewer) -> None:
    """From here on this viewer keeps what is loaded for her, for `let_go`."""
    viewer.memo[_LOADED] = []


def let_go(viewer: Viewer) -> None:
    """Unties products from their variants, which know each other: what goes in no circle is freed at once.

    Else it waits for the garbage collector, which halts the process for tens of milliseconds once in twenty pages.
    """
    for product in viewer.memo.pop(_LOADED, ()):
        product.variants, product.categories, product.made_grid = [], [], None


@cache
def _products_statement(by: str, texts: bool, assets: bool, categories: bool, tree: bool) -> str:
    columns = [
        _PRODUCT,
        *([_TEXTS] if texts else []),
        *([_ASSETS] if assets else []),
        *([_PLACED] if categories else []),
        *([_CATEGORIES] if categories and not tree else []),
    ]
    return f"""
    SELECT {", ".join(columns)} FROM product p JOIN brand b ON b.id = p.brand_id {whole_of(2)}
    WHERE {by} AND p.is_active AND reached.whole IS NOT NULL ORDER BY p.id"""


@cache
def _variants_statement(stock: bool, packs: bool, cart: bool, *, only: bool, whole: bool) -> str:
    """$1: the keys of products that were found to be visible or, `only`, of variants. What is not asked for is null.

    `whole`: all active variants of these products are visible; else only those of the products in $5, and what an assortment holds of the others.
    The product is not joined: PostgreSQL would rather read the whole catalogue than look up a few.
    """
    seen = "TRUE" if whole else f"(v.product_id = ANY($5) OR {variant_shown(2)})"
    return f"""
    WITH seen AS MATERIALIZED (
        SELECT {_VARIANT} FROM variant v LEFT JOIN customer_sku c ON c.variant_id = v.id AND c.company_id = $3
        WHERE {"v.id" if only else "v.product_id"} = {any_of(1)} AND v.is_active AND {seen}
    ), keys AS (SELECT array_agg(id) AS ids FROM seen)
    SELECT v.*, {"s.available, a.expected_on, a.expected" if stock else "NULL, NULL, NULL"}, {"k.packs, h.contents" if packs else "NULL, NULL"},
           {"n.here, n.otherwise" if cart else "NULL, NULL"}
    FROM seen v {_STOCK if stock else ""} {_PACKS if packs else ""} {_IN_CART if cart else ""}
    WHERE ($2::bigint[], $4::date, $5::bigint[]) IS NOT NULL OR TRUE ORDER BY v.product_id, v.position, v.id"""


def _product(row: Any, viewer: Viewer) -> ProductView:
    product = ProductView(
        row["id"], row["slug"], row["name"], row.get("description", ""), row.get("description_html", ""),
        BrandView(row["brand_id"], row["brand_name"], row["brand_slug"]), row["minimum_quantity"],
        row["option_names"], _json(row["option_values"]), row["tax_class"], viewer.currency, row["created_at"],
    )  # fmt: skip
    product.assets = [AssetView(*asset) for asset in _json(row.get("assets"))]
    return product


def _json(value: str | None) -> list[Any]:
    """What a JSON column holds; nothing when it is null."""
    found: list[Any] = orjson.loads(value) if value else []
    return found


async def _load_variants(
    viewer: Viewer,
    scope: Scope,
    products: dict[int, ProductView],
    break_scopes: dict[int, str],
    whole: list[int],
    only: Sequence[int] | None,
    needs: Needs,
) -> dict[int, VariantView]:
    """The visible variants of these products (`only`: those among these), by key, in order."""
    cart = needs.cart and viewer.location_id is not None
    values = [list(products) if only is None else only, scope.assortments, viewer.company_id, scope.on, whole]
    if cart:
        values += [viewer.user_id, viewer.location_id, needs.cart_key]
    rows = await fetch(
        _variants_statement(needs.stock, needs.packs, cart, only=only is not None, whole=len(whole) == len(products)), *values
    )
    shows_cost = viewer.may(Permission.SEE_COST)
    display = StockDisplay(viewer.stock_display_cap, viewer.low_stock_at) if needs.stock else None
    currency = viewer.currency
    loaded: dict[int, VariantView] = {}
    for (
        key, product_key, sku, gtin, name, option_values, commodity_code, cost, price_group, minimum, maximum, increment, sells_without_stock,
        customer_sku, _, available, expected_on, expected, packs, contents, here, otherwise,
    ) in rows:  # fmt: skip
        product = products.get(product_key)
        if product is None:  # one of `only` whose product she may not see
            continue
        variant = loaded[key] = VariantView(
            key, sku, gtin, customer_sku, name, tuple(option_values), commodity_code, minimum, maximum, increment, sells_without_stock,
            break_group(break_scopes[product_key], key, product_key, price_group),
            UnitPrice(cost, viewer.base_currency) if shows_cost and cost is not None else None, product, currency,
            NO_BREAKS, NO_BREAKS, available or 0, expected_on, expected, display,
        )  # fmt: skip
        if packs or contents:
            _fill_packs(variant, packs, contents)
        if here is not None or otherwise is not None:
            product.in_cart[key] = (here or 0, otherwise or 0)
        product.variants.append(variant)
    return loaded


def break_group(scope: str, variant: int, product: int, price_group: str) -> str:
    """Variants with equal groups count together towards a break."""
    if scope == "PRODUCT":
        return f"product.{product}"
    if scope == "GROUP" and price_group:
        return f"group.{price_group}"
    return f"variant.{variant}"


def _fill_packs(variant: VariantView, packs: str | None, contents: str | None) -> None:
    variant.packs = [PackView(*pack) for pack in _json(packs)]
    variant.contents = [
        PackContentView(sku, [SelectedOptionView(name, value) for name, value in zip(names, values, strict=False)], quantity)
        for sku, names, values, quantity in _json(contents)
    ]


async def offers_of(scope: Scope, keys: Sequence[int], on: date) -> dict[int, list[Offer]]:
    """What the viewer's lists ask for these variants on a day, in the order in which the lists are looked at."""
    offers: dict[int, list[Offer]] = {}
    lists = scope.lists
    for key, rank, quantities, amounts in await fetch(_PRICES, list(keys), scope.list_keys, on):
        offer = Offer(lists[rank - 1], quantities, amounts)
        found = offers.get(key)
        if found is None:
            offers[key] = [offer]
        else:
            found.append(offer)
    return offers


async def _fill_prices(scope: Scope, variants: dict[int, VariantView], strategy: Strategy) -> None:
    offers = await offers_of(scope, list(variants), scope.on)
    for key, found in offers.items():
        variant = variants[key]
        variant.breaks = variant.list_breaks = breaks_of(found, strategy)
        if len(found) > 1 or not found[0].price_list.is_default:
            variant.list_breaks = breaks_of([offer for offer in found if offer.price_list.is_default], strategy)


async def _fill_categories(viewer: Viewer, products: dict[int, ProductView], rows: Sequence[Any], needs: Needs) -> None:
    if needs.category_tree:
        tree = {category.key: category for category in await categories(viewer)}
    else:
        tree = _linked({node[0]: node for row in rows for node in _json(row["categories"])}.values())
    for row in rows:
        products[row["id"]].categories = [tree[key] for key in row["placed"]]


async def category_tree(keys: Iterable[int]) -> dict[int, CategoryView]:
    """These categories by key, linked to their parents and children as far as those are among them."""
    return _linked(
        await fetch(
            "SELECT id, name, slug, path, parent_id FROM category WHERE id = ANY($1) ORDER BY position, name, id", list(keys)
        )
    )


def _linked(nodes: Collection[Any]) -> dict[int, CategoryView]:
    """By key; each node is key, name, slug, path and the parent's key."""
    tree = {key: CategoryView(key, name, slug, path) for key, name, slug, path, _ in nodes}
    for key, _, _, _, above in nodes:
        parent = tree.get(above)
        if parent is not None:
            tree[key].parent = parent
            parent.children.append(tree[key])
    return tree


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
