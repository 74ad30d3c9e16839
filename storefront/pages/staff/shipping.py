"""Ways of shipping: what each costs in one currency, from which value it is free, and where it goes."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import SHIPPING
from storefront.client import Json
from storefront.forms import Form, expected, goes_on, number, successor, typed
from storefront.numbers import unmistakable
from storefront.pages.staff.settings import DELETED, Change, Successors, changed, done, record_page
from storefront.site import not_found, page, run, see

KEY, AMOUNTS = ("code", "currency"), ("price", "freeFrom")
DETAILS = ("name", *AMOUNTS, "countries", "position")


async def show_all(request: Request) -> Response:
    data = await run(request, "ShippingMethods")
    return page(request, "staff/shippings.html", data, found=data["shippingMethods"], done=done(request))


async def show_new(request: Request) -> Response:
    data = await run(request, "ShippingMethods")
    position = max((one["position"] + 1 for one in data["shippingMethods"]), default=0)
    form = Form("shipping", dict.fromkeys((*KEY, *DETAILS), "") | {"position": str(position)})
    return record_page(request, "staff/shipping.html", data, form)


async def create(request: Request) -> Response:
    form = typed("shipping", await request.form(), (*KEY, *DETAILS)).check_currency()
    form = await _sent(request, form, form.value("code"), form.value("currency").upper(), only_new=True)
    if form.refused:
        return record_page(request, "staff/shipping.html", await run(request, "ShippingMethods"), form)
    return see(SHIPPING.path, done="saved")


async def show(request: Request) -> Response:
    data, record = await _read(request)
    return record_page(request, "staff/shipping.html", data, _stored(record), record)


async def change(request: Request) -> Response:
    """What the way of shipping says, or its end, as the button says."""
    data, record = await _read(request)
    return await changed(request, SHIPPING, "staff/shipping.html", data, record, CHANGES, _others(data, record))


def _others(data: Json, record: Json) -> Successors:
    """The other ways of shipping that are paid in the same currency."""
    same = [one for one in data["shippingMethods"] if one["currency"] == record["currency"] and one["code"] != record["code"]]
    return [(one["code"], one["name"]) for one in same]


async def _save(request: Request, posted: FormData, record: Json) -> Form:
    form, key = typed("shipping", posted, DETAILS), (record["code"], record["currency"])
    return (await _sent(request, form, *key, only_new=False, more=expected(posted))).beside(_stored(record))


async def _delete(request: Request, posted: FormData, record: Json) -> Form:
    wanted = {name: record[name] for name in KEY} | successor(posted, "successorCode") | goes_on(posted)
    answer = await run(request, "DeleteShippingMethod", wanted)
    return replace(_stored(record), name=DELETED).answered(answer["deleteShippingMethod"])


CHANGES: dict[str, Change] = {"saved": _save, "deleted": _delete}


async def _read(request: Request) -> tuple[Json, Json]:
    data, asked = await run(request, "ShippingMethods"), request.query_params
    key = [asked.get(name) for name in KEY]
    record: Json | None = next((one for one in data["shippingMethods"] if [one[name] for name in KEY] == key), None)
    if record is None:
        raise not_found("There is no such way of shipping.")
    return data, record


async def _sent(request: Request, form: Form, code: str, currency: str, *, only_new: bool, more: Json | None = None) -> Form:
    form = form.check_whole(["position"]).check_amounts(AMOUNTS)
    if form.refused:
        return form
    amounts = {name: {"amount": form.value(name), "currency": currency} for name in AMOUNTS if form.value(name)}
    wanted = {"code": code, "currency": currency, "name": form.value("name"), "position": number(form.value("position")) or 0}
    wanted |= {"countries": countries_of(form.value("countries")), **amounts, **(more or {})}
    answer = await run(request, "SaveShippingMethod", {"input": wanted, "onlyNew": only_new})
    return form.answered(answer["saveShippingMethod"])


def _stored(record: Json) -> Form:
    values = {name: unmistakable(record[name]["amount"]) if record[name] else "" for name in AMOUNTS}
    values |= {"name": record["name"], "countries": ", ".join(record["countries"]), "position": str(record["position"])}
    return Form("shipping", values)


def countries_of(text: str) -> list[str]:
    """Country codes as typed, with commas or room between; each counts once."""
    return list(dict.fromkeys(code.upper() for code in re.split(r"[\s,;]+", text) if code))
