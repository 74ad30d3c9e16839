"""Warehouses, stock and arrivals as the seller keeps them. Attributes are named for the schema."""

from dataclasses import dataclass
from datetime import date

import asyncpg

from backend.catalogue.queries import number_arguments, number_matches
from backend.core.database import fetch
from backend.core.ids import global_id
from backend.core.viewer import Permission, Viewer
from backend.graphql.listing import rows_of
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, connection, encode_cursor


@dataclass(slots=True)
class WarehouseRecord:
    id: str
    code: str
    name: str
    position: int
    version: int


@dataclass(slots=True)
class StockRecord:
    sku: str
    name: str
    variant_id: str
    warehouse: str
    on_hand: int
    reserved: int
    available: int
    version: int


@dataclass(slots=True)
class ArrivalRecord:
    id: str
    sku: str
    variant_id: str
    warehouse: str
    expected_on: date
    quantity: int


_MATCHES = f"($1::bigint IS NULL OR w.id = $1) AND ($2::text IS NULL OR v.name ILIKE $2 OR {number_matches(2)})"
_JOINS = "JOIN variant v ON v.id = s.variant_id JOIN warehouse w ON w.id = s.warehouse_id"
_STOCK = Keyset((SortKey("v.sku", str), SortKey("w.code", str)))
_ARRIVALS = Keyset((SortKey("s.expected_on", date), SortKey("s.id", int)))


async def warehouse_records(viewer: Viewer) -> list[WarehouseRecord]:
    """In the order in which stock is taken."""
    viewer.require(Permission.MANAGE_STOCK)
    rows = await fetch("SELECT id, code, name, position, version FROM warehouse ORDER BY position, code")
    return [
        WarehouseRecord(global_id("warehouse", row["id"]), row["code"], row["name"], row["position"], row["version"])
        for row in rows
    ]


async def find_warehouse_record(viewer: Viewer, key: int) -> WarehouseRecord | None:
    wanted = global_id("warehouse", key)
    return next((record for record in await warehouse_records(viewer) if record.id == wanted), None)


async def stock_records(
    viewer: Viewer, page: Page, *, warehouse_id: int | None = None, query: str | None = None
) -> Connection[StockRecord]:
    """By SKU and warehouse; `query` looks in SKUs and names."""
    viewer.require(Permission.MANAGE_STOCK)
    rows, total = await rows_of(
        page, _STOCK, _STOCK_COLUMNS, f"stock s {_JOINS}", _MATCHES, [warehouse_id, *number_arguments(query)]
    )
    return connection(page, [_stock(row) for row in rows], total, lambda record: encode_cursor(record.sku, record.warehouse))


async def find_stock_record(viewer: Viewer, key: int) -> StockRecord | None:
    viewer.require(Permission.MANAGE_STOCK)
    rows = await fetch(f"SELECT {_STOCK_COLUMNS} FROM stock s {_JOINS} WHERE s.id = $1", key)
    return _stock(rows[0]) if rows else None


_STOCK_COLUMNS = "v.sku, v.name, v.id AS variant_id, w.code, s.on_hand, s.reserved, s.version"


def _stock(row: asyncpg.Record) -> StockRecord:
    return StockRecord(
        row["sku"], row["name"], global_id("variant", row["variant_id"]), row["code"], row["on_hand"], row["reserved"],
        row["on_hand"] - row["reserved"], row["version"],
    )  # fmt: skip


async def arrival_records(
    viewer: Viewer, page: Page, *, warehouse_id: int | None = None, query: str | None = None
) -> Connection[ArrivalRecord]:
    """By day."""
    viewer.require(Permission.MANAGE_STOCK)
    columns = "s.id, v.sku, v.id AS variant_id, w.code, s.expected_on, s.quantity"
    rows, total = await rows_of(page, _ARRIVALS, columns, f"arrival s {_JOINS}", _MATCHES, [warehouse_id, *number_arguments(query)])
    records = [
        ArrivalRecord(
            global_id("arrival", row["id"]), row["sku"], global_id("variant", row["variant_id"]), row["code"], row["expected_on"],
            row["quantity"],
        )
        for row in rows
    ]  # fmt: skip
    keys = {global_id("arrival", row["id"]): row["id"] for row in rows}
    return connection(page, records, total, lambda record: encode_cursor(record.expected_on, keys[record.id]))
