"""Price lists, prices and tax rates as the seller keeps them."""

from dataclasses import dataclass
from typing import Annotated

import strawberry
from strawberry import UNSET

from backend.api.context import Info
from backend.api.errors import InUse, InvalidInput, NotFound
from backend.api.inputs import kept, kept_unless_given
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo
from backend.api.products import PriceBreak
from backend.api.scalars import Currency, Date, Decimal
from backend.api.seller_assortments import Audience
from backend.api.seller_catalogue import Deleted, DeletedResult
from backend.api.seller_inputs import AudienceInput, argument, check_rows, key_of, optional_key, places_e4
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.core import errors
from backend.core.errors import BadInput
from backend.core.viewer import Permission, Viewer
from backend.graphql.pagination import Connection, Page
from backend.pricing import actions, records
from backend.pricing.drafts import PriceListDraft, PriceReport, PriceRow, TaxRateDraft


@strawberry.type(
    description="Prices in one currency. The lowest priority is looked at first; a contract wins over every other list, the default list comes last."
)
@answers(records.PriceListRecord)
class PriceList(Node, Versioned):
    id: strawberry.ID
    code: str
    name: str
    currency: Currency
    priority: int
    is_contract: bool
    is_default: bool
    mergeable: bool
    valid_from: Date | None
    valid_to: Date | None
    is_active: bool
    price_count: int
    audiences: list[Audience]


@strawberry.type
class PriceListEdge:
    cursor: str
    node: PriceList


@strawberry.type
class PriceListConnection:
    edges: list[PriceListEdge]
    nodes: list[PriceList]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="The price of a variant in a list, with its breaks, from a day on (null: since ever).")
class Price:
    sku: str
    name: str
    variant_id: strawberry.ID
    valid_from: Date | None
    valid_to: Date | None
    breaks: list[PriceBreak]


@strawberry.type
class PriceEdge:
    cursor: str
    node: Price


@strawberry.type
class PriceConnection:
    edges: list[PriceEdge]
    nodes: list[Price]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="What is charged on a class of product that is shipped to a country.")
@answers(records.TaxRateRecord)
class TaxRate(Versioned):
    country: str
    tax_class: str
    name: str
    rate: Decimal


@strawberry.type(description="How many prices were new, changed, taken away, and as they were already.")
class SetPricesDone:
    created: int
    changed: int
    removed: int
    unchanged: int


@dataclass(slots=True)
class TaxRatesView:
    tax_rates: list[records.TaxRateRecord]


@strawberry.type
@answers(TaxRatesView)
class SaveTaxRatesDone:
    tax_rates: list[TaxRate]


@strawberry.input(
    description="Found again by its code; a new one needs a currency, which never changes. Absent stays. A new default list takes the"
    " place of the one before in its currency."
)
class SavePriceListInput:
    code: str
    name: str | None = UNSET
    currency: Currency | None = UNSET
    priority: int | None = UNSET
    is_contract: bool | None = UNSET
    is_default: bool | None = UNSET
    mergeable: bool | None = UNSET
    valid_from: Date | None = UNSET
    valid_to: Date | None = UNSET
    is_active: bool | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)

    def draft(self) -> PriceListDraft:
        return PriceListDraft(
            code=self.code,
            name=kept_unless_given(self.name),
            currency=kept_unless_given(self.currency),
            priority=kept_unless_given(self.priority),
            is_contract=kept_unless_given(self.is_contract),
            is_default=kept_unless_given(self.is_default),
            mergeable=kept_unless_given(self.mergeable),
            valid_from=kept(self.valid_from),
            valid_to=kept(self.valid_to),
            is_active=kept_unless_given(self.is_active),
            expected_version=self.expected_version,
        )


@strawberry.input(description="From so many pieces on, one costs this much in the list's currency: up to four decimals.")
class PriceBreakInput:
    minimum_quantity: int = 1
    amount: Decimal


@strawberry.input(
    description="One of sku and variantId. All breaks of that variant from that day on; an empty list takes the price away."
)
class PriceInput:
    sku: str | None = None
    variant_id: strawberry.ID | None = None
    breaks: list[PriceBreakInput]
    valid_from: Date | None = strawberry.field(default=None, description="Null: since ever.")
    valid_to: Date | None = None

    def row(self, at: int) -> PriceRow:
        if (self.sku is None) == (self.variant_id is None):
            raise BadInput("Give exactly one of sku and variantId.")
        breaks = tuple(
            (given.minimum_quantity, places_e4(given.amount, "prices", str(at), "breaks", str(index), "amount"))
            for index, given in enumerate(self.breaks)
        )
        variant = None if self.variant_id is None else key_of("variant", self.variant_id)
        return PriceRow(breaks, self.sku, variant, self.valid_from, self.valid_to)


@strawberry.input(description="Found again by country and class; `rate` in percent.")
class TaxRateInput:
    country: str
    tax_class: str
    name: str
    rate: Decimal
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


PriceListResult = Annotated[PriceList | Stale | InUse | InvalidInput | NotFound, strawberry.union("PriceListResult")]
SetPricesResult = Annotated[SetPricesDone | Stale | InvalidInput | NotFound, strawberry.union("SetPricesResult")]
SaveTaxRatesResult = Annotated[SaveTaxRatesDone | Stale | InvalidInput, strawberry.union("SaveTaxRatesResult")]


@strawberry.type
class SellerPricesQuery:
    @strawberry.field(
        graphql_type=PriceListConnection, description="By priority; `query` looks in codes and names. For those who manage prices."
    )
    async def price_lists(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
        query: str | None = None,
    ) -> Connection[records.PriceListRecord]:  # fmt: skip
        return await records.price_list_records(info.context.viewer, Page.of(first, after, last, before), query=query)

    @strawberry.field(
        graphql_type=PriceConnection,
        description="The prices of one list, by SKU; `query` looks in SKUs and names. For those who manage prices.",
    )
    async def prices(
        self, info: Info, price_list_id: strawberry.ID, first: int | None = None, after: str | None = None, last: int | None = None,
        before: str | None = None, query: str | None = None,
    ) -> Connection[records.PriceRecord]:  # fmt: skip
        page = Page.of(first, after, last, before)
        return await records.price_records(info.context.viewer, key_of("pricelist", price_list_id), page, query=query)

    @strawberry.field(graphql_type=list[TaxRate], description="By country and class. For those who manage prices.")
    async def tax_rates(self, info: Info) -> list[records.TaxRateRecord]:
        return await records.tax_rate_records(info.context.viewer)


@strawberry.type
class SellerPricesMutation:
    @strawberry.mutation(
        graphql_type=PriceListResult,
        description="Makes a price list, or changes the one with this code; with `onlyNew`, a code that is taken is refused."
        " Returns InUse when it switches off a list that somebody buys by, or the default one.",
    )
    async def save_price_list(
        self, info: Info, input: SavePriceListInput, only_new: bool = False, even_if_in_use: bool = False
    ) -> records.PriceListRecord:
        viewer = info.context.viewer
        with argument("input"):
            key = await actions.save_price_list(viewer, input.draft(), only_new=only_new, even_if_in_use=even_if_in_use)
        return await _price_list(viewer, key)

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="Deletes a list with its prices. Its audiences buy by the successor, a list of the same currency; without one, there"
        " must be none. For those who manage prices.",
    )
    async def delete_price_list(self, info: Info, id: strawberry.ID, successor_id: strawberry.ID | None = None) -> Deleted:
        await actions.delete_price_list(info.context.viewer, key_of("pricelist", id), optional_key("pricelist", successor_id))
        return Deleted(id=id)

    @strawberry.mutation(graphql_type=PriceListResult, description="The company, group or location buys by this list too.")
    async def assign_price_list(self, info: Info, id: strawberry.ID, audience: AudienceInput) -> records.PriceListRecord:
        info.context.viewer.require(Permission.MANAGE_PRICES)
        await actions.assign_price_list(info.context.viewer, key_of("pricelist", id), audience.audience())
        return await _price_list(info.context.viewer, key_of("pricelist", id))

    @strawberry.mutation(graphql_type=PriceListResult)
    async def unassign_price_list(self, info: Info, id: strawberry.ID, audience: AudienceInput) -> records.PriceListRecord:
        info.context.viewer.require(Permission.MANAGE_PRICES)
        await actions.unassign_price_list(info.context.viewer, key_of("pricelist", id), audience.audience())
        return await _price_list(info.context.viewer, key_of("pricelist", id))

    @strawberry.mutation(
        graphql_type=SetPricesResult,
        description="Up to 1,000 prices of one list: all of them or none. They hold from the next request on.",
    )
    async def set_prices(
        self,
        info: Info,
        price_list_id: strawberry.ID,
        prices: list[PriceInput],
        expected_version: Annotated[int | None, strawberry.argument(description=f"Of the list. {EXPECTED}")] = None,
    ) -> SetPricesDone:
        viewer = info.context.viewer
        viewer.require(Permission.MANAGE_PRICES)
        check_rows(prices)
        with argument("prices"):
            rows = [price.row(at) for at, price in enumerate(prices)]
            key = key_of("pricelist", price_list_id)
            return _done(await actions.set_prices(viewer, key, rows, expected_version=expected_version))

    @strawberry.mutation(
        graphql_type=SetPricesResult,
        description="Prices agreed with one company, group or location: they win over every list. Up to 1,000: all of them or none.",
    )
    async def set_contract_prices(
        self, info: Info, audience: AudienceInput, currency: Currency, prices: list[PriceInput]
    ) -> SetPricesDone:
        viewer = info.context.viewer
        viewer.require(Permission.MANAGE_PRICES)
        check_rows(prices)
        with argument("prices"):
            rows = [price.row(at) for at, price in enumerate(prices)]
            return _done(await actions.set_contract_prices(viewer, audience.audience(), currency, rows))

    @strawberry.mutation(
        graphql_type=SaveTaxRatesResult,
        description="Rates by country and class of product; with `onlyNew`, what has a rate already is refused. Answers all rates.",
    )
    async def save_tax_rates(self, info: Info, rates: list[TaxRateInput], only_new: bool = False) -> TaxRatesView:
        viewer = info.context.viewer
        viewer.require(Permission.MANAGE_PRICES)
        check_rows(rates)
        with argument("rates"):
            drafts = [
                TaxRateDraft(
                    rate.country,
                    rate.tax_class,
                    rate.name,
                    places_e4(rate.rate, "rates", str(at), "rate"),
                    rate.expected_version,
                )
                for at, rate in enumerate(rates)
            ]
            await actions.save_tax_rates(viewer, drafts, only_new=only_new)
        return TaxRatesView(await records.tax_rate_records(viewer))

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="From then on tax there is to be confirmed. Returns InUse while a location is there."
        " The id returned is country and class.",
    )
    async def delete_tax_rate(self, info: Info, country: str, tax_class: str, even_if_in_use: bool = False) -> Deleted:
        await actions.delete_tax_rate(info.context.viewer, country, tax_class, even_if_in_use=even_if_in_use)
        return Deleted(id=strawberry.ID(f"{country}/{tax_class}"))


def _done(report: PriceReport) -> SetPricesDone:
    return SetPricesDone(created=report.created, changed=report.changed, removed=report.removed, unchanged=report.unchanged)


async def _price_list(viewer: Viewer, key: int) -> records.PriceListRecord:
    found = await records.find_price_list_record(viewer, key)
    if found is None:
        raise errors.NotFound("There is no such price list.")
    return found


async def _find_price_list(viewer: Viewer, key: int) -> records.PriceListRecord | None:
    """For `node`: to others than those who manage prices there is none."""
    return await records.find_price_list_record(viewer, key) if viewer.may(Permission.MANAGE_PRICES) else None


found_by("pricelist", _find_price_list)


async def _tax_rate(viewer: Viewer, key: int) -> records.TaxRateRecord | None:
    return next(iter(await records.tax_rate_records(viewer, key)), None)


shown_by("pricelist", _price_list)
shown_by("taxrate", _tax_rate)
