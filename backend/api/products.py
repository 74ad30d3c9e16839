"""Products, variants, the grid, facets and why a price is what it is: the views of `shop/` are answered as they are, without copying."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from backend.api.context import Info
from backend.api.inputs import findable
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo, usually
from backend.api.scalars import Date, DateTime, Money
from backend.api.selection import needs_of, selected_names
from backend.companies.queries import viewer_at
from backend.core.errors import BadInput
from backend.core.ids import parse_id, parse_ids
from backend.core.text import clean_code
from backend.core.viewer import Permission, Viewer
from backend.graphql.pagination import Page
from backend.pricing.rules import PriceSource as PriceSourceValue
from backend.shop import queries as shop
from backend.shop import views
from backend.shop.explanation import explain_price
from backend.shop.listing import list_products
from backend.shop.matching import ProductFilter as Chosen
from backend.shop.rules import AvailabilityStatus as AvailabilityStatusValue
from backend.shop.rules import PriceStatus as PriceStatusValue

MAX_GRIDS = 100
PriceStatus = PriceStatusValue
strawberry.enum(PriceStatus, name="PriceStatus")
AvailabilityStatus = AvailabilityStatusValue
strawberry.enum(AvailabilityStatus, name="AvailabilityStatus")
PriceSource = PriceSourceValue
strawberry.enum(PriceSource, name="PriceSource", description="What decided a price.")


@strawberry.enum
class AssetKind(StrEnum):
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    LOOKBOOK = "LOOKBOOK"
    GUIDE = "GUIDE"
    DOCUMENT = "DOCUMENT"


@strawberry.enum
class PackKind(StrEnum):
    INNER = "INNER"
    CASE = "CASE"
    PALLET = "PALLET"


@strawberry.enum
class FacetKind(StrEnum):
    BRAND = "BRAND"
    CATEGORY = "CATEGORY"
    OPTION = "OPTION"
    AVAILABILITY = "AVAILABILITY"


@strawberry.enum
class ProductSort(StrEnum):
    RELEVANCE = "RELEVANCE"
    NAME = "NAME"
    NEWEST = "NEWEST"
    PRICE_LOW = "PRICE_LOW"
    PRICE_HIGH = "PRICE_HIGH"
    BEST_SELLING = "BEST_SELLING"


@strawberry.type
@answers(views.BrandView)
class Brand(Node):
    id: strawberry.ID
    name: str
    slug: str


@strawberry.type(description="A node of the category tree; only categories that lead to a product which the viewer can see.")
@answers(views.CategoryView)
class Category(Node):
    id: strawberry.ID
    name: str
    slug: str
    parent: "Category | None"
    children: list["Category"]


@strawberry.type(description="A picture or document of a product; width and height in pixels.")
@answers(views.AssetView)
class Asset(Node):
    id: strawberry.ID
    kind: AssetKind
    url: str
    thumbnail_url: str | None
    alt: str
    width: int | None
    height: int | None


@strawberry.type
class SelectedOption:
    name: str
    value: str


@strawberry.type(
    description="An axis of a product, such as colour or size, with the values that the viewer can reach, in the seller's order."
)
class ProductOption:
    name: str
    values: list[str]


@strawberry.type(description="From `minimumQuantity` pieces on, one piece costs `unitPrice`, tax excluded.")
class PriceBreak:
    minimum_quantity: int
    unit_price: Money


@strawberry.type(description="Quantities that can be ordered: at least `minimum`, at most `maximum`, in steps of `increment`.")
class QuantityRule:
    minimum: int
    maximum: int | None
    increment: int


@strawberry.type(description="A packing unit of a variant; `units` pieces each.")
class Pack:
    code: str
    name: str
    kind: PackKind
    units: int


@strawberry.type(description="What one piece of a prepack holds.")
class PackContent:
    sku: str
    options: list[SelectedOption] = usually(2)
    quantity: int


@strawberry.type(description="What can be had. `quantity` never exceeds the seller's display cap; then `isCapped` is true.")
class Availability:
    status: AvailabilityStatus
    quantity: int | None
    is_capped: bool
    next_arrival: Date | None
    next_arrival_quantity: int | None


@strawberry.type(description="What is ordered: one SKU of a product. Prices exclude tax and are the viewer's own, today.")
@answers(views.VariantView)
class Variant(Node):
    id: strawberry.ID
    sku: str
    gtin: str | None
    customer_sku: str | None = strawberry.field(description="The buyer's own part number for it.")
    name: str
    product: "Product"
    options: list[SelectedOption] = usually(2)
    commodity_code: str | None = strawberry.field(description="HS code of customs tariffs.")
    price_status: PriceStatus
    unit_price: Money | None = strawberry.field(description="At the minimum quantity; null: on request.")
    list_price: Money | None = strawberry.field(description="The default list's price at the same quantity.")
    price_breaks: list[PriceBreak] = usually(
        4, description="Ascending from the minimum quantity; lower breaks are folded into the first."
    )
    price_break_group: strawberry.ID = strawberry.field(description="Variants with equal ids count together towards a break.")
    quantity_rule: QuantityRule
    packs: list[Pack] = usually(2)
    contents: list[PackContent] = usually(1, description="Filled: this variant is a prepack with its own SKU.")
    availability: Availability
    cost: Money | None = strawberry.field(
        description="What it costs the seller, in the seller's currency. Staff only; null for buyers."
    )


@strawberry.type(
    description="A cell of the grid. `inCart`: the line that a bare variantId means; `inCartOtherwise`: its other dates, places and packs."
)
class GridCell:
    variant: Variant | None
    in_cart: int
    in_cart_otherwise: int


@strawberry.type(description="As many cells as the grid has columns.")
class GridRow:
    label: list[SelectedOption] = usually(1)
    cells: list[GridCell] = usually(8)


@strawberry.type(
    description="One product as a matrix: the last option runs across, every combination of the others runs down. Rows and columns without a visible"
    " variant are left out. A product without options has one unnamed column."
)
class Grid:
    product: "Product"
    columns: list[str] = usually(8)
    rows: list[GridRow] = usually(6)
    prepacks: list[GridCell] = usually(1)


@strawberry.type(description="A style: what its variants share. Only what is in the viewer's assortment exists.")
@answers(views.ProductView)
class Product(Node):
    id: strawberry.ID
    slug: str
    name: str
    description: str = strawberry.field(description="Plain text.")
    description_html: str = strawberry.field(description="Sanitised HTML.")
    brand: Brand
    categories: list[Category] = usually(3)
    options: list[ProductOption] = usually(2, description="The axes in order; only values that the viewer can reach.")
    variants: list[Variant] = usually(24)
    image: Asset | None
    assets: list[Asset] = usually(4)
    price_from: Money | None = strawberry.field(description="The lowest unit price within reach, at minimum quantity.")
    minimum_quantity: int | None = strawberry.field(description="Across all variants of the product; null: none.")
    units_in_cart: int = strawberry.field(
        description="Pieces of all its variants in the viewer's open cart, or in that which the list was asked for."
    )
    grid: Grid = strawberry.field(description="With the quantities of the viewer's open cart.")


@strawberry.type(
    description="`value` goes verbatim into the filter; `count` is the number of products and ignores the facet's own filter."
)
class FacetValue:
    value: str
    label: str
    count: int


@strawberry.type
class Facet:
    kind: FacetKind
    name: str
    values: list[FacetValue]


@strawberry.type
class ProductEdge:
    cursor: str
    node: Product


@strawberry.type
class ProductConnection:
    edges: list[ProductEdge]
    nodes: list[Product]
    page_info: PageInfo
    total_count: int
    facets: list[Facet]


@strawberry.type(description="One list that was looked at, and why it won or lost.")
class PriceCandidate:
    source: PriceSource
    label: str
    priority: int
    minimum_quantity: int
    unit_price: Money | None
    won: bool
    reason: str


@strawberry.type(description="Every candidate that was looked at, in order, for a variant, quantity and time.")
class PriceExplanation:
    variant: Variant
    quantity: int
    at: DateTime
    unit_price: Money | None
    candidates: list[PriceCandidate]


@strawberry.input
class SelectedOptionInput:
    name: str
    value: str


@strawberry.input(description="OR within a field, AND between fields, all met by one variant; a category includes its descendants.")
class ProductFilter:
    brand: list[strawberry.ID] | None = None
    category: list[strawberry.ID] | None = None
    options: list[SelectedOptionInput] | None = None
    in_stock: bool | None = None
    previously_ordered: bool | None = None

    def chosen(self) -> Chosen:
        return Chosen(
            None if self.brand is None else parse_ids("brand", self.brand),
            None if self.category is None else parse_ids("category", self.category),
            None if self.options is None else [(findable(option.name), findable(option.value)) for option in self.options],
            bool(self.in_stock),
            bool(self.previously_ordered),
        )


def _named(id: str | None, slug: str | None, sku: str | None) -> tuple[str, object]:
    """How a product is named: the condition and its value."""
    if id is not None:
        return shop.BY_KEY, parse_ids("product", [id])
    return (shop.BY_SLUG, slug) if slug is not None else (shop.BY_SKU, sku)


def _cart_key(id: str | None) -> int | None:
    """None for the open cart; 0, which nothing has, for an id that is none of ours."""
    return None if id is None else parse_id("cart", id) or 0


@strawberry.type
class ProductsQuery:
    @strawberry.field(
        description="The products that the viewer may see. Without a sort: by relevance when searched, else by name."
        " `cartId`: the cart of hers that quantities are told of; null: the open one."
    )
    async def products(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
        query: str | None = None, filter: ProductFilter | None = None, sort: ProductSort | None = None,
        cart_id: strawberry.ID | None = None,
    ) -> ProductConnection:  # fmt: skip
        page = Page.of(first, after, last, before)
        chosen = filter.chosen() if filter else None
        facets = "facets" in selected_names(info)
        found: Any = await list_products(
            info.context.viewer,
            page,
            query=query,
            chosen=chosen,
            sort=sort.value if sort else None,
            needs=needs_of(info, _cart_key(cart_id)),
            facets=facets,
        )
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Exactly one of id, slug and sku.")
    async def product(
        self, info: Info, id: strawberry.ID | None = None, slug: str | None = None, sku: str | None = None
    ) -> Product | None:
        if sum(value is not None for value in (id, slug, sku)) != 1:
            raise BadInput("Give exactly one of id, slug and sku.")
        by, value = _named(id, findable(slug), findable(clean_code(sku)) if sku else sku)
        found: Any = await shop.find_product(info.context.viewer, by, value, needs_of(info))
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        description="Several styles on one page, in the order asked for; those that the viewer cannot see are left out. At most 100."
    )
    async def grids(self, info: Info, product_ids: list[strawberry.ID], cart_id: strawberry.ID | None = None) -> list[Grid]:
        if len(product_ids) > MAX_GRIDS:
            raise BadInput(f"At most {MAX_GRIDS} products at once; {len(product_ids)} were asked for.")
        needs = needs_of(info, _cart_key(cart_id))
        products = await shop.load_products(info.context.viewer, parse_ids("product", product_ids), needs)
        found: Any = [product.grid for product in products]
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Brands of products that the viewer can see, by name.")
    async def brands(self, info: Info) -> list[Brand]:
        found: Any = await shop.brands(info.context.viewer)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="All categories that lead to a product which the viewer can see, parents before children.")
    async def categories(self, info: Info) -> list[Category]:
        found: Any = await shop.categories(info.context.viewer)
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        description="Why an item costs what it costs. Reps and staff may ask for a location of theirs."
        " Null when the item or the place is not the viewer's."
    )
    async def explain_price(
        self, info: Info, sku: str, quantity: int = 1, location_id: strawberry.ID | None = None, at: DateTime | None = None
    ) -> PriceExplanation | None:
        if quantity < 1:
            raise BadInput("quantity must be at least 1.")
        viewer: Viewer | None = info.context.viewer
        info.context.viewer.require(Permission.BROWSE)
        if location_id is not None:
            if info.context.viewer.is_staff:
                info.context.viewer.require(Permission.EXPLAIN_ANY_PRICE)
            viewer = await viewer_at(info.context.viewer, parse_id("location", location_id) or 0)
        moment: datetime | None = at
        found: Any = await explain_price(viewer, sku, quantity, moment) if viewer else None
        return found  # type: ignore[no-any-return]


def _register_nodes() -> None:
    async def product(viewer: Viewer, key: int) -> views.ProductView | None:
        found = await shop.load_products(viewer, [key], shop.EVERYTHING)
        return found[0] if found else None

    async def variant(viewer: Viewer, key: int) -> views.VariantView | None:
        owner = await shop.find_product(viewer, shop.BY_VARIANT, [key], shop.EVERYTHING)
        return next((one for one in owner.variants if one.key == key), None) if owner else None

    async def brand(viewer: Viewer, key: int) -> views.BrandView | None:
        return next((one for one in await shop.brands(viewer) if one.key == key), None)

    async def category(viewer: Viewer, key: int) -> views.CategoryView | None:
        return next((one for one in await shop.categories(viewer) if one.key == key), None)

    async def asset(viewer: Viewer, key: int) -> views.AssetView | None:
        owner = await shop.find_product(viewer, shop.BY_ASSET, key, shop.Needs(assets=True))
        return next((one for one in owner.assets if one.key == key), None) if owner else None

    for kind, finder in {"product": product, "variant": variant, "brand": brand, "category": category, "asset": asset}.items():
        found_by(kind, finder)


_register_nodes()
