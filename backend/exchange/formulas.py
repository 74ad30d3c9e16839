"""Makes a table safe to open: a spreadsheet runs a cell that begins like a formula, and a buyer's name may begin like one. Pure.

`guarded` and `unguarded` undo each other, so that what we export is imported unchanged.
"""

import re

# Spreadsheets skip blanks before the sign, and read the full-width signs of East Asian keyboards as well.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\ufeff\u200b-\u200f\u2060]*[=+\-@＝＋－＠﹦﹢﹣−])")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def guarded(cell: str) -> str:
    """With an apostrophe in front where a spreadsheet would see a formula: it shows the rest as text. A number stays a number."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """Without the apostrophe that guards it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
