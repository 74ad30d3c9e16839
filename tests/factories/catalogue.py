"""Catalogue, prices and stock for tests: plain rows, with what is derived derived as in the product."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from itertools import product as combinations
from typing import Any

from backend.catalogue import assortments
from backend.catalogue.models import (
    Asset,
    Assortment,
    AssortmentAssignment,
    AssortmentRule,
    Brand,
    Category,
    Pack,
    Product,
    ProductCategory,
    Variant,
)
from backend.catalogue.rules import sku_key, slugify
from backend.inventory.models import Stock, Warehouse
from backend.pricing.models import Price, PriceList, PriceListAssignment

SINCE_EVER = date(1, 1, 1)
_numbers = count(1)


async def make_brand(name: str = "Northway") -> Brand:
    """The brand of this name, made when it is not there."""
    brand, _ = await Brand.get_or_create(defaults={"name": name}, slug=slugify(name))
    return brand


async def make_category(name: str, parent: Category | None = None) -> Category:
    category = Category(name=name, slug=slugify(name), parent_id=parent.id if parent else None, path=[])
    category.path = [*(parent.path if parent else []), category.id]
    await category.save(force_create=True)
    return category


async def make_product(
    name: str | None = None,
    *,
    sku: str | None = None,
    options: dict[str, Sequence[str]] | None = None,
    holes: Sequence[tuple[str, ...]] = (),
    brand: Brand | None = None,
    categories: Sequence[Category] = (),
    is_active: bool = True,
    image: str | None = None,
    variant: dict[str, Any] | None = None,
    **values: Any,
) -> tuple[Product, list[Variant]]:
    """A product with a variant for each combination of its options, SKUs like "NW-1-BLACK-M"; in every assortment whose rules match it.

    `holes` are combinations that do not exist; `variant` holds values for every variant, `values` for the product.
    """
    number = next(_numbers)
    name = name or f"Jacket {number}"
    sku = sku or f"NW-{number}"
    axes = {axis: list(texts) for axis, texts in (options or {}).items()}
    now = datetime.now(UTC)
    product = await Product.create(
        **{
            "slug": slugify(f"{name}-{number}"),
            "name": name,
            "brand_id": (brand or await make_brand()).id,
            "option_names": list(axes),
            "option_values": list(axes.values()),
            "is_active": is_active,
            "created_at": now,
            "updated_at": now,
            **values,
        }
    )
    for position, category in enumerate(categories):
        await ProductCategory.create(product_id=product.id, category_id=category.id, position=position)
    if image:
        await Asset.create(product_id=product.id, url=image, alt=name)
    cells = [cell for cell in combinations(*axes.values()) if cell not in set(holes)]
    variants = [_variant(product, sku, cell, position, variant or {}) for position, cell in enumerate(cells)]
    await Variant.bulk_create(variants)
    await assortments.refresh_products([product.id])
    return product, variants


def _variant(product: Product, stem: str, cell: tuple[str, ...], position: int, values: dict[str, Any]) -> Variant:
    sku = "-".join((stem, *(text.upper().replace(" ", "") for text in cell)))
    row: dict[str, Any] = {
        "product_id": product.id,
        "sku": sku,
        "sku_key": sku_key(sku),
        "name": " ".join((product.name, *cell)),
        "option_values": list(cell),
        "position": position,
    }
    return Variant(**{**row, **values})


async def make_pack(variant: Variant, units: int, code: str = "CASE", kind: str = "CASE", name: str | None = None) -> Pack:
    return await Pack.create(variant_id=variant.id, code=code, kind=kind, units=units, name=name or f"Case of {units}")


async def make_assortment(
    code: str | None = None,
    *,
    rules: Sequence[dict[str, Any]] = ({},),
    is_default: bool = False,
    company_id: int | None = None,
    group_id: int | None = None,
    location_id: int | None = None,
) -> Assortment:
    """An assortment that shows everything unless told otherwise: `rules=[{"brand_id": 1}, {"includes": False, "product_id": 2}]`."""
    code = code or f"assortment-{next(_numbers)}"
    assortment = await Assortment.create(code=code, name=code.capitalize(), is_default=is_default)
    for rule in rules:
        await AssortmentRule.create(assortment_id=assortment.id, **rule)
    if company_id or group_id or location_id:
        await AssortmentAssignment.create(
            assortment_id=assortment.id, company_id=company_id, group_id=group_id, location_id=location_id
        )
    await assortments.refresh_assortments([assortment.id])
    return assortment


async def make_price_list(
    code: str | None = None,
    *,
    currency: str = "EUR",
    is_default: bool = False,
    company_id: int | None = None,
    group_id: int | None = None,
    location_id: int | None = None,
    **values: Any,
) -> PriceList:
    """A price list, given to a company, a group or a location when one is named."""
    code = code or f"list-{next(_numbers)}"
    row: dict[str, Any] = {"code": code, "name": code.capitalize(), "currency": currency, "is_default": is_default}
    price_list = await PriceList.create(**{**row, **values})
    if company_id or group_id or location_id:
        await PriceListAssignment.create(
            price_list_id=price_list.id, company_id=company_id, group_id=group_id, location_id=location_id
        )
    return price_list


async def set_price(
    price_list: PriceList,
    variants: Variant | Sequence[Variant],
    amount: str | dict[int, str],
    *,
    valid_from: date = SINCE_EVER,
    valid_to: date | None = None,
) -> None:
    """`set_price(prices, variant, "12.50")`, or with breaks `{1: "12.50", 12: "11.00"}`; instead of what the list said for that start."""
    breaks = {1: amount} if isinstance(amount, str) else amount
    for variant in [variants] if isinstance(variants, Variant) else variants:
        key = {"variant_id": variant.id, "price_list_id": price_list.id, "valid_from": valid_from}
        amounts = [_e4(breaks[quantity]) for quantity in sorted(breaks)]
        await Price.update_or_create(defaults={"valid_to": valid_to, "quantities": sorted(breaks), "amounts_e4": amounts}, **key)


def _e4(amount: str) -> int:
    whole, _, places = amount.partition(".")
    return int(whole) * 10_000 + int(places.ljust(4, "0") or 0)


async def make_warehouse(code: str = "MAIN", position: int = 0) -> Warehouse:
    """The warehouse of this code, made when it is not there."""
    warehouse, _ = await Warehouse.get_or_create(defaults={"name": code.capitalize(), "position": position}, code=code)
    return warehouse


async def set_stock(
    variants: Variant | Sequence[Variant], on_hand: int, *, reserved: int = 0, warehouse: Warehouse | None = None
) -> None:
    """So many pieces on hand of each variant, in MAIN unless told otherwise."""
    place = warehouse or await make_warehouse()
    for variant in [variants] if isinstance(variants, Variant) else variants:
        await Stock.update_or_create(
            defaults={"on_hand": on_hand, "reserved": reserved}, variant_id=variant.id, warehouse_id=place.id
        )
