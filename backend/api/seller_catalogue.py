"""The catalogue as the seller keeps it: records of products with all that is stored, brands, categories and buyers' part numbers."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, TypeVar

import strawberry
from strawberry import UNSET

from backend.api.companies import BreakScope
from backend.api.context import Info
from backend.api.errors import InUse, InvalidInput, NotFound
from backend.api.inputs import kept, kept_unless_given
from backend.api.node import answers
from backend.api.pages import PageInfo
from backend.api.products import AssetKind, Pack, PackKind, ProductOption, QuantityRule
from backend.api.scalars import DateTime, Money, MoneyInput
from backend.api.seller_inputs import argument, check_rows, key_of, optional_key, unit_price_e4
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.catalogue import actions, records
from backend.catalogue.drafts import (
    AssetDraft,
    BrandDraft,
    CategoryDraft,
    ContentDraft,
    CustomerSkuDraft,
    PackDraft,
    ProductDraft,
    VariantDraft,
)
from backend.catalogue.queries import skus_of
from backend.core import errors
from backend.core.errors import Why
from backend.core.faults import KEEP, InvalidRows, Keep
from backend.core.viewer import Permission, Viewer
from backend.graphql.pagination import Connection, Page

T = TypeVar("T")


@strawberry.enum(description="Whether a product is for sale.")
class ProductStatus(Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="No buyer sees it, whichever way it is asked for.")
    FOR_SALE = strawberry.enum_value("FOR_SALE", description="Buyers see it as far as it is in their assortment.")


@strawberry.type(description="A brand as the seller keeps it.")
@answers(records.BrandRecord)
class BrandRecord(Versioned):
    id: strawberry.ID
    name: str
    slug: str
    product_count: int


@strawberry.type(description="A category as the seller keeps it. Products are counted where they are put, not above.")
@answers(records.CategoryRecord)
class CategoryRecord(Versioned):
    id: strawberry.ID
    name: str
    slug: str
    parent_id: strawberry.ID | None
    position: int
    product_count: int


@strawberry.type(description="One component of a prepack.")
class ContentRecord:
    sku: str
    quantity: int


@strawberry.type(description="A picture or document of a product; `sku` names the variant that it shows.")
class AssetRecord:
    id: strawberry.ID
    kind: AssetKind
    url: str
    thumbnail_url: str | None
    alt: str
    width: int | None
    height: int | None
    sku: str | None


@strawberry.type(description="A variant as the seller keeps it, sold or not.")
class VariantRecord:
    id: strawberry.ID
    sku: str
    gtin: str | None
    name: str
    options: list[str] = strawberry.field(description="A value for each of the product's options; a prepack may have none.")
    position: int
    commodity_code: str | None
    cost: Money | None
    price_group: str | None
    quantity_rule: QuantityRule
    sells_without_stock: bool
    is_active: bool
    replaced_by: str | None = strawberry.field(description="The SKU that stands in for it.")
    weight_grams: int | None
    packs: list[Pack]
    contents: list[ContentRecord]


@strawberry.type(
    description="A product as the seller keeps it, sold or not, with all its variants. Its id is that of the Product that buyers see."
)
@answers(records.ProductRecord)
class ProductRecord(Versioned):
    id: strawberry.ID
    slug: str
    name: str
    description: str
    description_html: str
    brand: str
    categories: list[str] = strawberry.field(description="Slugs, the leading category first.")
    tax_class: str
    minimum_quantity: int | None
    break_scope: BreakScope | None = strawberry.field(description="Null: the seller's.")
    options: list[ProductOption]
    is_active: bool
    status: ProductStatus = strawberry.field(description="The same as `isActive`, in the words of the trade.")
    created_at: DateTime
    updated_at: DateTime
    variants: list[VariantRecord]
    assets: list[AssetRecord]
    notices: list[str] = strawberry.field(
        description="A sentence for each text that the mutation stored otherwise than it was sent. Empty in the answer to a query."
    )


@strawberry.type
class ProductRecordEdge:
    cursor: str
    node: ProductRecord


@strawberry.type
class ProductRecordConnection:
    edges: list[ProductRecordEdge]
    nodes: list[ProductRecord]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="What was deleted.")
class Deleted:
    id: strawberry.ID


@strawberry.type(description="How many were new, changed, and as they were already.")
class SaveProductsDone:
    products_created: int
    products_changed: int
    products_unchanged: int
    variants_created: int
    variants_changed: int
    variants_unchanged: int
    notices: list[str] = strawberry.field(description="A sentence for each text that was stored otherwise than it was sent.")


@strawberry.type(description="How many part numbers were written or taken away.")
class SetCustomerSkusDone:
    written: int


@strawberry.input
class PackInput:
    code: str
    name: str
    units: int
    kind: PackKind = PackKind.CASE


@strawberry.input
class PackContentInput:
    sku: str
    quantity: int


@strawberry.input
class AssetInput:
    url: str
    kind: AssetKind = AssetKind.IMAGE
    alt: str = ""
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    sku: str | None = strawberry.field(default=None, description="The variant that it shows.")

    def draft(self) -> AssetDraft:
        return AssetDraft(
            url=self.url,
            kind=self.kind.value,
            alt=self.alt,
            thumbnail_url=self.thumbnail_url,
            width=self.width,
            height=self.height,
            sku=self.sku,
        )


@strawberry.input(description="Absent: stays as it is, or the default of a new one. Null clears what can be cleared.")
class UpdateVariantInput:
    options: list[str] | None = UNSET
    name: str | None = UNSET
    gtin: str | None = UNSET
    commodity_code: str | None = UNSET
    cost: MoneyInput | None = strawberry.field(default=UNSET, description="In the seller's own currency, up to four decimals.")
    price_group: str | None = UNSET
    minimum: int | None = UNSET
    maximum: int | None = UNSET
    increment: int | None = UNSET
    sells_without_stock: bool | None = UNSET
    is_active: bool | None = UNSET
    replaced_by: str | None = strawberry.field(default=UNSET, description="The SKU that stands in for it.")
    weight_grams: int | None = UNSET
    position: int | None = UNSET
    packs: list[PackInput] | None = UNSET
    contents: list[PackContentInput] | None = UNSET

    def draft(self, sku: str, currency: str, *path: str) -> VariantDraft:
        packs, contents, options = kept_unless_given(self.packs), kept_unless_given(self.contents), kept_unless_given(self.options)
        return VariantDraft(
            sku=sku,
            options=KEEP if isinstance(options, Keep) else tuple(options),
            name=kept_unless_given(self.name),
            gtin=kept(self.gtin),
            commodity_code=kept(self.commodity_code),
            cost_e4=_cost(self.cost, currency, *path),
            price_group=kept(self.price_group),
            minimum=kept_unless_given(self.minimum),
            maximum=kept(self.maximum),
            increment=kept_unless_given(self.increment),
            sells_without_stock=kept_unless_given(self.sells_without_stock),
            is_active=kept_unless_given(self.is_active),
            replaced_by=kept(self.replaced_by),
            weight_grams=kept(self.weight_grams),
            position=kept_unless_given(self.position),
            packs=KEEP
            if isinstance(packs, Keep)
            else tuple(PackDraft(code=pack.code, name=pack.name, units=pack.units, kind=pack.kind.value) for pack in packs),
            contents=KEEP
            if isinstance(contents, Keep)
            else tuple(ContentDraft(sku=content.sku, quantity=content.quantity) for content in contents),
        )


@strawberry.input(description="Found again by its SKU. Absent: stays as it is, or the default of a new one.")
class SaveVariantInput(UpdateVariantInput):
    sku: str


@strawberry.input(
    description="Found again by its slug; a new one needs a name and a brand. Absent stays; variants that are not named stay as they are."
)
class SaveProductInput:
    slug: str
    name: str | None = UNSET
    brand: str | None = strawberry.field(default=UNSET, description="Its name; a brand that is not there yet is made.")
    description_html: str | None = UNSET
    categories: list[str] | None = strawberry.field(default=UNSET, description="Slugs, the leading category first.")
    tax_class: str | None = UNSET
    minimum_quantity: int | None = UNSET
    break_scope: BreakScope | None = UNSET
    option_names: list[str] | None = UNSET
    option_values: list[list[str]] | None = strawberry.field(
        default=UNSET,
        description="Per option its values in display order. Absent: the order stays; new sizes come in their natural order, other new values last.",
    )
    is_active: bool | None = UNSET
    status: ProductStatus | None = strawberry.field(
        default=UNSET, description="Takes the place of `isActive`. Absent: it stays, and a new product is for sale."
    )
    assets: list[AssetInput] | None = strawberry.field(default=UNSET, description="Instead of all that are there.")
    variants: list[SaveVariantInput] | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)

    def draft(self, currency: str, *path: str) -> ProductDraft:
        assets, variants = kept_unless_given(self.assets), self.variants or []
        values = kept_unless_given(self.option_values)
        scope = kept(self.break_scope)
        return ProductDraft(
            slug=self.slug,
            name=kept_unless_given(self.name),
            brand=kept_unless_given(self.brand),
            description_html=kept_unless_given(self.description_html),
            categories=_tuple(kept_unless_given(self.categories)),
            tax_class=kept_unless_given(self.tax_class),
            minimum_quantity=kept(self.minimum_quantity),
            break_scope=scope.value if isinstance(scope, BreakScope) else scope,
            option_names=_tuple(kept_unless_given(self.option_names)),
            option_values=KEEP if isinstance(values, Keep) else tuple(tuple(axis) for axis in values),
            is_active=kept_unless_given(self.is_active) if not self.status else self.status is ProductStatus.FOR_SALE,
            assets=KEEP if isinstance(assets, Keep) else tuple(asset.draft() for asset in assets),
            expected_version=self.expected_version,
            variants=tuple(variant.draft(variant.sku, currency, *path, "variants", str(at)) for at, variant in enumerate(variants)),
        )


@strawberry.input(description="Absent or null stays.")
class UpdateBrandInput:
    name: str | None = UNSET
    slug: str | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="Found again by its slug. Absent stays; parentId null makes it a root.")
class SaveCategoryInput:
    name: str
    slug: str | None = strawberry.field(default=None, description="Made from the name when absent.")
    parent_id: strawberry.ID | None = UNSET
    position: int | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="Absent stays; parentId null makes it a root.")
class UpdateCategoryInput:
    name: str | None = UNSET
    slug: str | None = UNSET
    parent_id: strawberry.ID | None = UNSET
    position: int | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="A buyer's own part number for a SKU; null takes it away.")
class CustomerSkuInput:
    company_id: strawberry.ID
    sku: str
    customer_sku: str | None


ProductRecordResult = Annotated[ProductRecord | Stale | InUse | InvalidInput | NotFound, strawberry.union("ProductRecordResult")]
SaveProductsResult = Annotated[SaveProductsDone | Stale | InUse | InvalidInput, strawberry.union("SaveProductsResult")]
BrandRecordResult = Annotated[BrandRecord | Stale | InvalidInput | NotFound, strawberry.union("BrandRecordResult")]
CategoryRecordResult = Annotated[CategoryRecord | Stale | InvalidInput | NotFound, strawberry.union("CategoryRecordResult")]
DeletedResult = Annotated[Deleted | InUse | InvalidInput | NotFound, strawberry.union("DeletedResult")]
SetCustomerSkusResult = Annotated[SetCustomerSkusDone | InvalidInput, strawberry.union("SetCustomerSkusResult")]


@strawberry.type
class SellerCatalogueQuery:
    @strawberry.field(
        graphql_type=ProductRecordConnection,
        description="All products, sold or not, by name; `query` looks in names, brands, SKUs and GTINs. For those who manage the catalogue.",
    )
    async def product_records(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
        query: str | None = None, is_active: bool | None = None,
    ) -> Connection[records.ProductRecord]:  # fmt: skip
        page = Page.of(first, after, last, before)
        return await records.product_records(info.context.viewer, page, query=query, is_active=is_active)

    @strawberry.field(graphql_type=ProductRecord | None, description="For those who manage the catalogue.")
    async def product_record(self, info: Info, id: strawberry.ID) -> records.ProductRecord | None:
        return await records.find_product_record(info.context.viewer, key_of("product", id))

    @strawberry.field(
        graphql_type=list[BrandRecord],
        description="Also brands without products. For those who manage the catalogue or assortments.",
    )
    async def brand_records(self, info: Info) -> list[records.BrandRecord]:
        return await records.brand_records(info.context.viewer)

    @strawberry.field(
        graphql_type=list[CategoryRecord], description="The whole tree. For those who manage the catalogue or assortments."
    )
    async def category_records(self, info: Info) -> list[records.CategoryRecord]:
        return await records.category_records(info.context.viewer)


@strawberry.type
class SellerCatalogueMutation:
    @strawberry.mutation(
        graphql_type=ProductRecordResult,
        description="Makes or changes one product with its variants; with `onlyNew`, a slug that is taken is refused."
        " Returns InUse when it switches off variants without a replacement, or removes packs, that are in carts.",
    )
    async def save_product(
        self, info: Info, input: SaveProductInput, only_new: bool = False, even_if_in_use: bool = False
    ) -> records.ProductRecord:
        viewer = info.context.viewer
        viewer.require(Permission.MANAGE_CATALOGUE)
        with argument("input", one=True):
            draft = input.draft(viewer.base_currency, "input")
            saved = await actions.save_products(viewer, [draft], only_new=only_new, even_if_in_use=even_if_in_use)
        return await _product(viewer, saved.product_ids[input.slug], saved.notices)

    @strawberry.mutation(
        graphql_type=SaveProductsResult,
        description="Makes or changes up to 1,000 products: all of them or none. Twice changes nothing.",
    )
    async def save_products(self, info: Info, products: list[SaveProductInput], even_if_in_use: bool = False) -> SaveProductsDone:
        viewer = info.context.viewer
        viewer.require(Permission.MANAGE_CATALOGUE)
        check_rows(products)
        drafts = [product.draft(viewer.base_currency, "products", str(at)) for at, product in enumerate(products)]
        saved = await actions.save_products(viewer, drafts, even_if_in_use=even_if_in_use)
        return SaveProductsDone(
            products_created=saved.products.created,
            products_changed=saved.products.changed,
            products_unchanged=saved.products.unchanged,
            variants_created=saved.variants.created,
            variants_changed=saved.variants.changed,
            variants_unchanged=saved.variants.unchanged,
            notices=list(saved.notices),
        )

    @strawberry.mutation(graphql_type=ProductRecordResult, description="Another address for a product.")
    async def rename_product(
        self, info: Info, id: strawberry.ID, slug: str, expected_version: int | None = None
    ) -> records.ProductRecord:
        key = key_of("product", id)
        await actions.rename_product(info.context.viewer, key, slug, expected_version=expected_version)
        return await _product(info.context.viewer, key_of("product", id))

    @strawberry.mutation(
        graphql_type=ProductRecordResult,
        description="Returns InUse when it switches off a variant without a replacement, or removes a pack, that is in carts.",
    )
    async def update_variant(
        self,
        info: Info,
        id: strawberry.ID,
        input: UpdateVariantInput,
        even_if_in_use: bool = False,
        expected_version: Annotated[int | None, strawberry.argument(description=f"Of its product. {EXPECTED}")] = None,
    ) -> records.ProductRecord:
        viewer, key = info.context.viewer, key_of("variant", id)
        viewer.require(Permission.MANAGE_CATALOGUE)
        sku = (await skus_of([key])).get(key)
        if sku is None:
            raise errors.NotFound("There is no such variant.")
        with argument("input", one=True):
            draft = input.draft(sku, viewer.base_currency, "input")
            saved = await actions.update_variants(viewer, [draft], even_if_in_use=even_if_in_use, expected_version=expected_version)
        return await _product(viewer, await records.find_product_key(viewer, variant_id=key), saved.notices)

    @strawberry.mutation(graphql_type=BrandRecordResult, description="Makes a brand, or renames the one with this slug.")
    async def save_brand(self, info: Info, name: str, slug: str | None = None) -> records.BrandRecord:
        try:
            keys = await actions.save_brands(info.context.viewer, [BrandDraft(name=name, slug=slug)])
        except InvalidRows as error:
            raise errors.InvalidInput(error.message, list(error.faults[0].path)) from error
        return _one(await records.brand_records(info.context.viewer, next(iter(keys.values()))))

    @strawberry.mutation(graphql_type=BrandRecordResult)
    async def update_brand(self, info: Info, id: strawberry.ID, input: UpdateBrandInput) -> records.BrandRecord:
        key = key_of("brand", id)
        with argument("input"):
            await actions.update_brand(
                info.context.viewer,
                key,
                name=kept_unless_given(input.name),
                slug=kept_unless_given(input.slug),
                expected_version=input.expected_version,
            )
        return _one(await records.brand_records(info.context.viewer, key))

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="Products of the brand get the successor; without one, there must be none. InUse while an assortment names the brand.",
    )
    async def delete_brand(self, info: Info, id: strawberry.ID, successor_id: strawberry.ID | None = None) -> Deleted:
        await actions.delete_brand(info.context.viewer, key_of("brand", id), optional_key("brand", successor_id))
        return Deleted(id=id)

    @strawberry.mutation(graphql_type=CategoryRecordResult, description="Makes a category, or changes the one with this slug.")
    async def save_category(self, info: Info, input: SaveCategoryInput) -> records.CategoryRecord:
        viewer = info.context.viewer
        viewer.require(Permission.MANAGE_CATALOGUE)
        parent = await _parent(viewer, kept(input.parent_id))
        draft = CategoryDraft(
            name=input.name,
            slug=input.slug,
            parent=parent,
            position=kept_unless_given(input.position),
            expected_version=input.expected_version,
        )
        with argument("input", one=True):
            keys = await actions.save_categories(viewer, [draft])
        return _one(await records.category_records(viewer, next(iter(keys.values()))))

    @strawberry.mutation(graphql_type=CategoryRecordResult, description="What lies below moves with it.")
    async def update_category(self, info: Info, id: strawberry.ID, input: UpdateCategoryInput) -> records.CategoryRecord:
        key, parent = key_of("category", id), kept(input.parent_id)
        with argument("input"):
            await actions.update_category(
                info.context.viewer,
                key,
                name=kept_unless_given(input.name),
                slug=kept_unless_given(input.slug),
                parent_id=key_of("category", parent) if isinstance(parent, str) else parent,
                position=kept_unless_given(input.position),
                expected_version=input.expected_version,
            )
        return _one(await records.category_records(info.context.viewer, key))

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="Its products and the categories below it move to the successor; without one, there must be none."
        " InUse while an assortment names the category.",
    )
    async def delete_category(self, info: Info, id: strawberry.ID, successor_id: strawberry.ID | None = None) -> Deleted:
        await actions.delete_category(info.context.viewer, key_of("category", id), optional_key("category", successor_id))
        return Deleted(id=id)

    @strawberry.mutation(graphql_type=SetCustomerSkusResult, description="Up to 1,000 part numbers: all of them or none.")
    async def set_customer_skus(self, info: Info, rows: list[CustomerSkuInput]) -> SetCustomerSkusDone:
        info.context.viewer.require(Permission.MANAGE_CATALOGUE)
        check_rows(rows)
        drafts = [
            CustomerSkuDraft(company_id=key_of("company", row.company_id), sku=row.sku, customer_sku=row.customer_sku)
            for row in rows
        ]
        return SetCustomerSkusDone(written=await actions.set_customer_skus(info.context.viewer, drafts))


def _cost(cost: MoneyInput | None, currency: str, *path: str) -> int | Keep | None:
    """Absent keeps, null clears."""
    given = kept(cost)
    return unit_price_e4(given, currency, *path, "cost") if isinstance(given, MoneyInput) else given


async def _parent(viewer: Viewer, parent_id: str | Keep | None) -> str | Keep | None:
    """The slug of the category with this id."""
    if not isinstance(parent_id, str):
        return parent_id
    above = await records.category_records(viewer, key_of("category", parent_id))
    if not above:
        raise errors.InvalidInput(Why.UNKNOWN("There is no such category."), ["input", "parentId"])
    return above[0].slug


def _tuple(texts: list[str] | Keep) -> tuple[str, ...] | Keep:
    return KEEP if isinstance(texts, Keep) else tuple(texts)


def _one(found: list[T]) -> T:
    if not found:
        raise errors.NotFound
    return found[0]


async def _product(viewer: Viewer, key: int | None, notices: Sequence[str] = ()) -> records.ProductRecord:
    record = _one([record for record in [await records.find_product_record(viewer, key or 0)] if record is not None])
    record.notices = list(notices)
    return record


async def _brand(viewer: Viewer, key: int) -> records.BrandRecord:
    return _one(await records.brand_records(viewer, key))


async def _category(viewer: Viewer, key: int) -> records.CategoryRecord:
    return _one(await records.category_records(viewer, key))


shown_by("product", records.find_product_record)
shown_by("brand", _brand)
shown_by("category", _category)
