"""What lies in the demo's two warehouses and what is on its way: most is there, some is low, some is out."""

import random
from datetime import date, timedelta

from backend.core.viewer import Viewer
from backend.demo.catalogue import Item, all_items, is_retired
from backend.inventory.drafts import ArrivalRow, StockRow, WarehouseDraft
from backend.inventory.stocktaking import save_warehouses, set_arrivals, set_stock

_SEED = 2140
_MIDDLE = frozenset({"M", "L", "XL", "42", "43", "44", "50", "52", "9", "10"})
# Not left to chance, since the reorder that the demo shows asks for them: two are short, of the others there is enough.
SHORT = {"FS-4410-BRN-43": 8, "NW-1910-NAV-L": 5}
_ENOUGH = {"NW-1105-NAV-L": 640, "BW-4305-HVY-L": 480, "NW-2140-BLK-M": 520}


async def save_demo_stock(viewer: Viewer, today: date) -> None:
    await save_warehouses(
        viewer,
        [WarehouseDraft(code="MAIN", name="Tilburg", position=0), WarehouseDraft(code="NORTH", name="Göteborg", position=1)],
    )
    chance = random.Random(_SEED)
    stock: list[StockRow] = []
    arrivals: list[ArrivalRow] = []
    for item in all_items():
        here, north, coming = _levels(item, chance)
        stock.append(StockRow(here, sku=item.sku, warehouse="MAIN"))
        if north:
            stock.append(StockRow(north, sku=item.sku, warehouse="NORTH"))
        arrivals += [
            ArrivalRow(quantity, today + timedelta(days=days), sku=item.sku, warehouse="MAIN") for days, quantity in coming
        ]
    await set_stock(viewer, stock)
    await set_arrivals(viewer, arrivals)


def _levels(item: Item, chance: random.Random) -> tuple[int, int, list[tuple[int, int]]]:
    """Pieces in Tilburg, pieces in Göteborg, and what is expected: days from now and pieces."""
    pack = item.style.kind.increment
    usual = _usual(item) * pack
    draw = chance.random()
    if item.sku in SHORT:
        return SHORT[item.sku], 0, [(17, usual)]
    if item.sku in _ENOUGH:
        return _ENOUGH[item.sku], 0, []
    if is_retired(item.style) or item.price_e4 is None:
        return 0, 0, []
    if "nostock" in item.style.marks or draw < 0.05:
        return 0, 0, [(chance.randint(6, 40), usual)] if draw < 0.8 else []
    if draw < 0.13:
        return chance.randint(1, 18) * pack, 0, [(chance.randint(4, 30), usual)]
    north = round(usual * chance.uniform(0.2, 0.6) / pack) * pack if draw > 0.6 else 0
    return round(usual * chance.uniform(0.4, 1.8) / pack) * pack, north, []


def _usual(item: Item) -> int:
    if item.is_run:
        return 24
    dear = (item.price_e4 or 0) > 600_000
    wanted = not item.options or item.options[-1] in _MIDDLE
    return (160 if dear else 420) if wanted else (60 if dear else 150)
