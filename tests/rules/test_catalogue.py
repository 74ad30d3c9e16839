"""Rules of the catalogue: slugs, part numbers, check digits, clean text, quantity rules."""

import pytest

from backend.catalogue.draft_rules import faults_of
from backend.catalogue.drafts import ProductDraft, VariantDraft
from backend.catalogue.rules import (
    clean_html,
    is_slug,
    is_text,
    ordered_values,
    plain_text,
    quantity_rule_fault,
    sku_key,
    slug_for,
    slugify,
)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Softshell Jacket", "softshell-jacket"),
        ("Größe 52 »XL«", "grosse-52-xl"),
        ("  --Ø'Brien & Söhne--  ", "o-brien-sohne"),
        ("安全靴", ""),
    ],
)
def test_a_slug_is_small_ascii_with_single_hyphens(text: str, slug: str) -> None:
    assert slugify(text) == slug
    assert is_slug(slug) == bool(slug)


def test_a_name_without_latin_letters_has_a_slug_all_the_same() -> None:
    assert is_slug(slug_for("安全靴"))
    assert slug_for("安全靴") == slug_for("安全靴") != slug_for("手袋")


def test_a_slug_never_grows_too_long() -> None:
    assert is_slug(slugify("a " * 500))


@pytest.mark.parametrize("text", ["nw-2140 b/l", "NW2140BL", "nw.2140_bl", "ＮＷ２１４０ＢＬ"])
def test_part_numbers_are_compared_by_letters_and_digits(text: str) -> None:
    assert sku_key(text) == "NW2140BL"


def test_html_comes_out_harmless() -> None:
    dirty = '<h2 class="x">Warm</h2><p onclick="x()">and <b>dry</b></p><script>x()</script><img src=x onerror=x()><a href="javascript:x()">go</a>'
    clean = clean_html(dirty)
    assert clean.startswith("<h2>Warm</h2><p>and <b>dry</b></p>")
    assert not any(word in clean for word in ("script", "onclick", "img", "onerror", "class"))


def test_html_reads_as_plain_text_line_by_line() -> None:
    assert plain_text("<p>Warm &amp; dry</p><ul><li>3-ply</li><li>EN&nbsp;343</li></ul>a<br>b") == "Warm & dry\n3-ply\nEN 343\na\nb"


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "two\nlines", "x" * 11])
def test_text_of_one_line(text: str) -> None:
    assert not is_text(text, 10)


def test_values_keep_the_order_that_somebody_gave_and_then_their_own() -> None:
    combinations = [("Red", "L"), ("Blue", "S"), ("Red", "M")]
    assert ordered_values([[], ["S", "M", "L", "XL"]], combinations, 2) == [["Red", "Blue"], ["S", "M", "L", "XL"]]


@pytest.mark.parametrize(
    ("rule", "stands"),
    [((1, None, 1), True), ((6, 600, 6), True), ((5, 5, 1), True), ((0, None, 1), False), ((5, 3, 1), False), ((2, 5, 6), False)],
)
def test_a_quantity_rule_leaves_something_to_order(rule: tuple[int, int | None, int], stands: bool) -> None:
    assert (quantity_rule_fault(*rule) is None) == stands


def test_every_fault_of_every_draft_is_found_in_one_go() -> None:
    drafts = [
        ProductDraft(slug="a", variants=(VariantDraft(sku="A"), VariantDraft(sku="A"))),
        ProductDraft(slug="B", name=""),
        ProductDraft(slug="a"),
    ]
    found = {(fault.row, fault.path) for fault in faults_of(drafts)}
    assert found == {(0, ("variants", "1", "sku")), (1, ("slug",)), (1, ("name",)), (2, ("slug",))}
