"""What somebody wants prices and tax to be: plain values, the same for the API, imports and demo data."""

from dataclasses import dataclass
from datetime import date

from backend.core.faults import KEEP, Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceListDraft:
    """Found again by its code. The currency of a list never changes."""

    code: str
    name: str | Keep = KEEP
    currency: str | Keep = KEEP
    priority: int | Keep = KEEP  # lower is looked at first
    is_contract: bool | Keep = KEEP
    is_default: bool | Keep = KEEP
    mergeable: bool | Keep = KEEP
    valid_from: date | Keep | None = KEEP
    valid_to: date | Keep | None = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The breaks of one variant in a list: (quantity, ten-thousandths of the currency). No breaks: the price is taken away."""

    breaks: tuple[tuple[int, int], ...]
    sku: str | None = None  # or
    variant_id: int | None = None
    valid_from: date | None = None  # none: since ever
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class PriceReport:
    created: int
    changed: int
    removed: int
    unchanged: int
    written: frozenset[int]  # keys of the variants whose price was written


@dataclass(frozen=True, slots=True)
class TaxRateDraft:
    """Found again by country and class. `rate_e4`: ten-thousandths of a percent (19 % = 190000)."""

    country: str
    tax_class: str
    name: str
    rate_e4: int
    expected_version: int | None = None  # another one is stored: Stale
