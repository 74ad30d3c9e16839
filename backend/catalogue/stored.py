"""The rows that a bulk save compares with its drafts: read and locked in a fixed number of statements, and written in as many."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from backend.catalogue.assortments import lock_products
from backend.catalogue.drafts import ProductDraft
from backend.catalogue.rules import slug_for
from backend.core.bulk import delete, upsert
from backend.core.database import execute, fetch
from backend.core.faults import Keep
from backend.core.gtins import gtin_key

Row = dict[str, Any]

PRODUCT = {
    "id": "bigint", "slug": "text", "name": "text", "description_html": "text", "description": "text", "tax_class": "text",
    "minimum_quantity": "int", "break_scope": "text", "option_names": "text[]", "option_values": "jsonb", "is_active": "bool",
    "created_at": "timestamptz", "updated_at": "timestamptz", "brand_id": "bigint",
}  # fmt: skip
VARIANT = {
    "id": "bigint", "product_id": "bigint", "sku": "text", "sku_key": "text", "gtin": "text", "gtin_is_shared": "bool", "name": "text",
    "option_values": "text[]",
    "position": "int", "commodity_code": "text", "cost_e4": "bigint", "price_group": "text", "minimum": "int", "maximum": "int",
    "increment": "int", "sells_without_stock": "bool", "is_active": "bool", "replaced_by_id": "bigint", "weight_grams": "int",
}  # fmt: skip
ASSET = {
    "id": "bigint", "product_id": "bigint", "variant_id": "bigint", "kind": "text", "url": "text", "thumbnail_url": "text", "alt": "text",
    "width": "int", "height": "int", "position": "int",
}  # fmt: skip
CATEGORY_LINK = {"id": "bigint", "product_id": "bigint", "category_id": "bigint", "position": "int"}
PACK = {"id": "bigint", "variant_id": "bigint", "code": "text", "name": "text", "kind": "text", "units": "int"}
CONTENT = {"id": "bigint", "variant_id": "bigint", "component_id": "bigint", "quantity": "int"}
BRAND = {"id": "bigint", "name": "text", "slug": "text"}


@dataclass(slots=True)
class Stored:
    """What there is already of what the drafts name."""

    products: dict[str, Row]  # by slug
    variants: dict[str, Row]  # by SKU: the products' own, and every other that a draft names
    brands: dict[str, int]
    categories: dict[str, int]
    links: dict[int, list[Row]]  # by product
    assets: dict[int, list[Row]]  # by product
    packs: dict[int, list[Row]]  # by variant
    contents: dict[int, list[Row]]  # by variant
    owners: dict[int, str]  # slugs of the products that the variants belong to
    own: dict[int, list[Row]] = field(default_factory=dict)  # variants by product

    def __post_init__(self) -> None:
        self.own = _grouped(self.variants.values(), "product_id")


@dataclass(slots=True)
class Changes:
    """What a save writes, per table: whole rows, and keys to delete."""

    brands: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    variants: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    assets: list[Row] = field(default_factory=list)
    packs: list[Row] = field(default_factory=list)
    contents: list[Row] = field(default_factory=list)
    dropped: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # table: keys


async def load(drafts: Sequence[ProductDraft]) -> Stored:
    """Locks the products that exist, then reads all that the drafts could change or refer to."""
    slugs = [draft.slug for draft in drafts]
    skus = sorted({sku for draft in drafts for sku in named_skus(draft)})
    gtins = sorted({key for draft in drafts for variant in draft.variants if (key := key_of(variant.gtin))})
    await lock_products([row["id"] for row in await fetch("SELECT id FROM product WHERE slug = ANY ($1)", slugs)])
    products = await _rows("SELECT * FROM product WHERE slug = ANY ($1)", slugs)
    for row in products:
        row["option_values"] = orjson.loads(row["option_values"])
    keys = [row["id"] for row in products]
    variants = await _rows(
        "SELECT v.*, p.slug AS owner FROM variant v JOIN product p ON p.id = v.product_id WHERE v.product_id = ANY ($1) OR v.sku = ANY ($2)"
        " OR (v.gtin IS NOT NULL AND lpad(v.gtin, 14, '0') = ANY ($3)) ORDER BY v.position, v.id",
        keys,
        skus,
        gtins,
    )
    if {row["owner"] for row in variants} & set(slugs) - {row["slug"] for row in products}:
        return await load(drafts)  # somebody made one of these products between the two statements: now it is seen whole
    owners = {row["id"]: row.pop("owner") for row in variants}
    brands = [slug_for(draft.brand) for draft in drafts if not isinstance(draft.brand, Keep)]
    categories = [slug for draft in drafts if not isinstance(draft.categories, Keep) for slug in draft.categories]
    return Stored(
        products={row["slug"]: row for row in products},
        variants={row["sku"]: row for row in variants},
        brands=await _keys("SELECT slug, id FROM brand WHERE slug = ANY ($1)", brands),
        categories=await _keys("SELECT slug, id FROM category WHERE slug = ANY ($1)", categories),
        links=_grouped(
            await _rows("SELECT * FROM product_category WHERE product_id = ANY ($1) ORDER BY position, id", keys), "product_id"
        ),
        assets=_grouped(await _rows("SELECT * FROM asset WHERE product_id = ANY ($1) ORDER BY position, id", keys), "product_id"),
        packs=_grouped(await _rows("SELECT * FROM pack WHERE variant_id = ANY ($1)", list(owners)), "variant_id"),
        contents=_grouped(await _rows("SELECT * FROM pack_content WHERE variant_id = ANY ($1)", list(owners)), "variant_id"),
        owners=owners,
    )


async def write(changes: Changes) -> None:
    """Parents before children; what is dropped goes first, so that nothing new meets it."""
    for table in ("pack_content", "pack", "asset", "product_category"):
        await delete(table, changes.dropped[table])
    await upsert("brand", BRAND, changes.brands)
    await upsert("product", PRODUCT, changes.products, fixed=("slug", "created_at"))
    await _free_gtins(changes.variants)
    await upsert("variant", VARIANT, changes.variants, fixed=("sku", "product_id"))
    await upsert("product_category", CATEGORY_LINK, changes.links, fixed=("product_id", "category_id"))
    await upsert("asset", ASSET, changes.assets, fixed=("product_id",))
    await upsert("pack", PACK, changes.packs, fixed=("variant_id", "code"))
    await upsert("pack_content", CONTENT, changes.contents, fixed=("variant_id", "component_id"))


def named_skus(draft: ProductDraft) -> Iterable[str]:
    """Every SKU that a draft speaks of."""
    for variant in draft.variants:
        yield variant.sku
        if isinstance(variant.replaced_by, str):
            yield variant.replaced_by
        if not isinstance(variant.contents, Keep):
            yield from (content.sku for content in variant.contents)
    if not isinstance(draft.assets, Keep):
        yield from (asset.sku for asset in draft.assets if asset.sku)


def key_of(gtin: str | Keep | None) -> str | None:
    """The form in which GTINs are compared."""
    return gtin_key(gtin) if isinstance(gtin, str) else None


async def stored_skus(skus: Collection[str]) -> set[str]:
    """Those of these SKUs that are stored exactly like this."""
    return {row["sku"] for row in await fetch("SELECT sku FROM variant WHERE sku = ANY ($1)", list(skus))} if skus else set()


async def _free_gtins(variants: Sequence[Row]) -> None:
    """Takes a number from its old variant before its new one gets it: two variants may change theirs in one save."""
    keys = [row["id"] for row in variants if row["gtin"]]
    if keys:
        await execute(
            "UPDATE variant v SET gtin = NULL FROM unnest($1::bigint[], $2::text[]) AS n(id, gtin)"
            " WHERE v.id = n.id AND v.gtin IS NOT NULL AND v.gtin <> n.gtin",
            keys,
            [row["gtin"] for row in variants if row["gtin"]],
        )


async def _rows(query: str, *args: Any) -> list[Row]:
    return [dict(record) for record in await fetch(query, *args)]


async def _keys(query: str, names: list[str]) -> dict[str, int]:
    return dict(await fetch(query, sorted(set(names)))) if names else {}


def _grouped(rows: Iterable[Row], column: str) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return dict(groups)
