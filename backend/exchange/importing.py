"""How every import runs: one transaction that is undone for a check or for bad rows, and batches from which faulty things are left out."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from backend.core.database import fetch_value, transaction
from backend.core.numbers import Mark
from backend.exchange.files import Line, Required, Table, UnreadableFile, open_table
from backend.exchange.notation import Notation
from backend.exchange.report import Advance, ImportReport, Out, progress

T = TypeVar("T")


class Faulty(Exception):
    """Some things of a batch cannot be saved: which (by index), on what line, and why."""

    def __init__(self, faults: Sequence[tuple[int, int, str]]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class _Undo(Exception):
    """Rolls everything back: only a check was asked for, or there are bad rows."""


async def import_table(
    path: Path,
    report: ImportReport,
    columns: Mapping[str, Sequence[str]],
    required: Required,
    work: Callable[[Table, Advance], Awaitable[None]],
    *,
    skip_bad: bool,
    out: Out,
    numbers: Collection[str] = (),
    texts: Collection[str] = (),
    decimal: Mark | None = None,
    look: Callable[[Line], None] | None = None,
) -> ImportReport:
    """Does the work on the file's rows, says everything to `out`, and keeps it only if it may stand.

    The file is read twice: first all its columns of `numbers` say their decimal mark, and `look` sees every row; then comes the work.
    """
    title = "Checking" if report.checked_only else "Importing"
    try:
        notation = Notation(numbers, decimal)
        with open_table(path, columns, required, texts) as table:
            for line in table:
                notation.see(line)
                if look is not None:
                    look(line)
                for field in line.hidden:
                    report.warn(line.number, line.get(_first(required)), f"Invisible characters were taken out of the {field}.")
        with open_table(path, columns, required, texts) as table, progress(title, report.noun, out) as advance:
            table.marks = notation.marks()
            async with transaction():
                if not await fetch_value("SELECT pg_try_advisory_xact_lock(hashtextextended('import', 0))"):
                    raise UnreadableFile("Another import is running. Wait for its end and try again.")
                await work(table, advance)
                if report.checked_only or (report.bad_count and not skip_bad):
                    raise _Undo
        report.written = True
    except _Undo:
        pass
    except UnreadableFile as error:
        report.bad(0, path.name, str(error))
        out(str(error))
        return report
    report.say(out)
    return report


def _first(required: Required) -> str:
    """The field by which a row is known."""
    return required[0] if isinstance(required[0], str) else required[0][0]


async def save_batch(
    items: list[T], save: Callable[[list[T]], Awaitable[None]], name: Callable[[T], str], report: ImportReport, *, skip_bad: bool
) -> None:
    """Saves as many as can stand: those with faults are named, left out, and the others tried again."""
    while items:
        try:
            async with transaction():
                await save(items)
            return
        except Faulty as faulty:
            for at, line, message in faulty.faults:
                report.bad(line, name(items[at]), message)
            bad = {at for at, _, _ in faulty.faults}
            report.left_out += len(bad) if skip_bad else 0
            items = [item for at, item in enumerate(items) if at not in bad]
