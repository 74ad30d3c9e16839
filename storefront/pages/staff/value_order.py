"""The order in which buyers see the values of a product's options: a place to type beside each value. Pure."""

from __future__ import annotations

from storefront.client import Json
from storefront.forms import Form, number


def fields_of(record: Json) -> dict[str, str]:
    """A field for each value, with its place from 1."""
    return {_name(axis, at): str(at + 1) for axis, option in enumerate(record["options"]) for at in range(len(option["values"]))}


def wanted_order(record: Json, form: Form) -> list[list[str]] | None:
    """The values of each option by the places that were typed; None when nothing moved. A blank keeps its place, equals keep their order."""
    wanted = [_ordered(axis, option["values"], form) for axis, option in enumerate(record["options"])]
    return None if wanted == [option["values"] for option in record["options"]] else wanted


def _ordered(axis: int, values: list[str], form: Form) -> list[str]:
    places = [number(form.value(_name(axis, at))) or at + 1 for at in range(len(values))]
    moved = [place != at + 1 for at, place in enumerate(places)]
    # Who moves to a place goes before the one that is there, or behind it when they come from further up.
    order = sorted(range(len(values)), key=lambda at: (places[at], (1 if places[at] > at + 1 else -1) if moved[at] else 0, at))
    return [values[at] for at in order]


def _name(axis: int, at: int) -> str:
    return f"place.{axis}.{at}"
