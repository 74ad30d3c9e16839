"""What the seller says about companies and people, before it is checked: shapes shared by the API, imports and demo data.

A field that is left at KEEP stays as it is stored, or gets its default in something new; None clears. Codes, numbers and e-mail
addresses name things, since those are what files hold.
"""

from dataclasses import dataclass

from backend.core.faults import KEEP, Keep
from backend.core.viewer import Role


@dataclass(frozen=True, slots=True)
class AddressDraft:
    line1: str
    city: str
    country: str  # ISO 3166-1 alpha-2
    name: str | None = None
    phone: str | None = None
    line2: str | None = None
    region: str | None = None
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class CompanyDraft:
    """Found by its number; a new one needs a name, a category and payment terms."""

    number: str
    name: str | Keep = KEEP
    category: str | Keep = KEEP  # one of rules.CompanyCategory
    tax_id: str | Keep | None = KEEP
    payment_terms: str | Keep = KEEP  # their code
    price_strategy: str | Keep | None = KEEP  # None: the seller's
    is_active: bool | Keep = KEEP
    groups: tuple[str, ...] | Keep = KEEP  # codes; these and no others
    sales_reps: tuple[str, ...] | Keep = KEEP  # e-mail addresses; these and no others
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class LocationDraft:
    """Found by its number; a new one needs a company, a name, a currency and an address."""

    number: str
    company: str | Keep = KEEP  # the company's number; a location never moves to another company
    name: str | Keep = KEEP
    currency: str | Keep = KEEP
    tax_id: str | Keep | None = KEEP
    email: str | Keep | None = KEEP  # where mails about its orders go as well
    address: AddressDraft | Keep = KEEP
    billing_address: AddressDraft | Keep | None = KEEP  # None, or nothing said of a new one: the address
    is_active: bool | Keep = KEEP
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class TermsDraft:
    code: str
    name: str
    due_in_days: int
    deposit_percent_e4: int = 0  # ten-thousandths of a percent
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """Locations by key. Nobody but a company admin may order without being given a location."""

    email: str
    name: str
    role: Role = Role.BUYER
    locations: tuple[int, ...] = ()
    default_location: int | None = None  # None: the first


@dataclass(frozen=True, slots=True)
class MemberChanges:
    role: Role | Keep = KEEP
    locations: tuple[int, ...] | Keep = KEEP
    default_location: int | Keep | None = KEEP
    is_active: bool | Keep = KEEP


@dataclass(frozen=True, slots=True)
class SellerChanges:
    """The currency is not among them: prices, limits and orders are written in it."""

    name: str | Keep = KEEP
    timezone: str | Keep = KEEP
    country: str | Keep = KEEP
    price_strategy: str | Keep = KEEP
    break_scope: str | Keep = KEEP
    stock_display_cap: int | Keep = KEEP
    low_stock_at: int | Keep = KEEP


@dataclass(frozen=True, slots=True)
class Saved:
    """What a bulk action did: the keys in the order of the drafts, and how many were new, changed, or as they had been."""

    keys: tuple[int, ...] = ()
    new: int = 0
    changed: int = 0
    unchanged: int = 0
