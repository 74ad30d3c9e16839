"""Placing an order through the API: each answer that `placeOrder` may give, what an order holds, and that nothing is ever half-ordered."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.carts.models import OrderMinimum, ShippingMethod
from backend.companies.models import CompanyGroup, CompanyGroupMember, CreditAccount
from backend.core import clock
from backend.core.database import execute, fetch_row
from backend.core.ids import global_id
from backend.core.viewer import Role
from backend.inventory.models import Stock
from backend.orders.models import Order, OrderLine
from backend.pricing.models import TaxRate
from tests.api.shopping import PLACE, Client, Shop, fill, open_shop, place
from tests.factories.catalogue import make_pack, make_product, make_warehouse, set_price, set_stock
from tests.factories.companies import make_member, make_staff, sign_in_as

TODAY = clock.today()
LATER, LATEST = str(TODAY + timedelta(days=30)), str(TODAY + timedelta(days=60))
ORDER = """
query ($id: ID, $number: String) { order(id: $id, number: $number) {
  id number status fulfilment channel onBehalf purchaseOrderNumber requestedShipDate cancelDate note paymentMethod shippingMethod mayCancel
  company { name } location { name } placedBy { name } placedAt shipTo { city country line1 } billTo { city }
  subtotal { amount currency } discounts { amount { amount } } shipping { amount } tax { amount } total { amount currency }
  taxLines { name rate base { amount } amount { amount } } shipments { number } history { kind message by { name } }
  lines { id sku name quantity unitPrice { amount } discount { amount } total { amount } requestedShipDate
    shipped backordered invoiced cancelled variant { sku } }
} }"""


async def filled(client: httpx.AsyncClient, *rows: dict[str, Any], **company: Any) -> tuple[Shop, Client, dict[str, Any]]:
    """A shop, its buyer, and her cart with these rows; 3 gloves unless told otherwise: 10.00, tax 2.10."""
    shop = await open_shop(**company)
    buyer = Client(client, shop.token)
    done = await fill(buyer, *(rows or [{"sku": "GL-9", "quantity": 3}]))
    return shop, buyer, done["cart"]


async def nothing_was_ordered(buyer: Client, lines: int = 1) -> None:
    assert await Order.all().count() == 0
    assert await OrderLine.all().count() == 0
    assert sum(row.reserved for row in await Stock.all()) == 0
    assert sum(row.taken_minor for row in await CreditAccount.all()) == 0
    assert await fetch_row("SELECT value FROM number_counter WHERE series = 'order'") is None
    assert (await buyer.ask("{ cart { lineCount } }"))["cart"]["lineCount"] == lines


# ------------------------------------------------------------------------------------------------ what an order holds


async def test_an_order_holds_what_the_cart_said(client):
    shop = await open_shop()
    await ShippingMethod.create(code="VAN", name="Our van", currency="EUR", price_minor=750, free_from_minor=50_000)
    buyer = Client(client, shop.token)
    cart = (await fill(buyer, {"sku": "GL-9", "quantity": 7, "note": "in one bag"}, {"sku": "NW-1-NAVY-L", "quantity": 12}))["cart"]
    told = {"purchaseOrderNumber": " PO 7 ", "note": "Ring twice.\nThen wait.", "requestedShipDate": LATER, "cancelDate": LATEST}
    placed = await place(buyer, expectedVersion=cart["version"], expectedTotal=cart["total"], **told)
    (made,) = placed["orders"]
    order = (await buyer.ask(ORDER, id=made["id"]))["order"]
    assert order["number"] == "SO-000001"
    assert (order["status"], order["fulfilment"], order["channel"], order["onBehalf"]) == ("RECEIVED", "NONE", "PORTAL", False)
    assert (order["purchaseOrderNumber"], order["note"], order["requestedShipDate"], order["cancelDate"]) == (
        "PO 7",
        "Ring twice.\nThen wait.",
        LATER,
        LATEST,
    )
    assert (order["company"]["name"], order["location"]["name"], order["placedBy"]["name"]) == (
        "Harbour Workwear",
        "Rotterdam",
        "Robin Example",
    )
    assert (order["shipTo"]["city"], order["billTo"]["city"], order["shippingMethod"], order["paymentMethod"]) == (
        "Rotterdam",
        "Rotterdam",
        "Our van",
        "ON_ACCOUNT",
    )
    assert [(line["sku"], line["quantity"], line["unitPrice"]["amount"], line["total"]["amount"]) for line in order["lines"]] == [
        ("GL-9", 7, "3.3333", "23.33"), ("NW-1-NAVY-L", 12, "11.40", "136.80"),
    ]  # fmt: skip
    assert (order["subtotal"]["amount"], order["shipping"]["amount"], order["tax"]["amount"]) == ("160.13", "7.50", "35.20")
    assert order["taxLines"] == [{"name": "VAT 21 %", "rate": "21.00", "base": {"amount": "167.63"}, "amount": {"amount": "35.20"}}]
    assert order["total"] == {"amount": "202.83", "currency": "EUR"} == cart["total"]
    assert (order["shipments"], [event["kind"] for event in order["history"]]) == ([], ["PLACED"])
    assert (await buyer.ask(ORDER, number="SO-000001"))["order"] == order


@pytest.mark.past_the_actions
async def test_nothing_changes_an_order_afterwards(client):
    shop, buyer, _ = await filled(client)
    (made,) = (await place(buyer))["orders"]
    before = (await buyer.ask(ORDER, id=made["id"]))["order"]
    await set_price(shop.default, shop.glove, "99.00")
    await execute("UPDATE tax_rate SET rate_e4 = 10000, name = 'other'")
    await execute("UPDATE variant SET sku = 'NEW-' || sku, name = 'renamed'")
    await execute("UPDATE company_location SET address = jsonb_set(address::jsonb, '{city}', '\"Elsewhere\"')")
    after = (await buyer.ask(ORDER, id=made["id"]))["order"]
    assert after["lines"][0].pop("variant") == {"sku": "NEW-GL-9"}
    before["lines"][0].pop("variant")
    assert after == before
    await execute("DELETE FROM cart_line")
    await execute("UPDATE variant SET is_active = FALSE")
    assert (await buyer.ask(ORDER, id=made["id"]))["order"]["lines"][0]["variant"] is None
    await execute("DELETE FROM reservation")
    await execute("DELETE FROM variant WHERE id = $1", shop.glove.id)
    gone = (await buyer.ask(ORDER, id=made["id"]))["order"]["lines"][0]
    assert (gone["sku"], gone["quantity"], gone["variant"]) == ("GL-9", 3, None)


async def test_one_order_for_each_ship_to_with_its_own_tax_in_one_step(client):
    shop = await open_shop()
    await TaxRate.filter(country="BE").update(name="BTW 6 %", rate_e4=60_000)
    buyer = Client(client, shop.token)
    antwerp = global_id("location", shop.antwerp.id)
    rows = [
        {"sku": "GL-9", "quantity": 3},
        {"sku": "NW-1-BLACK-S", "quantity": 6},
        {"sku": "NW-1-BLACK-S", "quantity": 6, "shipToId": antwerp},
    ]
    cart = (await fill(buyer, *rows))["cart"]
    assert [line["unitPrice"]["amount"] for line in cart["lines"]] == ["3.3333", "11.40", "11.40"]  # breaks count across the cart
    assert [(line["rate"], line["base"]["amount"], line["amount"]["amount"]) for line in cart["taxLines"]] == [
        ("21.00", "78.40", "16.46"),
        ("6.00", "68.40", "4.10"),
    ]
    placed = await place(buyer, expectedTotal=cart["total"])
    here, there = placed["orders"]
    assert [order["number"] for order in placed["orders"]] == ["SO-000001", "SO-000002"]
    assert [(order["shipTo"]["city"], order["location"]["name"]) for order in placed["orders"]] == [
        ("Rotterdam", "Rotterdam"),
        ("Antwerp", "Rotterdam"),
    ]
    assert [len(order["lines"]) for order in placed["orders"]] == [2, 1]
    assert (here["total"]["amount"], there["total"]["amount"]) == ("94.86", "72.50")
    assert (there["tax"]["amount"], there["taxLines"][0]["rate"]) == ("4.10", "6.00")
    assert cart["total"]["amount"] == "167.36"


async def test_either_all_orders_of_a_cart_or_none(client):
    shop = await open_shop(credit={"EUR": 10_000})
    buyer = Client(client, shop.token)
    antwerp = global_id("location", shop.antwerp.id)
    await fill(buyer, {"sku": "GL-9", "quantity": 3}, {"sku": "NW-1-BLACK-S", "quantity": 10, "shipToId": antwerp})
    refused = await place(buyer)
    assert refused["__typename"] == "CartHasProblems"
    await nothing_was_ordered(buyer, lines=2)


async def test_stock_comes_from_the_seller_s_first_warehouse_first(client):
    shop, buyer, _ = await filled(client)
    second = await make_warehouse("SECOND", position=1)
    await set_stock(shop.glove, 2)
    await set_stock(shop.glove, 5, warehouse=second)
    await place(buyer)
    assert [(row.on_hand, row.reserved) for row in await Stock.filter(variant_id=shop.glove.id).order_by("on_hand")] == [
        (2, 2),
        (5, 1),
    ]


async def test_a_pack_is_ordered_in_pieces(client):
    shop = await open_shop()
    await make_pack(shop.glove, 12)
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 24, "pack": "CASE"}, {"sku": "GL-9", "quantity": 1})
    (order,) = (await place(buyer))["orders"]
    assert [line["quantity"] for line in order["lines"]] == [24, 1]
    assert (await OrderLine.get(quantity=24)).pack_code == "CASE"


async def test_the_cart_is_empty_afterwards_and_one_version_on(client):
    _, buyer, cart = await filled(client)
    await place(buyer)
    after = (await buyer.ask("{ cart { id version lineCount } }"))["cart"]
    assert after == {"id": cart["id"], "version": cart["version"] + 1, "lineCount": 0}


async def test_a_named_cart_is_ordered_by_its_id_and_the_open_one_stays(client):
    _, buyer, _ = await filled(client)
    named = (await buyer.ask('mutation { createCart(name: "Spring") { ... on Cart { id } } }'))["createCart"]["id"]
    await fill(buyer, {"sku": "GL-9", "quantity": 1}, cartId=named)
    (order,) = (await place(buyer, cartId=named))["orders"]
    assert order["lines"][0]["quantity"] == 1
    assert (await buyer.ask("{ cart { unitCount } }"))["cart"]["unitCount"] == 3


async def test_backordered_pieces_are_told_and_the_rest_is_taken(client):
    shop = await open_shop()
    shop.glove.sells_without_stock = True
    await shop.glove.save(update_fields=["sells_without_stock"])
    buyer = Client(client, shop.token)
    await fill(buyer, {"sku": "GL-9", "quantity": 130})
    (order,) = (await place(buyer))["orders"]
    assert [(line["quantity"], line["backordered"]) for line in order["lines"]] == [(130, 30)]
    stock = await Stock.get(variant_id=shop.glove.id)
    assert (stock.on_hand, stock.reserved) == (100, 100)


async def test_a_rep_orders_on_behalf_of_her_customer(client):
    shop = await open_shop()
    rep = await make_staff(Role.SALES_MANAGER, name="Mara Manager")
    acting = Client(client, await sign_in_as(rep, shop.rotterdam))
    await fill(acting, {"sku": "GL-9", "quantity": 3})
    (order,) = (await place(acting))["orders"]
    assert (order["channel"], order["onBehalf"], order["placedBy"]["name"]) == ("REP", True, "Mara Manager")
    assert (await Client(client, shop.token).ask(ORDER, id=order["id"]))["order"]["number"] == order["number"]


# ------------------------------------------------------------------------------------------------ money held and given back


async def test_an_order_on_account_holds_credit_until_it_is_cancelled(client):
    shop, buyer, _ = await filled(client, credit={"EUR": 5_000})
    credit = "{ viewer { company { credit { limit { amount } openOrders { amount } available { amount } } } } }"
    (order,) = (await place(buyer))["orders"]
    held = (await buyer.ask(credit))["viewer"]["company"]["credit"]
    assert [held[name]["amount"] for name in ("limit", "openOrders", "available")] == ["50.00", "12.10", "37.90"]
    cancel = """mutation ($id: ID!) { cancelOrder(id: $id, reason: "Typed twice") { __typename
        ... on Order { status lines { cancelled } } ... on OrderMoved { message order { status } } } }"""
    done = (await buyer.ask(cancel, id=order["id"]))["cancelOrder"]
    assert (done["status"], done["lines"]) == ("CANCELLED", [{"cancelled": 3}])
    assert (await buyer.ask(credit))["viewer"]["company"]["credit"]["available"]["amount"] == "50.00"
    assert (await Stock.get(variant_id=shop.glove.id)).reserved == 0
    again = (await buyer.ask(cancel, id=order["id"]))["cancelOrder"]
    assert (again["__typename"], again["order"]["status"]) == ("OrderMoved", "CANCELLED")
    assert (await CreditAccount.get(company_id=shop.harbour.id)).taken_minor == 0


async def test_bank_transfer_waits_for_the_money_and_holds_no_credit(client):
    shop, buyer, _ = await filled(client, credit={"EUR": 100})
    (order,) = (await place(buyer, paymentMethod="BANK_TRANSFER"))["orders"]
    assert order["status"] == "AWAITING_PAYMENT"
    assert (await CreditAccount.get(company_id=shop.harbour.id)).taken_minor == 0


async def test_without_a_limit_nothing_is_held(client):
    _, buyer, _ = await filled(client)
    await place(buyer)
    assert [order.credit_minor for order in await Order.all()] == [0]


# ------------------------------------------------------------------------------------------------ CartHasProblems


async def problem_codes(buyer: Client, **values: Any) -> list[tuple[str, str | None]]:
    refused = await place(buyer, **values)
    assert refused["__typename"] == "CartHasProblems", refused
    assert all(problem["blocking"] and problem["message"] for problem in refused["problems"])
    return [(problem["code"], problem["needed"]) for problem in refused["problems"]]


async def test_an_empty_cart(client):
    _, buyer, _ = await filled(client)
    await fill(buyer, mode="REPLACE")
    assert await problem_codes(buyer) == [("EMPTY", None)]
    await nothing_was_ordered(buyer, lines=0)


async def test_a_price_on_request(client):
    shop, buyer, _ = await filled(client)
    await execute("DELETE FROM price WHERE variant_id = $1", shop.glove.id)
    assert await problem_codes(buyer) == [("PRICE_ON_REQUEST", None)]
    await nothing_was_ordered(buyer)


@pytest.mark.past_the_actions
async def test_an_item_that_left_the_assortment_after_it_was_put_in_the_cart(client):
    shop, buyer, _ = await filled(client)
    await execute("DELETE FROM assortment_product WHERE product_id = (SELECT product_id FROM variant WHERE id = $1)", shop.glove.id)
    assert await problem_codes(buyer) == [("OUT_OF_ASSORTMENT", None)]
    await nothing_was_ordered(buyer)


async def test_stock_that_went_meanwhile(client):
    shop, buyer, _ = await filled(client)
    await set_stock(shop.glove, 2)
    assert await problem_codes(buyer) == [("SHORT_STOCK", "2")]
    await set_stock(shop.glove, 0)
    assert await problem_codes(buyer) == [("OUT_OF_STOCK", None)]
    assert (await Stock.get(variant_id=shop.glove.id)).reserved == 0


async def test_a_quantity_that_breaks_a_rule(client):
    shop, buyer, _ = await filled(client)
    for rule, problem in (
        ({"minimum": 6}, ("BELOW_MINIMUM", "6")),
        ({"minimum": 1, "maximum": 2}, ("ABOVE_MAXIMUM", "2")),
        ({"maximum": None, "increment": 2}, ("NOT_A_MULTIPLE", "4")),
    ):
        await shop.glove.update_from_dict(rule).save(update_fields=list(rule))
        assert await problem_codes(buyer) == [problem]
    await nothing_was_ordered(buyer)


async def test_a_style_s_minimum_counts_all_its_variants_for_each_order(client):
    shop, buyer, _ = await filled(client, {"sku": "NW-1-BLACK-S", "quantity": 3}, {"sku": "NW-1-NAVY-M", "quantity": 2})
    await shop.jacket.update_from_dict({"minimum_quantity": 6}).save(update_fields=["minimum_quantity"])
    assert await problem_codes(buyer) == [("BELOW_PRODUCT_MINIMUM", "6")]
    done = await fill(buyer, {"sku": "NW-1-NAVY-L", "quantity": 1, "shipToId": global_id("location", shop.antwerp.id)})
    assert [one["code"] for one in done["cart"]["problems"] if one["blocking"]] == ["BELOW_PRODUCT_MINIMUM"] * 2
    await fill(
        buyer,
        {"sku": "NW-1-NAVY-L", "quantity": 1},
        {"sku": "NW-1-NAVY-L", "quantity": 0, "shipToId": global_id("location", shop.antwerp.id)},
    )
    assert (await place(buyer))["__typename"] == "OrdersPlaced"


async def test_the_narrowest_order_minimum_holds_for_each_order(client):
    shop, buyer, _ = await filled(client)
    await OrderMinimum.create(currency="EUR", amount_minor=2_000)
    assert await problem_codes(buyer) == [("BELOW_ORDER_MINIMUM", "20.00")]
    group = await CompanyGroup.create(code="SMALL", name="Small shops")
    await CompanyGroupMember.create(company_id=shop.harbour.id, group_id=group.id)
    await OrderMinimum.create(currency="EUR", amount_minor=1_500, group_id=group.id)
    assert await problem_codes(buyer) == [("BELOW_ORDER_MINIMUM", "15.00")]
    await OrderMinimum.create(currency="EUR", amount_minor=1_100, company_id=shop.harbour.id)
    assert await problem_codes(buyer) == [("BELOW_ORDER_MINIMUM", "11.00")]
    await OrderMinimum.create(currency="EUR", amount_minor=900, location_id=shop.rotterdam.id)
    done = await fill(buyer, {"sku": "GL-9", "quantity": 1, "shipToId": global_id("location", shop.antwerp.id)})
    assert [one["code"] for one in done["cart"]["problems"] if one["blocking"]] == ["BELOW_ORDER_MINIMUM"]
    await fill(buyer, {"sku": "GL-9", "quantity": 3}, mode="REPLACE")
    assert (await place(buyer))["__typename"] == "OrdersPlaced"


async def test_credit_that_does_not_reach(client):
    _, buyer, cart = await filled(client, credit={"EUR": 1_209})
    assert cart["paymentMethods"] == ["BANK_TRANSFER"]
    assert await problem_codes(buyer) == [("CREDIT_EXCEEDED", "12.09")]
    await nothing_was_ordered(buyer)


async def test_a_company_on_hold(client):
    _, buyer, _ = await filled(client, on_hold=True)
    assert ("ON_HOLD", None) in await problem_codes(buyer)
    await nothing_was_ordered(buyer)
    assert (await place(buyer, paymentMethod="BANK_TRANSFER"))["orders"][0]["status"] == "AWAITING_PAYMENT"


async def test_dates_of_a_line_that_have_passed(client):
    _, buyer, _ = await filled(client, {"sku": "GL-9", "quantity": 3, "requestedShipDate": LATER})
    await execute("UPDATE cart_line SET requested_ship_date = $1", TODAY - timedelta(days=1))
    assert await problem_codes(buyer) == [("INVALID_DATES", str(clock.today()))]
    await nothing_was_ordered(buyer)


async def test_what_only_waits_does_not_keep_an_order_back(client):
    """No tax rate for the country, no shipping price: to be confirmed, null and never 0.00."""
    shop = await open_shop()
    await ShippingMethod.create(code="SEA", name="By sea", currency="EUR", price_minor=None)
    await TaxRate.all().delete()
    buyer = Client(client, shop.token)
    cart = (await fill(buyer, {"sku": "GL-9", "quantity": 3}))["cart"]
    assert (cart["shipping"], cart["tax"], cart["taxLines"], cart["total"]["amount"]) == (None, None, [], "10.00")
    assert {(one["code"], one["blocking"]) for one in cart["problems"]} == {
        ("SHIPPING_TO_CONFIRM", False),
        ("TAX_TO_CONFIRM", False),
    }
    (order,) = (await place(buyer))["orders"]
    assert (order["shipping"], order["tax"], order["total"]["amount"]) == (None, None, "10.00")


# ------------------------------------------------------------------------------------------------ the other answers


async def test_another_total_than_the_buyer_agreed_to(client):
    shop, buyer, cart = await filled(client)
    await set_price(shop.default, shop.glove, "4.00")
    changed = await place(buyer, expectedTotal=cart["total"])
    assert changed["__typename"] == "TotalChanged"
    assert (changed["expected"]["amount"], changed["actual"]["amount"], changed["cart"]["total"]["amount"]) == (
        "12.10",
        "14.52",
        "14.52",
    )
    await nothing_was_ordered(buyer)
    assert (await place(buyer, expectedTotal=changed["actual"] | {"currency": "EUR"}))["__typename"] == "OrdersPlaced"


async def test_a_stale_version(client):
    _, buyer, cart = await filled(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 4})
    stale = await place(buyer, expectedVersion=cart["version"])
    assert (stale["__typename"], stale["cart"]["unitCount"]) == ("StaleCart", 4)
    await nothing_was_ordered(buyer)


async def test_there_is_no_cart_yet(client):
    shop = await open_shop()
    assert (await place(Client(client, shop.token)))["__typename"] == "NotFound"


async def test_a_value_that_cannot_stand_names_its_path(client):
    _, buyer, _ = await filled(client)
    yesterday = str(TODAY - timedelta(days=1))
    for values, *path in (
        ({"requestedShipDate": yesterday}, "requestedShipDate"),
        ({"cancelDate": yesterday}, "cancelDate"),
        ({"requestedShipDate": LATEST, "cancelDate": LATER}, "cancelDate"),
        ({"paymentMethod": "CARD"}, "paymentMethod"),
        ({"purchaseOrderNumber": "P" * 65}, "purchaseOrderNumber"),
        ({"purchaseOrderNumber": "PO\n7"}, "purchaseOrderNumber"),
        ({"note": "n" * 2_001}, "note"),
        ({"note": "bell\x07"}, "note"),
        ({"expectedTotal": {"amount": "12.10", "currency": "USD"}}, "expectedTotal", "currency"),
        ({"expectedTotal": {"amount": "12.105", "currency": "EUR"}}, "expectedTotal", "amount"),
    ):
        refused = await place(buyer, **values)
        assert (refused["__typename"], refused["path"]) == ("InvalidInput", ["input", *path]), values
        assert refused["message"]
    await nothing_was_ordered(buyer)


# ------------------------------------------------------------------------------------------------ who may


async def test_who_may_not_order_is_told_so_and_nothing_happens(client):
    shop, buyer, cart = await filled(client)
    answer = (await Client(client).post(PLACE, {"input": {}})).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_SIGNED_IN"]
    for role in (Role.MARKETING, Role.WAREHOUSE, Role.FINANCE, Role.ADMIN, Role.SALES_REP):
        staff = Client(client, await sign_in_as(await make_staff(role)))
        assert await staff.code(PLACE, input={"cartId": cart["id"]}) == "FORBIDDEN", role
    colleague = Client(client, await sign_in_as(await make_member(shop.harbour, locations=(shop.rotterdam,))))
    for stranger in (Client(client, shop.hill_token), colleague):
        assert (await place(stranger, cartId=cart["id"]))["__typename"] == "NotFound"
    await nothing_was_ordered(buyer)


async def test_an_order_exists_for_its_company_s_people_of_that_location_only(client):
    shop, buyer, _ = await filled(client)
    (order,) = (await place(buyer))["orders"]
    elsewhere = await make_member(shop.harbour, locations=(shop.antwerp,))
    colleague = await make_member(shop.harbour, locations=(shop.rotterdam,))
    admin = await make_member(shop.harbour, Role.COMPANY_ADMIN, locations=(shop.antwerp,))
    for member, sees in ((elsewhere, False), (colleague, True), (admin, True)):
        who = Client(client, await sign_in_as(member))
        assert ((await who.ask(ORDER, id=order["id"]))["order"] is not None) is sees
        assert ((await who.ask(ORDER, number=order["number"]))["order"] is not None) is sees
        assert (await who.ask("{ orders { totalCount nodes { number } } }"))["orders"]["totalCount"] == int(sees)
    assert (await Client(client, shop.hill_token).ask(ORDER, number=order["number"]))["order"] is None


async def test_prices_are_those_of_the_moment_the_order_is_placed(client):
    """A price that changed since the cart was filled counts at once, and nothing is remembered."""
    shop, buyer, _ = await filled(client)
    await set_price(shop.default, shop.glove, "5.00")
    _, (extra,) = await make_product("Cap", sku="CAP-1")
    await set_price(shop.default, extra, "1.00")
    await set_stock(extra, 1)
    await fill(buyer, {"sku": "CAP-1", "quantity": 1})
    (order,) = (await place(buyer))["orders"]
    assert [line["unitPrice"]["amount"] for line in order["lines"]] == ["5.00", "1.00"]
