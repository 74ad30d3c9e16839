"""The list of products against a plain reading of the contract: filters, facet counts, totals and sorting, on a catalogue made by chance."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from backend.catalogue.assortments import refresh_products
from backend.catalogue.models import Product, Variant
from backend.core.database import count_statements, fetch
from backend.core.ids import global_id, parse_id
from backend.core.viewer import Viewer
from backend.graphql.pagination import Page
from backend.orders.models import Order, OrderLine
from backend.orders.sales import count_everything
from backend.pricing.rules import Strategy
from backend.shop.facets import count_facets
from backend.shop.listing import ProductPage, list_products
from backend.shop.matching import ProductFilter, matching
from backend.shop.queries import EVERYTHING, Needs, load_products
from backend.shop.scope import scope_of
from backend.shop.search import match_text
from backend.shop.views import ProductView, VariantView
from tests.api.shopping import Client, Shop, fill, open_shop, place
from tests.factories.catalogue import (
    make_assortment,
    make_brand,
    make_category,
    make_price_list,
    make_product,
    make_warehouse,
    set_price,
    set_stock,
)
from tests.factories.companies import make_company, make_location, make_member, make_seller, make_staff, sign_in_as, viewer_of

COLOURS, SIZES, FITS = ("Black", "Navy", "Olive"), ("S", "M", "L"), ("Slim", "Wide")
Meets = Callable[[ProductView, VariantView], bool]


@dataclass
class Catalogue:
    """A shop made by chance, and what one viewer sees of it, loaded product by product. `ordered`: variants that her location ordered."""

    viewer: Viewer
    products: list[ProductView]
    brands: list[int]
    categories: list[int]
    ordered: set[int]


@pytest.fixture(params=["one assortment", "two assortments", "everything"])
async def catalogue(database: str, request: pytest.FixtureRequest) -> Catalogue:
    """Some products and variants are not active, and of some products the buyer sees a part: the larger one by two assortments."""
    chance = random.Random(7)
    await make_seller()
    company = await make_company()
    location = await make_location(company)
    buyer = await make_member(company, locations=(location,))
    north = await make_warehouse("NORTH", 1)
    brands = [await make_brand(name) for name in ("Northline", "Southline", "Hidden")]
    root = await make_category("Clothes")
    categories = [root, await make_category("Jackets", root), await make_category("Trousers", root), await make_category("Tools")]
    prices = await make_price_list(is_default=True)
    hidden: list[Variant] = []
    for number in range(20):
        axes: dict[str, Sequence[str]] = chance.choice(
            [{"Colour": COLOURS[: chance.randint(1, 3)], "Size": SIZES}, {"Size": SIZES, "Fit": FITS}, {}]
        )
        product, variants = await make_product(
            f"Style {number:02}",
            options=axes,
            brand=chance.choice(brands),
            categories=chance.sample(categories, chance.randint(0, 2)),
        )
        for variant in variants:
            if chance.random() < 0.6:
                await set_stock(variant, chance.randint(0, 2))
            if chance.random() < 0.2:
                await set_stock(variant, chance.randint(0, 1), warehouse=north)
            if chance.random() < 0.8:
                await set_price(prices, variant, {1: f"{chance.randint(1, 30)}.50", 5: "0.25"})
        hidden += [variant for variant in variants if chance.random() < 0.2]
        if chance.random() < 0.3:
            await switch_off(product, chance.sample(variants, min(len(variants), 2)))
    ordered = chance.sample(hidden, 3) + [variant for variant in await Variant.all().order_by("sku") if chance.random() < 0.2]
    await order_once(company.id, location.id, buyer.user_id, ordered)
    await count_everything()
    excluded: list[dict[str, Any]] = [{"includes": False, "variant_id": one.id} for one in hidden]
    await make_assortment(company_id=company.id, rules=[{"brand_id": brand.id} for brand in brands[:2]] + excluded)
    if request.param == "two assortments":
        again: list[dict[str, Any]] = [{"variant_id": variant.id} for variant in hidden[::2]]
        await make_assortment(location_id=location.id, rules=[{"category_id": categories[1].id}, *again, *excluded[1::2]])
    everything = request.param == "everything"
    viewer = await viewer_of(await make_staff()) if everything else await viewer_of(buyer, location)
    keys = [row["id"] for row in await fetch("SELECT id FROM product")]
    seen = await load_products(replace(viewer, memo={}), keys, replace(EVERYTHING, cart=False))
    brand_keys, category_keys = [brand.id for brand in brands], [category.id for category in categories]
    return Catalogue(viewer, seen, brand_keys, category_keys, set() if everything else {one.id for one in ordered})


async def switch_off(product: Product, variants: Sequence[Variant]) -> None:
    """Some variants, or with them the product, as an action would."""
    await Variant.filter(id__in=[variant.id for variant in variants]).update(is_active=False)
    await Product.filter(id=product.id).update(is_active=len(variants) > 1)
    await refresh_products([product.id])


async def order_once(company: int, location: int, user: int, variants: Sequence[Variant]) -> None:
    amounts: dict[str, Any] = {"currency": "EUR", "subtotal_minor": 0, "total_minor": 0, "discounts": [], "tax_lines": []}
    people: dict[str, Any] = {"company_id": company, "location_id": location, "ship_to_location_id": location, "placed_by_id": user}
    terms: dict[str, Any] = {
        "status": "CONFIRMED",
        "channel": "PORTAL",
        "placed_at": datetime.now(UTC),
        "payment_method": "ON_ACCOUNT",
    }
    placed = await Order.create(number="1", ship_to={}, bill_to={}, **amounts, **people, **terms)
    for at, variant in enumerate(variants):
        facts: dict[str, Any] = {
            "sku": variant.sku,
            "name": variant.name,
            "quantity": 1,
            "unit_price_e4": 1,
            "price_source": "DEFAULT",
            "total_minor": 0,
        }
        await OrderLine.create(order_id=placed.id, variant_id=variant.id, position=at, **facts)


async def listed(
    viewer: Viewer, chosen: ProductFilter | None = None, sort: str | None = None, query: str | None = None
) -> ProductPage:
    fresh = replace(viewer, memo={})
    page = Page.of(first=100)
    return await list_products(fresh, page, query=query, chosen=chosen, sort=sort, needs=Needs(prices=True), facets=True)


def conditions_of(catalogue: Catalogue, chosen: ProductFilter) -> dict[str, Meets]:
    """What one variant must meet, by facet."""
    meets: dict[str, Meets] = {}
    if chosen.previously_ordered:
        meets["always"] = lambda _, variant: variant.key in catalogue.ordered
    if chosen.brands is not None:
        meets["BRAND"] = lambda product, _: product.brand.key in (chosen.brands or [])
    if chosen.categories is not None:
        meets["CATEGORY"] = lambda product, _: bool(set(chosen.categories or []) & of_categories(product))
    for name in {name for name, _ in chosen.options or []}:
        wanted = {value for other, value in chosen.options or [] if other == name}
        meets[f"OPTION {name}"] = lambda _, variant, name=name, wanted=wanted: any(  # type: ignore[misc]
            option.name == name and option.value in wanted for option in variant.options
        )
    if chosen.in_stock:
        meets["AVAILABILITY"] = lambda _, variant: variant.available > 0
    return meets


def of_categories(product: ProductView) -> set[int]:
    return {key for category in product.categories for key in category.path}


def matches(product: ProductView, meets: Iterable[Meets]) -> list[VariantView]:
    tests = list(meets)
    return [variant for variant in product.variants if all(test(product, variant) for test in tests)]


def expected_facets(catalogue: Catalogue, chosen: ProductFilter) -> Counter[tuple[str, str, str]]:
    """Kind, name and value: how many products have a variant that meets everything but the facet's own filter."""
    counts: Counter[tuple[str, str, str]] = Counter()
    meets = conditions_of(catalogue, chosen)

    def left(product: ProductView, own: str) -> list[VariantView]:
        return matches(product, (test for name, test in meets.items() if name != own))

    for product in catalogue.products:
        if left(product, "BRAND"):
            counts["BRAND", "Brand", product.brand.id] += 1
        if left(product, "CATEGORY"):
            counts.update(("CATEGORY", "Category", global_id("category", key)) for key in of_categories(product))
        for name in product.option_names:
            values = {o.value for variant in left(product, f"OPTION {name}") for o in variant.options if o.name == name}
            counts.update(("OPTION", name, value) for value in values)
        if any(variant.available > 0 for variant in left(product, "AVAILABILITY")):
            counts["AVAILABILITY", "Availability", "true"] += 1
    return counts


def filters(catalogue: Catalogue) -> list[ProductFilter]:
    chance = random.Random(11)

    def some(values: Iterable[Any], most: int) -> Any:
        pool = list(values)
        return chance.choice([None, chance.sample(pool, chance.randint(1, most))])

    options = [*(("Colour", one) for one in COLOURS), *(("Size", one) for one in SIZES), *(("Fit", one) for one in FITS)]
    made = [
        ProductFilter(
            some(catalogue.brands, 2), some(catalogue.categories, 2), some(options, 4), chance.random() < 0.4, chance.random() < 0.3
        )
        for _ in range(60)
    ]
    many = [("Size", str(number)) for number in range(20)] + [("Size", "S"), ("Size", "M")]
    return [
        ProductFilter(),
        ProductFilter(brands=[]),
        ProductFilter(options=[("Colour", "Pink")]),
        ProductFilter(options=many),
        *made,
    ]


async def test_filters_and_facets_are_those_of_the_contract(catalogue: Catalogue) -> None:
    assert 3 < len(catalogue.products) < 20
    for chosen in filters(catalogue):
        page = await listed(catalogue.viewer, chosen)
        wanted = {product.key for product in catalogue.products if matches(product, conditions_of(catalogue, chosen).values())}
        assert {product.key for product in page.nodes} == wanted, chosen
        assert page.total_count == len(wanted), chosen
        counted = {(facet.kind, facet.name, value.value): value.count for facet in page.facets for value in facet.values}
        assert counted == dict(expected_facets(catalogue, chosen)), chosen


async def test_facets_of_a_search_count_what_it_finds(catalogue: Catalogue) -> None:
    for text in ("black", "style 1", "northline", "nothing"):
        found = await match_text(replace(catalogue.viewer, memo={}), text)
        within = replace(catalogue, products=[product for product in catalogue.products if product.key in found.products])
        for chosen in filters(catalogue)[:8]:
            page = await listed(catalogue.viewer, chosen, query=text)
            wanted = {product.key for product in within.products if matches(product, conditions_of(catalogue, chosen).values())}
            assert {product.key for product in page.nodes} == wanted, (text, chosen)
            counted = {(facet.kind, facet.name, value.value): value.count for facet in page.facets for value in facet.values}
            assert (page.total_count, counted) == (len(wanted), dict(expected_facets(within, chosen))), (text, chosen)


async def test_facets_take_one_statement_whatever_is_asked_for(catalogue: Catalogue) -> None:
    for chosen in filters(catalogue):
        with count_statements() as counted:
            await count_facets(matching(catalogue.viewer, await scope_of(replace(catalogue.viewer)), chosen, None))
        assert counted.count <= 2, counted.texts  # with the one that says what reaches her


async def test_the_total_is_the_same_with_and_without_facets(catalogue: Catalogue) -> None:
    for chosen in filters(catalogue)[:20]:
        without = await list_products(catalogue.viewer, Page.of(first=1), chosen=chosen, needs=Needs(), facets=False)
        assert without.total_count == (await listed(catalogue.viewer, chosen)).total_count


async def test_a_facet_s_value_finds_as_many_as_it_counts(catalogue: Catalogue) -> None:
    for facet in (await listed(catalogue.viewer)).facets:
        for value in facet.values:
            chosen = {
                "BRAND": ProductFilter(brands=[parse_id("brand", value.value) or 0]),
                "CATEGORY": ProductFilter(categories=[parse_id("category", value.value) or 0]),
                "OPTION": ProductFilter(options=[(facet.name, value.value)]),
                "AVAILABILITY": ProductFilter(in_stock=True),
            }[facet.kind]
            assert (await listed(catalogue.viewer, chosen)).total_count == value.count


@pytest.mark.parametrize("sort", ["PRICE_LOW", "PRICE_HIGH"])
async def test_sorted_by_the_price_that_is_shown_with_what_has_none_last(catalogue: Catalogue, sort: str) -> None:
    for chosen in (ProductFilter(), ProductFilter(options=[("Size", "M")]), ProductFilter(in_stock=True)):
        shown = [product.price_from for product in (await listed(catalogue.viewer, chosen, sort)).nodes]
        prices = [price.e4 for price in shown if price is not None]
        assert prices == sorted(prices, reverse=sort == "PRICE_HIGH"), chosen
        assert [price is None for price in shown] == sorted(price is None for price in shown), chosen


@pytest.mark.parametrize("strategy", list(Strategy))
async def test_sorted_by_the_price_that_is_shown_when_several_lists_have_one(database: str, strategy: Strategy) -> None:
    """Lists of every kind: some begin above the minimum, ask more for more, are temporary or over, and have some of a product's variants."""
    chance = random.Random(5)
    await make_seller(price_strategy=strategy)
    company = await make_company()
    location = await make_location(company)
    await make_assortment(company_id=company.id)
    lists = [
        await make_price_list(is_default=True),
        await make_price_list("over", company_id=company.id, mergeable=False, priority=3),
    ]
    lists += [await make_price_list(company_id=company.id, priority=priority) for priority in (1, 2)]
    lists += [await make_price_list(location_id=location.id, is_contract=True)]
    for number in range(25):
        _, variants = await make_product(
            f"Style {number:02}", options={"Size": SIZES}, variant={"minimum": chance.choice([1, 1, 6, 12])}
        )
        for price_list, share in zip(lists, (0.6, 0.3, 0.4, 0.4, 0.1), strict=True):
            alike = chance.sample((1, 5, 6, 12, 30), chance.randint(1, 4))
            for variant in variants:
                for month in {1, chance.choice([1, 2])}:  # of two that are in force the later start stands
                    if chance.random() < share:
                        quantities = alike if chance.random() < 0.7 else [chance.randint(1, 20)]
                        slots = {at: f"{chance.randint(1, 40)}.25" for at in quantities}
                        over = date(2025, 3, 1) if chance.random() < 0.2 else None
                        await set_price(price_list, variant, slots, valid_from=date(2025, month, 1), valid_to=over)
    viewer = await viewer_of(await make_member(company, locations=(location,)), location)
    low = (await listed(viewer, sort="PRICE_LOW")).nodes
    prices = [product.price_from.e4 for product in low if product.price_from is not None]
    assert 15 < len(prices) < 25
    assert prices == sorted(prices)
    assert [product.price_from is None for product in low] == [False] * len(prices) + [True] * (25 - len(prices))
    high = (await listed(viewer, sort="PRICE_HIGH")).nodes
    assert [product.price_from.e4 for product in high if product.price_from is not None] == prices[::-1]


@pytest.mark.parametrize("sort", ["NAME", "NEWEST", "PRICE_LOW", "PRICE_HIGH", "BEST_SELLING", "RELEVANCE"])
async def test_pages_of_every_sort_hold_everything_once_and_in_order(catalogue: Catalogue, sort: str) -> None:
    whole = [product.key for product in (await listed(catalogue.viewer, sort=sort)).nodes]
    assert sorted(whole) == sorted(product.key for product in catalogue.products)
    paged: list[int] = []
    page = Page.of(first=2)
    while True:
        found = await list_products(catalogue.viewer, page, sort=sort, needs=Needs(), facets=False)
        paged += [product.key for product in found.nodes]
        if not found.page_info.has_next_page:
            break
        page = Page.of(first=2, after=found.page_info.end_cursor)
    assert paged == whole
    last = await list_products(catalogue.viewer, Page.of(last=3), sort=sort, needs=Needs(), facets=False)
    assert [product.key for product in last.nodes] == whole[-3:]


LIST = """
query ($filter: ProductFilter, $sort: ProductSort) { products(first: 50, filter: $filter, sort: $sort) {
  totalCount nodes { name } facets { name values { label count } } } }"""


async def names(client: Client, **variables: Any) -> list[str]:
    found = (await client.ask(LIST, **variables))["products"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["name"] for node in found["nodes"]]


@pytest.fixture
async def shop(database: str) -> Shop:
    shop = await open_shop()
    await make_assortment("everything for Hill", company_id=shop.hill.id)
    return shop


async def order(client: Client, sku: str) -> None:
    await fill(client, {"sku": sku, "quantity": 1})
    assert (await place(client))["__typename"] == "OrdersPlaced"


async def test_previously_ordered_is_what_this_location_ordered(client: httpx.AsyncClient, shop: Shop) -> None:
    rotterdam = Client(client, shop.token)
    await order(rotterdam, shop.glove.sku)
    ordered = {"previouslyOrdered": True}
    assert await names(rotterdam, filter=ordered) == ["Work glove"]
    assert await names(Client(client, await sign_in_as(shop.buyer, shop.antwerp)), filter=ordered) == []
    assert await names(Client(client, shop.hill_token), filter=ordered) == []
    assert await names(rotterdam, filter={**ordered, "options": [{"name": "Size", "value": "M"}]}) == []


async def test_previously_ordered_asks_for_the_variant_that_was_ordered(client: httpx.AsyncClient, shop: Shop) -> None:
    rotterdam = Client(client, shop.token)
    await order(rotterdam, "NW-1-BLACK-S")
    for size, found in (("S", ["Softshell jacket"]), ("M", [])):
        assert await names(rotterdam, filter={"previouslyOrdered": True, "options": [{"name": "Size", "value": size}]}) == found
