"""Promises of GTINs: every form of one number has one key, and no other number has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.gtins import check_digit, gtin_key, gtin_of, is_gtin

UPC = "036000291452"


@pytest.mark.parametrize(
    "form", [UPC, "0" + UPC, "00" + UPC, UPC.lstrip("0"), "0-36000-29145-2", "0 036000 291452", "０３６０００２９１４５２"]
)
def test_every_form_of_a_number_has_one_key(form: str) -> None:
    assert gtin_key(form) == "00036000291452"


@pytest.mark.parametrize(
    "text", ["40063813339319", "4006381333932", "400638133393", "NW-2140", "", "0", "12", "4006381333931000", "٤٠٠٦٣٨١٣٣٣٩٣١"]
)
def test_another_number_has_none(text: str) -> None:
    assert gtin_key(text) is None


def test_a_case_is_another_number_than_its_piece() -> None:
    assert gtin_key("14006381333938") not in (None, gtin_key("4006381333931"))


@pytest.mark.parametrize(
    ("text", "digits"),
    [("4006381 333931", "4006381333931"), ("40170725", "40170725"), ("4006381333932", None), ("36000291452", None)],
)
def test_what_is_entered_is_kept_as_its_digits(text: str, digits: str | None) -> None:
    assert gtin_of(text) == digits


@given(st.integers(10**11, 10**13 - 1))
def test_a_key_is_found_from_the_number_with_and_without_its_zeros(body: int) -> None:
    number = f"{body:013d}"
    full = number + str(check_digit(number))
    assert gtin_key(full) == gtin_key(full.lstrip("0")) == full


@pytest.mark.parametrize(("body", "digit"), [("629104150021", 3), ("400638133393", 1), ("9638507", 4), ("1061414100041", 5)])
def test_check_digits_are_those_of_gs1(body: str, digit: int) -> None:
    assert check_digit(body) == digit
    assert is_gtin(f"{body}{digit}")
    assert not is_gtin(f"{body}{(digit + 1) % 10}")


@pytest.mark.parametrize("text", ["", "123", "4006381333931 ", "４００６３８１３３３９３１", "400638133393x", "40063813339310"])
def test_what_is_no_gtin(text: str) -> None:
    assert not is_gtin(text)
