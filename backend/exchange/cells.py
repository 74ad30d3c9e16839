"""Reads the cells of plain tables: each blank, right, or a reason why it cannot stand. Pure."""

from datetime import date
from decimal import Decimal, InvalidOperation

from backend.core.money import UNIT_PRICE_PLACES, NotAnAmount, parse_units
from backend.exchange.files import Line


class BadCell(ValueError):
    """Why a cell cannot stand, as a sentence."""


def text(line: Line, field: str) -> str:
    """What the cell says, perhaps nothing; no control characters."""
    said = line.get(field)
    if any(ord(letter) < 32 for letter in said):
        raise BadCell(f"{shown(field)} holds characters that nobody can see.")
    return said


def needed(line: Line, field: str) -> str:
    said = text(line, field)
    if not said:
        raise BadCell(f"{shown(field)} is missing.")
    return said


def whole(line: Line, field: str, *, least: int = 0, most: int = 1_000_000_000) -> int:
    said = needed(line, field)
    try:
        number = Decimal(said)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value() or not least <= number <= most:
        raise BadCell(f"{shown(field)} should be a whole number from {least}; it is “{said[:40]}”.")
    return int(number)


def unit_price(line: Line, field: str) -> int:
    """Ten-thousandths. A decimal comma with two places is understood."""
    said = needed(line, field)
    if said.count(",") == 1 and "." not in said and len(said.partition(",")[2]) <= 2:
        said = said.replace(",", ".")
    try:
        amount = parse_units(said, UNIT_PRICE_PLACES)
    except NotAnAmount:
        raise BadCell(f"{shown(field)} should be an amount like 12.50, with four decimals at most; it is “{said[:40]}”.") from None
    if amount < 0:
        raise BadCell(f"{shown(field)} is negative: {said}.")
    return amount


def day(line: Line, field: str) -> date | None:
    said = line.get(field)
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise BadCell(f"{shown(field)} should be a day like 2026-12-01; it is “{said[:40]}”.") from None


def shown(field: str) -> str:
    """A field as the template's header has it."""
    return f"The {field}"
