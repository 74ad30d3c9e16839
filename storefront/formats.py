"""How amounts, quantities, dates and the trade's words are written for a reader.

Everything here is pure: API values in, text out. Amounts stay the decimal strings that the API sent; nothing is ever a float.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

NO_MINOR_UNIT = {"JPY", "KRW", "ISK", "CLP", "VND"}
THREE_DECIMALS = {"BHD", "KWD", "OMR", "JOD", "TND"}

ORDER_STATUS = {
    "PENDING_APPROVAL": "Waiting for approval",
    "RECEIVED": "Received",
    "IN_REVIEW": "In review",
    "AWAITING_PAYMENT": "Awaiting payment",
    "CONFIRMED": "Confirmed",
    "COMPLETED": "Completed",
    "CANCELLED": "Cancelled",
    "REJECTED": "Rejected",
}
FULFILMENT = {"NONE": "Not shipped", "PARTLY": "Partly shipped", "SHIPPED": "Shipped", "DELIVERED": "Delivered"}
PAYMENT_METHOD = {"ON_ACCOUNT": "On account", "CARD": "Card", "BANK_TRANSFER": "Bank transfer"}
PRICE_SOURCE = {
    "CONTRACT": "Contract",
    "COMPANY_PRICE_LIST": "Company price list",
    "LOCATION_PRICE_LIST": "Location price list",
    "GROUP_PRICE_LIST": "Group price list",
    "DEFAULT_PRICE_LIST": "Default price list",
    "QUOTE": "Quote",
    "OVERRIDE": "Override",
}
REORDER = {
    "ADDED": "added",
    "PRICE_CHANGED": "new price",
    "SHORT_STOCK": "short in stock",
    "ADJUSTED_TO_RULE": "other quantity",
    "REPLACED": "replaced",
    "PRICE_ON_REQUEST": "price on request",
    "OUT_OF_ASSORTMENT": "no longer in your catalogue",
    "DISCONTINUED": "discontinued",
}
SORTS = {
    "RELEVANCE": "best match",
    "BEST_SELLING": "best selling",
    "NAME": "name",
    "NEWEST": "newest",
    "PRICE_LOW": "price, low first",
    "PRICE_HIGH": "price, high first",
}


def digits(currency: str) -> int:
    """Decimals of a total in this currency."""
    return 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DECIMALS else 2


def amount(money: dict[str, Any] | None) -> str:
    """Money without its currency: a unit price keeps the decimals it needs, never fewer than the currency has."""
    if money is None:
        return ""
    value, least = Decimal(money["amount"]), digits(money["currency"])
    kept = value.normalize().as_tuple().exponent
    decimals = max(least, -kept if isinstance(kept, int) else least)
    return f"{value:,.{decimals}f}"


def money(value: dict[str, Any] | None) -> str:
    """Money with its currency, for places where the currency is not said nearby."""
    return f"{amount(value)} {value['currency']}" if value else ""


def rounded(value: dict[str, Any]) -> str:
    """Money at a glance, in whole units rounded down: 38,200 EUR."""
    return f"{Decimal(value['amount']).to_integral_value(ROUND_FLOOR):,} {value['currency']}"


def goods(unit_price: str, quantity: int, currency: str) -> Decimal:
    """What a quantity costs at a unit price, rounded as the API rounds a line's subtotal."""
    step = Decimal(1).scaleb(-digits(currency))
    return (Decimal(unit_price) * quantity).quantize(step, ROUND_HALF_UP)


def plain(value: Decimal | int) -> str:
    """A number with thousands kept apart."""
    return f"{value:,}"


def day(text: str | None, *, today: date | None = None) -> str:
    """A date as a buyer says it: 12 Dec, with the year when it is not this one."""
    if not text:
        return ""
    value = date.fromisoformat(text[:10])
    year = "" if value.year == (today or datetime.now(UTC).date()).year else f" {value.year}"
    return f"{value.day} {value:%b}{year}"


def moment(text: str | None) -> str:
    """A time in UTC: 22 Nov, 09:14."""
    if not text:
        return ""
    return f"{day(text)}, {datetime.fromisoformat(text):%H:%M}"


def rate(text: str) -> str:
    """A percentage without idle zeros: 21 %, 5.5 %."""
    return f"{Decimal(text).normalize():f} %"


def count(number: int, one: str, many: str) -> str:
    """1 product, 295 products."""
    return f"{number:,} {one if number == 1 else many}"


def words(code: str) -> str:
    """A code that has no own wording, readable all the same: IN_REVIEW becomes In review."""
    return code.replace("_", " ").capitalize()
