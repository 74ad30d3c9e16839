"""What the catalogue allows, in pure functions: slugs, part numbers as they are compared, option values, clean HTML."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence

import nh3

from backend.catalogue.sizes import is_natural, natural_order
from backend.core.errors import Why

MAX_SLUG = 140
MAX_SKU = 64
MAX_OPTION_VALUE = 120
MAX_OPTIONS = 8
MAX_QUANTITY = 1_000_000
DEFAULT_TAX_CLASS = "STANDARD"
BREAK_SCOPES = frozenset({"VARIANT", "PRODUCT", "GROUP"})
PACK_KINDS = frozenset({"INNER", "CASE", "PALLET"})
ASSET_KINDS = frozenset({"IMAGE", "VIDEO", "LOOKBOOK", "GUIDE", "DOCUMENT"})

# What NFKD does not take apart.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "ss",
        "æ": "ae",
        "Æ": "ae",
        "œ": "oe",
        "Œ": "oe",
        "ø": "o",
        "Ø": "o",
        "ł": "l",
        "Ł": "l",
        "đ": "d",
        "Đ": "d",
        "ı": "i",
    }
)
_TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_BLOCK = re.compile(r"</?(?:p|div|li|ul|ol|dl|dt|dd|tr|table|h[1-6]|blockquote|pre|br|hr)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def plain_ascii(text: str) -> str:
    """Letters without their accents, everything that is not ASCII left out."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return decomposed.encode("ascii", "ignore").decode()


def slugify(text: str) -> str:
    """A name as a piece of an address: "Arbeitshose »Größe 52«" is "arbeitshose-grosse-52". Empty when nothing is left."""
    words = re.findall(r"[a-z0-9]+", plain_ascii(text).lower())
    return "-".join(words)[:MAX_SLUG].strip("-")


def is_slug(text: str) -> bool:
    return bool(text) and len(text) <= MAX_SLUG and slugify(text) == text


def sku_key(text: str) -> str:
    """A part number as it is compared: letters and digits only, upper case. "nw-2140 b/l" is "NW2140BL"."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in folded if letter.isalnum())[:MAX_SKU]


def is_text(text: str, longest: int, *, lines: bool = False) -> bool:
    """Something a person can read: not blank, not too long, without control characters; one line unless told otherwise."""
    return bool(text.strip()) and len(text) <= longest and not _CONTROL.search(text) and (lines or not re.search(r"[\n\r\t]", text))


def clean_html(text: str) -> str:
    """Harmless HTML: text, lists, tables and links; no scripts, styles, images, forms or classes."""
    return nh3.clean(
        _CONTROL.sub("", text), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer"
    ).strip()


def plain_text(text: str) -> str:
    """What a person reads of clean HTML: one line per block, entities as letters."""
    spaced = _TAG.sub("", _BLOCK.sub("\n", text))
    lines = (" ".join(line.split()) for line in html.unescape(spaced).splitlines())
    return "\n".join(line for line in lines if line)


def variant_name(product: str, options: Sequence[str]) -> str:
    """ "What a variant is called unless somebody names it: "Field jacket Olive M"."""
    return " ".join((product, *options))[:300]


def option_faults(names: Sequence[str]) -> str | None:
    """Why these cannot be a product's options, or None."""
    if len(names) > MAX_OPTIONS:
        return Why.TOO_MANY(f"A product has at most {MAX_OPTIONS} options.")
    if any(not is_text(name, MAX_OPTION_VALUE) for name in names):
        return Why.MALFORMED("An option needs a name of one line.")
    if len({name.casefold() for name in names}) < len(names):
        return Why.REPEATED("Two options have the same name.")
    return None


def ordered_values(wanted: Sequence[Sequence[str]], combinations: Sequence[Sequence[str]], axes: int) -> list[list[str]]:
    """Per axis its values: first those that are given an order, then the others as they first appear.

    Sizes stand in their natural order, unless they were given another one.
    """
    values: list[dict[str, None]] = [dict.fromkeys(wanted[axis] if axis < len(wanted) else ()) for axis in range(axes)]
    given = [list(axis) for axis in values]
    for combination in combinations:
        for axis, value in enumerate(combination):
            values[axis].setdefault(value)
    return [_in_order(list(axis), first) for axis, first in zip(values, given, strict=True)]


def _in_order(values: list[str], given: list[str]) -> list[str]:
    if len(values) == len(given) or not is_natural(given):
        return values
    return natural_order(values) or values


def quantity_rule_fault(minimum: int, maximum: int | None, increment: int) -> str | None:
    """Why nobody could order by this rule, or None."""
    if not 1 <= minimum <= MAX_QUANTITY or not 1 <= increment <= MAX_QUANTITY:
        return Why.OUT_OF_RANGE(f"Minimum and increment lie between 1 and {MAX_QUANTITY:,}.")
    if maximum is not None and not minimum <= maximum <= MAX_QUANTITY:
        return (
            Why.NOT_ALLOWED(f"The maximum of {maximum} lies below the minimum of {minimum}.")
            if maximum < minimum
            else Why.TOO_LARGE(f"The maximum is at most {MAX_QUANTITY:,}.")
        )
    if maximum is not None and -(-minimum // increment) * increment > maximum:
        return Why.NOT_ALLOWED(f"Between {minimum} and {maximum} there is no multiple of {increment}.")
    return None


def slug_for(name: str) -> str:
    """The slug of a name; of one that has no Latin letter, a short fingerprint, the same every time."""
    return slugify(name) or hashlib.sha256(name.strip().encode()).hexdigest()[:12]
