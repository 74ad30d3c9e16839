"""Reads the cells of plain tables: each blank, right, or a reason why it cannot stand. Pure."""

from datetime import date

from backend.core.money import UNIT_PRICE_PLACES, NotAnAmount, parse_units
from backend.core.numbers import NotANumber, number, whole_number
from backend.exchange.files import Line


class BadCell(ValueError):
    """Why a cell cannot stand, as a sentence."""


def needed(line: Line, field: str) -> str:
    said = line.get(field)
    if not said:
        raise BadCell(f"{shown(field)} is missing.")
    return said


def whole(line: Line, field: str, *, least: int = 0, most: int = 1_000_000_000) -> int:
    said = needed(line, field)
    try:
        found = whole_number(said, line.marks.get(field))
    except NotANumber as error:
        raise BadCell(f"{shown(field)} should be a whole number. {error}") from error
    if not least <= found <= most:
        raise BadCell(f"{shown(field)} should be a whole number from {least} to {most}; it is “{said[:40]}”.")
    return found


def unit_price(line: Line, field: str) -> int:
    """Ten-thousandths, with the decimal mark of the column."""
    said = needed(line, field)
    try:
        amount = parse_units(number(said, line.marks.get(field)), UNIT_PRICE_PLACES)
    except NotANumber as error:
        raise BadCell(f"{shown(field)} should be an amount like 12.50. {error}") from error
    except NotAnAmount:
        raise BadCell(f"{shown(field)} should have four decimals at most; it is “{said[:40]}”.") from None
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
