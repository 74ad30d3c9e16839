"""How much of one item may stand in a cart, whatever lines hold it, and the quantities that would do. Pure: numbers in, numbers out.

Minimum and increment hold for each order, that is for each ship-to. Maximum, stock and the first priced quantity hold for the whole cart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import gcd, lcm

# Each try looks at all lines, so that only so many of the last ones are tried: work grows with the lines, and not with their square.
_TRIED = 8


class Breach(StrEnum):
    """The rule that is broken."""

    MAXIMUM = "MAXIMUM"
    MINIMUM = "MINIMUM"
    MULTIPLE = "MULTIPLE"
    UNPRICED = "UNPRICED"
    STOCK = "STOCK"


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one item. `priced_from`: pieces in the cart from which it has a price. `maximum` and `stock` None: no limit."""

    minimum: int = 1
    increment: int = 1
    maximum: int | None = None
    stock: int | None = None
    priced_from: int = 0

    @property
    def ceiling(self) -> int | None:
        """The most that the cart may hold."""
        return min((one for one in (self.maximum, self.stock) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the item: its pieces, the order that it becomes part of, and the pieces of its pack."""

    quantity: int
    order: int = 0
    pack: int = 1


def breach_of(limits: Limits, asked: Sequence[Asked]) -> Breach | None:
    """The first rule that these lines break together; None when they may be ordered. Lines of no pieces do not count."""
    total = sum(one.quantity for one in asked)
    per_order = _per_order(asked)
    if limits.maximum is not None and total > limits.maximum:
        return Breach.MAXIMUM
    if any(0 < pieces < limits.minimum for pieces in per_order.values()):
        return Breach.MINIMUM
    if any(pieces % limits.increment for pieces in per_order.values()) or any(one.quantity % one.pack for one in asked):
        return Breach.MULTIPLE
    if 0 < total < limits.priced_from:
        return Breach.UNPRICED
    return Breach.STOCK if limits.stock is not None and total > limits.stock else None


def mended(limits: Limits, asked: Sequence[Asked]) -> list[int] | None:
    """Quantities for the same lines that break no rule, as near as may be to what was asked; None when only nothing would do."""
    for at in range(len(asked) - 1, max(len(asked) - 1 - _TRIED, -1), -1):
        quantity = _with_one_changed(limits, asked, at)
        if quantity is not None:
            return [quantity if index == at else one.quantity for index, one in enumerate(asked)]
    if len(asked) == 1:
        return None
    return _shared_out(limits, asked) or _on_one_line(limits, asked)


def _per_order(asked: Sequence[Asked]) -> dict[int, int]:
    pieces: dict[int, int] = {}
    for one in asked:
        pieces[one.order] = pieces.get(one.order, 0) + one.quantity
    return pieces


def _with_one_changed(limits: Limits, asked: Sequence[Asked], at: int) -> int | None:
    """The quantity of this line with which all would do, the others as they are. One above is preferred to one below."""
    line = asked[at]
    others = [one for index, one in enumerate(asked) if index != at]
    here, all_others = sum(one.quantity for one in others if one.order == line.order), sum(one.quantity for one in others)
    start = _first_fit(here, limits.increment, line.pack)
    found = []
    if start is not None:
        least = max(limits.minimum - here, limits.priced_from - all_others, 0 if here else 1)
        period = lcm(limits.increment, line.pack)
        most = line.quantity if limits.ceiling is None else min(line.quantity, limits.ceiling - all_others)
        found = [start + -(-(max(line.quantity, least) - start) // period) * period, start + (most - start) // period * period]
    found = [quantity for quantity in (*found, 0) if quantity > 0 or all_others > 0]
    return next((quantity for quantity in found if quantity >= 0 and _stands(limits, others, line, quantity)), None)


def _stands(limits: Limits, others: Sequence[Asked], line: Asked, quantity: int) -> bool:
    return breach_of(limits, [*others, Asked(quantity, line.order, line.pack)]) is None


def _first_fit(here: int, increment: int, pack: int) -> int | None:
    """The least quantity of whole packs that makes a multiple of the increment together with what is there; None when none does."""
    common = gcd(increment, pack)
    if here % common:
        return None
    rest = increment // common
    return -here // common * pow(pack // common, -1, rest) % rest * pack if rest > 1 else 0


def _shared_out(limits: Limits, asked: Sequence[Asked]) -> list[int] | None:
    """Each line rounded up by itself, in their order, as long as there is room; orders that stay below the minimum get none."""
    room = limits.ceiling if limits.ceiling is not None else sum(one.quantity for one in asked) * 2 + limits.increment * 10**6
    quantities = [0] * len(asked)
    for order in dict.fromkeys(one.order for one in asked):
        places = [index for index, one in enumerate(asked) if one.order == order and one.quantity]
        here = 0
        for index in places:
            step = lcm(limits.increment, asked[index].pack)
            quantities[index] = min(-(-asked[index].quantity // step), (room - here) // step) * step
            here += quantities[index]
        if places and here < limits.minimum:
            step = lcm(limits.increment, asked[places[-1]].pack)
            more = -(-(limits.minimum - here) // step) * step
            quantities[places[-1]] += more
            here += more
        if here > room:
            for index in places:
                quantities[index] = 0
            here = 0
        room -= here
    done = [Asked(quantity, one.order, one.pack) for quantity, one in zip(quantities, asked, strict=True)]
    return quantities if any(quantities) and breach_of(limits, done) is None else None


def _on_one_line(limits: Limits, asked: Sequence[Asked]) -> list[int] | None:
    """All of it on one of the lines, the first that can hold it."""
    total = sum(one.quantity for one in asked)
    for at, line in enumerate(asked):
        quantity = _with_one_changed(limits, [Asked(total, line.order, line.pack)], 0)
        if quantity:
            return [quantity if index == at else 0 for index in range(len(asked))]
    return None
