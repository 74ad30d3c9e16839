"""What words a product is found by, in pure functions: letters without accents and case, compounds joined, numbers in every way they are typed.

The same functions read what is stored and what is typed, so that both always meet. A weight says where a word stands: A the name, B brand
and categories, C what belongs to single variants (numbers, options), D the description.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LONGEST_WORD = 64
MOST_DESCRIPTION = 20_000

_WORD = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"[^\W_]+(?:[-‐‑–/'’.&+_][^\W_]+)+")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_PLACES = {"A": 1, "B": 2, "C": 3, "D": 4}


@dataclass(frozen=True, slots=True)
class VariantText:
    """What one variant is found by beside its product's words."""

    sku: str
    gtin: str | None
    name: str
    option_values: Sequence[str]


@dataclass(frozen=True, slots=True)
class ProductText:
    name: str
    brand: str
    categories: Sequence[str]
    description: str
    variants: Sequence[VariantText]


def fold(text: str) -> str:
    """Letters without case and accents: "Größe" is "grosse", "Ø 12" is "o 12"."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The words as they are typed, in order: "Hi-Vis jacket" is hi, vis, jacket."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def compounds_of(text: str) -> Iterator[str]:
    """What is written with a hyphen or the like, in one word: "Hi-Vis T-shirt" gives hivis and tshirt."""
    for found in _COMPOUND.findall(fold(text)):
        yield "".join(_WORD.findall(found))[:LONGEST_WORD]


def number_forms(number: str) -> Iterator[str]:
    """A part number or barcode in one word, and without the zeros that scanners put before it."""
    key = "".join(words_of(number))[:LONGEST_WORD]
    yield key
    if key.isdigit() and key.startswith("0"):
        yield key.lstrip("0") or "0"


def text_words(*texts: str) -> set[str]:
    return {word for text in texts for word in (*words_of(text), *compounds_of(text))}


def variant_words(variant: VariantText) -> set[str]:
    """What finds this variant and not every other of its product."""
    numbers = [*number_forms(variant.sku), *(number_forms(variant.gtin) if variant.gtin else ())]
    return {*numbers, *text_words(variant.sku, variant.name, *variant.option_values)}


def document_of(product: ProductText) -> str:
    """The product's words with their weights, as PostgreSQL reads a tsvector."""
    weights: dict[str, list[str]] = defaultdict(list)
    for weight, words in _weighted(product):
        for word in words:
            weights[word].append(weight)
    return " ".join(
        f"'{word}':" + ",".join(f"{_PLACES[weight]}{weight}" for weight in found) for word, found in sorted(weights.items())
    )


def _weighted(product: ProductText) -> Iterator[tuple[str, set[str]]]:
    name = text_words(product.name)
    yield "A", name
    yield "B", text_words(product.brand, *product.categories)
    yield "C", {word for variant in product.variants for word in variant_words(variant)} - name
    yield "D", text_words(product.description[:MOST_DESCRIPTION])


def spelled_words(products: Iterable[ProductText]) -> set[str]:
    """The words that somebody might misspell: no numbers, nothing shorter than three letters."""
    texts: set[str] = set()
    for product in products:
        texts |= text_words(product.name, product.brand, *product.categories, product.description[:MOST_DESCRIPTION])
        texts |= {word for variant in product.variants for word in text_words(variant.name, *variant.option_values)}
    return {word for word in texts if len(word) >= 3 and word.isalpha()}
