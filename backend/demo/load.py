"""Fills an empty database with the demo, by the actions that the API calls, in one transaction: all of it or nothing."""

import random
from collections.abc import Callable

from backend.catalogue.actions import save_categories, save_products, set_customer_skus
from backend.catalogue.drafts import CustomerSkuDraft
from backend.companies.actions.seller import ensure_seller, update_seller
from backend.companies.drafts import SellerChanges
from backend.companies.passwords import hash_password
from backend.core import clock
from backend.core.database import fetch, fetch_value, transaction
from backend.core.viewer import Viewer, system_viewer
from backend.demo.accounts import Accounts, save_accounts, save_assortments
from backend.demo.catalogue import all_items, category_drafts, product_drafts, slug_of
from backend.demo.conditions import save_conditions
from backend.demo.content import styles
from backend.demo.habits import opened_places
from backend.demo.history import TIMEZONE, save_history
from backend.demo.logins import PASSWORD
from backend.demo.prices import save_demo_prices, save_demo_tax_rates
from backend.demo.recent import save_recent_orders
from backend.demo.stock import save_demo_stock

_SEED = 1810


async def load_demo(out: Callable[[str], None] = print) -> None:
    """Does nothing where somebody sells already."""
    viewer = system_viewer()
    async with transaction():
        if await fetch_value("SELECT EXISTS (SELECT FROM seller)"):
            return
        await _save_seller(viewer)
        accounts = await save_accounts(viewer, await hash_password(PASSWORD))
        await _save_catalogue(viewer, accounts)
        out(f"{len(styles())} products in {len(all_items()):,} variants, {len(accounts.companies)} companies")
        today = clock.today(TIMEZONE)
        await save_demo_prices(viewer, accounts, today)
        await save_demo_tax_rates(viewer)
        await save_demo_stock(viewer, today)
        await save_conditions(viewer, accounts)
        await _save_customer_skus(viewer, accounts)
        out(f"{await _save_orders(viewer, accounts):,} orders of eighteen months")


async def _save_seller(viewer: Viewer) -> None:
    await ensure_seller(viewer, name="Northline Trade Supply", currency="EUR", timezone=TIMEZONE, country="NL")
    await update_seller(viewer, SellerChanges(stock_display_cap=200, low_stock_at=20))


async def _save_catalogue(viewer: Viewer, accounts: Accounts) -> None:
    categories = await save_categories(viewer, category_drafts())
    report = await save_products(viewer, product_drafts())
    brands = {row["slug"]: row["id"] for row in await fetch("SELECT slug, id FROM brand")}
    products = {style.number: report.product_ids[slug_of(style)] for style in styles()}
    await save_assortments(viewer, accounts, categories, brands, products)


async def _save_orders(viewer: Viewer, accounts: Accounts) -> int:
    chance = random.Random(_SEED)
    async with opened_places(accounts, chance) as places:
        return await save_history(viewer, places, chance) + await save_recent_orders(places, chance)


async def _save_customer_skus(viewer: Viewer, accounts: Accounts) -> None:
    """Harbour and Calder call some of it by numbers of their own."""
    own = {"C-1001": ("HW", ("NW-1007", "NW-1105", "NW-2140", "FS-4410")), "C-1002": ("CTC/", ("BW-4005", "GR-0815", "NW-3312"))}
    rows = [
        CustomerSkuDraft(company_id=accounts.companies[number], sku=item.sku, customer_sku=f"{prefix}{10_000 + at * 7}")
        for number, (prefix, chosen) in own.items()
        for at, item in enumerate(item for item in all_items() if item.style.number in chosen and not item.is_run)
    ]
    await set_customer_skus(viewer, rows)
