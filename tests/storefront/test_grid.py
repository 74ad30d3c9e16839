"""What a grid shows: sums, prices at the quantities it holds, the next break, and what was typed."""

from decimal import Decimal
from typing import Any

import pytest

from storefront import grid, swatches
from storefront.grid import Note, Typed
from tests.storefront.canned import EMPTY_CELL, a_cell, a_grid


def the_sheet(*rows: list[dict[str, Any]], typed: Typed | None = None) -> grid.Sheet:
    (sheet,) = grid.build([a_grid(list(rows))], typed or Typed())
    return sheet


def test_rows_columns_and_the_whole_are_summed_at_the_break_that_all_reach_together():
    sheet = the_sheet([a_cell(6, id="a"), a_cell(0, id="b")], [a_cell(4, id="c"), a_cell(2, id="d")])
    assert [row.units for row in sheet.rows] == [6, 6]
    assert [sheet.column_units(0), sheet.column_units(1)] == [10, 2]
    assert (sheet.units, sheet.value) == (12, Decimal("136.80"))
    assert [step.reached for step in sheet.ladders[0].steps] == [False, True]


def test_lines_on_other_dates_count_towards_the_break_and_not_into_the_sums():
    sheet = the_sheet([a_cell(6, otherwise=6)])
    assert (sheet.units, sheet.value) == (6, Decimal("68.40"))


def test_the_next_break_says_how_many_more_and_for_what():
    assert the_sheet([a_cell(5, id="a"), a_cell(0, id="b")]).next_break == "7 more of any of these for 11.40 each"
    alone = the_sheet([a_cell(5, id="a", priceBreakGroup="a"), a_cell(0, id="b", priceBreakGroup="b")])
    assert alone.next_break == "7 more of Black S for 11.40 each"
    assert the_sheet([a_cell(0)]).next_break == ""
    assert the_sheet([a_cell(12)]).next_break == ""


def test_what_was_typed_stands_in_the_cell_with_its_reason_and_counts():
    typed = Typed({"a": "7", "b": "many"}, {"b": Note("“many” is not a whole number.")})
    sheet = the_sheet([a_cell(3, id="a"), a_cell(0, id="b")], typed=typed)
    cells = sheet.cells
    assert [(cell.text, cell.quantity, cell.in_cart) for cell in cells] == [("7", 7, 3), ("many", 0, 0)]
    assert cells[1].note == Note("“many” is not a whole number.")


def test_a_missing_variant_leaves_a_gap():
    sheet = the_sheet([a_cell(id="a"), EMPTY_CELL], [a_cell(id="b"), a_cell(id="c")])
    assert [[cell is not None for cell in row.cells] for row in sheet.rows] == [[True, False], [True, True]]


def test_a_cell_tells_a_screen_reader_style_colour_size_price_and_stock():
    assert the_sheet([a_cell()]).cells[0].label == "Jacket, Black, S, 12.10 EUR, 148 in stock"


def test_no_price_is_on_request_and_never_zero():
    cell = the_sheet([a_cell(priceStatus="ON_REQUEST", unitPrice=None, priceBreaks=[])]).cells[0]
    assert (cell.price, cell.orderable) == (None, False)
    assert "price on request" in cell.label


@pytest.mark.parametrize(
    ("skus", "number"),
    [
        (["NW-2140-BLK-S", "NW-2140-BLK-M", "NW-2140-NAV-S"], "NW-2140"),
        (["NW-2140-BLK-S"], "NW-2140-BLK-S"),
        (["FS-4410-36", "FS-4410-37"], "FS-4410"),
        (["A1", "B2"], "A1"),
        (["1001", "1002"], "1001"),
        ([], ""),
    ],
)
def test_the_styles_number_is_what_its_variants_numbers_begin_with(skus: list[str], number: str):
    assert grid.number_of(skus) == number


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        *(
            ("", 0),
            (" 12 ", 12),
            ("1 200", 1200),
            ("1\u202f200", 1200),
            ("1,200,000", 1_200_000),
            ("12.0", 12),
            ("１２", 12),
            ("007", 7),
        ),
        *((text, None) for text in ("12.5", "1,20", "1,200", "1.200", "-3", "abc", "1" * 10)),
    ],
)
def test_a_quantity_is_a_whole_number_or_is_not_taken(text: str, quantity: int | None):
    assert grid.whole(text) == quantity


@pytest.mark.parametrize(
    ("availability", "said"),
    [
        ({"status": "IN_STOCK", "quantity": 200, "isCapped": True, "nextArrival": None}, (">200", ">200 in stock")),
        ({"status": "LOW", "quantity": None, "isCapped": False, "nextArrival": None}, ("low", "running low")),
        (
            {"status": "BACKORDER", "quantity": 0, "isCapped": False, "nextArrival": None},
            ("to order", "none in stock, can be ordered"),
        ),
        ({"status": "INCOMING", "quantity": 0, "isCapped": False, "nextArrival": "2031-12-08"}, ("8 Dec 2031", "back 8 Dec 2031")),
        ({"status": "UNAVAILABLE", "quantity": 0, "isCapped": False, "nextArrival": None}, ("none", "none in stock")),
    ],
)
def test_stock_says_no_more_than_the_seller_shows(availability: dict[str, object], said: tuple[str, str]):
    shown = grid.stock(availability)
    assert (shown.short, shown.long) == said


def test_a_colour_is_recognised_by_its_word_and_an_unknown_one_has_no_swatch():
    assert swatches.named("Hi-vis yellow") == swatches.FILLS["yellow"]
    assert swatches.named("Royal blue") == swatches.FILLS["royal"]
    assert swatches.named("Camouflage") is None
    assert swatches.fill([{"name": "Size", "value": "Red"}]) is None


def test_ladders_are_told_apart_by_rows_or_by_a_range_of_columns():
    dear: dict[str, Any] = {
        "unitPrice": {"amount": "15.00", "currency": "EUR"},
        "priceBreaks": [{"minimumQuantity": 1, "unitPrice": {"amount": "15.00", "currency": "EUR"}}],
    }
    by_row = the_sheet([a_cell(id="a"), a_cell(id="b")], [a_cell(id="c", **dear), a_cell(id="d", **dear)])
    assert [ladder.of for ladder in by_row.ladders] == ["Black", "Navy"]
    by_column = the_sheet([a_cell(id="a"), a_cell(id="b", **dear)], [a_cell(id="c"), a_cell(id="d", **dear)])
    assert [ladder.of for ladder in by_column.ladders] == ["S", "M"]
    assert [ladder.of for ladder in the_sheet([a_cell()]).ladders] == [""]


def test_a_row_shows_the_price_that_most_of_its_cells_share():
    dear: dict[str, Any] = {"unitPrice": {"amount": "15.00", "currency": "EUR"}, "priceBreaks": []}
    row = the_sheet([a_cell(id="a"), a_cell(id="b", **dear), a_cell(id="c")]).rows[0]
    assert row.price == {"amount": "12.10", "currency": "EUR"}
