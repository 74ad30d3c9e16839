"""Named carts: every page shows the one that is worked in, and every form saves into the one that it was drawn for."""

from typing import Any

from tests.storefront.canned import SHELL, CannedApi, a_cart, a_cell, a_grid, browser

NAMED = {
    "id": "cart.7",
    "name": "Spring & summer",
    "version": 3,
    "unitCount": 12,
    "lineCount": 2,
    "subtotal": {"amount": "145.20", "currency": "EUR"},
    "problems": [],
}
TOTAL = {"total": {"amount": "175.69", "currency": "EUR"}}
CHOSEN = {"linesheet-cart": "cart.7"}


def carts_page(variables: dict[str, Any]) -> dict[str, Any]:
    cart = NAMED if variables.get("cart") == "cart.7" else None
    return {**SHELL, "cart": cart, "open": {"id": "cart.1"}, "carts": [NAMED | {"id": "cart.1", "name": ""} | TOTAL, NAMED | TOTAL]}


async def test_the_carts_are_listed_with_the_one_that_is_worked_in_marked():
    async with browser(CannedApi(Carts=carts_page)) as client:
        client.cookies.update(CHOSEN)
        shown = (await client.get("/carts")).text
    for part in ("Open cart", "Spring &amp; summer", "you work in this one", "175.69 EUR", 'class="into named"'):
        assert part in shown
    assert shown.count("Work in this") == 1


async def test_a_new_cart_is_worked_in_at_once():
    api = CannedApi(CreateCart={"createCart": {"__typename": "Cart", "id": "cart.7"}})
    async with browser(api) as client:
        answer = await client.post("/carts", data={"do": "create", "name": "Spring"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/carts")
    assert "linesheet-cart=cart.7" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]


async def test_a_name_that_cannot_stand_is_refused_beside_its_field():
    api = CannedApi(CreateCart={"createCart": {"__typename": "InvalidInput", "message": "Give the cart a name."}}, Carts=carts_page)
    async with browser(api) as client:
        answer = await client.post("/carts", data={"do": "create", "name": " "})
    assert (answer.status_code, "Give the cart a name." in answer.text) == (422, True)


async def test_a_cart_is_emptied_only_as_it_was_seen():
    api = CannedApi(
        EmptyCart={"setCartLines": {"__typename": "SetCartLinesDone"}}, RenameCart={"updateCart": {"__typename": "Cart"}}
    )
    async with browser(api) as client:
        await client.post("/carts", data={"do": "empty", "id": "cart.7", "version": "3"})
        await client.post("/carts", data={"do": "rename", "id": "cart.7", "name": "Autumn"})
    assert api.variables_of("EmptyCart") == {"id": "cart.7", "version": 3}
    assert api.variables_of("RenameCart") == {"id": "cart.7", "name": "Autumn"}


async def test_a_grid_opens_with_the_chosen_cart_and_saves_into_it():
    grid = a_grid([[a_cell(4, id="a")]])
    done = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [{"index": 0, "status": "SET", "message": ""}]}
    api = CannedApi(
        Product={**SHELL, "cart": NAMED, "product": {"id": "product.1"}},
        Grids={**SHELL, "cart": NAMED, "grids": [grid]},
        SetCartLines={"setCartLines": done},
    )
    async with browser(api) as client:
        client.cookies.update(CHOSEN)
        shown = (await client.get("/products/jacket")).text
        assert "cart=cart.7" in shown
        assert api.variables_of("Grids") == {"ids": ["product.1"], "cart": "cart.7"}
        await client.post("/products/jacket", data={"cart": "cart.7", "version": "3", "q.a": "6", "was.a": "4"})
    assert api.variables_of("SetCartLines")["input"]["cartId"] == "cart.7"


async def test_a_form_saves_into_the_cart_that_it_was_drawn_for():
    done = {"__typename": "SetCartLinesDone", "cart": a_cart(), "outcomes": [{"index": 0, "status": "SET", "message": ""}]}
    api = CannedApi(SetCartLines={"setCartLines": done})
    async with browser(api) as client:
        client.cookies.update(CHOSEN)
        answer = await client.post("/products/jacket", data={"cart": "", "version": "1", "q.a": "6"})
    assert "cartId" not in api.variables_of("SetCartLines")["input"]
    assert 'linesheet-cart=""' in answer.headers["set-cookie"]


async def test_a_cart_that_is_gone_gives_way_to_the_open_one():
    def frame(variables: dict[str, Any]) -> dict[str, Any]:
        return carts_page({}) | {"cart": None if "cart" in variables else NAMED | {"id": "cart.1", "name": ""}}

    async with browser(CannedApi(Carts=frame)) as client:
        client.cookies.update(CHOSEN)
        answer = await client.get("/carts")
    assert (answer.status_code, 'class="into"' in answer.text) == (200, True)
    assert 'linesheet-cart=""' in answer.headers["set-cookie"]


async def test_an_order_of_a_named_cart_ends_in_the_open_one():
    api = CannedApi(PlaceOrder={"placeOrder": {"__typename": "OrdersPlaced", "orders": [{"number": "SO-1"}], "paymentUrl": None}})
    async with browser(api) as client:
        client.cookies.update(CHOSEN)
        form = {"cart": "cart.7", "version": "3", "key": "k", "total": "1.00", "currency": "EUR"}
        answer = await client.post("/checkout", data=form)
    assert api.variables_of("PlaceOrder")["input"]["cartId"] == "cart.7"
    assert 'linesheet-cart=""' in answer.headers["set-cookie"]
