"""A small shop for the browser: styles with none to three axes, a pack rule, breaks, and both sample catalogues imported by the command."""

import asyncio
import os
import sys
from collections.abc import Mapping

import asyncpg

from backend.catalogue import search
from backend.companies.models import Company, CompanyLocation, User
from backend.companies.passwords import hash_password
from backend.core import cache, database
from backend.core.viewer import Role
from backend.pricing.models import TaxRate
from tests.databases import ROOT
from tests.factories.catalogue import make_assortment, make_brand, make_price_list, make_product, set_price, set_stock
from tests.factories.companies import make_company, make_location, make_member, make_seller, make_staff, make_user

PASSWORD = "a-long-enough-password"
BUYER, STRANGER, REP = "buyer@harbour.example", "buyer@hill.example", "rep@seller.example"

SIZES = ["XS", "S", "M", "L", "XL", "2XL"]
COLOURS = ["Black", "Navy", "Grey", "Red", "Green", "White", "Sand", "Wine"]


async def fill_shop(url: str) -> None:
    """Harbour sees everything at its own prices; Hill sees one brand at list prices."""
    await database.start(url)
    await cache.start(None)
    try:
        harbour = await _people()
        await _products(harbour)
    finally:
        await cache.stop()
        await database.stop()
    for name in ("apparel", "jewelery"):
        await _import(url, name)


async def add_people(url: str, staff: Mapping[str, Role], company_admin: str) -> None:
    """The seller's own people by address, and an admin for Harbour Workwear."""
    await database.start(url)
    try:
        password_hash = await hash_password(PASSWORD)
        for email, role in staff.items():
            await make_staff(role, email, password_hash=password_hash)
        harbour = await Company.get(name="Harbour Workwear")
        places = await CompanyLocation.filter(company_id=harbour.id)
        admin = await make_user(company_admin, password_hash=password_hash)
        await make_member(harbour, user=admin, role=Role.COMPANY_ADMIN, locations=tuple(places))
    finally:
        await database.stop()


async def _people() -> Company:
    await make_seller(break_scope="PRODUCT")
    await TaxRate.create(country="NL", tax_class="STANDARD", name="VAT", rate_e4=210_000)
    rep = await make_staff(email=REP)
    harbour = await make_company("Harbour Workwear", credit={"EUR": 9_000_000}, reps=(rep,))
    rotterdam, antwerp = await make_location(harbour, "Rotterdam"), await make_location(harbour, "Antwerp")
    hill = await make_company("Hill Supplies")
    await _member(BUYER, harbour, rotterdam, antwerp)
    await _member(STRANGER, hill, await make_location(hill, "Hill"))
    rep.password_hash = await hash_password(PASSWORD)
    await rep.save(update_fields=["password_hash"])
    south = await make_brand("Southline")
    await make_assortment("everything", company_id=harbour.id)
    await make_assortment("south", rules=[{"brand_id": south.id}], company_id=hill.id)
    return harbour


async def _member(email: str, company: Company, *locations: CompanyLocation) -> None:
    user: User = await make_user(email, password_hash=await hash_password(PASSWORD))
    await make_member(company, user=user, locations=locations)


async def _products(harbour: Company) -> None:
    north, south = await make_brand("Northline"), await make_brand("Southline")
    listed = await make_price_list("list", is_default=True)
    own = await make_price_list("harbour", company_id=harbour.id)
    _, sweatshirts = await make_product(
        "Crew sweatshirt", slug="crew-sweatshirt", sku="NW-5500", options={"Colour": COLOURS, "Size": SIZES}, brand=north
    )
    await set_price(listed, sweatshirts, "16.00")
    await set_price(own, sweatshirts, {1: "13.90", 96: "12.40"})
    _, jackets = await make_product(
        "Softshell jacket",
        slug="softshell-jacket",
        sku="NW-2140",
        options={"Colour": ["Black", "Navy"], "Size": SIZES},
        holes=[("Navy", "XS")],
        brand=north,
        variant={"increment": 6, "minimum": 6},
    )
    await set_price(listed, jackets, {1: "14.25", 48: "13.10"})
    _, trousers = await make_product(
        "Work trousers",
        slug="work-trousers",
        sku="NW-3312",
        options={"Colour": ["Black", "Grey"], "Length": ["Short", "Long"], "Waist": ["48", "50", "52"]},
        brand=south,
    )
    await set_price(listed, trousers, "24.50")
    _, belt = await make_product("Tool belt", slug="tool-belt", sku="HZ-0001", brand=south)
    await set_price(listed, belt, "18.40")
    await set_stock([*sweatshirts, *jackets, *trousers, *belt], 5_000)
    await search.refresh_missing()


async def _import(url: str, name: str) -> None:
    arguments = ["import", "products", f"tests/data/{name}.csv", "--currency", "EUR", "--warehouse", "MAIN", "--skip-bad"]
    command = [sys.executable, "-m", "backend.cli", *arguments]
    environment = {**os.environ, "DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def empty_carts(url: str) -> None:
    """Nobody has anything in an open cart: each test starts from there."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("TRUNCATE cart CASCADE")
    finally:
        await connection.close()
