"""Says what a GTIN is: 8, 12, 13 or 14 digits, the last one a check digit. A UPC is one, an EAN too. Pure.

Leading zeros change nothing, so that every form of one number has the same key: its 14 digits.
"""

import re
import unicodedata

LENGTHS = frozenset({8, 12, 13, 14})
KEY_LENGTH = 14
_BETWEEN = re.compile(r"[\s-]")


def check_digit(body: str) -> int:
    """The last digit of a GTIN from those before it (GS1 General Specifications 7.9.1): weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(body)))
    return -total % 10


def gtin_of(text: str) -> str | None:
    """The digits of a GTIN as it is entered or printed, also with spaces and dashes; None when it is none."""
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    return digits if is_gtin(digits) else None


def is_gtin(text: str) -> bool:
    """Whether this is a GTIN-8, -12, -13 or -14 with the right check digit."""
    return len(text) in LENGTHS and text.isascii() and text.isdigit() and check_digit(text[:-1]) == int(text[-1])


def gtin_key(text: str) -> str | None:
    """The 14 digits that all forms of one GTIN share, also the form whose leading zeros a spreadsheet took; None when it is none."""
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    if not (digits.isascii() and digits.isdigit()) or len(digits) > KEY_LENGTH:
        return None
    bare = digits.lstrip("0")
    return bare.zfill(KEY_LENGTH) if len(bare) >= 6 and check_digit(bare[:-1]) == int(bare[-1]) else None
