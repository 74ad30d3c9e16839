"""Two shops that differ in one thing: what others own. Hill and the seller are the same in both; Harbour and hidden goods are in one.

Hill's people must get the same answers in both shops. In the full shop no viewer may see a mark of somebody else.
"""

from dataclasses import dataclass, field
from typing import Any

import httpx

from backend.catalogue.models import Asset, Brand, Category, CustomerSku, Product, Variant
from backend.companies.models import Company, CompanyLocation, Member, User
from backend.core.database import execute, fetch
from backend.core.viewer import Role
from backend.pricing.models import PriceList, TaxRate
from tests.api.shopping import Client
from tests.factories.catalogue import (
    make_assortment,
    make_brand,
    make_category,
    make_price_list,
    make_product,
    make_warehouse,
    set_price,
    set_stock,
)
from tests.factories.companies import (
    an_address,
    make_company,
    make_group,
    make_location,
    make_member,
    make_seller,
    make_staff,
    sign_in_as,
)
from tests.isolation.marks import Marks

STAFF = {"rep", "manager", "marketing", "warehouse", "finance", "admin"}
OFFICE = STAFF - {"rep"}
HILL = {"buyer", "elsewhere", "company admin", "acting"}
# The viewers who get the same answers whatever others own.
ALIKE = ("buyer", "elsewhere", "company admin", "acting", "anonymous")
# What a viewer finds: by itself for a fact about one company, and by role for a fact about the seller.
SEES_COSTS = {"rep", "acting", "manager", "marketing", "finance", "admin"}
SEES_CREDIT = {"manager", "finance", "admin"}
SEES_ORDERS = {"manager", "warehouse", "finance", "admin"}
SEES_ANY_PRICE = {"manager", "finance", "admin"}
SEES_MEMBERS = {"manager", "admin"}
COUNTS_STOCK = {"warehouse", "admin"}
KEEPS_ASSORTMENTS = {"manager", "marketing", "admin"}
KEEPS_CATALOGUE = {"marketing", "admin"}
SETTLES = {"admin"}


@dataclass
class World:
    """Who asks, by which token, and the marks."""

    marks: Marks = field(default_factory=Marks)
    tokens: dict[str, str | None] = field(default_factory=dict)
    product_id: int = 0
    common: list[Variant] = field(default_factory=list)
    hill: Company | None = None
    main: CompanyLocation | None = None
    depot: CompanyLocation | None = None
    people: dict[str, User | Member] = field(default_factory=dict)


async def begin(http: httpx.AsyncClient) -> World:
    """The shop without others: the seller, common goods, and Hill with two locations."""
    world = World()
    await make_seller()
    await TaxRate.create(country="NL", tax_class="STANDARD", name="VAT 21 %", rate_e4=210_000)
    product, world.common = await make_product(
        "Softshell jacket", options={"Colour": ["Black", "Navy"], "Size": ["S", "M"]}, brand=await make_brand("Northline")
    )
    world.product_id = int(product.id)
    default = await make_price_list("default", is_default=True)
    await set_price(default, world.common, {1: "12.10", 12: "11.40"})
    await set_stock(world.common, int(world.marks.whole("stock on hand", COUNTS_STOCK)))
    await execute("UPDATE variant SET cost_e4 = $1", int(world.marks.amount("a cost", SEES_COSTS).replace(".", "")))
    await _hill(world, http)
    await _staff(world)
    return world


async def _hill(world: World, http: httpx.AsyncClient) -> None:
    marks = world.marks
    everybody = HILL | STAFF
    hill = world.hill = await company(marks, "Hill", everybody, HILL | SEES_CREDIT | {"rep"})
    world.main = await place(marks, hill, "Hill's main shop", everybody)
    world.depot = await place(marks, hill, "Hill's depot", everybody)
    await own_goods(marks, "Hill", everybody, company_id=hill.id)
    await own_goods(marks, "the depot", {"elsewhere"} | STAFF, location_id=world.depot.id)
    await make_assortment("hill-common", rules=[{"product_id": world.product_id}], company_id=hill.id)
    await own_price(marks, "Hill", world.common[0], HILL | SEES_ANY_PRICE | {"rep"}, company_id=hill.id)
    await own_price(
        marks, "the depot", world.common[1], {"elsewhere", "rep", "acting", "company admin"} | SEES_ANY_PRICE,
        location_id=world.depot.id,
    )  # fmt: skip
    await CustomerSku.create(company_id=hill.id, variant_id=world.common[0].id, **_sku(marks.word("Hill's own part number", HILL)))
    world.people = {
        "buyer": await person(marks, "a buyer of Hill", hill, Role.BUYER, world.main, HILL),
        "elsewhere": await person(marks, "a buyer at the depot", hill, Role.BUYER, world.depot, HILL),
        "company admin": await person(marks, "Hill's admin", hill, Role.COMPANY_ADMIN, world.main, HILL),
    }
    for name, member in list(world.people.items()):
        assert isinstance(member, Member)
        location = world.depot if name == "elsewhere" else world.main
        world.tokens[name] = await sign_in_as(member, location)
    mains = (HILL - {"elsewhere"}) | SEES_ORDERS | {"rep"}
    await order(marks, "Hill's main shop", Client(http, world.tokens["buyer"]), world.common[0], mains)
    depots = {"elsewhere", "acting", "company admin", "rep"} | SEES_ORDERS
    await order(marks, "the depot", Client(http, world.tokens["elsewhere"]), world.common[0], depots)
    for name in ("buyer", "elsewhere"):
        await cart(marks, name, Client(http, world.tokens[name]), world.common[1], {name})


async def _staff(world: World) -> None:
    marks = world.marks
    assert world.hill is not None
    assert world.main is not None
    roles = {
        "rep": Role.SALES_REP, "manager": Role.SALES_MANAGER, "marketing": Role.MARKETING, "warehouse": Role.WAREHOUSE,
        "finance": Role.FINANCE, "admin": Role.ADMIN,
    }  # fmt: skip
    for name, role in roles.items():
        address = marks.word(f"the address of the {name}", SEES_MEMBERS | {name} | (HILL | STAFF if name == "rep" else set()))
        who = world.people[name] = await make_staff(role, f"{address}@seller.example", name=f"A person in {name}")
        world.tokens[name] = await sign_in_as(who)
    rep = world.people["rep"]
    await execute("INSERT INTO rep_account (id, user_id, company_id) VALUES ($1, $2, $3)", rep.id, rep.id, world.hill.id)
    assert isinstance(rep, User)
    world.tokens["acting"] = await sign_in_as(rep, world.main)
    world.tokens["anonymous"] = None


async def add_others(world: World, http: httpx.AsyncClient) -> None:
    """The other company with all that it owns, goods that nobody may see, and what only the seller's people may know."""
    marks = world.marks
    harbour = await company(marks, "Harbour", OFFICE, SEES_CREDIT)
    here = await place(marks, harbour, "Harbour's place", OFFICE)
    for _ in range(7):
        await own_goods(marks, "Harbour", STAFF, company_id=harbour.id)
    await make_assortment("harbour-common", rules=[{"product_id": world.product_id}], company_id=harbour.id)
    await own_price(marks, "Harbour", world.common[0], SEES_ANY_PRICE, company_id=harbour.id)
    await own_price(marks, "Harbour's place", world.common[2], SEES_ANY_PRICE, location_id=here.id)
    await CustomerSku.create(
        company_id=harbour.id, variant_id=world.common[0].id, **_sku(marks.word("Harbour's own part number", ()))
    )
    buyer = await person(marks, "a buyer of Harbour", harbour, Role.BUYER, here, ())
    await person(marks, "Harbour's admin", harbour, Role.COMPANY_ADMIN, here, ())
    client = Client(http, await sign_in_as(buyer, here))
    goods = await Variant.filter(name__icontains="Harbour").first()
    assert goods is not None
    await order(marks, "Harbour", client, goods, SEES_ORDERS)
    await cart(marks, "Harbour", client, goods, ())
    await own_goods(marks, "nobody", STAFF)
    await own_goods(marks, "nobody, not for sale", KEEPS_CATALOGUE, is_active=False)
    group = await make_group(marks.word("the code of a group", SEES_MEMBERS), name=marks.word("the name of a group", SEES_MEMBERS))
    marks.key(group.id, "a group", SEES_MEMBERS)
    stock = await make_warehouse(marks.word("the code of a warehouse", COUNTS_STOCK), 9)
    marks.key(stock.id, "a warehouse", COUNTS_STOCK)
    await execute(
        "INSERT INTO order_minimum (id, currency, amount_minor, company_id) VALUES ($1, 'EUR', $2, $3)",
        stock.id, int(marks.total("Harbour's least order value", SETTLES).replace(".", "")), harbour.id,
    )  # fmt: skip


async def company(marks: Marks, name: str, seen_by: set[str], credit_by: set[str]) -> Company:
    limit = int(marks.total(f"{name}'s credit limit", credit_by).replace(".", ""))
    made = await make_company(
        marks.word(f"the name of {name}", seen_by),
        number=marks.word(f"the number of {name}", seen_by),
        tax_id=marks.word(f"the tax number of {name}", seen_by),
        credit={"EUR": limit},
    )
    marks.key(made.id, name, seen_by)
    return made


async def place(marks: Marks, owner: Company, name: str, seen_by: set[str]) -> CompanyLocation:
    made = await make_location(
        owner,
        marks.word(f"the name of {name}", seen_by),
        number=marks.word(f"the number of {name}", seen_by),
        email=marks.word(f"the address of {name}", seen_by) + "@place.example",
        address=an_address(line1=marks.word(f"the street of {name}", seen_by)),
        billing_address=an_address(line1=marks.word(f"the billing street of {name}", seen_by)),
    )
    marks.key(made.id, name, seen_by)
    return made


async def own_goods(marks: Marks, owner: str, seen_by: set[str], *, is_active: bool = True, **audience: Any) -> None:
    """A product in a brand and a category of its own that only these viewers find."""
    about = f"goods for {owner}"
    brand: Brand = await make_brand(marks.word(f"the brand of {about}", seen_by | KEEPS_ASSORTMENTS))
    category: Category = await make_category(marks.word(f"the category of {about}", seen_by | KEEPS_ASSORTMENTS))
    product, variants = await make_product(
        f"Jacket for {owner} {marks.word(f'the name of {about}', seen_by)}",
        sku=marks.word(f"the SKU of {about}", seen_by).upper(),
        options={"Colour": ["Black", marks.word(f"a colour of {about}", seen_by)]},
        brand=brand,
        categories=[category],
        is_active=is_active,
        description_html=f"<p>{marks.word(f'the description of {about}', seen_by)}</p>",
    )
    await Asset.create(product_id=product.id, url=f"/{marks.word(f'a picture of {about}', seen_by)}.svg")
    for row in (product, *variants):
        marks.key(row.id, about, seen_by)
    code = marks.word(f"the assortment with {about}", KEEPS_ASSORTMENTS)
    if audience:
        assortment = await make_assortment(code, rules=[{"brand_id": brand.id}], **audience)
        marks.key(assortment.id, f"the assortment with {about}", KEEPS_ASSORTMENTS)
    default = await PriceList.get(is_default=True)
    await set_price(default, variants[0], marks.amount(f"the price of {about}", seen_by))
    await set_price(default, variants[1], "8.10")
    await set_stock(variants, 50)


async def own_price(marks: Marks, owner: str, variant: Variant, seen_by: set[str], **audience: Any) -> None:
    prices = await make_price_list(
        marks.word(f"the code of the prices of {owner}", SEES_MEMBERS),
        name=marks.word(f"the name of the prices of {owner}", seen_by),
        priority=1,
        **audience,
    )
    marks.key(prices.id, f"the prices of {owner}", SEES_MEMBERS)
    await set_price(prices, variant, {1: marks.amount(f"a price of {owner}", seen_by), 12: "9.10"})


async def person(marks: Marks, about: str, owner: Company, role: Role, location: CompanyLocation, colleagues: Any) -> Member:
    """A member whose name colleagues see, and whose address is for those who keep members."""
    seen_by = set(colleagues) | OFFICE | ({"rep"} if colleagues else set())
    made = await make_member(
        owner, role, locations=(location,), email=marks.word(f"the address of {about}", seen_by) + "@x.example"
    )
    user = await User.get(id=made.user_id)
    user.name = marks.word(f"the name of {about}", seen_by)
    await user.save(update_fields=["name"])
    marks.key(made.user_id, about, seen_by)
    return made


SET = """mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { ... on Error { message }
  ... on SetCartLinesDone { cart { id lines { id } } } } }"""
PLACE = """mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { ... on OrdersPlaced { orders { id number lines { id } } }
  ... on CartHasProblems { problems { message } } ... on Error { message } } }"""


async def order(marks: Marks, owner: str, client: Client, variant: Variant, seen_by: set[str]) -> None:
    await client.ask(SET, input={"lines": [{"sku": variant.sku, "quantity": 12}]})
    made = await client.ask(
        PLACE,
        input={
            "purchaseOrderNumber": marks.word(f"a purchase order number of {owner}", seen_by),
            "note": marks.word(f"a note on an order of {owner}", seen_by),
            "paymentMethod": "BANK_TRANSFER",
        },
    )
    placed = made["placeOrder"]["orders"][0]
    for row in (placed, *placed["lines"]):
        marks.key(int(row["id"].partition(".")[2]), f"an order of {owner}", seen_by)


async def cart(marks: Marks, owner: str, client: Client, variant: Variant, seen_by: Any) -> None:
    note = marks.word(f"a note in a cart of {owner}", seen_by)
    made = await client.ask(SET, input={"lines": [{"sku": variant.sku, "quantity": 3, "note": note}]})
    rows = made["setCartLines"]["cart"]
    for row in (rows, *rows["lines"]):
        marks.key(int(row["id"].partition(".")[2]), f"a cart of {owner}", seen_by)


def _sku(number: str) -> dict[str, Any]:
    return {"sku": number, "sku_key": number.upper()}


async def leading_somewhere(world: World) -> dict[str, list[Any]]:
    """Values for arguments: ids, numbers and names of everything that is there, whoever may see it."""
    products = await Product.all().values_list("id", "slug")
    ids = [f"product.{key}" for key, _ in products]
    kinds = {
        "variant": "variant", "brand": "brand", "category": "category", "company": "company", "company_location": "location",
        "user_account": "user", "member": "member", "customer_order": "order", "cart": "cart", "cart_line": "cartline",
        "price_list": "pricelist", "assortment": "assortment", "warehouse": "warehouse", "company_group": "group", "asset": "asset",
    }  # fmt: skip
    for table, kind in kinds.items():
        ids += [f"{kind}.{row['id']}" for row in await fetch(f'SELECT id FROM "{table}"')]
    skus = [row["sku"] for row in await fetch("SELECT sku FROM variant UNION SELECT sku FROM customer_sku")]
    addresses = [row["email"] for row in await fetch("SELECT email FROM user_account")]
    numbers = [row["number"] for row in await fetch("SELECT number FROM customer_order")]
    names = [mark for mark in world.marks.seen_by if mark.startswith("zq")]
    return {
        "ID": [*ids, "nothing.1", ""],
        "sku": [*skus, "NONE"],
        "slug": [*(slug for _, slug in products), "none"],
        "email": [*addresses, "nobody@x.example"],
        "number": [*numbers, "0"],
        "query": ["jacket", "jaket", "", *names],
        "String": ["jacket", "", "x", *names],
        "Int": [1, 2, 12, 0],
        "quantity": [1, 2, 12, 24, 0],
        "first": [1, 2, 24, 100],
        "last": [1, 3],
        "expectedVersion": [1, 2, 3],
    }
