"""`linesheet import prices` and `export prices`: a row per break of a variant in a list. Rows may stand in any order; twice changes nothing."""

from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path

import asyncpg

from backend.core.database import fetch
from backend.core.errors import InvalidInput, Why
from backend.core.faults import InvalidRows
from backend.core.money import UnitPrice
from backend.core.numbers import Mark
from backend.core.viewer import system_viewer
from backend.exchange.cells import BadCell, day, needed, unit_price, whole
from backend.exchange.files import Line, Table
from backend.exchange.growth import keep_plans_fresh
from backend.exchange.importing import Faulty, import_table, save_batch
from backend.exchange.report import Advance, ImportReport, Out
from backend.exchange.staging import AT_ONCE, Staging
from backend.pricing.actions import SINCE_EVER, save_price_list, set_prices
from backend.pricing.drafts import PriceListDraft, PriceRow

COLUMNS = {
    "price_list": ("price list", "list"),
    "currency": (),
    "sku": ("variant sku",),
    "minimum_quantity": ("from quantity", "quantity"),
    "unit_price": ("price", "amount"),
    "valid_from": (),
    "valid_to": (),
}
REQUIRED = ("price_list", "sku", "unit_price")
NUMBERS = ("minimum_quantity", "unit_price")
EXAMPLE = (
    ("default-eur", "EUR", "NW-2140-BLK-M", "1", "24.90", "", ""),
    ("default-eur", "EUR", "NW-2140-BLK-M", "48", "21.75", "", ""),
    ("summer", "EUR", "NW-2140-BLK-M", "1", "19.9000", "2027-06-01", "2027-08-31"),
)
_STAGED = {
    "price_list": "text", "currency": "text", "sku": "text", "quantity": "int", "amount": "bigint", "valid_from": "date", "valid_to": "date",
}  # fmt: skip
_VIEWER = system_viewer()


async def import_prices(
    path: Path | str, *, check: bool = False, skip_bad: bool = False, decimal: Mark | None = None, out: Out = print
) -> ImportReport:
    """A list that does not exist is made when the rows say its currency. A variant's breaks in a list become exactly those of the file.

    With `skip_bad` a ladder with a bad row is left out whole: half a ladder would sell at the wrong price.
    """
    report = ImportReport("prices", checked_only=check)

    async def work(table: Table, advance: Advance) -> None:
        staging = Staging(_STAGED, ("price_list", "sku", "valid_from"))
        await staging.begin()
        broken = await _read(table, staging, report, advance)
        lists: dict[str, int | None] = {}
        done = 0
        async for staged in staging.groups():
            groups = [row for row in staged if not skip_bad or (row["price_list"], row["sku"]) not in broken]
            report.left_out += len(staged) - len(groups)
            for code, rows in groupby(groups, key=lambda row: str(row["price_list"])):
                await _save(code, list(rows), lists, report, skip_bad=skip_bad)
            done += 1
            await keep_plans_fresh(done * 4, "price")
            advance(0.5 + min(0.5, done / 40), report.created + report.changed + report.unchanged)

    return await import_table(
        Path(path), report, COLUMNS, REQUIRED, work, skip_bad=skip_bad, out=out, numbers=NUMBERS, decimal=decimal
    )


async def _read(table: Table, staging: Staging, report: ImportReport, advance: Advance) -> set[tuple[str, str]]:
    """Stages the rows; the list and SKU of those that cannot stand."""
    broken = set()
    for count, line in enumerate(table):
        if count % AT_ONCE == 0:
            advance(table.share / 2, 0)
        try:
            await staging.add(line.number, *_cells(line))
        except BadCell as error:
            report.bad(line.number, line.get("sku"), str(error))
            broken.add((line.get("price_list"), line.get("sku")))
    return broken


def _cells(line: Line) -> tuple[object, ...]:
    if line.surplus:
        raise BadCell("There are more values than columns.")
    quantity = whole(line, "minimum_quantity", least=1) if line.get("minimum_quantity") else 1
    names = (needed(line, "price_list"), line.get("currency"), needed(line, "sku"))
    return (*names, quantity, unit_price(line, "unit_price"), day(line, "valid_from"), day(line, "valid_to"))


async def _save(
    code: str, groups: list[asyncpg.Record], lists: dict[str, int | None], report: ImportReport, *, skip_bad: bool
) -> None:
    """All prices of one list that were staged together."""
    try:
        if code not in lists:
            lists[code] = await _price_list(
                code, {currency for group in groups for currency in group["currencys"] if currency}, report
            )
    except InvalidInput as error:
        lists[code] = None
        report.bad(min(groups[0]["lines"]), code, error.message)
    key = lists[code]
    if key is None:
        report.left_out += len(groups) if skip_bad else 0
        return

    async def save(rows: list[asyncpg.Record]) -> None:
        faults = [
            (at, row["lines"][0], "The breaks of one price end on different days.")
            for at, row in enumerate(rows)
            if len(set(row["valid_tos"])) > 1
        ]
        if faults:
            raise Faulty(faults)
        prices = [
            PriceRow(
                tuple(zip(row["quantitys"], row["amounts"], strict=True)), row["sku"], None, row["valid_from"], row["valid_tos"][0]
            )
            for row in rows
        ]
        try:
            done = await set_prices(_VIEWER, key, prices)
        except InvalidRows as error:
            raise Faulty([(fault.row, rows[fault.row]["lines"][-1], fault.message) for fault in error.faults]) from error
        report.created += done.created
        report.changed += done.changed
        report.unchanged += done.unchanged

    await save_batch(groups, save, lambda row: str(row["sku"]), report, skip_bad=skip_bad)


async def _price_list(code: str, currencies: set[str], report: ImportReport) -> int:
    """The list with this code, in the currency that its rows say."""
    if len(currencies) > 1:
        raise InvalidInput(
            Why.WRONG_CURRENCY(f"The rows of one list say different currencies: {', '.join(sorted(currencies))}."), ["currency"]
        )
    currency = next(iter(currencies), None)
    known = await fetch("SELECT id, currency FROM price_list WHERE code = $1", code.replace("\0", ""))
    if known and currency in (None, known[0]["currency"]):
        return int(known[0]["id"])
    if currency is None:
        raise InvalidInput(Why.UNKNOWN("There is no such price list. Say its currency in the rows, and it is made."), ["currency"])
    key = await save_price_list(_VIEWER, PriceListDraft(code=code, currency=currency))
    report.note(
        f"Made the price list {code} ({currency}). It is nobody's yet: assign it.",
        f"The price list {code} ({currency}) would be made, and be nobody's until you assign it.",
    )
    return key


def _written(price: UnitPrice) -> str:
    """With two or four decimals: three would look like thousands to a reader who writes a decimal comma."""
    return f"{price.amount}0" if len(price.amount.partition(".")[2]) == 3 else price.amount


_PAGE = """
SELECT l.code, l.currency, v.sku, p.valid_from, p.valid_to, p.quantities, p.amounts_e4
FROM price p JOIN price_list l ON l.id = p.price_list_id JOIN variant v ON v.id = p.variant_id
WHERE ($1::text IS NULL OR (l.code, v.sku, p.valid_from) > ($1, $2, $3)) ORDER BY l.code, v.sku, p.valid_from LIMIT 5000
"""


async def export_prices() -> AsyncIterator[tuple[str, ...]]:
    """All prices, as `import_prices` reads them."""
    after: tuple[object, ...] = (None, None, None)
    while rows := await fetch(_PAGE, *after):
        for row in rows:
            since = "" if row["valid_from"] == SINCE_EVER else row["valid_from"].isoformat()
            until = row["valid_to"].isoformat() if row["valid_to"] else ""
            for quantity, amount in zip(row["quantities"], row["amounts_e4"], strict=True):
                yield (
                    row["code"],
                    row["currency"],
                    row["sku"],
                    str(quantity),
                    _written(UnitPrice(amount, row["currency"])),
                    since,
                    until,
                )
        after = (rows[-1]["code"], rows[-1]["sku"], rows[-1]["valid_from"])
