"""What a line of a pasted list could be instead: a quantity that will do, or an item whose number is like the one that was typed. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from storefront.client import Json

MOST_LIKE = 3
_LIKE = 0.4


def offers_of(row: Json, like: list[Json]) -> list[Json]:
    """Buttons for this line: what each says, and the line that it would put there."""
    if row["asked"] is None:
        return []
    if row["variant"] is None:
        return [{"said": f"{item['sku']} {item['name']}", "put": _line(row, item["sku"], row["asked"])} for item in like]
    needed = row["needed"] or ""
    if not row["blocking"] or not needed.isdigit() or row["quantity"] is None:
        return []
    quantity = row["asked"] + int(needed) - row["quantity"]
    return [{"said": f"Make it {quantity:,}", "put": _line(row, row["input"], quantity)}] if quantity > 0 else []


def _line(row: Json, number: str, quantity: int) -> str:
    return f"{row['index']}|{number}|{quantity}"


def with_offer(rows: list[Json], put: str) -> str:
    """The list with this line put in the place of the one that it is about: a line for each item, numbers and quantities behind tabs."""
    index, _, line = put.partition("|")
    number, _, quantity = line.rpartition("|")
    lines = [row["written"] if row["asked"] is None else f"{row['input']}\t{row['asked']}" for row in rows]
    if index.isascii() and index.isdigit() and int(index) < len(lines) and number and quantity.isdigit():
        lines[int(index)] = f"{number}\t{quantity}"
    return "\n".join(lines)


def most_like(typed: str, products: list[Json]) -> list[Json]:
    """Of the variants that a search found, those whose numbers are most like what was typed."""
    variants = [variant for product in products for variant in product["variants"]]
    ranked = sorted(
        ((_likeness(typed, variant["sku"]), at) for at, variant in enumerate(variants)), key=lambda one: (-one[0], one[1])
    )
    return [variants[at] for likeness, at in ranked[:MOST_LIKE] if likeness >= _LIKE]


def _likeness(typed: str, sku: str) -> float:
    one, other = ("".join(letter for letter in text.upper() if letter.isalnum()) for text in (typed, sku))
    return SequenceMatcher(None, one, other).ratio()


def examples_of(usual: list[Json], products: list[Json]) -> list[str]:
    """Lines that this viewer could type: what they order most, or what they see first."""
    lines = [f"{item['variant']['sku']} {item['usualQuantity']}" for item in usual[:3]]
    if lines:
        return lines
    variants = [product["variants"][0] for product in products if product["variants"]]
    lines = [f"{variant['sku']} {variant['quantityRule']['minimum']}" for variant in variants]
    lines += [f"{variant['gtin']} {variant['quantityRule']['minimum']}" for variant in variants[:1] if variant["gtin"]]
    return lines
