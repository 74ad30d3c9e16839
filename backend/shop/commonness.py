"""How many of the products have a word, about: what PostgreSQL's own statistics say. It decides how a word is looked up, never what is found.

To look up a beginning that half the products have takes longer than to read the products that the other words, or her assortments, leave.
"""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.core.database import fetch_row
from backend.shop.search_rules import Group, Term

# Measured on 50,000 products: of more than one word those of fewer products than this are looked up; no word that most have ever is.
_COMMON = 0.1
_MOST = 0.5

_KEPT_SECONDS = 600

_LAST_LETTER = chr(0x10FFFF)

_SHARES = """
SELECT most_common_elems::text::text[] AS words, most_common_elem_freqs AS shares FROM pg_stats
WHERE schemaname = current_schema() AND tablename = 'product_search' AND attname = 'document'
"""


@dataclass(frozen=True, slots=True)
class Commonness:
    """The commonest words in order, and which share of the products has each; of no other word is it known."""

    words: Sequence[str]
    shares: Sequence[float]

    @classmethod
    def of(cls, shares: Mapping[str, float]) -> "Commonness":
        words = sorted(shares)
        return cls(words, [shares[word] for word in words])

    def worth_looking_up(self, groups: Sequence[Group]) -> list[int]:
        """The places of the words by which products are found; the others are then read in what was found."""
        shares = [self._of_group(group) for group in groups]
        rare = [place for place, share in enumerate(shares) if share < _COMMON]
        return rare or [place for place, share in enumerate(shares) if share == min(shares) < _MOST][:1]

    def _of_group(self, group: Group) -> float:
        return sum(min(self._of_term(term) for term in way) for way in group)

    def _of_term(self, term: Term) -> float:
        first = bisect_left(self.words, term.text)
        end = bisect_left(self.words, term.text + _LAST_LETTER) if term.begins else bisect_right(self.words, term.text)
        return sum(self.shares[first:end])


_kept: tuple[float, Commonness] | None = None


async def commonness() -> Commonness:
    """Asked for again every ten minutes; a shop that was never analysed has no common words."""
    global _kept
    now = time.monotonic()
    if _kept is None or _kept[0] < now:
        row = await fetch_row(_SHARES)
        found = zip(row["words"], row["shares"], strict=False) if row is not None and row["words"] else ()
        _kept = (now + _KEPT_SECONDS, Commonness.of(dict(found)))
    return _kept[1]
