"""From what a client sent to what an action takes: absent fields, and amounts of money."""

from typing import TypeVar

import strawberry

from backend.api.scalars import MoneyInput
from backend.core.errors import InvalidInput, Why
from backend.core.faults import KEEP, Keep
from backend.core.money import Money, NotAnAmount, exponent, parse_money

T = TypeVar("T")
TextT = TypeVar("TextT", str, str | None)


def kept(value: T) -> T | Keep:
    """Absent: what is stored stays. Null clears."""
    return KEEP if value is strawberry.UNSET else value


def kept_unless_given(value: T | None) -> T | Keep:
    """Absent or null: what is stored stays; for what cannot be cleared."""
    return KEEP if value is strawberry.UNSET or value is None else value


def findable(text: TextT) -> TextT:
    """A text to look for. PostgreSQL cannot hold NUL, so nothing has it: it gives way to a character that nothing has either."""
    return None if text is None else text.replace("\0", "\ufffd")


def money_of(given: MoneyInput, path: list[str]) -> Money:
    """Raises InvalidInput for more places than the currency has."""
    try:
        return parse_money(given.amount, given.currency)
    except NotAnAmount:
        places = exponent(given.currency)
        raise InvalidInput(
            Why.TOO_PRECISE(f"{given.currency} has {places} decimal places: {given.amount} has more."), [*path, "amount"]
        ) from None
