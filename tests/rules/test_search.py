"""What a typed text asks for and how a misspelt word is read, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.search_rules import (
    ProductText,
    VariantText,
    compounds_of,
    document_of,
    fold,
    number_forms,
    spelled_words,
    text_words,
    variant_words,
    words_of,
)
from backend.shop.commonness import Commonness
from backend.shop.search_rules import MAX_WORDS, Term, lookalikes, meets, parse, singulars, tsquery
from backend.shop.spelling import closest, distance, halves, limit_for, slips

JACKET = ProductText(
    "Softshell jacket",
    "Northline",
    ["Jackets"],
    "Windproof.",
    [VariantText("NW-1-BLK", "0012", "Softshell jacket Black", ["Black"])],
)


def test_letters_are_compared_without_case_and_accents() -> None:
    assert fold("Größe ØRSTED Łódź") == "grosse orsted lodz"
    assert words_of("Überschuh, 12\u00a0mm") == ["uberschuh", "12", "mm"]


def test_a_compound_is_found_in_one_word_and_in_two() -> None:
    assert {"hi", "vis", "hivis", "t", "shirt", "tshirt"} == text_words("Hi-Vis T-shirt")
    assert list(compounds_of("plain words")) == []


def test_a_barcode_is_found_without_its_leading_zeros() -> None:
    assert list(number_forms("0012")) == ["0012", "12"]
    assert list(number_forms("NW-1/b")) == ["nw1b"]


def test_a_word_weighs_by_where_it_stands() -> None:
    words = dict(part.split(":") for part in document_of(JACKET).split(" "))
    assert words["'softshell'"] == "1A"
    assert words["'northline'"] == words["'jackets'"] == "2B"
    assert words["'black'"] == words["'nw1blk'"] == words["'0012'"] == "3C"
    assert words["'windproof'"] == "4D"


def test_numbers_are_not_learnt_as_words() -> None:
    assert {"softshell", "northline", "black"} <= spelled_words([JACKET])
    assert not [word for word in spelled_words([JACKET]) if not word.isalpha()]


def test_the_words_of_a_variant_are_its_numbers_and_options() -> None:
    assert {"nw1blk", "nw", "1", "blk", "0012", "12", "black"} <= variant_words(JACKET.variants[0])


@pytest.mark.parametrize(
    ("typed", "one"), [("gloves", "glove"), ("boxes", "box"), ("bodies", "body"), ("shoes", "shoe"), ("patches", "patch")]
)
def test_a_plural_finds_its_singular(typed: str, one: str) -> None:
    assert one in set(singulars(typed))


@pytest.mark.parametrize("word", ["glass", "xs", "gas", "4s"])
def test_what_is_no_plural_stays(word: str) -> None:
    assert list(singulars(word)) == []


def test_words_are_read_in_one_with_their_neighbours() -> None:
    soft, shell = parse("soft shell").groups()
    assert (Term("softshell"),) in soft
    assert (Term("softshell"),) in shell
    assert meets(soft, {"softshell"})
    assert meets(shell, {"softshell"})


def test_a_measure_is_read_in_two() -> None:
    (group,) = parse("500ml").groups()
    assert meets(group, {"500", "ml"})
    assert not meets(group, {"500"})


def test_a_letter_beside_other_words_is_a_size_and_not_a_beginning() -> None:
    jacket, size = parse("jacket m").groups()
    assert meets(jacket, {"jackets"})
    assert meets(size, {"m"})
    assert not meets(size, {"medium"})


def test_a_word_with_a_mark_after_it_is_finished() -> None:
    series, number = parse("NW-21").groups()
    assert not meets(series, {"nwx"})
    assert meets(number, {"2140"})


def test_letters_in_a_number_are_read_as_digits() -> None:
    assert lookalikes("nw214o") == "nw2140"
    assert lookalikes("oil") is None


@given(st.text(max_size=400))
def test_any_text_becomes_a_query_that_postgresql_can_read(text: str) -> None:
    query = parse(text)
    assert len(query.words) <= MAX_WORDS
    for word in query.words:
        assert word.text.isalnum()
    said = tsquery(query.groups(), "ABD") if query.words else ""
    assert "\x00" not in said
    assert set("".join(char for char in said if not char.isalnum())) <= set("'()|&:* ")


@pytest.mark.parametrize(
    ("typed", "meant", "slips"),
    [("jaket", "jacket", 1), ("jakcet", "jacket", 1), ("jacket", "jacket", 0), ("vynil", "vinyl", 2), ("sofshe", "softshell", 1.5)],
)
def test_slips_are_counted_as_fingers_make_them(typed: str, meant: str, slips: float) -> None:
    assert distance(typed, meant) == slips


@given(st.text(alphabet="abcd", min_size=1, max_size=8), st.text(alphabet="abcd", min_size=1, max_size=8))
def test_a_distance_is_never_more_than_the_longer_word(typed: str, word: str) -> None:
    assert 0 <= distance(typed, word) <= max(len(typed), len(word))
    assert distance(typed, typed) == 0


def test_the_nearest_word_comes_first_and_what_is_far_does_not_come() -> None:
    assert closest("jaket", ["packet", "jacket", "trousers", "jackets"]) == [("jacket", 1), ("jackets", 1.5), ("packet", 2)]
    assert limit_for("xl") == 0


def test_what_trigrams_do_not_see_is_found_by_slips() -> None:
    assert {"belt", "blest", "let", "blot"} <= slips("blet")
    assert "jacket" in slips("jakcet")
    assert "jackets" not in slips("jacket")


def test_a_missing_blank_is_looked_for_where_both_sides_are_words() -> None:
    assert ("softshell", "jacket") in set(halves("softshelljacket"))
    assert list(halves("boots")) == []


COMMON = Commonness.of({"jacket": 0.3, "jackets": 0.1, "style": 0.99, "stylish": 0.04, "merino": 0.06, "black": 0.2})


@pytest.mark.parametrize(
    ("typed", "looked_up"),
    [
        ("merino", ["merino"]),
        ("merino style", ["merino"]),
        ("style", []),  # everybody has it: what she may see is fewer
        ("style st", []),
        ("styli", ["styli"]),
        ("jacket black", ["black"]),  # neither is rare, one is rarer
        ("jacket nw2140 merino", ["nw2140", "merino"]),
        ("unheard of words", ["unheard", "of", "words"]),
    ],
)
def test_common_words_are_not_looked_up_when_others_will_do(typed: str, looked_up: list[str]) -> None:
    query = parse(typed)
    assert [query.words[place].text for place in COMMON.worth_looking_up(query.groups())] == looked_up


def test_a_beginning_is_as_common_as_all_words_that_begin_so() -> None:
    """Half of the products have one of the two, or a beginning of many."""
    assert COMMON.worth_looking_up([((Term("jacket"),), (Term("black"),))]) == []
    assert COMMON.worth_looking_up([((Term("jacket", begins=False),),)]) == [0]
    assert COMMON.worth_looking_up([((Term("jacket"), Term("merino")),), ((Term("black"),),)]) == [0]
