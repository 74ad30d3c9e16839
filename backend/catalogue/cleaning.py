"""Cleans what somebody wants the catalogue to hold, whatever door it comes by, and says where a text held what nobody can see. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from backend.catalogue.drafts import AssetDraft, PackDraft, ProductDraft, VariantDraft
from backend.core.faults import Keep
from backend.core.gtins import gtin_of
from backend.core.text import clean_code, clean_name, hides_something

T = TypeVar("T")


def clean_products(drafts: Sequence[ProductDraft], kept: Collection[str] = ()) -> list[ProductDraft]:
    """The drafts with clean names and codes. `kept`: SKUs that are stored as they are written here, so that they are found again."""
    return [_product(draft, kept) for draft in drafts]


def clean_variant(draft: VariantDraft, kept: Collection[str] = ()) -> VariantDraft:
    return replace(
        draft,
        sku=_sku(draft.sku, kept),
        options=_each(draft.options),
        name=_name(draft.name),
        gtin=_gtin(draft.gtin),
        commodity_code=_code(draft.commodity_code),
        price_group=_code(draft.price_group),
        replaced_by=draft.replaced_by
        if draft.replaced_by is None or isinstance(draft.replaced_by, Keep)
        else _sku(draft.replaced_by, kept),
        packs=draft.packs if isinstance(draft.packs, Keep) else tuple(map(_pack, draft.packs)),
        contents=draft.contents
        if isinstance(draft.contents, Keep)
        else tuple(replace(content, sku=_sku(content.sku, kept)) for content in draft.contents),
    )


def odd_skus(drafts: Iterable[ProductDraft]) -> set[str]:
    """SKUs that are not clean as they are written, and could be stored like that."""
    skus = {variant.sku for draft in drafts for variant in draft.variants}
    return {sku for sku in skus if clean_code(sku) != sku and "\0" not in sku}


def notices_of(drafts: Iterable[ProductDraft]) -> list[str]:
    """A sentence for each text in which something invisible was found."""
    return [
        f"Invisible characters were taken out of the {what} “{clean_name(text)}”."
        for draft in drafts
        for what, text in _texts(draft)
        if hides_something(text)
    ]


def _texts(draft: ProductDraft) -> Iterator[tuple[str, str]]:
    yield from ((what, text) for what, text in (("name", draft.name), ("brand", draft.brand)) if isinstance(text, str))
    if not isinstance(draft.option_names, Keep):
        yield from (("option", name) for name in draft.option_names)
    for variant in draft.variants:
        yield "SKU", variant.sku
        yield from ((what, text) for what, text in (("GTIN", variant.gtin), ("name", variant.name)) if isinstance(text, str))
        if not isinstance(variant.options, Keep):
            yield from (("option value", value) for value in variant.options)


def _product(draft: ProductDraft, kept: Collection[str]) -> ProductDraft:
    return replace(
        draft,
        name=_name(draft.name),
        brand=_name(draft.brand),
        option_names=_each(draft.option_names),
        option_values=draft.option_values
        if isinstance(draft.option_values, Keep)
        else tuple(tuple(map(clean_name, values)) for values in draft.option_values),
        tax_class=_code(draft.tax_class),
        assets=draft.assets if isinstance(draft.assets, Keep) else tuple(_asset(asset, kept) for asset in draft.assets),
        variants=tuple(clean_variant(variant, kept) for variant in draft.variants),
    )


def _sku(text: str, kept: Collection[str]) -> str:
    return text if text in kept else clean_code(text)


def _gtin(text: str | Keep | None) -> str | Keep | None:
    """The digits alone; what is no GTIN stays as it is, to be refused."""
    return (gtin_of(clean_code(text)) or clean_code(text)) if isinstance(text, str) else text


def _name(text: T) -> T | str:
    return clean_name(text) if isinstance(text, str) else text


def _code(text: T) -> T | str:
    return clean_code(text) if isinstance(text, str) else text


def _each(texts: tuple[str, ...] | Keep) -> tuple[str, ...] | Keep:
    return texts if isinstance(texts, Keep) else tuple(map(clean_name, texts))


def _pack(pack: PackDraft) -> PackDraft:
    return replace(pack, code=clean_code(pack.code), name=clean_name(pack.name))


def _asset(asset: AssetDraft, kept: Collection[str]) -> AssetDraft:
    return replace(asset, alt=clean_name(asset.alt), sku=_sku(asset.sku, kept) if asset.sku else asset.sku)
