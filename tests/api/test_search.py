"""Searching as a buyer: what is found, in which order, and that what she cannot see changes nothing."""

from dataclasses import dataclass

import httpx
import pytest

from backend.catalogue.actions import save_categories, update_brand, update_variants
from backend.catalogue.drafts import CategoryDraft, VariantDraft
from backend.catalogue.models import CustomerSku, Product, ProductSearch
from backend.catalogue.rules import sku_key
from backend.catalogue.search import refresh_missing
from backend.core.database import count_statements, execute, fetch, fetch_value, one_connection
from backend.core.viewer import system_viewer
from backend.shop import commonness
from backend.shop.commonness import Commonness
from backend.shop.search import match_text
from tests.api.shopping import Client, Shop, open_shop
from tests.factories.catalogue import make_assortment, make_brand, make_category, make_product
from tests.factories.companies import viewer_of

SEARCH = """
query ($text: String!) { products(query: $text, first: 50) { totalCount nodes { id name } facets { kind values { count } } } }
"""
PAGE = """
query ($after: String) { products(query: "cape", first: 3, after: $after) { totalCount nodes { name } pageInfo { hasNextPage endCursor } } }
"""


@dataclass
class Finder:
    """Searches as one buyer; answers names, best first."""

    client: Client

    async def names(self, query: str) -> list[str]:
        found = (await self.client.ask(SEARCH, text=query))["products"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["name"] for node in found["nodes"]]


@pytest.fixture
async def shop(database: str) -> Shop:
    shop = await open_shop()
    jackets = await make_category("Jackets", await make_category("Workwear"))
    bekina = await make_brand("Bekina")
    await make_product("Hi-Vis T-shirt", sku="HV-77", options={"Size": ["S", "XXL"]}, categories=[jackets])
    await make_product("Thermal boot", sku="BK-40", brand=bekina, description="Keeps feet warm in the softshell weather of autumn.")
    await make_product("Jacket hanger", sku="JH-3", brand=bekina, variant={"gtin": "08712345678906"})
    await make_product("Größenberater für Überschuhe", sku="UE-1")
    return shop


@pytest.fixture
def harbour(client: httpx.AsyncClient, shop: Shop) -> Finder:
    return Finder(Client(client, shop.token))


@pytest.fixture
def hill(client: httpx.AsyncClient, shop: Shop) -> Finder:
    return Finder(Client(client, shop.hill_token))


FOUND = {
    "softshell": "Softshell jacket",
    "SOFTSHELL": "Softshell jacket",
    "softsh": "Softshell jacket",
    "soft shell": "Softshell jacket",
    "softshell jackets": "Softshell jacket",
    "jacket northline navy": "Softshell jacket",
    "hi vis": "Hi-Vis T-shirt",
    "hivis": "Hi-Vis T-shirt",
    "tshirt": "Hi-Vis T-shirt",
    "t-shirt xxl": "Hi-Vis T-shirt",
    "workwear": "Hi-Vis T-shirt",
    "bekina boots": "Thermal boot",
    "grossenberater": "Größenberater für Überschuhe",
    "uberschuhe": "Größenberater für Überschuhe",
}


async def test_words_find_names_brands_categories_and_options(harbour: Finder) -> None:
    found = {query: (await harbour.names(query))[:1] for query in FOUND}
    assert found == {query: [name] for query, name in FOUND.items()}


async def test_typing_errors_are_forgiven(harbour: Finder) -> None:
    for query in ("sofshell", "softhsell", "sotfshell", "sofshel jaket", "softshelljacket", "jaket navy", "jakcet", "sofshe"):
        assert "Softshell jacket" in await harbour.names(query), query


async def test_part_numbers_are_found_however_they_are_written(harbour: Finder) -> None:
    for query in ("NW-1-NAVY-L", "nw1navyl", "nw 1 navy l", "NW-1", "nw1nav", "Nw_1.Navy/L"):
        assert (await harbour.names(query))[:1] == ["Softshell jacket"], query


async def test_barcodes_are_found_with_and_without_leading_zeros(harbour: Finder) -> None:
    for query in ("08712345678906", "8712345678906", "8712345"):
        assert await harbour.names(query) == ["Jacket hanger"], query


async def test_every_word_has_to_be_met(harbour: Finder) -> None:
    assert await harbour.names("softshell boot") == ["Thermal boot"]
    assert await harbour.names("glove navy") == []


async def test_numbers_come_before_names_names_before_brands_and_those_before_descriptions(harbour: Finder) -> None:
    assert await harbour.names("softshell") == ["Softshell jacket", "Thermal boot"]
    assert await harbour.names("jacket") == ["Jacket hanger", "Softshell jacket", "Hi-Vis T-shirt"]
    await make_product("Another NW1NAVYL", sku="ZZ-1")
    assert await harbour.names("nw-1-navy-l") == ["Softshell jacket", "Another NW1NAVYL"]


async def own_number(shop: Shop, number: str) -> None:
    variant = shop.variants[0]
    await CustomerSku.create(company_id=shop.harbour.id, variant_id=variant.id, sku=number, sku_key=sku_key(number))


async def test_own_part_numbers_are_found_by_their_company(shop: Shop, harbour: Finder) -> None:
    await own_number(shop, "HW-4711")
    for query in ("HW 4711", "hw-4711", "hw47", "hw4711 softshell", "jacket hw4711"):
        assert await harbour.names(query) == ["Softshell jacket"], query


async def test_own_part_numbers_are_nobody_else_s(shop: Shop, hill: Finder) -> None:
    await make_assortment("everything", company_id=shop.hill.id)
    await own_number(shop, "HW-4711")
    assert await hill.names("hw-4711") == []
    assert await hill.names("softshell jacket") == ["Softshell jacket"]


async def test_what_is_outside_the_assortment_is_not_found(hill: Finder) -> None:
    for query in ("softshell", "nw-1", "NW-1-NAVY-L", "northline", "sofshell", "jacket", "workwear"):
        assert set(await hill.names(query)) <= {"Work glove"}, query


async def test_a_hidden_word_does_not_stop_a_misspelt_one_from_being_forgiven(hill: Finder) -> None:
    before = await hill.names("gloove")
    await make_product("Gloove box", sku="GB-1", brand=await make_brand("Hidden"))
    assert before == ["Work glove"]
    assert await hill.names("gloove") == before


async def test_hidden_words_do_not_push_out_the_one_that_was_meant(hill: Finder) -> None:
    before = await hill.names("glovve")
    look_alikes = " ".join(f"glovve{letter}" for letter in "abcdefghijklmnopq")
    await make_product("Hidden box", sku="GB-1", brand=await make_brand("Hidden"), description=look_alikes)
    assert before == ["Work glove"]
    assert await hill.names("glovve") == before


async def test_hidden_words_do_not_change_the_order_of_what_was_meant(shop: Shop, hill: Finder) -> None:
    kit, _ = await make_product("Able kit", sku="AK-1", description="Goes with any glove.")
    await make_assortment("kits", rules=[{"product_id": kit.id}], company_id=shop.hill.id)
    before = {typed: await hill.names(typed) for typed in ("glvoe", "gloev", "golve")}
    assert all("Able kit" in found for found in before.values())
    await make_product("Hidden glvoes gloevs golved", sku="GB-1", brand=await make_brand("Hidden"))
    assert {typed: await hill.names(typed) for typed in before} == before


async def test_hidden_variants_neither_find_their_product_nor_lift_it(shop: Shop, hill: Finder, harbour: Finder) -> None:
    shown = next(variant for variant in shop.variants if variant.sku == "NW-1-BLACK-S")
    await make_assortment("one variant", rules=[{"variant_id": shown.id}], company_id=shop.hill.id)
    for query in ("softshell", "black softshell", "nw-1-black-s", "nw1black", "northline s"):
        assert await hill.names(query) == ["Softshell jacket"], query
    for query in ("navy", "softshell navy", "nw-1-navy-l", "nw1navy", "navi softshell"):
        assert await hill.names(query) == [], query
        assert "Softshell jacket" in await harbour.names(query), query


async def test_a_product_of_two_assortments_is_whole_when_one_shows_it_so(shop: Shop, hill: Finder) -> None:
    parts = []
    for sku in ("NW-1-BLACK-S", "NW-1-NAVY-M"):
        variant = next(variant for variant in shop.variants if variant.sku == sku)
        parts.append((await make_assortment(sku, rules=[{"variant_id": variant.id}], company_id=shop.hill.id)).id)
    for query in ("black", "navy", "black navy", "nw-1-navy-m"):
        assert await hill.names(query) == ["Softshell jacket"], query
    assert await hill.names("nw-1-navy-l") == []
    await make_assortment("whole", rules=[{"product_id": shop.jacket.id}], company_id=shop.hill.id)
    assert await hill.names("nw-1-navy-l") == ["Softshell jacket"]
    assert (await ProductSearch.get(product_id=shop.jacket.id)).partly == sorted(parts)


async def test_an_inactive_product_or_variant_is_not_found(shop: Shop, harbour: Finder) -> None:
    navy = [variant.sku for variant in shop.variants if "NAVY" in variant.sku]
    await update_variants(system_viewer(), [VariantDraft(sku=sku, is_active=False) for sku in navy])
    assert await harbour.names("navy") == []
    assert "Softshell jacket" in await harbour.names("black")
    rest = [variant.sku for variant in shop.variants if "NAVY" not in variant.sku]
    await update_variants(system_viewer(), [VariantDraft(sku=sku, is_active=False) for sku in rest])
    assert await ProductSearch.filter(product_id=shop.jacket.id).count() == 0


TYPED = [
    *FOUND, "sofshel jaket", "jaket navy", "softshelljacket", "nw 1 navy l", "nw-1 softshell", "hw4711 softshell", "softshell boot", "glove navy",
    "work glove", "NW-1-BLACK-S", "black softshell", "navy", "nothing at all",
]  # fmt: skip


@pytest.mark.parametrize(
    "shares", [{"jacket": 0.9}, {"softshell": 0.3, "navy": 0.2, "black": 0.05}, dict.fromkeys("abghjnstuw", 0.9)]
)
async def test_which_words_are_common_changes_no_answer(
    shop: Shop, harbour: Finder, hill: Finder, shares: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter here stands for every typed word that begins with it."""
    await own_number(shop, "HW-4711")
    shown = next(variant for variant in shop.variants if variant.sku == "NW-1-BLACK-S")
    await make_assortment("one variant", rules=[{"variant_id": shown.id}], company_id=shop.hill.id)
    before = [await finder.names(query) for finder in (harbour, hill) for query in TYPED]
    words = {
        word: share
        for query in TYPED
        for word in query.lower().split()
        for start, share in shares.items()
        if word.startswith(start)
    }
    monkeypatch.setattr(commonness, "_kept", (float("inf"), Commonness.of(words)))
    assert [await finder.names(query) for finder in (harbour, hill) for query in TYPED] == before


async def test_what_is_common_is_known_from_the_statistics(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commonness, "_kept", None)
    assert (await commonness.commonness()).words == []
    monkeypatch.setattr(commonness, "_kept", None)
    await execute("ANALYZE product_search")
    known = await commonness.commonness()
    products = await fetch_value("SELECT count(*) FROM product_search")
    assert dict(zip(known.words, known.shares, strict=True))["bekina"] == pytest.approx(2 / products)
    with count_statements() as statements:
        assert await commonness.commonness() is known
    assert statements.count == 0


async def test_many_words_take_no_more_statements_than_one(shop: Shop) -> None:
    taken = []
    for typed in ("qqxxy", "softshell qqxxy", "softshell jacket navy qqxxy qqzzv"):
        await match_text(system_viewer(), typed)
        with count_statements() as statements:
            await match_text(system_viewer(), typed)
        taken.append(statements.count)
    assert taken == [taken[0]] * 3


async def test_what_was_just_changed_costs_a_search_little(database: str) -> None:
    """What waits to be put into the index is read by every search: no more than 64 kB of it."""
    options = await fetch_value("SELECT reloptions FROM pg_class WHERE relname = 'product_search_document'")
    assert options == ["gin_pending_list_limit=64"]


async def test_a_search_is_not_planned_anew_for_every_text(shop: Shop) -> None:
    """PostgreSQL plans five times for the values that it sees, and then settles for one plan if those were no better."""
    for number in range(50):
        await make_product(f"Filler {number}", sku=f"FI-{number}", options={"Size": ["S", "M"]})
    shown = next(variant for variant in shop.variants if variant.sku == "NW-1-BLACK-S")
    await make_assortment("one variant", rules=[{"variant_id": shown.id}], company_id=shop.hill.id)
    await execute("ANALYZE")
    viewer = await viewer_of(shop.hill_buyer, shop.hill_location)
    async with one_connection():
        for _ in range(6):
            assert (await match_text(viewer, "blakc softshell")).products == [shop.jacket.id]
        plans = await fetch("SELECT statement, generic_plans FROM pg_prepared_statements WHERE generic_plans + custom_plans >= 6")
    of_search = ("FROM product_search s", "similar_words", "FROM search_word", "v.gtin, v.name, v.option_values", "v.sku_key =")
    for part in of_search:
        counts = [row["generic_plans"] for row in plans if part in row["statement"]]
        assert counts, part
        assert min(counts) >= 1, part


async def test_a_new_name_of_a_brand_or_category_is_searched_at_once(shop: Shop, harbour: Finder) -> None:
    jacket = await Product.get(id=shop.jacket.id).values("brand_id")
    await update_brand(system_viewer(), jacket["brand_id"], name="Eastline")
    await save_categories(system_viewer(), [CategoryDraft(name="Coats", slug="jackets", parent="workwear")])
    assert await harbour.names("eastline") == ["Softshell jacket"]
    assert "Softshell jacket" not in await harbour.names("northline")
    assert await harbour.names("coats") == ["Hi-Vis T-shirt"]


HOSTILE = [
    "%", "_", "'", "''':*Q", "!!!", "\\", "\x00", "--", "(((", "<->", "& | !", "*", "\u202e", "🧤", "q\x00\x00q", "'; DROP TABLE product; --",
    "x" * 10_000, "% " * 5_000, "q " * 5_000, "\ud7ff" * 300, "q\u0301" * 300, "0" * 300,
]  # fmt: skip


async def test_hostile_text_is_answered_calmly(harbour: Finder) -> None:
    assert {query[:20]: await harbour.names(query) for query in HOSTILE} == {query[:20]: [] for query in HOSTILE}


async def test_a_search_is_paged_and_keeps_its_order(client: httpx.AsyncClient, shop: Shop) -> None:
    names = [f"Rain cape {number}" for number in range(7)]
    for number, name in enumerate(names):
        await make_product(name, sku=f"RC-{number}")
    buyer = Client(client, shop.token)
    found: list[str] = []
    after, more = None, True
    while more:
        page = (await buyer.ask(PAGE, after=after))["products"]
        assert page["totalCount"] == len(names)
        found += [node["name"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == names


async def test_what_was_stored_before_there_was_a_search_is_found_after_an_upgrade(shop: Shop, harbour: Finder) -> None:
    await ProductSearch.all().delete()
    assert await harbour.names("softshell") == []
    await refresh_missing()
    assert "Softshell jacket" in await harbour.names("softshell")
