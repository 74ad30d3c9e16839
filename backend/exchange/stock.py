"""`linesheet import stock` and `export stock`: what is on hand of a variant in a warehouse. Twice changes nothing.

Shopify's own inventory export is read as it is: a row per product and location, a location by its name.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

from backend.core.database import fetch
from backend.core.faults import InvalidRows
from backend.core.numbers import Mark
from backend.core.viewer import system_viewer
from backend.exchange.cells import BadCell, needed, whole
from backend.exchange.files import Line, Table
from backend.exchange.growth import keep_plans_fresh
from backend.exchange.importing import Faulty, import_table, save_batch
from backend.exchange.report import Advance, ImportReport, Out
from backend.exchange.shopify import COLUMNS as COLUMNS_OF_PRODUCTS
from backend.exchange.shopify import made_sku, option_names
from backend.exchange.staging import AT_ONCE, Staging
from backend.inventory.drafts import StockRow
from backend.inventory.rules import MAX_ON_HAND, counted_notice, on_hand_of
from backend.inventory.stocktaking import set_stock

COLUMNS = {"sku": ("variant sku",), "warehouse": ("location",), "on_hand": ("quantity", "stock")}
# Shopify's columns. "(new)" is the one that a person fills in; what is left blank there stays at "(current)".
SHOPIFY = {
    "new": ("On hand (new)",),
    "current": ("On hand (current)",),
    "available": ("Available (not editable)", "Available"),
    "committed": ("Committed (not editable)", "Committed"),
    "unavailable": ("Unavailable (not editable)", "Unavailable"),
    **{name: COLUMNS_OF_PRODUCTS[name] for name in ("handle", *(f"{part}{n}" for part in ("name", "value") for n in (1, 2, 3)))},
}
COUNTS = ("on_hand", "new", "current", "available")
REQUIRED = ("sku", "warehouse", COUNTS)
NUMBERS = ("on_hand", "new", "current", "available", "committed", "unavailable")
NOT_STOCKED = "not stocked"
EXAMPLE = (("NW-2140-BLK-M", "MAIN", "140"), ("NW-2140-BLK-M", "NORTH", "0"))
_VIEWER = system_viewer()


async def import_stock(
    path: Path | str, *, check: bool = False, skip_bad: bool = False, decimal: Mark | None = None, out: Out = print
) -> ImportReport:
    """On hand becomes what the file says, never less than is reserved. What it does not name stays."""
    report = ImportReport("stock", checked_only=check)

    async def save(rows: list[asyncpg.Record]) -> None:
        twice = [
            (at, row["lines"][1], f"Line {row['lines'][0]} says this already.")
            for at, row in enumerate(rows)
            if len(row["lines"]) > 1
        ]
        if twice:
            raise Faulty(twice)
        try:
            done = await set_stock(_VIEWER, [StockRow(row["on_hands"][0], row["sku"], None, row["warehouse"]) for row in rows])
        except InvalidRows as error:
            raise Faulty([(fault.row, rows[fault.row]["lines"][0], fault.message) for fault in error.faults]) from error
        report.created += done.created
        report.changed += done.changed
        report.unchanged += done.unchanged

    async def work(table: Table, advance: Advance) -> None:
        codes = await _warehouse_codes()
        staging = Staging({"sku": "text", "warehouse": "text", "on_hand": "int"}, ("sku", "warehouse"))
        await staging.begin()
        for count, line in enumerate(table):
            if count % AT_ONCE == 0:
                advance(table.share / 2, 0)
            try:
                if line.surplus:
                    raise BadCell("There are more values than columns.")
                field = _count_field(line)
                if line.get(field).casefold() == NOT_STOCKED:
                    continue
                counted = _counted(line, field)
                if notice := counted_notice(counted):
                    report.warn(line.number, line.get("sku"), notice)
                warehouse = needed(line, "warehouse")
                await staging.add(line.number, _sku(line), codes.get(warehouse.casefold(), warehouse), on_hand_of(counted))
            except BadCell as error:
                report.bad(line.number, line.get("sku"), str(error))
        done = 0
        async for rows in staging.groups():
            await save_batch(rows, save, lambda row: str(row["sku"]), report, skip_bad=skip_bad)
            done += 1
            await keep_plans_fresh(done * 4, "stock")
            advance(0.5 + min(0.5, done / 40), report.created + report.changed + report.unchanged)

    return await import_table(
        Path(path), report, COLUMNS | SHOPIFY, REQUIRED, work, skip_bad=skip_bad, out=out, numbers=NUMBERS, decimal=decimal
    )


def _count_field(line: Line) -> str:
    """The column that says what is on hand: the first that is filled in, else the first there is."""
    there = [field for field in COUNTS if line.has(field)]
    return next((field for field in there if line.get(field)), there[0])


def _counted(line: Line, field: str) -> int:
    """What is on hand. What Shopify calls available lacks the pieces that it keeps for orders and sets aside."""
    counted = whole(line, field, least=-MAX_ON_HAND)
    if field == "available":
        counted += sum(whole(line, kept) for kept in ("committed", "unavailable") if line.get(kept))
    return counted


def _sku(line: Line) -> str:
    """The SKU; of a Shopify variant that has none the one that its product got when it was imported."""
    if line.get("sku") or not line.get("handle"):
        return needed(line, "sku").removeprefix("'")
    return made_sku(line.get("handle"), [line.get(f"value{n}") for n in range(1, len(option_names(line)) + 1)])


async def _warehouse_codes() -> dict[str, str]:
    """The code of a warehouse by its name, in any case; a code means itself first."""
    rows = await fetch("SELECT code, name FROM warehouse ORDER BY position DESC")
    return {row["name"].casefold(): row["code"] for row in rows} | {row["code"].casefold(): row["code"] for row in rows}


_PAGE = """
SELECT v.sku, w.code, s.on_hand FROM stock s JOIN variant v ON v.id = s.variant_id JOIN warehouse w ON w.id = s.warehouse_id
WHERE ($1::text IS NULL OR (v.sku, w.code) > ($1, $2)) ORDER BY v.sku, w.code LIMIT 5000
"""


async def export_stock() -> AsyncIterator[tuple[str, ...]]:
    """All that is on hand, as `import_stock` reads it."""
    after: tuple[object, ...] = (None, None)
    while rows := await fetch(_PAGE, *after):
        for row in rows:
            yield row["sku"], row["code"], str(row["on_hand"])
        after = (rows[-1]["sku"], rows[-1]["code"])
