"""What can be seen of orders. `visible_orders` is the one condition that decides it, for lists, counts, single orders and reorder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from backend.carts.views import AppliedDiscountView, TaxLineView, percent_text
from backend.companies.queries import company_views, location_views, user_views
from backend.companies.views import AddressView
from backend.core.database import fetch, fetch_value
from backend.core.money import Money, UnitPrice, money_or_none
from backend.core.viewer import Permission, Role, Viewer
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, connection, encode_cursor
from backend.orders.rules import BUYER_MAY_CANCEL, MOVES, OrderChannel, OrderEventKind, OrderStatus
from backend.orders.views import OrderEventView, OrderLineView, OrderView
from backend.shop.queries import Needs, load_variants

MAX_QUERY_LENGTH = 100

# $1 user, $2 company that she buys for or acts for, $3 whether she sees all companies, $4 whether she is staff.
_VISIBLE = """
($2::bigint IS NULL OR o.company_id = $2) AND ($3 OR CASE WHEN $4
    THEN EXISTS (SELECT 1 FROM rep_account r WHERE r.user_id = $1 AND r.company_id = o.company_id)
    ELSE EXISTS (SELECT 1 FROM member m WHERE m.user_id = $1 AND m.company_id = o.company_id AND m.is_active
                 AND (m.role = 'COMPANY_ADMIN'
                      OR EXISTS (SELECT 1 FROM member_location x WHERE x.member_id = m.id AND x.location_id = o.location_id))) END)
"""


def visible_orders(viewer: Viewer) -> tuple[str, list[Any]]:
    """SQL over `customer_order o` with its first four values. Raises NotSignedIn or Forbidden."""
    viewer.require(Permission.SEE_ORDERS)
    sees_all = viewer.is_staff and viewer.role is not Role.SALES_REP
    return _VISIBLE, [viewer.user_id, viewer.company_id, sees_all, viewer.is_staff]


@dataclass(frozen=True, slots=True)
class OrderFilter:
    query: str | None = None
    status: list[str] | None = None
    fulfilment: list[str] | None = None
    location: int | None = None
    placed_from: date | None = None
    placed_to: date | None = None


_NEWEST_FIRST = Keyset((SortKey("o.placed_at", datetime, True), SortKey("o.id", int, True)))
_SHIPPED = "(SELECT coalesce(bool_or(l.shipped > 0), FALSE) FROM order_line l WHERE l.order_id = o.id)"
_OPEN = "(SELECT coalesce(bool_or(l.shipped + l.cancelled < l.quantity), FALSE) FROM order_line l WHERE l.order_id = o.id)"
_FULFILMENT = {
    "NONE": f"NOT {_SHIPPED}",
    "PARTLY": f"({_SHIPPED} AND {_OPEN})",
    "SHIPPED": f"({_SHIPPED} AND NOT {_OPEN})",
    "DELIVERED": "FALSE",
}


async def list_orders(viewer: Viewer, page: Page, chosen: OrderFilter, wanted: frozenset[str]) -> Connection[OrderView]:
    """A page of the orders that the viewer may see, newest first. `wanted`: the names that the client selects."""
    visible, values = visible_orders(viewer)
    conditions = [visible]
    for condition, value in _conditions(viewer, chosen):
        if "{}" in condition:
            values.append(value)
            condition = condition.replace("{}", f"${len(values)}")
        conditions.append(condition)
    matching = " AND ".join(f"({condition})" for condition in conditions)
    after, more = _NEWEST_FIRST.where(page, len(values) + 1)
    rows = await fetch(
        f"SELECT o.* FROM customer_order o WHERE {matching} AND {after} ORDER BY {_NEWEST_FIRST.order_by(page)} LIMIT {page.limit}",
        *values,
        *more,
    )
    total = await fetch_value(f"SELECT count(*) FROM customer_order o WHERE {matching}", *values)
    found = connection(page, rows, total, lambda row: encode_cursor(row["placed_at"], row["id"]))
    return Connection(await order_views(viewer, found.nodes, wanted), found.cursors, found.page_info, found.total_count)


def _conditions(viewer: Viewer, chosen: OrderFilter) -> list[tuple[str, Any]]:
    zone = ZoneInfo(viewer.timezone)
    found: list[tuple[str, Any]] = []
    if chosen.status is not None:
        found.append(("o.status = ANY({})", chosen.status))
    if chosen.fulfilment is not None:
        found.append((" OR ".join(_FULFILMENT[one] for one in chosen.fulfilment) or "FALSE", None))
    if chosen.location is not None:
        found.append(("o.location_id = {}", chosen.location))
    if chosen.placed_from is not None:
        found.append(("o.placed_at >= {}", datetime.combine(chosen.placed_from, time.min, zone)))
    if chosen.placed_to is not None and chosen.placed_to < date.max:
        found.append(("o.placed_at < {}", datetime.combine(chosen.placed_to + timedelta(days=1), time.min, zone)))
    text = "".join(character for character in (chosen.query or "")[:MAX_QUERY_LENGTH] if character.isprintable()).strip()
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found.append((
            "o.number ILIKE {} OR o.purchase_order_number ILIKE {}"
            " OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND (l.sku ILIKE {} OR l.name ILIKE {}))", pattern,
        ))  # fmt: skip
    return found


EVERYTHING = frozenset({
    "lines", "variant", "history", "fulfilment", "company", "location", "placedBy", "by", "image", "categories", "children", "unitPrice",
    "availability", "packs", "variants", "unitsInCart",
})  # fmt: skip


async def find_order(
    viewer: Viewer, *, key: int | None = None, number: str | None = None, wanted: frozenset[str] = EVERYTHING
) -> OrderView | None:
    """One order by key or number; None when it is not the viewer's."""
    visible, values = visible_orders(viewer)
    condition, value = ("o.id = $5", key) if key is not None else ("o.number = $5", number)
    rows = await fetch(f"SELECT o.* FROM customer_order o WHERE {visible} AND {condition}", *values, value)
    found = await order_views(viewer, rows, wanted)
    return found[0] if found else None


async def order_views(viewer: Viewer, rows: Sequence[Any], wanted: frozenset[str]) -> list[OrderView]:
    """Stored orders as the viewer sees them, in a fixed number of statements; what is not wanted is not read. Asks no rights."""
    if not rows:
        return []
    companies = await company_views(viewer, [row["company_id"] for row in rows]) if "company" in wanted else {}
    locations = await location_views(viewer, [row["location_id"] for row in rows]) if "location" in wanted else {}
    events = await _events([row["id"] for row in rows]) if "history" in wanted else []
    named = [*(row["placed_by_id"] for row in rows), *(event["by_id"] for event in events if event["by_id"])]
    people = await user_views(viewer, named) if wanted & {"placedBy", "by"} else {}
    views = {row["id"]: _order(viewer, row, companies, locations, people) for row in rows}
    if wanted & {"lines", "fulfilment"}:
        await _fill_lines(viewer, views, wanted)
    for event in events:
        views[event["order_id"]].history.append(
            OrderEventView(event["at"], OrderEventKind(event["kind"]), event["message"], people.get(event["by_id"]))
        )
    return list(views.values())


def _order(viewer: Viewer, row: Any, companies: Any, locations: Any, people: Any) -> OrderView:
    currency = row["currency"]
    status = OrderStatus(row["status"])
    return OrderView(
        row["id"], row["number"], status, OrderChannel(row["channel"]), companies.get(row["company_id"]), locations.get(row["location_id"]),
        people.get(row["placed_by_id"]), row["on_behalf"], row["placed_at"], row["purchase_order_number"], row["requested_ship_date"],
        row["cancel_date"], row["note"], row["payment_method"], row["shipping_method"], AddressView(**orjson.loads(row["ship_to"])),
        AddressView(**orjson.loads(row["bill_to"])), Money(row["subtotal_minor"], currency), money_or_none(row["shipping_minor"], currency),
        money_or_none(row["tax_minor"], currency), Money(row["total_minor"], currency),
        [AppliedDiscountView(one["label"], one["code"], Money(one["minor"], currency)) for one in orjson.loads(row["discounts"])],
        [
            TaxLineView(one["name"], percent_text(one["rate_e4"]), Money(one["base_minor"], currency), Money(one["amount_minor"], currency))
            for one in orjson.loads(row["tax_lines"])
        ],
        may_cancel=_may_cancel(viewer, status),
    )  # fmt: skip


def _may_cancel(viewer: Viewer, status: OrderStatus) -> bool:
    if viewer.may(Permission.MANAGE_ORDERS):
        return OrderStatus.CANCELLED in MOVES[status]
    return status in BUYER_MAY_CANCEL


async def _events(orders: Sequence[int]) -> list[Any]:
    return await fetch(
        "SELECT order_id, at, kind, message, by_id FROM order_event WHERE order_id = ANY($1) ORDER BY at, id", list(orders)
    )


async def _fill_lines(viewer: Viewer, orders: dict[int, OrderView], wanted: frozenset[str]) -> None:
    rows = await fetch("SELECT * FROM order_line WHERE order_id = ANY($1) ORDER BY order_id, position, id", list(orders))
    keys = [row["variant_id"] for row in rows if row["variant_id"]]
    variants = await load_variants(viewer, keys, Needs.of(wanted)) if "variant" in wanted else {}
    for row in rows:
        order = orders[row["order_id"]]
        currency = order.total.currency
        order.lines.append(OrderLineView(
            row["id"], row["variant_id"], row["sku"], row["name"], row["pack_code"], row["quantity"], UnitPrice(row["unit_price_e4"], currency),
            Money(row["discount_minor"], currency), Money(row["total_minor"], currency), row["requested_ship_date"], row["shipped"],
            row["backordered"], row["invoiced"], row["cancelled"], variants.get(row["variant_id"]),
        ))  # fmt: skip
