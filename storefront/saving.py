"""Writes what was typed into a grid to the cart in one request, and says what came of it.

A number that the API would set is sent as typed, even when it breaks a rule: the rule's answer stands beside the field, the number is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request

from storefront.client import Json
from storefront.grid import Note, Typed, whole
from storefront.site import run, work_in

FIELD, BEFORE = "q.", "was."


@dataclass(frozen=True, slots=True)
class Saved:
    """The cart as it now is, what was refused, and whether somebody else had changed it meanwhile."""

    cart: Json | None
    typed: Typed
    stale: bool = False
    message: str = ""
    set_count: int = 0

    @property
    def clean(self) -> bool:
        return not self.stale and not self.message and not self.typed.notes


def typed_quantities(form: FormData) -> dict[str, str]:
    """The fields whose text differs from what the form was drawn with."""
    fields = {name[len(FIELD) :]: text for name, text in form.multi_items() if name.startswith(FIELD) and isinstance(text, str)}
    return {id: text for id, text in fields.items() if whole(text) != whole(str(form.get(BEFORE + id, "")))}


async def save(request: Request, form: FormData, by: str = "variantId") -> Saved:
    """Sends the changed lines; `by` says whether fields are named after variants or after lines of the cart."""
    typed = typed_quantities(form)
    numbers = {id: quantity for id, text in typed.items() if (quantity := whole(text)) is not None}
    notes = {id: Note(f"“{typed[id]}” is not a whole number.") for id in typed if id not in numbers}
    if not numbers:
        return Saved(None, Typed(typed, notes))
    version = str(form.get("version", ""))
    lines = [{by: id, "quantity": quantity} for id, quantity in numbers.items()]
    wanted: Json = {"lines": lines, "mode": "SET", "expectedVersion": int(version) if version.isdigit() else None}
    if cart := work_in(request, form):
        wanted["cartId"] = cart
    answer = (await run(request, "SetCartLines", {"input": wanted}))["setCartLines"]
    return _saved(answer, typed, notes, list(numbers))


def _saved(answer: Json, typed: dict[str, str], notes: dict[str, Note], sent: list[str]) -> Saved:
    if answer["__typename"] == "StaleCart":
        return Saved(answer["cart"], Typed(typed, notes), stale=True, message=answer["message"])
    if answer["__typename"] != "SetCartLinesDone":
        return Saved(None, Typed(typed, notes), message=answer["message"])
    refused = {sent[row["index"]]: Note(row["message"]) for row in answer["outcomes"] if row["status"] == "REFUSED"}
    kept = {id: text for id, text in typed.items() if id in refused or id in notes}
    return Saved(answer["cart"], Typed(kept, notes | refused), set_count=len(sent) - len(refused))
