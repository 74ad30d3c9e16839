"""Tax on one order: net amounts by rate, shipping shared out in proportion, one rounding per tax line.

Ancillary charges follow the goods that they carry (the principal supply, as EU VAT treats shipping).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.core.money import Money


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in ten-thousandths of a percent: 19 % is 190000."""

    name: str
    rate_e4: int


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    """A line of the tax summary; `base` includes its share of shipping."""

    rate: Rate
    base: Money
    amount: Money


def tax_lines(net: Sequence[tuple[str, Money]], shipping: Money | None, rates: Mapping[str, Rate]) -> list[TaxedAmount] | None:
    """`net`: tax class and net amount of each line. None when a class has no rate in this country: the tax is to be confirmed."""
    by_class: dict[str, list[Money]] = {}
    for tax_class, amount in net:
        by_class.setdefault(tax_class, []).append(amount)
    if not rates.keys() >= by_class.keys():
        return None
    bases: dict[Rate, Money] = {}
    for tax_class, amounts in by_class.items():
        rate, base = rates[tax_class], Money.sum(amounts, amounts[0].currency)
        bases[rate] = bases[rate] + base if rate in bases else base
    if shipping is not None and bases:
        shares = shipping.split([base.minor for base in bases.values()])
        bases = {rate: base + share for (rate, base), share in zip(bases.items(), shares, strict=True)}
    return [TaxedAmount(rate, base, base.percent(rate.rate_e4)) for rate, base in bases.items()]
