"""Quick order looks first and adds then, leaves what was refused to be mended; reorder shows what it would do and does it once."""

from typing import Any

from tests.storefront.canned import SHELL, CannedApi, browser

FRAME = {"viewer": SHELL["viewer"], "cart": None, "carts": []}


def a_row(index: int, **given: Any) -> dict[str, Any]:
    row = {"index": index, "input": f"N-{index}", "status": "SET", "code": None, "message": "", "quantity": 5, "unitPrice": None}
    row |= {"needed": None, "blocking": False, "asked": 5}
    return {**row, "variant": {"id": f"variant.{index}", "sku": f"N-{index}", "name": f"Item {index}"}, **given}


def refused(index: int) -> dict[str, Any]:
    return a_row(index, status="REFUSED", code="UNKNOWN", message="There is no such item.", variant=None, quantity=None)


def resolving(*rows: dict[str, Any]) -> dict[str, Any]:
    return {**FRAME, "resolveLines": list(rows)}


DONE = {"setCartLines": {"__typename": "SetCartLinesDone", "outcomes": []}}


async def test_the_check_changes_nothing_and_answers_every_line_by_its_number():
    api = CannedApi(ResolveLines=resolving(a_row(0), refused(1)))
    async with browser(api) as client:
        page = (await client.post("/quick-order", data={"text": "number\tpieces\n\nN-0\t5\nN-1\t3\n", "check": "1"})).text
    assert [name for name, _ in api.asked] == ["ResolveLines"]
    assert api.variables_of("ResolveLines")["mode"] == "ADD"
    assert '<td class="num at">4</td><th scope="row" class="sku">N-1	3</th><td class="why bad">There is no such item.' in page
    assert "Add 1 line to cart" in page


async def test_a_variant_on_two_lines_is_added_once_with_the_sum_of_both():
    row = {"variant": {"id": "variant.0", "sku": "N-0", "name": "Item 0"}, "quantity": 8}
    api = CannedApi(ResolveLines=resolving(a_row(0, **row), a_row(1, **row)), AddLines=DONE)
    async with browser(api) as client:
        answer = await client.post("/quick-order", data={"text": "N-0 5\nN-0 3", "add": "1"})
    assert api.variables_of("ResolveLines")["mode"] == "REPLACE"
    assert api.variables_of("AddLines") == {"lines": [{"variantId": "variant.0", "quantity": 8}]}
    assert answer.headers["location"] == "/cart?saved=1"


async def test_what_was_refused_stays_in_the_field_as_it_was_written():
    api = CannedApi(ResolveLines=resolving(a_row(0), refused(1)), AddLines=DONE, Frame=FRAME)
    async with browser(api) as client:
        answer = await client.post("/quick-order", data={"text": "N-0 5\nN-1 3", "add": "1"})
    assert answer.status_code == 422
    assert 'spellcheck="false">N-1 3</textarea>' in answer.text
    assert "1 item is in your cart" in answer.text


async def test_a_file_from_a_spreadsheet_is_read_whatever_its_letters():
    api = CannedApi(ResolveLines=resolving(a_row(0)))
    async with browser(api) as client:
        for content in ("\ufeffN-0;5".encode(), "N-0;5 Stück".encode("cp1252")):
            await client.post("/quick-order", data={"check": "1"}, files={"file": ("list.csv", content, "application/x-whatever")})
            assert api.variables_of("ResolveLines")["text"].strip().startswith("N-0;5")


async def test_an_empty_list_is_said_beside_the_field():
    api = CannedApi(QuickOrder={**FRAME, "frequentlyOrdered": []}, Examples={"products": {"nodes": []}})
    async with browser(api) as client:
        answer = await client.post("/quick-order", data={"text": " \n", "check": "1"})
    assert (answer.status_code, "Paste a list, or choose a file." in answer.text) == (422, True)


async def test_lines_that_block_checkout_are_not_counted_as_ready_and_offer_what_would_do():
    wrong = {
        "code": "NOT_A_MULTIPLE",
        "message": "N-1 comes by 12: 12 or 24.",
        "needed": "24",
        "blocking": True,
        "quantity": 15,
        "asked": 5,
    }
    api = CannedApi(ResolveLines=resolving(a_row(0), a_row(1, **wrong)))
    async with browser(api) as client:
        page = (await client.post("/quick-order", data={"text": "number\tpieces\nN-0\t5\nN-1\t5", "check": "1"})).text
        assert "1 line is ready to order" in page
        assert "1 needs another quantity first" in page
        assert 'name="put" value="1|N-1|14">Make it 14</button>' in page
        await client.post("/quick-order", data={"text": "number\tpieces\nN-0\t5\nN-1\t5", "put": "1|N-1|14"})
    assert api.variables_of("ResolveLines")["text"] == "N-0\t5\nN-1\t14"


async def test_an_unknown_number_offers_those_that_are_like_it():
    nodes = [
        {"name": "Jacket", "variants": [{"id": "variant.9", "sku": sku, "name": "Jacket M"} for sku in ("ZZ-77-BLUE", "N-10-M")]}
    ]
    api = CannedApi(
        ResolveLines=resolving(refused(0) | {"input": "N-1O-M", "code": "NOT_FOUND"}), Suggest={"products": {"nodes": nodes}}
    )
    async with browser(api) as client:
        page = (await client.post("/quick-order", data={"text": "N-1O-M 5", "check": "1"})).text
    assert 'name="put" value="0|N-10-M|5">N-10-M Jacket M</button>' in page
    assert "ZZ-77-BLUE" not in page


async def test_the_examples_are_items_that_this_viewer_can_order():
    variant = {"sku": "N-7", "gtin": "4006381333931", "quantityRule": {"minimum": 6}}
    api = CannedApi(QuickOrder={**FRAME, "frequentlyOrdered": []}, Examples={"products": {"nodes": [{"variants": [variant]}]}})
    async with browser(api) as client:
        page = (await client.get("/quick-order")).text
    assert 'placeholder="N-7 6\n4006381333931 6"' in page


async def test_reorder_shows_each_line_before_and_adds_once():
    line = {
        "outcome": "PRICE_CHANGED",
        "message": "Now 13.10, was 12.10.",
        "quantity": 6,
        "previousUnitPrice": {"amount": "12.10", "currency": "EUR"},
        "unitPrice": {"amount": "13.10", "currency": "EUR"},
        "variant": {"sku": "N-0", "name": "Item 0", "product": {"slug": "item"}},
        "orderLine": {"sku": "N-0", "name": "Item 0", "quantity": 6},
    }
    gone = line | {"outcome": "DISCONTINUED", "message": "No longer made.", "quantity": 0, "variant": None, "unitPrice": None}
    api = CannedApi(
        OrderToMove={"order": {"id": "order.1"}},
        ReorderPreview={**FRAME, "reorderPreview": {"lines": [line, gone]}},
        Reorder={"reorder": {"__typename": "ReorderDone", "lines": []}},
    )
    async with browser(api) as client:
        page = (await client.get("/orders/SO-1/again")).text
        for said in ("1 of 2 lines can be added", "Now 13.10, was 12.10.", "No longer made."):
            assert said in page
        await client.post("/orders/SO-1/again", data={"key": "key-1"})
    assert api.variables_of("Reorder") == {"orderId": "order.1"}
    assert api.headers[-1]["idempotency-key"] == "key-1"
