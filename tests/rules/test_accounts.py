"""What is allowed about people and companies, promise by promise."""

import pytest

from backend.companies.checks import company_faults, location_faults, repeated_numbers
from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft
from backend.companies.rules import (
    DEMO_PASSWORD,
    credit_ceiling,
    deposit_problem,
    email_problem,
    member_role_problem,
    normal_email,
    password_problem,
    percent_text,
    staff_role_problem,
    text_problem,
)
from backend.core.viewer import BUYER_ROLES, STAFF_ROLES


def test_an_address_has_one_spelling() -> None:
    assert normal_email("  Bea@Harbour.Example ") == "bea@harbour.example"


@pytest.mark.parametrize("email", ["bea@harbour.example", "b.e+a@mail.harbour.co.example", "käthe@müller.example"])
def test_addresses_that_can_be_delivered_are_taken(email: str) -> None:
    assert email_problem(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "bea",
        "bea@harbour",
        "@harbour.example",
        "b ea@harbour.example",
        "a@b@c.example",
        "a\0@b.example",
        "a@.example",
        "a@b..c",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert email_problem(email)


def test_an_address_may_have_254_signs_and_no_more() -> None:
    assert email_problem("a" * 64 + "@" + "b" * 181 + ".example") is None
    assert email_problem("a" * 64 + "@" + "b" * 182 + ".example")


def test_a_password_needs_length_and_nothing_else() -> None:
    assert password_problem("nine char") is not None
    assert password_problem("ten chars!") is None
    assert password_problem("correct horse battery staple") is None
    assert password_problem("x1y2z3" * 43) is not None


@pytest.mark.parametrize("password", ["1234567890", "Password123", "aaaaaaaaaaaa", "ababababab", DEMO_PASSWORD])
def test_passwords_that_everybody_tries_first_are_refused(password: str) -> None:
    assert password_problem(password)


@pytest.mark.parametrize(
    "password",
    ["football123", "Football2024!", "123football", "f00tb4ll!!", "P@ssw0rd123", "$$sunshine$$99", "footballfootball", "qwertyuiop",
     "q1w2e3r4t5", "1q2w3e4r5t", "iloveyou2!!!", "12345678910"],
)  # fmt: skip
def test_passwords_made_from_common_ones_are_refused(password: str) -> None:
    assert password_problem(password)


@pytest.mark.parametrize(
    "password", ["quite another one", "a horse and a staple", "8402917365028", "football horse 12", "abc9384-28x7q"]
)
def test_words_that_nobody_tries_first_are_taken(password: str) -> None:
    assert password_problem(password) is None


def test_a_password_is_not_the_address() -> None:
    assert password_problem("Bea.Buyer@harbour.example", "bea.buyer@harbour.example")
    assert password_problem("long.local.part", "long.local.part@harbour.example")


@pytest.mark.parametrize("text", ["", "   ", "two\nlines", "tab\tbed", "nul\0", "x" * 11])
def test_a_name_is_one_line_of_text(text: str) -> None:
    assert text_problem(text, 10, "name")


def test_letters_of_any_script_are_text() -> None:
    assert text_problem("Åsa Ødegård 株式会社", 40, "name") is None


def test_a_deposit_is_a_share() -> None:
    assert deposit_problem(0) is None
    assert deposit_problem(1_000_000) is None
    assert deposit_problem(1_000_001)
    assert deposit_problem(-1)


def test_buyers_and_staff_have_different_roles() -> None:
    assert {role for role in BUYER_ROLES if member_role_problem(role)} == set()
    assert {role for role in STAFF_ROLES if not member_role_problem(role)} == set()
    assert {role for role in STAFF_ROLES if staff_role_problem(role)} == set()
    assert {role for role in BUYER_ROLES if not staff_role_problem(role)} == set()


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0.00"), (190_000, "19.00"), (51_250, "5.125"), (1, "0.0001"), (1_000_000, "100.00")]
)
def test_a_percentage_shows_two_to_four_places(units: int, text: str) -> None:
    assert percent_text(units) == text


def test_a_lowered_limit_leaves_the_ceiling_where_orders_reach() -> None:
    assert credit_ceiling(500, 200) == 500
    assert credit_ceiling(100, 200) == 200


def test_every_fault_of_a_draft_is_named_with_its_row_and_field() -> None:
    good = CompanyDraft("C1", name="Harbour", category="WHOLESALER")
    bad = CompanyDraft("", name="x\ny", category="SHOP", price_strategy="CHEAPEST", tax_id="1" * 33)
    assert company_faults([good]) == []
    assert [(fault.row, fault.path) for fault in company_faults([good, bad])] == [
        (1, ("number",)),
        (1, ("name",)),
        (1, ("taxId",)),
        (1, ("category",)),
        (1, ("priceStrategy",)),
    ]


def test_faults_of_addresses_are_named_below_them() -> None:
    address = AddressDraft("", "Rotterdam", "Holland", phone="1\n2")
    draft = LocationDraft("L1", currency="Euro", address=address, billing_address=AddressDraft("Waalhaven 12", "", "NL"))
    assert [fault.path for fault in location_faults([draft])] == [
        ("currency",),
        ("address", "line1"),
        ("address", "phone"),
        ("address", "country"),
        ("billingAddress", "city"),
    ]


def test_the_same_number_twice_is_a_fault_of_both_rows() -> None:
    drafts = [CompanyDraft("C1"), CompanyDraft("C2"), CompanyDraft("C1")]
    assert [fault.row for fault in repeated_numbers(drafts)] == [0, 2]
