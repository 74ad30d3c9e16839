"""What a client sees of those who buy and those who serve them: slotted objects whose attributes are the schema's fields.

Ids are public ids. Nothing here asks the database; `queries` fills these in.
"""

from dataclasses import dataclass
from datetime import datetime

from backend.core.money import Money
from backend.core.viewer import Role


@dataclass(slots=True)
class UserView:
    id: str
    email: str
    name: str


@dataclass(slots=True)
class PaymentTermsView:
    code: str
    name: str
    due_in_days: int
    deposit_percent: str
    version: int


@dataclass(slots=True)
class CreditView:
    limit: Money
    open_orders: Money
    open_invoices: Money
    overdue: Money
    available: Money
    on_hold: bool


@dataclass(slots=True)
class GroupView:
    id: str
    code: str
    name: str
    version: int


@dataclass(slots=True)
class CompanyView:
    id: str
    name: str
    number: str
    category: str
    tax_id: str | None
    is_active: bool
    sales_reps: list[UserView]
    payment_terms: PaymentTermsView
    credit: CreditView | None  # None: no account in this currency, or not for this viewer
    version: int
    groups: list[GroupView] | None  # None: not for this viewer


@dataclass(slots=True)
class AddressView:
    line1: str
    city: str
    country: str
    name: str | None = None
    phone: str | None = None
    line2: str | None = None
    region: str | None = None
    postcode: str | None = None


@dataclass(slots=True)
class LocationView:
    id: str
    name: str
    number: str
    company: CompanyView
    currency: str
    tax_id: str | None
    email: str | None
    is_active: bool
    address: AddressView
    billing_address: AddressView
    version: int


@dataclass(slots=True)
class PlaceView:
    """A location of which nobody asks more than this."""

    id: str
    name: str


@dataclass(slots=True)
class ViewerView:
    user: UserView
    role: Role
    company: CompanyView | None
    location: LocationView | None
    acting_for: bool


@dataclass(slots=True)
class SessionView:
    id: str
    created_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    current: bool


@dataclass(slots=True)
class MemberView:
    id: str
    user: UserView
    role: str
    is_active: bool
    invited: bool  # has not set a password yet
    default_location: LocationView | None
    locations: list[LocationView]  # given by name; a company admin may order for all the others as well


@dataclass(slots=True)
class StaffView:
    id: str
    user: UserView
    role: str
    is_active: bool
    invited: bool  # has not set a password yet
    version: int


@dataclass(slots=True)
class SellerView:
    name: str
    currency: str
    timezone: str
    country: str
    price_strategy: str
    break_scope: str
    stock_display_cap: int
    low_stock_at: int
    version: int
