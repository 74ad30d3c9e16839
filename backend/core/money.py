"""Money and unit prices: integers with a currency, never floats; each rounds in one named place.

Half cents round half away from zero ("commercial rounding"), as invoices in the EU and the UK do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# ISO 4217 minor units that are not two. Anything else that is a known code has two.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
UNIT_PRICE_PLACES = 4
_CENTS = [f".{cents:02d}" for cents in range(100)]
MAX_MINOR = 10**15
MAX_KNOWN_UNIT_PRICES = 20_000


def exponent(currency: str) -> int:
    """Decimal places of a currency (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Integer division, half away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    return sign * ((2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator)))


def decimal_text(units: int, places: int) -> str:
    """An integer of 10**-places as a decimal string with exactly that many places."""
    if places == 0:
        return str(units)
    sign, digits = ("-", -units) if units < 0 else ("", units)
    whole, rest = divmod(digits, 10**places)
    return f"{sign}{whole}.{rest:0{places}d}"


class MixedCurrencies(ValueError):
    """Two currencies met in one sum: a fault of ours, never of a person."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """A total: an integer count of minor units."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def sum(cls, parts: Iterable["Money"], currency: str) -> "Money":
        minor = 0
        for part in parts:
            if part.currency != currency:
                raise MixedCurrencies(f"{part.currency} and {currency}")
            minor += part.minor
        return cls(minor, currency)

    @property
    def amount(self) -> str:
        minor = self.minor
        if minor >= 0 and self.currency not in _EXPONENTS:  # nearly all there are
            return f"{minor // 100}{_CENTS[minor % 100]}"
        return decimal_text(minor, exponent(self.currency))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def percent(self, rate_e4: int) -> "Money":
        """This share of it, `rate_e4` in ten-thousandths of a percent (19 % = 190000), rounded once."""
        return Money(divide_half_up(self.minor * rate_e4, 1_000_000), self.currency)

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Parts in proportion to the weights whose sum is exactly this (largest remainder method); all to the first if every weight is 0."""
        whole = sum(weights)
        if not weights:
            return []
        if whole == 0:
            return [Money(self.minor if index == 0 else 0, self.currency) for index in range(len(weights))]
        sign = -1 if self.minor < 0 else 1
        shares = [divmod(abs(self.minor) * weight, whole) for weight in weights]
        left = abs(self.minor) - sum(share for share, _ in shares)
        favoured = set(sorted(range(len(weights)), key=lambda index: (-shares[index][1], index))[:left])
        return [Money(sign * (share + (index in favoured)), self.currency) for index, (share, _) in enumerate(shares)]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other.minor


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """The price of one piece, in ten-thousandths of a currency unit: fractions of a cent are real in wholesale. `amount` is its decimal text."""

    e4: int
    currency: str
    amount: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", unit_text(self.e4, self.currency))

    def times(self, quantity: int) -> Money:
        """The line's subtotal: the one place where a unit price is rounded."""
        return Money(line_minor(self.e4, quantity, self.currency), self.currency)


class UnitPrices(dict[int, UnitPrice]):
    """Amounts of one currency as unit prices: a page shows thousands, so equal ones are one object whose text is written once.

    Arithmetic alone: it knows how an amount is written, never who pays it.
    """

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def __missing__(self, e4: int) -> UnitPrice:
        if len(self) >= MAX_KNOWN_UNIT_PRICES:
            self.clear()
        price = self[e4] = UnitPrice(e4, self.currency)
        return price


_unit_prices: dict[str, UnitPrices] = {}


def unit_prices(currency: str) -> UnitPrices:
    """The unit prices of a currency by ten-thousandths: `unit_prices("EUR")[125000]`."""
    found = _unit_prices.get(currency)
    if found is None:
        found = _unit_prices[currency] = UnitPrices(currency)
    return found


def unit_text(e4: int, currency: str) -> str:
    """As many of the four places as are used, never fewer than the currency's own."""
    if e4 >= 0 and not e4 % 100 and currency not in _EXPONENTS:  # nearly all there are
        cents = e4 // 100
        return f"{cents // 100}{_CENTS[cents % 100]}"
    whole, _, rest = decimal_text(e4, UNIT_PRICE_PLACES).partition(".")
    rest = rest.rstrip("0").ljust(exponent(currency), "0")
    return f"{whole}.{rest}" if rest else whole


def line_minor(unit_e4: int, quantity: int, currency: str) -> int:
    """round(unit price x quantity) in minor units."""
    return divide_half_up(unit_e4 * quantity, 10 ** (UNIT_PRICE_PLACES - exponent(currency)))


class NotAnAmount(ValueError):
    """The text is not a decimal with at most so many places."""


def parse_units(text: str | Decimal, places: int) -> int:
    """A decimal text as an integer of 10**-places; refuses more places, exponents beyond reason, NaN and infinities."""
    try:
        value = Decimal(text)
        units = value.scaleb(places)
        whole = units.to_integral_value(rounding=ROUND_HALF_UP)
    except (InvalidOperation, ValueError) as error:
        raise NotAnAmount(str(text)) from error
    if not value.is_finite() or units != whole or abs(whole) > MAX_MINOR * 10_000:
        raise NotAnAmount(str(text))
    return int(whole)


def parse_money(amount: str | Decimal, currency: str) -> Money:
    return Money(parse_units(amount, exponent(currency)), currency)


def money_or_none(minor: int | None, currency: str) -> Money | None:
    """What is stored; null stays unknown and is never zero."""
    return None if minor is None else Money(minor, currency)
