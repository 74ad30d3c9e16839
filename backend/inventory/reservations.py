"""Taking stock for orders and giving it back: rows locked in the order of variant and warehouse, a CHECK behind the sums."""

from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(slots=True)
class Shelf:
    """What a warehouse has left of a variant."""

    warehouse: int
    position: int
    available: int


_LOCK = """
SELECT s.variant_id, s.warehouse_id, w.position, s.on_hand - s.reserved AS available FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
WHERE s.variant_id = ANY($1) ORDER BY s.variant_id, s.warehouse_id FOR UPDATE OF s
"""

# A reservation for each piece of stock that is taken, and their sums beside what is on hand.
_RESERVE = """
WITH taken AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[]) AS t(order_line, variant, warehouse, quantity)),
     sums AS (SELECT variant, warehouse, sum(quantity)::int AS quantity FROM taken GROUP BY variant, warehouse),
     reserved AS (UPDATE stock s SET reserved = s.reserved + t.quantity FROM sums t
                  WHERE s.variant_id = t.variant AND s.warehouse_id = t.warehouse)
INSERT INTO reservation (order_line_id, variant_id, warehouse_id, quantity) SELECT * FROM taken
"""


async def lock_stock(variants: Iterable[int]) -> dict[int, list[Shelf]]:
    """Locks the stock of these variants until the transaction ends. What there is, in the seller's order of warehouses."""
    shelves: dict[int, list[Shelf]] = {}
    for variant, *shelf in await fetch(_LOCK, sorted(set(variants))):
        shelves.setdefault(variant, []).append(Shelf(*shelf))
    for there in shelves.values():
        there.sort(key=lambda shelf: (shelf.position, shelf.warehouse))
    return shelves


@dataclass(frozen=True, slots=True)
class Taken:
    """What is reserved, and how many pieces of an order line wait until more arrives."""

    rows: list[tuple[int, int, int, int]]  # order line, variant, warehouse, quantity
    backordered: dict[int, int]


def take_stock(takes: Iterable[Take], shelves: Mapping[int, Sequence[Shelf]]) -> Taken:
    """Decides from which warehouses locked stock is taken, in the seller's order; `reserve_stock` writes it down."""
    taken = Taken([], {})
    for take in takes:
        missing = take.quantity
        for shelf in shelves.get(take.variant, ()):
            here = min(missing, shelf.available)
            if here > 0:
                shelf.available -= here
                missing -= here
                taken.rows.append((take.order_line, take.variant, shelf.warehouse, here))
        if missing and not take.may_wait:
            raise StockIsShort(take.variant)
        if missing:
            taken.backordered[take.order_line] = missing
    return taken


async def reserve_stock(taken: Taken) -> None:
    """Writes down what was taken, one statement whatever the number, once the order lines are there."""
    if taken.rows:
        await execute(_RESERVE, *(list(column) for column in zip(*taken.rows, strict=True)))


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
