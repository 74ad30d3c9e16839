"""Pages: their arguments, cursors that nobody can forge into an error of ours, and the same rows whichever way one walks."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from backend.core.errors import BadInput
from backend.graphql.pagination import (
    Connection,
    Keyset,
    Page,
    SortKey,
    connection,
    decode_cursor,
    encode_cursor,
    slice_connection,
)


def test_neither_first_nor_last_means_24() -> None:
    page = Page.of()
    assert (page.size, page.limit, page.backward) == (24, 25, False)


@pytest.mark.parametrize(
    "arguments", [{"first": 1, "last": 1}, {"first": 101}, {"first": -1}, {"last": 101}, {"last": -1}, {"first": 2**31 - 1}]
)
def test_a_page_out_of_bounds_is_bad_input(arguments: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Page.of(**arguments)


def test_a_cursor_carries_its_keys() -> None:
    key = ("x'y", 2**62, Decimal("1.2300"), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), date(2026, 1, 2), True, None)
    assert decode_cursor(encode_cursor(*key), str, int, Decimal, datetime, date, bool, str) == key


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "é",
        "a" * 5000,
        "[" * 900,
        forged({}),
        forged([]),
        forged([1, 2]),
        forged(["x", "not a number"]),
        forged([{}, 1]),
        forged(["\0", 1]),
        forged(["x", 2**63]),
        forged(["x", True]),
        forged(["x", 1.5]),
    ],
)
def test_a_forged_cursor_is_bad_input(cursor: str) -> None:
    with pytest.raises(BadInput):
        decode_cursor(cursor, str, int)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("NaN", Decimal), ("1e999999", Decimal), ("2026-01-01T00:00:00", datetime), ("2026-13-01", date), ("x", Decimal)],
)
def test_a_forged_key_is_bad_input(value: str, kind: type) -> None:
    with pytest.raises(BadInput):
        decode_cursor(forged([value]), kind)


def test_keyset_sql_compares_rows_when_all_keys_run_the_same_way() -> None:
    keyset = Keyset((SortKey("name", str), SortKey("id", int)))
    page = Page.of(first=2, after=encode_cursor("b", 2))
    assert keyset.where(page, 3) == ("(name, id) > ($3, $4)", ["b", 2])
    assert keyset.order_by(page) == "name ASC, id ASC"
    page = Page.of(last=2, before=encode_cursor("b", 2), after=encode_cursor("a", 1))
    assert keyset.where(page, 1) == ("(name, id) < ($1, $2) AND (name, id) > ($3, $4)", ["b", 2, "a", 1])
    assert keyset.order_by(page) == "name DESC, id DESC"
    assert keyset.where(Page.of(), 1) == ("TRUE", [])


def test_keyset_sql_spells_out_mixed_directions() -> None:
    keyset = Keyset((SortKey("placed_at", int, descending=True), SortKey("id", int)))
    where, values = keyset.where(Page.of(after=encode_cursor(5, 1)), 1)
    assert where == "((placed_at < $1) OR (placed_at = $1 AND id > $2))"
    assert values == [5, 1]
    assert keyset.order_by(Page.of(last=1)) == "placed_at ASC, id DESC"


def cursor_of(node: int) -> str:
    return encode_cursor(node)


def fetched(page: Page, rows: list[int]) -> Connection[int]:
    """What a keyset query over these sorted rows would answer."""
    key, other = page.key(int), page.other_key(int)
    after, before = (other, key) if page.backward else (key, other)
    kept = [row for row in rows if (after is None or (row,) > after) and (before is None or (row,) < before)]
    ordered = kept[::-1] if page.backward else kept
    return connection(page, ordered[: page.limit], len(rows), cursor_of)


@pytest.mark.parametrize("over", ["query", "memory"])
def test_walking_forward_and_backward_visits_every_row_once(over: str) -> None:
    rows = list(range(10))

    def get(page: Page) -> Connection[int]:
        return fetched(page, rows) if over == "query" else slice_connection(page, rows, cursor_of)

    seen: list[int] = []
    page = Page.of(first=3)
    while True:
        answer = get(page)
        seen += answer.nodes
        assert [edge.cursor for edge in answer.edges] == [cursor_of(node) for node in answer.nodes]
        if not answer.page_info.has_next_page:
            break
        page = Page.of(first=3, after=answer.page_info.end_cursor)
    assert seen == rows
    seen = []
    page = Page.of(last=3)
    while True:
        answer = get(page)
        seen = answer.nodes + seen
        if not answer.page_info.has_previous_page:
            break
        page = Page.of(last=3, before=answer.page_info.start_cursor)
    assert seen == rows
    assert answer.total_count == 10


def test_an_empty_page_has_no_cursors() -> None:
    nothing: list[int] = []
    for answer in (connection(Page.of(), nothing, 0, cursor_of), slice_connection(Page.of(), nothing, cursor_of)):
        info = answer.page_info
        assert (info.has_next_page, info.has_previous_page, info.start_cursor, info.end_cursor) == (False, False, None, None)
    assert slice_connection(Page.of(first=0), [1, 2], cursor_of).nodes == []
