"""The seller's side of stock: warehouses, counted and corrected quantities, arrivals. Never below what is reserved for orders.

Rows are locked in the order of (variant, warehouse), as everywhere that stock is taken.
"""

from collections.abc import Sequence
from datetime import date

from backend.catalogue import draft_rules, queries
from backend.catalogue.rules import is_text
from backend.core.bulk import insert, upsert
from backend.core.database import execute, fetch, fetch_value, transaction
from backend.core.errors import NotFound, Why
from backend.core.faults import Fault, Keep, refuse_faults, said
from backend.core.ids import new_id
from backend.core.uses import refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer
from backend.inventory import uses
from backend.inventory.drafts import ArrivalRow, StockReport, StockRow, WarehouseDraft
from backend.inventory.rules import MAX_ON_HAND, counted_notice, on_hand_of

WAREHOUSE = {"id": "bigint", "code": "text", "name": "text", "position": "int"}
ARRIVAL = {"id": "bigint", "variant_id": "bigint", "warehouse_id": "bigint", "expected_on": "date", "quantity": "int"}
Place = tuple[int, int]  # variant, warehouse


async def save_warehouses(viewer: Viewer, drafts: Sequence[WarehouseDraft], *, only_new: bool = False) -> dict[str, int]:
    """Warehouses by code: made or, unless only new ones will do, changed. Their keys."""
    viewer.require(Permission.MANAGE_STOCK)
    refuse_faults([fault for at, draft in enumerate(drafts) if (fault := _warehouse_fault(at, draft))], "warehouses")
    async with transaction():
        codes = [draft.code for draft in drafts]
        found = [] if only_new else await fetch("SELECT * FROM warehouse WHERE code = ANY ($1) ORDER BY id FOR UPDATE", codes)
        stored = {row["code"]: dict(row) for row in found}
        last: int = await fetch_value("SELECT coalesce(max(position), -1) FROM warehouse")
        rows = []
        for at, draft in enumerate(drafts, 1):
            known = stored.get(draft.code, {})
            check_version("warehouse", known.get("id", 0), known.get("version"), draft.expected_version)
            old = known or {"id": new_id(), "code": draft.code, "name": draft.code, "position": last + at}
            rows.append({**old, "name": said(draft.name, old["name"]), "position": said(draft.position, old["position"])})
        if only_new:
            taken = await insert("warehouse", WAREHOUSE, rows, key=("code",))
            refuse_faults(
                [Fault(at, ("code",), Why.TAKEN(f"There is a warehouse {codes[at]} already.")) for at in taken], "warehouses"
            )
        else:
            changed = [row for row in rows if row != stored.get(row["code"])]
            await upsert("warehouse", WAREHOUSE, changed, key=("code",), fixed=("id",))
        return {row["code"]: row["id"] for row in await fetch("SELECT code, id FROM warehouse WHERE code = ANY ($1)", codes)}


async def delete_warehouse(viewer: Viewer, warehouse_id: int) -> None:
    """A warehouse in which nothing is in stock, reserved or expected. Raises NotFound, InUse."""
    viewer.require(Permission.MANAGE_STOCK)
    async with transaction():
        if await fetch_value("SELECT id FROM warehouse WHERE id = $1 FOR UPDATE", warehouse_id) is None:
            raise NotFound("There is no such warehouse.")
        way = "Count the stock as 0 and remove the arrivals first."
        await refuse_in_use(viewer, uses.WAREHOUSE, [warehouse_id], "This warehouse", way)
        await execute("DELETE FROM stock WHERE warehouse_id = $1 AND on_hand = 0", warehouse_id)
        await execute("DELETE FROM warehouse WHERE id = $1", warehouse_id)


def _warehouse_fault(at: int, draft: WarehouseDraft) -> Fault | None:
    if not draft_rules.is_code(draft.code):
        return Fault(at, ("code",), Why.MALFORMED("A code has letters, digits and a few marks, at most 32."))
    if not isinstance(draft.name, Keep) and not is_text(draft.name, 120):
        return Fault(at, ("name",), Why.MALFORMED("A name has one line and at most 120 letters."))
    return None


async def set_stock(viewer: Viewer, rows: Sequence[StockRow]) -> StockReport:
    """What was counted: on hand becomes exactly this; a negative count is stored as 0, and said."""
    viewer.require(Permission.MANAGE_STOCK)
    return await _change_stock(rows, adjust=False)


async def adjust_stock(viewer: Viewer, rows: Sequence[StockRow]) -> StockReport:
    """So many more, or less, than now: goods in, breakage, a correction."""
    viewer.require(Permission.MANAGE_STOCK)
    return await _change_stock(rows, adjust=True)


async def _change_stock(rows: Sequence[StockRow], *, adjust: bool) -> StockReport:
    async with transaction():
        places = await _places(rows)
        new = await _lock(places)
        query = (
            "SELECT id, variant_id, warehouse_id, on_hand, reserved, version FROM stock"
            " WHERE (variant_id, warehouse_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))"
        )
        stored = {(row["variant_id"], row["warehouse_id"]): row for row in await fetch(query, *_columns(places))}
        faults, changed = [], {}
        for at, (place, row) in enumerate(zip(places, rows, strict=True)):
            check_version("stock", stored[place]["id"], stored[place]["version"], row.expected_version)
            wanted = row.quantity + stored[place]["on_hand"] if adjust else on_hand_of(row.quantity)
            if fault := _quantity_fault(at, wanted, stored[place]["reserved"]):
                faults.append(fault)
            elif wanted != stored[place]["on_hand"]:
                changed[stored[place]["id"]] = wanted
        refuse_faults(faults)
        await execute(
            "UPDATE stock SET on_hand = n.on_hand FROM unnest($1::bigint[], $2::int[]) AS n(id, on_hand) WHERE stock.id = n.id",
            *(list(changed), list(changed.values())),
        )
    touched = {place for place in places if place in new or stored[place]["id"] in changed}
    notices = [notice for row in rows if not adjust and (notice := counted_notice(row.quantity, row.sku))]
    written = frozenset(variant for variant, _ in touched)
    return StockReport(len(new), len(touched) - len(new), len(places) - len(touched), written, tuple(notices))


async def _lock(places: Sequence[Place]) -> set[Place]:
    """Makes rows that are not there yet, empty, and locks them all in order. Those that were made."""
    made = await fetch(
        "INSERT INTO stock (variant_id, warehouse_id, on_hand, reserved)"
        " SELECT v, w, 0, 0 FROM unnest($1::bigint[], $2::bigint[]) AS n(v, w) ORDER BY v, w"
        " ON CONFLICT DO NOTHING RETURNING variant_id, warehouse_id",
        *_columns(places),
    )
    await execute(
        "SELECT FROM stock WHERE (variant_id, warehouse_id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))"
        " ORDER BY variant_id, warehouse_id FOR UPDATE",
        *_columns(places),
    )
    return {(row["variant_id"], row["warehouse_id"]) for row in made}


def _columns(places: Sequence[Place]) -> tuple[list[int], list[int]]:
    return [variant for variant, _ in places], [warehouse for _, warehouse in places]


def _quantity_fault(at: int, wanted: int, reserved: int) -> Fault | None:
    if not 0 <= wanted <= MAX_ON_HAND:
        return Fault(at, ("quantity",), Why.TOO_SMALL(f"There cannot be {wanted} pieces."))
    if wanted < reserved:
        return Fault(
            at,
            ("quantity",),
            Why.TOO_SMALL(f"{reserved} are reserved for orders: on hand cannot be {wanted}. Cancel orders first."),
        )
    return None


async def _places(rows: Sequence[StockRow | ArrivalRow], *, once: bool = True) -> list[Place]:
    """Variant and warehouse of each row; refuses those that do not exist, and the same place twice."""
    by_sku = await queries.variant_ids({row.sku for row in rows if row.sku is not None})
    known = await queries.skus_of({row.variant_id for row in rows if row.variant_id is not None})
    warehouses = await fetch("SELECT id, code FROM warehouse")
    by_code = {row["code"]: row["id"] for row in warehouses}
    keys = {row["id"] for row in warehouses}
    faults, places = [], []
    for at, row in enumerate(rows):
        variant = by_sku.get(row.sku) if row.sku is not None else row.variant_id if row.variant_id in known else None
        warehouse = (
            by_code.get(row.warehouse) if row.warehouse is not None else row.warehouse_id if row.warehouse_id in keys else None
        )
        if variant is None:
            faults.append(
                Fault(
                    at,
                    ("sku",),
                    Why.UNKNOWN(f"There is no variant {row.sku}." if row.sku is not None else "There is no such variant."),
                )
            )
        if warehouse is None:
            faults.append(
                Fault(
                    at,
                    ("warehouse",),
                    Why.UNKNOWN(f"There is no warehouse {row.warehouse}." if row.warehouse else "There is no such warehouse."),
                )
            )
        places.append((variant or 0, warehouse or 0))
    if once and not faults and len(set(places)) < len(places):
        at = next(at for at, place in enumerate(places) if place in places[:at])
        faults.append(Fault(at, ("sku",), Why.REPEATED("The same variant comes twice in the same warehouse.")))
    refuse_faults(faults)
    return places


async def set_arrivals(viewer: Viewer, rows: Sequence[ArrivalRow]) -> int:
    """What is expected, by variant, warehouse and day; 0 pieces takes it away. How many were written."""
    viewer.require(Permission.MANAGE_STOCK)
    async with transaction():
        places = await _places(rows, once=False)
        refuse_faults(
            [
                Fault(at, ("quantity",), Why.TOO_SMALL("The quantity cannot be negative."))
                for at, row in enumerate(rows)
                if not 0 <= row.quantity <= MAX_ON_HAND
            ]
        )
        await execute(
            "SELECT FROM variant WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", sorted({variant for variant, _ in places})
        )
        query = "SELECT id, variant_id, warehouse_id, expected_on, quantity FROM arrival WHERE variant_id = ANY ($1)"
        stored = {tuple(row)[1:4]: row for row in await fetch(query, [variant for variant, _ in places])}
        wanted = {(*place, row.expected_on): row.quantity for place, row in zip(places, rows, strict=True)}
        return await _write_arrivals({key: (row["id"], row["quantity"]) for key, row in stored.items()}, wanted)


async def _write_arrivals(stored: dict[tuple[int, int, date], tuple[int, int]], wanted: dict[tuple[int, int, date], int]) -> int:
    changes, dropped = [], []
    for key, quantity in wanted.items():
        known, before = stored.get(key, (None, 0))
        if quantity == before:
            continue
        if quantity == 0 and known is not None:
            dropped.append(known)
        else:
            changes.append(dict(zip(ARRIVAL, (known or new_id(), *key, quantity), strict=True)))
    await execute("DELETE FROM arrival WHERE id = ANY ($1)", dropped)
    await upsert("arrival", ARRIVAL, changes)
    return len(changes) + len(dropped)
