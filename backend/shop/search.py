"""Finding products by what a person types: every word must be met, by a name, brand, category, option, number or the description.

Words may be unfinished; those that nothing visible has are read as what was probably meant. What the viewer cannot see is never found,
counts for nothing and changes no answer: a product of which she sees some variants is found by those alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backend.catalogue.search_rules import VariantText, variant_words
from backend.core.database import any_of, fetch, fetch_row, unseen
from backend.core.gtins import gtin_key
from backend.core.viewer import Viewer
from backend.shop.arguments import Arguments
from backend.shop.commonness import Commonness, commonness
from backend.shop.scope import Scope, scope_of, variant_visible
from backend.shop.search_rules import Group, Query, Term, Way, exactly, lookalikes, meets, parse, tsquery
from backend.shop.spelling import closest, halves, slips

# What a word belongs to when it belongs to the product with all of its variants: name, brand and categories, description.
_SHARED = "ABD"

# So many of what looks like a word are measured letter by letter; so many readings of one word are searched for.
_CANDIDATES = 40
_READINGS = 12
_SHORTEST_MISSPELT = 3

# Whether a word has any match is known from a few.
_A_FEW = 50

_LAST_LETTER = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Keys of visible products that match, best first."""

    products: list[int]


async def match_text(viewer: Viewer, text: str) -> TextMatch:
    """Exact numbers first, then beginnings of numbers, names, brands and categories, options, descriptions; within each by name."""
    scope = await scope_of(viewer)
    query = parse(text)
    if not query.words:
        return TextMatch([])
    search = _Search(scope, query, await _numbers(viewer, scope, query), await commonness())
    groups = query.groups()
    found = await search.find(groups, groups)
    if not found:
        probable, possible = await _meant(search, groups)
        if possible != groups:
            found = await search.find(possible, probable)
    return TextMatch(found)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Visible products by number. `begun`: the buyer's own part numbers that begin like the token, or like the whole (None)."""

    exact: set[int] = field(default_factory=set)
    begun: dict[int | None, set[int]] = field(default_factory=lambda: defaultdict(set))


_EXACT = f"""
SELECT v.product_id, 0 AS place, TRUE AS exact FROM variant v JOIN product p ON p.id = v.product_id
WHERE (v.sku_key = {unseen(2, "text")} OR (v.gtin IS NOT NULL AND lpad(v.gtin, 14, '0') = {unseen(3, "text")})) AND {variant_visible(1)}
"""

# Compared byte by byte, so that the index serves whatever the collation is.
_OWN = f"""
UNION ALL
SELECT v.product_id, q.place, c.sku_key = $2 FROM unnest({unseen(4, "text[]")}) WITH ORDINALITY AS q(key, place)
JOIN customer_sku c ON c.company_id = $5 AND c.sku_key ~>=~ q.key AND c.sku_key ~<~ (q.key || $6)
JOIN variant v ON v.id = c.variant_id JOIN product p ON p.id = v.product_id WHERE {variant_visible(1)}
"""


async def _numbers(viewer: Viewer, scope: Scope, query: Query) -> _Numbers:
    numbers = _Numbers()
    barcode = gtin_key(query.key)
    if viewer.company_id is None:
        rows = await fetch(_EXACT, scope.assortments, query.key, barcode)
    else:
        keys = [query.key, *(parse(token).key for token in query.tokens)]
        rows = await fetch(_EXACT + _OWN, scope.assortments, query.key, barcode, keys, viewer.company_id, _LAST_LETTER)
    for row in rows:
        if row["exact"]:
            numbers.exact.add(row["product_id"])
        if row["place"]:
            numbers.begun[None if row["place"] == 1 else row["place"] - 2].add(row["product_id"])
    return numbers


@dataclass(frozen=True, slots=True)
class _Search:
    """One search of one viewer: what may be found, and what was found by number already."""

    scope: Scope
    query: Query
    numbers: _Numbers
    commonness: Commonness

    async def find(self, groups: Sequence[Group], probable: Sequence[Group]) -> list[int]:
        """Products that meet every group, or the whole as a number; ranked by `probable`, the likelier reading of the words."""
        arguments = Arguments(self.scope.assortments)
        places = range(len(groups))
        row = await fetch_row(
            f"""SELECT array_agg(id ORDER BY tier DESC, name, id) AS found, array_agg(id) FILTER (WHERE unsure) AS unsure
            FROM (SELECT s.product_id AS id, p.name, {self._tier(probable, arguments)} AS tier,
                         NOT (whole OR {self._met(groups, places, arguments, _SHARED)}) AS unsure
                  FROM product_search s JOIN product p ON p.id = s.product_id {_reached(self.scope)} AND {self._looked_up(groups, arguments)}
                  OFFSET 0) hit  -- lest the words themselves are sorted, too""",
            *arguments.values,
        )
        assert row is not None
        unproven = await self._unproven(groups, row["unsure"] or [])
        return [product for product in row["found"] or [] if product not in unproven]

    async def missing(self, groups: Sequence[Group]) -> list[int]:
        """The places of the words that no visible product meets by itself."""
        asked = [place for place in range(len(groups)) if not self._own(place)]
        if not asked:
            return []
        arguments = Arguments(self.scope.assortments)
        row = await fetch_row(f"SELECT {', '.join(self._doubted(groups[place], arguments) for place in asked)}", *arguments.values)
        assert row is not None
        doubted = {place: unsure for place, unsure in zip(asked, row.values(), strict=True) if unsure is not None}
        unmet = await self._unmet({groups[place]: unsure for place, unsure in doubted.items()})
        return [place for place in doubted if groups[place] in unmet]

    async def met(self, ways: Collection[Way]) -> set[Way]:
        """Those of these readings that something visible has: what she cannot see is not what she meant."""
        if self.scope.assortments is None or not ways:
            return set(ways)
        groups = [(way,) for way in ways]
        met, sure = ([tsquery([group], weights) for group in groups] for weights in ("", _SHARED))
        rows = await fetch(_MET, self.scope.assortments, met, sure)
        unmet = await self._unmet({groups[row["place"] - 1]: row["unsure"] for row in rows if row["unsure"] is not None})
        return {group[0] for group in groups if group not in unmet}

    async def _unmet(self, doubted: Mapping[Group, Sequence[int]]) -> set[Group]:
        """Those of these groups that none of their products, of which she sees a part, meets by what she sees."""
        groups = list(doubted)
        evidence = await self._evidence(groups, sorted({product for unsure in doubted.values() for product in unsure}))
        return {
            group
            for place, group in enumerate(groups)
            if not any(shared[place] or meets(group, words) for shared, words in (evidence[key] for key in doubted[group]))
        }

    def _doubted(self, group: Group, arguments: Arguments) -> str:
        """SQL: null when a visible product meets this word for certain, else some that may."""
        met, sure = (_has(tsquery([group], weights), arguments) for weights in ("", _SHARED))
        found = f"{_reached(self.scope)} AND ({met})" + ("" if self.commonness.worth_looking_up([group]) else " IS TRUE")
        return (
            f"CASE WHEN NOT EXISTS (SELECT FROM product_search s {found} AND (whole OR {sure}))"
            f" THEN ARRAY(SELECT s.product_id FROM product_search s {found} LIMIT {_A_FEW}) END"
        )

    def _looked_up(self, groups: Sequence[Group], arguments: Arguments) -> str:
        """SQL: a product matches. The index is asked for the rarer words only; whoever meets those is asked for all of them."""
        places, rare = range(len(groups)), self.commonness.worth_looking_up(groups)
        met = f"({self._met(groups, places, arguments)})"
        if len(rare) == len(groups):
            return met
        return f"({self._met(groups, rare, arguments)}) AND {met} IS TRUE" if rare else f"{met} IS TRUE"

    def _met(self, groups: Sequence[Group], places: Sequence[int], arguments: Arguments, weights: str = "") -> str:
        """SQL: the groups in these places are met by words of these weights or by the buyer's own part numbers; or the whole is, as a number."""
        plain = tsquery([groups[place] for place in places if not self._own(place)], weights)
        whole = [tsquery([self._whole], weights)] if self.query.has_parts else []
        own = [
            f"({_has(tsquery([groups[place]], weights), arguments)} OR {_one_of(self._own(place), arguments)})"
            for place in places
            if self._own(place)
        ]
        if own:
            ways = [" AND ".join([*([_has(plain, arguments)] if plain else []), *own]), *(_has(one, arguments) for one in whole)]
        else:
            ways = [_has(" | ".join([plain, *whole]), arguments)]
        by_number = self.numbers.exact | self.numbers.begun[None]
        return " OR ".join([*ways, *([_one_of(by_number, arguments)] if by_number else [])])

    def _own(self, place: int) -> set[int]:
        """What the buyer's own part numbers find for the word in this place."""
        return self.numbers.begun[self.query.words[place].token]

    @property
    def _whole(self) -> Group:
        """One word that begins like everything that was typed, in one."""
        return ((Term(self.query.lexeme),),)

    def _tier(self, groups: Sequence[Group], arguments: Arguments) -> str:
        """SQL: how good a match is. What only single variants have counts where the viewer sees all of them."""

        def met(groups: Sequence[Group], weights: str) -> str:
            return _has(tsquery(groups, weights), arguments)

        number = _one_of(self.numbers.begun[None], arguments)
        if self.query.is_number:
            number += f" OR (whole AND {met([self._whole], 'C')})"
        return (
            f"CASE WHEN {_one_of(self.numbers.exact, arguments)} THEN 7 WHEN {number} THEN 6"
            f" WHEN {met(exactly(groups), 'A')} THEN 5 WHEN {met(groups, 'A')} THEN 4 WHEN {met(groups, 'AB')} THEN 3"
            f" WHEN whole AND {met(groups, 'ABC')} THEN 2 WHEN {met(groups, _SHARED)} THEN 1 ELSE 0 END"
        )

    async def _unproven(self, groups: Sequence[Group], products: Sequence[int]) -> set[int]:
        """Those of partly visible products that only their hidden variants would meet."""
        evidence = await self._evidence(groups, products)
        return {key for key, (shared, words) in evidence.items() if not self._proven(key, groups, shared, words)}

    def _proven(self, product: int, groups: Sequence[Group], shared: Sequence[bool], words: set[str]) -> bool:
        return meets(self._whole, words) or all(
            is_shared or product in self.numbers.begun[word.token] or meets(group, words)
            for is_shared, word, group in zip(shared, self.query.words, groups, strict=True)
        )

    async def _evidence(self, groups: Sequence[Group], products: Sequence[int]) -> dict[int, tuple[list[bool], set[str]]]:
        """Of partly visible products: which groups are met by what all variants share, and the words of the variants that she sees."""
        if not products:
            return {}
        shown: dict[int, set[str]] = defaultdict(set)
        for row in await fetch(_SHOWN, self.scope.assortments, products):
            shown[row["product_id"]] |= variant_words(VariantText(row["sku"], row["gtin"], row["name"], row["option_values"]))
        arguments = Arguments(products)
        met = ", ".join(_has(tsquery([group], _SHARED), arguments) for group in groups)
        rows = await fetch(
            f"SELECT product_id, ARRAY[{met}] AS met FROM product_search s WHERE product_id = ANY($1)", *arguments.values
        )
        return {row["product_id"]: (row["met"], shown[row["product_id"]]) for row in rows}


# Of a product that somebody may see there is a row, with the assortments that show it. `whole`: she sees all of its variants.
_WHOLE = """
CROSS JOIN LATERAL (SELECT $1::bigint[] IS NULL OR s.partly IS NULL OR EXISTS (
    SELECT FROM unnest(s.assortments) AS a(key) WHERE a.key = ANY($1) AND a.key <> ALL(s.partly)) AS whole) AS reached
"""


def _reached(scope: Scope) -> str:
    """SQL to put behind `product_search s`: what she may see of it. The index knows both, words and who may see them."""
    seen = "TRUE" if scope.assortments is None else f"s.assortments && {unseen(1)}"
    return f"{_WHOLE} WHERE {seen}"


# As `_doubted`, for many readings by one statement.
_MET_BY = f"FROM product_search s {_WHOLE} WHERE s.assortments && {unseen(1)} AND s.document @@ q.met::tsquery"
_MET = f"""
SELECT q.place, CASE WHEN NOT EXISTS (SELECT {_MET_BY} AND (whole OR s.document @@ q.sure::tsquery))
    THEN ARRAY(SELECT s.product_id {_MET_BY} LIMIT {_A_FEW}) END AS unsure
FROM unnest({unseen(2, "text[]")}, {unseen(3, "text[]")}) WITH ORDINALITY AS q(met, sure, place)
"""


def _has(query: str, arguments: Arguments) -> str:
    return f"s.document @@ {arguments.add_unseen(query, 'tsquery')}"


def _one_of(products: Collection[int], arguments: Arguments) -> str:
    return f"s.product_id = ANY({arguments.add_unseen(list(products), 'bigint[]')}::bigint[])"


_SHOWN = f"""
SELECT v.product_id, v.sku, v.gtin, v.name, v.option_values FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.product_id = {any_of(2)} AND {variant_visible(1)}
"""

_SIMILAR = f"""
SELECT q.typed, w.word FROM unnest({unseen(1, "text[]")}) AS q(typed) CROSS JOIN LATERAL similar_words(q.typed, {_CANDIDATES}) AS w(word)
"""


async def _meant(search: _Search, groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """For each word that nothing visible has, or for all when they only do not come together: its likeliest readings, and all of them."""
    missing = await search.missing(groups)
    doubtful = {search.query.words[place].text for place in missing or range(len(groups))}
    readings = await _readings([word for word in doubtful if len(word) >= _SHORTEST_MISSPELT])
    met = await search.met({way for ways in readings.values() for way, _ in ways})
    probable, possible = list(groups), list(groups)
    for place, word in enumerate(search.query.words):
        ways = [(way, cost) for way, cost in readings.get(word.text, []) if way in met][:_READINGS] if word.text in doubtful else []
        if ways:
            best = ways[0][1]
            probable[place] = (*groups[place], *(way for way, cost in ways if cost == best))
            possible[place] = (*groups[place], *(way for way, _ in ways))
    return probable, possible


async def _readings(typed: Sequence[str]) -> dict[str, list[tuple[Way, float]]]:
    """For each word the ways in which it may be meant, likeliest first."""
    letters = [word for word in typed if word.isalpha()]
    similar: dict[str, list[str]] = defaultdict(list)
    for row in await fetch(_SIMILAR, letters) if letters else []:
        similar[row["typed"]].append(row["word"])
    slipped = {word: slips(word) for word in letters}
    pieces = {half for word in letters for pair in halves(word) for half in pair}
    known = await _known(pieces.union(*slipped.values()))
    for word, near in slipped.items():
        similar[word] = list({*similar[word], *(near & known)})
    return {word: sorted(_ways(word, similar[word], known), key=lambda way: way[1]) for word in typed}


async def _known(words: set[str]) -> set[str]:
    """Those of these that are words at all."""
    rows = await fetch("SELECT word FROM search_word WHERE word = ANY($1)", sorted(words)) if words else []
    return {row["word"] for row in rows}


def _ways(word: str, similar: Sequence[str], known: set[str]) -> Iterator[tuple[Way, float]]:
    """Another word, two words without the blank between them, or a number with letters for digits; and how far that is."""
    yield from (((Term(one),), cost) for one, cost in closest(word, similar))
    yield from (((Term(left), Term(right)), 1.0) for left, right in halves(word) if {left, right} <= known)
    number = lookalikes(word)
    if number:
        yield (Term(number),), 0.0
