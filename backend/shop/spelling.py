"""How far a typed word is from one that exists: pure, and forgiving where fingers and ears go wrong.

Trigrams (thresholds: the function similar_words) and single slips find the candidates; the distance decides.
All limits are measured on tests/data/misspellings.csv.
"""

from collections.abc import Iterable, Iterator
from string import ascii_lowercase

# How many letters may be wrong, missing, too many or swapped in a word of so many letters.
_LIMITS = ((2, 0), (4, 1), (8, 2))
_LONG = 3
_SHORT = 5

# A word that is only begun is a weaker guess than a whole one.
_UNFINISHED = 0.5


def limit_for(word: str) -> int:
    return next((limit for longest, limit in _LIMITS if len(word) <= longest), _LONG)


def distance(typed: str, word: str) -> float:
    """The least number of slips that make `word`, or its beginning, what was typed (optimal string alignment)."""
    before_last: list[int] = []
    last = list(range(len(word) + 1))
    for row, letter in enumerate(typed, 1):
        current = [row]
        for column, other in enumerate(word, 1):
            cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == word[column - 2] and typed[row - 2] == other:
                cost = min(cost, before_last[column - 2] + 1)
            current.append(cost)
        before_last, last = last, current
    return min(last[-1], min(last) + _UNFINISHED)


def closest(typed: str, words: Iterable[str]) -> list[tuple[str, float]]:
    """The words near enough to have been meant, nearest first."""
    limit = limit_for(typed)
    measured = [(word, distance(typed, word)) for word in words]
    return sorted(((word, cost) for word, cost in measured if cost <= limit + _UNFINISHED), key=lambda pair: (pair[1], pair[0]))


def slips(typed: str) -> set[str]:
    """Words one slip away that share too few trigrams to be found by them: "blet" and "belt". Of short words all, of others two letters swapped."""
    swapped = {typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :] for at in range(len(typed) - 1)}
    if len(typed) > _SHORT:
        return swapped
    places = range(len(typed) + 1)
    without = {typed[:at] + typed[at + 1 :] for at in places}
    other = {typed[:at] + letter + typed[at + 1 :] for at in places for letter in ascii_lowercase}
    with_one = {typed[:at] + letter + typed[at:] for at in places for letter in ascii_lowercase}
    return swapped | without | other | with_one


def halves(typed: str) -> Iterator[tuple[str, str]]:
    """The ways in which a space may be missing: "softshelljacket" is softshell and jacket, among others."""
    for place in range(3, len(typed) - 2):
        yield typed[:place], typed[place:]
