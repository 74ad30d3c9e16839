"""Bad input is answered, never broken by: a bad row is refused alone, shape and limits change nothing, nothing is ever INTERNAL."""

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.api.schema import schema
from backend.core import clock
from backend.core.ids import global_id
from backend.core.viewer import Role
from tests.api.hostile import attacks
from tests.api.shopping import SET_LINES, Client, Shop, fill, open_shop, place
from tests.factories.catalogue import make_pack
from tests.factories.companies import make_staff, sign_in_as

TODAY = clock.today()
YESTERDAY, LATER, LATEST = (str(TODAY + timedelta(days=days)) for days in (-1, 30, 60))
GOOD = {"sku": "GL-9", "quantity": 2}
HOSTILE_TEXTS = [
    "\0", "GL-9\0", "\x1b[31mGL-9", "\u202eGL-9", "\u200b", "💥", "مرحبا", "x" * 65, "x" * 100_000, "%", "' OR 1=1 --", "", "   ",
    "\ud7ff\ue000\uffff",
]  # fmt: skip
# What no person can see is left out of a number, so that these are GL-9.
WITHOUT_WHAT_IS_INVISIBLE = {"GL-9\0", "\u202eGL-9"}
UPDATE = """mutation ($input: UpdateCartInput!) { updateCart(input: $input) { __typename
  ... on InvalidInput { message path code } ... on NotFound { message } } }"""
EXPECTING = "mutation ($m: MoneyInput) { placeOrder(input: {expectedTotal: $m}) { __typename } }"
SEARCH = """query ($q: String, $o: [SelectedOptionInput!]) { products(query: $q, filter: {options: $o}) { totalCount nodes { name } facets { name } }
  orders(query: $q) { totalCount } }"""
BY_ID = "query ($id: ID!) { node(id: $id) { id } product(id: $id) { id } cart(id: $id) { id } order(id: $id) { id } }"
BY_TEXT = """query ($text: String!) { product(slug: $text) { id } bySku: product(sku: $text) { id } order(number: $text) { id }
  explainPrice(sku: $text) { quantity } }"""


async def a_buyer(client: httpx.AsyncClient) -> tuple[Shop, Client]:
    shop = await open_shop()
    return shop, Client(client, shop.token)


async def refused_alone(buyer: Client, row: dict[str, Any]) -> dict[str, Any]:
    """The outcome of this row, sent between two good ones that are both set."""
    done = await fill(buyer, GOOD, row, {"sku": "NW-1-NAVY-M", "quantity": 1}, mode="REPLACE")
    assert done["__typename"] == "SetCartLinesDone", (row, done)
    assert [outcome["status"] for outcome in done["outcomes"]][0::2] in (["SET", "SET"], ["UNCHANGED", "UNCHANGED"]), row
    assert [(line["sku"], line["quantity"]) for line in done["cart"]["lines"]] == [("GL-9", 2), ("NW-1-NAVY-M", 1)], row
    outcome: dict[str, Any] = done["outcomes"][1]
    assert outcome["status"] == "REFUSED", row
    assert len(outcome["message"]) > 10, row
    return outcome


async def bad_input(buyer: Client, lines: list[Any], **more: Any) -> str:
    """The message of the BAD_INPUT that is the whole answer."""
    answer = (await buyer.post(SET_LINES, {"input": {"lines": lines, **more}})).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_INPUT", answer
    assert not (answer.get("data") or {}).get("setCartLines")
    return str(error["message"])


# ------------------------------------------------------------------------------------------------ rows


async def test_a_quantity_that_cannot_be_is_refused_alone(client):
    _, buyer = await a_buyer(client)
    for quantity in (-1, -(2**31), 1_000_001, 2**31 - 1):
        outcome = await refused_alone(buyer, {"sku": "NW-1-BLACK-M", "quantity": quantity})
        assert outcome["code"] == "INVALID_QUANTITY"
    assert "1,000,000" in outcome["message"]


async def test_a_number_that_nothing_has_is_refused_alone_whatever_it_is_made_of(client):
    _, buyer = await a_buyer(client)
    for text in HOSTILE_TEXTS:
        if text not in WITHOUT_WHAT_IS_INVISIBLE:
            outcome = await refused_alone(buyer, {"sku": text, "quantity": 1})
            assert (outcome["code"], outcome["input"]) == ("NOT_FOUND", text)


async def test_a_key_that_nothing_has_is_refused_alone(client):
    shop, buyer = await a_buyer(client)
    glove = shop.glove.id
    for key in (
        "variant.1",
        f"product.{glove}",
        f"variant.{glove}x",
        f"variant.0{glove}",
        "variant.99999999999999999999",
        "💥",
        "variant.",
        f"Variant.{glove}",
    ):
        assert (await refused_alone(buyer, {"variantId": key, "quantity": 1}))["code"] == "NOT_FOUND"
        assert (await refused_alone(buyer, {"lineId": key, "quantity": 1}))["code"] == "NOT_FOUND"


async def test_a_pack_a_place_and_a_note_that_cannot_be_are_refused_alone(client):
    shop, buyer = await a_buyer(client)
    await make_pack(shop.variants[1], 6)
    row = {"sku": "NW-1-BLACK-M", "quantity": 6}
    for pack in ("PALLET", "case", "\0", "x" * 10_000, ""):
        outcome = await refused_alone(buyer, {**row, "pack": pack})
        assert outcome["code"] == "UNKNOWN_PACK"
        assert "CASE" in outcome["message"]
    for key in (shop.hill_location.id, 1, 2**70):
        outcome = await refused_alone(buyer, {**row, "shipToId": f"location.{key}"})
        assert outcome["code"] == "UNKNOWN_SHIP_TO"
    assert (await refused_alone(buyer, {**row, "shipToId": "\0"}))["code"] == "UNKNOWN_SHIP_TO"
    assert (await refused_alone(buyer, {**row, "note": "n" * 501}))["code"] == "NOTE_TOO_LONG"


async def test_a_note_keeps_every_script_and_loses_only_what_cannot_be_printed(client):
    _, buyer = await a_buyer(client)
    for note, kept in (("مرحبا 💥 Größe", "مرحبا 💥 Größe"), ("a\0b\x1bc", "a b c"), ("  \0 ", None), ("", None)):
        line = (await fill(buyer, {**GOOD, "note": note}))["cart"]["lines"][0]
        assert line["note"] == kept


async def test_dates_that_cannot_be_kept_are_problems_of_their_lines(client):
    _, buyer = await a_buyer(client)
    for dates, needed in (
        ({"requestedShipDate": YESTERDAY}, None), ({"cancelDate": YESTERDAY}, None),
        ({"requestedShipDate": LATEST, "cancelDate": LATER}, LATEST), ({"requestedShipDate": "0001-01-01"}, None),
    ):  # fmt: skip
        done = await fill(buyer, {**GOOD, **dates}, mode="REPLACE")
        assert [outcome["status"] for outcome in done["outcomes"]] == ["SET"], dates
        (problem,) = [one for one in done["cart"]["problems"] if one["line"]]
        assert (problem["code"], problem["needed"], problem["blocking"]) == ("INVALID_DATES", needed or str(clock.today()), True)
        refused = await place(buyer)
        assert [one["code"] for one in refused["problems"]] == ["INVALID_DATES"]
    far = await fill(buyer, {**GOOD, "requestedShipDate": "9999-12-31"}, mode="REPLACE")
    assert far["cart"]["lines"][0]["requestedShipDate"] == "9999-12-31"


async def test_what_is_not_a_row_changes_nothing(client):
    _, buyer = await a_buyer(client)
    before = (await fill(buyer, GOOD))["cart"]
    good = {"sku": "NW-1-NAVY-M", "quantity": 1}
    shapes: list[Any] = [
        {"quantity": 1}, {"sku": "GL-9"}, {"sku": None, "quantity": 1}, {"sku": "GL-9", "variantId": "variant.1", "quantity": 1},
        {"sku": "GL-9", "quantity": 1.5}, {"sku": "GL-9", "quantity": "1"}, {"sku": "GL-9", "quantity": None}, {"sku": "GL-9", "quantity": 2**31},
        {"sku": "GL-9", "quantity": True}, {"sku": 9, "quantity": 1}, {"sku": "GL-9", "quantity": 1, "colour": "red"}, None, [], "GL-9",
        {**GOOD, "requestedShipDate": "tomorrow"}, {**GOOD, "requestedShipDate": "2026-02-30"}, {**GOOD, "requestedShipDate": "2026-12-01T00:00"},
    ]  # fmt: skip
    for shape in shapes:
        assert await bad_input(buyer, [good, shape, good])
    assert "5,000" in await bad_input(buyer, [good] * 5_001)
    assert await bad_input(buyer, [good], mode="MULTIPLY")
    assert await bad_input(buyer, [good], expectedVersion=2**31)
    after = (await buyer.ask("{ cart { version unitCount } }"))["cart"]
    assert after == {"version": before["version"], "unitCount": 2}


async def test_half_a_surrogate_is_no_text(client):
    _, buyer = await a_buyer(client)
    body = b'{"query": "query ($sku: String!) { product(sku: $sku) { id } }", "variables": {"sku": "\\ud800"}}'
    answer = await buyer.http.post(
        "/graphql", content=body, headers={"Content-Type": "application/json", "Authorization": f"Bearer {buyer.token}"}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


# ------------------------------------------------------------------------------------------------ ids, cursors, pages


async def test_a_malformed_or_foreign_id_is_simply_absent(client):
    shop, buyer = await a_buyer(client)
    glove = global_id("variant", shop.glove.id)
    for key in (
        "",
        "variant",
        "variant.1",
        f"{glove}\0",
        glove.upper(),
        f"product.{shop.glove.id}",
        "cart.1",
        "💥",
        "a" * 5_000,
        "variant.١",
    ):
        assert await buyer.ask(BY_ID, id=key) == {
            "node": None, "product": None, "cart": None, "order": None,
        }, key  # fmt: skip
        assert (await buyer.ask("query ($ids: [ID!]!) { grids(productIds: $ids) { columns } }", ids=[key]))["grids"] == []
    for text in HOSTILE_TEXTS:
        found = await buyer.ask(
            BY_TEXT,
            text=text,
        )  # fmt: skip
        assert (found["product"], found["order"]) == (None, None), text
        assert {name for name in ("bySku", "explainPrice") if found[name]} == (
            {"bySku", "explainPrice"} if text in WITHOUT_WHAT_IS_INVISIBLE else set()
        ), text


async def test_a_search_for_anything_finds_something_or_nothing(client):
    _, buyer = await a_buyer(client)
    for text in HOSTILE_TEXTS:
        found = await buyer.ask(SEARCH, q=text, o=None)
        assert found["products"]["totalCount"] == len(found["products"]["nodes"])
        assert found["orders"]["totalCount"] == 0
        assert (await buyer.ask(SEARCH, q=None, o=[{"name": text, "value": text}]))["products"]["totalCount"] == 0


async def test_pages_are_asked_for_in_one_way_only(client):
    _, buyer = await a_buyer(client)
    for field in ("products", "orders", "locations", "companies"):
        for arguments in (
            "first: 1, last: 1", "first: -1", "first: 101", "last: 101",
            'after: "nonsense"', 'after: ""', 'after: "W10"', 'before: "bnVsbA"', 'after: "WzEsMl0"', 'after: "💥"',
            'first: 1, after: "WyJcdTAwMDAiLDFd"',
        ):  # fmt: skip
            answer = (await buyer.post(f"{{ {field}({arguments}) {{ totalCount nodes {{ id }} }} }}")).json()
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_INPUT"], (field, arguments, answer)
        assert (await buyer.ask(f"{{ {field}(first: 0) {{ nodes {{ id }} }} }}"))[field]["nodes"] == []


async def test_a_cursor_of_another_list_or_sort_is_refused_or_answered(client):
    _, buyer = await a_buyer(client)
    cursor = (await buyer.ask("{ products(first: 1) { pageInfo { endCursor } } }"))["products"]["pageInfo"]["endCursor"]
    for field in ("orders", "products(sort: NEWEST)", "companies"):
        asked = field.replace(")", f', after: "{cursor}")') if ")" in field else f'{field}(after: "{cursor}")'
        answer = (await buyer.post(f"{{ {asked} {{ nodes {{ id }} }} }}")).json()
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        assert codes in ([], ["BAD_INPUT"]), (field, answer)


async def test_exactly_one_key_is_asked_for(client):
    _, buyer = await a_buyer(client)
    for query in (
        "{ product { id } }",
        '{ product(id: "a", sku: "b") { id } }',
        "{ order { id } }",
        '{ order(id: "a", number: "b") { id } }',
        '{ explainPrice(sku: "GL-9", quantity: 0) { quantity } }',
    ):
        assert await buyer.code(query) == "BAD_INPUT", query


# ------------------------------------------------------------------------------------------------ carts and orders


async def test_a_cart_s_own_values_that_cannot_stand_name_their_path_and_change_nothing(client):
    shop, buyer = await a_buyer(client)
    before = (await fill(buyer, GOOD))["cart"]
    for values, answer in (
        ({"name": "x" * 121}, "InvalidInput"), ({"name": "a\0"}, "InvalidInput"), ({"codes": ["x", "y" * 65]}, "InvalidInput"),
        ({"codes": [f"code {number}" for number in range(21)]}, "InvalidInput"), ({"codes": ["\0"]}, "InvalidInput"),
        ({"shippingMethod": "ROCKET"}, "InvalidInput"), ({"shippingMethod": "\0"}, "InvalidInput"),
        ({"shippingMethod": "x" * 10_000}, "InvalidInput"),
        ({"shipToId": global_id("location", shop.hill_location.id)}, "NotFound"), ({"shipToId": "\0"}, "NotFound"), ({"cartId": "\0"}, "NotFound"),
    ):  # fmt: skip
        done = (await buyer.ask(UPDATE, input=values))["updateCart"]
        assert (done["__typename"], bool(done["message"])) == (answer, True), values
        if "shippingMethod" in values:
            assert (done["path"], done["code"]) == (["input", "shippingMethod"], "UNKNOWN")
    after = (await buyer.ask("{ cart { version name unitCount } }"))["cart"]
    assert after == {"version": before["version"], "name": "", "unitCount": 2}
    for name in ("", "  ", "x" * 121, "\0", "a\nb\x07"):
        made = (await buyer.ask("mutation ($name: String!) { createCart(name: $name) { __typename } }", name=name))["createCart"]
        assert made["__typename"] == "InvalidInput", name


async def test_money_that_is_none_is_refused_and_orders_nothing(client):
    _, buyer = await a_buyer(client)
    await fill(buyer, GOOD)
    for amount, answer in (("8.075", "InvalidInput"), ("-8.07", "TotalChanged"), ("0", "TotalChanged"), ("9" * 30, "InvalidInput")):
        assert (await place(buyer, expectedTotal={"amount": amount, "currency": "EUR"}))["__typename"] == answer, amount
    nonsense: list[Any] = ["NaN", "Infinity", "1e3", "8,07", "", "\0", 8.07, True, None, {}]
    for amount in nonsense:
        answer = (
            await buyer.post(
                EXPECTING,
                {"m": {"amount": amount, "currency": "EUR"}},
            )
        ).json()
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT", amount
    for currency, code in (("eur", "BAD_INPUT"), ("EURO", "BAD_INPUT"), ("\0\0\0", "BAD_INPUT"), ("USD", None)):
        answer = (
            await buyer.post(
                EXPECTING,
                {"m": {"amount": "8.07", "currency": currency}},
            )
        ).json()
        assert ("errors" in answer) is (code is not None)
    assert (await buyer.ask("{ orders { totalCount } cart { unitCount } }")) == {
        "orders": {"totalCount": 0},
        "cart": {"unitCount": 2},
    }


async def test_a_price_can_be_explained_for_any_day_and_quantity(client):
    _, buyer = await a_buyer(client)
    query = 'query ($q: Int!, $at: DateTime) { explainPrice(sku: "GL-9", quantity: $q, at: $at) { unitPrice { amount } } }'
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", None):
        assert (await buyer.ask(query, q=2**31 - 1, at=moment))["explainPrice"]["unitPrice"]["amount"] == "3.3333"


# ------------------------------------------------------------------------------------------------ everything else


@pytest.mark.parametrize("kind", ["query", "mutation"])
@pytest.mark.parametrize("role", [Role.ADMIN, Role.COMPANY_ADMIN])
async def test_no_argument_of_any_field_breaks_us(client, kind, role):
    """Each argument of the whole schema, hostile one by one, as somebody who may do everything and as a buyer."""
    shop = await open_shop()
    who = await make_staff(Role.ADMIN)
    client_of = Client(client, shop.token if role is Role.COMPANY_ADMIN else await sign_in_as(who))
    broken, answers = [], Counter[str]()
    for attack in attacks(schema._schema, kind):
        if attack.query.startswith(("mutation { signOut", "mutation($current", "mutation($token")):
            continue
        answer = (await client_of.post(attack.query, attack.variables)).json()
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        answers.update(codes or ["answered"])
        if "INTERNAL" in codes:
            broken.append(attack.what)
    print(dict(answers))
    assert broken == []
    assert answers["NOT_SIGNED_IN"] == 0


ROWS = st.lists(
    st.fixed_dictionaries(
        {"sku": st.one_of(st.sampled_from(["GL-9", "gl 9", "NW-1-BLACK-S", "NW-1-NAVY-L", "nw1navym", "NO-1", ""]), st.text(max_size=8)),
         "quantity": st.one_of(st.integers(-2, 30), st.sampled_from([1_000_000, 1_000_001, 2**31 - 1, -(2**31)]))},
        optional={
            "pack": st.sampled_from([None, "CASE", "PALLET", "\0"]), "note": st.one_of(st.none(), st.text(max_size=12)),
            "requestedShipDate": st.sampled_from([None, YESTERDAY, LATER, "9999-12-31"]), "cancelDate": st.sampled_from([None, LATER, "0001-01-01"]),
        },
    ),
    max_size=12,
)  # fmt: skip


async def test_whatever_rows_are_sent_the_cart_is_what_the_outcomes_say(client):
    shop, buyer = await a_buyer(client)
    await make_pack(shop.glove, 6)
    seen: list[tuple[list[dict[str, Any]], str, dict[str, Any]]] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(ROWS, st.sampled_from(["SET", "ADD", "REPLACE"]))
    def draw(rows: list[dict[str, Any]], mode: str) -> None:
        seen.append((rows, mode, {}))

    draw()
    version = -1
    for rows, mode, _ in seen:
        answer = (await buyer.post(SET_LINES, {"input": {"lines": rows, "mode": mode}})).json()
        assert "errors" not in answer, (rows, answer)
        done = answer["data"]["setCartLines"]
        outcomes, lines = done["outcomes"], done["cart"]["lines"]
        assert [(one["index"], one["input"]) for one in outcomes] == [(index, row["sku"]) for index, row in enumerate(rows)]
        there = {(line["sku"], line["quantity"]) for line in lines}
        for one in outcomes:
            assert one["message"]
            if one["status"] in ("SET", "UNCHANGED") and one["quantity"]:
                assert (one["variant"]["sku"], one["quantity"]) in there, (rows, mode, one, there)
        if mode == "REPLACE":
            named = {one["variant"]["sku"] for one in outcomes if one["variant"]}
            assert {line["sku"] for line in lines} <= named
        moved = any(one["status"] in ("SET", "REMOVED") for one in outcomes)
        assert done["cart"]["version"] > version or not moved
        version = done["cart"]["version"]
        again = (await buyer.post(SET_LINES, {"input": {"lines": rows, "mode": mode}})).json()["data"]["setCartLines"]
        if mode != "ADD":
            assert {one["status"] for one in again["outcomes"]} <= {"UNCHANGED", "REFUSED"}, (rows, mode, again["outcomes"])
        version = again["cart"]["version"]
        assert (await buyer.ask("{ cart { version lineCount } }"))["cart"] == {
            "version": version,
            "lineCount": len(again["cart"]["lines"]),
        }
