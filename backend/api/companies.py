"""Companies, their locations and people, as both sides see them, and the lists of where somebody may order."""

import strawberry

from backend.api.context import Info
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo
from backend.api.scalars import Currency, Decimal, Money
from backend.api.versions import Versioned
from backend.companies import listings, views
from backend.companies.rules import BreakScope, CompanyCategory, PriceStrategy
from backend.core.ids import parse_id
from backend.core.viewer import Permission
from backend.graphql.pagination import Connection, Page

# Take these three from here, for mypy too: an enum that is used before it is described would get two descriptions.
__all__ = ["Address", "BreakScope", "Company", "CompanyCategory", "CompanyLocation", "PaymentTerms", "PriceStrategy", "User"]

strawberry.enum(CompanyCategory, description="What kind of trade a company is in.")
strawberry.enum(
    PriceStrategy, description="How several price lists become one price: the first by priority, the lowest, or merged."
)
strawberry.enum(BreakScope, description="What counts together for a quantity break: a variant, a product, a price group.")


@strawberry.type(description="A person, of a company or of the seller.")
@answers(views.UserView)
class User(Node):
    id: strawberry.ID
    email: str = strawberry.field(
        description="The address by which this person signs in. Empty where a buyer looks at one of the seller's people."
    )
    name: str


@strawberry.type
@answers(views.PaymentTermsView)
class PaymentTerms(Versioned):
    code: str
    name: str
    due_in_days: int
    deposit_percent: Decimal


@strawberry.type(
    description="In the currency of the viewer's location. Available: the limit less open orders and invoices, never below zero."
)
class CreditPosition:
    limit: Money
    open_orders: Money
    open_invoices: Money
    overdue: Money
    available: Money
    on_hold: bool


@strawberry.type(description="Companies that share prices or an assortment. For the seller's eyes only.")
@answers(views.GroupView)
class CompanyGroup(Node, Versioned):
    id: strawberry.ID
    code: str
    name: str


@strawberry.type(description="An account that buys.")
@answers(views.CompanyView)
class Company(Node, Versioned):
    id: strawberry.ID
    name: str
    number: str
    category: CompanyCategory
    tax_id: str | None
    is_active: bool
    sales_reps: list[User]
    payment_terms: PaymentTerms
    credit: CreditPosition | None = strawberry.field(
        description="Null: the viewer may not see it, or there is none in this currency."
    )
    groups: list[CompanyGroup] | None = strawberry.field(description="Null for all but those who manage companies.")


@strawberry.type
class Address:
    name: str | None
    phone: str | None
    line1: str
    line2: str | None
    city: str
    region: str | None
    postcode: str | None
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")


@strawberry.type(
    description="Where a company orders from and has goods sent to; it decides currency, assortment, prices and rules."
)
@answers(views.LocationView, views.PlaceView)
class CompanyLocation(Node, Versioned):
    id: strawberry.ID
    name: str
    number: str
    company: Company
    currency: Currency
    tax_id: str | None
    email: str | None = strawberry.field(description="Where mails about its orders go, beside who placed them.")
    is_active: bool
    address: Address
    billing_address: Address


@strawberry.type
class CompanyEdge:
    cursor: str
    node: Company


@strawberry.type
class CompanyConnection:
    edges: list[CompanyEdge]
    nodes: list[Company]
    page_info: PageInfo
    total_count: int


@strawberry.type
class LocationEdge:
    cursor: str
    node: CompanyLocation


@strawberry.type
class LocationConnection:
    edges: list[LocationEdge]
    nodes: list[CompanyLocation]
    page_info: PageInfo
    total_count: int


@strawberry.type
class CompaniesQuery:
    @strawberry.field(
        graphql_type=LocationConnection,
        description="Where the viewer may order; reps: for their accounts; other staff: all. `query` looks in names, numbers and towns.",
    )
    async def locations(
        self,
        info: Info,
        query: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        company_id: strawberry.ID | None = None,
        with_inactive: bool = False,
    ) -> Connection[views.LocationView]:
        page = Page.of(first, after, last, before)
        company = _key("company", company_id)
        return await listings.locations(info.context.viewer, page, query=query, company_id=company, with_inactive=with_inactive)

    @strawberry.field(
        graphql_type=CompanyConnection,
        description="Reps: their accounts; other staff: all; buyers: their own. `query` looks in names, numbers and towns; for staff who may see"
        " people also in their names and e-mail addresses.",
    )
    async def companies(
        self,
        info: Info,
        query: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        group_id: strawberry.ID | None = None,
    ) -> Connection[views.CompanyView]:
        page, viewer = Page.of(first, after, last, before), info.context.viewer
        if group_id is not None:
            viewer.require(Permission.MANAGE_COMPANIES)  # a buyer could else find out which groups she is in
        return await listings.companies(viewer, page, query=query, group_id=_key("group", group_id))


def _key(kind: str, text: str | None) -> int | None:
    """None when nothing is asked; 0, which nothing has, for an id that is none of ours."""
    return None if text is None else parse_id(kind, text) or 0


found_by("company", listings.find_company)
found_by("location", listings.find_location)
found_by("user", listings.find_user)
