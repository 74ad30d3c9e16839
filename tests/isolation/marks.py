"""Texts, amounts and ids that nothing else contains, each with the viewers who may see it; and the search for them in an answer."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

WORD = re.compile(r"zq\d{5}")
NUMBER = re.compile(r"(?<![\d.])\d{4,6}(?:\.\d{2,4})?(?![\d.])")
ID = re.compile(r"(?<!\d)\d{15,19}(?!\d)")
ENCODED = re.compile(r"[A-Za-z0-9_-]{12,}={0,2}")


@dataclass
class Marks:
    """Every mark by its text in lower case: a description of the fact that it gives away, and who may see it."""

    seen_by: dict[str, frozenset[str]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)

    def add(self, mark: str, about: str, viewers: Iterable[str]) -> str:
        assert mark not in self.seen_by, f"{mark} marks two facts"
        self.seen_by[mark] = frozenset(viewers)
        self.about[mark] = about
        return mark

    def word(self, about: str, viewers: Iterable[str]) -> str:
        """A word for a name, a number or a note. It is found in any case and inside of longer words."""
        return self.add(f"zq{len(self.seen_by):05d}", about, viewers)

    def amount(self, about: str, viewers: Iterable[str]) -> str:
        """A unit price with four decimals."""
        return self.add(f"{3_000 + len(self.seen_by)}.{1_237 + len(self.seen_by)}", about, viewers)

    def whole(self, about: str, viewers: Iterable[str]) -> str:
        """A number of pieces."""
        return self.add(f"{700_000 + len(self.seen_by) * 7}", about, viewers)

    def total(self, about: str, viewers: Iterable[str]) -> str:
        """An amount with two decimals."""
        return self.add(f"{500_000 + len(self.seen_by) * 3}.{13 + len(self.seen_by) % 80}", about, viewers)

    def key(self, key: int, about: str, viewers: Iterable[str]) -> None:
        """The key of a row, whatever the type of its id."""
        self.add(str(key), about, viewers)

    def hidden_from(self, viewer: str, answer: str, asked: str) -> list[str]:
        """The facts in an answer that this viewer may not see. What the viewer has sent may come back."""
        found = {mark for mark in found_in(answer) if viewer not in self.seen_by.get(mark, frozenset({viewer}))}
        return sorted(f"{self.about[mark]} ({mark})" for mark in found - found_in(asked)) if found else []


def found_in(text: str) -> set[str]:
    """Every text that could be a mark, also inside of what is encoded, such as a cursor."""
    found: set[str] = set()
    for part in (text.lower(), *_decoded(text)):
        found.update(WORD.findall(part), NUMBER.findall(part), ID.findall(part))
    return found


def _decoded(text: str) -> Iterable[str]:
    for match in set(ENCODED.findall(text)):
        bare = match.rstrip("=")
        try:
            yield base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode().lower()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
