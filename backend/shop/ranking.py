"""The orders of a list that no index gives: by sales and by price. Either asks one statement about the matching products, and nothing else."""

from backend.core.database import fetch, fetch_value
from backend.core.viewer import Viewer
from backend.pricing.rules import Offer, breaks_of, price_at
from backend.shop.arguments import Arguments
from backend.shop.matching import Matching
from backend.shop.scope import Scope, strategy_of, variant_visible

# Lines of the orders that were placed (1) or called off (-1) and are not counted yet: few, so they are looked up from their orders.
_CHANGES = """
SELECT v.product_id, v.id AS variant_id, l.order_id, c.sign
FROM order_line l JOIN variant v ON v.id = l.variant_id JOIN sales_change c ON c.order_id = l.order_id
WHERE l.order_id = ANY(ARRAY(SELECT order_id FROM sales_change))"""


def _changed(key: str) -> str:
    return f"(SELECT {key}, sum(sign) AS orders FROM (SELECT DISTINCT {key}, order_id, sign FROM change) x GROUP BY {key})"


# Of products of which her assortments together do not show all variants: in how many orders the one is that is ordered most of those they show.
_OF_A_PART = f"""
SELECT s.product_id, max(coalesce((SELECT orders FROM variant_sales v WHERE v.variant_id = s.variant_id), 0) + coalesce(n.orders, 0)) AS orders
FROM (SELECT ap.product_id, ap.variant_bits AS bits, unnest(ap.variant_ids) AS variant_id FROM assortment_product ap
      WHERE ap.assortment_id = ANY($1) AND ap.variant_bits IS NOT NULL AND ap.product_id IN (SELECT id FROM found)
        AND NOT EXISTS (SELECT FROM assortment_product w
                        WHERE w.product_id = ap.product_id AND w.assortment_id = ANY($1) AND w.variant_bits IS NULL)) s
LEFT JOIN {_changed("variant_id")} n ON n.variant_id = s.variant_id
GROUP BY s.product_id HAVING bit_count(bit_or(s.bits)) < length(bit_or(s.bits))"""
_OF_NO_PART = "SELECT NULL::bigint AS product_id, NULL::bigint AS orders WHERE FALSE"


async def by_sales(found: Matching) -> list[int]:
    """Best sellers first: by the number of orders that stand, of anybody at any time, in which a product is; of variants given up since, too.

    What this viewer may not see does not count: of a product of which she sees a part only its most ordered variant that she sees does.
    """
    keys = await fetch_value(
        f"""WITH found AS MATERIALIZED (SELECT p.id, p.name {found.products()}), change AS MATERIALIZED ({_CHANGES}),
        part AS MATERIALIZED ({_OF_A_PART if found.is_bounded else _OF_NO_PART}),
        sold AS (
            SELECT f.id, f.name, CASE WHEN part.product_id IS NOT NULL THEN part.orders
                ELSE coalesce((SELECT orders FROM product_sales s WHERE s.product_id = f.id), 0) + coalesce(n.orders, 0) END AS orders
            FROM found f LEFT JOIN {_changed("product_id")} n ON n.product_id = f.id LEFT JOIN part ON part.product_id = f.id
        )
        SELECT array_agg(id ORDER BY orders DESC, name, id) FROM sold""",
        *found.arguments.values,
    )
    return keys or []


async def by_price(viewer: Viewer, scope: Scope, found: Matching, *, descending: bool) -> list[int]:
    """By the price that is shown: the lowest of any variant that she may see, at minimum quantity; products on request come last."""
    arguments = Arguments(*found.arguments.values)
    lists, day = arguments.add(scope.list_keys), arguments.add(scope.on)
    rows = await fetch(
        f"""SELECT DISTINCT ON (p.name, p.id, v.id, x.price_list_id)
                   p.id, v.id AS variant_id, v.minimum, x.price_list_id, x.quantities, x.amounts_e4
        FROM variant v JOIN product p ON p.id = v.product_id LEFT JOIN price x ON x.variant_id = v.id AND x.price_list_id = ANY({lists})
                AND x.valid_from <= {day} AND (x.valid_to IS NULL OR x.valid_to >= {day})
        WHERE {variant_visible(1)} AND p.id IN (SELECT p.id {found.products()}) ORDER BY p.name, p.id, v.id, x.price_list_id, x.valid_from DESC""",
        *arguments.values,
    )
    by_key = {one.key: (position, one) for position, one in enumerate(scope.lists)}
    variants: dict[int, tuple[int, int, list[tuple[int, Offer]]]] = {}
    products: dict[int, int | None] = {}
    for row in rows:
        products.setdefault(row["id"], None)
        stored = variants.setdefault(row["variant_id"], (row["id"], row["minimum"], []))
        if row["price_list_id"] is not None:
            position, price_list = by_key[row["price_list_id"]]
            stored[2].append((position, Offer(price_list, row["quantities"], row["amounts_e4"])))
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
