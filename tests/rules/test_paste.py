"""Promises of the paste: whatever people copy, every row that holds something comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.carts.paste import quantity_of, read_paste


def rows(text: str) -> list[tuple[str, int | None]]:
    return [(row.number, row.quantity) for row in read_paste(text)]


@pytest.mark.parametrize(
    "text",
    [
        "NW-1 12\nGL 9 3",
        "NW-1\t12\nGL 9\t3",
        "NW-1;12\nGL 9;3",
        "NW-1,12\nGL 9,3",
        "NW-1|12\r\nGL 9|3\r\n",
        "12;NW-1\n3;GL 9",
        "sku;qty\nNW-1;12\nGL 9;3",
        "Menge;Artikel\n12;NW-1\n3;GL 9",
        '\ufeffSKU,Description,Quantity\nNW-1,"Jacket, black",12\nGL 9,Glove,3',
        "NW-1 12\n\n   \nGL 9;3",
        "NW-1\t12 pcs\nGL 9\tx3",
    ],
)
def test_any_sensible_separator(text: str) -> None:
    assert rows(text) == [("NW-1", 12), ("GL 9", 3)]


def test_a_lone_number_is_one_piece() -> None:
    assert rows("4006381333931\nNW-1") == [("4006381333931", 1), ("NW-1", 1)]


@pytest.mark.parametrize(
    ("text", "quantity"), [("12", 12), ("1,000", 1000), ("1.000", 1000), ("12.0", 12), ("x12", 12), ("12 pcs", 12), ("-3", -3)]
)
def test_quantities_as_people_write_them(text: str, quantity: int) -> None:
    assert quantity_of(text) == quantity


@pytest.mark.parametrize("text", ["", "1.5", "twelve", "12 boxes", "1e3", "9" * 30])
def test_what_is_no_quantity(text: str) -> None:
    assert quantity_of(text) is None


def test_what_cannot_be_read_says_why() -> None:
    told = read_paste("sku;qty\nA;1.5\nB;\n;4\nC;many")
    assert [(row.line, row.quantity, bool(row.fault)) for row in told] == [
        (2, None, True),
        (3, None, True),
        (4, None, True),
        (5, None, True),
    ]


def test_half_a_piece_in_a_list_by_spaces_is_no_item() -> None:
    (row,) = read_paste("GL-1 1.5")
    assert (row.number, row.quantity, row.fault) == ("GL-1", None, "Whole pieces only.")


def test_thousands_in_a_comma_list_are_asked_about() -> None:
    (row,) = read_paste("A,1,000")
    assert row.fault is not None
    assert "comma" in row.fault


@given(st.text(max_size=200))
def test_nothing_that_is_pasted_breaks_it_and_no_row_is_lost(text: str) -> None:
    filled = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n") if line.strip()]
    assert len(filled) - 1 <= len(read_paste(text)) <= len(filled)
