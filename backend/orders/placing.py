"""Placing a cart: everything is checked, taken and copied in one transaction, one order per ship-to.

Locks in this order: credit of the company, cart, stock by variant and warehouse, number counter. Whatever dies half-way leaves nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson

from backend.carts.actions import lock_cart, require_shopping
from backend.carts.errors import CartHasProblems, TotalChanged
from backend.carts.queries import CartFacts, cart_view, load_facts, load_lines, problem_views
from backend.carts.rules import Part, PaymentMethod, PricedLine, wrong_date
from backend.companies.credit import credit_left, take_credit
from backend.core import clock
from backend.core.database import execute, retried, transaction
from backend.core.errors import InvalidInput
from backend.core.events import record
from backend.core.ids import new_id
from backend.core.money import Money
from backend.core.viewer import Viewer
from backend.inventory.reservations import Take, lock_stock, reserve_stock
from backend.orders.events import OrderPlaced
from backend.orders.numbers import ORDER_SERIES, take_numbers
from backend.orders.queries import EVERYTHING, find_orders
from backend.orders.rules import OrderChannel, OrderStatus
from backend.orders.views import OrderView

MAX_PURCHASE_ORDER_NUMBER = 64
MAX_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Placing:
    """What the buyer says when she orders. `expected_total`: what she agreed to."""

    cart: int | None = None
    expected_version: int | None = None
    purchase_order_number: str | None = None
    requested_ship_date: date | None = None
    cancel_date: date | None = None
    note: str | None = None
    payment_method: PaymentMethod = PaymentMethod.ON_ACCOUNT
    expected_total: Money | None = None


@dataclass(frozen=True, slots=True)
class OrdersPlaced:
    orders: list[OrderView]
    payment_url: str | None = None


@retried
async def place_order(viewer: Viewer, placing: Placing, wanted: frozenset[str] = EVERYTHING) -> OrdersPlaced:
    """Raises NotFound, StaleCart, InvalidInput, CartHasProblems, TotalChanged; then nothing has happened. `wanted`: as in `list_orders`."""
    require_shopping(viewer)
    wishes = _checked(viewer, placing)
    async with transaction():
        credit = await credit_left(viewer.company_id or 0, viewer.currency, lock=True)
        row = await lock_cart(viewer, placing.cart, placing.expected_version)
        lines = await load_lines([row["id"]])
        await lock_stock(line["variant_id"] for line in lines)
        cart = await load_facts(viewer, row, payment_method=placing.payment_method, credit=credit, line_rows=lines)
        _refuse_problems(viewer, cart)
        _refuse_changed_total(viewer, cart, placing.expected_total)
        keys = await _write(viewer, cart, wishes)
        await _empty(row["id"])
        await record(*(OrderPlaced(key) for key in keys))
        orders = await find_orders(viewer, keys, wanted)
    return OrdersPlaced(orders)


def _checked(viewer: Viewer, placing: Placing) -> Placing:
    wrong = wrong_date(placing.requested_ship_date, placing.cancel_date, clock.today(viewer.timezone))
    if wrong:
        raise InvalidInput(wrong.message, ["input", wrong.name])
    if placing.payment_method is PaymentMethod.CARD:
        raise InvalidInput("Payment by card is not offered. Order on account or by bank transfer.", ["input", "paymentMethod"])
    total = placing.expected_total
    if total is not None and total.currency != viewer.currency:
        raise InvalidInput(
            f"This location orders in {viewer.currency}, not in {total.currency}.", ["input", "expectedTotal", "currency"]
        )
    return Placing(
        placing.cart, placing.expected_version, _text(placing.purchase_order_number, MAX_PURCHASE_ORDER_NUMBER, "purchaseOrderNumber"),
        placing.requested_ship_date, placing.cancel_date, _text(placing.note, MAX_NOTE, "note", lines=True), placing.payment_method, total,
    )  # fmt: skip


def _text(text: str | None, longest: int, name: str, *, lines: bool = False) -> str | None:
    """A person's text without blanks around it; empty is none. Line breaks only where they make sense."""
    clean = (text or "").replace("\r\n", "\n").strip()
    printable = clean.replace("\n", "").replace("\t", "") if lines else clean
    if len(clean) > longest:
        raise InvalidInput(f"At most {longest:,} characters; these are {len(clean):,}.", ["input", name])
    if not printable.isprintable():
        raise InvalidInput("It holds characters that cannot be printed. Type it again.", ["input", name])
    return clean or None


def _refuse_problems(viewer: Viewer, cart: CartFacts) -> None:
    blocking = cart.assessment.blocking
    if blocking:
        raise CartHasProblems(problem_views(blocking, cart_view(viewer, cart).lines))


def _refuse_changed_total(viewer: Viewer, cart: CartFacts, expected: Money | None) -> None:
    if expected is not None and expected != cart.assessment.total:
        raise TotalChanged(expected, cart.assessment.total, cart_view(viewer, cart))


async def _write(viewer: Viewer, cart: CartFacts, wishes: Placing) -> list[int]:
    """Orders, lines, stock, credit, history; the numbers last. The number of statements does not depend on the number of lines or orders."""
    parts = cart.assessment.parts
    keys = [new_id() for _ in parts]
    lines = [
        (key, new_id(), position, line)
        for key, part in zip(keys, parts, strict=True)
        for position, line in enumerate(part.lines, 1)
    ]
    held = await _credit(viewer, cart, wishes.payment_method)
    now = clock.now()
    numbers = await take_numbers(ORDER_SERIES, len(parts))
    await _insert_orders(viewer, cart, wishes, list(zip(keys, numbers, parts, held, strict=True)), now)
    stored = {line["id"]: line for line in cart.line_rows}
    await _insert_lines(lines, stored)
    takes = [Take(key, line.facts.variant.key, line.facts.quantity, line.facts.variant.sells_without_stock)
             for _, key, _, line in lines if line.facts.variant]  # fmt: skip
    backordered = await reserve_stock(takes)
    if backordered:
        await execute(
            "UPDATE order_line l SET backordered = b.quantity FROM unnest($1::bigint[], $2::int[]) AS b(id, quantity) WHERE l.id = b.id",
            list(backordered.keys()), list(backordered.values()),
        )  # fmt: skip
    message = (
        f"Placed by {viewer.name} for {cart.places[viewer.location_id or 0].company.name}."
        if viewer.acting_for
        else f"Placed by {viewer.name}."
    )
    await execute(
        "INSERT INTO order_event (order_id, at, kind, message, by_id) SELECT o, $2, 'PLACED', $3, $4 FROM unnest($1::bigint[]) AS o",
        keys, now, message[:500], viewer.user_id,
    )  # fmt: skip
    return keys


async def _credit(viewer: Viewer, cart: CartFacts, method: PaymentMethod) -> list[int]:
    """What each order holds of the company's credit: its total, when it is on account and a limit is set."""
    totals = [part.total.minor for part in cart.assessment.parts]
    if method is not PaymentMethod.ON_ACCOUNT:
        return [0] * len(totals)
    taken = await take_credit(cart.row["company_id"], cart.assessment.total)
    return totals if taken else [0] * len(totals)


async def _insert_orders(
    viewer: Viewer, cart: CartFacts, wishes: Placing, orders: Sequence[tuple[int, str, Part, int]], now: datetime
) -> None:
    status = OrderStatus.AWAITING_PAYMENT if wishes.payment_method is PaymentMethod.BANK_TRANSFER else OrderStatus.RECEIVED
    channel = OrderChannel.REP if viewer.acting_for else OrderChannel.PORTAL
    home = cart.places[viewer.location_id or 0]
    rows = [
        (key, number, part.ship_to, part.method.name if part.method else None, _json(asdict(cart.places[part.ship_to].address)), part.subtotal.minor,
         part.shipping.minor if part.shipping else None, part.tax.minor if part.tax else None, part.total.minor, _json(_tax_json(part)), held)
        for key, number, part, held in orders
    ]  # fmt: skip
    await execute(
        """INSERT INTO customer_order (id, number, ship_to_location_id, shipping_method, ship_to, subtotal_minor, shipping_minor, tax_minor,
            total_minor, tax_lines, credit_minor, company_id, location_id, status, channel, placed_by_id, on_behalf, placed_at, purchase_order_number,
            requested_ship_date, cancel_date, note, payment_method, bill_to, currency, discount_minor, discounts)
        SELECT t.*, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24::jsonb, $25, 0, '[]'::jsonb
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::jsonb[], $6::bigint[], $7::bigint[], $8::bigint[],
                    $9::bigint[], $10::jsonb[], $11::bigint[]) AS t""",
        *(list(column) for column in zip(*rows, strict=True)), cart.row["company_id"], viewer.location_id, status, channel, viewer.user_id,
        viewer.acting_for, now, wishes.purchase_order_number, wishes.requested_ship_date, wishes.cancel_date, wishes.note, wishes.payment_method,
        _json(asdict(home.billing_address)), viewer.currency,
    )  # fmt: skip


def _tax_json(part: Part) -> list[dict[str, Any]]:
    return [
        {"name": one.rate.name, "rate_e4": one.rate.rate_e4, "base_minor": one.base.minor, "amount_minor": one.amount.minor}
        for one in part.tax_lines
    ]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _insert_lines(lines: Sequence[tuple[int, int, int, PricedLine]], stored: dict[int, Any]) -> None:
    rows = []
    for order, key, position, line in lines:
        variant, unit_price, cart_line = line.facts.variant, line.unit_price, stored[line.facts.key]
        # What has no variant or price is a blocking problem: it does not come this far.
        assert variant is not None
        assert unit_price is not None
        assert line.source is not None
        rows.append((
            key, order, variant.key, position, variant.sku, variant.name, cart_line["pack_code"] if line.facts.pack_units else None,
            line.facts.quantity, unit_price.e4,
            str(line.source), line.discount.minor, line.total.minor, line.facts.requested_ship_date, line.facts.cancel_date, cart_line["note"],
        ))  # fmt: skip
    await execute(
        """INSERT INTO order_line (id, order_id, variant_id, position, sku, name, pack_code, quantity, unit_price_e4, price_source, discount_minor,
            total_minor, requested_ship_date, cancel_date, note, shipped, invoiced, cancelled, backordered)
        SELECT t.*, 0, 0, 0, 0 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[],
            $9::bigint[], $10::text[], $11::bigint[], $12::bigint[], $13::date[], $14::date[], $15::text[]) AS t""",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def _empty(cart: int) -> None:
    """The cart stays, empty and one version on: a second submit finds nothing to order."""
    await execute("DELETE FROM cart_line WHERE cart_id = $1", cart)
    await execute("UPDATE cart SET version = version + 1, updated_at = $2 WHERE id = $1", cart, clock.now())
