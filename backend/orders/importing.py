"""Orders brought along from an older system: closed ones, written as they were agreed there. They take no stock, no credit, and tell nobody."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from backend.core.bulk import day, upsert
from backend.core.database import execute, fetch, transaction
from backend.core.errors import Why
from backend.core.faults import Fault, refuse_faults
from backend.core.ids import new_id
from backend.core.money import Money, line_minor
from backend.core.viewer import Permission, Viewer
from backend.orders.numbers import ORDER_SERIES, take_numbers
from backend.orders.rules import CALLED_OFF, OrderChannel, OrderEventKind, OrderStatus
from backend.orders.sales import count_brought_along
from backend.pricing.tax import TaxedAmount

CLOSED = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
MAX_QUANTITY = 1_000_000

_ORDER = {
    "id": "bigint", "number": "text", "company_id": "bigint", "location_id": "bigint", "ship_to_location_id": "bigint", "status": "text",
    "channel": "text", "placed_by_id": "bigint", "on_behalf": "bool", "placed_at": "timestamptz", "purchase_order_number": "text",
    "requested_ship_date": "date", "note": "text", "payment_method": "text", "shipping_method": "text", "ship_to": "jsonb", "bill_to": "jsonb",
    "currency": "text", "subtotal_minor": "bigint", "discount_minor": "bigint", "shipping_minor": "bigint", "tax_minor": "bigint",
    "total_minor": "bigint", "discounts": "jsonb", "tax_lines": "jsonb", "credit_minor": "bigint",
}  # fmt: skip
_LINE = {
    "id": "bigint", "order_id": "bigint", "variant_id": "bigint", "position": "int", "sku": "text", "name": "text", "quantity": "int",
    "unit_price_e4": "bigint", "price_source": "text", "discount_minor": "bigint", "total_minor": "bigint", "shipped": "int",
    "invoiced": "int", "cancelled": "int", "backordered": "int",
}  # fmt: skip
_EVENTS = """
INSERT INTO order_event (order_id, at, kind, message, by_id)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLine:
    """`name` is needed for a SKU that the catalogue does not have."""

    sku: str
    quantity: int
    unit_price_e4: int
    price_source: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """An order as it ended. No number: the next one of the series. Shipping and tax None: they were never told."""

    location: str  # its number
    placed_by: str  # an e-mail address
    placed_at: datetime
    closed_at: datetime
    lines: tuple[PastLine, ...]
    status: OrderStatus = OrderStatus.COMPLETED
    number: str | None = None
    channel: OrderChannel = OrderChannel.PORTAL
    purchase_order_number: str | None = None
    requested_ship_date: date | None = None
    note: str | None = None
    payment_method: str = "ON_ACCOUNT"
    shipping_method: str | None = None
    shipping: Money | None = None
    tax: tuple[TaxedAmount, ...] | None = None


@dataclass(frozen=True, slots=True)
class ImportedOrders:
    created: int
    unchanged: int  # a number that is there already: what was agreed is not written again


@dataclass(frozen=True, slots=True)
class _Known:
    """What orders refer to, by the names that files use."""

    locations: dict[str, Any]
    users: dict[str, Any]
    variants: dict[str, Any]
    numbers: frozenset[str]


async def import_orders(viewer: Viewer, orders: Sequence[PastOrder]) -> ImportedOrders:
    """Writes them in the order of their dates, all or none. Raises InvalidRows."""
    viewer.require(Permission.MANAGE_ORDERS)
    async with transaction():
        known = await _load(orders)
        refuse_faults(
            [fault for row, order in enumerate(orders) for fault in _faults(row, order, known)] + _twice(orders), "orders"
        )
        new = sorted((order for order in orders if order.number not in known.numbers), key=lambda order: order.placed_at)
        keys = [new_id() for _ in new]
        numbers = (
            iter(await take_numbers(ORDER_SERIES, missing)) if (missing := sum(order.number is None for order in new)) else iter(())
        )
        pairs = list(zip(keys, new, strict=True))
        await upsert("customer_order", _ORDER, [_order(key, order, order.number or next(numbers), known) for key, order in pairs])
        await upsert("order_line", _LINE, [line for key, order in pairs for line in _lines(key, order, known)])
        events = [event for key, order in pairs for event in _events(key, order, known)]
        await execute(_EVENTS, *([event[at] for event in events] for at in range(5)))
        await count_brought_along([key for key, order in pairs if order.status not in CALLED_OFF])
    return ImportedOrders(len(new), len(orders) - len(new))


async def _load(orders: Sequence[PastOrder]) -> _Known:
    places = await fetch(
        "SELECT number, id, company_id, currency, address, billing_address FROM company_location WHERE number = ANY ($1)",
        list({order.location for order in orders}),
    )
    people = await fetch(
        "SELECT email, id, name, staff_role FROM user_account WHERE email = ANY ($1)", list({order.placed_by for order in orders})
    )
    variants = await fetch(
        "SELECT sku, id, name FROM variant WHERE sku = ANY ($1)", list({line.sku for order in orders for line in order.lines})
    )
    numbers = await fetch(
        "SELECT number FROM customer_order WHERE number = ANY ($1)", [order.number for order in orders if order.number]
    )
    return _Known(
        {row["number"]: row for row in places}, {row["email"]: row for row in people}, {row["sku"]: row for row in variants},
        frozenset(row["number"] for row in numbers),
    )  # fmt: skip


def _faults(row: int, order: PastOrder, known: _Known) -> Iterator[Fault]:
    place = known.locations.get(order.location)
    if place is None:
        yield Fault(row, ("location",), Why.UNKNOWN(f"There is no location {order.location}."))
    if order.placed_by not in known.users:
        yield Fault(row, ("placedBy",), Why.UNKNOWN(f"Nobody has the address {order.placed_by}."))
    if order.status not in CLOSED:
        yield Fault(row, ("status",), Why.NOT_ALLOWED(f"Only closed orders are brought along; this one is {order.status}."))
    if order.closed_at < order.placed_at:
        yield Fault(row, ("closedAt",), Why.WRONG_DATE("The order was closed before it was placed."))
    if not order.lines:
        yield Fault(row, ("lines",), Why.REQUIRED("The order has no lines."))
    if place is not None and any(money.currency != place["currency"] for money in _amounts(order)):
        yield Fault(row, ("currency",), Why.WRONG_CURRENCY(f"The location orders in {place['currency']}."))
    for at, line in enumerate(order.lines):
        if not 1 <= line.quantity <= MAX_QUANTITY or line.unit_price_e4 < 0:
            yield Fault(row, ("lines", str(at), "quantity"), Why.TOO_SMALL("Quantities are at least 1, prices at least 0."))
        if line.sku not in known.variants and not line.name:
            yield Fault(row, ("lines", str(at), "name"), Why.REQUIRED(f"{line.sku} is not in the catalogue: say its name."))


def _twice(orders: Sequence[PastOrder]) -> list[Fault]:
    counts = Counter(order.number for order in orders if order.number)
    return [
        Fault(row, ("number",), Why.REPEATED(f"The number {order.number} comes twice."))
        for row, order in enumerate(orders)
        if order.number and counts[order.number] > 1
    ]


def _amounts(order: PastOrder) -> Iterator[Money]:
    if order.shipping is not None:
        yield order.shipping
    for line in order.tax or ():
        yield from (line.base, line.amount)


def _order(key: int, order: PastOrder, number: str, known: _Known) -> dict[str, Any]:
    place, person = known.locations[order.location], known.users[order.placed_by]
    subtotal = sum(line_minor(line.unit_price_e4, line.quantity, place["currency"]) for line in order.lines)
    shipping = order.shipping.minor if order.shipping else None
    tax = sum(line.amount.minor for line in order.tax) if order.tax is not None else None
    tax_lines = [
        {"name": line.rate.name, "rate_e4": line.rate.rate_e4, "base_minor": line.base.minor, "amount_minor": line.amount.minor}
        for line in order.tax or ()
    ]
    return {
        "id": key, "number": number, "company_id": place["company_id"], "location_id": place["id"], "ship_to_location_id": place["id"],
        "status": order.status, "channel": order.channel, "placed_by_id": person["id"], "on_behalf": person["staff_role"] is not None,
        "placed_at": order.placed_at.isoformat(), "purchase_order_number": order.purchase_order_number,
        "requested_ship_date": day(order.requested_ship_date), "note": order.note, "payment_method": order.payment_method,
        "shipping_method": order.shipping_method, "ship_to": orjson.loads(place["address"]), "bill_to": orjson.loads(place["billing_address"]),
        "currency": place["currency"], "subtotal_minor": subtotal, "discount_minor": 0, "shipping_minor": shipping, "tax_minor": tax,
        "total_minor": subtotal + (shipping or 0) + (tax or 0), "discounts": [], "tax_lines": tax_lines, "credit_minor": 0,
    }  # fmt: skip


def _lines(key: int, order: PastOrder, known: _Known) -> Iterator[dict[str, Any]]:
    currency = known.locations[order.location]["currency"]
    done = order.status is OrderStatus.COMPLETED
    for position, line in enumerate(order.lines, 1):
        variant = known.variants.get(line.sku)
        shipped, cancelled = (line.quantity, 0) if done else (0, line.quantity)
        yield {
            "id": new_id(), "order_id": key, "variant_id": variant["id"] if variant else None, "position": position, "sku": line.sku,
            "name": line.name or (variant["name"] if variant else line.sku), "quantity": line.quantity, "unit_price_e4": line.unit_price_e4,
            "price_source": line.price_source, "discount_minor": 0, "total_minor": line_minor(line.unit_price_e4, line.quantity, currency),
            "shipped": shipped, "invoiced": shipped, "cancelled": cancelled, "backordered": 0,
        }  # fmt: skip


def _events(key: int, order: PastOrder, known: _Known) -> Iterator[tuple[int, datetime, OrderEventKind, str, int | None]]:
    person = known.users[order.placed_by]
    yield key, order.placed_at, OrderEventKind.PLACED, f"Placed by {person['name']}.", person["id"]
    yield key, order.closed_at, OrderEventKind(order.status), f"{order.status.capitalize()}.", None
