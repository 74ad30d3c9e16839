"""What somebody wants the catalogue to hold: plain values, the same for the API, imports and demo data.

A field that is left at KEEP stays as it is stored, or gets its default in something new; None clears.
"""

from dataclasses import dataclass

from backend.core.faults import KEEP, Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandDraft:
    name: str
    slug: str | None = None  # none: made from the name
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDraft:
    """Found again by its slug. `parent` is a slug, stored already or earlier in the same call; None makes it a root, as a new one is anyway."""

    name: str
    slug: str | None = None  # none: made from the name
    parent: str | Keep | None = KEEP
    position: int | Keep = KEEP
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDraft:
    code: str
    name: str
    units: int
    kind: str = "CASE"  # INNER, CASE or PALLET


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDraft:
    """One component of a prepack, by SKU: stored already, or in the same call."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDraft:
    url: str
    kind: str = "IMAGE"  # IMAGE, VIDEO, LOOKBOOK, GUIDE or DOCUMENT
    alt: str = ""
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    sku: str | None = None  # shows this variant


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """Found again by its SKU. `options` holds a value for each of the product's option names; a prepack may have none."""

    sku: str
    options: tuple[str, ...] | Keep = KEEP
    name: str | Keep = KEEP  # new: the product's name and the options
    gtin: str | Keep | None = KEEP
    commodity_code: str | Keep | None = KEEP
    cost_e4: int | Keep | None = KEEP  # ten-thousandths of the seller's currency
    price_group: str | Keep | None = KEEP
    minimum: int | Keep = KEEP
    maximum: int | Keep | None = KEEP
    increment: int | Keep = KEEP
    sells_without_stock: bool | Keep = KEEP
    is_active: bool | Keep = KEEP
    replaced_by: str | Keep | None = KEEP  # a SKU: stored already, or in the same call
    weight_grams: int | Keep | None = KEEP
    position: int | Keep = KEEP  # new: after those that are there
    packs: tuple[PackDraft, ...] | Keep = KEEP
    contents: tuple[ContentDraft, ...] | Keep = KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """Found again by its slug. Variants that are not named stay as they are.

    `brand` is a name: found by its slug, made when it is new. `categories` are slugs that exist, the first one leading.
    `option_values` gives the display order per axis; otherwise values stand in the order of their first appearance.
    """

    slug: str
    name: str | Keep = KEEP
    brand: str | Keep = KEEP
    description_html: str | Keep = KEEP
    categories: tuple[str, ...] | Keep = KEEP
    tax_class: str | Keep = KEEP
    minimum_quantity: int | Keep | None = KEEP
    break_scope: str | Keep | None = KEEP  # VARIANT, PRODUCT or GROUP; none: the seller's
    option_names: tuple[str, ...] | Keep = KEEP
    option_values: tuple[tuple[str, ...], ...] | Keep = KEEP
    is_active: bool | Keep = KEEP
    assets: tuple[AssetDraft, ...] | Keep = KEEP
    variants: tuple[VariantDraft, ...] = ()
    expected_version: int | None = None  # another one is stored: Stale


@dataclass(frozen=True, slots=True)
class Tally:
    """How many things were new, changed, and as they were already."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.created + other.created, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class SaveReport:
    """What a bulk save did, and the keys of everything that it named."""

    products: Tally
    variants: Tally
    created: frozenset[str]  # slugs of new products
    changed: frozenset[str]  # slugs of products of which anything was written
    product_ids: dict[str, int]  # by slug
    variant_ids: dict[str, int]  # by SKU
    notices: tuple[str, ...] = ()  # what was taken otherwise than it was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """One rule of an assortment: at most one target; none means everything."""

    includes: bool = True
    brand_id: int | None = None
    category_id: int | None = None
    product_id: int | None = None
    variant_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSkuDraft:
    """A buyer's own part number for a SKU; None takes it away."""

    company_id: int
    sku: str
    customer_sku: str | None
