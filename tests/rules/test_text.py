"""Promises of names and codes: what looks the same is the same text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.text import clean_code, clean_name, clean_text, hides_something

INVISIBLE = [
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u202e",
    "\u2066",
    "\u200e",
    "\u061c",
    "\u034f",
    "\u3164",
    "\x00",
    "\x1f",
    "\U000e0041",
]


@pytest.mark.parametrize("hidden", INVISIBLE)
def test_invisible_characters_are_in_no_name_and_no_code(hidden: str) -> None:
    for text in (f"Red{hidden}wood", f"{hidden}Redwood", f"Redwood{hidden}"):
        assert (clean_name(text), clean_code(text)) == ("Redwood", "Redwood")


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2003", "\u3000", "\t", "\n", "\u2028", "  ", " \u00a0 "])
def test_every_blank_is_one_plain_space(blank: str) -> None:
    assert clean_name(f"{blank}Dark{blank}blue{blank}") == "Dark blue"
    assert clean_code(f"NW{blank}2140") == "NW 2140"


def test_an_accent_of_two_characters_is_one_letter() -> None:
    assert clean_name("Cafe\u0301") == "Caf\u00e9"


def test_joiners_stay_where_a_script_needs_them_and_never_in_a_code() -> None:
    family = "\U0001f469\u200d\U0001f4bb"
    assert clean_name(family) == family
    assert (
        clean_name("\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )
    assert clean_name("Red\u200dwood") == "Redwood"
    assert clean_code("\u0646\u200c\u0645") == "\u0646\u0645"


def test_text_of_several_lines_keeps_its_lines() -> None:
    assert clean_text("One\u00a0two\r\n  three\u200b\r\n\r\n\r\n\r\nfour\t") == "One two\n  three\n\nfour"


def test_a_person_is_told_only_of_what_they_cannot_see() -> None:
    assert hides_something("Red\u200bwood")
    assert hides_something("Red\u00a0wood")
    assert hides_something("Red\nwood")
    assert not hides_something(" Red  wood \r")
    assert not hides_something("Rouge fonc\u00e9")


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing_and_leaves_nothing_hidden(text: str) -> None:
    for clean in (clean_name, clean_code):
        once = clean(text)
        assert clean(once) == once
        assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in once)
    assert clean_text(clean_text(text)) == clean_text(text)
