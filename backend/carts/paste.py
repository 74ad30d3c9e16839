"""Rows out of what people paste: from a spreadsheet, a mail, a scanner or a CSV file, with any sensible separator. Pure.

A row is a number and a quantity, in either order, with anything between. Every row that holds something comes back, readable or not.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_TEXT = 1_000_000
_SEPARATORS = "\t;,|"
_NUMBER_HEADS = {
    "sku",
    "item",
    "article",
    "artikel",
    "number",
    "part",
    "code",
    "gtin",
    "ean",
    "upc",
    "barcode",
    "product",
    "style",
    "variant",
}
_QUANTITY_HEADS = {
    "qty",
    "quantity",
    "quantities",
    "units",
    "unit",
    "pieces",
    "pcs",
    "menge",
    "aantal",
    "quantité",
    "antal",
    "count",
    "order",
}
_QUANTITY = re.compile(
    r"[x×]?\s*(-?\d{1,3}(?:[.,' ]\d{3})+|-?\d+)(?:[.,]0+)?\s*(?:x|×|pcs?|pieces?|st(?:k|ück|uks?)?|ea(?:ch)?|units?)?\.?",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"-?\d+[.,]\d+")


@dataclass(frozen=True, slots=True)
class PastedRow:
    """`number` empty or `quantity` None: what is missing, said in `fault`. `line` counts the lines of the text from 1."""

    line: int
    text: str
    number: str
    quantity: int | None
    fault: str | None = None


def read_paste(text: str) -> list[PastedRow]:
    """The rows of a text; blank lines are none, and a first line that names columns is none either."""
    lines = [
        (index, line)
        for index, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n"), 1)
        if line.strip()
    ]
    separator = _separator([line for _, line in lines])
    cells = [(index, line, _cells(line, separator)) for index, line in lines]
    head = _head(cells[0][2]) if cells else None
    return [_row(index, line, found, head) for index, line, found in (cells[1:] if head else cells)]


def _separator(lines: Sequence[str]) -> str | None:
    """The one that the most lines hold; None: blanks."""
    counts = {mark: sum(mark in line for line in lines) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: counts[mark])
    return best if counts[best] * 2 >= len(lines) and counts[best] else None


def _cells(line: str, separator: str | None) -> list[str]:
    own = separator if separator and separator in line else next((mark for mark in "\t;|" if mark in line), None)
    if own is None:
        *number, last = line.strip().rsplit(None, 1)
        is_amount = quantity_of(last) is not None or _FRACTION.fullmatch(last) is not None
        return [*number, last] if number and is_amount else [line.strip()]
    row = next(csv.reader([line], delimiter=own), [])
    return [cell.strip() for cell in row]


def _head(cells: Sequence[str]) -> tuple[int, int | None] | None:
    """The columns of number and quantity, when this line names them."""
    words = [set(re.findall(r"[^\W\d_]+", cell.casefold())) for cell in cells]
    number = next((index for index, found in enumerate(words) if found & _NUMBER_HEADS), None)
    quantity = next((index for index, found in enumerate(words) if found & _QUANTITY_HEADS and index != number), None)
    if number is None or any(quantity_of(cell) is not None for cell in cells):
        return None
    return (number, quantity) if quantity is not None or len(cells) == 1 else None


def _row(index: int, line: str, cells: Sequence[str], head: tuple[int, int | None] | None) -> PastedRow:
    text = line.strip()
    number, quantity = _by_head(cells, head) if head else _by_shape(cells)
    if not number:
        return PastedRow(index, text, "", None, "There is no item number in this row.")
    if not quantity:
        return PastedRow(
            index,
            text,
            number,
            None if len(cells) > 1 and head else 1,
            "There is no quantity in this row." if len(cells) > 1 and head else None,
        )
    amount = quantity_of(quantity)
    if head is None and _may_be_thousands(cells):
        return PastedRow(
            index, text, number, None, f"Is the quantity {cells[-2]},{cells[-1]} or {cells[-1]}? Write it without a comma."
        )
    if amount is None:
        fault = "Whole pieces only." if _FRACTION.fullmatch(quantity) else f"“{quantity[:20]}” is no quantity: give whole pieces."
        return PastedRow(index, text, number, None, fault)
    return PastedRow(index, text, number, amount)


def _by_head(cells: Sequence[str], head: tuple[int, int | None]) -> tuple[str, str]:
    number, quantity = head
    return (cells[number] if number < len(cells) else ""), (
        cells[quantity] if quantity is not None and quantity < len(cells) else ""
    )


def _by_shape(cells: Sequence[str]) -> tuple[str, str]:
    """Without a head: the number first and the last cell that could be a quantity; or the other way round."""
    filled = [cell for cell in cells if cell]
    if len(filled) < 2:
        return (filled[0] if filled else ""), ""
    last = next((cell for cell in reversed(filled[1:]) if quantity_of(cell) is not None), None)
    if last is not None:
        return filled[0], last
    if quantity_of(filled[0]) is not None:
        return filled[1], filled[0]
    return filled[0], filled[-1]


def _may_be_thousands(cells: Sequence[str]) -> bool:
    """1,000 in a row that is separated by commas."""
    return len(cells) > 2 and bool(re.fullmatch(r"\d{1,3}", cells[-2]) and re.fullmatch(r"\d{3}", cells[-1]))


def quantity_of(text: str) -> int | None:
    """Whole pieces as people write them: 12, 1,000, 12 pcs, x12, 12.0; None for anything else."""
    found = _QUANTITY.fullmatch(text.strip())
    return int(re.sub(r"[.,' ]", "", found[1])) if found and len(found[1]) <= 15 else None
