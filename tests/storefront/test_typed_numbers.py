"""A number that is typed on a page means what it means in a file or a list, or is asked about."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import numbers
from storefront.forms import AMOUNT, Form
from storefront.numbers import readings, unmistakable
from tests.storefront.canned import CannedApi, browser
from tests.storefront.test_staff import STOCK

TYPED = [
    "12", "2,96", "2.96", "1.234", "1,234", "1.234,50", "1,234.50", "1 000", "1\u00a0000,5", "1'000.50", "1e3", "NaN", "１２", "١٢", "−8", "-8",
    ".42", "$2", "0.125", "01.234", "1.2.3", "", " ", "12 pcs", "1,23,456", "9" * 41,
]  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_pages_read_numbers_as_files_do(text: str) -> None:
    assert readings(text) == sorted(set(numbers.readings(text).values()), key=abs)


@given(st.text("0123456789.,' -\u00a0e", max_size=12))
def test_pages_read_anything_as_files_do(text: str) -> None:
    assert readings(text) == sorted(set(numbers.readings(text).values()), key=abs)


@pytest.mark.parametrize(
    ("text", "sent"),
    [("2,96", "2.96"), ("2.96", "2.96"), ("1.234,50", "1234.5"), ("12", "12"), ("9.50", "9.50"), ("1 000", "1000")],
)
def test_an_amount_is_taken_in_either_notation(text: str, sent: str) -> None:
    form = Form("f", {"amount": text}).check_amount("amount")
    assert (form.refused, form.value("amount")) == (False, sent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.234", "Write 1.2340 or 1234."),
        ("1,234", "Write 1.2340 or 1234."),
        ("1e3", AMOUNT),
        ("-1", AMOUNT),
        ("€ 2", AMOUNT),
        ("1.23456", AMOUNT),
    ],
)
def test_an_amount_that_may_be_two_is_asked_about_and_stays_as_typed(text: str, said: str) -> None:
    form = Form("f", {"amount": text}).check_amounts(["amount"])
    assert (form.wrong["amount"], form.value("amount")) == (said, text)


@pytest.mark.parametrize(("stored", "shown"), [("12.50", "12.50"), ("1.234", "1.2340"), ("1.2345", "1.2345"), ("12", "12")])
def test_what_is_stored_is_shown_so_that_it_can_be_sent_again(stored: str, shown: str) -> None:
    assert unmistakable(stored) == shown
    assert readings(shown) == [Decimal(stored)]


async def test_a_negative_count_is_sent_and_what_became_of_it_is_shown() -> None:
    notice = "-8 on hand is stored as 0: stock cannot be negative."
    api = CannedApi(SetStock={"setStock": {"__typename": "SetStockDone", "notices": [notice]}}, Stock=STOCK)
    async with browser(api) as client:
        answer = await client.post("/staff/stock", data={"n.variant.1.MAIN": "−8", "was.variant.1.MAIN": "9"})
    assert api.variables_of("SetStock")["rows"] == [{"variantId": "variant.1", "warehouse": "MAIN", "quantity": -8}]
    assert (answer.status_code, f"Saved. {notice}" in answer.text) == (200, True)
