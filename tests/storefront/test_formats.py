"""How values are written: exact, short, and never as a float."""

from datetime import date

import pytest

from storefront import formats


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        ("1394.40", "EUR", "1,394.40"),
        ("3.3333", "EUR", "3.3333"),
        ("3.3000", "EUR", "3.30"),
        ("12", "EUR", "12.00"),
        ("1200", "JPY", "1,200"),
        ("1.5", "KWD", "1.500"),
        ("-4", "EUR", "-4.00"),
        ("9007199254740993.01", "EUR", "9,007,199,254,740,993.01"),
    ],
)
def test_an_amount_keeps_the_decimals_it_needs_and_its_currencys_at_least(value: str, currency: str, said: str):
    assert formats.amount({"amount": value, "currency": currency}) == said


def test_no_money_is_nothing_and_not_zero():
    assert (formats.amount(None), formats.money(None)) == ("", "")


def test_a_line_is_rounded_half_up_as_the_api_rounds_it():
    assert str(formats.goods("0.0050", 1, "EUR")) == "0.01"
    assert str(formats.goods("3.3333", 3, "EUR")) == "10.00"


def test_a_date_names_its_year_only_when_it_is_not_this_one():
    assert formats.day("2026-12-08", today=date(2026, 11, 1)) == "8 Dec"
    assert formats.day("2027-01-02", today=date(2026, 11, 1)) == "2 Jan 2027"
    assert formats.day(None) == ""


def test_a_rate_has_no_idle_zeros():
    assert [formats.rate(rate) for rate in ("21.00", "5.50", "0.00", "100.00")] == ["21 %", "5.5 %", "0 %", "100 %"]
