"""The seller's conditions for every order: the least value, and the ways of shipping with their prices."""

from typing import Annotated, Any

import strawberry

from backend.api.context import Info
from backend.api.errors import InUse, InvalidInput, NotFound
from backend.api.inputs import money_of
from backend.api.node import answers
from backend.api.scalars import Currency, Money, MoneyInput
from backend.api.seller_inputs import AudienceInput, argument
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.carts import conditions
from backend.carts.conditions import EVERYBODY, OrderMinimumRecord, ShippingDraft, ShippingMethodRecord
from backend.core.errors import InvalidInput as InvalidInputProblem
from backend.core.errors import Why
from backend.core.viewer import Viewer


@strawberry.type(
    description="From which value, without tax, orders start, and for whom; no id means everybody. The narrowest one decides."
)
class OrderMinimum:
    amount: Money
    company_id: strawberry.ID | None
    group_id: strawberry.ID | None
    location_id: strawberry.ID | None


@strawberry.type(
    description="A way of shipping as the seller keeps it. `price` null: confirmed for each order. No countries: everywhere."
)
@answers(ShippingMethodRecord)
class ShippingMethodTerms(Versioned):
    code: str
    name: str
    currency: Currency
    price: Money | None
    free_from: Money | None
    countries: list[str]
    position: int


@strawberry.type
class OrderMinimums:
    order_minimums: list[OrderMinimum]


@strawberry.type
class ShippingMethods:
    shipping_methods: list[ShippingMethodTerms]


@strawberry.input(
    description="Found again by code and currency. Amounts are in that currency; `freeFrom` is an order value without tax."
)
class ShippingMethodInput:
    code: str
    name: str
    currency: Currency
    price: MoneyInput | None = None
    free_from: MoneyInput | None = None
    countries: list[str] | None = None
    position: int | None = 0
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)

    def draft(self) -> ShippingDraft:
        return ShippingDraft(
            code=self.code,
            name=self.name,
            currency=self.currency,
            price_minor=self._minor("price", self.price),
            free_from_minor=self._minor("freeFrom", self.free_from),
            countries=tuple(self.countries or ()),
            position=self.position or 0,
            expected_version=self.expected_version,
        )

    def _minor(self, name: str, amount: MoneyInput | None) -> int | None:
        if amount is None:
            return None
        if amount.currency != self.currency:
            raise InvalidInputProblem(
                Why.WRONG_CURRENCY(f"This method is in {self.currency}; the amount is in {amount.currency}."),
                ["input", name, "currency"],
            )
        return money_of(amount, ["input", name]).minor


OrderMinimumsResult = Annotated[OrderMinimums | InvalidInput | NotFound, strawberry.union("OrderMinimumsResult")]
ShippingMethodsResult = Annotated[
    ShippingMethods | Stale | InUse | InvalidInput | NotFound, strawberry.union("ShippingMethodsResult")
]


@strawberry.type
class SellerConditionsQuery:
    @strawberry.field(graphql_type=list[OrderMinimum], description="For those who keep the seller's settings.")
    async def order_minimums(self, info: Info) -> list[OrderMinimumRecord]:
        return await conditions.order_minimums(info.context.viewer)

    @strawberry.field(graphql_type=list[ShippingMethodTerms], description="For those who keep the seller's settings.")
    async def shipping_methods(self, info: Info) -> list[ShippingMethodRecord]:
        return await conditions.shipping_methods(info.context.viewer)


@strawberry.type
class SellerConditionsMutation:
    @strawberry.mutation(
        graphql_type=OrderMinimumsResult,
        description="The least value of an order in a currency, for everybody or for one company, group or location. Zero asks for nothing.",
    )
    async def set_order_minimum(self, info: Info, amount: MoneyInput, audience: AudienceInput | None = None) -> OrderMinimums:
        viewer = info.context.viewer
        await conditions.set_order_minimum(viewer, money_of(amount, ["amount"]), audience.audience() if audience else EVERYBODY)
        return OrderMinimums(order_minimums=_as_answered(await conditions.order_minimums(viewer)))

    @strawberry.mutation(graphql_type=OrderMinimumsResult, description="From now on the next wider minimum decides.")
    async def clear_order_minimum(self, info: Info, currency: Currency, audience: AudienceInput | None = None) -> OrderMinimums:
        viewer = info.context.viewer
        await conditions.clear_order_minimum(viewer, currency, audience.audience() if audience else EVERYBODY)
        return OrderMinimums(order_minimums=_as_answered(await conditions.order_minimums(viewer)))

    @strawberry.mutation(
        graphql_type=ShippingMethodsResult,
        description="Makes a way of shipping, or changes the one with this code and currency; with `onlyNew`, one that is there is refused.",
    )
    async def save_shipping_method(self, info: Info, input: ShippingMethodInput, only_new: bool = False) -> ShippingMethods:
        viewer = info.context.viewer
        with argument("input", one=True):
            await conditions.save_shipping_methods(viewer, [input.draft()], only_new=only_new)
        return ShippingMethods(shipping_methods=_as_answered(await conditions.shipping_methods(viewer)))

    @strawberry.mutation(
        graphql_type=ShippingMethodsResult,
        description="Carts that chose it get the successor. Without one, returns InUse while carts chose it or it is the last of a currency"
        " in use; with `evenIfInUse`, such carts fall back to the first method that is left.",
    )
    async def delete_shipping_method(
        self, info: Info, code: str, currency: Currency, successor_code: str | None = None, even_if_in_use: bool = False
    ) -> ShippingMethods:
        viewer = info.context.viewer
        await conditions.delete_shipping_method(viewer, code, currency, successor_code, even_if_in_use=even_if_in_use)
        return ShippingMethods(shipping_methods=_as_answered(await conditions.shipping_methods(viewer)))


def _as_answered(records: Any) -> Any:
    """A room's records, answered as the types of this file without copying."""
    return records


async def _method(viewer: Viewer, key: int) -> ShippingMethodRecord | None:
    return next(iter(await conditions.shipping_methods(viewer, key)), None)


shown_by("shipping", _method)
