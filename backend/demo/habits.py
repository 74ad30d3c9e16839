"""Who orders what in the demo: every location has some thirty items that it orders again and again."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from backend.catalogue.queries import variant_ids
from backend.companies.actions.sessions import open_session, sign_out
from backend.companies.queries import viewer_for_token
from backend.core.database import fetch_value
from backend.core.viewer import Viewer
from backend.demo.accounts import Accounts
from backend.demo.catalogue import Item, all_items, categories_of, is_retired, items_of
from backend.demo.content import E4, CompanyContent, LocationContent, Style, companies, locations, styles
from backend.demo.prices import EXCHANGE
from backend.pricing.queries import tax_rates
from backend.pricing.tax import Rate
from backend.shop.queries import load_variants
from backend.shop.rules import valid_quantity_at_least
from backend.shop.views import VariantView

_STYLES_LOOKED_AT = 60
_ITEMS_PER_STYLE = (1, 4)
_MOST_HABITS = 32
_STAPLE = 4  # how many times likelier than others a style is that is sold by the size run
_LINE_VALUE = 210.0  # what a usual line comes to, in euros
_WINTER = frozenset({"Winter jackets", "Base layers", "Softshell and fleece", "Rainwear"})
_SUMMER = frozenset({"Shorts", "T-shirts", "Hi-vis tops"})


@dataclass(frozen=True, slots=True)
class Habit:
    """An item that a place orders regularly, and how many pieces."""

    item: Item
    variant: VariantView
    usual: int

    def weight(self, month: int) -> float:
        """How likely it is ordered in a month of the year."""
        branches = set(categories_of(self.item.style))
        if branches & _WINTER:
            return 2.2 if month in (9, 10, 11, 12, 1) else 0.35
        if branches & _SUMMER:
            return 1.8 if month in (4, 5, 6, 7) else 0.6
        return 1.0

    def quantity(self, chance: random.Random, growth: float = 1.0) -> int:
        pieces = max(1, round(self.usual * chance.uniform(0.6, 1.5) * growth))
        return valid_quantity_at_least(pieces, self.variant.minimum, self.variant.increment)


@dataclass(frozen=True, slots=True)
class Place:
    """A location, who buys for it, and what."""

    content: LocationContent
    company: CompanyContent
    viewer: Viewer
    buyers: tuple[str, ...]
    rep: str
    habits: tuple[Habit, ...]
    rates: dict[str, Rate]
    per_month: float


@asynccontextmanager
async def signed_in(email: str, location: int | None = None) -> AsyncIterator[Viewer]:
    """Somebody of the demo, while she is at work."""
    user: int = await fetch_value("SELECT id FROM user_account WHERE email = $1", email)
    session = await open_session(user, location, address="", user_agent="Demo")
    viewer = await viewer_for_token(session.token)
    try:
        yield viewer
    finally:
        await sign_out(viewer)


@asynccontextmanager
async def opened_places(accounts: Accounts, chance: random.Random) -> AsyncIterator[list[Place]]:
    """All locations with their habits, a buyer signed in at each."""
    rates = await tax_rates({content.country for content in locations()})
    keys = await variant_ids({item.sku for item in all_items()})
    async with AsyncExitStack() as stack:
        places = []
        for content in locations():
            company = next(one for one in companies() if one.number == content.company)
            buyers = tuple(accounts.buyers[company.number])
            viewer = await stack.enter_async_context(signed_in(buyers[0], accounts.locations[content.number]))
            habits = await _habits(viewer, keys, chance)
            places.append(
                Place(
                    content, company, viewer, buyers, f"{company.rep}@demo.example", habits, rates[content.country], _pace(company)
                )
            )
        yield places


def _pace(company: CompanyContent) -> float:
    """Orders a month at each of its locations."""
    shops = sum(one.company == company.number for one in locations())
    credit = company.credit / EXCHANGE[company.currency]
    return min(3.0, 0.8 + float(credit) / 30_000) / float(shops**0.5)


async def _habits(viewer: Viewer, keys: dict[str, int], chance: random.Random) -> tuple[Habit, ...]:
    chosen = list(_choose(chance))
    seen = await load_variants(viewer, [keys[item.sku] for item in chosen])
    habits = [
        Habit(item, variant, _usual(item, chance))
        for item in chosen
        if (variant := seen.get(keys[item.sku])) is not None and variant.breaks and not variant.sells_without_stock
    ]
    return tuple(habits[:_MOST_HABITS])


def _choose(chance: random.Random) -> Iterator[Item]:
    """Styles in the order of somebody's liking, where those that everybody buys come up more often."""
    made = [style for style in styles() if not is_retired(style)]
    liked = sorted(made, key=lambda style: chance.random() ** (1 / (_STAPLE if "run" in style.marks else 1)), reverse=True)
    for style in liked[:_STYLES_LOOKED_AT]:
        yield from _sizes(style, chance)


def _sizes(style: Style, chance: random.Random) -> list[Item]:
    """Some neighbouring sizes of one colour."""
    items = [item for item in items_of(style) if not item.is_run]
    count = min(len(items), chance.randint(*_ITEMS_PER_STYLE))
    start = chance.randrange(len(items) - count + 1)
    return list(items[start : start + count])


def _usual(item: Item, chance: random.Random) -> int:
    price = (item.price_e4 or E4) / E4
    return max(1, round(_LINE_VALUE / price * chance.uniform(0.4, 1.6)))
