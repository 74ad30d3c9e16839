"""Says what a name and a code are: one line of text that shows everything it holds. Pure.

Every door cleans with these functions before it compares or stores: API, pages, files, pastes and searches. Two texts that look the same
are then the same text.
"""

import re
import unicodedata

# These letters and marks take up no ink, although Unicode does not count them among the format characters.
_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_JOINERS = "\u200c\u200d"
_VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SPACES = re.compile(" +")
_MANY_BLANK_LINES = re.compile(r"\n{3,}")


def clean_name(text: str) -> str:
    """One line in NFC without invisible characters, with single spaces. Joiners stay where a script or an emoji needs them."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_visible(unicodedata.normalize("NFC", text)).split())


def clean_code(text: str) -> str:
    """A SKU, a number or another code: as a name, but without any joiner or variation mark."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    without = _VARIANTS.sub("", text).replace(_JOINERS[0], "").replace(_JOINERS[1], "")
    return clean_name(without)


def clean_text(text: str) -> str:
    """Text of several lines: each line cleaned as a name, its indentation kept, at most one blank line between two others."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _MANY_BLANK_LINES.sub("\n\n", "\n".join(_visible(unicodedata.normalize("NFC", line)).rstrip() for line in lines)).strip(
        "\n"
    )


def hides_something(text: str) -> bool:
    """Whether cleaning takes out more than surplus blanks: a person cannot see what is wrong with such a text."""
    return not text.isprintable() and clean_name(text) != _SPACES.sub(" ", text.strip())


def _visible(text: str) -> str:
    """Every space and tab a plain space, and nothing that takes up no ink."""
    return "".join(_shown(text, at, letter) for at, letter in enumerate(text))


def _shown(text: str, at: int, letter: str) -> str:
    if letter in _BLANK_LETTERS:
        return ""
    if letter in _JOINERS:
        return letter if _joins(text[at - 1 : at], text[at + 1 : at + 2]) else ""
    kind = unicodedata.category(letter)
    if kind[0] == "Z" or letter in "\t\n\v\f\r\x85":
        return " "
    return "" if kind in ("Cc", "Cf") else letter


def _joins(before: str, after: str) -> bool:
    """Arabic, the scripts of India and emoji are written with joiners; Latin, Greek and Cyrillic never are."""
    return all(
        side and ord(side) >= 0x600 and (side.isalpha() or unicodedata.category(side)[0] in "MS") for side in (before, after)
    )
