"""A cart as its buyer sees it: attributes are named for the schema."""

from dataclasses import dataclass, field
from datetime import date

from backend.carts.obstacles import ProblemCode
from backend.carts.rules import PaymentMethod
from backend.companies.views import LocationView, PlaceView
from backend.core.ids import global_id
from backend.core.money import Money, UnitPrice, decimal_text
from backend.pricing.tax import TaxedAmount
from backend.shop.views import PackView, VariantView


@dataclass(slots=True)
class TaxLineView:
    """`rate` is a percentage as a decimal: "19.00"."""

    name: str
    rate: str
    base: Money
    amount: Money

    @classmethod
    def of(cls, taxed: TaxedAmount) -> "TaxLineView":
        return cls(taxed.rate.name, percent_text(taxed.rate.rate_e4), taxed.base, taxed.amount)


def percent_text(rate_e4: int) -> str:
    """Ten-thousandths of a percent as a percentage with two places, more only where they are used."""
    text = decimal_text(rate_e4, 4)
    return text[:-2] if text.endswith("00") else text


@dataclass(slots=True)
class AppliedDiscountView:
    label: str
    code: str | None
    amount: Money


@dataclass(slots=True)
class CartCodeView:
    code: str
    applied: bool
    message: str


@dataclass(slots=True)
class ShippingMethodView:
    code: str
    name: str
    price: Money | None


@dataclass(slots=True, eq=False)
class CartLineView:
    key: int
    sku: str
    name: str
    variant: VariantView | None
    quantity: int
    pack: PackView | None
    unit_price: UnitPrice | None
    subtotal: Money | None
    discount: Money
    total: Money | None
    ship_to: LocationView | PlaceView | None
    requested_ship_date: date | None
    cancel_date: date | None
    note: str | None

    @property
    def id(self) -> str:
        return global_id("cartline", self.key)


@dataclass(slots=True)
class CartProblemView:
    code: ProblemCode
    message: str
    line: CartLineView | None
    needed: str | None
    blocking: bool


@dataclass(slots=True, eq=False)
class CartView:
    """`location` and `ship_to` are None where nothing but what is counted is known."""

    key: int
    name: str
    version: int
    line_count: int
    unit_count: int
    location: LocationView | PlaceView | None
    ship_to: LocationView | PlaceView | None
    shipping_method: str | None
    lines: list[CartLineView]
    subtotal: Money
    shipping: Money | None
    tax: Money | None
    total: Money
    tax_lines: list[TaxLineView]
    codes: list[CartCodeView]
    shipping_methods: list[ShippingMethodView]
    payment_methods: list[PaymentMethod]
    problems: list[CartProblemView]
    discounts: list[AppliedDiscountView] = field(default_factory=list)

    @classmethod
    def counted(cls, key: int, name: str, version: int, line_count: int, unit_count: int, *, none: Money) -> "CartView":
        """One of which only that is known."""
        return cls(key, name, version, line_count, unit_count, None, None, None, [], none, None, None, none, [], [], [], [], [])

    @property
    def id(self) -> str:
        return global_id("cart", self.key)
