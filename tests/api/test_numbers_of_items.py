"""An item has one number, whatever its form: found by every door, refused for a second item, and stored without what nobody can see."""

from typing import Any

import asyncpg
import httpx
import pytest

from backend.catalogue.models import CustomerSku, Variant
from backend.catalogue.rules import sku_key
from backend.catalogue.tidying import tidy
from backend.core.database import execute, fetch_value
from backend.core.ids import global_id
from backend.core.viewer import Role, system_viewer
from tests.api.seller import staff
from tests.api.shopping import Client, Shop, open_shop
from tests.api.test_seller_catalogue import SAVE, UPDATE_VARIANT, parka, saved
from tests.factories.catalogue import make_product

UPC = "036000291452"
FORMS = [UPC, "0" + UPC, "00" + UPC, UPC.lstrip("0"), "0-36000-29145-2", "036000\u200b291452"]
FIND = "query ($q: String!) { products(query: $q) { nodes { variants { sku } } } }"
RESOLVE = "query ($text: String!) { resolveLines(text: $text) { status variant { sku } } }"
SET = """mutation ($sku: String!) { setCartLines(input: { lines: [{ sku: $sku, quantity: 1 }] }) {
  ... on SetCartLinesDone { outcomes { status variant { sku } } } } }"""
RECORDS = "query ($q: String!) { productRecords(query: $q) { nodes { name } } }"


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
async def admin(shop: Shop, client: httpx.AsyncClient) -> Client:
    return await staff(client)


async def with_gtin(gtin: str) -> Variant:
    _, (variant,) = await make_product("Soap", sku="SO-1", variant={"gtin": gtin})
    return variant


def skus_in(answer: Any) -> list[str]:
    """The SKUs that an answer names, wherever."""
    if isinstance(answer, dict):
        return [*([answer["sku"]] if "sku" in answer else []), *(sku for value in answer.values() for sku in skus_in(value))]
    return [sku for value in answer for sku in skus_in(value)] if isinstance(answer, list) else []


@pytest.mark.parametrize("stored", [UPC, "0" + UPC, "00" + UPC])
async def test_every_form_of_a_gtin_finds_the_item_by_every_door(shop: Shop, client: httpx.AsyncClient, stored: str) -> None:
    await with_gtin(stored)
    buyer = Client(client, shop.token)
    for form in FORMS:
        assert skus_in(await buyer.ask(FIND, q=form)) == ["SO-1"], form
        assert skus_in(await buyer.ask(RESOLVE, text=f"{form}\t1")) == ["SO-1"], form
        assert skus_in(await buyer.ask(SET, sku=form)) == ["SO-1"], form


async def test_a_digit_too_many_is_another_number(shop: Shop, client: httpx.AsyncClient) -> None:
    await with_gtin("4006381333931")
    buyer = Client(client, shop.token)
    for wrong in ("40063813339319", "4006381333932", "400638133393"):
        assert skus_in(await buyer.ask(RESOLVE, text=f"{wrong}\t1")) == [], wrong
        assert skus_in(await buyer.ask(SET, sku=wrong)) == [], wrong


@pytest.mark.parametrize("form", ["4006381333931", "04006381333931", "4006381-333931"])
async def test_a_taken_gtin_is_refused_in_every_form(shop: Shop, admin: Client, form: str) -> None:
    taken = await with_gtin("4006381333931")
    refused = await saved(admin, SAVE, input=parka(variants=[{"sku": "PK-S", "options": ["S"], "gtin": form}]))
    assert (refused["__typename"], refused["path"]) == ("InvalidInput", ["input", "variants", "0", "gtin"])
    assert "belongs to SO-1" in refused["message"]
    refused = await saved(admin, UPDATE_VARIANT, id=global_id("variant", shop.glove.id), input={"gtin": form})
    assert (refused["__typename"], refused["path"]) == ("InvalidInput", ["input", "gtin"])
    kept = await saved(admin, UPDATE_VARIANT, id=global_id("variant", taken.id), input={"gtin": form})
    assert [variant["gtin"] for variant in kept["variants"]] == [form.replace("-", "")]


async def test_two_items_change_their_numbers_in_one_save(shop: Shop, admin: Client) -> None:
    one, other = "4006381333931", UPC
    await saved(admin, SAVE, input=parka(variants=[_size("S", one), _size("M", other)]))
    product = await saved(admin, SAVE, input=parka(variants=[_size("S", "0" + other), _size("M", one)]))
    assert [variant["gtin"] for variant in product["variants"]] == ["0" + other, one]


def _size(size: str, gtin: str) -> dict[str, Any]:
    return {"sku": f"PK-{size}", "options": [size], "gtin": gtin}


async def test_the_database_itself_refuses_a_number_twice(shop: Shop) -> None:
    await with_gtin(UPC)
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute("UPDATE variant SET gtin = $1 WHERE id = $2", "0" + UPC, shop.glove.id)


async def test_numbers_that_were_double_before_stay_and_are_saved_again(shop: Shop, admin: Client) -> None:
    await with_gtin(UPC)
    await execute("UPDATE variant SET gtin = $1, gtin_is_shared = TRUE WHERE id = $2", "0" + UPC, shop.glove.id)
    record = await saved(admin, UPDATE_VARIANT, id=global_id("variant", shop.glove.id), input={"gtin": "0" + UPC, "minimum": 2})
    assert (record["__typename"], record["variants"][0]["gtin"]) == ("ProductRecord", "0" + UPC)


async def test_what_nobody_can_see_is_not_stored_and_is_said(shop: Shop, admin: Client) -> None:
    query = SAVE.replace("{ id slug", "{ notices id slug")
    product = await saved(
        admin,
        query,
        input=parka(
            name="Par\u200bka\u00a0coat",
            brand="North\u00adline",
            optionNames=["Si\u200bze"],
            variants=[{"sku": "\ufeffPK-S", "options": ["\u200bS"], "gtin": "4006381\u00a0333931"}],
        ),
    )
    assert (product["name"], product["brand"], product["options"]) == (
        "Parka coat",
        "Northline",
        [{"name": "Size", "values": ["S"]}],
    )
    (variant,) = product["variants"]
    assert (variant["sku"], variant["name"], variant["gtin"]) == ("PK-S", "Parka coat S", "4006381333931")
    assert {notice.rsplit("the ", 1)[1].split(" “")[0] for notice in product["notices"]} == {
        "name", "brand", "option", "SKU", "option value", "GTIN",
    }  # fmt: skip
    again = await saved(admin, query, input=parka(name="Parka coat", variants=[{"sku": "PK\u200b-S", "options": ["S"]}]))
    assert [variant["sku"] for variant in again["variants"]] == ["PK-S"]


async def test_a_sku_that_was_stored_with_something_hidden_is_still_changed(shop: Shop, admin: Client) -> None:
    await execute("UPDATE variant SET sku = $1 WHERE id = $2", "GL\u200b-9", shop.glove.id)
    record = await saved(admin, UPDATE_VARIANT, id=global_id("variant", shop.glove.id), input={"minimum": 3})
    assert [variant["quantityRule"]["minimum"] for variant in record["variants"]] == [3]
    assert (
        await fetch_value(
            "SELECT count(*) FROM variant WHERE product_id = (SELECT product_id FROM variant WHERE id = $1)", shop.glove.id
        )
        == 1
    )


async def test_a_typed_number_may_hold_what_nobody_can_see(shop: Shop, client: httpx.AsyncClient) -> None:
    await CustomerSku.create(company_id=shop.harbour.id, variant_id=shop.glove.id, sku="MY-77", sku_key=sku_key("MY-77"))
    buyer = Client(client, shop.token)
    for typed in ("GL\u200b-9", "GL-9\u00a0", "\ufeffGL-9", "MY\u00ad-77"):
        assert skus_in(await buyer.ask(SET, sku=typed)) == ["GL-9"], typed
    assert skus_in(await buyer.ask(FIND, q="Work\u00adglove gl\u200b-9"))[:1] == ["GL-9"]


async def test_the_seller_finds_products_and_stock_by_every_form_of_a_number(shop: Shop, admin: Client) -> None:
    await with_gtin(UPC)
    await saved(admin, 'mutation { setStock(rows: [{ sku: "SO-1", warehouse: "MAIN", quantity: 1 }]) { __typename } }')
    levels = "query ($q: String!) { stockLevels(query: $q) { nodes { sku } } }"
    for form in [*FORMS, "so1", "SO 1"]:
        assert [node["name"] for node in (await admin.ask(RECORDS, q=form))["productRecords"]["nodes"]] == ["Soap"], form
        assert skus_in(await admin.ask(levels, q=form)) == ["SO-1"], form


async def test_a_customer_is_found_by_its_people_and_only_by_those_who_may_see_them(
    shop: Shop, admin: Client, client: httpx.AsyncClient
) -> None:
    query = "query ($q: String!) { companies(query: $q) { nodes { name } } }"
    await execute("UPDATE user_account SET name = 'Ada Visser', email = 'ada@harbour.example' WHERE id = $1", shop.buyer.user_id)
    for typed in ("visser", "ada@harbour"):
        assert (await admin.ask(query, q=typed))["companies"]["nodes"] == [{"name": "Harbour Workwear"}]
        assert (await Client(client, shop.token).ask(query, q=typed))["companies"]["nodes"] == []
        assert (await (await staff(client, Role.WAREHOUSE)).ask(query, q=typed))["companies"]["nodes"] == []


async def test_what_an_older_version_stored_is_cleaned_where_that_makes_nothing_twice(shop: Shop) -> None:
    first, second = shop.variants[0], shop.variants[1]
    await execute("UPDATE variant SET sku = $1 WHERE id = $2", "GL\u200b-9", first.id)
    await execute("UPDATE variant SET sku = $1, name = $2 WHERE id = $3", "NW\u00ad-2", "Soft\u00a0shell", second.id)
    await execute(
        "UPDATE variant SET gtin = $1, gtin_is_shared = id = $2 WHERE id = ANY ($3)", UPC, first.id, [first.id, second.id]
    )
    done = await tidy(system_viewer())
    assert done.changed == 2
    stored = await Variant.get(id=second.id)
    assert (stored.sku, stored.sku_key, stored.name) == ("NW-2", "NW2", "Soft shell")
    assert (await Variant.get(id=first.id)).sku == "GL\u200b-9"
    assert [sentence.split(":")[0] for sentence in done.left] == [
        "The sku “GL-9” (variant) would be there twice, or empty",
        f"The GTIN {UPC} belongs to several variants",
    ]
    assert (await tidy(system_viewer())).changed == 0
