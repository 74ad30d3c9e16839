"""The orders of the last days, placed and confirmed by the shop's own actions, so that they hold stock and credit like any other."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.carts.actions import set_cart_lines
from backend.carts.errors import CartHasProblems
from backend.carts.lines import Row, SetMode
from backend.carts.rules import PaymentMethod
from backend.core import clock
from backend.core.viewer import Viewer
from backend.demo.habits import Place, signed_in
from backend.demo.history import OPEN_DAYS, TIMEZONE, at_work
from backend.orders.actions import cancel_order, confirm_order
from backend.orders.placing import Placing, place_order

_SHOWN = "C-1001"  # the company of the first login always has open orders to look at
_PREPAID = "PREPAY30"
_CONFIRMED_AFTER = timedelta(hours=26)
_NOT_YET = 0.15  # the share of older open orders that nobody has confirmed
_ORDERING = 0.6  # the share of locations that ordered in these days


@dataclass(frozen=True, slots=True)
class _Placed:
    key: int
    at: datetime
    place: Place


async def save_recent_orders(places: list[Place], chance: random.Random) -> int:
    """Places them in the order of their moments, then confirms most of those that are a day old; how many."""
    now, today = clock.now(), clock.today(TIMEZONE)
    ordering = [place for place in places if place.habits and (chance.random() < _ORDERING or place.company.number == _SHOWN)]
    moments = [(at_work(today - timedelta(days=chance.randint(1, OPEN_DAYS)), chance), place) for place in ordering]
    planned = sorted(((at, place) for at, place in moments if at < now), key=lambda one: one[0])
    placed = [order for at, place in planned if (order := await _place(place, at, chance)) is not None]
    async with signed_in("manager@demo.example") as manager:
        await _confirm(manager, placed, now, chance)
    return len(placed)


async def _place(place: Place, at: datetime, chance: random.Random) -> _Placed | None:
    """None when there is something in the way: the account is on hold, the stock short, the order too small."""
    habits = chance.sample(place.habits, min(len(place.habits), chance.randint(3, 9)))
    rows = [
        Row(pieces, variant=habit.variant.key) for habit in habits if (pieces := habit.quantity(chance)) <= habit.variant.available
    ]
    method = PaymentMethod.BANK_TRANSFER if place.company.terms == _PREPAID else PaymentMethod.ON_ACCOUNT
    number = f"{at:%y}-{chance.randint(4_000, 4_999)}"
    with clock.frozen(at):
        await set_cart_lines(place.viewer, rows, mode=SetMode.REPLACE)
        try:
            done = await place_order(place.viewer, Placing(purchase_order_number=number, payment_method=method))
        except CartHasProblems:
            await set_cart_lines(place.viewer, [], mode=SetMode.REPLACE)
            return None
    return _Placed(done.orders[0].key, at, place)


async def _confirm(manager: Viewer, placed: list[_Placed], now: datetime, chance: random.Random) -> None:
    """The oldest of them is cancelled by its buyer; the youngest wait."""
    if not placed:
        return
    first, *others = placed
    with clock.frozen(first.at + timedelta(hours=2)):
        await cancel_order(first.place.viewer, first.key, "Ordered twice by mistake.")
    for order in others:
        confirmed_at = order.at + _CONFIRMED_AFTER
        if confirmed_at < now and chance.random() > _NOT_YET and order.place.company.terms != _PREPAID:
            with clock.frozen(confirmed_at):
                await confirm_order(manager, order.key)
