"""An order as its readers see it: copied when it was placed, so that it reads the same for ever. Attributes are named for the schema."""

from dataclasses import dataclass, field
from datetime import date, datetime

from backend.carts.views import AppliedDiscountView, TaxLineView
from backend.companies.views import AddressView, CompanyView, LocationView, UserView
from backend.core.ids import global_id
from backend.core.money import Money, UnitPrice
from backend.orders.rules import FulfilmentStatus, OrderChannel, OrderEventKind, OrderStatus, Quantities, fulfilment_of
from backend.shop.views import VariantView


@dataclass(slots=True, eq=False)
class OrderLineView:
    """`variant_key` names the variant that was ordered; `variant` is None when the viewer cannot see it (any more)."""

    key: int
    variant_key: int | None
    sku: str
    name: str
    pack_code: str | None
    quantity: int
    unit_price: UnitPrice
    discount: Money
    total: Money
    requested_ship_date: date | None
    shipped: int
    backordered: int
    invoiced: int
    cancelled: int
    variant: VariantView | None = None

    @property
    def id(self) -> str:
        return global_id("orderline", self.key)


@dataclass(slots=True)
class ShipmentLineView:
    order_line: OrderLineView
    quantity: int


@dataclass(slots=True)
class ShipmentView:
    number: str
    shipped_at: datetime
    carrier: str | None
    tracking_url: str | None
    lines: list[ShipmentLineView]


@dataclass(slots=True)
class OrderEventView:
    at: datetime
    kind: OrderEventKind
    message: str
    by: UserView | None


@dataclass(slots=True, eq=False)
class OrderView:
    """`company`, `location` and `placed_by` are None, `lines` and `history` empty, when nobody asked for them."""

    key: int
    number: str
    status: OrderStatus
    channel: OrderChannel
    company: CompanyView | None
    location: LocationView | None
    placed_by: UserView | None
    on_behalf: bool
    placed_at: datetime
    purchase_order_number: str | None
    requested_ship_date: date | None
    cancel_date: date | None
    note: str | None
    payment_method: str
    shipping_method: str | None
    ship_to: AddressView
    bill_to: AddressView
    subtotal: Money
    shipping: Money | None
    tax: Money | None
    total: Money
    discounts: list[AppliedDiscountView]
    tax_lines: list[TaxLineView]
    lines: list[OrderLineView] = field(default_factory=list)
    history: list[OrderEventView] = field(default_factory=list)
    shipments: list[ShipmentView] = field(default_factory=list)
    may_cancel: bool = False

    @property
    def id(self) -> str:
        return global_id("order", self.key)

    @property
    def fulfilment(self) -> FulfilmentStatus:
        return fulfilment_of(Quantities(line.quantity, line.shipped, line.cancelled) for line in self.lines)
