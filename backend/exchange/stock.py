"""`linesheet import stock` and `export stock`: what is on hand of a variant in a warehouse. Twice changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

from backend.core.database import fetch
from backend.core.faults import InvalidRows
from backend.core.viewer import system_viewer
from backend.exchange.cells import BadCell, needed, whole
from backend.exchange.files import Table
from backend.exchange.growth import keep_plans_fresh
from backend.exchange.importing import Faulty, import_table, save_batch
from backend.exchange.report import Advance, ImportReport, Out
from backend.exchange.staging import AT_ONCE, Staging
from backend.inventory.drafts import StockRow
from backend.inventory.stocktaking import set_stock

COLUMNS = {"sku": ("variant sku",), "warehouse": ("location",), "on_hand": ("quantity", "stock")}
REQUIRED = ("sku", "warehouse", "on_hand")
EXAMPLE = (("NW-2140-BLK-M", "MAIN", "140"), ("NW-2140-BLK-M", "NORTH", "0"))
_VIEWER = system_viewer()


async def import_stock(path: Path | str, *, check: bool = False, skip_bad: bool = False, out: Out = print) -> ImportReport:
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
        staging = Staging({"sku": "text", "warehouse": "text", "on_hand": "int"}, ("sku", "warehouse"))
        await staging.begin()
        for count, line in enumerate(table):
            if count % AT_ONCE == 0:
                advance(table.share / 2, 0)
            try:
                if line.surplus:
                    raise BadCell("There are more values than columns.")
                await staging.add(line.number, needed(line, "sku"), needed(line, "warehouse"), whole(line, "on_hand"))
            except BadCell as error:
                report.bad(line.number, line.get("sku"), str(error))
        done = 0
        async for rows in staging.groups():
            await save_batch(rows, save, lambda row: str(row["sku"]), report, skip_bad=skip_bad)
            done += 1
            await keep_plans_fresh(done * 4, "stock")
            advance(0.5 + min(0.5, done / 40), report.created + report.changed + report.unchanged)

    return await import_table(Path(path), report, COLUMNS, REQUIRED, work, skip_bad=skip_bad, out=out)


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
