"""The dry run: what rows would do to a cart, answered row by row like the real thing, with nothing written."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from backend.carts.actions import OutcomeView, check_rows, outcome_views, require_shopping, stored_lines, surroundings
from backend.carts.lines import Plan, Row, SetMode, StoredLine, plan_lines
from backend.carts.queries import cart_view, find_cart_row, load_facts
from backend.carts.views import CartView
from backend.core.database import fetch_row
from backend.core.errors import NotFound
from backend.core.viewer import Viewer
from backend.shop.views import VariantView

_EMPTY_CART = """
SELECT 0::bigint AS id, '' AS name, TRUE AS is_open, 0 AS version, NULL::bigint AS ship_to_id, NULL::text[] AS codes, NULL::text AS shipping_method,
       k.id AS company_id, k.on_hold
FROM company_location l JOIN company k ON k.id = l.company_id WHERE l.id = $1
"""


async def preview_lines(
    viewer: Viewer, rows: Sequence[Row], *, cart: int | None = None, mode: SetMode = SetMode.SET
) -> list[OutcomeView]:
    """What `set_cart_lines` would answer now. Raises NotFound for a cart that is not the viewer's."""
    plan, shown, variants = await planned(viewer, rows, cart=cart, mode=mode)
    return outcome_views(rows, plan, variants, shown)


async def planned(
    viewer: Viewer, rows: Sequence[Row], *, cart: int | None, mode: SetMode
) -> tuple[Plan, CartView, dict[int, VariantView]]:
    """The plan, the cart as it would be, and the variants that were looked at."""
    require_shopping(viewer)
    check_rows(rows)
    row = await find_cart_row(viewer, cart)
    if row is None and cart is not None:
        raise NotFound("There is no such cart.")
    stored = await stored_lines(row["id"]) if row else []
    row = row or await fetch_row(_EMPTY_CART, viewer.location_id)
    assert row is not None
    around = await surroundings(viewer, rows, (line.variant for line in stored), row["ship_to_id"])
    plan = plan_lines(rows, stored, around, mode)
    variants = dict(around.variants)
    lines = [_as_row(row["id"], line, variants) for line in plan.lines_after(stored)]
    facts = await load_facts(viewer, row, variants=variants, line_rows=lines)
    return plan, cart_view(viewer, facts), variants


def _as_row(cart: int, line: StoredLine, variants: dict[int, VariantView]) -> dict[str, Any]:
    """A line that is not stored, with the columns of one that is."""
    variant = variants.get(line.variant)
    values = asdict(line)
    return {
        **values,
        "id": line.key,
        "cart_id": cart,
        "variant_id": line.variant,
        "pack_code": line.pack,
        "ship_to_id": line.ship_to,
        "sku": variant.sku if variant else "",
        "name": variant.name if variant else "",
    }
