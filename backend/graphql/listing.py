"""Pages straight from a table: the rows of a page and how many there are in all, in two statements."""

from typing import Any

import asyncpg

from backend.core.database import fetch, fetch_value
from backend.graphql.pagination import Keyset, Page

MAX_QUERY = 100


async def rows_of(
    page: Page, order: Keyset, columns: str, tables: str, where: str, arguments: list[Any]
) -> tuple[list[asyncpg.Record], int]:
    """`where` uses every one of `arguments`, numbered from $1."""
    after, values = order.where(page, len(arguments) + 1)
    query = f"SELECT {columns} FROM {tables} WHERE {where} AND {after} ORDER BY {order.order_by(page)} LIMIT {page.limit}"
    rows = await fetch(query, *arguments, *values)
    total: int = await fetch_value(f"SELECT count(*) FROM {tables} WHERE {where}", *arguments)
    return rows, total


def pattern_of(query: str | None) -> str | None:
    """A LIKE pattern for what a person typed, whose own percent signs and underscores mean themselves; None for nothing."""
    text = (query or "").replace("\0", "").strip()[:MAX_QUERY]
    if not text:
        return None
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return f"%{text}%"
