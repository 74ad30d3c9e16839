"""What stands in the way of a cart's lines: per item over all lines that hold it, each with the quantity that no rule refuses. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import lcm
from typing import Protocol

from backend.carts.quantities import Asked, Breach, Limits, breach_of, mended
from backend.core.money import UnitPrice
from backend.shop.views import VariantView


class ProblemCode(StrEnum):
    """Why a cart cannot be placed as it is. The last two only wait for the seller's word."""

    EMPTY = "EMPTY"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
    NOT_A_MULTIPLE = "NOT_A_MULTIPLE"
    BELOW_PRODUCT_MINIMUM = "BELOW_PRODUCT_MINIMUM"
    BELOW_ORDER_MINIMUM = "BELOW_ORDER_MINIMUM"
    OUT_OF_ASSORTMENT = "OUT_OF_ASSORTMENT"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    SHORT_STOCK = "SHORT_STOCK"
    PRICE_ON_REQUEST = "PRICE_ON_REQUEST"
    OVER_SPEND_LIMIT = "OVER_SPEND_LIMIT"
    CREDIT_EXCEEDED = "CREDIT_EXCEEDED"
    ON_HOLD = "ON_HOLD"
    INVALID_DATES = "INVALID_DATES"
    SHIPPING_TO_CONFIRM = "SHIPPING_TO_CONFIRM"
    TAX_TO_CONFIRM = "TAX_TO_CONFIRM"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A problem of the cart, or of the line at index `line`. `needed`: what would do."""

    code: ProblemCode
    message: str
    line: int | None = None
    needed: str | None = None
    blocking: bool = True


class Wanted(Protocol):
    """A line as stored: `LineFacts`."""

    variant: VariantView | None
    quantity: int
    ship_to: int
    pack_units: int | None


class Priced(Protocol):
    """A line with its price. `missing`: pieces that the cart lacks until the item has a price."""

    @property
    def facts(self) -> Wanted: ...

    unit_price: UnitPrice | None
    missing: int


_CODES = {
    Breach.MAXIMUM: ProblemCode.ABOVE_MAXIMUM,
    Breach.MINIMUM: ProblemCode.BELOW_MINIMUM,
    Breach.MULTIPLE: ProblemCode.NOT_A_MULTIPLE,
    Breach.UNPRICED: ProblemCode.PRICE_ON_REQUEST,
    Breach.STOCK: ProblemCode.SHORT_STOCK,
}


def item_obstacles(lines: Sequence[Priced], cap: int) -> list[Obstacle]:
    """Every item whose lines together break a rule. `cap`: the most stock that a buyer is told of."""
    first: dict[int, int] = {}
    further: dict[int, list[int]] = {}
    found: list[Obstacle] = []
    for index, line in enumerate(lines):
        variant = line.facts.variant
        if variant is not None:
            there = first.setdefault(variant.key, index)
            if there != index:
                further.setdefault(there, [there]).append(index)
    doubtful = [further.get(index, [index]) for index in first.values() if index in further or not _is_fine(lines[index])]
    in_group = _in_groups(lines) if doubtful else {}
    for places in doubtful:
        item = _Item.of(lines, places, in_group, cap)
        found += (*_to_follow(item), *_broken(item))
    return found


def _in_groups(lines: Sequence[Priced]) -> dict[str, int]:
    """The pieces of each break group in the cart."""
    pieces: dict[str, int] = {}
    for line in lines:
        if line.facts.variant is not None:
            group = line.facts.variant.break_group
            pieces[group] = pieces.get(group, 0) + line.facts.quantity
    return pieces


def _is_fine(line: Priced) -> bool:
    """What nearly every line is: alone with its item, of no pack, and within all rules."""
    facts, variant = line.facts, line.facts.variant
    return variant is not None and (
        variant.minimum <= facts.quantity <= variant.available
        and not facts.quantity % variant.increment
        and (variant.maximum is None or facts.quantity <= variant.maximum)
        and not facts.pack_units
        and not line.missing
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """The lines of one variant: their places in the cart, what they ask, and what holds for them."""

    variant: VariantView
    places: list[int]
    asked: list[Asked]
    limits: Limits
    cap: int
    total: int

    @classmethod
    def of(cls, lines: Sequence[Priced], places: list[int], in_group: Mapping[str, int], cap: int) -> "_Item":
        facts = [lines[index].facts for index in places]
        variant = facts[0].variant
        assert variant is not None
        total = sum(one.quantity for one in facts)
        available = max(variant.available, 0)
        stock = None if variant.sells_without_stock else available if total <= available else min(available, cap)
        of_others = in_group[variant.break_group] - total
        priced_from = max(variant.breaks.quantities[0] - of_others, 0) if variant.breaks.quantities else 0
        limits = Limits(variant.minimum, variant.increment, variant.maximum, stock, priced_from)
        return cls(variant, places, [Asked(one.quantity, one.ship_to, one.pack_units or 1) for one in facts], limits, cap, total)


def _broken(item: _Item) -> list[Obstacle]:
    """A problem for each line that is to change; for every line when no quantity would do."""
    breach = breach_of(item.limits, item.asked)
    if breach is None:
        return []
    wanted = mended(item.limits, item.asked)
    if wanted is None:
        return [_impossible(item, breach, at) for at in range(len(item.places))]
    most = sum(wanted)
    changed = [at for at, one in enumerate(item.asked) if wanted[at] != one.quantity]
    return [
        Obstacle(_CODES[breach], f"{_rule(item, breach, at, most)} {_way(wanted[at])}", item.places[at], str(wanted[at]))
        for at in changed
    ]


def _way(quantity: int) -> str:
    return f"Order {quantity} here." if quantity else "Remove this line."


def _rule(item: _Item, breach: Breach, at: int, most: int) -> str:
    """The rule that is broken, and the value that breaks it."""
    sku, line = item.variant.sku, item.asked[at]
    several = len(item.asked) > 1
    asked = f"its {len(item.asked)} lines have {item.total}" if several else f"this line has {line.quantity}"
    if breach is Breach.MAXIMUM:
        return f"{sku}: at most {item.limits.maximum} in one cart; {asked}."
    if breach is Breach.MINIMUM:
        return f"{sku}: at least {item.limits.minimum} in one order; {asked}."
    if breach is Breach.UNPRICED:
        return f"{sku} has a price from {item.limits.priced_from} pieces on; {asked}."
    if breach is Breach.STOCK:
        return f"{sku}: only {most} can be had now; {asked}."
    step = line.pack if line.quantity % line.pack else lcm(item.limits.increment, 1 if several else line.pack)
    return f"{sku} comes by {step}; {asked}."


def _impossible(item: _Item, breach: Breach, at: int) -> Obstacle:
    """No quantity would do: the rules that exclude one another are named."""
    sku, limits = item.variant.sku, item.limits
    if breach is Breach.STOCK:
        message = f"{sku} is out of stock. Remove the line, or wait for the next delivery."
        if limits.stock:
            rules = _rules(limits, item.asked[at].pack, stock=False)
            message = f"{sku}: too few are in stock ({rules}). Remove the line, or wait for the next delivery."
        return Obstacle(ProblemCode.OUT_OF_STOCK, message, item.places[at])
    rules = _rules(limits, item.asked[at].pack, stock=True)
    message = f"{sku}: no quantity can be ordered now, because these exclude one another: {rules}. Remove the line, or ask us."
    return Obstacle(_CODES[breach], message, item.places[at])


def _rules(limits: Limits, pack: int, *, stock: bool) -> str:
    said = [
        (limits.minimum > 1, f"at least {limits.minimum}"),
        (limits.increment > 1, f"by {limits.increment}"),
        (pack > 1, f"packs of {pack}"),
        (limits.maximum is not None, f"at most {limits.maximum}"),
        (limits.priced_from > 1, f"a price from {limits.priced_from} on"),
        (stock and limits.stock is not None, f"{limits.stock} in stock"),
    ]
    return ", ".join(text for holds, text in said if holds)


def _to_follow(item: _Item) -> list[Obstacle]:
    """Lines of what is sold without stock take it in their order; one that finds too little waits for the rest."""
    left = max(item.variant.available, 0)
    found = []
    for place, one in zip(item.places, item.asked, strict=True):
        if item.variant.sells_without_stock and one.quantity > left:
            now = f"more than {item.cap}" if left > item.cap else str(left)
            told = (
                f"{now} of {one.quantity} ship now, the rest follows." if left else "Not in stock now; it follows as soon as it is."
            )
            found.append(Obstacle(ProblemCode.SHORT_STOCK, f"{item.variant.sku}: {told}", place, blocking=False))
        left = max(left - one.quantity, 0)
    return found
