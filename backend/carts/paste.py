"""Rows out of what people paste: from a spreadsheet, a mail, a scanner or a CSV file, with any sensible separator. Pure.

A row is a number and a quantity, in either order, with anything between. Every row that holds something comes back, readable or not. Among
several numbers none is guessed to be the quantity: the title row says which it is, or the buyer is asked.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.carts.columns import Head, head_of
from backend.core.gtins import is_gtin
from backend.core.numbers import Ambiguous, Mark, NotANumber, decides, number, whole_number
from backend.core.text import clean_name

MAX_TEXT = 1_000_000
LARGEST = 1_000_000  # what is larger is an item's number, if anything
_SEPARATORS = "\t;,|"
_UNIT = re.compile(
    r"[x×]?\s*(?P<number>[-−]?[\d.,'’\u00a0\u202f ]*\d)\s*(?:x|×|pcs?|pieces?|st(?:k|ück|uks?)?|ea(?:ch)?|units?|szt|ks|kpl|pz|pza|u)?\.?",
    re.IGNORECASE,
)
_EXAMPLE = "Name the columns in the first line, for example “Number; Quantity; Price”."


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
    rows = cells[1:] if head else cells
    mark = _mark([found for _, _, found in rows], head)
    return [_row(index, line, found, head, mark) for index, line, found in rows]


def _separator(lines: Sequence[str]) -> str | None:
    """The one that the most lines hold; None: blanks."""
    counts = {mark: sum(mark in line for line in lines) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: counts[mark])
    return best if counts[best] * 2 >= len(lines) and counts[best] else None


def _cells(line: str, separator: str | None) -> list[str]:
    own = separator if separator and separator in line else next((mark for mark in "\t;|" if mark in line), None)
    if own is None:
        *number, last = line.strip().rsplit(None, 1)
        return [clean_name(cell) for cell in ([*number, last] if number and _amount(last) is not None else [line])]
    return [clean_name(cell) for cell in next(csv.reader([line], delimiter=own), [])]


def _head(cells: Sequence[str]) -> Head | None:
    """The columns, when this line names them. A line with a digit is an item, and so is a single cell of several words."""
    if any(letter.isdigit() for cell in cells for letter in cell):
        return None
    head = head_of(cells)
    if head is None or (len(cells) == 1 and not cells[0].isalpha()):
        return None
    return head


def _mark(rows: Sequence[Sequence[str]], head: Head | None) -> Mark | None:
    """The decimal mark of the column of quantities, when one of its values shows it and none contradicts."""
    texts = [_by_head(cells, head.quantity) for cells in rows] if head and head.quantity is not None else []
    found = {mark for text in texts if (mark := decides(_bare(text)))}
    return next(iter(found)) if len(found) == 1 else None


def _row(index: int, line: str, cells: Sequence[str], head: Head | None, mark: Mark | None) -> PastedRow:
    number, quantity, fault = _titled(cells, head) if head else _by_shape(cells)
    text = line.strip()
    if fault is None and not number:
        fault = "There is no item number in this row."
    if fault is not None:
        return PastedRow(index, text, number, None, fault)
    if not quantity:
        alone = head is None or len(cells) == 1
        return PastedRow(index, text, number, 1 if alone else None, None if alone else "There is no quantity in this row.")
    try:
        return PastedRow(index, text, number, quantity_of(quantity, mark))
    except NotANumber as error:
        return PastedRow(index, text, number, None, _why(quantity, error))


def _why(quantity: str, error: NotANumber) -> str:
    if isinstance(error, Ambiguous):
        return str(error)
    if _amount(quantity) is not None:
        return "Whole pieces only."
    return f"“{quantity[:20]}” is no quantity: give whole pieces." if len(_bare(quantity)) == len(quantity) else str(error)


def _titled(cells: Sequence[str], head: Head) -> tuple[str, str, str | None]:
    """By the titles; a title that was not understood is asked about, and never guessed."""
    titles = ", ".join(f"“{title[:40]}”" for title in head.titles if title)
    if head.number is None:
        return "", "", f"None of the titles {titles} is understood as the item number. {_EXAMPLE}"
    number = _by_head(cells, head.number)
    if head.quantity is not None:
        return number, _by_head(cells, head.quantity), None
    if head.several:
        several = " and ".join(f"“{title[:40]}”" for title in head.several)
        return number, "", f"Several titles could be the quantity: {several}. Keep one of these columns."
    if len(head.titles) > 1:
        return number, "", f"None of the titles {titles} is understood as the quantity. {_EXAMPLE}"
    return number, "", None


def _by_head(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _by_shape(cells: Sequence[str]) -> tuple[str, str, str | None]:
    """Without titles: the number first and one quantity behind it, or the other way round."""
    filled = [cell for cell in cells if cell]
    if len(filled) < 2:
        return (filled[0] if filled else ""), "", None
    if _may_be_thousands(cells):
        return filled[0], "", f"Is the quantity {cells[-2]},{cells[-1]} or {cells[-1]}? Write it without a comma."
    behind = [cell for cell in filled[1:] if is_quantity(cell)]
    if len(behind) > 1:
        several = " and ".join([", ".join(behind[:-1]), behind[-1]])
        return filled[0], "", f"There are several numbers that could be the quantity: {several}. {_EXAMPLE}"
    if behind:
        return filled[0], behind[0], None
    if is_quantity(filled[0]):
        return filled[1], filled[0], None
    if _bare(filled[-1]).isdigit():
        return filled[0], "", f"There is no quantity in this row: “{filled[-1][:20]}” is too large, or a barcode."
    return filled[0], filled[-1], None


def _may_be_thousands(cells: Sequence[str]) -> bool:
    """1,000 in a row that is separated by commas."""
    return len(cells) > 2 and bool(re.fullmatch(r"\d{1,3}", cells[-2]) and re.fullmatch(r"\d{3}", cells[-1]))


def is_quantity(text: str) -> bool:
    """Whether this may be a quantity: whole pieces, no more than anybody orders, and no barcode."""
    bare = _bare(text)
    if is_gtin(bare):
        return False
    try:
        return abs(whole_number(bare)) <= LARGEST
    except Ambiguous:
        return True
    except NotANumber:
        return False


def quantity_of(text: str, mark: Mark | None = None) -> int:
    """Whole pieces as people write them: 12, 12 pcs, x12, 12.0. Raises NotANumber, and Ambiguous for 1,000."""
    return whole_number(_bare(text), mark)


def _bare(text: str) -> str:
    """Without a unit."""
    found = _UNIT.fullmatch(text.strip())
    return found["number"].strip() if found else text.strip()


def _amount(text: str) -> object | None:
    try:
        return number(_bare(text))
    except Ambiguous:
        return text
    except NotANumber:
        return None
