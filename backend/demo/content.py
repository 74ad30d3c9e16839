"""What stands in the data files of the demo, as plain values. The same files give the same demo on every machine."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from backend.core.money import parse_units

_DATA = files("backend.demo") / "data"
E4 = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What products of one kind share; kinds.toml says what each field means."""

    name: str
    picture: str
    category: str
    text: str
    code: str
    grams: int
    axes: tuple[str, ...]
    sizes: str
    cost: float = 0.58
    scope: str | None = None
    group: str | None = None
    minimum: int = 1
    increment: int = 1
    breaks: tuple[int, ...] = (1, 12, 48, 240)
    packs: tuple[tuple[str, str, str, int], ...] = ()
    tax: str = "STANDARD"


@dataclass(frozen=True, slots=True)
class Style:
    """One product of the assortment. `values` are codes of colours, lenses or lengths; `marks` what is special about it."""

    number: str
    kind: Kind
    name: str
    price_e4: int
    values: tuple[str, ...]
    note: str
    marks: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class CompanyContent:
    number: str
    name: str
    category: str
    tax_id: str
    terms: str
    groups: tuple[str, ...]
    currency: str
    credit: int
    rep: str
    strategy: str | None
    buyers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocationContent:
    number: str
    company: str
    name: str
    line1: str
    postcode: str
    city: str
    country: str
    phone: str


@cache
def kinds() -> dict[str, Kind]:
    with (_DATA / "kinds.toml").open("rb") as file:
        return {name: _kind(name, table) for name, table in tomllib.load(file).items()}


def _kind(name: str, table: dict[str, Any]) -> Kind:
    plain = {key: value for key, value in table.items() if key not in ("axes", "breaks", "packs")}
    lists = {key: tuple(table[key]) for key in ("breaks",) if key in table}
    packs = tuple((code, label, kind, units) for code, label, kind, units in table.get("packs", ()))
    axes = tuple(table.get("axes", ("Colour", "Size")))
    return Kind(**{"sizes": "", **plain, **lists}, name=name, axes=axes, packs=packs)


@cache
def styles() -> tuple[Style, ...]:
    return tuple(
        Style(
            row["number"], kinds()[row["kind"]], row["name"], parse_units(row["price"], 4), tuple(row["values"].split()), row["note"],
            dict(_mark(word) for word in row["marks"].split()),
        )
        for row in _rows("products.csv")
    )  # fmt: skip


def _mark(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


@cache
def companies() -> tuple[CompanyContent, ...]:
    return tuple(
        CompanyContent(
            row["number"], row["name"], row["category"], row["tax_id"], row["terms"], tuple(row["groups"].split()), row["currency"],
            int(row["credit"]), row["rep"], row["strategy"] or None, tuple(name for name in row["buyers"].split(", ") if name),
        )
        for row in _rows("companies.csv")
    )  # fmt: skip


@cache
def locations() -> tuple[LocationContent, ...]:
    return tuple(LocationContent(**row) for row in _rows("locations.csv"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader((_DATA / name).read_text(encoding="utf-8").splitlines(), delimiter="|")
