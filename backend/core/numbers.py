"""Says what a number is: the same text means the same number in a file, on a page, in a paste. It never guesses. Pure.

A point or a comma may be the decimal mark or stand between thousands. "2,96", "2.96" and "1.234,50" can be read in one way only. "1.234" and
"1,234" can be read in two: a column of such values is read as its other values say, and a lone value is refused with both readings.
"""

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum

LONGEST = 40
_GROUPS = " '’"
_SIGNS = str.maketrans({"−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "})


class Mark(StrEnum):
    """What stands before the decimals."""

    POINT = "."
    COMMA = ","

    @property
    def other(self) -> "Mark":
        return Mark.COMMA if self is Mark.POINT else Mark.POINT


class NotANumber(ValueError):
    """The text is no number that a person would write; the message is a sentence that says why and what would do."""


class Ambiguous(NotANumber):
    """The text is one number with a decimal point and another with a decimal comma."""


def _pattern(mark: Mark) -> re.Pattern[str]:
    groups = f"[{_GROUPS}{mark.other.value}]"
    decimals = rf"(?:\{mark.value}(?P<decimals>\d+))?"
    return re.compile(
        rf"-?(?:(?P<whole>\d+)|(?P<grouped>\d{{1,3}}(?P<group>{groups})\d{{3}}(?:(?P=group)\d{{3}})*))?{decimals}", re.ASCII
    )


_PATTERNS = {mark: _pattern(mark) for mark in Mark}


def readings(text: str) -> dict[Mark, Decimal]:
    """What the text is with each decimal mark; nothing when it is no number with that mark."""
    plain = _plain(text)
    return {mark: found for mark in Mark if (found := _read(plain, mark)) is not None}


def decides(text: str) -> Mark | None:
    """The decimal mark that this text needs, when it can be read only with that one."""
    if not text or text.isdigit():
        return None
    found = readings(text)
    return next(iter(found)) if len(found) == 1 else None


def is_open(text: str) -> bool:
    """Whether the text is one number with a point and another with a comma."""
    return bool(text) and not text.isdigit() and len(set(readings(text).values())) == 2


def number(text: str, mark: Mark | None = None) -> Decimal:
    """The number; `mark` is the decimal mark where something else than this text decides. Raises NotANumber and Ambiguous."""
    found = readings(text)
    if mark is not None and mark in found:
        return found[mark]
    if not found:
        raise NotANumber(_why_not(text))
    if mark is not None:
        raise NotANumber(f"“{text[:LONGEST]}” is no number with “{mark.value}” before the decimals.")
    if len(set(found.values())) > 1:
        raise Ambiguous(
            f"“{text[:LONGEST]}” can mean {_shown(found[Mark.POINT])} or {_shown(found[Mark.COMMA])}. {_way_out(found)}"
        )
    return next(iter(found.values()))


def whole_number(text: str, mark: Mark | None = None) -> int:
    """The whole number; "12.0" is one. Raises NotANumber and Ambiguous."""
    found = number(text, mark)
    if found != found.to_integral_value():
        raise NotANumber(f"“{text[:LONGEST]}” is no whole number.")
    return int(found)


def _read(plain: str, mark: Mark) -> Decimal | None:
    found = _PATTERNS[mark].fullmatch(plain)
    if found is None or not (found["whole"] or found["grouped"] or found["decimals"]):
        return None
    if (found["grouped"] or "").startswith("0"):
        return None
    digits = found["whole"] or re.sub(r"\D", "", found["grouped"] or "") or "0"
    value = Decimal(f"{digits}.{found['decimals'] or '0'}")
    return -value if plain.startswith("-") else value


def _plain(text: str) -> str:
    """ASCII digits and plain blanks: a digit of another script means the same as ours. Too long a text is no number."""
    stripped = text.strip()
    if len(stripped) > LONGEST:
        return ""
    if stripped.isascii():
        return stripped
    known = stripped.translate(_SIGNS)
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in known).strip()


def _why_not(text: str) -> str:
    shown = f"“{text.strip()[:LONGEST]}”"
    if re.fullmatch(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+", text.strip()):
        return f"{shown} is shortened with an exponent: write all of its digits."
    if any(unicodedata.category(letter) == "Sc" for letter in text):
        return f"{shown} has a currency sign: write the number alone."
    return f"{shown} is no number."


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _way_out(found: dict[Mark, Decimal]) -> str:
    small, large = sorted(found.values(), key=abs)
    exact = _shown(small) if small == small.to_integral_value() else f"{small:f}0"
    return f"Write {exact} or {_shown(large)}."
