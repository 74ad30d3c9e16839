"""Countries and currencies are those that there are."""

import pytest

from backend.core.codes import COUNTRIES, CURRENCIES, country_problem, currency_problem
from backend.core.money import exponent


@pytest.mark.parametrize("code", ["NL", "GB", "US", "AX", "SS"])
def test_a_country_that_there_is_is_taken(code: str):
    assert country_problem(code) is None


@pytest.mark.parametrize("code", ["nl", "NLD", "UK", "XX", "ZZ", "EU", "SU", "", " NL", "Ν\u039b"])
def test_anything_else_is_no_country(code: str):
    assert country_problem(code) == "Give a country by its two capital letters (ISO 3166-1), for example NL."


@pytest.mark.parametrize("code", ["EUR", "JPY", "KWD", "SLE", "XCG", "XPF"])
def test_a_currency_that_is_in_use_is_taken(code: str):
    assert currency_problem(code) is None


@pytest.mark.parametrize("code", ["eur", "EU", "EURO", "ZZZ", "DEM", "HRK", "BGN", "ANG", "XAU", "XTS", "XXX", ""])
def test_what_is_withdrawn_a_metal_or_for_testing_is_no_currency(code: str):
    assert currency_problem(code) == "Give a currency that is in use by its three capital letters (ISO 4217), for example EUR."


def test_the_tables_are_whole():
    assert (len(COUNTRIES), len(CURRENCIES)) == (249, 155)
    assert all(len(code) == 2 for code in COUNTRIES)
    assert all(len(code) == 3 and exponent(code) in (0, 2, 3) for code in CURRENCIES)
