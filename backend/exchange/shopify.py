"""Understands Shopify's product CSV, old headers and new: rows with the same handle become one product draft, with prices, stock and every remark.

Pure: knows nothing of what is stored. A blank cell says nothing and changes nothing.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from backend.catalogue.drafts import AssetDraft, ProductDraft, VariantDraft
from backend.catalogue.rules import MAX_SKU, slug_for, slugify
from backend.core.faults import KEEP, Keep
from backend.core.gtins import gtin_of
from backend.core.money import UNIT_PRICE_PLACES, NotAnAmount, parse_units
from backend.core.numbers import NotANumber, number, whole_number
from backend.exchange.files import Line
from backend.inventory.rules import MAX_ON_HAND, counted_notice, on_hand_of

OPTIONS = 8  # Shopify has three; files made by others may have more
COLUMNS: dict[str, Sequence[str]] = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "body": ("Body (HTML)", "Body HTML", "Description"),
    "vendor": ("Vendor",),
    "type": ("Type", "Custom Product Type"),
    "taxonomy": ("Product Category", "Standardized Product Type"),
    "tags": ("Tags",),
    "published": ("Published", "Published on online store"),
    "status": ("Status",),
    "sku": ("Variant SKU", "SKU"),
    "grams": ("Variant Grams", "Weight value (grams)"),
    "tracker": ("Variant Inventory Tracker", "Inventory tracker"),
    "quantity": ("Variant Inventory Qty", "Variant Inventory Quantity", "Inventory quantity"),
    "policy": ("Variant Inventory Policy", "Continue selling when out of stock"),
    "price": ("Variant Price", "Price"),
    "compare_at": ("Variant Compare At Price", "Compare-at price"),
    "cost": ("Cost per item", "Variant Cost"),
    "barcode": ("Variant Barcode", "Barcode"),
    "image": ("Image Src", "Product image URL"),
    "image_position": ("Image Position",),
    "image_alt": ("Image Alt Text",),
    "variant_image": ("Variant Image", "Variant image URL"),
    "gift_card": ("Gift Card",),
    **{f"name{n}": (f"Option{n} Name",) for n in range(1, OPTIONS + 1)},
    **{f"value{n}": (f"Option{n} Value",) for n in range(1, OPTIONS + 1)},
}
REQUIRED = ("handle", "title")
NUMBERS = ("grams", "quantity", "price", "cost")
TEXTS = frozenset({"body"})
_VARIANT_CELLS = ("sku", "price", "quantity", "barcode", "cost")


@dataclass(slots=True)
class Offer:
    """What the file says of one variant that is not the catalogue's: its price and what is on hand."""

    line: int
    sku: str
    price_e4: int | None
    on_hand: int | None


@dataclass(slots=True)
class Listing:
    """One product of the file."""

    handle: str
    line: int
    draft: ProductDraft | None = None  # none: it could not be understood
    categories: list[tuple[str, ...]] = field(default_factory=list)  # names from the root down, per category
    offers: list[Offer] = field(default_factory=list)  # in the order of the draft's variants
    asset_lines: list[int] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    has_compare_at: bool = False
    is_gift_card: bool = False
    has_cost: bool = False
    is_rest: bool = False  # other rows of the same product were met before

    @property
    def slug(self) -> str:
        return slug_for(self.handle)


def category_slug(names: Sequence[str]) -> str:
    return slug_for(" ".join(names))


class Places:
    """Where the rows of each product stand. A product whose rows stand apart is refused whole: none of its parts may be sold as all of it."""

    def __init__(self) -> None:
        self._last = ""
        self._begins: dict[str, int] = {}
        self._again: dict[str, int] = {}

    def see(self, line: Line) -> None:
        handle = line.get("handle")
        if not handle or handle == self._last:
            return
        self._last, slug = handle, slug_for(handle)
        if slug in self._begins:
            self._again.setdefault(slug, line.number)
        self._begins.setdefault(slug, line.number)

    def reason(self, slug: str) -> str | None:
        """Why the product cannot be taken, or None."""
        if slug not in self._again:
            return None
        return f"The rows of this product stand apart, on line {self._begins[slug]} and on line {self._again[slug]}: put them together."

    def is_rest(self, slug: str, line: int) -> bool:
        return self._begins[slug] != line


def grouped(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Rows with the same handle that stand together."""
    group: list[Line] = []
    for line in lines:
        if group and line.get("handle") != group[0].get("handle"):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def understand(lines: Sequence[Line], default_brand: str) -> Listing:
    """The product that these rows describe, or why they do not describe one."""
    first = lines[0]
    listing = Listing(first.get("handle"), first.number, is_gift_card=_is_true(first.get("gift_card")))
    listing.has_compare_at = any(line.get("compare_at") for line in lines)
    listing.has_cost = any(line.get("cost") for line in lines)
    listing.bad += [
        (line.number, "There are more values than columns: a quote or a separator is missing.") for line in lines if line.surplus
    ]
    if not listing.handle:
        listing.bad.append((first.number, "The handle is missing."))
    if not first.get("title"):
        listing.bad.append((first.number, "The title is missing: the first row of a product names it."))
    if listing.bad:
        return listing
    names = option_names(first)
    variants = [variant for line in lines if _is_variant(line, first, names) for variant in _variant(listing, line, names)]
    assets = _assets(listing, lines)
    listing.categories = _categories(first)
    listing.draft = ProductDraft(
        slug=listing.slug,
        name=first.get("title"),
        brand=first.get("vendor") or default_brand,
        description_html=first.get("body") or KEEP,
        categories=tuple(category_slug(path) for path in listing.categories) or KEEP,
        option_names=tuple(names),
        is_active=_is_active(first),
        assets=tuple(assets) or KEEP,
        variants=tuple(variants),
    )
    return listing


def option_names(first: Line) -> list[str]:
    """The product's options. "Title: Default Title" is Shopify's way to say that it has none."""
    names = [first.get(f"name{n}") for n in range(1, OPTIONS + 1)]
    names = names[: max((at + 1 for at, name in enumerate(names) if name), default=0)]
    return [] if names == ["Title"] and first.get("value1") == "Default Title" else names


def _is_variant(line: Line, first: Line, names: Sequence[str]) -> bool:
    """A row without options is a picture, except the first one; with a SKU or a price it is a variant that lacks its options."""
    if line is first or any(line.get(f"value{n}") for n in range(1, len(names) + 1)):
        return True
    return any(line.get(cell) for cell in _VARIANT_CELLS)


def _variant(listing: Listing, line: Line, names: Sequence[str]) -> Iterator[VariantDraft]:
    options = tuple(line.get(f"value{n}") for n in range(1, len(names) + 1))
    missing = [name for name, value in zip(names, options, strict=True) if not value]
    if missing:
        listing.bad.append((line.number, f"The value of {' and '.join(name or 'an option' for name in missing)} is missing."))
        return
    sku = _unquoted(line.get("sku")) or made_sku(listing.handle, options)
    listing.offers.append(Offer(line.number, sku, _price(listing, line), _on_hand(listing, line)))
    yield VariantDraft(
        sku=sku,
        options=options,
        gtin=_gtin(listing, line),
        cost_e4=_amount(listing, line, "cost", "cost"),
        weight_grams=_grams(line),
        sells_without_stock=_sells_without_stock(line),
    )


def made_sku(handle: str, options: Sequence[str]) -> str:
    """ "CLASSIC-VARSITY-TOP-SMALL": handle and options; shortened with a fingerprint when it is too long."""
    text = "-".join(slugify(part) or slug_for(part) for part in (handle, *options)).upper()
    return text if len(text) <= MAX_SKU else f"{text[: MAX_SKU - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8].upper()}"


def _price(listing: Listing, line: Line) -> int | None:
    price = _amount(listing, line, "price", "price")
    if isinstance(price, Keep):
        if line.has("price") and not line.get("price"):
            listing.notes.append((line.number, "There is no price: buyers see “price on request”."))
        return None
    if price == 0:
        listing.notes.append((line.number, "The price is 0.00: it is sold for nothing."))
    return price


def _amount(listing: Listing, line: Line, cell: str, what: str) -> int | Keep:
    """Ten-thousandths; blank says nothing, nonsense is a bad row."""
    text = line.get(cell)
    if not text:
        return KEEP
    try:
        amount = parse_units(number(text, line.marks.get(cell)), UNIT_PRICE_PLACES)
    except NotANumber as error:
        listing.bad.append((line.number, f"The {what} should be an amount like 12.50. {error}"))
        return KEEP
    except NotAnAmount:
        listing.bad.append((line.number, f"The {what} should have four decimals at most; it is “{text[:40]}”."))
        return KEEP
    if amount < 0:
        listing.bad.append((line.number, f"The {what} {text} is negative."))
        return KEEP
    return amount


def _on_hand(listing: Listing, line: Line) -> int | None:
    text = line.get("quantity")
    if not text:
        return None
    try:
        counted = whole_number(text, line.marks.get("quantity"))
    except NotANumber as error:
        listing.bad.append((line.number, f"The quantity should be a whole number. {error}"))
        return None
    if counted > MAX_ON_HAND:
        listing.bad.append((line.number, f"The quantity is at most {MAX_ON_HAND:,}; it is {text[:40]}."))
        return None
    if notice := counted_notice(counted):
        listing.notes.append((line.number, notice))
    return on_hand_of(counted)


def _gtin(listing: Listing, line: Line) -> str | Keep:
    text = _unquoted(line.get("barcode"))
    if not text:
        return KEEP
    if digits := gtin_of(text):
        return digits
    listing.notes.append(
        (line.number, f"The barcode {text[:40]} is no GTIN (8, 12, 13 or 14 digits with a check digit): left out.")
    )
    return KEEP


def _unquoted(text: str) -> str:
    """Spreadsheets are told by an apostrophe that a number is text."""
    return text.removeprefix("'").strip()


def _grams(line: Line) -> int | Keep:
    try:
        weight = number(line.get("grams"), line.marks.get("grams"))
    except NotANumber:
        return KEEP
    return int(weight.to_integral_value()) if 0 <= weight < 100_000_000 else KEEP


def _sells_without_stock(line: Line) -> bool | Keep:
    """Shopify sells on when its policy says so, and whatever it does not count: then the tracker is blank."""
    if not line.has("policy") and not line.has("tracker"):
        return KEEP
    return line.get("policy").casefold() in ("continue", "true") or (line.has("tracker") and not line.get("tracker"))


def _is_active(first: Line) -> bool | Keep:
    published, status = first.get("published").casefold(), first.get("status").casefold()
    if not published and not status:
        return KEEP
    return published not in ("false", "no", "0") and status not in ("draft", "archived")


def _is_true(text: str) -> bool:
    return text.casefold() in ("true", "yes", "1")


def _categories(first: Line) -> list[tuple[str, ...]]:
    """The type; without one Shopify's own category as a path; without that, every tag."""
    if first.get("type"):
        return [(first.get("type")[:120],)]
    taxonomy = tuple(name.strip()[:120] for name in first.get("taxonomy").split(">") if name.strip())
    if taxonomy:
        return [taxonomy]
    tags = dict.fromkeys(tag.strip()[:120] for tag in first.get("tags").split(","))
    by_slug = {category_slug((tag,)): (tag,) for tag in tags if tag}
    return list(by_slug.values())


def _assets(listing: Listing, lines: Sequence[Line]) -> list[AssetDraft]:
    """Pictures in their order, each once; a picture of a variant knows it."""
    shown: dict[str, tuple[int, int, str]] = {}  # url: position, line, alternative text
    for line in lines:
        url = line.get("image")
        if url and url not in shown:
            shown[url] = (_place(line.get("image_position")) or len(shown) + 1, line.number, line.get("image_alt"))
    owners: dict[str, str] = {}
    skus = {offer.line: offer.sku for offer in listing.offers}
    for line in lines:
        url = line.get("variant_image")
        if url and line.number in skus:
            owners.setdefault(url, skus[line.number])
            shown.setdefault(url, (len(lines) + len(shown), line.number, ""))
    kept = [(place, url) for url, place in shown.items() if _is_address(listing, place[1], url)]
    kept.sort(key=lambda item: item[0][:2])
    listing.asset_lines = [line for (_, line, _), _ in kept]
    name = " ".join(lines[0].get("title").split())
    return [AssetDraft(url=url, alt=(" ".join(alt.split()) or name)[:300], sku=owners.get(url)) for (_, _, alt), url in kept]


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _is_address(listing: Listing, line: int, url: str) -> bool:
    if re.fullmatch(r"https?://[^\s<>\"]{1,1900}", url):
        return True
    listing.notes.append((line, f"The picture “{url[:80]}” has no web address: left out."))
    return False
