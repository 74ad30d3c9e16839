"""Pure rules of what a buyer sees: availability, quantities that may be ordered, and the matrix of a product."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import product as combinations
from math import lcm


class AvailabilityStatus(StrEnum):
    IN_STOCK = "IN_STOCK"
    LOW = "LOW"
    BACKORDER = "BACKORDER"  # none here, but it may be ordered and will follow
    INCOMING = "INCOMING"  # none here; a delivery is announced
    UNAVAILABLE = "UNAVAILABLE"


class PriceStatus(StrEnum):
    PRICED = "PRICED"
    ON_REQUEST = "ON_REQUEST"
    HIDDEN = "HIDDEN"


def availability_status(available: int, *, low_at: int, sells_without_stock: bool, next_arrival: date | None) -> AvailabilityStatus:
    if available > low_at:
        return AvailabilityStatus.IN_STOCK
    if available > 0:
        return AvailabilityStatus.LOW
    if sells_without_stock:
        return AvailabilityStatus.BACKORDER
    return AvailabilityStatus.INCOMING if next_arrival else AvailabilityStatus.UNAVAILABLE


def step_of(increment: int, pack_units: int | None) -> int:
    """Quantities go up in this step: the increment, and whole packs when a pack is named."""
    return lcm(increment, pack_units) if pack_units else increment


def valid_quantity_at_least(quantity: int, minimum: int, step: int) -> int:
    """The least quantity that may be ordered and is at least this: a multiple of the step, not below the minimum."""
    return -(-max(quantity, minimum, 1) // step) * step


def valid_quantity_at_most(quantity: int, minimum: int, step: int) -> int | None:
    """The greatest quantity that may be ordered and is at most this; None when there is none."""
    best = quantity // step * step
    return best if best >= max(minimum, 1) else None


def matrix(values: Sequence[Sequence[str]], present: set[tuple[str, ...]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Columns and row labels of a grid: the last axis runs across, every combination of the others down; empty ones are left out.

    A product without options has one unnamed column and one row without a label.
    """
    if not values:
        return ([""], [()]) if present else ([], [])
    *down, across = values
    last = {key[-1] for key in present}
    columns = [value for value in across if value in last]
    rows = {key[:-1] for key in present}
    return columns, [label for label in combinations(*down) if label in rows]
