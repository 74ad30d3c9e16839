"""What buyers of other systems complain of about prices, asked of the API: several groups, several lists, contracts, dates, strategies."""

from dataclasses import replace
from datetime import timedelta

from backend.companies.models import Company, CompanyGroupMember
from backend.core import clock
from backend.core.database import count_statements, execute
from backend.shop.scope import scope_of, viewer_for_token
from tests.api.shopping import Client, fill, open_shop
from tests.factories.catalogue import make_price_list, make_product, set_price, set_stock
from tests.factories.companies import make_group, make_staff, sign_in_as

PRICE = """query ($sku: String!, $quantity: Int!, $at: DateTime) {
  explainPrice(sku: $sku, quantity: $quantity, at: $at) { unitPrice { amount } candidates { label won } }
  product(sku: $sku) { priceFrom { amount } variants { sku unitPrice { amount } }
    grid { rows { cells { variant { sku unitPrice { amount } } } } } } }"""


async def everywhere(client: Client, sku: str, quantity: int = 1) -> set[str | None]:
    """The price of a variant by every door: explanation, list, product, grid, cart."""
    told = await client.ask(PRICE, sku=sku, quantity=quantity)
    cart = (await fill(client, {"sku": sku, "quantity": quantity}))["cart"]
    prices = {line["unitPrice"]["amount"] for line in cart["lines"] if line["sku"] == sku}
    if quantity == 1:
        listed = (await client.ask("{ products { nodes { variants { sku unitPrice { amount } } } } }"))["products"]["nodes"]
        cells = [cell["variant"] for row in told["product"]["grid"]["rows"] for cell in row["cells"] if cell["variant"]]
        variants = [*told["product"]["variants"], *cells, *(variant for node in listed for variant in node["variants"])]
        prices |= {variant["unitPrice"]["amount"] for variant in variants if variant["sku"] == sku}
    return prices | {told["explainPrice"]["unitPrice"]["amount"]}


async def test_a_buyer_in_two_groups_has_both_groups_lists_and_nobody_else_s(client):
    shop = await open_shop()
    groups = [await make_group(f"G{number}") for number in range(3)]
    for group in groups[:2]:
        await CompanyGroupMember.create(company=shop.harbour, group=group)
    lists = [
        await make_price_list(f"list-{number}", group_id=group.id, priority=10 + number) for number, group in enumerate(groups)
    ]
    await set_price(lists[0], shop.glove, "3.00")
    await set_price(lists[1], shop.variants[0], "11.00")
    await set_price(lists[2], [shop.glove, *shop.variants], "1.00")
    buyer, stranger = Client(client, shop.token), Client(client, shop.hill_token)
    assert await everywhere(buyer, shop.glove.sku) == {"3.00"}
    assert await everywhere(buyer, shop.variants[0].sku) == {"11.00"}
    assert await everywhere(buyer, shop.variants[1].sku) == {"12.10"}
    assert await everywhere(stranger, shop.glove.sku) == {"3.3333"}


async def test_a_contract_may_be_dearer_than_the_list(client):
    shop = await open_shop()
    contract = await make_price_list("contract", company_id=shop.harbour.id, is_contract=True, priority=900)
    await set_price(contract, shop.glove, "4.00")
    assert await everywhere(Client(client, shop.token), shop.glove.sku) == {"4.00"}


async def test_staff_without_a_customer_see_default_prices_only(client):
    shop = await open_shop()
    own = await make_price_list("own", company_id=shop.harbour.id)
    await set_price(own, shop.glove, "1.00")
    staff = Client(client, await sign_in_as(await make_staff()))
    assert (await staff.ask(PRICE, sku=shop.glove.sku, quantity=1))["explainPrice"]["unitPrice"]["amount"] == "3.3333"


async def test_a_changed_price_shows_on_the_next_request(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    for amount in ("5.00", "4.00", "6.50"):
        await set_price(shop.default, shop.glove, amount)
        assert await everywhere(buyer, shop.glove.sku) == {amount}


async def test_what_reaches_a_buyer_is_read_with_her_and_says_what_it_says_alone(client):
    shop = await open_shop()
    group = await make_group()
    await CompanyGroupMember.create(company_id=shop.harbour.id, group_id=group.id)
    today = clock.today()
    await make_price_list("here", location_id=shop.rotterdam.id, priority=30)
    await make_price_list("theirs", company_id=shop.hill.id)
    await make_price_list("agreed", company_id=shop.harbour.id, is_contract=True)
    await make_price_list("grouped", group_id=group.id, priority=5)
    await make_price_list("over", company_id=shop.harbour.id, valid_to=today - timedelta(days=1))
    await make_price_list("soon", company_id=shop.harbour.id, valid_from=today + timedelta(days=9))
    await make_price_list("off", company_id=shop.harbour.id, is_active=False)
    await make_price_list("pounds", company_id=shop.harbour.id, currency="GBP")
    with count_statements() as statements:
        viewer = await viewer_for_token(shop.token)
        scope, later = await scope_of(viewer), await scope_of(viewer, today + timedelta(days=9))
    assert statements.count == 1
    assert [one.label for one in scope.lists] == ["Agreed", "Grouped", "Here", "Default"]
    assert "Soon" in [one.label for one in later.lists]
    for day in (None, later.on):
        assert await scope_of(replace(viewer, memo={}), day) == await scope_of(viewer, day)


async def test_a_price_of_a_later_day_can_be_asked_for_now(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    later = clock.today() + timedelta(days=30)
    await set_price(shop.default, shop.glove, "9.00", valid_from=later, valid_to=later + timedelta(days=5))
    at = f"{later}T12:00:00Z"
    assert (await buyer.ask(PRICE, sku=shop.glove.sku, quantity=1, at=at))["explainPrice"]["unitPrice"]["amount"] == "9.00"
    after = f"{later + timedelta(days=6)}T12:00:00Z"
    assert (await buyer.ask(PRICE, sku=shop.glove.sku, quantity=1, at=after))["explainPrice"]["unitPrice"]["amount"] == "3.3333"
    assert await everywhere(buyer, shop.glove.sku) == {"3.3333"}


async def test_each_strategy_by_every_door(client):
    shop = await open_shop()
    _, (rope,) = await make_product("Rope", sku="RP-1")
    await set_stock(rope, 1_000)
    first = await make_price_list("first", company_id=shop.harbour.id, priority=1)
    second = await make_price_list("second", company_id=shop.harbour.id, priority=2)
    await set_price(first, rope, {1: "9.00", 2: "8.00", 4: "6.00"})
    await set_price(second, rope, {1: "8.00", 2: "7.00", 4: "7.00", 10: "5.00"})
    buyer = Client(client, shop.token)
    wanted = {
        "PRIORITY": ("9.00", "8.00", "6.00", "6.00"),
        "LOWEST": ("8.00", "7.00", "6.00", "5.00"),
        "MERGE": ("9.00", "8.00", "6.00", "5.00"),
    }
    for strategy, prices in wanted.items():
        await Company.filter(id=shop.harbour.id).update(price_strategy=strategy)
        for quantity, price in zip((1, 2, 4, 10), prices, strict=True):
            assert await everywhere(buyer, rope.sku, quantity) == {price}, (strategy, quantity)


async def test_breaks_may_count_across_a_style_or_a_price_group(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    rows = [{"sku": variant.sku, "quantity": 6} for variant in shop.variants[:2]]
    assert {line["unitPrice"]["amount"] for line in (await fill(buyer, *rows))["cart"]["lines"]} == {"12.10"}
    await execute("UPDATE product SET break_scope = 'PRODUCT' WHERE id = $1", shop.jacket.id)
    assert {line["unitPrice"]["amount"] for line in (await fill(buyer, *rows))["cart"]["lines"]} == {"11.40"}
    await execute("UPDATE product SET break_scope = 'GROUP' WHERE id = $1", shop.jacket.id)
    assert {line["unitPrice"]["amount"] for line in (await fill(buyer, *rows))["cart"]["lines"]} == {"12.10"}
    await execute("UPDATE variant SET price_group = 'SOFT' WHERE product_id = $1", shop.jacket.id)
    assert {line["unitPrice"]["amount"] for line in (await fill(buyer, *rows))["cart"]["lines"]} == {"11.40"}


async def test_no_price_is_null_and_on_request_and_never_zero(client):
    shop = await open_shop()
    _, (special,) = await make_product("Special", sku="SP-1")
    await set_stock(special, 10)
    buyer = Client(client, shop.token)
    told = (await buyer.ask('{ product(sku: "SP-1") { priceFrom { amount } variants { priceStatus unitPrice { amount } } } }'))[
        "product"
    ]
    assert told == {"priceFrom": None, "variants": [{"priceStatus": "ON_REQUEST", "unitPrice": None}]}
    cart = (await fill(buyer, {"sku": "SP-1", "quantity": 1}))["cart"]
    assert (cart["lines"][0]["unitPrice"], cart["lines"][0]["total"]) == (None, None)
    assert [one["code"] for one in cart["problems"] if one["blocking"]] == ["PRICE_ON_REQUEST"]


async def test_a_style_of_three_hundred_variants_is_shown_whole(client):
    shop = await open_shop()
    colours, sizes = [f"Colour {number:02d}" for number in range(15)], [str(number) for number in range(20)]
    _, variants = await make_product("Many", sku="MANY", options={"Colour": colours, "Size": sizes})
    await set_price(shop.default, variants, "1.00")
    grid = (await Client(client, shop.token).ask(
        "query ($sku: String!) { product(sku: $sku) { grid { columns rows { cells { variant { sku } } } } } }", sku=variants[0].sku
    ))["product"]["grid"]  # fmt: skip
    assert (len(grid["columns"]), len(grid["rows"])) == (20, 15)
    assert sum(cell["variant"] is not None for row in grid["rows"] for cell in row["cells"]) == 300
