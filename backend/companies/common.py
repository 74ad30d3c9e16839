"""Knows the passwords that others try first: some 19,000 of the most common ones, and what is made from them with digits and signs. Pure.

The list is the one that Django ships (django/contrib/auth/common-passwords.txt.gz, by Royce Williams, public domain).
"""

from functools import cache
from pathlib import Path

_LIST = Path(__file__).parent / "data" / "common_passwords.txt"
# How people write letters with other signs.
_SIGNS = str.maketrans("@430157$!", "aaeoistsi")
_SHORTEST = 4


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").split())


def is_common(password: str) -> bool:
    """Whether it is a common password, one written twice, or one with digits and signs around it or in place of letters."""
    lowered = password.lower()
    return any(_is_made_from_common(word) for word in _readings(lowered))


def _readings(text: str) -> set[str]:
    """The password as it is, as a word alone, and with other signs read as letters, at its ends too or not."""
    return {text, _plain(text), _plain(text).translate(_SIGNS), _plain(text.translate(_SIGNS))}


def _plain(text: str) -> str:
    """Without what is put around a word to please a rule."""
    first = next((at for at, sign in enumerate(text) if sign.isalpha()), len(text))
    last = next((at for at in range(len(text), 0, -1) if text[at - 1].isalpha()), 0)
    return text[first:last]


def _is_made_from_common(word: str) -> bool:
    if len(word) < _SHORTEST:
        return False
    half = word[: len(word) // 2]
    return word in _common() or (word == half * 2 and half in _common())
