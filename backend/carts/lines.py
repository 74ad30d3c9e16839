"""What rows sent by a client do to a cart's lines. Pure: every row gets an outcome, a refused row stops no other.

A line's identity is (variant, pack, ship-to, ship date, cancel date); None means the cart's default. Rows that mean the same line are summed first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from backend.carts.rules import MAX_LINES, MAX_QUANTITY
from backend.core.faults import KEEP, Keep
from backend.core.ids import new_id
from backend.shop.views import VariantView

MAX_NOTE = 500
_TOO_MANY = f"At most {MAX_QUANTITY:,} pieces in one line. Use another line or another cart for the rest."


class SetMode(StrEnum):
    SET = "SET"
    ADD = "ADD"
    REPLACE = "REPLACE"  # only these lines remain


class OutcomeCode(StrEnum):
    """Why a row was refused, or the first problem of the line that it set: the latter are `ProblemCode`s of lines."""

    NOT_FOUND = "NOT_FOUND"
    AMBIGUOUS = "AMBIGUOUS"
    INVALID_QUANTITY = "INVALID_QUANTITY"
    NOTE_TOO_LONG = "NOTE_TOO_LONG"
    REPEATED = "REPEATED"
    TOO_MANY_LINES = "TOO_MANY_LINES"
    UNKNOWN_PACK = "UNKNOWN_PACK"
    UNKNOWN_SHIP_TO = "UNKNOWN_SHIP_TO"
    UNREADABLE = "UNREADABLE"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
    NOT_A_MULTIPLE = "NOT_A_MULTIPLE"
    BELOW_PRODUCT_MINIMUM = "BELOW_PRODUCT_MINIMUM"
    OUT_OF_ASSORTMENT = "OUT_OF_ASSORTMENT"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    SHORT_STOCK = "SHORT_STOCK"
    PRICE_ON_REQUEST = "PRICE_ON_REQUEST"
    INVALID_DATES = "INVALID_DATES"


class LineStatus(StrEnum):
    SET = "SET"
    UNCHANGED = "UNCHANGED"
    REMOVED = "REMOVED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a client. Exactly one of `line`, `variant` and `number`. Fields that were not sent are KEEP."""

    quantity: int
    line: int | None = None
    variant: int | None = None
    number: str | None = None
    pack: str | Keep | None = KEEP
    ship_to: int | Keep | None = KEEP
    requested_ship_date: date | Keep | None = KEEP
    cancel_date: date | Keep | None = KEEP
    note: str | Keep | None = KEEP

    @property
    def typed(self) -> str | None:
        """What the person typed, for the answer."""
        return self.number


Identity = tuple[int, str | None, int | None, date | None, date | None]


class StoredLine(NamedTuple):
    """`sku` and `name` are those of the variant, for who can no longer see it, and `product` is its product; a new line has none."""

    key: int
    variant: int
    quantity: int
    pack: str | None
    ship_to: int | None
    requested_ship_date: date | None
    cancel_date: date | None
    note: str | None
    position: int
    sku: str = ""
    name: str = ""
    product: int | None = None

    @property
    def identity(self) -> Identity:
        return (self.variant, self.pack, self.ship_to, self.requested_ship_date, self.cancel_date)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. `line`: key of the line that it means, when there is one. `quantity`: of that line now."""

    status: LineStatus
    message: str
    code: OutcomeCode | None = None
    variant: int | None = None
    line: int | None = None
    quantity: int | None = None


class RowRefused(Exception):
    """This row cannot be carried out; the others can. `names`: the line that it meant, which then stays as it is."""

    def __init__(self, code: OutcomeCode, message: str, variant: int | None = None, names: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.variant, self.names = code, message, variant, names


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rows are checked against. `numbers`: for each typed number the variants that it may mean. `default_ship_to`: the cart's own."""

    variants: Mapping[int, VariantView]
    numbers: Mapping[str, Sequence[int]]
    ship_tos: frozenset[int]
    default_ship_to: int


@dataclass(slots=True)
class Plan:
    """The outcomes in the order of the rows, and what must be written."""

    outcomes: list[Outcome]
    changed: list[StoredLine]
    removed: list[int]

    @property
    def changes_something(self) -> bool:
        return bool(self.changed or self.removed)

    def lines_after(self, before: Sequence[StoredLine]) -> list[StoredLine]:
        """The lines as they will be, in their order."""
        gone = {*self.removed, *(line.key for line in self.changed)}
        return sorted(
            [*(line for line in before if line.key not in gone), *self.changed], key=lambda line: (line.position, line.key)
        )


@dataclass(slots=True)
class _Wish:
    """Rows that mean the same line: their sum, and the last word on its note. `edits`: the lines that are named by key and end up there."""

    identity: Identity
    quantity: int
    rows: list[int]
    note: Any
    edits: list[StoredLine]
    sets: bool  # a row names the line by what it is, and not by its key


@dataclass(slots=True)
class _State:
    """The lines as they become. `places` leaves out lines that are edited: where they end up is said by their wish."""

    lines: dict[int, StoredLine]
    places: dict[Identity, StoredLine]
    next_position: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, stored: Sequence[StoredLine]) -> "_State":
        last = max((line.position for line in stored), default=0)
        return cls({line.key: line for line in stored}, {line.identity: line for line in stored}, last + 1)


def plan_lines(rows: Sequence[Row], stored: Sequence[StoredLine], around: Surroundings, mode: SetMode) -> Plan:
    """What these rows do to these lines. All edits happen at once: two lines may swap their places."""
    state = _State.of(stored)
    wishes = _possible(_wishes(rows, state, around), state, mode)
    if mode is SetMode.REPLACE:
        named = {line.key for wish in wishes for line in (*wish.edits, state.places.get(wish.identity)) if line}
        kept = named | state.touched
        for line in [line for key, line in state.lines.items() if key not in kept]:
            _forget(state, line)
    # What is there first: it may make room for what is new.
    for wish in sorted(wishes, key=lambda wish: not (wish.edits or wish.identity in state.places)):
        try:
            _carry_out(wish, state, mode)
        except RowRefused as refusal:
            _refuse(state, wish.rows, refusal)
    before = {line.key: line for line in stored}
    changed = [line for key, line in state.lines.items() if before.get(key) != line]
    removed = [key for key in before if key not in state.lines]
    return Plan([state.outcomes[index] for index in range(len(rows))], changed, removed)


def _refuse(state: _State, rows: Sequence[int], refusal: RowRefused) -> None:
    if refusal.names is not None:
        state.touched.add(refusal.names)
    for index in rows:
        state.outcomes[index] = Outcome(LineStatus.REFUSED, refusal.message, refusal.code, refusal.variant)


def _wishes(rows: Sequence[Row], state: _State, around: Surroundings) -> list[_Wish]:
    """Rows checked one by one, then those that mean the same line put together, in the order of their first row."""
    wishes: dict[Identity, _Wish] = {}
    edited: dict[int, Identity] = {}
    for index, row in enumerate(rows):
        try:
            wish = _wish(index, row, state, around)
            for line in wish.edits:
                if edited.setdefault(line.key, wish.identity) != wish.identity:
                    raise RowRefused(
                        OutcomeCode.REPEATED,
                        "An earlier row edits this line otherwise. Send one row for it.",
                        line.variant,
                        line.key,
                    )
            known = wishes.setdefault(wish.identity, wish)
            if known is not wish:
                known.quantity += wish.quantity
                known.rows.append(index)
                known.note = known.note if wish.note is KEEP else wish.note
                known.edits.extend(line for line in wish.edits if line not in known.edits)
                known.sets |= wish.sets
        except RowRefused as refusal:
            _refuse(state, [index], refusal)
    return list(wishes.values())


def _possible(wishes: list[_Wish], state: _State, mode: SetMode) -> list[_Wish]:
    """Those whose line would not grow too large; the lines that they edit leave their places, all others stay where they are."""
    possible = {wish.identity: wish for wish in wishes}
    leaving = {line.identity for wish in wishes for line in wish.edits}
    state.places = {identity: line for identity, line in state.places.items() if identity not in leaving}
    suspects = wishes
    while suspects:
        large = [wish for wish in suspects if _quantity(wish, state.places.get(wish.identity), mode) > MAX_QUANTITY]
        for wish in large:
            there = [*wish.edits, *filter(None, [state.places.get(wish.identity)])]
            state.touched.update(line.key for line in there)
            _refuse(state, wish.rows, RowRefused(OutcomeCode.INVALID_QUANTITY, _TOO_MANY, wish.identity[0]))
            del possible[wish.identity]
        staying = {line.identity: line for wish in large for line in wish.edits}
        state.places.update(staying)
        suspects = [possible[identity] for identity in staying if identity in possible]
    return list(possible.values())


def _wish(index: int, row: Row, state: _State, around: Surroundings) -> _Wish:
    edits = _edited(row, state)
    variant = edits.variant if edits else _meant(row, around)
    wanted = around.variants.get(variant)
    identity = _identity(row, variant, edits, around)
    names = edits or state.places.get(identity)
    meant = names.key if names else None
    if not 0 <= row.quantity <= MAX_QUANTITY:
        message = "A quantity cannot be negative. Send 0 to remove the line." if row.quantity < 0 else _TOO_MANY
        raise RowRefused(OutcomeCode.INVALID_QUANTITY, message, variant if wanted else None, meant)
    if wanted is None and not (edits and row.quantity == 0):
        raise RowRefused(OutcomeCode.NOT_FOUND, "There is no such item in your catalogue.", None, meant)
    if wanted and identity[1] is not None and wanted.pack(identity[1]) is None:
        offered = ", ".join(pack.code for pack in wanted.packs) or "none"
        raise RowRefused(OutcomeCode.UNKNOWN_PACK, f"{wanted.sku} has no pack {identity[1]}. Its packs: {offered}.", variant, meant)
    if isinstance(row.note, str) and len(row.note) > MAX_NOTE:
        raise RowRefused(OutcomeCode.NOTE_TOO_LONG, f"A note has at most {MAX_NOTE} characters.", variant, meant)
    return _Wish(identity, row.quantity, [index], row.note, [edits] if edits else [], not edits)


def _edited(row: Row, state: _State) -> StoredLine | None:
    if row.line is None:
        return None
    line = state.lines.get(row.line)
    if line is None:
        raise RowRefused(OutcomeCode.NOT_FOUND, "This line is no longer in the cart.")
    return line


def _meant(row: Row, around: Surroundings) -> int:
    if row.variant is not None:
        return row.variant
    hits = around.numbers.get(row.number or "", ())
    if len(hits) > 1:
        choices = " or ".join(around.variants[hit].sku for hit in hits[:5] if hit in around.variants)
        raise RowRefused(OutcomeCode.AMBIGUOUS, f"{row.number} may mean several items: {choices}. Give the SKU.")
    if not (row.number or "").strip():
        raise RowRefused(OutcomeCode.NOT_FOUND, "This row has no item number. Give a SKU, a GTIN or your own part number.")
    if not hits:
        raise RowRefused(OutcomeCode.NOT_FOUND, f"There is no item {row.number} in your catalogue.")
    return hits[0]


def _identity(row: Row, variant: int, edits: StoredLine | None, around: Surroundings) -> Identity:
    def kept(sent: Any, stored: Any) -> Any:
        return (stored if edits else None) if sent is KEEP else sent

    ship_to = kept(row.ship_to, edits.ship_to if edits else None)
    if row.ship_to is not KEEP and ship_to is not None and ship_to not in around.ship_tos:
        raise RowRefused(
            OutcomeCode.UNKNOWN_SHIP_TO,
            "You cannot ship to this location. Choose one of yours.",
            variant,
            edits.key if edits else None,
        )
    return (
        variant,
        kept(row.pack, edits.pack if edits else None),
        None if ship_to == around.default_ship_to else ship_to,
        kept(row.requested_ship_date, edits.requested_ship_date if edits else None),
        kept(row.cancel_date, edits.cancel_date if edits else None),
    )


def _carry_out(wish: _Wish, state: _State, mode: SetMode) -> None:
    there = state.places.get(wish.identity)
    target = there or (wish.edits[0] if wish.edits else None)
    quantity = _quantity(wish, there, mode)
    if quantity == 0:
        _clear(wish, state, there)
        return
    if target is None and len(state.lines) >= MAX_LINES:
        raise RowRefused(
            OutcomeCode.TOO_MANY_LINES,
            f"A cart holds {MAX_LINES:,} lines. Place this order first, or use another cart.",
            wish.identity[0],
        )
    joined = [line for line in wish.edits if target and line.key != target.key]
    for gone in joined:
        _forget(state, gone)
    line = _line(wish, target, state, quantity)
    state.lines[line.key] = state.places[line.identity] = line
    same = line == target and not joined
    _answer(
        wish, state, line, LineStatus.UNCHANGED if same else LineStatus.SET, "Unchanged." if same else f"{quantity} in the cart."
    )


def _quantity(wish: _Wish, there: StoredLine | None, mode: SetMode) -> int:
    """ADD adds to what is there; a line that is moved onto another joins it."""
    here = there.quantity if there else 0
    if mode is SetMode.ADD:
        return here + sum(line.quantity for line in wish.edits) + wish.quantity
    joins = bool(wish.edits) and not wish.sets and wish.quantity > 0
    return wish.quantity + (here if joins else 0)


def _line(wish: _Wish, target: StoredLine | None, state: _State, quantity: int) -> StoredLine:
    variant, pack, ship_to, requested, cancel = wish.identity
    if target is None:
        note = None if wish.note is KEEP else wish.note
        line = StoredLine(new_id(), variant, quantity, pack, ship_to, requested, cancel, note, state.next_position)
        state.next_position += 1
        return line
    note = target.note if wish.note is KEEP else wish.note
    return target._replace(
        quantity=quantity, pack=pack, ship_to=ship_to, requested_ship_date=requested, cancel_date=cancel, note=note
    )


def _clear(wish: _Wish, state: _State, there: StoredLine | None) -> None:
    gone = [*wish.edits, *([there] if there and wish.sets else [])]
    for line in gone:
        _forget(state, line)
    status = LineStatus.REMOVED if gone else LineStatus.UNCHANGED
    message = "Removed from the cart." if gone else "It was not in the cart."
    for index in wish.rows:
        state.outcomes[index] = Outcome(status, message, None, wish.identity[0], None, 0)


def _forget(state: _State, line: StoredLine) -> None:
    state.lines.pop(line.key, None)
    if state.places.get(line.identity) is line:
        del state.places[line.identity]


def _answer(wish: _Wish, state: _State, line: StoredLine, status: LineStatus, message: str) -> None:
    for index in wish.rows:
        state.outcomes[index] = Outcome(status, message, None, line.variant, line.key, line.quantity)
