"""The locations of a company, as the seller keeps them: where goods go, and in which currency they are paid."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront import areas
from storefront.client import Json
from storefront.forms import Form, expected, goes_on, stored, typed
from storefront.site import not_found, only_for, page, run, see

ADDRESS = ("line1", "line2", "postcode", "city", "region", "country", "phone")
# An address has a name of its own, and so has the location.
FIELDS = ("name", "currency", "taxId", "email", *ADDRESS, "addressName")


async def show_new(request: Request) -> Response:
    return await _new_page(request, Form("location", dict.fromkeys((*FIELDS, "number"), "")))


async def create(request: Request) -> Response:
    form = typed("location", await request.form(), (*FIELDS, "number")).check_currency()
    if not form.refused:
        wanted = {**_input(form), "number": form.value("number")}
        answer = await run(request, "CreateLocation", {"companyId": request.path_params["company"], "input": wanted})
        form = _answered(form, answer["createLocation"])
    return await _new_page(request, form) if form.refused else _back(request)


async def show(request: Request) -> Response:
    data = await _read(request)
    return _page(request, data, _stored(data["node"]), data["node"]["company"], data["node"])


def _stored(place: Json) -> Form:
    values = {**place, **place["address"], "name": place["name"], "addressName": place["address"]["name"]}
    return stored("location", values, FIELDS)


async def save(request: Request) -> Response:
    posted = await request.form()
    form, data = typed("location", posted, FIELDS).check_currency(), await _read(request)
    is_active = "isActive" in posted
    if not form.refused:
        wanted = {**_input(form), "isActive": is_active} | expected(posted)
        answer = await run(request, "UpdateLocation", {"id": request.path_params["id"], "input": wanted} | goes_on(posted))
        form = _answered(form, answer["updateLocation"])
    if not form.refused:
        return _back(request)
    form = form.beside(_stored(data["node"]))
    return _page(request, data, form, data["node"]["company"], data["node"] | {"isActive": is_active})


async def _new_page(request: Request, form: Form) -> Response:
    """For who keeps companies, in one that there is."""
    data = await run(request, "NewLocation", {"company": request.path_params["company"]})
    only_for(areas.KEEPS_COMPANIES, data)
    company = data["node"]
    if not company or company["__typename"] != "Company":
        raise not_found("There is no such company.")
    return _page(request, data, form, company)


async def _read(request: Request) -> Json:
    data = await run(request, "Location", {"id": request.path_params["id"]})
    place = data["node"]
    if not place or place["__typename"] != "CompanyLocation" or place["company"]["id"] != request.path_params["company"]:
        raise not_found("There is no such location.")
    return data


def _input(form: Form) -> Json:
    address = form.given(ADDRESS) | {"name": form.value("addressName") or None, "country": form.value("country").upper()}
    address |= {"line1": form.value("line1"), "city": form.value("city")}
    names = form.given(("taxId", "email")) | {"name": form.value("name"), "currency": form.value("currency").upper()}
    return names | {"address": address}


def _answered(form: Form, answer: Json) -> Form:
    if answer["__typename"] == "InvalidInput" and answer["path"][-2:] == ["address", "name"]:
        return form.refuse("addressName", answer["message"])
    return form.answered(answer)


def _page(request: Request, data: Json, form: Form, company: Json, place: Json | None = None) -> Response:
    status = 422 if form.refused else 200
    home = f"/staff/companies/{request.path_params['company']}"
    return page(request, "staff/location.html", data, status=status, form=form, company=company, place=place, home=home)


def _back(request: Request) -> Response:
    return see(f"/staff/companies/{request.path_params['company']}", done="location")
