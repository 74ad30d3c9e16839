"""What somebody counted or expects: plain values, the same for the API, imports and demo data."""

from dataclasses import dataclass
from datetime import date

from backend.core.faults import KEEP, Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseDraft:
    """Found again by its code. Stock is taken from warehouses in the order of `position`."""

    code: str
    name: str | Keep = KEEP
    position: int | Keep = KEEP
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class StockRow:
    """`quantity` on hand, counted (set) or more or less (adjust). The variant by key or SKU, the warehouse by key or code."""

    quantity: int
    sku: str | None = None
    variant_id: int | None = None
    warehouse: str | None = None
    warehouse_id: int | None = None
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class StockReport:
    created: int
    changed: int
    unchanged: int
    written: frozenset[int]  # keys of the variants whose stock was written
    notices: tuple[str, ...] = ()  # what was taken otherwise than it was sent


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """`quantity` pieces expected in a warehouse on a day; 0 takes the expectation away."""

    quantity: int
    expected_on: date
    sku: str | None = None
    variant_id: int | None = None
    warehouse: str | None = None
    warehouse_id: int | None = None
