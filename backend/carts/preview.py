"""The dry run: what rows would do to a cart, answered row by row like the real thing, with nothing written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backend.carts.actions import OutcomeView, check_rows, outcome_views, require_shopping, surroundings
from backend.carts.lines import Plan, Row, SetMode, plan_lines
from backend.carts.queries import CartNeeds, assess_cart, cart_views
from backend.carts.stored import find_cart, no_cart
from backend.carts.views import CartView
from backend.core.errors import NotFound
from backend.core.viewer import Viewer
from backend.shop.queries import TO_ORDER, Needs
from backend.shop.views import VariantView


async def preview_lines(
    viewer: Viewer, rows: Sequence[Row], *, cart: int | None = None, mode: SetMode = SetMode.SET, needs: Needs = TO_ORDER
) -> list[OutcomeView]:
    """What `set_cart_lines` would answer now. Raises NotFound for a cart that is not the viewer's."""
    plan, shown, variants = await planned(viewer, rows, cart=cart, mode=mode, needs=needs)
    return outcome_views(rows, plan, variants, shown)


async def planned(
    viewer: Viewer,
    rows: Sequence[Row],
    *,
    cart: int | None,
    mode: SetMode,
    needs: Needs = TO_ORDER,
    known: Mapping[int, VariantView] | None = None,
) -> tuple[Plan, CartView, dict[int, VariantView]]:
    """The plan, the cart as it would be, and the variants that were looked at. `known`: as in `set_cart_lines`."""
    require_shopping(viewer)
    check_rows(rows)
    wanted = CartNeeds(places=False, products=needs)
    named = [row.ship_to for row in rows if isinstance(row.ship_to, int)]
    stored = await find_cart(viewer, cart, ship_tos=named)
    if stored is None and cart is not None:
        raise NotFound("There is no such cart.")
    stored = stored or await no_cart(viewer, ship_tos=named)
    around = await surroundings(viewer, rows, stored, wanted, known)
    plan = plan_lines(rows, stored.lines, around, mode)
    after = replace(stored, lines=plan.lines_after(stored.lines))
    shown, *_ = await cart_views(viewer, [assess_cart(viewer, after, around.variants)], wanted)
    return plan, shown, dict(around.variants)
