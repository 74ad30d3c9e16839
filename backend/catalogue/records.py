"""The catalogue as the seller keeps it: everything that is stored, also what no buyer sees. Attributes are named for the schema.

A page of products takes a fixed number of statements, whatever is on it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from backend.catalogue.queries import number_arguments, number_matches
from backend.companies.audiences import AudienceRecord, audiences_of
from backend.core.database import fetch
from backend.core.ids import global_id
from backend.core.money import UnitPrice
from backend.core.viewer import Permission, Viewer
from backend.graphql.listing import rows_of
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, connection, encode_cursor


@dataclass(slots=True)
class BrandRecord:
    id: str
    name: str
    slug: str
    product_count: int
    version: int


@dataclass(slots=True)
class CategoryRecord:
    id: str
    name: str
    slug: str
    parent_id: str | None
    position: int
    product_count: int
    version: int


@dataclass(slots=True)
class PackRecord:
    code: str
    name: str
    kind: str
    units: int


@dataclass(slots=True)
class ContentRecord:
    sku: str
    quantity: int


@dataclass(slots=True)
class AssetRecord:
    id: str
    kind: str
    url: str
    thumbnail_url: str | None
    alt: str
    width: int | None
    height: int | None
    sku: str | None


@dataclass(slots=True)
class QuantityRuleRecord:
    minimum: int
    maximum: int | None
    increment: int


@dataclass(slots=True)
class VariantRecord:
    id: str
    sku: str
    gtin: str | None
    name: str
    options: list[str]
    position: int
    commodity_code: str | None
    cost: UnitPrice | None
    price_group: str | None
    quantity_rule: QuantityRuleRecord
    sells_without_stock: bool
    is_active: bool
    replaced_by: str | None
    weight_grams: int | None
    packs: list[PackRecord] = field(default_factory=list)
    contents: list[ContentRecord] = field(default_factory=list)


@dataclass(slots=True)
class OptionRecord:
    name: str
    values: list[str]


@dataclass(slots=True)
class ProductRecord:
    id: str
    slug: str
    name: str
    description: str
    description_html: str
    brand: str
    categories: list[str]
    tax_class: str
    minimum_quantity: int | None
    break_scope: str | None
    options: list[OptionRecord]
    is_active: bool
    created_at: datetime
    updated_at: datetime
    version: int
    variants: list[VariantRecord] = field(default_factory=list)
    assets: list[AssetRecord] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """No buyer sees a draft."""
        return "FOR_SALE" if self.is_active else "DRAFT"


@dataclass(slots=True)
class RuleRecord:
    includes: bool
    brand_id: str | None
    category_id: str | None
    product_id: str | None
    variant_id: str | None
    label: str


@dataclass(slots=True)
class AssortmentRecord:
    id: str
    code: str
    name: str
    is_default: bool
    product_count: int
    version: int
    rules: list[RuleRecord] = field(default_factory=list)
    audiences: list[AudienceRecord] = field(default_factory=list)


_PRODUCTS = "product p JOIN brand b ON b.id = p.brand_id"
_PRODUCT_COLUMNS = (
    "p.*, b.name AS brand, ARRAY(SELECT c.slug FROM product_category pc JOIN category c ON c.id = pc.category_id"
    " WHERE pc.product_id = p.id ORDER BY pc.position, pc.id) AS categories"
)
_PRODUCT_MATCHES = (
    "($1::text IS NULL OR p.name ILIKE $1 OR p.slug ILIKE $1 OR b.name ILIKE $1"
    f" OR EXISTS (SELECT FROM variant v WHERE v.product_id = p.id AND {number_matches(1)}))"
    " AND ($4::bool IS NULL OR p.is_active = $4)"
)
_BY_NAME = Keyset((SortKey("p.name", str), SortKey("p.id", int)))
_BY_CODE = Keyset((SortKey("a.code", str),))


async def product_records(
    viewer: Viewer, page: Page, *, query: str | None = None, is_active: bool | None = None
) -> Connection[ProductRecord]:
    """By name; `query` looks in names, brands, SKUs and GTINs in whatever form."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    rows, total = await rows_of(
        page, _BY_NAME, _PRODUCT_COLUMNS, _PRODUCTS, _PRODUCT_MATCHES, [*number_arguments(query), is_active]
    )
    keys = {global_id("product", row["id"]): row["id"] for row in rows}
    return connection(page, await _with_variants(viewer, rows), total, lambda record: encode_cursor(record.name, keys[record.id]))


async def find_product_record(viewer: Viewer, key: int) -> ProductRecord | None:
    viewer.require(Permission.MANAGE_CATALOGUE)
    rows = await fetch(f"SELECT {_PRODUCT_COLUMNS} FROM {_PRODUCTS} WHERE p.id = $1", key)
    return next(iter(await _with_variants(viewer, rows)), None)


async def find_product_key(viewer: Viewer, *, slug: str | None = None, variant_id: int | None = None) -> int | None:
    """The product with this slug, or of this variant."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    rows = await fetch(
        "SELECT id FROM product WHERE slug = $1 UNION SELECT product_id FROM variant WHERE id = $2",
        (slug or "").replace("\0", ""),
        variant_id,
    )
    return rows[0]["id"] if rows else None


async def _with_variants(viewer: Viewer, rows: Sequence[asyncpg.Record]) -> list[ProductRecord]:
    keys = [row["id"] for row in rows]
    variants = await _variants(viewer, keys)
    assets = await _assets(keys)
    records = []
    for row in rows:
        axes = zip(row["option_names"], orjson.loads(row["option_values"]), strict=False)
        plain = {
            name: row[name]
            for name in ("slug", "name", "description", "description_html", "brand", "categories", "tax_class", "minimum_quantity")
        }
        rest = {name: row[name] for name in ("break_scope", "is_active", "created_at", "updated_at", "version")}
        records.append(
            ProductRecord(
                id=global_id("product", row["id"]),
                options=[OptionRecord(name, values) for name, values in axes],
                variants=variants[row["id"]],
                assets=assets[row["id"]],
                **plain,
                **rest,
            )
        )
    return records


async def _variants(viewer: Viewer, products: list[int]) -> dict[int, list[VariantRecord]]:
    rows = await fetch(
        "SELECT v.*, r.sku AS replaced_by FROM variant v LEFT JOIN variant r ON r.id = v.replaced_by_id"
        " WHERE v.product_id = ANY ($1) ORDER BY v.position, v.id",
        products,
    )
    keys = [row["id"] for row in rows]
    packs: dict[int, list[PackRecord]] = defaultdict(list)
    for row in await fetch("SELECT * FROM pack WHERE variant_id = ANY ($1) ORDER BY units, code", keys):
        packs[row["variant_id"]].append(PackRecord(row["code"], row["name"], row["kind"], row["units"]))
    contents: dict[int, list[ContentRecord]] = defaultdict(list)
    query = "SELECT c.variant_id, v.sku, c.quantity FROM pack_content c JOIN variant v ON v.id = c.component_id WHERE c.variant_id = ANY ($1)"
    for row in await fetch(f"{query} ORDER BY v.position, v.id", keys):
        contents[row["variant_id"]].append(ContentRecord(row["sku"], row["quantity"]))
    by_product: dict[int, list[VariantRecord]] = defaultdict(list)
    for row in rows:
        by_product[row["product_id"]].append(_variant(viewer, row, packs[row["id"]], contents[row["id"]]))
    return by_product


def _variant(viewer: Viewer, row: asyncpg.Record, packs: list[PackRecord], contents: list[ContentRecord]) -> VariantRecord:
    names = (
        "sku",
        "gtin",
        "name",
        "position",
        "commodity_code",
        "price_group",
        "sells_without_stock",
        "is_active",
        "replaced_by",
        "weight_grams",
    )
    plain: dict[str, Any] = {name: row[name] for name in names}
    shows_cost = viewer.may(Permission.SEE_COST) and row["cost_e4"] is not None
    return VariantRecord(
        id=global_id("variant", row["id"]),
        options=row["option_values"],
        cost=UnitPrice(row["cost_e4"], viewer.base_currency) if shows_cost else None,
        quantity_rule=QuantityRuleRecord(row["minimum"], row["maximum"], row["increment"]),
        packs=packs,
        contents=contents,
        **plain,
    )


async def _assets(products: list[int]) -> dict[int, list[AssetRecord]]:
    by_product: dict[int, list[AssetRecord]] = defaultdict(list)
    query = "SELECT a.*, v.sku FROM asset a LEFT JOIN variant v ON v.id = a.variant_id WHERE a.product_id = ANY ($1) ORDER BY a.position, a.id"
    for row in await fetch(query, products):
        values = (row["kind"], row["url"], row["thumbnail_url"], row["alt"], row["width"], row["height"], row["sku"])
        by_product[row["product_id"]].append(AssetRecord(global_id("asset", row["id"]), *values))
    return by_product


def _require_parts(viewer: Viewer) -> None:
    """Brands and categories are what the catalogue is kept by, and what the rules of assortments name."""
    if not viewer.may(Permission.MANAGE_ASSORTMENTS):
        viewer.require(Permission.MANAGE_CATALOGUE)


async def brand_records(viewer: Viewer, key: int | None = None) -> list[BrandRecord]:
    """All brands by name, also those without products; or the one with this key."""
    _require_parts(viewer)
    rows = await fetch(
        "SELECT b.id, b.name, b.slug, b.version, count(p.id) AS products FROM brand b LEFT JOIN product p ON p.brand_id = b.id"
        " WHERE $1::bigint IS NULL OR b.id = $1 GROUP BY b.id ORDER BY b.name, b.id",
        key,
    )
    return [BrandRecord(global_id("brand", row["id"]), row["name"], row["slug"], row["products"], row["version"]) for row in rows]


async def category_records(viewer: Viewer, key: int | None = None) -> list[CategoryRecord]:
    """The whole tree in its order, parents by id; or the one with this key. Products are counted where they are put."""
    _require_parts(viewer)
    rows = await fetch(
        "SELECT c.*, count(pc.product_id) AS products FROM category c LEFT JOIN product_category pc ON pc.category_id = c.id"
        " WHERE $1::bigint IS NULL OR c.id = $1 GROUP BY c.id ORDER BY cardinality(c.path), c.position, c.name, c.id",
        key,
    )
    return [_category(row) for row in rows]


def _category(row: asyncpg.Record) -> CategoryRecord:
    parent = global_id("category", row["parent_id"]) if row["parent_id"] else None
    return CategoryRecord(
        global_id("category", row["id"]), row["name"], row["slug"], parent, row["position"], row["products"], row["version"]
    )


async def assortment_records(viewer: Viewer, page: Page) -> Connection[AssortmentRecord]:
    """By code."""
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    rows, total = await rows_of(page, _BY_CODE, _ASSORTMENT_COLUMNS, "assortment a", "TRUE", [])
    return connection(page, await _with_rules(rows), total, lambda record: encode_cursor(record.code))


async def find_assortment_record(viewer: Viewer, key: int) -> AssortmentRecord | None:
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    rows = await fetch(f"SELECT {_ASSORTMENT_COLUMNS} FROM assortment a WHERE a.id = $1", key)
    return next(iter(await _with_rules(rows)), None)


_ASSORTMENT_COLUMNS = "a.*, (SELECT count(*) FROM assortment_product ap WHERE ap.assortment_id = a.id) AS products"
_RULES = """
SELECT r.*, coalesce(b.name, c.name, p.name, v.sku, '') AS label FROM assortment_rule r
  LEFT JOIN brand b ON b.id = r.brand_id LEFT JOIN category c ON c.id = r.category_id
  LEFT JOIN product p ON p.id = r.product_id LEFT JOIN variant v ON v.id = r.variant_id
 WHERE r.assortment_id = ANY ($1) ORDER BY r.includes DESC, label, r.id
"""


async def _with_rules(rows: Sequence[asyncpg.Record]) -> list[AssortmentRecord]:
    keys = [row["id"] for row in rows]
    rules: dict[int, list[RuleRecord]] = defaultdict(list)
    for row in await fetch(_RULES, keys):
        rules[row["assortment_id"]].append(
            RuleRecord(
                row["includes"], _id("brand", row), _id("category", row), _id("product", row), _id("variant", row), row["label"]
            )
        )
    audiences = await audiences_of("assortment", keys)
    return [
        AssortmentRecord(
            global_id("assortment", row["id"]), row["code"], row["name"], row["is_default"], row["products"], row["version"], rules[row["id"]],
            audiences[row["id"]],
        )
        for row in rows
    ]  # fmt: skip


def _id(kind: str, row: asyncpg.Record) -> str | None:
    """The public id in the column that refers to this kind."""
    key = row[f"{kind}_id"]
    return None if key is None else global_id(kind, key)
