"""Price lists, prices and tax rates as the seller keeps them. Attributes are named for the schema."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from backend.catalogue.queries import number_arguments, number_matches
from backend.companies.audiences import AudienceRecord, audiences_of
from backend.companies.rules import percent_text
from backend.core.database import fetch, fetch_value
from backend.core.ids import global_id
from backend.core.money import UnitPrice
from backend.core.viewer import Permission, Viewer
from backend.graphql.listing import pattern_of, rows_of
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, connection, encode_cursor, slice_connection


@dataclass(slots=True)
class PriceListRecord:
    id: str
    code: str
    name: str
    currency: str
    priority: int
    is_contract: bool
    is_default: bool
    mergeable: bool
    valid_from: date | None
    valid_to: date | None
    is_active: bool
    price_count: int
    version: int
    audiences: list[AudienceRecord] = field(default_factory=list)


@dataclass(slots=True)
class BreakRecord:
    minimum_quantity: int
    unit_price: UnitPrice


@dataclass(slots=True)
class PriceRecord:
    sku: str
    name: str
    variant_id: str
    valid_from: date | None
    valid_to: date | None
    breaks: list[BreakRecord]


@dataclass(slots=True)
class TaxRateRecord:
    country: str
    tax_class: str
    name: str
    rate: str
    version: int


_LIST_COLUMNS = "l.*, (SELECT count(*) FROM price p WHERE p.price_list_id = l.id) AS prices"
_LISTS = Keyset((SortKey("l.priority", int), SortKey("l.code", str)))
_PRICES = Keyset((SortKey("v.sku", str), SortKey("p.valid_from", date)))


async def price_list_records(viewer: Viewer, page: Page, *, query: str | None = None) -> Connection[PriceListRecord]:
    """By priority and code; `query` looks in codes and names."""
    viewer.require(Permission.MANAGE_PRICES)
    where = "($1::text IS NULL OR l.code ILIKE $1 OR l.name ILIKE $1)"
    rows, total = await rows_of(page, _LISTS, _LIST_COLUMNS, "price_list l", where, [pattern_of(query)])
    return connection(page, await _with_audiences(rows), total, lambda record: encode_cursor(record.priority, record.code))


async def find_price_list_record(viewer: Viewer, key: int) -> PriceListRecord | None:
    viewer.require(Permission.MANAGE_PRICES)
    rows = await fetch(f"SELECT {_LIST_COLUMNS} FROM price_list l WHERE l.id = $1", key)
    return next(iter(await _with_audiences(rows)), None)


async def _with_audiences(rows: Sequence[asyncpg.Record]) -> list[PriceListRecord]:
    audiences = await audiences_of("price_list", [row["id"] for row in rows])
    return [_price_list(row, audiences[row["id"]]) for row in rows]


def _price_list(row: asyncpg.Record, audiences: list[AudienceRecord]) -> PriceListRecord:
    names = (
        "code",
        "name",
        "currency",
        "priority",
        "is_contract",
        "is_default",
        "mergeable",
        "valid_from",
        "valid_to",
        "is_active",
        "version",
    )
    plain: dict[str, Any] = {name: row[name] for name in names}
    return PriceListRecord(id=global_id("pricelist", row["id"]), price_count=row["prices"], audiences=audiences, **plain)


async def price_records(viewer: Viewer, price_list_id: int, page: Page, *, query: str | None = None) -> Connection[PriceRecord]:
    """The prices of one list by SKU and first day; `query` looks in SKUs and names. Empty for a list that does not exist."""
    viewer.require(Permission.MANAGE_PRICES)
    currency: str | None = await fetch_value("SELECT currency FROM price_list WHERE id = $1", price_list_id)
    if currency is None:
        return slice_connection(page, [], lambda record: "")
    where = f"p.price_list_id = $1 AND ($2::text IS NULL OR v.name ILIKE $2 OR {number_matches(2)})"
    tables = "price p JOIN variant v ON v.id = p.variant_id"
    rows, total = await rows_of(page, _PRICES, "p.*, v.sku, v.name", tables, where, [price_list_id, *number_arguments(query)])
    return connection(
        page,
        [_price(row, currency) for row in rows],
        total,
        lambda record: encode_cursor(record.sku, record.valid_from or date.min),
    )


def _price(row: asyncpg.Record, currency: str) -> PriceRecord:
    breaks = zip(row["quantities"], row["amounts_e4"], strict=True)
    since = None if row["valid_from"] == date.min else row["valid_from"]
    records = [BreakRecord(quantity, UnitPrice(amount, currency)) for quantity, amount in breaks]
    return PriceRecord(row["sku"], row["name"], global_id("variant", row["variant_id"]), since, row["valid_to"], records)


async def tax_rate_records(viewer: Viewer, key: int | None = None) -> list[TaxRateRecord]:
    """By country and class; or the one with this key."""
    viewer.require(Permission.MANAGE_PRICES)
    rows = await fetch(
        "SELECT country, tax_class, name, rate_e4, version FROM tax_rate WHERE $1::bigint IS NULL OR id = $1 ORDER BY country, tax_class",
        key,
    )
    return [
        TaxRateRecord(row["country"], row["tax_class"], row["name"], percent_text(row["rate_e4"]), row["version"]) for row in rows
    ]
