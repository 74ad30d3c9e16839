"""Promises of the price function. The worked examples are those that OroCommerce and buyers' reports agree on."""

from collections.abc import Callable, Sequence
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from backend.pricing.rules import Breaks, Offer, PriceSource, Strategy, ViewerList, breaks_of, explain, list_order, price_at


def a_list(key: int = 1, **more: object) -> ViewerList:
    return ViewerList(key=key, label=f"List {key}", source=PriceSource.COMPANY_PRICE_LIST, **more)  # type: ignore[arg-type]


def an_offer(price_list: ViewerList, *slots: tuple[int, int]) -> Offer:
    """Slots as price/quantity, whole currency units."""
    return Offer(price_list, [quantity for _, quantity in slots], [price * 10_000 for price, _ in slots])


def slots(breaks: Breaks) -> list[tuple[int, int]]:
    return [(one.amount_e4 // 10_000, one.quantity) for one in breaks]


def test_priority_takes_all_breaks_from_the_first_list_that_has_the_item():
    offers = [an_offer(a_list(1), (9, 1), (8, 10)), an_offer(a_list(2), (5, 1), (4, 5))]
    assert slots(breaks_of(offers, Strategy.PRIORITY)) == [(9, 1), (8, 10)]


def test_lowest_takes_the_lowest_price_of_each_quantity():
    offers = [an_offer(a_list(1), (9, 1), (8, 2), (6, 4)), an_offer(a_list(2), (8, 1), (7, 2), (7, 4))]
    assert slots(breaks_of(offers, Strategy.LOWEST)) == [(8, 1), (7, 2), (6, 4)]


def test_lowest_never_asks_more_for_more():
    offers = [an_offer(a_list(1), (10, 1), (5, 10)), an_offer(a_list(2), (9, 1), (8, 20))]
    assert slots(breaks_of(offers, Strategy.LOWEST)) == [(9, 1), (5, 10)]


def test_merge_adds_further_quantities_of_lower_mergeable_lists():
    offers = [
        an_offer(a_list(1), (9, 1), (8, 2), (6, 5)),
        an_offer(a_list(2, mergeable=False), (8, 1), (7, 2), (7, 4)),
        an_offer(a_list(3), (5, 10), (4, 100)),
    ]
    assert slots(breaks_of(offers, Strategy.MERGE)) == [(9, 1), (8, 2), (6, 5), (5, 10), (4, 100)]


def test_a_list_that_is_not_mergeable_stands_alone_when_no_higher_list_has_the_item():
    offers = [an_offer(a_list(2, mergeable=False), (8, 1)), an_offer(a_list(3), (5, 10))]
    assert slots(breaks_of(offers, Strategy.MERGE)) == [(8, 1)]


def test_a_contract_wins_in_every_strategy_even_above_list():
    offers = [an_offer(a_list(1), (5, 1)), an_offer(a_list(2, is_contract=True), (7, 1))]
    for strategy in Strategy:
        assert slots(breaks_of(offers, strategy)) == [(7, 1)]


def test_no_list_means_no_price():
    for strategy in Strategy:
        assert not breaks_of([], strategy)


def test_order_of_lists_is_contract_priority_scope_default_last():
    default = ViewerList(1, "Default", PriceSource.DEFAULT_PRICE_LIST, priority=1, is_default=True)
    group = ViewerList(2, "Group", PriceSource.GROUP_PRICE_LIST, priority=10)
    company = ViewerList(3, "Company", PriceSource.COMPANY_PRICE_LIST, priority=10)
    location = ViewerList(4, "Location", PriceSource.LOCATION_PRICE_LIST, priority=20)
    contract = ViewerList(5, "Contract", PriceSource.CONTRACT, priority=900, is_contract=True)
    assert list_order([default, group, company, location, contract]) == [contract, company, group, location, default]


def test_below_the_first_break_there_is_no_price():
    breaks = breaks_of([an_offer(a_list(), (5, 12))], Strategy.PRIORITY)
    assert price_at(breaks, 11) is None
    assert price_at(breaks, 12) is not None


def test_lower_breaks_fold_into_the_minimum_quantity():
    breaks = breaks_of([an_offer(a_list(), (9, 1), (8, 6), (7, 12), (6, 48))], Strategy.PRIORITY)
    assert [list(one) for one in breaks.folded(12)] == [[12, 48], [70_000, 60_000]]
    assert [list(one) for one in breaks.folded(10)] == [[10, 12, 48], [80_000, 70_000, 60_000]]
    assert [list(one) for one in breaks[2:].folded(3)] == [[12, 48], [70_000, 60_000]]


def test_explanation_names_every_list_and_one_winner():
    first, second, third = a_list(1), a_list(2), a_list(3)
    offers = [an_offer(second, (9, 1)), an_offer(third, (5, 1))]
    told = explain([first, second, third], offers, Strategy.PRIORITY, 4)
    assert [(one.won, one.amount_e4) for one in told] == [(False, None), (True, 90_000), (False, 50_000)]
    assert "no price" in told[0].reason
    assert "List 2" in told[2].reason


offers_of_a_viewer = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.dictionaries(st.integers(1, 50), st.integers(1, 99), min_size=1, max_size=5)),
    max_size=5,
)


@given(offers_of_a_viewer, st.sampled_from(list(Strategy)), st.integers(1, 60))
def test_the_explained_winner_is_the_price_that_is_charged(drawn, strategy, quantity):
    lists = list_order(
        [a_list(key, is_contract=contract, mergeable=mergeable) for key, (contract, mergeable, _) in enumerate(drawn, 1)]
    )
    by_key = {key: slots for key, (_, _, slots) in enumerate(drawn, 1)}
    offers = [Offer(one, sorted(by_key[one.key]), [by_key[one.key][q] for q in sorted(by_key[one.key])]) for one in lists]
    charged = price_at(breaks_of(offers, strategy), quantity)
    winners = [one for one in explain(lists, offers, strategy, quantity) if one.won]
    assert [one.amount_e4 for one in winners] == ([charged.amount_e4] if charged else [])


LADDER = st.dictionaries(st.integers(1, 50), st.integers(1, 99), min_size=1, max_size=4)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), LADDER, st.booleans()), max_size=4),
    st.sampled_from(Strategy),
    st.integers(1, 60),
)
def test_each_reason_of_an_explanation_is_true(drawn, strategy, quantity):
    """The reasons are worked out again from the ladders alone, and there is one winner whenever there is a price."""
    lists = list_order(
        [a_list(key, is_contract=contract, mergeable=mergeable) for key, (contract, mergeable, _, _) in enumerate(drawn, 1)]
    )
    ladders = {one.key: sorted(drawn[one.key - 1][2].items()) for one in lists if drawn[one.key - 1][3]}
    offers = [an_offer(one, *((a, q) for q, a in ladders[one.key])) for one in lists if one.key in ladders]
    found = explain(lists, offers, strategy, quantity)
    price = price_at(breaks_of(offers, strategy), quantity)
    winners = [one for one in found if one.won]
    assert [(one.minimum_quantity, one.amount_e4) for one in winners] == ([(price.quantity, price.amount_e4)] if price else [])
    with_item = [one for one in lists if one.key in ladders]
    by_label = {one.label: one for one in lists}
    for one in found:
        own, place = ladders.get(one.price_list.key), lists.index(one.price_list)
        named = next((other for label, other in by_label.items() if f"{label} " in one.reason), None)
        reached = [slot for slot, _ in own or [] if slot <= quantity]
        if "no price for the item" in one.reason:
            assert own is None
        elif "This list starts at" in one.reason:
            assert own
            assert not reached
        elif "is a contract and wins" in one.reason:
            assert named
            assert named.is_contract
            assert not one.price_list.is_contract
            assert named.key in ladders
        elif "is looked at first and has the item" in one.reason:
            assert named is with_item[0]
            assert lists.index(named) < place
            assert strategy is Strategy.PRIORITY or not named.mergeable or named.is_contract
        elif "is not merged with others" in one.reason:
            assert strategy is Strategy.MERGE
            assert not one.price_list.mergeable
            assert lists.index(with_item[0]) < place
        elif "but not at this quantity" in one.reason:
            assert price is None
            assert reached
            assert lists.index(with_item[0]) < place
        elif "has a break from the same" in one.reason:
            assert named
            assert price
            assert reached[-1] == price.quantity
            assert lists.index(named) < place
            assert named.key == price.price_list.key
        elif "has a break from" in one.reason:
            assert named
            assert price
            assert reached[-1] < price.quantity <= quantity
            assert named.key == price.price_list.key
        elif " asks " in one.reason:
            assert strategy is Strategy.LOWEST
            assert price
            assert one.amount_e4 is not None
            assert named
            assert named.key == price.price_list.key
            assert ("asks less" in one.reason) == (price.amount_e4 < one.amount_e4)
        else:
            assert one.won
            assert price
            assert one.price_list.key == price.price_list.key
            if "Of the merged lists" in one.reason:
                merged = [slot for other in with_item if other.mergeable for slot, _ in ladders[other.key] if slot <= quantity]
                assert strategy is Strategy.MERGE
                assert price.quantity == max(merged)


def test_merged_lists_lose_by_their_break_and_not_by_their_place():
    """A list that is looked at later wins by a nearer break; the first one is told that, and not that it was looked at later."""
    first, second = a_list(1), a_list(2)
    offers = [an_offer(first, (9, 1)), an_offer(second, (8, 10))]
    told = [(one.won, one.reason) for one in explain([first, second], offers, Strategy.MERGE, 20)]
    assert told == [
        (False, "List 2 has a break from 10 pieces; this list's is from 1."),
        (True, "Of the merged lists, its break from 10 pieces is the highest up to this quantity."),
    ]


@given(offers_of_a_viewer, st.integers(1, 60))
def test_lowest_is_at_most_every_other_lists_price(drawn, quantity):
    offers = [Offer(a_list(key), sorted(slots), [slots[q] for q in sorted(slots)]) for key, (_, _, slots) in enumerate(drawn, 1)]
    best = price_at(breaks_of(offers, Strategy.LOWEST), quantity)
    for offer in offers:
        there = price_at(breaks_of([offer], Strategy.PRIORITY), quantity)
        assert there is None or (best is not None and best.amount_e4 <= there.amount_e4)


offers_for_four_variants = st.lists(
    st.tuples(
        st.booleans(),
        st.booleans(),
        st.dictionaries(st.integers(1, 50), st.lists(st.integers(1, 99), min_size=4, max_size=4), min_size=1, max_size=5),
    ),
    min_size=1,
    max_size=4,
)


@given(offers_for_four_variants, st.sampled_from(list(Strategy)), st.integers(1, 60))
def test_the_least_price_of_variants_is_the_price_of_their_least_amounts(drawn, strategy, quantity):
    """When the same lists speak of them from the same quantities on; of those above the one asked for, only a list's first is looked at."""
    lists = [a_list(key, is_contract=contract, mergeable=mergeable) for key, (contract, mergeable, _) in enumerate(drawn, 1)]

    def price(amount_of: Callable[[Sequence[int]], int], until: int) -> int | None:
        offers = []
        for one, (_, _, amounts) in zip(lists, drawn, strict=True):
            quantities = [at for at in sorted(amounts) if at <= until or at == min(amounts)]
            offers.append(Offer(one, quantities, [amount_of(amounts[at]) for at in quantities]))
        found = price_at(breaks_of(offers, strategy), quantity)
        return found.amount_e4 if found else None

    each = [price(itemgetter(variant), 50) for variant in range(4)]
    assert len({one is None for one in each}) == 1
    assert price(min, quantity) == min((one for one in each if one is not None), default=None)
