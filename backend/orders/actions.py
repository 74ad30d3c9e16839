"""The moves of an order after it was placed: confirm and cancel, each through the one writer `_move`."""

from typing import Any

from backend.companies.credit import give_back_credit, lock_credit
from backend.core import clock
from backend.core.database import execute, fetch_row, retried, transaction
from backend.core.errors import Forbidden, InvalidInput, NotFound, Why
from backend.core.events import record
from backend.core.money import Money
from backend.core.viewer import Permission, Viewer
from backend.inventory.reservations import release_stock
from backend.orders.errors import OrderMoved
from backend.orders.events import OrderCancelled, OrderConfirmed
from backend.orders.queries import find_order, visible_orders
from backend.orders.rules import BUYER_MAY_CANCEL, CALLED_OFF, HOLDS_CREDIT, OrderEventKind, OrderStatus, may_move
from backend.orders.sales import take_back
from backend.orders.views import OrderView

MAX_REASON = 500


@retried
async def confirm_order(viewer: Viewer, order: int) -> OrderView:
    """The seller says yes. Raises NotFound, OrderMoved."""
    viewer.require(Permission.MANAGE_ORDERS)
    async with transaction():
        row = await _lock_order(viewer, order)
        await _move(viewer, row, OrderStatus.CONFIRMED, OrderEventKind.CONFIRMED, f"Confirmed by {viewer.name}.")
        await record(OrderConfirmed(order))
        return await _shown(viewer, order)


@retried
async def cancel_order(viewer: Viewer, order: int, reason: str) -> OrderView:
    """Gives back stock and credit. Buyers may until the seller has taken it up, the seller until something has shipped.

    Raises NotFound, InvalidInput, OrderMoved.
    """
    viewer.require(Permission.SEE_ORDERS)
    if not (viewer.may(Permission.SHOP) or viewer.may(Permission.MANAGE_ORDERS)):
        raise Forbidden
    text = " ".join(reason.split())
    if not text:
        raise InvalidInput(Why.REQUIRED(f"The reason must not be empty. Give one of at most {MAX_REASON} characters."), ["reason"])
    if len(text) > MAX_REASON or not text.isprintable():
        why = Why.TOO_LONG if len(text) > MAX_REASON else Why.NOT_PRINTABLE
        raise InvalidInput(why(f"The reason has at most {MAX_REASON} printable characters. Shorten it."), ["reason"])
    async with transaction():
        row = await _lock_order(viewer, order)
        status = OrderStatus(row["status"])
        if status is OrderStatus.CANCELLED:
            raise OrderMoved(order, f"Order {row['number']} is cancelled already.")
        if status not in BUYER_MAY_CANCEL and not viewer.may(Permission.MANAGE_ORDERS):
            raise OrderMoved(order, f"Order {row['number']} is being worked on and can no longer be cancelled here. Speak to us.")
        if await fetch_row("SELECT 1 FROM order_line WHERE order_id = $1 AND shipped > 0 LIMIT 1", order):
            raise OrderMoved(order, f"Part of order {row['number']} has shipped: what has shipped is returned, not cancelled.")
        await _move(viewer, row, OrderStatus.CANCELLED, OrderEventKind.CANCELLED, f"Cancelled by {viewer.name}: {text}")
        await execute("UPDATE order_line SET cancelled = quantity, backordered = 0 WHERE order_id = $1", order)
        await release_stock(order)
        await record(OrderCancelled(order, text))
        return await _shown(viewer, order)


async def _lock_order(viewer: Viewer, order: int) -> Any:
    """Credit first, then the order: the house's order of locks."""
    visible, values = visible_orders(viewer)
    row = await fetch_row(f"SELECT o.company_id, o.currency FROM customer_order o WHERE {visible} AND o.id = $5", *values, order)
    if row is None:
        raise NotFound("There is no such order.")
    await lock_credit(row["company_id"], row["currency"])
    return await fetch_row(
        "SELECT id, number, status, company_id, currency, credit_minor FROM customer_order WHERE id = $1 FOR UPDATE", order
    )


async def _move(viewer: Viewer, row: Any, then: OrderStatus, kind: OrderEventKind, message: str) -> None:
    """The one writer of an order's status; what no longer holds credit gives it back, what is called off is no longer sold."""
    now = OrderStatus(row["status"])
    if not may_move(now, then):
        raise OrderMoved(row["id"], f"Order {row['number']} is {now.replace('_', ' ').lower()}: that is no longer possible.")
    if then not in HOLDS_CREDIT and row["credit_minor"]:
        await give_back_credit(row["company_id"], Money(row["credit_minor"], row["currency"]))
    held = row["credit_minor"] if then in HOLDS_CREDIT else 0
    await execute("UPDATE customer_order SET status = $2, credit_minor = $3 WHERE id = $1", row["id"], then, held)
    if then in CALLED_OFF:
        await take_back(row["id"])
    await execute(
        "INSERT INTO order_event (order_id, at, kind, message, by_id) VALUES ($1, $2, $3, $4, $5)",
        row["id"], clock.now(), kind, message[:500], viewer.user_id,
    )  # fmt: skip


async def _shown(viewer: Viewer, order: int) -> OrderView:
    found = await find_order(viewer, key=order)
    if found is None:
        raise NotFound("There is no such order.")
    return found
