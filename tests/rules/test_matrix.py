"""Promises of the matrix: the last axis across, every combination of the others down, nothing empty, nothing lost."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from backend.shop.rules import matrix


def test_no_axis_is_one_unnamed_cell() -> None:
    assert matrix([], {()}) == ([""], [()])


def test_one_axis_is_one_row() -> None:
    assert matrix([["S", "M"]], {("M",), ("S",)}) == (["S", "M"], [()])


def test_empty_rows_and_columns_are_left_out() -> None:
    columns, rows = matrix([["Black", "Navy", "Olive"], ["S", "M", "L"]], {("Black", "M"), ("Olive", "L")})
    assert (columns, rows) == (["M", "L"], [("Black",), ("Olive",)])


@given(st.lists(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=4, unique=True), max_size=4), st.data())
def test_any_number_of_axes(axes: list[list[str]], data: st.DataObject) -> None:
    every = list(product(*axes))
    present = set(data.draw(st.lists(st.sampled_from(every), min_size=1)))
    columns, rows = matrix(axes, present)
    cells = {(*row, column) if axes else () for row in rows for column in columns}
    assert present <= cells
    if axes:
        assert {key[:-1] for key in present} == set(rows)
        assert {key[-1] for key in present} == set(columns)
