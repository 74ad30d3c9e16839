"""What the seller does about her accounts: companies, locations, groups, payment terms, reps, credit, and her own settings."""

from typing import Annotated, TypeVar

import strawberry

from backend.api.companies import BreakScope, Company, CompanyCategory, CompanyGroup, CompanyLocation, PaymentTerms, PriceStrategy
from backend.api.context import Info
from backend.api.errors import InUse, InvalidInput, NotFound
from backend.api.inputs import kept, kept_unless_given, money_of
from backend.api.node import answers, found_by
from backend.api.scalars import Currency, Decimal, MoneyInput
from backend.api.seller_catalogue import Deleted, DeletedResult
from backend.api.seller_inputs import key_of, optional_key
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.companies import listings, views
from backend.companies.actions import accounts, seller
from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft, SellerChanges, TermsDraft
from backend.companies.queries import company_views, location_views
from backend.companies.rules import normal_email
from backend.core import errors
from backend.core.errors import Why
from backend.core.faults import KEEP, Keep
from backend.core.ids import parse_id
from backend.core.money import NotAnAmount, parse_units
from backend.core.viewer import Viewer

T = TypeVar("T")


@strawberry.type(description="The seller's own settings.")
@answers(views.SellerView)
class Seller(Versioned):
    name: str
    currency: Currency
    timezone: str
    country: str
    price_strategy: PriceStrategy
    break_scope: BreakScope
    stock_display_cap: int
    low_stock_at: int


@strawberry.input
class AddressInput:
    line1: str
    city: str
    country: str
    name: str | None = None
    phone: str | None = None
    line2: str | None = None
    region: str | None = None
    postcode: str | None = None


@strawberry.input
class CreateCompanyInput:
    number: str
    name: str
    category: CompanyCategory
    payment_terms: str = strawberry.field(description="The code of the payment terms.")
    tax_id: str | None = None
    price_strategy: PriceStrategy | None = strawberry.field(default=None, description="Null: the seller's.")


@strawberry.input(description="What is absent stays; null clears.")
class UpdateCompanyInput:
    name: str | None = strawberry.UNSET
    category: CompanyCategory | None = strawberry.UNSET
    payment_terms: str | None = strawberry.UNSET
    tax_id: str | None = strawberry.UNSET
    price_strategy: PriceStrategy | None = strawberry.UNSET
    is_active: bool | None = strawberry.UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input
class CreateLocationInput:
    number: str
    name: str
    currency: Currency
    address: AddressInput
    billing_address: AddressInput | None = strawberry.field(default=None, description="Null: the address.")
    tax_id: str | None = None
    email: str | None = strawberry.field(default=None, description="Where mails about its orders go, beside who placed them.")


@strawberry.input(description="What is absent stays; null clears.")
class UpdateLocationInput:
    name: str | None = strawberry.UNSET
    currency: Currency | None = strawberry.UNSET
    address: AddressInput | None = strawberry.UNSET
    billing_address: AddressInput | None = strawberry.UNSET
    tax_id: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    is_active: bool | None = strawberry.UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input
class PaymentTermsInput:
    code: str
    name: str
    due_in_days: int
    deposit_percent: Decimal = Decimal("0")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="What is absent or null stays.")
class UpdateSellerInput:
    name: str | None = strawberry.UNSET
    timezone: str | None = strawberry.UNSET
    country: str | None = strawberry.UNSET
    price_strategy: PriceStrategy | None = strawberry.UNSET
    break_scope: BreakScope | None = strawberry.UNSET
    stock_display_cap: int | None = strawberry.UNSET
    low_stock_at: int | None = strawberry.UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


CompanyResult = Annotated[Company | Stale | InUse | InvalidInput | NotFound, strawberry.union("CompanyResult")]
LocationResult = Annotated[CompanyLocation | Stale | InUse | InvalidInput | NotFound, strawberry.union("LocationResult")]
CompanyGroupResult = Annotated[CompanyGroup | Stale | InvalidInput, strawberry.union("CompanyGroupResult")]
PaymentTermsResult = Annotated[PaymentTerms | Stale | InvalidInput, strawberry.union("PaymentTermsResult")]
SellerResult = Annotated[Seller | Stale | InvalidInput | NotFound, strawberry.union("SellerResult")]


@strawberry.type
class SellerCompaniesQuery:
    @strawberry.field(graphql_type=list[CompanyGroup], description="For those who manage companies.")
    async def company_groups(self, info: Info) -> list[views.GroupView]:
        return await listings.groups(info.context.viewer)

    @strawberry.field(graphql_type=list[PaymentTerms], description="For those who manage companies.")
    async def payment_terms(self, info: Info) -> list[views.PaymentTermsView]:
        return await listings.payment_terms(info.context.viewer)

    @strawberry.field(graphql_type=Seller | None, description="For those who manage the seller's settings.")
    async def seller(self, info: Info) -> views.SellerView | None:
        return await listings.seller(info.context.viewer)


@strawberry.type
class SellerCompaniesMutation:
    @strawberry.mutation(graphql_type=CompanyResult)
    async def create_company(self, info: Info, input: CreateCompanyInput) -> views.CompanyView:
        draft = CompanyDraft(
            input.number,
            name=input.name,
            category=input.category,
            tax_id=input.tax_id,
            payment_terms=input.payment_terms,
            price_strategy=input.price_strategy,
        )
        return await _company(info.context.viewer, await accounts.create_company(info.context.viewer, draft))

    @strawberry.mutation(
        graphql_type=CompanyResult, description="Returns InUse when it closes a company that has open orders or filled carts."
    )
    async def update_company(
        self, info: Info, id: strawberry.ID, input: UpdateCompanyInput, even_if_in_use: bool = False
    ) -> views.CompanyView:
        draft = CompanyDraft(
            "",
            name=kept_unless_given(input.name),
            category=kept_unless_given(input.category),
            tax_id=kept(input.tax_id),
            payment_terms=kept_unless_given(input.payment_terms),
            price_strategy=kept(input.price_strategy),
            is_active=kept_unless_given(input.is_active),
            expected_version=input.expected_version,
        )
        key = await accounts.update_company(info.context.viewer, _company_key(id), draft, even_if_in_use=even_if_in_use)
        return await _company(info.context.viewer, key)

    @strawberry.mutation(graphql_type=LocationResult)
    async def create_location(self, info: Info, company_id: strawberry.ID, input: CreateLocationInput) -> views.LocationView:
        draft = LocationDraft(
            input.number,
            name=input.name,
            currency=input.currency,
            tax_id=input.tax_id,
            email=_email(input.email),
            address=_address(input.address),
            billing_address=_address(input.billing_address) if input.billing_address else None,
        )
        key = await accounts.create_location(info.context.viewer, _company_key(company_id), draft)
        return await _location(info.context.viewer, key)

    @strawberry.mutation(
        graphql_type=LocationResult,
        description="Returns InUse when it closes a location, or changes its currency, while it has members, open orders or filled carts.",
    )
    async def update_location(
        self, info: Info, id: strawberry.ID, input: UpdateLocationInput, even_if_in_use: bool = False
    ) -> views.LocationView:
        draft = LocationDraft(
            "",
            name=kept_unless_given(input.name),
            currency=kept_unless_given(input.currency),
            tax_id=kept(input.tax_id),
            email=KEEP if input.email is strawberry.UNSET else _email(input.email),
            address=_kept_address(input.address),
            billing_address=None if input.billing_address is None else _kept_address(input.billing_address),
            is_active=kept_unless_given(input.is_active),
            expected_version=input.expected_version,
        )
        key = await accounts.update_location(
            info.context.viewer, parse_id("location", id) or 0, draft, even_if_in_use=even_if_in_use
        )
        return await _location(info.context.viewer, key)

    @strawberry.mutation(
        graphql_type=PaymentTermsResult,
        description="Creates payment terms, or changes those with this code; with `onlyNew`, a code that is taken is refused.",
    )
    async def save_payment_terms(self, info: Info, input: PaymentTermsInput, only_new: bool = False) -> views.PaymentTermsView:
        viewer = info.context.viewer
        deposit = _percent(input.deposit_percent)
        draft = TermsDraft(input.code, input.name, input.due_in_days, deposit, input.expected_version)
        await seller.save_payment_terms(viewer, draft, only_new=only_new)
        return next(terms for terms in await listings.payment_terms(viewer) if terms.code == input.code)

    @strawberry.mutation(
        graphql_type=CompanyGroupResult, description="Creates a group of companies, or renames the one with this code."
    )
    async def save_company_group(self, info: Info, code: str, name: str, expected_version: int | None = None) -> views.GroupView:
        key = await seller.save_group(info.context.viewer, code, name, expected_version=expected_version)
        return _there(await listings.find_group(info.context.viewer, key))

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="Companies with these payment terms get those with the successor's code; without one, there must be none."
        " The id returned is the code. For those who manage companies.",
    )
    async def delete_payment_terms(self, info: Info, code: str, successor_code: str | None = None) -> Deleted:
        await seller.delete_payment_terms(info.context.viewer, code, successor_code)
        return Deleted(id=strawberry.ID(code))

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="Its companies, assortments, price lists and order minimums move to the successor; without one, there must be none."
        " For those who manage companies.",
    )
    async def delete_company_group(self, info: Info, id: strawberry.ID, successor_id: strawberry.ID | None = None) -> Deleted:
        await seller.delete_group(info.context.viewer, key_of("group", id), optional_key("group", successor_id))
        return Deleted(id=id)

    @strawberry.mutation(graphql_type=CompanyResult)
    async def put_in_group(self, info: Info, company_id: strawberry.ID, group_id: strawberry.ID) -> views.CompanyView:
        key = _company_key(company_id)
        await seller.put_in_group(info.context.viewer, key, parse_id("group", group_id) or 0)
        return await _company(info.context.viewer, key)

    @strawberry.mutation(
        graphql_type=CompanyResult, description="Returns InUse when the group gives the company its last assortment."
    )
    async def take_out_of_group(self, info: Info, company_id: strawberry.ID, group_id: strawberry.ID) -> views.CompanyView:
        key = _company_key(company_id)
        await seller.take_out_of_group(info.context.viewer, key, parse_id("group", group_id) or 0)
        return await _company(info.context.viewer, key)

    @strawberry.mutation(graphql_type=CompanyResult, description="Makes the company one of this rep's accounts.")
    async def assign_rep(self, info: Info, company_id: strawberry.ID, user_id: strawberry.ID) -> views.CompanyView:
        key = _company_key(company_id)
        await seller.assign_rep(info.context.viewer, key, parse_id("user", user_id) or 0)
        return await _company(info.context.viewer, key)

    @strawberry.mutation(graphql_type=CompanyResult)
    async def unassign_rep(self, info: Info, company_id: strawberry.ID, user_id: strawberry.ID) -> views.CompanyView:
        key = _company_key(company_id)
        await seller.unassign_rep(info.context.viewer, key, parse_id("user", user_id) or 0)
        return await _company(info.context.viewer, key)

    @strawberry.mutation(
        graphql_type=CompanyResult,
        description="What the company's open orders may hold in one currency. A limit below what they hold already lets nothing more through.",
    )
    async def set_credit_limit(self, info: Info, company_id: strawberry.ID, limit: MoneyInput) -> views.CompanyView:
        key = _company_key(company_id)
        await seller.set_credit_limit(info.context.viewer, key, money_of(limit, ["limit"]))
        return await _company(info.context.viewer, key)

    @strawberry.mutation(graphql_type=CompanyResult, description="While a company is on hold, it cannot order on account.")
    async def set_credit_hold(self, info: Info, company_id: strawberry.ID, on_hold: bool) -> views.CompanyView:
        key = _company_key(company_id)
        await seller.set_credit_hold(info.context.viewer, key, on_hold)
        return await _company(info.context.viewer, key)

    @strawberry.mutation(graphql_type=SellerResult)
    async def update_seller(self, info: Info, input: UpdateSellerInput) -> views.SellerView:
        changes = SellerChanges(
            name=kept_unless_given(input.name),
            timezone=kept_unless_given(input.timezone),
            country=kept_unless_given(input.country),
            price_strategy=kept_unless_given(input.price_strategy),
            break_scope=kept_unless_given(input.break_scope),
            stock_display_cap=kept_unless_given(input.stock_display_cap),
            low_stock_at=kept_unless_given(input.low_stock_at),
        )
        await seller.update_seller(info.context.viewer, changes, expected_version=input.expected_version)
        return _there(await listings.seller(info.context.viewer))


def _company_key(text: str) -> int:
    """0, which nothing has, for an id that is none of ours."""
    return parse_id("company", text) or 0


def _there(found: T | None) -> T:
    if found is None:
        raise errors.NotFound
    return found


async def _company(viewer: Viewer, key: int) -> views.CompanyView:
    return _there((await company_views(viewer, [key])).get(key))


async def _location(viewer: Viewer, key: int) -> views.LocationView:
    return _there((await location_views(viewer, [key])).get(key))


def _address(given: AddressInput) -> AddressDraft:
    return AddressDraft(given.line1, given.city, given.country, given.name, given.phone, given.line2, given.region, given.postcode)


def _kept_address(given: AddressInput | None) -> AddressDraft | Keep:
    return _address(given) if given else KEEP


def _email(text: str | None) -> str | None:
    return normal_email(text) if text is not None else None


def _percent(text: str) -> int:
    try:
        return parse_units(text, 4)
    except NotAnAmount:
        raise errors.InvalidInput(
            Why.TOO_PRECISE("A percentage has at most four decimal places."), ["input", "depositPercent"]
        ) from None


found_by("group", listings.find_group)


async def _terms(viewer: Viewer, key: int) -> views.PaymentTermsView | None:
    return next(iter(await listings.payment_terms(viewer, key)), None)


async def _seller(viewer: Viewer, key: int) -> views.SellerView | None:
    """There is one, whatever its key."""
    return await listings.seller(viewer)


shown_by("company", _company)
shown_by("location", _location)
shown_by("group", listings.find_group)
shown_by("terms", _terms)
shown_by("seller", _seller)
