"""Promises of numbers: one reading or a question, and never a guess."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.numbers import Ambiguous, Mark, NotANumber, decides, is_open, number, readings, whole_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"), ("2,96", "2.96"), ("2.96", "2.96"), (".42", "0.42"), (",42", "0.42"), ("0.125", "0.125"), ("0,125", "0.125"),
        ("1.2345", "1.2345"), ("1.2340", "1.234"), ("1234,5", "1234.5"), ("1,234.50", "1234.5"), ("1.234,50", "1234.5"), ("-8", "-8"),
        ("−8", "-8"), ("1 000", "1000"), ("1\u00a0000,50", "1000.5"), ("1\u202f000.5", "1000.5"), ("1'000.50", "1000.5"),
        ("1.234.567", "1234567"), ("1,234,567", "1234567"), ("0012", "12"), ("１２", "12"), ("١٢", "12"), ("1234.567", "1234.567"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_one_way_is_read(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [("1.234", "1.2340", "1234"), ("1,234", "1.2340", "1234"), ("12.000", "12", "12000"), ("-1.500", "-1.5000", "-1500")],
)
def test_what_can_be_read_in_two_ways_is_asked_about(text: str, one: str, other: str) -> None:
    with pytest.raises(Ambiguous) as told:
        number(text)
    assert f"Write {one} or {other}." in str(told.value)
    assert number(one) != number(other)


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", ".", ",", "1e3", "1E+03", "NaN", "inf", "Infinity", "0x10", "1_000", "twelve", "5+", "+5", "5-", "$21.00", "2,96 €",
     "1,23,456", "1 00", "1.2.3", "1,2,3", "1.234,567.8", "½", "²", "9" * 41, "1\n000", "12 pcs"],
)  # fmt: skip
def test_what_is_no_number_says_so(text: str) -> None:
    with pytest.raises(NotANumber):
        number(text)


def test_the_reason_says_what_to_write() -> None:
    with pytest.raises(NotANumber, match="exponent: write all of its digits"):
        number("1e3")
    with pytest.raises(NotANumber, match="currency sign: write the number alone"):
        number("€ 3")


def test_a_mark_that_is_known_decides() -> None:
    assert number("1.234", Mark.POINT) == Decimal("1.234")
    assert number("1.234", Mark.COMMA) == 1234
    with pytest.raises(NotANumber):
        number("2.96", Mark.COMMA)


def test_only_what_needs_a_mark_decides_for_others() -> None:
    assert [decides(text) for text in ("2,96", "2.96", "1.234,5", "1.234.567", "0.125")] == [
        Mark.COMMA, Mark.POINT, Mark.COMMA, Mark.COMMA, Mark.POINT,
    ]  # fmt: skip
    assert [decides(text) for text in ("12", "1.234", "1 000", "", "many")] == [None] * 5
    assert [is_open(text) for text in ("1.234", "1,000", "12", "2.96", "1 000", "many", "")] == [True, True] + [False] * 5


def test_whole_numbers_may_end_in_zeros_and_nothing_else() -> None:
    assert [whole_number(text) for text in ("12.0", "12,00", "1 000", "-3")] == [12, 12, 1000, -3]
    with pytest.raises(NotANumber, match="no whole number"):
        whole_number("1.5")


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_has_a_reason(text: str) -> None:
    found = readings(text)
    if found:
        assert all(value.is_finite() for value in found.values())
        return
    with pytest.raises(NotANumber, match=r"\.$"):
        number(text)


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_what_we_write_we_read(units: int, places: int) -> None:
    text = f"{Decimal(units).scaleb(-places):f}"
    if not is_open(text):
        assert number(text) == Decimal(text)
