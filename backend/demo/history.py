"""Eighteen months of closed orders, as an older system would hand them over: regular, more of it before winter, growing a little."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.catalogue.queries import variant_ids
from backend.core import clock
from backend.core.money import Money, line_minor
from backend.core.viewer import Viewer
from backend.demo.conditions import PARCEL, parcel_price
from backend.demo.habits import Habit, Place
from backend.demo.prices import printed
from backend.demo.stock import SHORT
from backend.orders.importing import PastLine, PastOrder, import_orders
from backend.orders.rules import OrderChannel, OrderStatus
from backend.pricing.rules import PriceSource, price_at
from backend.pricing.tax import tax_lines
from backend.shop.queries import load_variants
from backend.shop.views import VariantView

TIMEZONE = "Europe/Amsterdam"
OPEN_DAYS = 9  # orders younger than that are still open: see recent.py
_DAYS = 548
_GROWTH = 0.45  # how much more is ordered now than when the history begins
_CLOSED_AFTER = timedelta(days=5)
_CANCELLED = 0.02
# What prices were, as a share of today's, by the age of an order in days.
_OLDER_PRICES = ((400, 0.94), (180, 0.97), (0, 1.0))
_CHANNELS = (*(OrderChannel.PORTAL,) * 7, OrderChannel.REP, OrderChannel.EMAIL, OrderChannel.PHONE)

# What Harbour ordered five weeks ago and may want again. Since then one item was given up, one was replaced, one became dearer, and one is short.
_DAYS_AGO = 36
# (sku, pieces, ten-thousandths of a euro) and (sku, pieces, the price then as a share of today's).
_NO_LONGER_SOLD = (("GR-0801-9", 48, 6_200), ("NW-2130-BLK-M", 12, 221_500))
_DEARER = ("NW-1105-NAV-L", 24, 0.95)
_UNCHANGED = ("BW-4305-HVY-L", 20, 1.0)
_NOW_SHORT = ("FS-4410-BRN-43", 2 * SHORT["FS-4410-BRN-43"], 1.0)

Line = tuple[PastLine, str]  # and its tax class


async def save_history(viewer: Viewer, places: list[Place], chance: random.Random) -> int:
    """Writes all of it; how many orders."""
    today = clock.today(TIMEZONE)
    orders = [order for place in places for order in _orders(place, today, chance)]
    harbour = next(place for place in places if place.content.number == "L-1001-1")
    orders.append(await _worth_reordering(harbour, today))
    return (await import_orders(viewer, orders)).created


def at_work(day: date, chance: random.Random) -> datetime:
    """A moment of a working day; what falls on a weekend waits until Monday."""
    day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
    moment = time(chance.randint(7, 16), chance.randint(0, 59), chance.randint(0, 59))
    return datetime.combine(day, moment, ZoneInfo(TIMEZONE))


def _orders(place: Place, today: date, chance: random.Random) -> Iterator[PastOrder]:
    """One location's orders, first to last."""
    age = float(_DAYS) - chance.uniform(0, 30)
    number = chance.randint(400, 4_000)
    while age > OPEN_DAYS + 3 and place.habits:
        growth = 1 - _GROWTH * age / _DAYS
        placed_at = at_work(today - timedelta(days=int(age)), chance)
        lines = [_line(habit, int(age), growth, chance) for habit in _picked(place, placed_at.month, chance)]
        channel = chance.choice(_CHANNELS)
        number += chance.randint(1, 9)
        yield _order(
            place, placed_at, lines, channel=channel, placed_by=place.rep if channel is OrderChannel.REP else chance.choice(place.buyers),
            purchase_order_number=f"{placed_at:%y}-{number}" if chance.random() < 0.8 else None,
            status=OrderStatus.CANCELLED if chance.random() < _CANCELLED else OrderStatus.COMPLETED,
        )  # fmt: skip
        age -= chance.uniform(0.5, 1.5) * 30 / place.per_month


def _picked(place: Place, month: int, chance: random.Random) -> list[Habit]:
    """Some of the habits, those of the season first."""
    wanted = chance.randint(4, 13)
    drawn = sorted(place.habits, key=lambda habit: chance.random() ** (1 / habit.weight(month)), reverse=True)
    return drawn[:wanted]


def _line(habit: Habit, age: int, growth: float, chance: random.Random) -> Line:
    share = next(share for days, share in _OLDER_PRICES if age >= days)
    return _priced(habit.variant, habit.quantity(chance, growth), share)


def _priced(variant: VariantView, quantity: int, share: float = 1.0) -> Line:
    """What a line cost when prices were this share of today's."""
    found = price_at(variant.breaks, quantity)
    assert found is not None  # habits keep to the minimum, where every price begins
    amount = found.amount_e4 if share == 1.0 else printed(found.amount_e4 * share, variant.currency)
    line = PastLine(sku=variant.sku, quantity=quantity, unit_price_e4=amount, price_source=found.price_list.source)
    return line, variant.tax_class


def _order(
    place: Place,
    placed_at: datetime,
    lines: list[Line],
    *,
    placed_by: str,
    channel: OrderChannel = OrderChannel.PORTAL,
    status: OrderStatus = OrderStatus.COMPLETED,
    purchase_order_number: str | None = None,
    note: str | None = None,
) -> PastOrder:
    currency = place.viewer.currency
    net = [(tax_class, Money(line_minor(line.unit_price_e4, line.quantity, currency), currency)) for line, tax_class in lines]
    shipping = parcel_price(Money.sum((amount for _, amount in net), currency))
    taxed = tax_lines(net, shipping, place.rates)
    return PastOrder(
        location=place.content.number, placed_by=placed_by, placed_at=placed_at, closed_at=placed_at + _CLOSED_AFTER,
        lines=tuple(line for line, _ in lines), status=status, channel=channel, purchase_order_number=purchase_order_number, note=note,
        shipping_method=PARCEL, shipping=shipping, tax=None if taxed is None else tuple(taxed),
    )  # fmt: skip


async def _worth_reordering(place: Place, today: date) -> PastOrder:
    """An order for which every line of a reorder has another answer."""
    skus = [_DEARER[0], _UNCHANGED[0], _NOW_SHORT[0]]
    keys = await variant_ids(skus)
    seen = await load_variants(place.viewer, keys.values())
    lines = [_no_longer_sold(sku, quantity, amount) for sku, quantity, amount in _NO_LONGER_SOLD]
    lines += [_priced(seen[keys[sku]], quantity, share) for sku, quantity, share in (_DEARER, _UNCHANGED, _NOW_SHORT)]
    placed_at = datetime.combine(today - timedelta(days=_DAYS_AGO), time(9, 12), ZoneInfo(TIMEZONE))
    return _order(
        place,
        placed_at,
        lines,
        placed_by=place.buyers[0],
        purchase_order_number="HW-4118",
        note="For the crew at Maasvlakte, one pallet.",
    )


def _no_longer_sold(sku: str, quantity: int, amount_e4: int) -> Line:
    return PastLine(sku=sku, quantity=quantity, unit_price_e4=amount_e4, price_source=PriceSource.GROUP_PRICE_LIST), "STANDARD"
