"""The catalogue: search, facets, sorting and pages, all of it in the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from storefront import formats, grid
from storefront.client import Json
from storefront.grid import Stock
from storefront.site import page, pages, paging, run

OPTION = "o."
FIELDS = {"BRAND": "brand", "CATEGORY": "category", "AVAILABILITY": "stock"}
SHOWN_AT_FIRST = 8


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the list."""

    product: Json
    number: str
    makeup: str
    stock: Stock
    stock_note: str
    price: Json | None
    struck: Json | None
    price_note: str
    in_cart: int


@dataclass(frozen=True, slots=True)
class Choice:
    field: str
    value: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    choices: list[Choice]

    @property
    def first(self) -> list[Choice]:
        return [c for i, c in enumerate(self.choices) if i < SHOWN_AT_FIRST or c.chosen]

    @property
    def rest(self) -> list[Choice]:
        return [c for i, c in enumerate(self.choices) if i >= SHOWN_AT_FIRST and not c.chosen]


async def show(request: Request) -> Response:
    asked = request.query_params
    data = await run(request, "Catalogue", _variables(request))
    found = data["products"]
    groups = facet_groups(found["facets"], asked)
    return page(
        request,
        "catalogue.html",
        data,
        found=found,
        items=[_item(product) for product in found["nodes"]],
        groups=groups,
        chips=_chips(request, groups),
        query=asked.get("q", "").strip(),
        sort=_sort(asked),
        bought="bought" in asked,
        currency=_currency(found["nodes"]),
        pages=pages(request, found["pageInfo"]),
    )


def _variables(request: Request) -> Json:
    asked = request.query_params
    query = asked.get("q", "").strip()
    return {"query": query or None, "filter": filter_of(asked), "sort": _sort(asked), **paging(request)}


def filter_of(asked: QueryParams) -> Json:
    """The address's part of the filter, in the API's own words; what it does not name is left open."""
    options = [
        {"name": name[len(OPTION) :], "value": value} for name, value in asked.multi_items() if name.startswith(OPTION) and value
    ]
    wanted: Json = {"brand": asked.getlist("brand"), "category": asked.getlist("category"), "options": options}
    if "stock" in asked:
        wanted["inStock"] = True
    if "bought" in asked:
        wanted["previouslyOrdered"] = True
    return {name: value for name, value in wanted.items() if value}


def _sort(asked: QueryParams) -> str:
    wanted = asked.get("sort", "")
    if wanted in formats.SORTS:
        return wanted
    return "RELEVANCE" if asked.get("q", "").strip() else "BEST_SELLING"


def facet_groups(facets: list[Json], asked: QueryParams) -> list[Group]:
    """The facets with what is chosen marked; a chosen value that the results no longer count stays, so that it can be let go."""
    groups = []
    for facet in facets:
        name = FIELDS.get(facet["kind"], OPTION + facet["name"])
        chosen = set(asked.getlist(name))
        choices = [
            Choice(name, str(value["value"]), value["label"], value["count"], str(value["value"]) in chosen)
            for value in facet["values"]
        ]
        if facet["kind"] == "AVAILABILITY":
            choices = [Choice(name, "1", "In stock", value.count, bool(chosen)) for value in choices[:1]]
        if len(choices) > 1 or any(choice.chosen for choice in choices) or facet["kind"] == "AVAILABILITY":
            groups.append(Group("" if facet["kind"] == "AVAILABILITY" else facet["name"], choices))
    return groups


def _chips(request: Request, groups: list[Group]) -> list[tuple[str, str]]:
    """What is chosen, each with the address that lets it go."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("after", "before")]
    labels = {(c.field, c.value): c.label for group in groups for c in group.choices}
    chips = []
    for field, value in kept:
        if field in ("brand", "category", "stock", "bought") or field.startswith(OPTION):
            label = labels.get((field, value)) or {"bought": "Bought before", "stock": "In stock"}.get(field, value)
            chips.append((label, "/?" + urlencode([pair for pair in kept if pair != (field, value)])))
    return chips


def _item(product: Json) -> Item:
    variants = product["variants"]
    priced = [variant for variant in variants if variant["unitPrice"]]
    cheapest = min(priced, key=lambda variant: Decimal(variant["unitPrice"]["amount"]), default=None)
    shown, note = stock_of(variants)
    return Item(
        product=product,
        number=grid.number_of([variant["sku"] for variant in variants]),
        makeup=" · ".join([product["brand"]["name"], *filter(None, map(_option, product["options"]))]),
        stock=shown,
        stock_note=note,
        price=cheapest["unitPrice"] if cheapest else None,
        struck=_struck(cheapest) if cheapest else None,
        price_note=_price_note(cheapest) if cheapest else "",
        in_cart=product["unitsInCart"],
    )


def _option(option: Json) -> str:
    """Colours are counted, sizes are given as a range: 4 colours, XS–3XL."""
    values = option["values"]
    if len(values) < 2:
        return "".join(values)
    if option["name"].lower() in ("colour", "color"):
        return f"{len(values)} {option['name'].lower()}s"
    return f"{values[0]}–{values[-1]}"


def _struck(variant: Json) -> Json | None:
    listed, own = variant["listPrice"], variant["unitPrice"]
    return listed if listed and Decimal(listed["amount"]) > Decimal(own["amount"]) else None


def _price_note(variant: Json) -> str:
    """The best break: 10.85 from 240."""
    if len(variant["priceBreaks"]) < 2:
        first = variant["priceBreaks"][:1]
        return f"from {first[0]['minimumQuantity']:,}" if first and first[0]["minimumQuantity"] > 1 else ""
    best = variant["priceBreaks"][-1]
    return f"{formats.amount(best['unitPrice'])} from {best['minimumQuantity']:,}"


def stock_of(variants: list[Json]) -> tuple[Stock, str]:
    """One line about all the sizes of a style, and a smaller one that says where it is short."""
    if len(variants) == 1:
        return grid.stock(variants[0]["availability"]), ""
    states = Counter(variant["availability"]["status"] for variant in variants)
    there = states["IN_STOCK"] + states["LOW"]
    if not there:
        soonest = min(variants, key=_arrival, default=None)
        if soonest is None:
            return Stock("out", "none", "none in stock"), ""
        coming = soonest["availability"]["nextArrivalQuantity"]
        return grid.stock(soonest["availability"]), f"on the way, {coming:,}" if coming else ""
    counted = [v["availability"] for v in variants if v["availability"]["quantity"] is not None]
    caps = [a["quantity"] for a in counted if a["isCapped"]]
    tone = "ok" if states["IN_STOCK"] else "low"
    shown = f">{max(caps):,} " if caps else f"{sum(a['quantity'] for a in counted):,} " if counted else ""
    long = f"{shown}in stock"
    return Stock(tone, long, "running low" if tone == "low" else long), _short_sizes(states, len(variants))


def _arrival(variant: Json) -> tuple[bool, str]:
    at = variant["availability"]["nextArrival"]
    return at is None, at or ""


def _short_sizes(states: Counter[str], total: int) -> str:
    low, out = states["LOW"], total - states["IN_STOCK"] - states["LOW"]
    if not low and not out:
        return "all in stock"
    return ", ".join(part for part in (low and f"{low} low", out and f"{out} out") if part) + f", of {total}"


def _currency(products: list[Json]) -> str:
    prices = (variant["unitPrice"] or variant["listPrice"] for product in products for variant in product["variants"])
    return next((price["currency"] for price in prices if price), "")
