"""Who is asking, and what she may do. Resolved afresh for each request; nothing about rights is kept between requests."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from backend.core.errors import Forbidden, NotSignedIn


class Role(StrEnum):
    """Buyers have a role in their company; staff have one with the seller."""

    BUYER = "BUYER"
    APPROVER = "APPROVER"
    COMPANY_ADMIN = "COMPANY_ADMIN"
    SALES_REP = "SALES_REP"
    SALES_MANAGER = "SALES_MANAGER"
    MARKETING = "MARKETING"
    WAREHOUSE = "WAREHOUSE"
    FINANCE = "FINANCE"
    ADMIN = "ADMIN"


BUYER_ROLES = frozenset({Role.BUYER, Role.APPROVER, Role.COMPANY_ADMIN})
REP_ROLES = frozenset({Role.SALES_REP, Role.SALES_MANAGER})
STAFF_ROLES = frozenset(Role) - BUYER_ROLES


class Permission(StrEnum):
    """What an action asks for in its first line."""

    BROWSE = "BROWSE"  # see the catalogue
    SHOP = "SHOP"  # keep a cart and place orders, for the location that the viewer is bound to
    SEE_ORDERS = "SEE_ORDERS"
    MANAGE_MEMBERS = "MANAGE_MEMBERS"  # of one's own company; staff: of any
    ACT_FOR_BUYERS = "ACT_FOR_BUYERS"
    SEE_COST = "SEE_COST"
    EXPLAIN_ANY_PRICE = "EXPLAIN_ANY_PRICE"
    SEE_CREDIT = "SEE_CREDIT"
    MANAGE_COMPANIES = "MANAGE_COMPANIES"
    MANAGE_CATALOGUE = "MANAGE_CATALOGUE"
    MANAGE_ASSORTMENTS = "MANAGE_ASSORTMENTS"
    MANAGE_PRICES = "MANAGE_PRICES"
    MANAGE_STOCK = "MANAGE_STOCK"
    MANAGE_ORDERS = "MANAGE_ORDERS"
    MANAGE_CREDIT = "MANAGE_CREDIT"
    MANAGE_SETTINGS = "MANAGE_SETTINGS"
    MANAGE_PROMOTIONS = "MANAGE_PROMOTIONS"


_P = Permission
_BUYER = {_P.BROWSE, _P.SHOP, _P.SEE_ORDERS, _P.SEE_CREDIT}
_REP = {_P.BROWSE, _P.SHOP, _P.SEE_ORDERS, _P.ACT_FOR_BUYERS, _P.SEE_COST, _P.EXPLAIN_ANY_PRICE, _P.SEE_CREDIT}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.BUYER: frozenset(_BUYER),
    Role.APPROVER: frozenset(_BUYER),
    Role.COMPANY_ADMIN: frozenset(_BUYER | {_P.MANAGE_MEMBERS}),
    Role.SALES_REP: frozenset(_REP),
    Role.SALES_MANAGER: frozenset(
        _REP
        | {_P.MANAGE_COMPANIES, _P.MANAGE_MEMBERS, _P.MANAGE_PRICES, _P.MANAGE_ASSORTMENTS, _P.MANAGE_ORDERS, _P.MANAGE_PROMOTIONS}
    ),
    Role.MARKETING: frozenset({_P.BROWSE, _P.SEE_COST, _P.MANAGE_CATALOGUE, _P.MANAGE_ASSORTMENTS, _P.MANAGE_PROMOTIONS}),
    Role.WAREHOUSE: frozenset({_P.BROWSE, _P.SEE_ORDERS, _P.MANAGE_STOCK, _P.MANAGE_ORDERS}),
    Role.FINANCE: frozenset(
        {_P.BROWSE, _P.SEE_ORDERS, _P.SEE_COST, _P.SEE_CREDIT, _P.MANAGE_CREDIT, _P.MANAGE_ORDERS, _P.EXPLAIN_ANY_PRICE}
    ),
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The tenant. `company_id` and `location_id` say for whom is bought: None for staff who act for nobody."""

    user_id: int | None = None
    role: Role | None = None
    email: str = ""
    name: str = ""
    company_id: int | None = None
    location_id: int | None = None
    acting_for: bool = False
    group_ids: tuple[int, ...] = ()
    currency: str = "EUR"  # the location's; the seller's own for staff without a location
    price_strategy: str = "PRIORITY"
    base_currency: str = "EUR"
    timezone: str = "UTC"
    stock_display_cap: int = 200
    low_stock_at: int = 20
    session_id: int | None = None
    permissions: frozenset[Permission] = field(default=frozenset())
    memo: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)  # what this request has looked up already

    @property
    def is_signed_in(self) -> bool:
        return self.role is not None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def is_buyer(self) -> bool:
        return self.role in BUYER_ROLES

    @property
    def sees_everything(self) -> bool:
        """Staff without a location see the whole catalogue at default-list prices."""
        return self.is_staff and self.location_id is None

    @property
    def key(self) -> str:
        """Names this viewer in idempotency keys and rate limits: a rep's key for one location is not her key for another."""
        return f"{self.user_id or 0}:{self.location_id or 0}"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises NotSignedIn or Forbidden."""
        if self.role is None:
            raise NotSignedIn
        if permission not in self.permissions:
            raise Forbidden

    def require_signed_in(self) -> None:
        if self.role is None:
            raise NotSignedIn


def system_viewer() -> Viewer:
    """The command line and the demo act as the seller herself."""
    return Viewer(role=Role.ADMIN, name="Linesheet", permissions=PERMISSIONS[Role.ADMIN])
