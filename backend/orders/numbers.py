"""Gapless numbers: a counter row that is locked until the transaction which took the number has ended."""

from backend.core.database import fetch_row
from backend.core.ids import new_id
from backend.orders.rules import number_text

ORDER_SERIES = ("order", "SO-")

_TAKE = """
INSERT INTO number_counter AS n (id, series, prefix, value) VALUES ($1, $2, $3, $4)
ON CONFLICT (series) DO UPDATE SET value = n.value + $4 RETURNING prefix, value
"""


async def take_numbers(series: tuple[str, str], count: int) -> list[str]:
    """The next `count` numbers of a series. Ask last: everybody else waits until this transaction ends."""
    row = await fetch_row(_TAKE, new_id(), *series, count)
    assert row is not None
    return [number_text(row["prefix"], value) for value in range(row["value"] - count + 1, row["value"] + 1)]
