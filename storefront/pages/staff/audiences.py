"""For whom something of the seller's is: a company, a group or a location, given and taken off one at a time."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request

from storefront.client import Json
from storefront.forms import Form, typed
from storefront.site import run

AUDIENCES = ("companyId", "groupId", "locationId")


def blank() -> Form:
    return Form("assign", dict.fromkeys(AUDIENCES, ""))


async def assign(request: Request, posted: FormData, what: str) -> Form:
    """Gives the PriceList or Assortment of this page to whom the form names."""
    return await _send(request, posted, f"Assign{what}")


async def unassign(request: Request, posted: FormData, what: str, successor: Json | None = None) -> Form:
    """Takes it from whom the form names; `successor` says what they get instead."""
    return await _send(request, posted, f"Unassign{what}", successor)


async def candidates(request: Request, whom: str) -> Json | None:
    """The companies and locations that are called so; None while nobody is looked for."""
    return await run(request, "Audiences", {"query": whom}) if whom else None


async def _send(request: Request, posted: FormData, mutation: str, more: Json | None = None) -> Form:
    form = typed("assign", posted, AUDIENCES)
    audience = {name: value for name, value in form.values.items() if value}
    if len(audience) != 1:
        return form.refuse("groupId", "Choose a group.")
    answer = await run(request, mutation, {"id": request.path_params["id"], "audience": audience, **(more or {})})
    return form.answered(answer[mutation[0].lower() + mutation[1:]])
