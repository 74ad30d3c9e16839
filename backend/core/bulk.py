"""Many rows in one statement: rows go to PostgreSQL as one JSON value, so that arrays of any length and nulls pass, and the plan stays the same."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from backend.core.database import execute, fetch

Rows = Sequence[Mapping[str, Any]]


async def upsert(
    table: str, columns: Mapping[str, str], rows: Rows, *, key: Collection[str] = ("id",), fixed: Collection[str] = ()
) -> None:
    """Writes rows that are new, and over those with the same key; `fixed` columns keep what they have. `columns` maps names to types.

    Rows are written in the order of their key, so that two writers never wait for each other in a circle.
    """
    if not rows:
        return
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key and name not in fixed)
    query = _insert(table, columns, key) + (f"UPDATE SET {changes}" if changes else "NOTHING")
    await execute(query, orjson.dumps(list(rows)).decode())


async def insert(table: str, columns: Mapping[str, str], rows: Rows, *, key: Collection[str]) -> list[int]:
    """Writes rows that are new, each with an `id`; the places of the others, whose keys are taken, be it at this moment by somebody else."""
    found = await fetch(f"{_insert(table, columns, key)}NOTHING RETURNING id", orjson.dumps(list(rows)).decode())
    written = {row["id"] for row in found}
    return [at for at, row in enumerate(rows) if row["id"] not in written]


def _insert(table: str, columns: Mapping[str, str], key: Collection[str]) -> str:
    names = ", ".join(columns)
    shape = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_to_recordset($1::jsonb) AS r({shape})"
        f" ORDER BY {', '.join(key)} ON CONFLICT ({', '.join(key)}) DO "
    )


async def delete(table: str, ids: Collection[int]) -> None:
    """Deletes rows by their key."""
    if ids:
        await execute(f"DELETE FROM {table} WHERE id = ANY ($1)", sorted(ids))


def day(value: date | None) -> str | None:
    """A date for a row: asyncpg stores the first and the last day that Python knows as infinities, so that rows written here must do the same."""
    if value in (date.min, date.max):
        return "-infinity" if value == date.min else "infinity"
    return value.isoformat() if value else None
