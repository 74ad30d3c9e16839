"""Placing a cart: everything is checked, taken and copied in one transaction, one order per ship-to.

Locks in this order: credit of the company, cart, stock by variant and warehouse, number counter. Whatever dies half-way leaves nothing.
The counter makes all orders wait for each other, so the number is taken when all else is written: the lines' foreign key looks for their
order when the transaction ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from backend.carts.actions import empty_cart, lock_cart, require_shopping
from backend.carts.errors import CartHasProblems, TotalChanged
from backend.carts.lines import StoredLine
from backend.carts.queries import EVERYTHING as WHOLE_CART
from backend.carts.queries import CartFacts, CartNeeds, assess_cart, cart_views, problem_views, variants_of
from backend.carts.rules import Part, PaymentMethod, PricedLine, wrong_date
from backend.companies.credit import take_credit
from backend.core import clock
from backend.core.database import execute, fetch, retried, transaction
from backend.core.errors import InvalidInput, Why, spoken
from backend.core.events import record
from backend.core.ids import new_id
from backend.core.money import Money
from backend.core.viewer import Viewer
from backend.inventory.reservations import Shelf, Take, Taken, lock_stock, reserve_stock, take_stock
from backend.orders.events import OrderPlaced
from backend.orders.numbers import ORDER_SERIES, take_numbers
from backend.orders.queries import EVERYTHING, order_views
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
async def place_order(
    viewer: Viewer, placing: Placing, wanted: frozenset[str] = EVERYTHING, needs: CartNeeds = WHOLE_CART
) -> OrdersPlaced:
    """Raises NotFound, StaleCart, InvalidInput, CartHasProblems, TotalChanged; then nothing has happened.

    `wanted`: as in `list_orders`; `needs`: of the cart that says why nothing was ordered.
    """
    require_shopping(viewer)
    wishes = _checked(viewer, placing)
    async with transaction():
        stored = await lock_cart(viewer, placing.cart, placing.expected_version, to_order=True)
        shelves = await lock_stock(line.variant for line in stored.lines)
        variants = await variants_of(viewer, [stored], needs, stock=False)
        for key, variant in variants.items():
            variant.available = sum(shelf.available for shelf in shelves.get(key, ()))
        cart = assess_cart(viewer, stored, variants, placing.payment_method)
        await _refuse_problems(viewer, cart, needs)
        await _refuse_changed_total(viewer, cart, placing.expected_total, needs)
        rows = await _write(viewer, cart, wishes, shelves)
        return OrdersPlaced(await order_views(viewer, rows, wanted))


def _checked(viewer: Viewer, placing: Placing) -> Placing:
    wrong = wrong_date(placing.requested_ship_date, placing.cancel_date, clock.today(viewer.timezone))
    if wrong:
        raise InvalidInput(Why.WRONG_DATE(wrong.message), ["input", wrong.name])
    if placing.payment_method is PaymentMethod.CARD:
        raise InvalidInput(
            Why.NOT_ALLOWED("Payment by card is not offered. Order on account or by bank transfer."), ["input", "paymentMethod"]
        )
    total = placing.expected_total
    if total is not None and total.currency != viewer.currency:
        raise InvalidInput(
            Why.WRONG_CURRENCY(f"This location orders in {viewer.currency}, not in {total.currency}."),
            ["input", "expectedTotal", "currency"],
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
        raise InvalidInput(
            Why.TOO_LONG(f"{spoken(name)} has at most {longest:,} characters; this one has {len(clean):,}. Shorten it."),
            ["input", name],
        )
    if not printable.isprintable():
        raise InvalidInput(
            Why.NOT_PRINTABLE(f"{spoken(name)} holds characters that cannot be printed. Type it again."), ["input", name]
        )
    return clean or None


async def _refuse_problems(viewer: Viewer, cart: CartFacts, needs: CartNeeds) -> None:
    blocking = cart.assessment.blocking
    if blocking:
        shown, *_ = await cart_views(viewer, [cart], needs)
        raise CartHasProblems(problem_views(blocking, shown.lines))


async def _refuse_changed_total(viewer: Viewer, cart: CartFacts, expected: Money | None, needs: CartNeeds) -> None:
    if expected is not None and expected != cart.assessment.total:
        shown, *_ = await cart_views(viewer, [cart], needs)
        raise TotalChanged(expected, cart.assessment.total, shown)


@dataclass(frozen=True, slots=True)
class _NewLine:
    """A line of an order that is about to be written."""

    key: int
    order: int
    position: int
    priced: PricedLine
    stored: StoredLine


async def _write(viewer: Viewer, cart: CartFacts, wishes: Placing, shelves: Mapping[int, Sequence[Shelf]]) -> list[Any]:
    """The orders as they are stored now. The number of statements does not depend on the number of lines or orders."""
    parts = {new_id(): part for part in cart.assessment.parts}
    lines = _new_lines(cart, parts)
    taken = take_stock((Take(line.key, line.stored.variant, line.stored.quantity, _may_wait(line)) for line in lines), shelves)
    held = await _credit(viewer, cart, wishes.payment_method)
    await _insert_lines(lines, taken)
    await reserve_stock(taken)
    await empty_cart(cart.cart)
    await record(*(OrderPlaced(key) for key in parts))
    numbers = await take_numbers(ORDER_SERIES, len(parts))
    return await _insert_orders(viewer, cart, wishes, list(zip(parts, numbers, parts.values(), held, strict=True)))


def _new_lines(cart: CartFacts, parts: Mapping[int, Part]) -> list[_NewLine]:
    stored = {line.key: line for line in cart.cart.lines}
    return [
        _NewLine(new_id(), key, position, line, stored[line.facts.key])
        for key, part in parts.items()
        for position, line in enumerate(part.lines, 1)
    ]


def _may_wait(line: _NewLine) -> bool:
    return line.priced.facts.variant is not None and line.priced.facts.variant.sells_without_stock


async def _credit(viewer: Viewer, cart: CartFacts, method: PaymentMethod) -> list[int]:
    """What each order holds of the company's credit: its total, when it is on account and a limit is set."""
    totals = [part.total.minor for part in cart.assessment.parts]
    if method is not PaymentMethod.ON_ACCOUNT or cart.terms.credit_left is None:
        return [0] * len(totals)
    await take_credit(viewer.company_id or 0, cart.assessment.total)
    return totals


# With their first line of history, and what they add to sales. Addresses are copied as they are now. One plan serves any number of orders: the
# sub-select hides it.
_INSERT_ORDERS = """
WITH placed AS (
    INSERT INTO customer_order (id, number, ship_to_location_id, shipping_method, subtotal_minor, shipping_minor, tax_minor, total_minor, tax_lines,
        credit_minor, ship_to, bill_to, company_id, location_id, status, channel, placed_by_id, on_behalf, placed_at, purchase_order_number,
        requested_ship_date, cancel_date, note, payment_method, currency, discount_minor, discounts)
    SELECT t.*, s.address, h.billing_address, h.company_id, h.id, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, h.currency, 0, '[]'::jsonb
    FROM unnest((SELECT $1::bigint[]), $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::jsonb[],
                $10::bigint[]) AS t(id, number, ship_to)
    JOIN company_location s ON s.id = t.ship_to JOIN company_location h ON h.id = $11
    RETURNING *
), history AS (
    INSERT INTO order_event (order_id, at, kind, message, by_id)
    SELECT p.id, p.placed_at, 'PLACED', left('Placed by ' || $22 || CASE WHEN p.on_behalf THEN ' for ' || c.name ELSE '' END || '.', 500),
           p.placed_by_id
    FROM placed p JOIN company c ON c.id = p.company_id
), sold AS (
    INSERT INTO sales_change (order_id, sign) SELECT id, 1 FROM placed
)
SELECT * FROM placed ORDER BY array_position($1, id)
"""


async def _insert_orders(
    viewer: Viewer, cart: CartFacts, wishes: Placing, orders: Sequence[tuple[int, str, Part, int]]
) -> list[Any]:
    status = OrderStatus.AWAITING_PAYMENT if wishes.payment_method is PaymentMethod.BANK_TRANSFER else OrderStatus.RECEIVED
    channel = OrderChannel.REP if viewer.acting_for else OrderChannel.PORTAL
    columns = zip(*(
        (key, number, part.ship_to, part.method.name if part.method else None, part.subtotal.minor, part.shipping.minor if part.shipping else None,
         part.tax.minor if part.tax else None, part.total.minor, _json(_tax_json(part)), held)
        for key, number, part, held in orders
    ), strict=True)  # fmt: skip
    return await fetch(
        _INSERT_ORDERS, *(list(column) for column in columns), viewer.location_id, status, channel, viewer.user_id, viewer.acting_for, clock.now(),
        wishes.purchase_order_number, wishes.requested_ship_date, wishes.cancel_date, wishes.note, wishes.payment_method, viewer.name,
    )  # fmt: skip


def _tax_json(part: Part) -> list[dict[str, Any]]:
    return [
        {"name": one.rate.name, "rate_e4": one.rate.rate_e4, "base_minor": one.base.minor, "amount_minor": one.amount.minor}
        for one in part.tax_lines
    ]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _insert_lines(lines: Sequence[_NewLine], taken: Taken) -> None:
    rows = []
    for line in lines:
        priced, stored = line.priced, line.stored
        variant, unit_price = priced.facts.variant, priced.unit_price
        # What has no variant or price is a blocking problem: it does not come this far.
        assert variant is not None
        assert unit_price is not None
        assert priced.source is not None
        rows.append((
            line.key, line.order, variant.key, line.position, variant.sku, variant.name, stored.pack if priced.facts.pack_units else None,
            stored.quantity, unit_price.e4, str(priced.source), priced.discount.minor, priced.total.minor, stored.requested_ship_date,
            stored.cancel_date, stored.note, taken.backordered.get(line.key, 0),
        ))  # fmt: skip
    await execute(
        """INSERT INTO order_line (id, order_id, variant_id, position, sku, name, pack_code, quantity, unit_price_e4, price_source, discount_minor,
            total_minor, requested_ship_date, cancel_date, note, backordered, shipped, invoiced, cancelled)
        SELECT t.*, 0, 0, 0 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[],
            $9::bigint[], $10::text[], $11::bigint[], $12::bigint[], $13::date[], $14::date[], $15::text[], $16::int[]) AS t""",
        *(list(column) for column in zip(*rows, strict=True)),
    )
