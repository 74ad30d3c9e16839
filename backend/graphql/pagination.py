"""Relay pages: checks `first, after, last, before`, makes opaque cursors, and writes the SQL that starts a page after a cursor.

A page never asks for more than 100 rows; a wrong argument or cursor is the client's bug: BAD_INPUT, never INTERNAL.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

import orjson

from backend.core.errors import BadInput

DEFAULT_SIZE = 24
MAX_SIZE = 100
MAX_CURSOR_LENGTH = 1_000

Key = str | int | float | bool | None | date | datetime | Decimal
NodeT = TypeVar("NodeT")


@dataclass(frozen=True, slots=True)
class Page:
    """A checked request for a page: `size` rows after (forward) or before (backward) a cursor."""

    size: int
    backward: bool = False
    cursor: str | None = None
    other: str | None = None  # the cursor on the far side, when a client gives both

    @classmethod
    def of(cls, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None) -> "Page":
        """Neither `first` nor `last` means 24; both, a negative one or more than 100 is BAD_INPUT."""
        if first is not None and last is not None:
            raise BadInput("Give first or last, not both.")
        if last is not None:
            return cls(_size("last", last), True, before, after)
        size = DEFAULT_SIZE if first is None else _size("first", first)
        return cls(size, False, after, before)

    @property
    def limit(self) -> int:
        """Rows to fetch: one more than asked for tells whether another page follows."""
        return self.size + 1

    def key(self, *types: type) -> tuple[Key, ...] | None:
        """The sort keys in the cursor that this page starts from, each of the given type; None at the beginning."""
        return None if self.cursor is None else decode_cursor(self.cursor, *types)

    def other_key(self, *types: type) -> tuple[Key, ...] | None:
        """The sort keys in the cursor on the far side."""
        return None if self.other is None else decode_cursor(self.other, *types)


def _size(name: str, value: int) -> int:
    if not 0 <= value <= MAX_SIZE:
        raise BadInput(f"{name} must lie between 0 and {MAX_SIZE}; it was {value}. Ask for further pages with a cursor.")
    return value


def encode_cursor(*key: Key) -> str:
    """The sort keys of a row, opaque to clients."""
    return base64.urlsafe_b64encode(orjson.dumps(key, default=str)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type) -> tuple[Key, ...]:
    """The sort keys in a cursor, checked against the types of the sort; a null key is allowed anywhere."""
    values = _decoded(cursor)
    if not isinstance(values, list) or len(values) != len(types):
        raise _bad_cursor()
    return tuple(_typed(value, kind) for value, kind in zip(values, types, strict=True))


def _decoded(cursor: str) -> object:
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise _bad_cursor()
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise _bad_cursor() from None


_PARSERS: dict[type, Callable[[str], Key]] = {
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _typed(value: object, kind: type) -> Key:
    if value is None:
        return None
    parse = _PARSERS.get(kind)
    if parse is not None and isinstance(value, str):
        return _parsed(parse, value)
    if type(value) is kind or (kind is float and type(value) is int):
        return _storable(value)
    raise _bad_cursor()


def _parsed(parse: Callable[[str], Key], text: str) -> Key:
    try:
        value = parse(text)
    except (ValueError, InvalidOperation):
        raise _bad_cursor() from None
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) < 100):
        raise _bad_cursor()
    if isinstance(value, datetime) and value.tzinfo is None:
        raise _bad_cursor()
    return value


def _storable(value: object) -> Key:
    """A forged cursor must not reach PostgreSQL with what its types refuse: NUL in text, more than 64 bits."""
    if isinstance(value, str) and "\0" in value:
        raise _bad_cursor()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise _bad_cursor()
    if isinstance(value, (str, int, float)):
        return value
    raise _bad_cursor()


def _bad_cursor() -> BadInput:
    return BadInput("This cursor is not one of this list's. Use a cursor from pageInfo or an edge of the same list.")


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column of a sort: a SQL expression that is never null, its Python type and its direction."""

    expression: str
    type: type
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Keyset:
    """A total order over rows (the last key is unique) and the SQL fragments that cut a page out of it."""

    keys: tuple[SortKey, ...]

    def order_by(self, page: Page) -> str:
        """The ORDER BY list; turned round for a backward page, whose rows `connection` turns back."""
        return ", ".join(f"{key.expression} {_direction(key, page.backward)}" for key in self.keys)

    def where(self, page: Page, parameter: int) -> tuple[str, list[Key]]:
        """A condition that is TRUE for rows on the page, and its values, numbered from `$parameter`."""
        types = [key.type for key in self.keys]
        conditions: list[str] = []
        values: list[Key] = []
        bounds = ((page.key(*types), page.backward), (page.other_key(*types), not page.backward))
        for bound, backward in bounds:
            if bound is not None:
                conditions.append(self._beyond(parameter + len(values), backward))
                values.extend(bound)
        return " AND ".join(conditions) or "TRUE", values

    def _beyond(self, parameter: int, backward: bool) -> str:
        """Rows strictly after the key: a row comparison when all run the same way, which an index serves directly."""
        marks = [f"${parameter + index}" for index in range(len(self.keys))]
        directions = {key.descending for key in self.keys}
        if len(directions) == 1:
            sign = _sign(self.keys[0], backward)
            return f"({', '.join(key.expression for key in self.keys)}) {sign} ({', '.join(marks)})"
        steps = []
        for index, key in enumerate(self.keys):
            equal = [f"{self.keys[i].expression} = {marks[i]}" for i in range(index)]
            steps.append(" AND ".join([*equal, f"{key.expression} {_sign(key, backward)} {marks[index]}"]))
        return "(" + " OR ".join(f"({step})" for step in steps) + ")"


def _direction(key: SortKey, backward: bool) -> str:
    return "DESC" if key.descending != backward else "ASC"


def _sign(key: SortKey, backward: bool) -> str:
    return "<" if key.descending != backward else ">"


@dataclass(slots=True)
class PageInfo:
    """Where a page lies; attributes are named for the schema."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Edge(Generic[NodeT]):
    cursor: str
    node: NodeT


@dataclass(slots=True)
class Connection(Generic[NodeT]):
    """One page of a growing list. The edges are made only when somebody selects them."""

    nodes: list[NodeT]
    cursors: list[str]
    page_info: PageInfo
    total_count: int

    @property
    def edges(self) -> list[Edge[NodeT]]:
        return [Edge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]


def page_of(page: Page, rows: Sequence[NodeT], cursor_of: Callable[[NodeT], str]) -> tuple[list[NodeT], list[str], PageInfo]:
    """Nodes in the list's own order, their cursors and the page info, from up to `page.limit` rows in `Keyset.order_by` order."""
    more = len(rows) > page.size
    nodes = list(rows[: page.size])
    if page.backward:
        nodes.reverse()
    cursors = [cursor_of(node) for node in nodes]
    # Where we came from there is at least the row of the cursor itself; Relay allows telling so without asking.
    came_from = page.cursor is not None
    has_next, has_previous = (came_from, more) if page.backward else (more, came_from)
    info = PageInfo(has_next, has_previous, cursors[0] if cursors else None, cursors[-1] if cursors else None)
    return nodes, cursors, info


def connection(page: Page, rows: Sequence[NodeT], total: int, cursor_of: Callable[[NodeT], str]) -> Connection[NodeT]:
    """A connection from the rows that a keyset query answered."""
    nodes, cursors, info = page_of(page, rows, cursor_of)
    return Connection(nodes, cursors, info, total)


def slice_connection(page: Page, everything: Sequence[NodeT], cursor_of: Callable[[NodeT], str]) -> Connection[NodeT]:
    """A connection over a list that is in memory already. A cursor whose row is gone starts at the beginning (or end)."""
    start, stop = _bounds(page, everything, cursor_of)
    chosen = range(max(start, stop - page.size), stop) if page.backward else range(start, min(stop, start + page.size))
    nodes = [everything[index] for index in chosen]
    cursors = [cursor_of(node) for node in nodes]
    total = len(everything)
    info = PageInfo(chosen.stop < total, chosen.start > 0, cursors[0] if cursors else None, cursors[-1] if cursors else None)
    return Connection(nodes, cursors, info, total)


def _bounds(page: Page, everything: Sequence[NodeT], cursor_of: Callable[[NodeT], str]) -> tuple[int, int]:
    after, before = (page.other, page.cursor) if page.backward else (page.cursor, page.other)
    start = _place(after, everything, cursor_of)
    stop = _place(before, everything, cursor_of)
    first = 0 if start is None else start + 1
    return first, len(everything) if stop is None else max(first, stop)


def _place(cursor: str | None, everything: Sequence[NodeT], cursor_of: Callable[[NodeT], str]) -> int | None:
    """Where the node with this cursor is; only those before it are given cursors to compare."""
    if cursor is None:
        return None
    _decoded(cursor)
    return next((index for index, node in enumerate(everything) if cursor_of(node) == cursor), None)
