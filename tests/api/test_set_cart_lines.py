"""Every sentence of the contract about a cart's lines, asked through the API as a client would."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from backend.catalogue.models import CustomerSku
from backend.catalogue.rules import sku_key
from backend.core import clock
from backend.core.ids import global_id
from backend.core.viewer import Role
from tests.api.shopping import CART, Client, Shop, fill, open_shop
from tests.factories.catalogue import make_assortment, make_pack, make_price_list, make_product, set_price, set_stock
from tests.factories.companies import make_location, make_staff, sign_in_as

TODAY = clock.today()
LATER, LATEST = str(TODAY + timedelta(days=30)), str(TODAY + timedelta(days=60))


def statuses(done: dict[str, Any]) -> list[str]:
    assert done["__typename"] == "SetCartLinesDone", done
    return [outcome["status"] for outcome in done["outcomes"]]


def codes(done: dict[str, Any]) -> list[str | None]:
    return [outcome["code"] for outcome in done["outcomes"]]


def quantities(done: dict[str, Any]) -> list[tuple[str, int]]:
    """SKU and quantity of each line, in the cart's order."""
    return [(line["sku"], line["quantity"]) for line in done["cart"]["lines"]]


async def a_buyer(client: httpx.AsyncClient) -> tuple[Shop, Client]:
    shop = await open_shop()
    return shop, Client(client, shop.token)


# ------------------------------------------------------------------------------------------------ modes


async def test_set_sets_the_quantity_and_leaves_other_lines_alone(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "NW-1-BLACK-S", "quantity": 4}, {"sku": "GL-9", "quantity": 2})
    done = await fill(buyer, {"sku": "NW-1-BLACK-S", "quantity": 9})
    assert statuses(done) == ["SET"]
    assert done["outcomes"][0]["quantity"] == 9
    assert quantities(done) == [("NW-1-BLACK-S", 9), ("GL-9", 2)]


async def test_add_adds_to_what_is_there(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 2})
    done = await fill(buyer, {"sku": "GL-9", "quantity": 3}, {"sku": "NW-1-BLACK-S", "quantity": 1}, mode="ADD")
    assert statuses(done) == ["SET", "SET"]
    assert done["outcomes"][0]["quantity"] == 5
    assert quantities(done) == [("GL-9", 5), ("NW-1-BLACK-S", 1)]


async def test_adding_nothing_changes_nothing(client):
    _, buyer = await a_buyer(client)
    before = await fill(buyer, {"sku": "GL-9", "quantity": 2})
    done = await fill(buyer, {"sku": "GL-9", "quantity": 0}, mode="ADD")
    assert statuses(done) == ["UNCHANGED"]
    assert quantities(done) == [("GL-9", 2)]
    assert done["cart"]["version"] == before["cart"]["version"]


async def test_replace_leaves_only_these_lines(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "NW-1-BLACK-S", "quantity": 4}, {"sku": "GL-9", "quantity": 2})
    done = await fill(buyer, {"sku": "GL-9", "quantity": 2}, {"sku": "NW-1-NAVY-M", "quantity": 1}, mode="REPLACE")
    assert statuses(done) == ["UNCHANGED", "SET"]
    assert quantities(done) == [("GL-9", 2), ("NW-1-NAVY-M", 1)]


async def test_replace_by_no_rows_empties_the_cart(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 2})
    done = await fill(buyer, mode="REPLACE")
    assert (done["cart"]["lines"], [one["code"] for one in done["cart"]["problems"]]) == ([], ["EMPTY"])


async def test_a_refused_row_of_replace_does_not_cost_the_line_that_it_meant(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 2}, {"sku": "NW-1-NAVY-M", "quantity": 1})
    done = await fill(buyer, {"sku": "GL-9", "quantity": -1}, mode="REPLACE")
    assert statuses(done) == ["REFUSED"]
    assert quantities(done) == [("GL-9", 2)]


async def test_zero_removes_the_line_and_what_was_not_there_is_unchanged(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 2})
    done = await fill(buyer, {"sku": "GL-9", "quantity": 0}, {"sku": "NW-1-NAVY-M", "quantity": 0})
    assert statuses(done) == ["REMOVED", "UNCHANGED"]
    assert [outcome["quantity"] for outcome in done["outcomes"]] == [0, 0]
    assert done["cart"]["lines"] == []


# ------------------------------------------------------------------------------------------------ which line is meant


async def test_a_line_is_a_variant_a_pack_a_ship_to_and_dates(client):
    shop, buyer = await a_buyer(client)
    await make_pack(shop.glove, 12)
    antwerp = global_id("location", shop.antwerp.id)
    rows = [
        {"sku": "GL-9", "quantity": 12},
        {"sku": "GL-9", "quantity": 24, "pack": "CASE"},
        {"sku": "GL-9", "quantity": 3, "shipToId": antwerp},
        {"sku": "GL-9", "quantity": 4, "requestedShipDate": LATER},
        {"sku": "GL-9", "quantity": 5, "requestedShipDate": LATER, "cancelDate": LATEST},
    ]
    done = await fill(buyer, *rows)
    assert statuses(done) == ["SET"] * 5
    assert [line["quantity"] for line in done["cart"]["lines"]] == [12, 24, 3, 4, 5]
    again = await fill(buyer, *rows)
    assert statuses(again) == ["UNCHANGED"] * 5
    assert again["cart"] == done["cart"]


async def test_absent_null_and_the_cart_s_own_ship_to_mean_the_same_line(client):
    shop, buyer = await a_buyer(client)
    here = global_id("location", shop.rotterdam.id)
    done = await fill(
        buyer, {"sku": "GL-9", "quantity": 1}, {"sku": "GL-9", "quantity": 2, "shipToId": None, "pack": None},
        {"sku": "GL-9", "quantity": 3, "shipToId": here, "requestedShipDate": None},
    )  # fmt: skip
    assert quantities(done) == [("GL-9", 6)]
    assert done["cart"]["lines"][0]["shipTo"]["name"] == "Rotterdam"


async def test_equal_rows_are_summed_first_and_each_is_answered(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 7})
    done = await fill(
        buyer,
        {"sku": "GL-9", "quantity": 2},
        {"sku": "NW-1-BLACK-S", "quantity": 1},
        {"sku": "gl 9", "quantity": 3, "note": "gift"},
    )
    assert statuses(done) == ["SET", "SET", "SET"]
    assert [outcome["quantity"] for outcome in done["outcomes"]] == [5, 1, 5]
    assert quantities(done) == [("GL-9", 5), ("NW-1-BLACK-S", 1)]
    assert done["cart"]["lines"][0]["note"] == "gift"


async def test_rows_that_are_summed_may_come_by_variant_or_by_number(client):
    shop, buyer = await a_buyer(client)
    done = await fill(buyer, {"variantId": global_id("variant", shop.glove.id), "quantity": 2}, {"sku": "GL-9", "quantity": 3})
    assert quantities(done) == [("GL-9", 5)]
    assert [outcome["input"] for outcome in done["outcomes"]] == [None, "GL-9"]


async def test_outcomes_stand_in_the_order_of_the_rows(client):
    _, buyer = await a_buyer(client)
    rows = [{"sku": f"UNKNOWN-{index}", "quantity": 1} if index % 3 else {"sku": "GL-9", "quantity": 1} for index in range(30)]
    done = await fill(buyer, *rows)
    assert [outcome["index"] for outcome in done["outcomes"]] == list(range(30))
    assert [outcome["input"] for outcome in done["outcomes"]] == [row["sku"] for row in rows]
    assert quantities(done) == [("GL-9", 10)]


# ------------------------------------------------------------------------------------------------ editing a line


async def one_line(buyer: Client, **more: Any) -> dict[str, Any]:
    done = await fill(
        buyer, {"sku": "GL-9", "quantity": 4, "requestedShipDate": LATER, "cancelDate": LATEST, "note": "blue", **more}
    )
    line: dict[str, Any] = done["cart"]["lines"][0]
    return line


async def test_an_edit_keeps_what_is_absent(client):
    _, buyer = await a_buyer(client)
    line = await one_line(buyer)
    done = await fill(buyer, {"lineId": line["id"], "quantity": 6})
    assert statuses(done) == ["SET"]
    (edited,) = done["cart"]["lines"]
    kept = ("id", "requestedShipDate", "cancelDate", "note", "shipTo", "pack")
    assert {name: edited[name] for name in kept} == {name: line[name] for name in kept}
    assert edited["quantity"] == 6


async def test_an_edit_clears_what_is_null(client):
    shop, buyer = await a_buyer(client)
    line = await one_line(buyer, shipToId=global_id("location", shop.antwerp.id))
    assert line["shipTo"]["name"] == "Antwerp"
    cleared = {"requestedShipDate": None, "cancelDate": None, "note": None, "shipToId": None}
    done = await fill(buyer, {"lineId": line["id"], "quantity": 4, **cleared})
    (edited,) = done["cart"]["lines"]
    assert (edited["requestedShipDate"], edited["cancelDate"], edited["note"]) == (None, None, None)
    assert (edited["id"], edited["shipTo"]["name"]) == (line["id"], "Rotterdam")


async def test_an_edit_to_zero_removes_the_line(client):
    _, buyer = await a_buyer(client)
    line = await one_line(buyer)
    done = await fill(buyer, {"lineId": line["id"], "quantity": 0})
    assert (statuses(done), done["cart"]["lines"]) == (["REMOVED"], [])


async def test_an_edit_in_add_mode_adds(client):
    _, buyer = await a_buyer(client)
    line = await one_line(buyer)
    done = await fill(buyer, {"lineId": line["id"], "quantity": 2}, mode="ADD")
    assert quantities(done) == [("GL-9", 6)]


async def test_a_line_that_is_moved_onto_another_joins_it(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    dated = (await fill(buyer, {"sku": "GL-9", "quantity": 4, "requestedShipDate": LATER}))["cart"]["lines"][1]
    done = await fill(buyer, {"lineId": dated["id"], "quantity": 4, "requestedShipDate": None})
    assert quantities(done) == [("GL-9", 5)]


async def test_two_lines_may_swap_their_dates(client):
    _, buyer = await a_buyer(client)
    first = await fill(
        buyer,
        {"sku": "GL-9", "quantity": 1, "requestedShipDate": LATER},
        {"sku": "GL-9", "quantity": 2, "requestedShipDate": LATEST},
    )
    one, two = first["cart"]["lines"]
    done = await fill(
        buyer,
        {"lineId": two["id"], "quantity": 2, "requestedShipDate": LATER},
        {"lineId": one["id"], "quantity": 1, "requestedShipDate": LATEST},
    )
    assert statuses(done) == ["SET", "SET"]
    assert {(line["requestedShipDate"], line["quantity"], line["id"]) for line in done["cart"]["lines"]} == {
        (LATER, 2, two["id"]),
        (LATEST, 1, one["id"]),
    }


async def test_a_line_of_another_cart_is_not_there(client):
    shop, buyer = await a_buyer(client)
    line = await one_line(buyer)
    named = (await buyer.ask('mutation { createCart(name: "Spring") { ... on Cart { id } } }'))["createCart"]["id"]
    for cart in ({"cartId": named}, {}):
        who = buyer if cart else Client(client, shop.hill_token)
        done = await fill(who, {"lineId": line["id"], "quantity": 1}, **cart)
        assert (statuses(done), codes(done), done["cart"]["lines"]) == (["REFUSED"], ["NOT_FOUND"], [])


# ------------------------------------------------------------------------------------------------ numbers as they are typed


async def test_a_number_is_a_sku_a_gtin_or_the_buyer_s_own_in_any_spelling(client):
    shop, buyer = await a_buyer(client)
    variant = shop.variants[1]
    variant.gtin = "4006381333931"
    await variant.save(update_fields=["gtin"])
    await CustomerSku.create(company_id=shop.harbour.id, variant_id=variant.id, sku="MY-77", sku_key=sku_key("MY-77"))
    spellings = ["NW-1-BLACK-M", " nw 1 black m ", "nw1blackm", "Nw-1-Black-M", "4006381333931", "04006381333931", "MY-77", "my 77"]
    for typed in spellings:
        done = await fill(buyer, {"sku": typed, "quantity": 1}, mode="REPLACE")
        assert quantities(done) == [("NW-1-BLACK-M", 1)], typed
        assert (done["outcomes"][0]["variant"]["sku"], done["outcomes"][0]["input"]) == ("NW-1-BLACK-M", typed)


async def test_another_company_s_own_number_means_nothing(client):
    shop, buyer = await a_buyer(client)
    await CustomerSku.create(company_id=shop.hill.id, variant_id=shop.glove.id, sku="HILL-1", sku_key="HILL1")
    assert codes(await fill(buyer, {"sku": "HILL-1", "quantity": 1})) == ["NOT_FOUND"]
    assert statuses(await fill(Client(client, shop.hill_token), {"sku": "HILL-1", "quantity": 1})) == ["SET"]


async def test_an_exact_number_goes_before_a_forgiving_one(client):
    shop, buyer = await a_buyer(client)
    _, (near,) = await make_product("Near glove", sku="GL9")
    await set_price(shop.default, near, "2.00")
    await set_stock(near, 5)
    for typed in ("GL-9", "GL9"):
        done = await fill(buyer, {"sku": typed, "quantity": 1})
        assert done["outcomes"][0]["variant"]["sku"] == typed
    refused = await fill(buyer, {"sku": "gl 9", "quantity": 1})
    assert (statuses(refused), codes(refused)) == (["REFUSED"], ["AMBIGUOUS"])
    assert "GL-9" in refused["outcomes"][0]["message"]
    assert "GL9" in refused["outcomes"][0]["message"]


async def test_two_exact_hits_are_refused(client):
    shop, buyer = await a_buyer(client)
    await CustomerSku.create(company_id=shop.harbour.id, variant_id=shop.variants[0].id, sku="GL-9", sku_key="GL9")
    refused = await fill(buyer, {"sku": "GL-9", "quantity": 1})
    assert (statuses(refused), codes(refused), refused["cart"]["lines"]) == (["REFUSED"], ["AMBIGUOUS"], [])


async def test_what_the_viewer_cannot_see_makes_nothing_ambiguous(client):
    shop = await open_shop()
    await CustomerSku.create(company_id=shop.hill.id, variant_id=shop.variants[0].id, sku="GL-9", sku_key="GL9")
    stranger = Client(client, shop.hill_token)  # sees the glove's brand only
    done = await fill(stranger, {"sku": "GL-9", "quantity": 1})
    assert statuses(done) == ["SET"]
    hidden = await fill(
        stranger, {"sku": "NW-1-BLACK-M", "quantity": 1}, {"variantId": global_id("variant", shop.variants[0].id), "quantity": 1}
    )
    assert (statuses(hidden), codes(hidden)) == (["REFUSED"] * 2, ["NOT_FOUND"] * 2)
    assert [outcome["variant"] for outcome in hidden["outcomes"]] == [None, None]


# ------------------------------------------------------------------------------------------------ packs and rules


async def test_a_pack_s_quantity_counts_pieces(client):
    shop, buyer = await a_buyer(client)
    await make_pack(shop.glove, 12)
    done = await fill(buyer, {"sku": "GL-9", "quantity": 24, "pack": "CASE"})
    assert statuses(done) == ["SET"]
    assert done["cart"]["lines"][0]["pack"] == {"code": "CASE", "units": 12}
    assert done["cart"]["unitCount"] == 24
    odd = await fill(buyer, {"sku": "GL-9", "quantity": 13, "pack": "CASE"})
    assert (statuses(odd), codes(odd)) == (["SET"], ["NOT_A_MULTIPLE"])
    assert [(one["code"], one["needed"], one["blocking"]) for one in odd["cart"]["problems"] if one["line"]] == [
        ("NOT_A_MULTIPLE", "24", True)
    ]


async def test_an_unknown_pack_is_refused_and_the_choices_are_named(client):
    shop, buyer = await a_buyer(client)
    await make_pack(shop.glove, 12)
    done = await fill(
        buyer, {"sku": "GL-9", "quantity": 12, "pack": "PALLET"}, {"sku": "NW-1-BLACK-S", "quantity": 1, "pack": "CASE"}
    )
    assert codes(done) == ["UNKNOWN_PACK", "UNKNOWN_PACK"]
    assert "CASE" in done["outcomes"][0]["message"]
    assert done["cart"]["lines"] == []


async def test_a_visible_variant_is_set_as_asked_and_a_broken_rule_is_a_problem_that_says_what_would_do(client):
    shop, buyer = await a_buyer(client)
    for rule, quantity, code, needed in (
        ({"minimum": 6}, 5, "BELOW_MINIMUM", "6"),
        ({"minimum": 6, "increment": 4}, 5, "BELOW_MINIMUM", "8"),
        ({"minimum": 6, "maximum": 50, "increment": 6}, 51, "ABOVE_MAXIMUM", "48"),
        ({"increment": 6}, 13, "NOT_A_MULTIPLE", "18"),
        ({}, 101, "SHORT_STOCK", "100"),
        ({"increment": 30}, 120, "SHORT_STOCK", "90"),
        ({"minimum": 200}, 200, "OUT_OF_STOCK", None),
    ):
        await shop.glove.update_from_dict({"minimum": 1, "maximum": None, "increment": 1, **rule}).save(
            update_fields=["minimum", "maximum", "increment"]
        )
        done = await fill(buyer, {"sku": "GL-9", "quantity": quantity})
        assert (statuses(done), codes(done), quantities(done)) == (["SET"], [code], [("GL-9", quantity)])
        (problem,) = [one for one in done["cart"]["problems"] if one["line"]]
        assert (problem["code"], problem["needed"], problem["blocking"], problem["line"]["sku"]) == (code, needed, True, "GL-9")
        assert problem["message"] == done["outcomes"][0]["message"]
        if needed:  # what would do, does
            mended = await fill(buyer, {"sku": "GL-9", "quantity": int(needed)})
            assert [one for one in mended["cart"]["problems"] if one["line"]] == []


async def test_needed_never_tells_more_stock_than_the_seller_shows(client):
    shop, buyer = await a_buyer(client)
    await set_stock(shop.glove, 5_000)
    done = await fill(buyer, {"sku": "GL-9", "quantity": 6_000})
    (problem,) = [one for one in done["cart"]["problems"] if one["line"]]
    assert (problem["code"], problem["needed"]) == ("SHORT_STOCK", "200")
    assert "5" not in problem["message"].replace("GL-9", "")


async def test_what_may_be_sold_without_stock_waits_and_does_not_block(client):
    shop, buyer = await a_buyer(client)
    shop.glove.sells_without_stock = True
    await shop.glove.save(update_fields=["sells_without_stock"])
    done = await fill(buyer, {"sku": "GL-9", "quantity": 130})
    (problem,) = [one for one in done["cart"]["problems"] if one["line"]]
    assert (problem["code"], problem["blocking"]) == ("SHORT_STOCK", False)


async def test_two_lines_of_one_variant_share_its_stock(client):
    _, buyer = await a_buyer(client)
    done = await fill(buyer, {"sku": "GL-9", "quantity": 60}, {"sku": "GL-9", "quantity": 60, "requestedShipDate": LATER})
    assert [one["needed"] for one in done["cart"]["problems"] if one["code"] == "SHORT_STOCK"] == ["40"]


async def test_a_price_on_request_is_a_problem_and_null_never_zero(client):
    shop, buyer = await a_buyer(client)
    _, (anvil,) = await make_product("Anvil", sku="AN-1", brand=None)
    await set_stock(anvil, 10)
    done = await fill(buyer, {"sku": "AN-1", "quantity": 1}, {"sku": "GL-9", "quantity": 3})
    assert codes(done) == ["PRICE_ON_REQUEST", None]
    line = done["cart"]["lines"][0]
    assert (line["unitPrice"], line["subtotal"], line["total"]) == (None, None, None)
    assert done["outcomes"][0]["unitPrice"] is None
    assert done["cart"]["subtotal"]["amount"] == "10.00"
    assert any(one["code"] == "PRICE_ON_REQUEST" and one["blocking"] for one in done["cart"]["problems"])
    assert shop.default.currency == "EUR"


@pytest.mark.past_the_actions
async def test_what_leaves_the_assortment_stays_in_the_cart_as_a_problem_and_can_be_removed(client):
    shop, buyer = await a_buyer(client)
    line = (await fill(buyer, {"sku": "GL-9", "quantity": 3}))["cart"]["lines"][0]
    shop.glove.is_active = False
    await shop.glove.save(update_fields=["is_active"])
    cart = (await buyer.ask("{ cart { ...CartFields lines { variant { id } } } }" + CART))["cart"]
    assert (cart["lines"][0]["variant"], cart["lines"][0]["unitPrice"], cart["lines"][0]["total"]) == (None, None, None)
    assert [one["code"] for one in cart["problems"] if one["line"]] == ["OUT_OF_ASSORTMENT"]
    assert cart["subtotal"]["amount"] == "0.00"
    assert codes(await fill(buyer, {"lineId": line["id"], "quantity": 4})) == ["NOT_FOUND"]
    assert statuses(await fill(buyer, {"lineId": line["id"], "quantity": 0})) == ["REMOVED"]


async def test_breaks_count_across_the_lines_of_a_variant_and_across_a_product_where_the_seller_says_so(client):
    shop, buyer = await a_buyer(client)
    dated = {"sku": "NW-1-BLACK-M", "quantity": 6, "requestedShipDate": LATER}
    done = await fill(buyer, {"sku": "NW-1-BLACK-M", "quantity": 6}, dated, {"sku": "NW-1-NAVY-M", "quantity": 6})
    assert [line["unitPrice"]["amount"] for line in done["cart"]["lines"]] == ["11.40", "11.40", "12.10"]
    shop.jacket.break_scope = "PRODUCT"
    await shop.jacket.save(update_fields=["break_scope"])
    cart = (await buyer.ask("{ cart { ...CartFields } }" + CART))["cart"]
    assert [line["unitPrice"]["amount"] for line in cart["lines"]] == ["11.40"] * 3


# ------------------------------------------------------------------------------------------------ versions and limits


async def test_the_version_moves_only_when_something_changes(client):
    _, buyer = await a_buyer(client)
    first = await fill(buyer, {"sku": "GL-9", "quantity": 2, "note": "blue"})
    versions = [first["cart"]["version"]]
    for row in (
        {"quantity": 2},
        {"quantity": 2, "note": "blue"},
        {"quantity": -1},
        {"quantity": 3},
        {"quantity": 3, "note": "red"},
    ):
        versions.append((await fill(buyer, {"sku": "GL-9", **row}))["cart"]["version"])
    start = versions[0]
    assert versions == [start, start, start, start, start + 1, start + 2]


async def test_a_stale_version_changes_nothing_and_shows_the_cart_as_it_is(client):
    _, buyer = await a_buyer(client)
    first = await fill(buyer, {"sku": "GL-9", "quantity": 2})
    seen = first["cart"]["version"]
    assert statuses(await fill(buyer, {"sku": "GL-9", "quantity": 5}, expectedVersion=seen)) == ["SET"]
    stale = await fill(buyer, {"sku": "GL-9", "quantity": 9}, expectedVersion=seen)
    assert stale["__typename"] == "StaleCart"
    assert stale["message"]
    assert quantities(stale) == [("GL-9", 5)]
    assert stale["cart"]["version"] == seen + 1


async def test_a_version_of_a_cart_that_is_no_longer_open_opens_no_other(client):
    _, buyer = await a_buyer(client)
    done = await fill(buyer, {"sku": "GL-9", "quantity": 2}, expectedVersion=3)
    assert done["__typename"] == "NotFound"
    assert (await buyer.ask("{ cart { id } }"))["cart"] is None
    assert statuses(await fill(buyer, {"sku": "GL-9", "quantity": 2}, expectedVersion=0)) == ["SET"]


async def test_a_cart_holds_two_thousand_lines_and_the_row_beyond_is_refused_alone(client):
    shop, buyer = await a_buyer(client)
    dates = [str(TODAY + timedelta(days=day)) for day in range(1, 2_001)]
    rows = [{"sku": "GL-9", "quantity": 1, "requestedShipDate": day} for day in dates]
    full = await fill(buyer, *rows)
    assert full["cart"]["lineCount"] == 2_000
    more = await fill(buyer, {"sku": "NW-1-BLACK-S", "quantity": 1}, {"sku": "GL-9", "quantity": 2, "requestedShipDate": dates[0]})
    assert (statuses(more), codes(more)[0]) == (["REFUSED", "SET"], "TOO_MANY_LINES")
    swapped = await fill(
        buyer, {"sku": "GL-9", "quantity": 0, "requestedShipDate": dates[1]}, {"sku": "NW-1-BLACK-S", "quantity": 1}
    )
    assert statuses(swapped) == ["REMOVED", "SET"]
    replaced = await fill(buyer, *({"sku": f"NW-1-{colour}", "quantity": 1} for colour in ("BLACK-S", "BLACK-M")), mode="REPLACE")
    assert statuses(replaced) == ["UNCHANGED", "SET"]
    assert replaced["cart"]["lineCount"] == 2
    assert shop.glove.sku == "GL-9"


async def test_five_thousand_rows_are_taken_and_one_more_is_bad_input(client):
    _, buyer = await a_buyer(client)
    rows = [{"sku": "GL-9", "quantity": 1}] * 5_000
    done = await fill(buyer, *rows)
    assert (len(done["outcomes"]), quantities(done)) == (5_000, [("GL-9", 5_000)])
    answer = await buyer.post(
        "mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { __typename } }",
        {"input": {"lines": [*rows, {"sku": "GL-9", "quantity": 1}]}},
    )
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert "5,000" in error["message"]
    assert (await buyer.ask("{ cart { version } }"))["cart"]["version"] == done["cart"]["version"]


# ------------------------------------------------------------------------------------------------ carts and their owners


async def test_there_is_one_open_cart_per_user_and_location_and_named_ones_beside_it(client):
    shop, buyer = await a_buyer(client)
    assert await buyer.ask("{ cart { id } carts { id } }") == {"cart": None, "carts": []}
    opened = (await fill(buyer, {"sku": "GL-9", "quantity": 1}))["cart"]["id"]
    named = (await buyer.ask('mutation { createCart(name: " Spring  order ") { ... on Cart { id name version } } }'))["createCart"]
    assert named["name"] == "Spring order"
    await fill(buyer, {"sku": "GL-9", "quantity": 8}, cartId=named["id"])
    elsewhere = Client(client, await sign_in_as(shop.buyer, shop.antwerp))
    await fill(elsewhere, {"sku": "GL-9", "quantity": 5})
    carts = (await buyer.ask("{ carts { id name unitCount } }"))["carts"]
    assert [(cart["id"], cart["name"], cart["unitCount"]) for cart in carts] == [(opened, "", 1), (named["id"], "Spring order", 8)]
    assert (await elsewhere.ask("{ cart { unitCount location { name } } carts { id } }"))["cart"] == {
        "unitCount": 5,
        "location": {"name": "Antwerp"},
    }
    assert (await elsewhere.ask("query ($id: ID!) { cart(id: $id) { id } }", id=named["id"]))["cart"] is None


async def test_the_list_tells_what_the_cart_holds_that_it_is_asked_for(client):
    shop, buyer = await a_buyer(client)
    await fill(buyer, {"sku": "GL-9", "quantity": 1})
    named = (await buyer.ask('mutation { createCart(name: "Spring") { ... on Cart { id } } }'))["createCart"]["id"]
    await fill(buyer, {"sku": "GL-9", "quantity": 8}, cartId=named)
    listed = (
        'query ($cart: ID) { products(query: "GL-9", cartId: $cart) { nodes { unitsInCart grid { rows { cells { inCart } } } } } }'
    )

    async def held(asking: Client, cart: str | None) -> list[int]:
        (product,) = (await asking.ask(listed, cart=cart))["products"]["nodes"]
        return [product["unitsInCart"], sum(cell["inCart"] for row in product["grid"]["rows"] for cell in row["cells"])]

    assert [await held(buyer, cart) for cart in (None, named, "cart.1", "cart.x")] == [[1, 1], [8, 8], [0, 0], [0, 0]]
    assert await held(Client(client, await sign_in_as(shop.buyer, shop.antwerp)), named) == [0, 0]


async def test_a_foreign_cart_is_not_found(client):
    shop, buyer = await a_buyer(client)
    cart = (await fill(buyer, {"sku": "GL-9", "quantity": 1}))["cart"]
    stranger = Client(client, shop.hill_token)
    for unknown in (cart["id"], "cart.1", "cart.x", "order.5", "", "💥"):
        refused = await fill(stranger, {"sku": "GL-9", "quantity": 2}, cartId=unknown)
        assert refused["__typename"] == "NotFound", unknown
    assert (await buyer.ask("{ cart { unitCount } }"))["cart"]["unitCount"] == 1


async def test_who_does_not_shop_is_told_so_and_nothing_happens(client):
    shop = await open_shop()
    mutation = 'mutation { setCartLines(input: {lines: [{sku: "GL-9", quantity: 1}]}) { __typename } }'
    assert await Client(client).code(mutation) == "NOT_SIGNED_IN"
    assert await Client(client, "ls_unknown").code(mutation) == "NOT_SIGNED_IN"
    for role in (Role.MARKETING, Role.WAREHOUSE, Role.FINANCE, Role.ADMIN):
        staff = Client(client, await sign_in_as(await make_staff(role)))
        assert await staff.code(mutation) == "FORBIDDEN", role
    assert (await Client(client, shop.token).ask("{ carts { id } }"))["carts"] == []


async def test_a_rep_fills_a_customer_s_cart_of_her_own(client):
    shop = await open_shop()
    rep = await make_staff(Role.SALES_MANAGER)
    acting = Client(client, await sign_in_as(rep, shop.rotterdam))
    done = await fill(acting, {"sku": "GL-9", "quantity": 3})
    assert done["cart"]["subtotal"]["amount"] == "10.00"
    assert (await Client(client, shop.token).ask("{ cart { id } }"))["cart"] is None


async def test_the_cart_s_ship_to_and_currency_decide_tax_and_price(client):
    shop, buyer = await a_buyer(client)
    zurich = await make_location(shop.harbour, "Zurich", currency="CHF")
    francs = await make_price_list("francs", currency="CHF", is_default=True)
    await set_price(francs, shop.glove, "4.00")
    swiss = Client(client, await sign_in_as(shop.buyer, zurich))
    assert await swiss.code("{ cart { id } }") == "NOT_SIGNED_IN"  # not hers
    manager = Client(client, await sign_in_as(await make_staff(Role.ADMIN), zurich))
    done = await fill(manager, {"sku": "GL-9", "quantity": 2})
    assert done["cart"]["subtotal"] == {"amount": "8.00", "currency": "CHF"}
    assert (await fill(buyer, {"sku": "GL-9", "quantity": 2}))["cart"]["subtotal"] == {"amount": "6.67", "currency": "EUR"}


async def test_one_assortment_that_excludes_shows_only_what_is_left(client):
    shop, buyer = await a_buyer(client)
    await make_assortment(
        "no-navy",
        rules=[{}, *({"includes": False, "variant_id": one.id} for one in shop.variants[3:])],
        location_id=shop.antwerp.id,
    )
    done = await fill(buyer, {"sku": "NW-1-NAVY-M", "quantity": 1})
    assert statuses(done) == ["SET"]  # the assortment of the company still allows it: the union counts


def test_dates_of_these_tests_lie_in_the_future() -> None:
    assert date.fromisoformat(LATER) < date.fromisoformat(LATEST)
