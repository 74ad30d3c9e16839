"""Taking stock for orders and giving it back: rows locked in the order of variant and warehouse, a CHECK behind the sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.core.database import execute, fetch


@dataclass(frozen=True, slots=True)
class Take:
    """This many pieces of a variant for an order line; `may_wait`: what is not there is backordered."""

    order_line: int
    variant: int
    quantity: int
    may_wait: bool


class StockIsShort(Exception):
    """Somebody was faster: callers look at the stock under the lock first, so this is a fault of theirs."""


async def lock_stock(variants: Iterable[int]) -> None:
    """Locks the stock of these variants until the transaction ends."""
    await fetch(
        "SELECT id FROM stock WHERE variant_id = ANY($1) ORDER BY variant_id, warehouse_id FOR UPDATE", sorted(set(variants))
    )


async def reserve_stock(takes: list[Take]) -> Mapping[int, int]:
    """Reserves from the warehouses in the seller's order, three statements whatever the number. Pieces backordered per order line."""
    rows = await fetch(
        """SELECT s.variant_id, s.warehouse_id, s.on_hand - s.reserved AS available FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
        WHERE s.variant_id = ANY($1) ORDER BY s.variant_id, w.position, w.id""",
        [take.variant for take in takes],
    )
    shelves: dict[int, list[list[int]]] = {}
    for row in rows:
        shelves.setdefault(row["variant_id"], []).append([row["warehouse_id"], row["available"]])
    taken: list[tuple[int, int, int, int]] = []
    backordered: dict[int, int] = {}
    for take in takes:
        missing = take.quantity
        for shelf in shelves.get(take.variant, ()):
            here = min(missing, shelf[1])
            if here > 0:
                shelf[1] -= here
                missing -= here
                taken.append((take.order_line, take.variant, shelf[0], here))
        if missing and not take.may_wait:
            raise StockIsShort(take.variant)
        if missing:
            backordered[take.order_line] = missing
    await _write(taken)
    return backordered


async def _write(taken: list[tuple[int, int, int, int]]) -> None:
    if not taken:
        return
    columns = [list(column) for column in zip(*taken, strict=True)]
    await execute(
        """UPDATE stock s SET reserved = s.reserved + t.quantity
        FROM (SELECT variant, warehouse, sum(quantity)::int AS quantity
              FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS t(variant, warehouse, quantity)
              GROUP BY variant, warehouse) t
        WHERE s.variant_id = t.variant AND s.warehouse_id = t.warehouse""",
        *columns[1:],
    )
    await execute(
        "INSERT INTO reservation (order_line_id, variant_id, warehouse_id, quantity)"
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[])",
        *columns,
    )


async def release_stock(order: int) -> None:
    """Gives back all that is still held for an order."""
    variants = [row["variant_id"] for row in await fetch(
        "SELECT DISTINCT r.variant_id FROM reservation r JOIN order_line l ON l.id = r.order_line_id WHERE l.order_id = $1", order
    )]  # fmt: skip
    await lock_stock(variants)
    await execute(
        """WITH gone AS (DELETE FROM reservation r USING order_line l WHERE l.id = r.order_line_id AND l.order_id = $1
                         RETURNING r.variant_id, r.warehouse_id, r.quantity),
              back AS (SELECT variant_id, warehouse_id, sum(quantity)::int AS quantity FROM gone GROUP BY variant_id, warehouse_id)
        UPDATE stock s SET reserved = s.reserved - back.quantity FROM back
        WHERE s.variant_id = back.variant_id AND s.warehouse_id = back.warehouse_id""",
        order,
    )
