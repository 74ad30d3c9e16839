"""The one price function: from what the viewer's lists say about a variant to her quantity breaks, and why.

Listing, grid, cart, quote, reorder and order all take their prices from `breaks_of` and `price_at`. A strategy is a row of STRATEGIES.
Amounts are ten-thousandths of a currency unit; lists come in the order in which they are looked at (`list_order`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """How several lists make one price. A contract price wins in each of them."""

    PRIORITY = "PRIORITY"  # the first list that has the variant decides, breaks included
    LOWEST = "LOWEST"  # at every quantity the lowest price of all lists
    MERGE = "MERGE"  # higher lists' breaks, with the further quantities of lower mergeable lists


class PriceSource(StrEnum):
    """Where a price comes from."""

    CONTRACT = "CONTRACT"
    COMPANY_PRICE_LIST = "COMPANY_PRICE_LIST"
    LOCATION_PRICE_LIST = "LOCATION_PRICE_LIST"
    GROUP_PRICE_LIST = "GROUP_PRICE_LIST"
    DEFAULT_PRICE_LIST = "DEFAULT_PRICE_LIST"
    QUOTE = "QUOTE"
    OVERRIDE = "OVERRIDE"


# Ties in priority go to the narrower scope; the default list is looked at last whatever its priority.
_SCOPE_RANK = {
    PriceSource.LOCATION_PRICE_LIST: 0,
    PriceSource.COMPANY_PRICE_LIST: 1,
    PriceSource.GROUP_PRICE_LIST: 2,
    PriceSource.DEFAULT_PRICE_LIST: 3,
}


@dataclass(frozen=True, slots=True)
class ViewerList:
    """A price list that reaches the viewer. `source` says through what."""

    key: int
    label: str
    source: PriceSource
    priority: int = 100
    is_contract: bool = False
    is_default: bool = False
    mergeable: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """What one list asks for one variant: `amounts_e4[i]` from `quantities[i]` pieces on, ascending."""

    price_list: ViewerList
    quantities: Sequence[int]
    amounts_e4: Sequence[int]


@dataclass(frozen=True, slots=True)
class Break:
    """From `quantity` pieces on, one piece costs `amount_e4`; `price_list` says so."""

    quantity: int
    amount_e4: int
    price_list: ViewerList


def list_order(lists: Sequence[ViewerList]) -> list[ViewerList]:
    """Contracts first, then by priority (lower first), then the narrower scope; default lists last."""
    return sorted(
        lists, key=lambda one: (not one.is_contract, one.is_default, one.priority, _SCOPE_RANK.get(one.source, 3), one.key)
    )


def breaks_of(offers: Sequence[Offer], strategy: Strategy) -> list[Break]:
    """The breaks that hold for the viewer, ascending; empty when no list has the variant."""
    contracts = [offer for offer in offers if offer.price_list.is_contract]
    if contracts:
        return _first(contracts)
    return STRATEGIES[strategy](offers) if offers else []


def price_at(breaks: Sequence[Break], quantity: int) -> Break | None:
    """The break that decides at this quantity; None below the first."""
    found = None
    for one in breaks:
        if one.quantity > quantity:
            break
        found = one
    return found


def next_break(breaks: Sequence[Break], quantity: int) -> Break | None:
    """The next cheaper break above this quantity."""
    now = price_at(breaks, quantity)
    return next((one for one in breaks if one.quantity > quantity and (now is None or one.amount_e4 < now.amount_e4)), None)


def fold(breaks: Sequence[Break], minimum: int) -> list[Break]:
    """Breaks as a buyer sees them: those at or below her minimum quantity become one that starts there."""
    first = price_at(breaks, minimum)
    above = [one for one in breaks if one.quantity > minimum]
    return [Break(minimum, first.amount_e4, first.price_list), *above] if first else above


def _of(offer: Offer) -> list[Break]:
    return [Break(quantity, amount, offer.price_list) for quantity, amount in zip(offer.quantities, offer.amounts_e4, strict=True)]


def _first(offers: Sequence[Offer]) -> list[Break]:
    return _of(offers[0])


def _lowest(offers: Sequence[Offer]) -> list[Break]:
    everyone = [_of(offer) for offer in offers]
    slots = sorted({one.quantity for breaks in everyone for one in breaks})
    result: list[Break] = []
    for slot in slots:
        there = [one for one in (price_at(breaks, slot) for breaks in everyone) if one]
        best = min(there, key=lambda one: one.amount_e4)
        if not result or best.amount_e4 < result[-1].amount_e4:
            result.append(Break(slot, best.amount_e4, best.price_list))
    return result


def _merge(offers: Sequence[Offer]) -> list[Break]:
    if not offers[0].price_list.mergeable:
        return _first(offers)
    slots: dict[int, Break] = {}
    for offer in offers:
        if offer.price_list.mergeable:
            for one in _of(offer):
                slots.setdefault(one.quantity, one)
    return [slots[quantity] for quantity in sorted(slots)]


STRATEGIES: dict[Strategy, Callable[[Sequence[Offer]], list[Break]]] = {
    Strategy.PRIORITY: _first,
    Strategy.LOWEST: _lowest,
    Strategy.MERGE: _merge,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One list that was looked at for a quantity. `minimum_quantity` and `amount_e4` are of its break that applies there."""

    price_list: ViewerList
    minimum_quantity: int
    amount_e4: int | None
    won: bool
    reason: str


def explain(lists: Sequence[ViewerList], offers: Sequence[Offer], strategy: Strategy, quantity: int) -> list[Candidate]:
    """Every list in the order looked at, and why it won or lost at this quantity. Agrees with `breaks_of` by construction."""
    winner = price_at(breaks_of(offers, strategy), quantity)
    by_list = {offer.price_list.key: offer for offer in offers}
    return [_candidate(one, by_list.get(one.key), winner, strategy, quantity) for one in lists]


def _candidate(price_list: ViewerList, offer: Offer | None, winner: Break | None, strategy: Strategy, quantity: int) -> Candidate:
    if offer is None:
        return Candidate(price_list, 1, None, False, "This list has no price for the item.")
    there = price_at(_of(offer), quantity)
    if there is None:
        return Candidate(price_list, offer.quantities[0], None, False, f"This list starts at {offer.quantities[0]} pieces.")
    if winner is not None and winner.price_list.key == price_list.key:
        reason = "Agreed by contract." if price_list.is_contract else _WON[strategy]
        return Candidate(price_list, winner.quantity, winner.amount_e4, True, reason)
    return Candidate(price_list, there.quantity, there.amount_e4, False, _why_lost(price_list, there, winner, strategy))


def _why_lost(price_list: ViewerList, there: Break, winner: Break | None, strategy: Strategy) -> str:
    if winner is None:
        return "A list that is looked at earlier has the item, but not at this quantity."
    if winner.price_list.is_contract:
        return f"{winner.price_list.label} is a contract and wins over every list."
    if strategy is Strategy.LOWEST:
        return (
            f"{winner.price_list.label} asks less."
            if winner.amount_e4 < there.amount_e4
            else f"{winner.price_list.label} asks as little."
        )
    if strategy is Strategy.MERGE and not price_list.mergeable:
        return "This list is not merged with others, and an earlier one has the item."
    return f"{winner.price_list.label} is looked at first and has the item."


_WON = {
    Strategy.PRIORITY: "The first list, in order of priority, that has the item.",
    Strategy.LOWEST: "The lowest price of all lists at this quantity.",
    Strategy.MERGE: "The highest list, in order of priority, with this quantity.",
}
