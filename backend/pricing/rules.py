"""The one price function: from what the viewer's lists say about a variant to her quantity breaks, and why.

Listing, grid, cart, quote, reorder and order all take their prices from `breaks_of` and `price_at`. A strategy is a row of STRATEGIES.
Amounts are ten-thousandths of a currency unit; lists come in the order in which they are looked at (`list_order`).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import overload


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


@dataclass(slots=True)
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


class Breaks(Sequence[Break]):
    """Breaks beside each other, ascending, as they are stored: `amounts_e4[i]` of `price_lists[i]` from `quantities[i]` pieces on.

    A page shows thousands of them, so they become `Break` objects only where somebody looks at one.
    """

    __slots__ = ("amounts_e4", "price_lists", "quantities")

    def __init__(self, quantities: Sequence[int], amounts_e4: Sequence[int], price_lists: Sequence[ViewerList]) -> None:
        self.quantities, self.amounts_e4, self.price_lists = quantities, amounts_e4, price_lists

    @classmethod
    def of(cls, breaks: Iterable[Break]) -> "Breaks":
        found = list(breaks)
        return cls([one.quantity for one in found], [one.amount_e4 for one in found], [one.price_list for one in found])

    def __len__(self) -> int:
        return len(self.quantities)

    @overload
    def __getitem__(self, index: int) -> Break: ...
    @overload
    def __getitem__(self, index: slice) -> "Breaks": ...
    def __getitem__(self, index: int | slice) -> "Break | Breaks":
        if isinstance(index, slice):
            return Breaks(self.quantities[index], self.amounts_e4[index], self.price_lists[index])
        return Break(self.quantities[index], self.amounts_e4[index], self.price_lists[index])

    def amount_at(self, quantity: int) -> int | None:
        """The price of one piece at this quantity; None below the first break."""
        index = bisect_right(self.quantities, quantity) - 1
        return self.amounts_e4[index] if index >= 0 else None

    def folded(self, minimum: int) -> tuple[Sequence[int], Sequence[int]]:
        """Quantities and amounts as a buyer sees them: what lies at or below her minimum becomes one break that starts there."""
        if not self.quantities or self.quantities[0] >= minimum:
            return self.quantities, self.amounts_e4
        index = bisect_right(self.quantities, minimum) - 1
        return (minimum, *self.quantities[index + 1 :]), self.amounts_e4[index:]


NO_BREAKS = Breaks((), (), ())


def list_order(lists: Sequence[ViewerList]) -> list[ViewerList]:
    """Contracts first, then by priority (lower first), then the narrower scope; default lists last."""
    return sorted(
        lists, key=lambda one: (not one.is_contract, one.is_default, one.priority, _SCOPE_RANK.get(one.source, 3), one.key)
    )


def breaks_of(offers: Sequence[Offer], strategy: Strategy) -> Breaks:
    """The breaks that hold for the viewer; empty when no list has the variant."""
    if len(offers) == 1 and strategy is not Strategy.LOWEST:  # most variants; LOWEST leaves out breaks that are no cheaper
        return _of(offers[0])
    for offer in offers:
        if offer.price_list.is_contract:
            return _of(offer)
    return STRATEGIES[strategy](offers) if offers else NO_BREAKS


def price_at(breaks: Breaks, quantity: int) -> Break | None:
    """The break that decides at this quantity; None below the first."""
    index = bisect_right(breaks.quantities, quantity) - 1
    return breaks[index] if index >= 0 else None


def _of(offer: Offer) -> Breaks:
    return Breaks(offer.quantities, offer.amounts_e4, (offer.price_list,) * len(offer.quantities))


def _first(offers: Sequence[Offer]) -> Breaks:
    return _of(offers[0])


def _lowest(offers: Sequence[Offer]) -> Breaks:
    everyone = [_of(offer) for offer in offers]
    result: list[Break] = []
    for slot in sorted({quantity for breaks in everyone for quantity in breaks.quantities}):
        there = [one for one in (price_at(breaks, slot) for breaks in everyone) if one]
        best = min(there, key=lambda one: one.amount_e4)
        if not result or best.amount_e4 < result[-1].amount_e4:
            result.append(Break(slot, best.amount_e4, best.price_list))
    return Breaks.of(result)


def _merge(offers: Sequence[Offer]) -> Breaks:
    if not offers[0].price_list.mergeable:
        return _first(offers)
    slots: dict[int, Break] = {}
    for offer in offers:
        if offer.price_list.mergeable:
            for one in _of(offer):
                slots.setdefault(one.quantity, one)
    return Breaks.of(slots[quantity] for quantity in sorted(slots))


# A strategy picks one of the amounts, by list and quantity or as the lowest, and looks at no quantity above the one that is asked for: by that a
# list is sorted by price without asking for each variant (`shop/ranking.py`).
STRATEGIES: dict[Strategy, Callable[[Sequence[Offer]], Breaks]] = {
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
    by_list = {offer.price_list.key: offer for offer in offers}
    decision = _Decision(price_at(breaks_of(offers, strategy), quantity), _decides_alone(offers, strategy), strategy)
    return [_candidate(one, by_list.get(one.key), decision, quantity) for one in lists]


@dataclass(frozen=True, slots=True)
class _Decision:
    """The break that won, if any, and the list that decided whatever the others say, if one did."""

    winner: Break | None
    alone: ViewerList | None
    strategy: Strategy


def _decides_alone(offers: Sequence[Offer], strategy: Strategy) -> ViewerList | None:
    """A contract, else the first list unless several are compared or merged."""
    contract = next((offer.price_list for offer in offers if offer.price_list.is_contract), None)
    if contract is not None or not offers or strategy is Strategy.LOWEST:
        return contract
    first = offers[0].price_list
    return None if strategy is Strategy.MERGE and first.mergeable else first


def _candidate(price_list: ViewerList, offer: Offer | None, decision: _Decision, quantity: int) -> Candidate:
    winner = decision.winner
    if offer is None:
        return Candidate(price_list, 1, None, False, "This list has no price for the item.")
    there = price_at(_of(offer), quantity)
    if there is None:
        return Candidate(price_list, offer.quantities[0], None, False, f"This list starts at {offer.quantities[0]} pieces.")
    if winner is not None and winner.price_list.key == price_list.key:
        return Candidate(price_list, winner.quantity, winner.amount_e4, True, _why_won(winner, decision))
    return Candidate(price_list, there.quantity, there.amount_e4, False, _why_lost(price_list, there, decision))


def _why_won(winner: Break, decision: _Decision) -> str:
    if winner.price_list.is_contract:
        return "Agreed by contract."
    if decision.strategy is Strategy.LOWEST:
        return "The lowest price of all lists at this quantity."
    if decision.alone is not None:
        return "The first list, in order of priority, that has the item."
    return f"Of the merged lists, its break from {winner.quantity} pieces is the highest up to this quantity."


def _why_lost(price_list: ViewerList, there: Break, decision: _Decision) -> str:
    winner, alone = decision.winner, decision.alone
    if alone is not None and alone.is_contract and not price_list.is_contract:
        return f"{alone.label} is a contract and wins over every list."
    if alone is not None:
        return f"{alone.label} is looked at first and has the item."
    if decision.strategy is Strategy.MERGE and not price_list.mergeable:
        return "This list is not merged with others, and an earlier one has the item."
    if winner is None:
        return "A list that is looked at earlier has the item, but not at this quantity."
    if decision.strategy is Strategy.LOWEST:
        return f"{winner.price_list.label} asks {'less' if winner.amount_e4 < there.amount_e4 else 'as little'}."
    if winner.quantity > there.quantity:
        return f"{winner.price_list.label} has a break from {winner.quantity} pieces; this list's is from {there.quantity}."
    return f"{winner.price_list.label} is looked at first and has a break from the same {winner.quantity} pieces."
