"""The order rules: what a cart costs, order by order, and what stands in its way. Pure: facts in, answers out.

A cart becomes one order per ship-to. Prices are of the whole cart (breaks count across it); shipping, tax, minimums are of each order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.carts.obstacles import Obstacle, ProblemCode, item_obstacles
from backend.core.money import Money, UnitPrice, unit_prices
from backend.pricing.rules import Break, PriceSource, price_at
from backend.pricing.tax import Rate, TaxedAmount, tax_lines
from backend.shop.views import VariantView

MAX_LINES = 2_000
MAX_ROWS = 5_000
MAX_QUANTITY = 1_000_000


class PaymentMethod(StrEnum):
    ON_ACCOUNT = "ON_ACCOUNT"
    CARD = "CARD"
    BANK_TRANSFER = "BANK_TRANSFER"


# Unlike all else here these two are not frozen: a cart has up to two thousand of each, and freezing triples what they cost to make.
@dataclass(slots=True)
class LineFacts:
    """One line as stored, with the variant as the viewer sees it (None: not, or no longer). `ship_to`: key of a location."""

    key: int
    variant: VariantView | None
    quantity: int
    ship_to: int
    pack_units: int | None = None
    requested_ship_date: date | None = None
    cancel_date: date | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A way of shipping in the cart's currency; `price` None: to be confirmed."""

    code: str
    name: str
    price: Money | None
    free_from: Money | None = None
    countries: tuple[str, ...] = ()

    def serves(self, country: str) -> bool:
        return not self.countries or country in self.countries

    def price_for(self, subtotal: Money) -> Money | None:
        if self.price is not None and self.free_from is not None and self.free_from <= subtotal:
            return Money.zero(self.price.currency)
        return self.price


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for this buyer today. `credit_left` None: no credit limit is set."""

    currency: str
    today: date
    stock_display_cap: int
    countries: Mapping[int, str]  # of each ship-to
    rates: Mapping[str, Mapping[str, Rate]]  # country -> tax class -> rate
    methods: Sequence[Method] = ()
    chosen_method: str | None = None
    order_minimum: Money | None = None
    credit_left: Money | None = None
    on_hold: bool = False
    payment_method: PaymentMethod = PaymentMethod.ON_ACCOUNT
    names: Mapping[int, str] = field(default_factory=dict)  # of each ship-to


@dataclass(slots=True)
class PricedLine:
    """`unit_price` and `subtotal` None: price on request, or the variant cannot be seen; then `total` is zero and in no sum.

    `missing`: pieces that the cart lacks until the first break; until then the line has the price of that break.
    """

    facts: LineFacts
    unit_price: UnitPrice | None
    source: PriceSource | None
    subtotal: Money | None
    discount: Money
    total: Money
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes one order. `shipping` and `tax` None: to be confirmed."""

    ship_to: int
    lines: list[PricedLine]
    subtotal: Money
    method: Method | None
    shipping: Money | None
    tax: Money | None
    tax_lines: list[TaxedAmount]
    total: Money


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that is worked out about a cart. `lines` stand in the order of the facts."""

    lines: list[PricedLine]
    parts: list[Part]
    obstacles: list[Obstacle]
    subtotal: Money
    shipping: Money | None
    tax: Money | None
    total: Money
    methods: list[Method] = field(default_factory=list)
    payment_methods: list[PaymentMethod] = field(default_factory=list)

    @property
    def blocking(self) -> list[Obstacle]:
        return [one for one in self.obstacles if one.blocking]


def assess(facts: Sequence[LineFacts], terms: Terms) -> Assessment:
    """Prices, sums, tax and every obstacle of a cart."""
    lines = price_lines(facts, terms.currency)
    methods = common_methods(terms, {fact.ship_to for fact in facts})
    parts = [_part(ship_to, of_it, methods, terms) for ship_to, of_it in _by_ship_to(lines).items()]
    subtotal = Money.sum((part.subtotal for part in parts), terms.currency)
    total = Money.sum((part.total for part in parts), terms.currency)
    credit_is_short = terms.credit_left is not None and not total <= terms.credit_left
    obstacles = [
        *_line_obstacles(lines, terms),
        *item_obstacles(lines, terms.stock_display_cap),
        *_product_minimums(lines),
        *_part_obstacles(parts, terms),
        *_buyer_obstacles(terms, total, credit_is_short=credit_is_short),
    ]
    if not facts:
        obstacles = [Obstacle(ProblemCode.EMPTY, "The cart is empty. Fill in quantities first."), *obstacles]
    return Assessment(
        lines, parts, obstacles, subtotal, _sum_or_none([part.shipping for part in parts], terms.currency),
        _sum_or_none([part.tax for part in parts], terms.currency), total, methods,
        [PaymentMethod.BANK_TRANSFER] if credit_is_short or terms.on_hold else [PaymentMethod.ON_ACCOUNT, PaymentMethod.BANK_TRANSFER],
    )  # fmt: skip


def price_lines(facts: Sequence[LineFacts], currency: str) -> list[PricedLine]:
    """Each line at the price of its break group's quantity in the whole cart; rounded once, per line."""
    in_group: dict[str, int] = {}
    for fact in facts:
        if fact.variant:
            in_group[fact.variant.break_group] = in_group.get(fact.variant.break_group, 0) + fact.quantity
    zero = Money.zero(currency)
    return [_priced(fact, in_group, zero) for fact in facts]


def _priced(fact: LineFacts, in_group: Mapping[str, int], zero: Money) -> PricedLine:
    variant = fact.variant
    if variant is None or not variant.breaks.quantities:
        return PricedLine(fact, None, None, None, zero, zero)
    pieces = in_group[variant.break_group]
    found: Break | None = price_at(variant.breaks, pieces)
    first = found or variant.breaks[0]
    unit_price = unit_prices(zero.currency)[first.amount_e4]
    subtotal = unit_price.times(fact.quantity)
    missing = 0 if found else first.quantity - pieces
    return PricedLine(fact, unit_price, first.price_list.source, subtotal, zero, subtotal, missing)


def _by_ship_to(lines: Sequence[PricedLine]) -> dict[int, list[PricedLine]]:
    parts: dict[int, list[PricedLine]] = {}
    for line in lines:
        parts.setdefault(line.facts.ship_to, []).append(line)
    return parts


def common_methods(terms: Terms, ship_tos: set[int]) -> list[Method]:
    """The shipping methods that serve every ship-to of the cart, in the seller's order."""
    countries = {terms.countries[ship_to] for ship_to in ship_tos}
    return [method for method in terms.methods if all(method.serves(country) for country in countries)]


def chosen_of(methods: Sequence[Method], code: str | None) -> Method | None:
    """The chosen method, else the seller's first."""
    return next((method for method in methods if method.code == code), methods[0] if methods else None)


def _part(ship_to: int, lines: list[PricedLine], methods: Sequence[Method], terms: Terms) -> Part:
    subtotal = Money.sum((line.total for line in lines), terms.currency)
    method = chosen_of(methods, terms.chosen_method)
    shipping = method.price_for(subtotal) if method else None
    net = [(line.facts.variant.tax_class, line.total) for line in lines if line.facts.variant and line.subtotal is not None]
    taxed = tax_lines(net, shipping, terms.rates.get(terms.countries[ship_to], {}))
    tax = None if taxed is None else Money.sum((one.amount for one in taxed), terms.currency)
    known = [amount for amount in (subtotal, shipping, tax) if amount is not None]
    return Part(ship_to, lines, subtotal, method, shipping, tax, taxed or [], Money.sum(known, terms.currency))


def _sum_or_none(parts: Sequence[Money | None], currency: str) -> Money | None:
    known = [part for part in parts if part is not None]
    return Money.sum(known, currency) if len(known) == len(parts) else None


def _line_obstacles(lines: Sequence[PricedLine], terms: Terms) -> list[Obstacle]:
    found: list[Obstacle] = []
    for index, line in enumerate(lines):
        variant = line.facts.variant
        if variant is None:
            found.append(
                Obstacle(ProblemCode.OUT_OF_ASSORTMENT, "This item is no longer in your catalogue. Remove the line.", index)
            )
            continue
        if line.unit_price is None:
            message = f"The price of {variant.sku} is on request: ask for a quote, it cannot be ordered yet."
            found.append(Obstacle(ProblemCode.PRICE_ON_REQUEST, message, index))
        if line.facts.requested_ship_date or line.facts.cancel_date:
            found.extend(_date_obstacles(line.facts, terms.today, index))
    return found


@dataclass(frozen=True, slots=True)
class WrongDate:
    """Which of the two dates cannot stand, why, and the first day that would do."""

    name: str
    message: str
    needed: date


def _date_obstacles(facts: LineFacts, today: date, index: int) -> list[Obstacle]:
    wrong = wrong_date(facts.requested_ship_date, facts.cancel_date, today)
    return [Obstacle(ProblemCode.INVALID_DATES, wrong.message, index, str(wrong.needed))] if wrong else []


def wrong_date(requested: date | None, cancel: date | None, today: date) -> WrongDate | None:
    """What is wrong with a ship date and a cancel date, if anything."""
    if requested is not None and requested < today:
        return WrongDate("requestedShipDate", f"The ship date {requested} has passed. Choose {today} or later.", today)
    earliest = requested or today
    if cancel is not None and cancel < earliest:
        before = "the ship date" if requested else "today"
        return WrongDate("cancelDate", f"The cancel date {cancel} lies before {before}. Choose {earliest} or later.", earliest)
    return None


def _product_minimums(lines: Sequence[PricedLine]) -> list[Obstacle]:
    """A style's minimum across its variants, per order."""
    units: dict[tuple[int, int], int] = {}
    first: dict[tuple[int, int], int] = {}
    for index, line in enumerate(lines):
        if line.facts.variant and line.facts.variant.product.minimum_quantity:
            key = (line.facts.ship_to, line.facts.variant.product.key)
            units[key] = units.get(key, 0) + line.facts.quantity
            first.setdefault(key, index)
    found = []
    for key, index in first.items():
        variant = lines[index].facts.variant
        minimum = variant.product.minimum_quantity if variant else None
        if variant and minimum and units[key] < minimum:
            message = (
                f"{variant.product.name}: at least {minimum} pieces in one order, of any colour or size; it has {units[key]}."
                f" Add {minimum - units[key]}."
            )
            found.append(Obstacle(ProblemCode.BELOW_PRODUCT_MINIMUM, message, index, str(minimum)))
    return found


def _part_obstacles(parts: Sequence[Part], terms: Terms) -> list[Obstacle]:
    found = []
    for part in parts:
        minimum = terms.order_minimum
        if minimum is not None and part.subtotal < minimum:
            place = f" to {terms.names[part.ship_to]}" if terms.names.get(part.ship_to) else ""
            message = (
                f"The minimum order value is {minimum.amount} {minimum.currency} without tax. This order{place} has {part.subtotal.amount}"
                f" {minimum.currency}. Add goods for {(minimum - part.subtotal).amount} {minimum.currency}."
            )
            found.append(Obstacle(ProblemCode.BELOW_ORDER_MINIMUM, message, needed=minimum.amount))
        if part.shipping is None:
            found.append(Obstacle(ProblemCode.SHIPPING_TO_CONFIRM, "We confirm the shipping cost after you order.", blocking=False))
        if part.tax is None:
            found.append(
                Obstacle(ProblemCode.TAX_TO_CONFIRM, "We confirm the tax for this destination after you order.", blocking=False)
            )
    return found


def _buyer_obstacles(terms: Terms, total: Money, *, credit_is_short: bool) -> list[Obstacle]:
    found = []
    on_account = terms.payment_method is PaymentMethod.ON_ACCOUNT
    if terms.on_hold and on_account:
        found.append(
            Obstacle(
                ProblemCode.ON_HOLD, "Your account is on hold: pay this order by bank transfer, or speak to our finance department."
            )
        )
    if credit_is_short and on_account and terms.credit_left is not None:
        left = max(terms.credit_left, Money.zero(terms.currency), key=lambda amount: amount.minor)
        message = (
            f"This cart comes to {total.amount} {total.currency}, and {left.amount} {left.currency} of your credit is left."
            " Order less, or pay by bank transfer."
        )
        found.append(Obstacle(ProblemCode.CREDIT_EXCEEDED, message, needed=left.amount))
    return found
