"""What a typed search asks for, in pure functions: for every word the ways in which a product can meet it."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from backend.catalogue.rules import sku_key
from backend.catalogue.search_rules import fold, words_of
from backend.core.text import clean_name

MAX_LENGTH = 200
MAX_WORDS = 8

# A beginning this short would meet half the catalogue beside other words: "m" is the size, not everything with an m.
_SHORTEST_BEGINNING = 2

_MEASURE = re.compile(r"(\d+)([^\W\d_]{1,3})")

# What eyes mix up in a number, and what was meant.
_LOOKALIKES = str.maketrans("oil", "011")


class Term(NamedTuple):
    """One word; `begins`: a word that begins like this will do."""

    text: str
    begins: bool = True


Way = tuple[Term, ...]  # all of these
Group = tuple[Way, ...]  # any of these


class Word(NamedTuple):
    """`token`: which of the pieces between blanks it comes from. "NW-2140 black" has three words in two tokens."""

    text: str
    token: int


@dataclass(frozen=True, slots=True)
class Query:
    """A typed text. `key`: the whole of it as a part number would be compared; empty where it cannot be one."""

    words: tuple[Word, ...]
    tokens: tuple[str, ...]
    key: str

    @property
    def lexeme(self) -> str:
        """The whole as one word of the index."""
        return fold(self.key)

    @property
    def has_parts(self) -> bool:
        """Whether the whole is more than its one word, whose beginning is looked for anyway."""
        return [word.text for word in self.words] != [self.lexeme]

    @property
    def is_number(self) -> bool:
        return any(letter.isdigit() for letter in self.key)

    def groups(self) -> list[Group]:
        texts = [word.text for word in self.words]
        return [
            (*((one,) for one in _terms(texts, place, open_ended=self._is_open(place))), *_apart(texts[place]))
            for place in range(len(texts))
        ]

    def _is_open(self, place: int) -> bool:
        """Whether the word may be unfinished: not when a mark follows it, as in "NW-2140", nor when it is a letter beside other words."""
        ends = place + 1 == len(self.words) or self.words[place + 1].token != self.words[place].token
        return ends and (len(self.words[place].text) >= _SHORTEST_BEGINNING or len(self.words) == 1)


def parse(text: str) -> Query:
    """At most so much of it; what has neither letters nor digits asks for nothing."""
    tokens = tuple(token for token in clean_name(text[:MAX_LENGTH]).split() if words_of(token))[:MAX_WORDS]
    words = tuple(Word(word, place) for place, token in enumerate(tokens) for word in words_of(token))[:MAX_WORDS]
    return Query(words, tokens, sku_key("".join(tokens)))


def _terms(texts: Sequence[str], place: int, *, open_ended: bool) -> Iterator[Term]:
    """A word by itself, as a plural, and in one with its neighbours: "soft shell" is softshell, "hi vis" is hivis."""
    text = texts[place]
    yield Term(text, begins=open_ended)
    yield from (Term(one) for one in singulars(text))
    if place > 0:
        yield Term(texts[place - 1] + text)
    if place + 1 < len(texts):
        yield Term(text + texts[place + 1])


def _apart(word: str) -> Iterator[Way]:
    """A figure and its unit, which are written in one or in two: "500ml" is 500 and ml."""
    found = _MEASURE.fullmatch(word)
    if found:
        yield Term(found[1], begins=False), Term(found[2], begins=False)


def singulars(word: str) -> Iterator[str]:
    """What an English plural may come from; what a beginning meets need not be exact."""
    if len(word) > 3 and word.isalpha() and word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
        if word.endswith(("xes", "ches", "shes", "sses", "zes")):
            yield word[:-2]
        if word.endswith("ies"):
            yield word[:-3] + "y"


def lookalikes(word: str) -> str | None:
    """A number in which letters stand for digits: "nw214o" is nw2140."""
    meant = word.translate(_LOOKALIKES)
    return meant if meant != word and any(letter.isdigit() for letter in word) else None


def exactly(groups: Iterable[Group]) -> list[Group]:
    """The same words, but finished."""
    return [tuple(tuple(Term(term.text, begins=False) for term in way) for way in group) for group in groups]


def tsquery(groups: Iterable[Group], weights: str = "") -> str:
    """Every group met, as PostgreSQL reads it. Words are letters and digits only: there is nothing to escape."""
    return " & ".join("(" + " | ".join(_way(way, weights) for way in group) + ")" for group in groups)


def _way(way: Way, weights: str) -> str:
    terms = (f"'{term.text}'" + (f":{'*' if term.begins else ''}{weights}" if term.begins or weights else "") for term in way)
    return "(" + " & ".join(terms) + ")"


def meets(group: Group, words: Set[str]) -> bool:
    """Whether these words meet the group, as the index would say."""
    return any(all(_has(term, words) for term in way) for way in group)


def _has(term: Term, words: Set[str]) -> bool:
    return term.text in words or (term.begins and any(word.startswith(term.text) for word in words))
