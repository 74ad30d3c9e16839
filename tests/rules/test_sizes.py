"""Promises of sizes: they stand in the order in which people read them, and what is no size stays as it came."""

import random

import pytest

from backend.catalogue.rules import ordered_values
from backend.catalogue.sizes import natural_order

ORDERS = [
    ["XXS", "XS", "S", "M", "L", "XL", "2XL", "3XL", "4XL", "5XL"],
    ["One size", "XS", "S", "S/M", "M", "M/L", "L", "XXL", "XXXL"],
    ["Small", "Medium", "Large", "X-Large", "XX-Large"],
    ["36", "36.5", "37", "38", "40", "100"],
    ["36", "36-38", "38", "40-42", "44"],
    ["30/32", "30/34", "32/30", "32/34", "34/32"],
    ["W30 L32", "W30 L34", "W32 L30"],
    ["EU 36", "EU 38", "EU 40"],
    ["5 ½", "6", "6 ½", "10"],
    ["9,5", "10", "10,5"],
    ["98/104", "110/116", "122/128"],
    ["0-3 M", "3-6 M", "6-9 M", "12-18 M"],
    ["250 ml", "500 ml", "1000 ml"],
    ["6 (S)", "7 (S)", "10 (S)"],
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[0])
def test_sizes_are_put_in_order_whatever_order_they_came_in(order: list[str]) -> None:
    for seed in range(5):
        mixed = random.Random(seed).sample(order, len(order))
        assert natural_order(mixed) == order


@pytest.mark.parametrize(
    "values", [["Red", "Blue"], ["S", "Blue"], ["500 ml", "1 l"], ["M", "38"], ["A4", "B5"], ["MXL"], ["3M", "S"], ["1-2-3"]]
)
def test_what_is_no_size_has_no_order(values: list[str]) -> None:
    assert natural_order(values) is None


def test_new_options_are_ordered_and_those_that_the_seller_ordered_are_kept() -> None:
    combinations = [("Red", "M"), ("Blue", "L"), ("Red", "2XL"), ("Red", "XS")]
    assert ordered_values((), combinations, 2) == [["Red", "Blue"], ["XS", "M", "L", "2XL"]]
    seller = [["Blue", "Red"], ["2XL", "L", "M", "XS"]]
    assert ordered_values(seller, [*combinations, ("Green", "S")], 2) == [["Blue", "Red", "Green"], ["2XL", "L", "M", "XS", "S"]]


def test_a_new_size_goes_where_it_belongs_among_sizes_in_their_order() -> None:
    stored = [["XS", "M", "L"]]
    assert ordered_values(stored, [("S",), ("XL",)], 1) == [["XS", "S", "M", "L", "XL"]]
