"""What a person types as a number, read as the API reads files and lists: in the one way in which it can be meant, or not at all.

"2,96" and "2.96" are the same number; "1.234" and "1,234" may be two, and the person is asked which one.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_LONGEST = 40
_BLANKS = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_READINGS = [
    re.compile(
        rf"-?(?:(?P<whole>\d+)|(?P<grouped>[1-9]\d{{0,2}}(?P<group>[ '’{group}])\d{{3}}(?:(?P=group)\d{{3}})*))?(?:\{mark}(?P<decimals>\d+))?",
        re.ASCII,
    )
    for mark, group in (".,", ",.")
]


def readings(text: str) -> list[Decimal]:
    """The different numbers that the text may be: none, one or two, the smaller first."""
    plain = text.strip()
    if not plain or len(plain) > _LONGEST:
        return []
    if not plain.isascii():
        known = plain.translate(_BLANKS)
        plain = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in known).strip()
    found = {value for pattern in _READINGS if (value := _value(plain, pattern)) is not None}
    return sorted(found, key=abs)


def _value(plain: str, pattern: re.Pattern[str]) -> Decimal | None:
    found = pattern.fullmatch(plain)
    if found is None or not (found["whole"] or found["grouped"] or found["decimals"]):
        return None
    digits = found["whole"] or re.sub(r"\D", "", found["grouped"] or "") or "0"
    value = Decimal(f"{digits}.{found['decimals'] or '0'}")
    return -value if plain.startswith("-") else value


def written(value: Decimal) -> str:
    """The number so that it can be read in one way only."""
    return unmistakable(f"{value.normalize():f}")


def unmistakable(text: str) -> str:
    """A decimal of the API as it is put into a field: never with three decimals, which look like thousands."""
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


def question(found: list[Decimal]) -> str:
    """What to ask about a number that may be two."""
    return f"Write {written(found[0])} or {written(found[1])}."
