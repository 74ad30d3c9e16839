"""Reads a file's numbers as the file writes them: a column has one decimal mark, which its own values say. It never guesses cell by cell."""

from collections.abc import Collection
from dataclasses import dataclass, field

from backend.core.numbers import Ambiguous, Mark, decides, is_open, number
from backend.exchange.files import Line, UnreadableFile

Place = tuple[int, str]  # the line, and what its cell says
OPTION = "say --decimal point or --decimal comma"


@dataclass(slots=True)
class _Column:
    """The first value that needs each mark, and the first that could have either."""

    needs: dict[Mark, Place] = field(default_factory=dict)
    open: Place | None = None


class Notation:
    """What the number columns of one file say about their decimal marks."""

    def __init__(self, columns: Collection[str], decimal: Mark | None = None) -> None:
        self._columns = {name: _Column() for name in columns}
        self._decimal = decimal

    def see(self, line: Line) -> None:
        for name, column in self._columns.items():
            text = line.get(name)
            if not text or text.isdigit():
                continue
            if mark := decides(text):
                column.needs.setdefault(mark, (line.number, text))
            elif column.open is None and is_open(text):
                column.open = (line.number, text)

    def marks(self) -> dict[str, Mark]:
        """The mark of each column that has one. Raises UnreadableFile when the values contradict each other or leave it open."""
        if self._decimal is not None:
            return dict.fromkeys(self._columns, self._decimal)
        found = {name: mark for name, column in self._columns.items() if (mark := self._mark(name, column))}
        others = set(found.values())
        for name, column in self._columns.items():
            if name in found or column.open is None:
                continue
            if len(others) != 1:
                raise UnreadableFile(_open(name, column.open))
            found[name] = next(iter(others))
        return found

    def _mark(self, name: str, column: _Column) -> Mark | None:
        if len(column.needs) < 2:
            return next(iter(column.needs), None)
        (one, first), (other, second) = sorted(column.needs.values())
        raise UnreadableFile(
            f"Line {one} has “{first}” and line {other} has “{second}” in the column {name}: one has a decimal point, the other a decimal comma."
            f" Write them alike, or {OPTION}: the rows that it does not fit are named then."
        )


def _open(name: str, place: Place) -> str:
    line, text = place
    try:
        number(text)
    except Ambiguous as error:
        return f"Line {line}, in the column {name}: {error} No other value of the file shows which. Or {OPTION}."
    raise AssertionError(text)
