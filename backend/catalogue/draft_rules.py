"""Which drafts can stand, as far as can be told without looking at what is stored. Pure: every fault of every draft is found in one go."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from backend.catalogue import rules
from backend.catalogue.drafts import AssetDraft, PackDraft, ProductDraft, VariantDraft
from backend.core.errors import Why
from backend.core.faults import Fault, Keep
from backend.core.gtins import is_gtin

MAX_E4 = 10**13
MAX_COMMODITY_CODE = 16
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/+-]*")
_URL = re.compile(r"(?:https?:/)?/[^\s<>\"\x00-\x1f]+")
MAX_URL = 2_000


def is_code(text: str, longest: int = 32) -> bool:
    """A short name for machines and people: letters, digits and a few marks."""
    return len(text) <= longest and bool(_CODE.fullmatch(text))


def faults_of(drafts: Sequence[ProductDraft]) -> list[Fault]:
    """Everything in these products that cannot stand, whatever is stored."""
    return [
        Fault(row, path, message) for row, draft in enumerate(drafts) for path, message in (*_product(draft), *_all_variants(draft))
    ] + _twice(drafts)


Found = Iterator[tuple[tuple[str, ...], str]]


def _product(draft: ProductDraft) -> Found:
    if not rules.is_slug(draft.slug):
        yield ("slug",), Why.MALFORMED("A slug is made of small letters, digits and single hyphens.")
    if not isinstance(draft.name, Keep) and not rules.is_text(draft.name, 200):
        yield ("name",), Why.MALFORMED("A product needs a name of one line and at most 200 letters.")
    if not isinstance(draft.brand, Keep) and not rules.is_text(draft.brand, 120):
        yield ("brand",), Why.MALFORMED("A brand needs a name of one line and at most 120 letters.")
    if not isinstance(draft.tax_class, Keep) and not is_code(draft.tax_class):
        yield ("taxClass",), Why.MALFORMED("A tax class is a short code, for example STANDARD.")
    if isinstance(draft.minimum_quantity, int) and not 1 <= draft.minimum_quantity <= rules.MAX_QUANTITY:
        yield ("minimumQuantity",), Why.TOO_SMALL("The minimum quantity is at least 1.")
    if isinstance(draft.break_scope, str) and draft.break_scope not in rules.BREAK_SCOPES:
        yield ("breakScope",), Why.UNKNOWN("Breaks count per VARIANT, PRODUCT or GROUP.")
    if not isinstance(draft.option_names, Keep) and (fault := rules.option_faults(draft.option_names)):
        yield ("optionNames",), fault
    if not isinstance(draft.categories, Keep) and not all(rules.is_slug(slug) for slug in draft.categories):
        yield ("categories",), Why.MALFORMED("Categories are named by their slugs.")
    if not isinstance(draft.assets, Keep):
        for index, asset in enumerate(draft.assets):
            yield from _asset(asset, ("assets", str(index)))


def _asset(asset: AssetDraft, path: tuple[str, ...]) -> Found:
    if len(asset.url) > MAX_URL or not _URL.fullmatch(asset.url):
        yield (*path, "url"), Why.MALFORMED(f"“{asset.url[:80]}” is no address of a picture or file.")
    if asset.kind not in rules.ASSET_KINDS:
        yield (*path, "kind"), Why.UNKNOWN("An asset is an IMAGE, VIDEO, LOOKBOOK, GUIDE or DOCUMENT.")
    if asset.alt and not rules.is_text(asset.alt, 300):
        yield (*path, "alt"), Why.MALFORMED("The text for those who cannot see the picture is one line of at most 300 letters.")


def _all_variants(draft: ProductDraft) -> Found:
    for index, variant in enumerate(draft.variants):
        for path, message in _variant(variant):
            yield ("variants", str(index), *path), message


def _variant(draft: VariantDraft) -> Found:
    yield from _numbers(draft)
    if not rules.is_text(draft.sku, rules.MAX_SKU) or not rules.sku_key(draft.sku):
        yield ("sku",), Why.MALFORMED(f"A SKU has letters or digits, one line, at most {rules.MAX_SKU} characters.")
    if not isinstance(draft.options, Keep) and not all(rules.is_text(value, rules.MAX_OPTION_VALUE) for value in draft.options):
        yield ("options",), Why.MALFORMED("An option value is one line of text.")
    if not isinstance(draft.name, Keep) and not rules.is_text(draft.name, 300):
        yield ("name",), Why.MALFORMED("A variant's name is one line of at most 300 letters.")
    if isinstance(draft.gtin, str) and not is_gtin(draft.gtin):
        yield ("gtin",), Why.MALFORMED(f"{draft.gtin} is no GTIN: it needs 8, 12, 13 or 14 digits, the last one a check digit.")
    if isinstance(draft.commodity_code, str) and not is_code(draft.commodity_code, MAX_COMMODITY_CODE):
        yield ("commodityCode",), Why.MALFORMED("A commodity code has digits and points, at most 16.")
    if isinstance(draft.price_group, str) and not is_code(draft.price_group):
        yield ("priceGroup",), Why.MALFORMED("A price group is a short code.")
    if not isinstance(draft.packs, Keep):
        yield from _packs(draft.packs)
    if not isinstance(draft.contents, Keep):
        yield from _contents(draft)


def _numbers(draft: VariantDraft) -> Found:
    if isinstance(draft.cost_e4, int) and not 0 <= draft.cost_e4 <= MAX_E4:
        yield ("cost",), Why.TOO_SMALL("The cost cannot be negative.")
    if isinstance(draft.weight_grams, int) and not 0 <= draft.weight_grams <= 100_000_000:
        yield ("weightGrams",), Why.TOO_SMALL("The weight cannot be negative.")


def _packs(packs: tuple[PackDraft, ...]) -> Found:
    codes = Counter(pack.code for pack in packs)
    for index, pack in enumerate(packs):
        path = ("packs", str(index))
        if not is_code(pack.code) or codes[pack.code] > 1:
            yield (*path, "code"), Why.MALFORMED("Every pack of a variant needs a short code of its own.")
        if not rules.is_text(pack.name, 120):
            yield (*path, "name"), Why.REQUIRED("A pack needs a name.")
        if pack.kind not in rules.PACK_KINDS:
            yield (*path, "kind"), Why.UNKNOWN("A pack is an INNER, a CASE or a PALLET.")
        if not 1 <= pack.units <= rules.MAX_QUANTITY:
            yield (*path, "units"), Why.TOO_SMALL("A pack holds at least one piece.")


def _contents(draft: VariantDraft) -> Found:
    contents: Any = draft.contents
    skus = Counter(content.sku for content in contents)
    for index, content in enumerate(contents):
        path = ("contents", str(index))
        if content.sku == draft.sku or skus[content.sku] > 1:
            yield (*path, "sku"), Why.REPEATED("A prepack names each of its components once, and never itself.")
        if not 1 <= content.quantity <= rules.MAX_QUANTITY:
            yield (*path, "quantity"), Why.TOO_SMALL("A component comes at least once.")


def _twice(drafts: Sequence[ProductDraft]) -> list[Fault]:
    """Slugs and SKUs that come a second time in the same call."""
    faults: list[Fault] = []
    slugs: dict[str, int] = {}
    skus: dict[str, str] = {}
    for row, draft in enumerate(drafts):
        if slugs.setdefault(draft.slug, row) != row:
            faults.append(Fault(row, ("slug",), Why.REPEATED(f"The slug {draft.slug} comes twice.")))
        for index, variant in enumerate(draft.variants):
            if variant.sku in skus:
                faults.append(
                    Fault(
                        row,
                        ("variants", str(index), "sku"),
                        Why.REPEATED(f"The SKU {variant.sku} comes twice (first in {skus[variant.sku]})."),
                    )
                )
            skus.setdefault(variant.sku, draft.slug)
    return faults
