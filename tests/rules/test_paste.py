"""Promises of the paste: whatever people copy, every row that holds something comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.carts.paste import quantity_of, read_paste
from backend.core.numbers import Ambiguous, NotANumber


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
    ("text", "quantity"),
    [
        ("12", 12),
        ("1 000", 1000),
        ("1.000.000", 1_000_000),
        ("12.0", 12),
        ("x12", 12),
        ("12 pcs", 12),
        ("12 Stück", 12),
        ("-3", -3),
        ("１２", 12),
    ],
)
def test_quantities_as_people_write_them(text: str, quantity: int) -> None:
    assert quantity_of(text) == quantity


@pytest.mark.parametrize("text", ["", "1.5", "twelve", "12 boxes", "1e3", "9" * 50, "NaN"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(NotANumber):
        quantity_of(text)


@pytest.mark.parametrize("text", ["1,000", "1.000", "1.000 pcs"])
def test_a_quantity_that_can_be_two_is_asked_about(text: str) -> None:
    with pytest.raises(Ambiguous, match=r"Write 1 or 1000\."):
        quantity_of(text)
    (row,) = read_paste(f"NW-1\t{text}")
    assert (row.number, row.quantity) == ("NW-1", None)
    assert "Write 1 or 1000." in (row.fault or "")


def test_a_column_of_quantities_is_read_in_its_own_notation() -> None:
    assert rows("sku\tqty\nA\t1.000\nB\t2.500.000\nC\t3") == [("A", 1000), ("B", 2_500_000), ("C", 3)]
    assert rows("sku\tqty\nA\t1.000\nB\t2.00") == [("A", 1), ("B", 2)]
    assert rows("sku\tqty\nA\t1.000\nB\t2,00") == [("A", 1000), ("B", 2)]


TITLES = [
    "Artikelnr.\tMenge\tPreis", "Art.-Nr.\tAnzahl\tEinzelpreis", "Artikelnummer\tAantal\tPrijs", "Référence\tQuantité\tPrix",
    "Referencia\tCantidad\tPrecio", "Codice articolo\tQuantità\tPrezzo", "Código\tQuantidade\tPreço", "Nr artykułu\tIlość\tCena",
    "Číslo zboží\tMnožství\tCena", "Varenr.\tAntal\tPris", "Varenummer\tAntall\tPris", "Artikelnummer\tAntal\tPris",
    "Tuotenumero\tMäärä\tHinta", "Item no.\tQty\tUnit price", "SKU\tUnits\tAmount", "EAN\tStück\tBetrag", "Product code\tOrder qty\tTotal",
]  # fmt: skip


@pytest.mark.parametrize("titles", TITLES)
def test_titles_are_understood_in_many_languages(titles: str) -> None:
    assert rows(f"{titles}\nNW-1\t6\t24\nGL 9\t3\t9,50") == [("NW-1", 6), ("GL 9", 3)]


@pytest.mark.parametrize("text", ["NW-1\t6\t24", "NW-1;6;24", "NW-1\t6\tJacket\t24"])
def test_among_several_numbers_none_is_guessed(text: str) -> None:
    (row,) = read_paste(text)
    assert row.quantity is None
    assert "6 and 24" in (row.fault or "")
    assert "Name the columns" in (row.fault or "")


def test_an_item_that_is_called_like_a_title_is_an_item() -> None:
    assert [row.number for row in read_paste("SKU-12\tBlue jacket\nNW-1\t6")] == ["SKU-12", "NW-1"]
    assert [row.number for row in read_paste("Article A\nNW-1 6")] == ["Article A", "NW-1"]


def test_titles_that_are_not_understood_are_said() -> None:
    (row,) = read_paste("SKU\tFoo\tPrice\nNW-1\t6\t24")
    assert row.quantity is None
    assert "“SKU”, “Foo”, “Price” is understood as the quantity" in (row.fault or "")
    (row,) = read_paste("Foo\tQty\nNW-1\t6")
    assert "is understood as the item number" in (row.fault or "")


def test_two_columns_of_quantities_are_asked_about() -> None:
    (row,) = read_paste("SKU\tMin qty\tQty\nNW-1\t6\t24")
    assert (row.quantity, row.fault) == (
        None,
        "Several titles could be the quantity: “Min qty” and “Qty”. Keep one of these columns.",
    )


@pytest.mark.parametrize(
    "titles",
    ["Product\tProduct code\tQty", "Artikel\tArtikelnr.\tMenge", "Style\tEAN\tPcs", "Bezeichnung\tBestellnummer\tBestellmenge"],
)
def test_of_two_titles_the_more_telling_one_is_the_number(titles: str) -> None:
    assert rows(f"{titles}\nJacket\tNW-1\t6") == [("NW-1", 6)]


def test_a_barcode_is_never_a_quantity() -> None:
    assert rows("NW-1\t4006381333931\t6") == [("NW-1", 6)]
    assert rows("6\t4006381333931") == [("4006381333931", 6)]
    assert rows("6\t40170725") == [("40170725", 6)]
    assert rows("40170725\t6") == [("40170725", 6)]
    (row,) = read_paste("NW-1\t4006381333931")
    assert (row.number, row.quantity) == ("NW-1", None)
    assert "“4006381333931” is too large, or a barcode" in (row.fault or "")


def test_what_nobody_can_see_is_no_part_of_a_number() -> None:
    assert rows("\u200bNW-1\u00a0\t12\u00a0") == [("NW-1", 12)]


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
