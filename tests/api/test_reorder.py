"""Ordering again, and quick order's dry run."""

import pytest

from backend.catalogue.models import Variant
from backend.inventory.models import Stock
from tests.api.shopping import Client, fill, open_shop, place
from tests.factories.catalogue import make_product, set_price, set_stock

PREVIEW = """query ($id: ID!) { reorderPreview(orderId: $id) { lines {
  outcome message quantity variant { sku } previousUnitPrice { amount } unitPrice { amount } orderLine { sku quantity } } } }"""
REORDER = """mutation ($id: ID!, $mode: SetMode) { reorder(orderId: $id, mode: $mode) { __typename
  ... on ReorderDone { cart { lines { sku quantity } } lines { outcome quantity message } } ... on Error { message } } }"""
RESOLVE = """query ($text: String, $lines: [CartLineInput!]) { resolveLines(text: $text, lines: $lines) {
  index input status code message quantity unitPrice { amount } variant { sku } } }"""
FREQUENT = "{ frequentlyOrdered { variant { sku } timesOrdered usualQuantity lastUnitPrice { amount } } }"


@pytest.mark.past_the_actions
async def test_every_line_of_a_reorder_says_what_became_of_it(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    _, (old, new, gone, hidden) = await make_product("Boot", sku="BT", options={"Size": ["40", "41", "42", "43"]})
    await set_price(shop.default, [old, new, gone, hidden], "50")
    await set_stock([old, new, gone, hidden], 100)
    black_s, black_m, black_l = shop.variants[:3]
    for sku, quantity in ((old.sku, 2), (gone.sku, 1), (black_s.sku, 5), (black_m.sku, 6), (black_l.sku, 3), (shop.glove.sku, 4)):
        await fill(buyer, {"sku": sku, "quantity": quantity})
    order = (await place(buyer))["orders"][0]
    await Variant.filter(id=old.id).update(is_active=False, replaced_by_id=new.id)
    await Variant.filter(id=gone.id).update(is_active=False)
    await Variant.filter(id=black_s.id).update(increment=4)
    await Stock.filter(variant_id=black_m.id).update(on_hand=10)  # 6 of them are reserved
    await set_price(shop.default, shop.glove, "4.00")
    lines = (await buyer.ask(PREVIEW, id=order["id"]))["reorderPreview"]["lines"]
    told = [(line["orderLine"]["sku"], line["outcome"], line["quantity"]) for line in lines]
    assert told == [
        (old.sku, "REPLACED", 2), (gone.sku, "DISCONTINUED", 0), (black_s.sku, "ADJUSTED_TO_RULE", 8), (black_m.sku, "SHORT_STOCK", 4),
        (black_l.sku, "ADDED", 3), (shop.glove.sku, "PRICE_CHANGED", 4),
    ]  # fmt: skip
    assert lines[0]["variant"]["sku"] == new.sku
    assert (lines[5]["previousUnitPrice"]["amount"], lines[5]["unitPrice"]["amount"]) == ("3.3333", "4.00")
    assert (await buyer.ask("{ cart { lineCount } }"))["cart"]["lineCount"] == 0
    done = (await buyer.ask(REORDER, id=order["id"]))["reorder"]
    assert [(line["sku"], line["quantity"]) for line in done["cart"]["lines"]] == [
        (new.sku, 2), (black_s.sku, 8), (black_m.sku, 4), (black_l.sku, 3), (shop.glove.sku, 4),
    ]  # fmt: skip
    assert [line["outcome"] for line in done["lines"]] == [outcome for _, outcome, _ in told]
    stranger = Client(client, shop.hill_token)
    assert (await stranger.ask(PREVIEW, id=order["id"]))["reorderPreview"] is None
    assert (await stranger.ask(REORDER, id=order["id"]))["reorder"]["__typename"] == "NotFound"
    frequent = (await buyer.ask(FREQUENT))["frequentlyOrdered"]
    assert {item["variant"]["sku"] for item in frequent} == {black_s.sku, black_m.sku, black_l.sku, shop.glove.sku}
    assert (await stranger.ask(FREQUENT))["frequentlyOrdered"] == []


async def test_a_paste_is_answered_row_by_row_and_changes_nothing(client):
    shop = await open_shop()
    buyer = Client(client, shop.token)
    text = "SKU\tQty\nnw1blackm\t12\nnonsense\t3\nGL-9\tmany\n\nGL-9\t1.5\ngl 9\t6\nGL-9\t2\n"
    told = (await buyer.ask(RESOLVE, text=text))["resolveLines"]
    assert [(one["index"], one["status"], one["code"], one["quantity"]) for one in told] == [
        (0, "SET", None, 12), (1, "REFUSED", "NOT_FOUND", None), (2, "REFUSED", "UNREADABLE", None), (3, "REFUSED", "UNREADABLE", None),
        (4, "SET", None, 8), (5, "SET", None, 8),
    ]  # fmt: skip
    assert told[0]["unitPrice"]["amount"] == "11.40"
    assert (await buyer.ask("{ cart { id } }"))["cart"] is None
    assert await buyer.code(RESOLVE, text=text, lines=[]) == "BAD_INPUT"
    assert await buyer.code(RESOLVE, text="A 1\n" * 5001) == "BAD_INPUT"
