"""What this location orders again and again."""

from dataclasses import dataclass
from datetime import datetime

from backend.core.database import fetch
from backend.core.errors import BadInput
from backend.core.money import UnitPrice
from backend.core.viewer import Viewer
from backend.graphql.pagination import MAX_SIZE
from backend.orders.queries import visible_orders
from backend.orders.rules import CALLED_OFF
from backend.shop.queries import Needs, load_variants
from backend.shop.scope import scope_of, variant_visible
from backend.shop.views import VariantView

# Only what can be ordered again: visible variants of the location's own orders that were not cancelled.
_FREQUENT = """
SELECT l.variant_id, count(DISTINCT o.id)::int AS times, percentile_disc(0.5) WITHIN GROUP (ORDER BY l.quantity) AS usual,
       max(o.placed_at) AS last_at, (array_agg(l.unit_price_e4 ORDER BY o.placed_at DESC))[1] AS last_e4,
       (array_agg(o.currency ORDER BY o.placed_at DESC))[1] AS currency
FROM customer_order o JOIN order_line l ON l.order_id = o.id JOIN variant v ON v.id = l.variant_id JOIN product p ON p.id = v.product_id
WHERE {visible} AND ($5::bigint IS NULL OR o.location_id = $5) AND o.status <> ALL($8::text[]) AND {reachable}
GROUP BY l.variant_id ORDER BY times DESC, last_at DESC, l.variant_id LIMIT $7
"""


@dataclass(slots=True)
class FrequentItemView:
    """`usual_quantity` is the median of the quantities ordered."""

    variant: VariantView
    times_ordered: int
    usual_quantity: int
    last_ordered_at: datetime
    last_unit_price: UnitPrice


async def frequently_ordered(viewer: Viewer, first: int, needs: Needs) -> list[FrequentItemView]:
    """The variants ordered most often at the viewer's location, most often first."""
    if not 0 <= first <= MAX_SIZE:
        raise BadInput(f"first must lie between 0 and {MAX_SIZE}; it was {first}.")
    visible, values = visible_orders(viewer)
    scope = await scope_of(viewer)
    statement = _FREQUENT.format(visible=visible, reachable=variant_visible(6))
    rows = await fetch(statement, *values, viewer.location_id, scope.assortments, first, sorted(CALLED_OFF))
    variants = await load_variants(viewer, [row["variant_id"] for row in rows], needs)
    return [
        FrequentItemView(
            variants[row["variant_id"]], row["times"], row["usual"], row["last_at"], UnitPrice(row["last_e4"], row["currency"])
        )
        for row in rows
        if row["variant_id"] in variants
    ]
