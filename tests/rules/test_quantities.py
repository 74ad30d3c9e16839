"""Promises of the quantities of one item: what would do breaks no rule, whatever lines hold the item, and is found whenever there is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.carts.quantities import Asked, Breach, Limits, breach_of, mended

LIMITS = st.builds(
    Limits, minimum=st.integers(1, 40), increment=st.integers(1, 24), maximum=st.none() | st.integers(1, 300),
    stock=st.none() | st.integers(0, 300), priced_from=st.integers(0, 60),
)  # fmt: skip
LINES = st.lists(
    st.builds(Asked, quantity=st.integers(1, 200), order=st.integers(0, 2), pack=st.integers(1, 12)), min_size=1, max_size=4
)


def again(asked: list[Asked], quantities: list[int]) -> list[Asked]:
    return [Asked(quantity, one.order, one.pack) for one, quantity in zip(asked, quantities, strict=True)]


@given(LIMITS, LINES)
def test_what_would_do_breaks_no_rule(limits: Limits, asked: list[Asked]):
    found = mended(limits, asked)
    if found is not None:
        assert any(found)
        assert min(found) >= 0
        assert breach_of(limits, again(asked, found)) is None


@given(LIMITS, LINES)
def test_what_may_be_ordered_stays_as_it_is(limits: Limits, asked: list[Asked]):
    if breach_of(limits, asked) is None:
        assert mended(limits, asked) == [one.quantity for one in asked]


@given(LIMITS, st.integers(1, 200), st.integers(1, 12))
def test_one_line_is_told_the_next_quantity_up_or_else_the_next_below_or_that_there_is_none(
    limits: Limits, quantity: int, pack: int
):
    valid = [one for one in range(1, 1_500) if breach_of(limits, [Asked(one, pack=pack)]) is None]
    above, below = [one for one in valid if one >= quantity], [one for one in valid if one <= quantity]
    expected = [above[0]] if above else [below[-1]] if below else None
    assert mended(limits, [Asked(quantity, pack=pack)]) == expected


@given(LIMITS, LINES)
def test_nothing_would_do_only_where_no_single_line_would(limits: Limits, asked: list[Asked]):
    if mended(limits, asked) is None:
        for line in asked:
            assert not any(breach_of(limits, [Asked(one, pack=line.pack)]) is None for one in range(1, 1_500))


@pytest.mark.parametrize(
    ("limits", "asked", "breach", "found"),
    [
        (Limits(increment=24, maximum=60), [50], Breach.MULTIPLE, [48]),
        (Limits(maximum=100), [60, 60], Breach.MAXIMUM, [60, 40]),
        (Limits(maximum=100), [100, 20], Breach.MAXIMUM, [100, 0]),
        (Limits(minimum=10), [3, 4], Breach.MINIMUM, [3, 7]),
        (Limits(increment=24), [30, 18], None, [30, 18]),
        (Limits(stock=100), [60, 60], Breach.STOCK, [60, 40]),
        (Limits(minimum=24, stock=20), [24], Breach.STOCK, None),
        (Limits(minimum=10, increment=4, maximum=11), [10], Breach.MULTIPLE, None),
        (Limits(priced_from=10), [3], Breach.UNPRICED, [10]),
    ],
)
def test_examples(limits: Limits, asked: list[int], breach: Breach | None, found: list[int] | None):
    lines = [Asked(quantity) for quantity in asked]
    assert (breach_of(limits, lines), mended(limits, lines)) == (breach, found)


def test_minimum_and_multiple_hold_for_each_order_and_the_maximum_for_the_cart():
    two_orders = [Asked(6, order=1), Asked(6, order=2)]
    assert breach_of(Limits(minimum=10), two_orders) is Breach.MINIMUM
    assert breach_of(Limits(increment=12), two_orders) is Breach.MULTIPLE
    assert breach_of(Limits(maximum=10), two_orders) is Breach.MAXIMUM
    assert mended(Limits(minimum=10), two_orders) == [10, 10]
