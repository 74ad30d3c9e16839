"""The catalogue's address is its filter, and its rows say in a line what a style is, costs and has in stock."""

from typing import Any

from starlette.datastructures import QueryParams

from storefront.pages.catalogue import facet_groups, filter_of, stock_of
from tests.storefront.canned import SHELL, CannedApi, a_variant, browser

BRANDS = {
    "kind": "BRAND",
    "name": "Brand",
    "values": [{"value": f"brand.{i}", "label": f"Brand {i}", "count": i} for i in range(12)],
}


def a_list(*products: dict[str, Any], **given: Any) -> dict[str, Any]:
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {"totalCount": len(products), "pageInfo": info, "facets": [BRANDS], "nodes": list(products), **given}


def a_product(**given: Any) -> dict[str, Any]:
    options = [{"name": "Colour", "values": ["Black", "Navy"]}, {"name": "Size", "values": ["S", "M", "L"]}]
    variants = [a_variant("variant.1", "NW-1-BLACK-S"), a_variant("variant.2", "NW-1-NAVY-S")]
    product = {
        "id": "product.1",
        "slug": "jacket",
        "name": "Jacket",
        "unitsInCart": 6,
        "brand": {"name": "Northline"},
        "image": None,
    }
    return {**product, "options": options, "variants": variants, **given}


def test_the_address_becomes_the_filter_in_the_apis_words():
    asked = QueryParams("q=x&brand=brand.1&brand=brand.2&category=category.1&o.Size=XL&o.Size=&stock=1&bought=1&sort=NAME&evil=1")
    assert filter_of(asked) == {
        "brand": ["brand.1", "brand.2"],
        "category": ["category.1"],
        "options": [{"name": "Size", "value": "XL"}],
        "inStock": True,
        "previouslyOrdered": True,
    }
    assert filter_of(QueryParams("")) == {}


def test_long_facets_fold_and_what_is_chosen_stays_in_sight():
    (group,) = facet_groups([BRANDS], QueryParams("brand=brand.11"))
    assert [choice.label for choice in group.first][-1] == "Brand 11"
    assert len(group.first) + len(group.rest) == 12


def test_stock_of_a_style_is_one_line_that_says_where_it_is_short():
    low = a_variant()["availability"] | {"status": "LOW", "quantity": 4}
    out = a_variant()["availability"] | {"status": "UNAVAILABLE", "quantity": 0}
    shown, note = stock_of([a_variant(), a_variant(availability=low), a_variant(availability=out)])
    assert (shown.tone, shown.long, note) == ("ok", "152 in stock", "1 low, 1 out, of 3")


async def test_search_filters_sort_and_page_reach_the_api_and_stay_in_the_address():
    info = {"hasNextPage": True, "hasPreviousPage": False, "startCursor": "a", "endCursor": "z"}
    api = CannedApi(Catalogue={**SHELL, "products": a_list(a_product(), pageInfo=info)})
    async with browser(api) as client:
        page = (await client.get("/?q=jacket&brand=brand.1&sort=NAME")).text
    asked = api.variables_of("Catalogue")
    assert (asked["query"], asked["filter"], asked["sort"], asked["first"]) == ("jacket", {"brand": ["brand.1"]}, "NAME", 24)
    assert 'href="?q=jacket&amp;brand=brand.1&amp;sort=NAME&amp;after=z"' in page


async def test_a_row_shows_number_makeup_prices_stock_and_what_is_in_the_cart():
    async with browser(CannedApi(Catalogue={**SHELL, "products": a_list(a_product())})) as client:
        page = (await client.get("/")).text
    for part in (
        '<div class="sku">NW-1</div>',
        "Northline · 2 colours · S–L",
        "14.25</s>",
        "<b>12.10</b>",
        "11.40 from 12",
        "296 in stock",
        "6 in cart",
    ):
        assert part in page


async def test_nothing_found_says_what_to_do():
    async with browser(CannedApi(Catalogue={**SHELL, "products": a_list(facets=[])})) as client:
        assert "Nothing matches “zzz”." in (await client.get("/?q=zzz")).text
        assert "Clear the filters" in (await client.get("/?brand=brand.1")).text
