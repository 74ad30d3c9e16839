"""Ordering the same again: what can be added is, and every line says what happened and why. `preview_reorder` says it before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from backend.carts.actions import require_shopping, set_cart_lines
from backend.carts.lines import Row, SetMode
from backend.carts.preview import planned
from backend.carts.queries import EVERYTHING as WHOLE_CART
from backend.carts.queries import CartNeeds
from backend.carts.views import CartView
from backend.core.database import fetch
from backend.core.errors import NotFound
from backend.core.faults import KEEP
from backend.core.money import UnitPrice
from backend.core.viewer import Viewer
from backend.orders.queries import find_order
from backend.orders.views import OrderLineView, OrderView
from backend.shop.queries import TO_ORDER, Needs, load_variants
from backend.shop.rules import step_of, valid_quantity_at_least, valid_quantity_at_most
from backend.shop.views import VariantView


class ReorderOutcome(StrEnum):
    """The first that applies."""

    DISCONTINUED = "DISCONTINUED"
    OUT_OF_ASSORTMENT = "OUT_OF_ASSORTMENT"
    PRICE_ON_REQUEST = "PRICE_ON_REQUEST"
    REPLACED = "REPLACED"
    ADJUSTED_TO_RULE = "ADJUSTED_TO_RULE"
    SHORT_STOCK = "SHORT_STOCK"
    PRICE_CHANGED = "PRICE_CHANGED"
    ADDED = "ADDED"


@dataclass(slots=True)
class ReorderLineView:
    """`quantity`: what is added, 0 when nothing can be. `unit_price`: the price that the cart then has."""

    order_line: OrderLineView
    outcome: ReorderOutcome
    message: str
    variant: VariantView | None
    quantity: int
    previous_unit_price: UnitPrice
    unit_price: UnitPrice | None = None


@dataclass(slots=True)
class ReorderPreviewView:
    lines: list[ReorderLineView]


@dataclass(slots=True)
class ReorderDoneView:
    cart: CartView
    lines: list[ReorderLineView]


async def preview_reorder(viewer: Viewer, order: int, needs: Needs = TO_ORDER) -> ReorderPreviewView:
    """What `reorder` would add to the open cart now; `needs`: what is shown of the variants. Raises NotFound."""
    require_shopping(viewer)
    lines, visible = await _wishes(viewer, await _found(viewer, order), needs)
    _, cart, _ = await planned(viewer, _rows(lines), cart=None, mode=SetMode.ADD, known=visible)
    return ReorderPreviewView(_with_prices(lines, cart))


async def reorder(
    viewer: Viewer, order: int, *, cart: int | None = None, mode: SetMode = SetMode.ADD, needs: CartNeeds = WHOLE_CART
) -> ReorderDoneView:
    """Puts what can be had of an order into a cart. Raises NotFound."""
    require_shopping(viewer)
    lines, visible = await _wishes(viewer, await _found(viewer, order), needs.products)
    done = await set_cart_lines(viewer, _rows(lines), cart=cart, mode=mode, needs=needs, known=visible)
    return ReorderDoneView(done.cart, _with_prices(lines, done.cart))


async def _found(viewer: Viewer, order: int) -> OrderView:
    found = await find_order(viewer, key=order, wanted=frozenset({"lines"}))
    if found is None:
        raise NotFound("There is no such order.")
    return found


def _rows(lines: Sequence[ReorderLineView]) -> list[Row]:
    """Lines of the same variant and pack come together by themselves."""
    rows = []
    for line in lines:
        if line.variant is not None and line.quantity:
            code = line.order_line.pack_code
            rows.append(Row(line.quantity, variant=line.variant.key, pack=code if line.variant.pack(code) else KEEP))
    return rows


async def _wishes(viewer: Viewer, order: OrderView, needs: Needs) -> tuple[list[ReorderLineView], dict[int, VariantView]]:
    """Each line with what can be had of it now, and the variants; stock that an earlier line takes is gone for a later one."""
    keys = [line.variant_key for line in order.lines if line.variant_key]
    stored = {row["id"]: row for row in await fetch("SELECT id, is_active, replaced_by_id FROM variant WHERE id = ANY($1)", keys)}
    replacements = [row["replaced_by_id"] for row in stored.values() if row["replaced_by_id"]]
    visible = await load_variants(viewer, [*keys, *replacements], replace(needs, prices=True, stock=True, packs=True))
    for line in order.lines:
        line.variant = visible.get(line.variant_key) if line.variant_key else None
    room = {key: _Room(variant.available, variant.maximum, variant.minimum) for key, variant in visible.items()}
    return [_wish(line, stored.get(line.variant_key), visible, room, viewer.stock_display_cap) for line in order.lines], visible


@dataclass(slots=True)
class _Room:
    """What the lines before leave of one item: stock, pieces up to its maximum, pieces still missing to its minimum."""

    stock: int
    most: int | None
    least: int

    def take(self, quantity: int) -> None:
        self.stock -= quantity
        self.most = None if self.most is None else self.most - quantity
        self.least = max(self.least - quantity, 1)


def _wish(line: OrderLineView, stored: Any, visible: dict[int, VariantView], room: dict[int, _Room], cap: int) -> ReorderLineView:
    variant = visible.get(line.variant_key or 0)
    replaced = False
    if variant is None and stored is not None and not stored["is_active"]:
        variant = visible.get(stored["replaced_by_id"] or 0)
        replaced = variant is not None
    if variant is None:
        gone = stored is None or not stored["is_active"]
        return _nothing(line, ReorderOutcome.DISCONTINUED if gone else ReorderOutcome.OUT_OF_ASSORTMENT, None)
    if not variant.breaks:
        return _nothing(line, ReorderOutcome.PRICE_ON_REQUEST, variant)
    return _something(line, variant, room[variant.key], cap, replaced=replaced)


_NOTHING = {
    ReorderOutcome.DISCONTINUED: "{sku} is no longer made, and there is no replacement.",
    ReorderOutcome.OUT_OF_ASSORTMENT: "{sku} is not in your catalogue any more.",
    ReorderOutcome.PRICE_ON_REQUEST: "The price of {sku} is on request now: ask for a quote.",
}


def _nothing(line: OrderLineView, outcome: ReorderOutcome, variant: VariantView | None) -> ReorderLineView:
    return ReorderLineView(line, outcome, _NOTHING[outcome].format(sku=line.sku), variant, 0, line.unit_price)


def _something(line: OrderLineView, variant: VariantView, room: _Room, cap: int, *, replaced: bool) -> ReorderLineView:
    pack = variant.pack(line.pack_code)
    step = step_of(variant.increment, pack.units if pack else None)
    wanted = valid_quantity_at_least(line.quantity, room.least, step)
    if room.most is not None and wanted > room.most:
        wanted = valid_quantity_at_most(room.most, room.least, step) or 0
    there = wanted if variant.sells_without_stock else max(room.stock, 0)
    # Whoever asks for more than there is learns no more than the display cap tells everybody.
    quantity = wanted if wanted <= there else valid_quantity_at_most(min(there, cap), room.least, step) or 0
    room.take(quantity)
    outcome, message = _told(line, variant, wanted, quantity, replaced=replaced)
    return ReorderLineView(line, outcome, message, variant, quantity, line.unit_price)


def _told(line: OrderLineView, variant: VariantView, wanted: int, quantity: int, *, replaced: bool) -> tuple[ReorderOutcome, str]:
    short = f" Only {quantity} can be had now." if 0 < quantity < wanted else "" if quantity else " None can be had now."
    if replaced:
        return ReorderOutcome.REPLACED, f"{line.sku} was replaced by {variant.sku}.{short}"
    if wanted != line.quantity:
        return ReorderOutcome.ADJUSTED_TO_RULE, f"{variant.sku} is now ordered as {wanted} instead of {line.quantity}.{short}"
    if quantity < wanted:
        return (
            ReorderOutcome.SHORT_STOCK,
            f"{quantity} of {wanted} can be had now." if quantity else f"{variant.sku} is out of stock.",
        )
    return ReorderOutcome.ADDED, f"{quantity} of {variant.sku}."


def _with_prices(lines: list[ReorderLineView], cart: CartView) -> list[ReorderLineView]:
    """The prices that the cart has; a line that is merely dearer or cheaper says so."""
    prices = {line.variant.key: line.unit_price for line in cart.lines if line.variant is not None}
    for line in lines:
        line.unit_price = (
            prices.get(line.variant.key) if line.variant and line.quantity else line.variant.unit_price if line.variant else None
        )
        if line.outcome is ReorderOutcome.ADDED and line.unit_price is not None and line.unit_price != line.previous_unit_price:
            line.outcome = ReorderOutcome.PRICE_CHANGED
            line.message = f"Now {line.unit_price.amount} {line.unit_price.currency}, before {line.previous_unit_price.amount}."
    return lines
