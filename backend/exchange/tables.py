"""The plain tables that can be brought in, taken out and shown as an empty template, by name."""

import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO

from backend.exchange import customers, prices, stock
from backend.exchange.formulas import guarded
from backend.exchange.report import ImportReport


class Writer(Protocol):
    def writerow(self, row: Sequence[str], /) -> object: ...


class _Guarded:
    """Writes cells that no spreadsheet takes for a formula."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def writerow(self, row: Sequence[str], /) -> object:
        return self._writer.writerow([guarded(cell) for cell in row])


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table: how it comes in, how it goes out, and rows that show what it looks like."""

    columns: Mapping[str, Sequence[str]]
    example: Sequence[tuple[str, ...]]
    bring: Callable[..., Awaitable[ImportReport]]
    take: Callable[[], AsyncIterator[tuple[str, ...]]]


KINDS = {
    "prices": Kind(prices.COLUMNS, prices.EXAMPLE, prices.import_prices, prices.export_prices),
    "stock": Kind(stock.COLUMNS, stock.EXAMPLE, stock.import_stock, stock.export_stock),
    "customers": Kind(customers.COLUMNS, customers.EXAMPLE, customers.import_customers, customers.export_customers),
}


def write_template(kind: str, file: TextIO) -> None:
    """The header and an example: what `import` understands."""
    writer = _writer(file)
    writer.writerow(tuple(KINDS[kind].columns))
    for row in KINDS[kind].example:
        writer.writerow(row)


async def export_table(kind: str, file: TextIO) -> int:
    """Everything of this kind, as `import` reads it; how many rows."""
    writer = _writer(file)
    writer.writerow(tuple(KINDS[kind].columns))
    count = 0
    async for row in KINDS[kind].take():
        writer.writerow(row)
        count += 1
    return count


def _writer(file: TextIO) -> Writer:
    """Every table goes out by this one."""
    return _Guarded(csv.writer(file, lineterminator="\n"))
