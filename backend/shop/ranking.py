"""The orders of a list that no index gives: by sales and by price. Either asks one statement about the matching products, and nothing else."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from backend.core.database import fetch, fetch_value
from backend.core.viewer import Viewer
from backend.pricing.rules import Offer, ViewerList, breaks_of, price_at
from backend.shop.arguments import Arguments
from backend.shop.matching import Matching
from backend.shop.scope import Scope, strategy_of, variant_shown, whole_of

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


# Of the matching products the variants that she may see, and what her lists ask for the least quantity of each: breaks above it decide nothing.
# Variants of a product of which the same lists speak, from the same quantities on, are one row with the least amount in each place: a strategy
# only ever picks amounts, so the least price of these variants is the price of these amounts, and the price function is asked once for all.
_LEAST = """
seen AS MATERIALIZED (
    SELECT v.id, v.product_id, v.minimum FROM found p {whole}
    CROSS JOIN LATERAL (SELECT * FROM variant v WHERE v.product_id = p.id AND v.is_active AND (reached.whole OR {shown}) OFFSET 0) v
), offer AS (
    SELECT DISTINCT ON (s.product_id, s.id, rank) s.product_id, s.id, s.minimum, array_position({lists}::bigint[], x.price_list_id) AS rank,
           x.quantities, x.amounts_e4
    FROM price x JOIN seen s ON s.id = x.variant_id
    WHERE x.variant_id = ANY(ARRAY(SELECT id FROM seen)) AND x.price_list_id = ANY({lists})
      AND x.valid_from <= {day} AND (x.valid_to IS NULL OR x.valid_to >= {day})
    ORDER BY s.product_id, s.id, rank, x.valid_from DESC
), slot AS (
    SELECT o.product_id, o.id, o.minimum, o.rank, coalesce(more.quantity, o.quantities[1]) AS quantity,
           coalesce(more.amount, o.amounts_e4[1]) AS amount
    FROM offer o LEFT JOIN LATERAL (
        SELECT u.quantity, u.amount FROM unnest(o.quantities, o.amounts_e4) AS u(quantity, amount)
        WHERE o.quantities[2] <= o.minimum AND u.quantity <= o.minimum OFFSET 0) more ON TRUE
), alike AS (
    SELECT *, array_agg(ARRAY[rank, quantity]) OVER (
        PARTITION BY product_id, id ORDER BY rank, quantity ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS slots
    FROM slot
), least AS (
    SELECT product_id, minimum, slots, rank, quantity, min(amount) AS amount FROM alike GROUP BY product_id, minimum, slots, rank, quantity
), priced AS (
    SELECT product_id, minimum, slots, array_agg(amount ORDER BY rank, quantity) AS amounts FROM least GROUP BY product_id, minimum, slots
)
SELECT p.id, o.minimum, o.slots, o.amounts FROM found p LEFT JOIN priced o ON o.product_id = p.id ORDER BY p.name, p.id"""


async def by_price(viewer: Viewer, scope: Scope, found: Matching, *, descending: bool) -> list[int]:
    """By the price that is shown: the lowest of any variant that she may see, at minimum quantity; products on request come last."""
    arguments = Arguments(*found.arguments.values)
    lists, day = arguments.add(scope.list_keys), arguments.add(scope.on)
    least = _LEAST.format(whole=whole_of(1), shown=variant_shown(1), lists=lists, day=day)
    rows = await fetch(f"WITH found AS MATERIALIZED (SELECT p.id, p.name {found.products()}), {least}", *arguments.values)
    strategy = strategy_of(viewer)
    prices: dict[int, int | None] = {}
    for product, minimum, slots, amounts in rows:
        price = price_at(breaks_of(_offers(scope.lists, slots, amounts), strategy), minimum) if slots else None
        lowest = prices.setdefault(product, None)
        if price is not None and (lowest is None or price.amount_e4 < lowest):
            prices[product] = price.amount_e4
    priced = [(price, product) for product, price in prices.items() if price is not None]
    priced.sort(key=itemgetter(0), reverse=descending)
    return [product for _, product in priced] + [product for product, price in prices.items() if price is None]


def _offers(lists: Sequence[ViewerList], slots: Sequence[Sequence[int]], amounts: Sequence[int]) -> list[Offer]:
    """From slots of rank and quantity, the first list's first."""
    offers: list[Offer] = []
    for rank, group in groupby(zip(slots, amounts, strict=True), key=lambda one: one[0][0]):
        of_list = list(group)
        offers.append(Offer(lists[rank - 1], [slot[1] for slot, _ in of_list], [amount for _, amount in of_list]))
    return offers
