"""What an import has to say: what is new, changed and as it was, every row that cannot stand with its line and reason, and how far it is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

Out = Callable[[str], object]
MAX_KEPT = 1_000  # rows that are named; the rest is counted


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one row of the file."""

    line: int
    what: str  # the product, SKU or number that the row is about
    message: str

    def __str__(self) -> str:
        about = f" ({self.what})" if self.what else ""
        return f"line {self.line}{about}: {self.message}"


@dataclass(slots=True)
class ImportReport:
    """Counts things (products, prices, rows of stock, customers) by what became of them."""

    noun: str
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0  # because of a bad row, with --skip-bad
    bad_count: int = 0
    warning_count: int = 0
    bad_rows: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked_only: bool = False
    written: bool = False

    @property
    def ok(self) -> bool:
        """Whether the file was taken as asked: without a bad row, or with the bad ones left out on purpose."""
        return self.written or (self.checked_only and not self.bad_count)

    def bad(self, line: int, what: str, message: str) -> None:
        self.bad_count += 1
        if len(self.bad_rows) < MAX_KEPT:
            self.bad_rows.append(Remark(line, what, message))

    def warn(self, line: int, what: str, message: str) -> None:
        self.warning_count += 1
        if len(self.warnings) < MAX_KEPT:
            self.warnings.append(Remark(line, what, message))

    def note(self, done: str, would: str) -> None:
        """Something that was made beside what the rows are about; of a check, what would be."""
        self.notes.append(would if self.checked_only else done)

    def sentence(self) -> str:
        would = "would be " if self.checked_only else ""
        left = f", {self.left_out} {would}left out" if self.left_out else ""
        return f"{self.noun}: {self.created} {would}new, {self.changed} {would}changed, {self.unchanged} unchanged{left}"

    def say(self, out: Out) -> None:
        """The whole report, the most important last."""
        for remark in sorted(self.warnings, key=lambda remark: remark.line):
            out(f"note, {remark}")
        for remark in sorted(self.bad_rows, key=lambda remark: remark.line):
            out(f"bad row, {remark}")
        for more, kind in ((self.warning_count - len(self.warnings), "notes"), (self.bad_count - len(self.bad_rows), "bad rows")):
            if more > 0:
                out(f"… and {more} more {kind}")
        for note in self.notes:
            out(note)
        out(self.sentence())
        out(self._verdict())

    def _verdict(self) -> str:
        rows = "1 bad row" if self.bad_count == 1 else f"{self.bad_count} bad rows"
        if self.checked_only:
            bad = f"{rows}: mend, or import with --skip-bad." if self.bad_count else "No bad row."
            return f"Checked only, nothing was written. {bad}"
        if not self.written:
            return f"Nothing was imported: {rows}. Mend them, or leave them out with --skip-bad."
        return "Imported."


class Advance:
    """Told now and then how far the work is."""

    def __init__(self, tell: Callable[[float, int], None]) -> None:
        self._tell = tell

    def __call__(self, share: float, count: int) -> None:
        self._tell(share, count)


@contextmanager
def progress(title: str, noun: str, out: Out) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere a plain line at every tenth of a long file."""
    if out is print and sys.stdout.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[count]:,} " + noun),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(), transient=True) as bar:
            task = bar.add_task(title, total=1.0, count=0)
            yield Advance(lambda share, count: bar.update(task, completed=share, count=count))
        return
    said = [0]

    def tell(share: float, count: int) -> None:
        tenth = int(share * 10)
        if said[0] < tenth < 10:
            said[0] = tenth
            out(f"{title}: {tenth * 10} %, {count:,} {noun}")

    yield Advance(tell)
