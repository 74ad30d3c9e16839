"""What one style's grid shows: its cells, sums, prices at the quantities it holds, and the next break.

Pure: built from the API's grid and from what a person typed. The script that recounts while somebody types follows the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from storefront import formats
from storefront.client import Json
from storefront.numbers import readings


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say beside one cell: a rule it breaks, or why it was refused."""

    message: str
    needed: str | None = None
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Typed:
    """What is to be shown instead of the cart's own numbers, by variant."""

    quantities: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stock:
    tone: str
    short: str
    long: str


@dataclass(frozen=True, slots=True)
class Cell:
    id: str
    sku: str
    name: str
    column: str
    place: str
    label: str
    text: str
    quantity: int
    in_cart: int
    otherwise: int
    orderable: bool
    price: Json | None
    list_price: Json | None
    breaks: str
    group: str
    rule: Json
    stock: Stock
    contents: str
    note: Note | None

    @property
    def value(self) -> Decimal:
        return formats.goods(self.price["amount"], self.quantity, self.price["currency"]) if self.price else Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    detail: str
    options: list[Json]
    cells: list[Cell | None]

    @property
    def filled(self) -> list[Cell]:
        return [cell for cell in self.cells if cell]

    @property
    def price(self) -> Json | None:
        """The price that most of its cells share; a cell says its own only where it differs."""
        prices = {formats.amount(cell.price): cell.price for cell in self.filled if cell.price}
        most = Counter(formats.amount(cell.price) for cell in self.filled if cell.price).most_common(1)
        return prices[most[0][0]] if most else None

    @property
    def units(self) -> int:
        return sum(cell.quantity for cell in self.filled)

    @property
    def value(self) -> Decimal:
        return sum((cell.value for cell in self.filled), Decimal(0))


@dataclass(frozen=True, slots=True)
class Step:
    minimum: int
    price: Json
    reached: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """The breaks that some of the cells share; `of` names them when there is more than one ladder."""

    of: str
    breaks: str
    list_price: Json | None
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One style, ready to be drawn."""

    product: Json
    number: str
    axis: str
    columns: list[str]
    rows: list[Row]
    prepacks: list[Cell]
    ladders: list[Ladder]
    currency: str
    increment: int | None
    packs: list[Json]

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in row.filled] + self.prepacks

    @property
    def units(self) -> int:
        return sum(cell.quantity for cell in self.cells)

    @property
    def value(self) -> Decimal:
        return sum((cell.value for cell in self.cells), Decimal(0))

    @property
    def orderable(self) -> bool:
        return any(cell.orderable for cell in self.cells)

    @property
    def steps(self) -> list[tuple[int, list[Step | None]]]:
        """The ladders side by side: each quantity from which some price changes, with every ladder's step there."""
        by_minimum = [{step.minimum: step for step in ladder.steps} for ladder in self.ladders]
        return [
            (minimum, [steps.get(minimum) for steps in by_minimum])
            for minimum in sorted({m for steps in by_minimum for m in steps})
        ]

    def column_units(self, index: int) -> int:
        return sum(cell.quantity for row in self.rows if (cell := row.cells[index]))

    @property
    def next_break(self) -> str:
        """The nearest break above what is held: how many more, and for what price."""
        cells = self.cells
        found = [step for cell in cells if cell.quantity and (step := _next_step(cell, cells))]
        return min(found)[1] if found else ""

    @property
    def missing(self) -> int:
        """Units still needed to reach the style's own minimum, once anything of it is ordered."""
        least = self.product["minimumQuantity"] or 0
        return max(0, least - self.units) if self.units else 0


def build(grids: list[Json], typed: Typed) -> list[Sheet]:
    """All the grids of one page together, because breaks may count across styles."""
    held = _group_totals(grids, typed)
    return [_sheet(grid, typed, held) for grid in grids]


def variants_of(grids: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each grid cell that holds a variant, with it."""
    for grid in grids:
        for cell in [cell for row in grid["rows"] for cell in row["cells"]] + grid["prepacks"]:
            if cell["variant"]:
                yield cell, cell["variant"]


def number_of(skus: list[str]) -> str:
    """The style's number: what its variants' numbers begin with. One variant has its own."""
    if len(skus) < 2:
        return skus[0] if skus else ""
    common = _beginning(min(skus), max(skus))
    whole = common if all(len(sku) == len(common) or sku[len(common)] in "-_./ " for sku in skus) else common[: _cut(common)]
    return whole.rstrip("-_./ ") if len(whole) > 2 else skus[0]


def _beginning(one: str, other: str) -> str:
    """What two numbers begin with; of the first and the last in order it is what all begin with."""
    same = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[: next(same, min(len(one), len(other)))]


def _cut(common: str) -> int:
    """Where the last whole part of a number ends."""
    return max(0, *(common.rfind(mark) for mark in "-_./ "))


def stock(availability: Json) -> Stock:
    """What can be said about stock without saying more than the seller shows."""
    status, quantity = availability["status"], availability["quantity"]
    arrival = formats.day(availability["nextArrival"])
    if status in ("IN_STOCK", "LOW"):
        tone = "ok" if status == "IN_STOCK" else "low"
        if quantity is None:
            return Stock(tone, "in stock" if tone == "ok" else "low", "in stock" if tone == "ok" else "running low")
        shown = f"{'>' if availability['isCapped'] else ''}{quantity:,}"
        return Stock(tone, shown, f"{shown} in stock")
    if status == "BACKORDER":
        return Stock("out", "to order", "none in stock, can be ordered")
    if status == "INCOMING" or arrival:
        return Stock("out", arrival or "on its way", f"back {arrival}" if arrival else "on its way")
    return Stock("out", "none", "none in stock")


def price_at(breaks: list[Json], quantity: int) -> Json | None:
    """The unit price when so many count together; below the first break the first one holds."""
    reached = [step for step in breaks if quantity >= step["minimumQuantity"]]
    chosen = reached[-1] if reached else breaks[0] if breaks else None
    price: Json | None = chosen["unitPrice"] if chosen else None
    return price


def whole(text: str) -> int | None:
    """What a person typed, as a quantity: blank is nothing; what is no whole number, or may be two numbers, is none."""
    if not text.strip():
        return 0
    found = readings(text)
    if len(found) != 1 or not 0 <= found[0] < 10**9 or found[0] != int(found[0]):
        return None
    return int(found[0])


def _group_totals(grids: list[Json], typed: Typed) -> Counter[str]:
    held: Counter[str] = Counter()
    for cell, variant in variants_of(grids):
        held[variant["priceBreakGroup"]] += _quantity(cell, variant, typed) + cell["inCartOtherwise"]
    return held


def _quantity(cell: Json, variant: Json, typed: Typed) -> int:
    text = typed.quantities.get(variant["id"])
    quantity: int = cell["inCart"]
    return quantity if text is None else whole(text) or 0


def _next_step(cell: Cell, cells: list[Cell]) -> tuple[int, str] | None:
    together = [other for other in cells if other.group == cell.group]
    held = sum(other.quantity + other.otherwise for other in together)
    for step in cell.breaks.split():
        minimum, _, price = step.partition(":")
        if int(minimum) > held and cell.price:
            of = "of any of these" if len(together) > 1 else f"of {cell.place}" if len(cells) > 1 else ""
            each = formats.amount({"amount": price, "currency": cell.price["currency"]})
            return int(minimum) - held, " ".join(filter(None, (f"{int(minimum) - held:,} more", of, f"for {each} each")))
    return None


def _sheet(grid: Json, typed: Typed, held: Counter[str]) -> Sheet:
    product, columns = grid["product"], grid["columns"]
    rows = [_row(product, row, columns, typed, held) for row in grid["rows"]]
    prepacks = [_cell(product, "", [], cell, typed, held) for cell in grid["prepacks"] if cell["variant"]]
    variants = [variant for _, variant in variants_of([grid])]
    increments = {variant["quantityRule"]["increment"] for variant in variants if not variant["contents"]}
    prices = [variant["unitPrice"] or variant["listPrice"] for variant in variants]
    return Sheet(
        product=product,
        number=number_of([cell.sku for row in rows for cell in row.filled] or [cell.sku for cell in prepacks]),
        axis=" / ".join(option["name"] for option in product["options"][:-1] or product["options"]),
        columns=columns,
        rows=rows,
        prepacks=prepacks,
        ladders=_ladders(grid, held),
        currency=next((price["currency"] for price in prices if price), ""),
        increment=increments.pop() if len(increments) == 1 else None,
        packs=list({pack["name"]: pack for variant in variants for pack in variant["packs"]}.values()),
    )


def _row(product: Json, row: Json, columns: list[str], typed: Typed, held: Counter[str]) -> Row:
    values = [option["value"] for option in row["label"]]
    cells = [
        _cell(product, column, values, cell, typed, held) if cell["variant"] else None
        for column, cell in zip(columns, row["cells"], strict=True)
    ]
    return Row(values[0] if values else "", " · ".join(values[1:]), row["label"], cells)


def _cell(product: Json, column: str, values: list[str], cell: Json, typed: Typed, held: Counter[str]) -> Cell:
    variant = cell["variant"]
    priced = variant["priceStatus"] == "PRICED"
    price = price_at(variant["priceBreaks"], held[variant["priceBreakGroup"]]) or variant["unitPrice"] if priced else None
    quantity, shown = _quantity(cell, variant, typed), stock(variant["availability"])
    place = [*values, column] if values or column else [variant["name"]]
    said = formats.money(price) if price else "price on request"
    return Cell(
        id=variant["id"],
        sku=variant["sku"],
        name=variant["name"],
        column=column,
        place=" ".join(filter(None, place)),
        label=", ".join([product["name"], *filter(None, place), said, shown.long]),
        text=typed.quantities.get(variant["id"], str(quantity) if quantity else ""),
        quantity=quantity,
        in_cart=cell["inCart"],
        otherwise=cell["inCartOtherwise"],
        orderable=priced,
        price=price,
        list_price=variant["listPrice"],
        breaks=_breaks(variant),
        group=variant["priceBreakGroup"],
        rule=variant["quantityRule"],
        stock=shown,
        contents=", ".join(
            f"{part['quantity']} × {' '.join(option['value'] for option in part['options'])}" for part in variant["contents"]
        ),
        note=typed.notes.get(variant["id"]),
    )


def _breaks(variant: Json) -> str:
    return " ".join(f"{step['minimumQuantity']}:{step['unitPrice']['amount']}" for step in variant["priceBreaks"])


def _ladders(grid: Json, held: Counter[str]) -> list[Ladder]:
    """At most three different ladders; a style with more shows its prices in the cells alone."""
    found: dict[str, list[_Member]] = {}
    for row in grid["rows"]:
        name = " ".join(option["value"] for option in row["label"])
        for column, variant in zip(grid["columns"], (cell["variant"] for cell in row["cells"]), strict=True):
            if variant and variant["priceBreaks"]:
                shown = _breaks(variant) + formats.amount(variant["listPrice"])
                found.setdefault(shown, []).append(_Member(name, column, variant))
    if not 1 <= len(found) <= 3:
        return []
    groups = list(found.values())
    return [_ladder(members, held, of) for members, of in zip(groups, _names(groups, grid["columns"]), strict=True)]


@dataclass(frozen=True, slots=True)
class _Member:
    row: str
    column: str
    variant: Json


def _names(groups: list[list[_Member]], columns: list[str]) -> list[str]:
    """What tells the ladders apart: their rows, or else their columns; nothing, where neither does."""
    if len(groups) == 1:
        return [""]
    rows = [list(dict.fromkeys(member.row for member in group)) for group in groups]
    if _apart(rows):
        return [", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") for names in rows]
    across = [[column for column in columns if any(member.column == column for member in group)] for group in groups]
    return [_range(names, columns) for names in across] if _apart(across) else ["some"] * len(groups)


def _apart(sets: list[list[str]]) -> bool:
    return sum(map(len, sets)) == len({name for names in sets for name in names})


def _range(names: list[str], columns: list[str]) -> str:
    """Columns that stand beside each other as a range: XS–2XL."""
    first, last = columns.index(names[0]), columns.index(names[-1])
    beside = last - first + 1 == len(names) > 2
    return f"{names[0]}–{names[-1]}" if beside else ", ".join(names)


def _ladder(members: list[_Member], held: Counter[str], of: str) -> Ladder:
    variant = members[0].variant
    groups = {member.variant["priceBreakGroup"] for member in members}
    most = max(held[group] for group in groups)
    breaks = variant["priceBreaks"]
    reached = max((i for i, step in enumerate(breaks) if most >= step["minimumQuantity"]), default=-1)
    steps = [Step(step["minimumQuantity"], step["unitPrice"], i == reached) for i, step in enumerate(breaks)]
    return Ladder(of, _breaks(variant), variant["listPrice"], steps)


def notes_of(problems: list[Json]) -> dict[str, Note]:
    """The cart's problems by variant, for the cells that they stand beside."""
    return {
        problem["line"]["variant"]["id"]: Note(problem["message"], problem["needed"], problem["blocking"])
        for problem in reversed(problems)
        if problem["line"] and problem["line"]["variant"]
    }


def quantities_of(grids: list[Json]) -> dict[str, int]:
    """What the open cart holds, by variant."""
    return {variant["id"]: cell["inCart"] for cell, variant in variants_of(grids)}


def hidden(sheet: Sheet) -> list[tuple[str, Any]]:
    """The numbers that the form was drawn with, so that a save sends only what was changed since."""
    return [(cell.id, cell.in_cart) for cell in sheet.cells if cell.in_cart]
