"""What a buyer is shown: slotted objects whose attributes are named for the schema, so that they are answered without copying.

Prices and stock are worked out when they are asked for, from facts that were loaded once for the whole page.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest

from backend.core.ids import global_id
from backend.core.money import UnitPrice, unit_prices
from backend.pricing.rules import NO_BREAKS, Breaks
from backend.shop.rules import AvailabilityStatus, PriceStatus, availability_status, matrix

_PRICED, _ON_REQUEST = PriceStatus.PRICED, PriceStatus.ON_REQUEST


@dataclass(slots=True)
class BrandView:
    key: int
    name: str
    slug: str

    @property
    def id(self) -> str:
        return global_id("brand", self.key)


@dataclass(slots=True, eq=False)
class CategoryView:
    key: int
    name: str
    slug: str
    path: list[int]
    parent: "CategoryView | None" = field(default=None, repr=False)
    children: list["CategoryView"] = field(default_factory=list, repr=False)

    @property
    def id(self) -> str:
        return global_id("category", self.key)


@dataclass(slots=True)
class AssetView:
    key: int
    kind: str
    url: str
    thumbnail_url: str | None
    alt: str
    width: int | None
    height: int | None

    @property
    def id(self) -> str:
        return global_id("asset", self.key)


@dataclass(slots=True)
class SelectedOptionView:
    name: str
    value: str


@dataclass(slots=True)
class ProductOptionView:
    name: str
    values: list[str]


@dataclass(slots=True)
class PriceBreakView:
    minimum_quantity: int
    unit_price: UnitPrice


@dataclass(slots=True)
class QuantityRuleView:
    minimum: int
    maximum: int | None
    increment: int


@dataclass(slots=True)
class PackView:
    code: str
    name: str
    kind: str
    units: int


@dataclass(slots=True)
class PackContentView:
    sku: str
    options: list[SelectedOptionView]
    quantity: int


@dataclass(slots=True)
class AvailabilityView:
    status: AvailabilityStatus
    quantity: int | None
    is_capped: bool
    next_arrival: date | None
    next_arrival_quantity: int | None


@dataclass(frozen=True, slots=True)
class StockDisplay:
    """How the seller shows stock: never more than `cap`, and up to `low_at` as low."""

    cap: int
    low_at: int


@dataclass(slots=True, eq=False)
class VariantView:
    """A variant as this viewer sees it. `key`, `tax_class`, `available`, `breaks` and `cost_e4` are for the rooms above, not for buyers."""

    key: int
    sku: str
    gtin: str | None
    customer_sku: str | None
    name: str
    option_values: tuple[str, ...]
    commodity_code: str | None
    minimum: int
    maximum: int | None
    increment: int
    sells_without_stock: bool
    break_group: str
    cost: UnitPrice | None
    product: "ProductView"
    currency: str
    breaks: Breaks = NO_BREAKS
    list_breaks: Breaks = NO_BREAKS
    available: int = 0
    expected_on: date | None = None
    expected: int | None = None
    display: StockDisplay | None = None  # None: nobody asked for stock
    packs: list[PackView] = field(default_factory=list)
    contents: list[PackContentView] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"variant.{self.key}"

    @property
    def tax_class(self) -> str:
        return self.product.tax_class

    @property
    def options(self) -> list[SelectedOptionView]:
        return [SelectedOptionView(name, value) for name, value in zip(self.product.option_names, self.option_values, strict=False)]

    @property
    def price_status(self) -> PriceStatus:
        return _PRICED if self.breaks.quantities else _ON_REQUEST

    @property
    def unit_price(self) -> UnitPrice | None:
        return self.price_for(self.minimum)

    @property
    def list_price(self) -> UnitPrice | None:
        amount = self.list_breaks.amount_at(self.minimum)
        return None if amount is None else unit_prices(self.currency)[amount]

    @property
    def price_breaks(self) -> list[PriceBreakView]:
        quantities, amounts = self.breaks.folded(self.minimum)
        prices = unit_prices(self.currency)
        return [PriceBreakView(quantity, prices[amount]) for quantity, amount in zip(quantities, amounts, strict=True)]

    @property
    def price_break_group(self) -> str:
        return self.break_group

    @property
    def availability(self) -> AvailabilityView | None:
        """What a buyer sees of the stock never exceeds the seller's display cap."""
        display = self.display
        if display is None:
            return None
        available, expected, cap = self.available, self.expected, display.cap
        return AvailabilityView(
            availability_status(
                available, low_at=display.low_at, sells_without_stock=self.sells_without_stock, next_arrival=self.expected_on
            ),
            available if available < cap else cap,
            available > cap,
            self.expected_on,
            expected if expected is None or expected < cap else cap,
        )

    @property
    def quantity_rule(self) -> QuantityRuleView:
        return QuantityRuleView(self.minimum, self.maximum, self.increment)

    def price_for(self, quantity: int) -> UnitPrice | None:
        """The unit price at a quantity (that of the whole break group)."""
        amount = self.breaks.amount_at(quantity)
        return None if amount is None else unit_prices(self.currency)[amount]

    def pack(self, code: str | None) -> PackView | None:
        return next((pack for pack in self.packs if pack.code == code), None) if code else None


@dataclass(slots=True, eq=False)
class GridCellView:
    variant: VariantView | None
    in_cart: int = 0
    in_cart_otherwise: int = 0


@dataclass(slots=True)
class GridRowView:
    label: list[SelectedOptionView]
    cells: list[GridCellView]


@dataclass(slots=True)
class GridView:
    product: "ProductView"
    columns: list[str]
    rows: list[GridRowView]
    prepacks: list[GridCellView]


@dataclass(slots=True, eq=False)
class ProductView:
    """A product with those of its variants that this viewer may see. `in_cart`: per variant (the bare line, other lines)."""

    key: int
    slug: str
    name: str
    description: str
    description_html: str
    brand: BrandView
    minimum_quantity: int | None
    option_names: list[str]
    option_order: list[list[str]]
    tax_class: str
    currency: str
    created_at: datetime
    variants: list[VariantView] = field(default_factory=list)
    categories: list[CategoryView] = field(default_factory=list)
    assets: list[AssetView] = field(default_factory=list)
    in_cart: dict[int, tuple[int, int]] = field(default_factory=dict)
    # Worked out once, however often a selection comes back to the product through its variants.
    made_grid: "GridView | None" = field(default=None, repr=False)
    made_price_from: "UnitPrice | bool | None" = field(default=False, repr=False)  # False: not yet
    reachable_values: "list[list[str]] | None" = field(default=None, repr=False)

    @property
    def id(self) -> str:
        return global_id("product", self.key)

    @property
    def image(self) -> AssetView | None:
        return next((asset for asset in self.assets if asset.kind == "IMAGE"), None)

    @property
    def options(self) -> list[ProductOptionView]:
        return [ProductOptionView(name, values) for name, values in zip(self.option_names, self._reachable_values(), strict=True)]

    @property
    def price_from(self) -> UnitPrice | None:
        made = self.made_price_from
        if isinstance(made, bool):
            prices = [variant.unit_price for variant in self.variants]
            made = self.made_price_from = min((price for price in prices if price), key=lambda price: price.e4, default=None)
        return made

    @property
    def units_in_cart(self) -> int:
        return sum(here + otherwise for here, otherwise in self.in_cart.values())

    @property
    def grid(self) -> GridView:
        if self.made_grid is None:
            self.made_grid = grid_of(self)
        return self.made_grid

    def _reachable_values(self) -> list[list[str]]:
        """Per axis the values of visible variants in the seller's order; values that she has not ordered come last."""
        if self.reachable_values is not None:
            return self.reachable_values
        columns = zip_longest(*(variant.option_values for variant in self.variants))
        reached = [dict.fromkeys(column) for _, column in zip(self.option_names, columns, strict=False)]
        self.reachable_values = [
            _in_order(
                reached[axis] if axis < len(reached) else {}, self.option_order[axis] if axis < len(self.option_order) else []
            )
            for axis in range(len(self.option_names))
        ]
        return self.reachable_values


def _in_order(reached: dict[str | None, None], wanted: list[str]) -> list[str]:
    """What is wanted first, and then the rest; None stands for a variant without a value."""
    ordered = [value for value in dict.fromkeys(wanted) if value in reached]
    rest = [value for value in reached if value is not None and value not in wanted] if len(ordered) < len(reached) else []
    return ordered + rest


def grid_of(product: ProductView) -> GridView:
    """The product as a matrix with the quantities of the cart that was loaded with it."""
    singles = {variant.option_values: variant for variant in product.variants if not variant.contents}
    prepacks = [variant for variant in product.variants if variant.contents]
    columns, labels = matrix(product._reachable_values(), set(singles))
    if not product.option_names:
        rows = [GridRowView([], [_cell(product, variant)]) for variant in singles.values()]
    else:
        rows = [
            GridRowView(
                [SelectedOptionView(name, value) for name, value in zip(product.option_names[:-1], label, strict=True)],
                [_cell(product, singles.get((*label, column))) for column in columns],
            )
            for label in labels
        ]
    return GridView(product, columns, rows, [_cell(product, variant) for variant in prepacks])


def _cell(product: ProductView, variant: VariantView | None) -> GridCellView:
    if variant is None:
        return GridCellView(None)
    return GridCellView(variant, *product.in_cart.get(variant.key, (0, 0)))


@dataclass(slots=True)
class FacetValueView:
    value: str
    label: str
    count: int


@dataclass(slots=True)
class FacetView:
    kind: str
    name: str
    values: list[FacetValueView]
