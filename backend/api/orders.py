"""Orders: placing a cart, reading what was agreed, the seller's confirm and both sides' cancel."""

from typing import Annotated, Any

import strawberry

from backend.api.carts import AppliedDiscount, Cart, CartProblem, PaymentMethod, StaleCart, TaxLine, cart_key, cart_needs
from backend.api.companies import Address, Company, CompanyLocation, User
from backend.api.context import Info
from backend.api.errors import Error, InvalidInput, NotFound
from backend.api.inputs import findable, money_of
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo, usually
from backend.api.products import Variant
from backend.api.scalars import Date, DateTime, Money, MoneyInput
from backend.api.selection import selected_names
from backend.carts import errors as cart_errors
from backend.carts.rules import PaymentMethod as PaymentMethodValue
from backend.core.errors import BadInput
from backend.core.ids import parse_id
from backend.core.viewer import Viewer
from backend.graphql.pagination import Page
from backend.orders import actions, placing, queries, rules, views
from backend.orders import errors as order_errors

OrderStatus = rules.OrderStatus
strawberry.enum(OrderStatus, name="OrderStatus", description="Decisions that somebody took.")
FulfilmentStatus = rules.FulfilmentStatus
strawberry.enum(FulfilmentStatus, name="FulfilmentStatus", description="Derived from quantities.")
OrderEventKind = rules.OrderEventKind
strawberry.enum(OrderEventKind, name="OrderEventKind", description="What happened to an order. More may be added.")
OrderChannel = rules.OrderChannel
strawberry.enum(OrderChannel, name="OrderChannel", description="How the order came.")


@strawberry.type(
    description="Copied when the order was placed. `variant` null: not, or no longer, visible to the viewer. Quantities count pieces."
)
@answers(views.OrderLineView)
class OrderLine:
    id: strawberry.ID
    sku: str
    name: str
    variant: Variant | None
    quantity: int
    unit_price: Money
    discount: Money
    total: Money
    requested_ship_date: Date | None
    shipped: int
    backordered: int
    invoiced: int
    cancelled: int


@strawberry.type
class ShipmentLine:
    order_line: OrderLine
    quantity: int


@strawberry.type
class Shipment:
    number: str
    shipped_at: DateTime
    carrier: str | None
    tracking_url: str | None
    lines: list[ShipmentLine]


@strawberry.type(description="What happened to an order, when, by whom (null: by itself).")
class OrderEvent:
    at: DateTime
    kind: OrderEventKind
    message: str
    by: User | None


@strawberry.type(description="What was agreed. Prices, tax and addresses are those of the moment it was placed and never change.")
@answers(views.OrderView)
class Order(Node):
    id: strawberry.ID
    number: str
    status: OrderStatus
    fulfilment: FulfilmentStatus
    channel: OrderChannel
    company: Company
    location: CompanyLocation
    placed_by: User
    on_behalf: bool
    placed_at: DateTime
    purchase_order_number: str | None
    requested_ship_date: Date | None
    cancel_date: Date | None
    note: str | None
    payment_method: PaymentMethod
    shipping_method: str | None = strawberry.field(description="Its name when the order was placed.")
    ship_to: Address
    bill_to: Address
    lines: list[OrderLine] = usually(20)
    subtotal: Money
    discounts: list[AppliedDiscount]
    shipping: Money | None
    tax: Money | None
    total: Money
    tax_lines: list[TaxLine]
    shipments: list[Shipment]
    history: list[OrderEvent]
    may_cancel: bool = strawberry.field(description="Whether this viewer may cancel it now, as far as its status says.")


@strawberry.type
class OrderEdge:
    cursor: str
    node: Order


@strawberry.type
class OrderConnection:
    edges: list[OrderEdge]
    nodes: list[Order]
    page_info: PageInfo
    total_count: int


@strawberry.input
class PlaceOrderInput:
    cart_id: strawberry.ID | None = None
    expected_version: int | None = None
    purchase_order_number: str | None = None
    requested_ship_date: Date | None = None
    cancel_date: Date | None = None
    note: str | None = None
    payment_method: PaymentMethod | None = PaymentMethodValue.ON_ACCOUNT
    expected_total: MoneyInput | None = None

    def placing(self) -> placing.Placing:
        return placing.Placing(
            cart_key(self.cart_id),
            self.expected_version,
            self.purchase_order_number,
            self.requested_ship_date,
            self.cancel_date,
            self.note,
            self.payment_method or PaymentMethodValue.ON_ACCOUNT,
            money_of(self.expected_total, ["input", "expectedTotal"]) if self.expected_total else None,
        )


@strawberry.type(description="One order per ship-to, all in one transaction.")
@answers(placing.OrdersPlaced)
class OrdersPlaced:
    orders: list[Order]
    payment_url: str | None


@strawberry.type(description="Nothing was ordered; each problem says what would do.")
class CartHasProblems(Error):
    message: str
    problems: list[CartProblem]


@strawberry.type(description="Nothing was ordered: the cart now comes to another total than the client expected.")
class TotalChanged(Error):
    message: str
    expected: Money
    actual: Money
    cart: Cart


@strawberry.type(description="The order's state does not allow this: here it is as it now is.")
class OrderMoved(Error):
    message: str
    order: Order


PlaceOrderResult = Annotated[
    OrdersPlaced | CartHasProblems | TotalChanged | StaleCart | InvalidInput | NotFound, strawberry.union("PlaceOrderResult")
]
OrderResult = Annotated[Order | OrderMoved | InvalidInput | NotFound, strawberry.union("OrderResult")]


class CartHasProblemsHandler(strawberry.ExceptionHandler[cart_errors.CartHasProblems, CartHasProblems]):
    def handle(self, exception: cart_errors.CartHasProblems, *, field: Any, info: Info) -> CartHasProblems:
        problems: Any = exception.problems
        return CartHasProblems(message=exception.message, problems=problems)


class TotalChangedHandler(strawberry.ExceptionHandler[cart_errors.TotalChanged, TotalChanged]):
    def handle(self, exception: cart_errors.TotalChanged, *, field: Any, info: Info) -> TotalChanged:
        expected, actual, cart = _as_any(exception.expected), _as_any(exception.actual), _as_any(exception.cart)
        return TotalChanged(message=exception.message, expected=expected, actual=actual, cart=cart)


class OrderMovedHandler(strawberry.ExceptionHandler[order_errors.OrderMoved, OrderMoved]):
    async def handle(self, exception: order_errors.OrderMoved, *, field: Any, info: Info) -> OrderMoved:
        order: Any = await queries.find_order(info.context.viewer, key=exception.order)
        return OrderMoved(message=exception.message, order=order)


def _as_any(value: Any) -> Any:
    return value


HANDLERS = (CartHasProblemsHandler(), TotalChangedHandler(), OrderMovedHandler())


@strawberry.type
class OrdersQuery:
    @strawberry.field(
        description="The orders that the viewer may see, newest first. Dates are the seller's days, inclusive."
        " `query` looks in numbers, purchase order numbers, SKUs and names."
    )
    async def orders(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
        query: str | None = None, status: list[OrderStatus] | None = None, fulfilment: list[FulfilmentStatus] | None = None,
        location_id: strawberry.ID | None = None, placed_from: Date | None = None, placed_to: Date | None = None,
    ) -> OrderConnection:  # fmt: skip
        chosen = queries.OrderFilter(
            query,
            None if status is None else [str(one.value) for one in status],
            None if fulfilment is None else [str(one.value) for one in fulfilment],
            None if location_id is None else parse_id("location", location_id) or 0,
            placed_from,
            placed_to,
        )
        found: Any = await queries.list_orders(
            info.context.viewer, Page.of(first, after, last, before), chosen, selected_names(info)
        )
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Exactly one of id and number.")
    async def order(self, info: Info, id: strawberry.ID | None = None, number: str | None = None) -> Order | None:
        if (id is None) == (number is None):
            raise BadInput("Give exactly one of id and number.")
        key = parse_id("order", id) or 0 if id is not None else None
        found: Any = await queries.find_order(info.context.viewer, key=key, number=findable(number), wanted=selected_names(info))
        return found  # type: ignore[no-any-return]


@strawberry.type
class OrdersMutation:
    @strawberry.mutation(
        description="Orders the whole cart. Stock and credit are taken in the same step; nothing is ever half-ordered."
    )
    async def place_order(self, info: Info, input: PlaceOrderInput) -> PlaceOrderResult:
        done: Any = await placing.place_order(info.context.viewer, input.placing(), selected_names(info), cart_needs(info))
        return done  # type: ignore[no-any-return]

    @strawberry.mutation(description="The seller says yes. Staff only.")
    async def confirm_order(self, info: Info, id: strawberry.ID) -> OrderResult:
        done: Any = await actions.confirm_order(info.context.viewer, parse_id("order", id) or 0)
        return done  # type: ignore[no-any-return]

    @strawberry.mutation(
        description="Buyers until the seller has taken it up, the seller until something has shipped. Stock and credit are given back."
    )
    async def cancel_order(self, info: Info, id: strawberry.ID, reason: str) -> OrderResult:
        done: Any = await actions.cancel_order(info.context.viewer, parse_id("order", id) or 0, reason)
        return done  # type: ignore[no-any-return]


async def _order(viewer: Viewer, key: int) -> views.OrderView | None:
    return await queries.find_order(viewer, key=key)


found_by("order", _order)
