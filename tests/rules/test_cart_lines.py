"""Promises of what rows do to a cart's lines, without a database."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.carts.lines import LineStatus, Plan, Row, SetMode, StoredLine, Surroundings, plan_lines
from backend.carts.rules import MAX_LINES, MAX_QUANTITY
from backend.core.faults import KEEP
from backend.shop.views import BrandView, PackView, ProductView, VariantView

HERE, THERE, FOREIGN = 1, 2, 3
FIRST, SECOND, THIRD = date(2030, 1, 1), date(2030, 2, 1), date(2030, 3, 1)
PRODUCT = ProductView(
    1,
    "jacket",
    "Jacket",
    "",
    "",
    BrandView(1, "Northline", "northline"),
    None,
    [],
    [],
    "STANDARD",
    "EUR",
    datetime(2026, 1, 1, tzinfo=UTC),
)


def a_variant(key: int, *packs: PackView) -> VariantView:
    return VariantView(
        key,
        f"SKU-{key}",
        None,
        None,
        f"Item {key}",
        (),
        None,
        1,
        None,
        1,
        False,
        f"variant.{key}",
        None,
        PRODUCT,
        "EUR",
        packs=list(packs),
    )


SEEN = {key: a_variant(key, PackView("CASE", "Case", "CASE", 12)) for key in (11, 12, 13)}
AROUND = Surroundings(SEEN, {"eleven": [11], "both": [11, 12], "none": []}, frozenset({HERE, THERE}), HERE)


def a_line(key: int, variant: int = 11, quantity: int = 1, **more: Any) -> StoredLine:
    fields: dict[str, Any] = {
        "pack": None,
        "ship_to": None,
        "requested_ship_date": None,
        "cancel_date": None,
        "note": None,
        "position": key,
    }
    return StoredLine(key, variant, quantity, **{**fields, **more})


def after(stored: list[StoredLine], plan: Plan) -> dict[int, StoredLine]:
    """The lines of the cart once the plan is written."""
    kept = {line.key: line for line in stored if line.key not in plan.removed}
    return {**kept, **{line.key: line for line in plan.changed}}


def result(
    stored: list[StoredLine], *rows: Row, mode: SetMode = SetMode.SET
) -> tuple[list[str], list[tuple[int, int, date | None]]]:
    """Statuses of the rows, and variant, quantity and ship date of the lines that are there then."""
    plan = plan_lines(rows, stored, AROUND, mode)
    lines = sorted(after(stored, plan).values(), key=lambda line: line.position)
    return [str(outcome.status) for outcome in plan.outcomes], [
        (line.variant, line.quantity, line.requested_ship_date) for line in lines
    ]


def test_two_lines_swap_their_dates_at_once():
    stored = [a_line(1, quantity=5, requested_ship_date=FIRST), a_line(2, quantity=7, requested_ship_date=SECOND)]
    swap = Row(5, line=1, requested_ship_date=SECOND), Row(7, line=2, requested_ship_date=FIRST)
    assert result(stored, *swap) == (["SET", "SET"], [(11, 5, SECOND), (11, 7, FIRST)])


def test_three_lines_may_change_places_in_a_ring():
    stored = [a_line(key, quantity=key, requested_ship_date=day) for key, day in enumerate((FIRST, SECOND, THIRD), 1)]
    ring = [Row(key, line=key, requested_ship_date=day) for key, day in ((1, SECOND), (2, THIRD), (3, FIRST))]
    for mode in (SetMode.SET, SetMode.REPLACE):
        assert result(stored, *ring, mode=mode) == (["SET"] * 3, [(11, 1, SECOND), (11, 2, THIRD), (11, 3, FIRST)])


def test_a_line_moved_onto_another_joins_it_unless_that_one_is_said_too():
    stored = [a_line(1, quantity=5), a_line(2, quantity=7, requested_ship_date=FIRST)]
    assert result(stored, Row(5, line=1, requested_ship_date=FIRST)) == (["SET"], [(11, 12, FIRST)])
    said = Row(5, line=1, requested_ship_date=FIRST), Row(3, variant=11, requested_ship_date=FIRST)
    assert result(stored, *said) == (["SET", "SET"], [(11, 8, FIRST)])


def test_the_place_that_a_line_leaves_is_free_for_a_new_one():
    stored = [a_line(1, quantity=5)]
    assert result(stored, Row(5, line=1, requested_ship_date=FIRST), Row(2, variant=11)) == (
        ["SET", "SET"],
        [(11, 5, FIRST), (11, 2, None)],
    )


def test_a_line_named_by_key_and_by_number_is_one_line():
    assert result([a_line(1, quantity=4)], Row(3, line=1), Row(2, variant=11)) == (["SET", "SET"], [(11, 5, None)])


def test_a_line_cannot_be_edited_in_two_ways():
    statuses, lines = result(
        [a_line(1, quantity=5)], Row(3, line=1, requested_ship_date=FIRST), Row(3, line=1, requested_ship_date=SECOND)
    )
    assert (statuses, lines) == (["SET", "REFUSED"], [(11, 3, FIRST)])


def test_a_refused_move_leaves_the_line_where_it_is_and_nobody_takes_its_place():
    stored = [a_line(1, quantity=MAX_QUANTITY), a_line(2, quantity=1, requested_ship_date=FIRST)]
    statuses, lines = result(
        stored, Row(MAX_QUANTITY, line=1, requested_ship_date=SECOND), Row(1, line=2, requested_ship_date=None), mode=SetMode.ADD
    )
    # The first would double; the second then would join a line that is full.
    assert (statuses, lines) == (["REFUSED", "REFUSED"], [(11, MAX_QUANTITY, None), (11, 1, FIRST)])


def test_replace_makes_room_first():
    stored = [a_line(key, requested_ship_date=date(2030, 1, 1).replace(year=2030 + key)) for key in range(1, MAX_LINES + 1)]
    statuses, lines = result(stored, Row(2, variant=12), Row(3, variant=13), mode=SetMode.REPLACE)
    assert (statuses, lines) == (["SET", "SET"], [(12, 2, None), (13, 3, None)])


def test_a_removal_makes_room_for_a_row_before_it():
    stored = [a_line(key, requested_ship_date=date(2030 + key, 1, 1)) for key in range(1, MAX_LINES + 1)]
    statuses, lines = result(stored, Row(2, variant=12), Row(0, line=7))
    assert (statuses, len(lines)) == (["SET", "REMOVED"], MAX_LINES)
    assert result(stored, Row(2, variant=12), Row(1, line=7))[0] == ["REFUSED", "UNCHANGED"]


def test_a_sum_that_is_too_large_refuses_all_its_rows_and_no_other():
    statuses, lines = result([], Row(MAX_QUANTITY, variant=11), Row(1, variant=11), Row(1, variant=12))
    assert (statuses, lines) == (["REFUSED", "REFUSED", "SET"], [(12, 1, None)])


def test_an_item_that_cannot_be_seen_can_only_be_removed():
    stored = [a_line(1, variant=99, quantity=5)]
    assert result(stored, Row(6, line=1))[0] == ["REFUSED"]
    assert result(stored, Row(0, line=1)) == (["REMOVED"], [])
    assert result(stored, Row(0, variant=99)) == (["REFUSED"], [(99, 5, None)])


DATES = st.sampled_from([KEEP, None, FIRST, SECOND])
LINES = st.lists(
    st.builds(
        a_line, key=st.integers(1, 50), variant=st.sampled_from([11, 12, 13, 99]), quantity=st.integers(1, 20),
        ship_to=st.sampled_from([None, THERE]), requested_ship_date=st.sampled_from([None, FIRST, SECOND]), note=st.sampled_from([None, "blue"]),
    ),
    max_size=6, unique_by=(lambda line: line.key, lambda line: line.identity),
)  # fmt: skip
PLAIN = st.builds(
    Row, st.one_of(st.integers(0, 20), st.sampled_from([-1, MAX_QUANTITY, MAX_QUANTITY + 1])), variant=st.sampled_from([11, 12, 13, 99]),
    pack=st.sampled_from([KEEP, None, "CASE", "PALLET"]), ship_to=st.sampled_from([KEEP, None, HERE, THERE, FOREIGN]), requested_ship_date=DATES,
    note=st.sampled_from([KEEP, None, "red"]),
)  # fmt: skip
NUMBERED = st.builds(Row, st.integers(0, 20), number=st.sampled_from(["eleven", "both", "none"]), requested_ship_date=DATES)


@st.composite
def carts_and_rows(draw: st.DrawFn) -> tuple[list[StoredLine], list[Row]]:
    stored = draw(LINES)
    keys = [line.key for line in stored] + [77]
    edits = st.builds(
        Row, st.one_of(st.integers(0, 20), st.just(MAX_QUANTITY)), line=st.sampled_from(keys), ship_to=st.sampled_from([KEEP, None, THERE]),
        requested_ship_date=DATES, note=st.sampled_from([KEEP, None, "red"]),
    )  # fmt: skip
    return stored, draw(st.lists(st.one_of(PLAIN, NUMBERED, edits), max_size=8))


@settings(max_examples=500, deadline=None)
@given(carts_and_rows(), st.sampled_from(list(SetMode)))
def test_whatever_is_sent_every_row_is_answered_truly_and_no_two_lines_are_the_same(
    cart: tuple[list[StoredLine], list[Row]], mode: SetMode
):
    stored, rows = cart
    plan = plan_lines(rows, stored, AROUND, mode)
    lines = after(stored, plan)
    assert len(plan.outcomes) == len(rows)
    assert len({line.identity for line in lines.values()}) == len(lines)
    assert all(1 <= line.quantity <= MAX_QUANTITY for line in lines.values())
    assert not {line.key for line in plan.changed} & set(plan.removed)
    for row, outcome in zip(rows, plan.outcomes, strict=True):
        if outcome.status in (LineStatus.SET, LineStatus.UNCHANGED) and outcome.line is not None:
            assert lines[outcome.line].quantity == outcome.quantity
        if outcome.status is LineStatus.REMOVED and row.line is not None:
            assert row.line not in lines
        if outcome.status is LineStatus.REFUSED:
            assert outcome.message
            assert outcome.code
    if mode is not SetMode.REPLACE:
        untouched = {line.key for line in stored} - {row.line for row in rows}
        named = {outcome.line for outcome in plan.outcomes}
        assert all(
            lines.get(line.key) == line
            for line in stored
            if line.key in untouched - named and (line.variant not in {outcome.variant for outcome in plan.outcomes})
        )


@settings(max_examples=200, deadline=None)
@given(LINES, st.lists(st.one_of(PLAIN, NUMBERED), max_size=8), st.sampled_from([SetMode.SET, SetMode.REPLACE]))
def test_sending_rows_again_changes_nothing(stored: list[StoredLine], rows: list[Row], mode: SetMode):
    lines = list(after(stored, plan_lines(rows, stored, AROUND, mode)).values())
    again = plan_lines(rows, lines, AROUND, mode)
    assert not again.changes_something
    assert {outcome.status for outcome in again.outcomes} <= {LineStatus.UNCHANGED, LineStatus.REFUSED}


@settings(max_examples=200, deadline=None)
@given(
    LINES,
    st.lists(st.builds(Row, st.integers(0, 20), variant=st.sampled_from([11, 12, 13]), requested_ship_date=DATES), max_size=8),
)
def test_adding_adds_exactly_what_was_sent(stored: list[StoredLine], rows: list[Row]):
    lines = after(stored, plan_lines(rows, stored, AROUND, SetMode.ADD))
    assert sum(line.quantity for line in lines.values()) == sum(line.quantity for line in stored) + sum(
        row.quantity for row in rows
    )


@settings(max_examples=200, deadline=None)
@given(LINES, st.permutations([1, 2, 3, 4, 5, 6]))
def test_lines_that_change_places_lose_nothing(stored: list[StoredLine], order: list[int]):
    """Every line takes the dates of another line of its variant and place: no quantity is lost, no line joins another."""
    mates = [line for line in stored if line.variant == 11 and line.ship_to is None]
    shuffled = [mates[index % len(mates)] for index in dict.fromkeys(position % len(mates) for position in order)] if mates else []
    rows = [
        Row(line.quantity, line=line.key, requested_ship_date=other.requested_ship_date)
        for line, other in zip(mates, shuffled, strict=True)
    ]
    lines = after(stored, plan_lines(rows, stored, AROUND, SetMode.SET))
    wanted = {
        line.key: line._replace(requested_ship_date=other.requested_ship_date) for line, other in zip(mates, shuffled, strict=True)
    }
    assert lines == {**{line.key: line for line in stored}, **wanted}
