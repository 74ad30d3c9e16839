"""Sorts big files where memory does not matter: rows go to a temporary table, and come back in groups, whatever their order in the file."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import asyncpg

from backend.core.database import copy, execute, fetch

AT_ONCE = 5_000


class Staging:
    """Rows by group, inside the running transaction, which drops them at its end."""

    def __init__(self, columns: Mapping[str, str], group_by: Sequence[str]) -> None:
        self._columns = {"line": "int", **columns}
        self._group_by = group_by
        self._waiting: list[tuple[Any, ...]] = []
        # One name for each shape: a connection remembers what a statement about a table answers.
        self._groups = "staged_group_" + "".join(name[0] for name in self._columns)

    async def begin(self) -> None:
        shape = ", ".join(f"{name} {kind}" for name, kind in self._columns.items())
        await execute(f"DROP TABLE IF EXISTS staged_row, {self._groups}")
        await execute(f"CREATE TEMPORARY TABLE staged_row ({shape}) ON COMMIT DROP")

    async def add(self, line: int, *values: Any) -> None:
        self._waiting.append((line, *values))
        if len(self._waiting) >= AT_ONCE:
            await self._flush()

    async def _flush(self) -> None:
        await copy("staged_row", tuple(self._columns), self._waiting)
        self._waiting.clear()

    async def groups(self) -> AsyncIterator[list[asyncpg.Record]]:
        """Groups in order, many at a time: the group's own columns, and lists of all others as they stood in the file."""
        await self._flush()
        keys = ", ".join(self._group_by)
        lists = ", ".join(f"array_agg({name} ORDER BY line) AS {name}s" for name in self._columns if name not in self._group_by)
        await execute(
            f"CREATE TEMPORARY TABLE {self._groups} ON COMMIT DROP AS"
            f" SELECT row_number() OVER (ORDER BY {keys}) AS at, {keys}, {lists} FROM staged_row GROUP BY {keys}"
        )
        await execute(f"CREATE INDEX ON {self._groups} (at)")
        await execute(f"ANALYZE {self._groups}")
        last = 0
        while rows := await fetch(f"SELECT * FROM {self._groups} WHERE at > $1 ORDER BY at LIMIT $2", last, AT_ONCE):
            yield rows
            last = rows[-1]["at"]
