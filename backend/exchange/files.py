"""Reads tables as people save them: any of the usual separators and encodings, a byte order mark, any order of columns; row by row in flat memory.

Cells come without what nobody can see, and without the apostrophe that keeps a spreadsheet from reading them as formulas.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

from backend.core.numbers import Mark
from backend.core.text import clean_name, clean_text, hides_something
from backend.exchange.formulas import unguarded

# A field that has to be there; of several, one is enough.
Required = Sequence[str | tuple[str, ...]]

MAX_FIELD = 1_000_000
_SEPARATORS = ",;\t|"
_SEP_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
csv.field_size_limit(MAX_FIELD)


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: the line of the file on which it begins, and its cells by field. A column that is not there has no cell."""

    number: int
    cells: Mapping[str, str]
    surplus: bool = False  # there are more cells than columns
    marks: Mapping[str, Mark] = field(default_factory=dict)  # the decimal mark of the columns that have one
    hidden: tuple[str, ...] = ()  # fields from which something invisible was taken out

    def get(self, field: str) -> str:
        return self.cells.get(field, "")

    def has(self, field: str) -> bool:
        return field in self.cells


class Table:
    """An open file with a header."""

    def __init__(
        self, binary: BinaryIO, size: int, columns: Mapping[str, Sequence[str]], required: Required, texts: Collection[str]
    ) -> None:
        self._binary, self._size, self._texts = binary, size, texts
        self.marks: Mapping[str, Mark] = {}
        self._text = _decoded(binary)
        separator, self._skipped = _separator(self._text)
        self._rows = csv.reader(self._text, delimiter=separator, strict=True)
        self._fields = self._header(columns, required)

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(field for field in self._fields if field)

    @property
    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(1.0, self._binary.tell() / self._size) if self._size else 1.0

    def __iter__(self) -> Iterator[Line]:
        width = len(self._fields)
        while True:
            start = self._line()
            row = self._next()
            if row is None:
                return
            if any(cell.strip() for cell in row):
                raw = {field: cell for field, cell in zip(self._fields, row, strict=False) if field}
                cells = {field: self._clean(field, cell) for field, cell in raw.items()}
                hidden = tuple(field for field, cell in raw.items() if field not in self._texts and hides_something(cell))
                surplus = any(cell.strip() for cell in row[width:])
                yield Line(start, {**dict.fromkeys(self.fields, ""), **cells}, surplus, self.marks, hidden)

    def _clean(self, field: str, cell: str) -> str:
        return clean_text(cell).strip() if field in self._texts else unguarded(clean_name(cell))

    def _line(self) -> int:
        """The line of the file on which the next row begins."""
        return self._rows.line_num + self._skipped + 1

    def _next(self) -> list[str] | None:
        start = self._line()
        try:
            return next(self._rows)
        except StopIteration:
            return None
        except csv.Error as error:
            raise UnreadableFile(f"Line {start}: the quotes are not in order ({error}). Is one opened and never closed?") from error
        except UnicodeError as error:
            raise UnreadableFile(f"After line {start}: this is not UTF-8. Save the file as “CSV UTF-8” and try again.") from error

    def _header(self, columns: Mapping[str, Sequence[str]], required: Required) -> list[str]:
        """The field of each column; "" where nobody asks for it."""
        names = self._next()
        if not names or not any(name.strip() for name in names):
            raise UnreadableFile("The file is empty: its first line should name the columns.")
        known = {_folded(alias): field for field, aliases in columns.items() for alias in (field, *aliases)}
        fields = [known.get(_folded(name), "") for name in names]
        missing = [
            _titles(wanted, columns)
            for wanted in required
            if not set((wanted,) if isinstance(wanted, str) else wanted) & set(fields)
        ]
        if missing:
            raise UnreadableFile(
                f"The column {' and '.join(missing)} is missing. The first line should name the columns; it says: {_shown(names)}"
            )
        twice = next((name for name, field in zip(names, fields, strict=True) if field and fields.count(field) > 1), None)
        if twice is not None:
            raise UnreadableFile(f"The column {twice.strip()} comes twice.")
        return fields


@contextmanager
def open_table(
    path: Path, columns: Mapping[str, Sequence[str]], required: Required = (), texts: Collection[str] = ()
) -> Iterator[Table]:
    """The table in a file. `columns` maps our fields to the names that headers give them, in any case. `texts` may have several lines."""
    try:
        binary = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror}.") from error
    with binary:
        yield Table(binary, path.stat().st_size, columns, required, texts)


def _decoded(binary: BinaryIO) -> TextIO:
    start = binary.read(4)
    binary.seek(0)
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    if start.startswith(b"PK\x03\x04"):
        raise UnreadableFile("This is a spreadsheet, not a CSV file: save it as “CSV UTF-8” first.")
    return io.TextIOWrapper(binary, encoding=encoding, newline="")


def _separator(text: TextIO) -> tuple[str, int]:
    """The separator that the header has most of, or the one that a first line "sep=;" names; and how many lines stand before the header."""
    try:
        first = text.readline()
        named = _SEP_LINE.match(first)
        if named:
            return named.group(1), 1
        text.seek(0)
    except UnicodeError as error:
        raise UnreadableFile("This is not UTF-8. Save the file as “CSV UTF-8” and try again.") from error
    bare = re.sub(r'"[^"]*"', "", first)
    return max(_SEPARATORS, key=bare.count), 0


def _folded(name: str) -> str:
    return clean_name(name.replace("_", " ")).casefold()


def _titles(wanted: str | tuple[str, ...], columns: Mapping[str, Sequence[str]]) -> str:
    """What a header calls this field; of several, all that would do."""
    fields = (wanted,) if isinstance(wanted, str) else wanted
    return " or ".join(columns[field][0] if columns[field] else field for field in fields)


def _shown(names: Sequence[str]) -> str:
    """All titles, each short enough to be read: the column in question may be the last one."""
    return ", ".join(f"{title[:40]}…" if len(title) > 40 else title for title in map(clean_name, names) if title)
