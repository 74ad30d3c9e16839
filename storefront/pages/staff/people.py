"""The seller's own people: who works here, in which role, and who may no longer come in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import PEOPLE
from storefront.client import Json
from storefront.forms import Form, expected, successor, typed
from storefront.site import not_found, only_for, page, run, see

ROLES = {
    "SALES_REP": "Sales rep: orders for her own customers",
    "SALES_MANAGER": "Sales manager: orders for anybody; keeps companies, price lists and assortments",
    "MARKETING": "Marketing: keeps products and assortments",
    "WAREHOUSE": "Warehouse: counts stock, confirms orders",
    "FINANCE": "Finance: sets credit, confirms orders",
    "ADMIN": "Administrator: everything, and these people",
}
REPS = {"SALES_REP", "SALES_MANAGER"}
ROLE_NAMES = {code: name.partition(":")[0] for code, name in ROLES.items()}
DONE = {"invited": "Invited: a mail with a link to set a password is on its way.", "saved": "Saved."}


async def show_all(request: Request) -> Response:
    data = await _people(request)
    done = DONE.get(request.query_params.get("done", ""), "")
    return page(request, "staff/people.html", data, people=data["staffUsers"], role_names=ROLE_NAMES, done=done)


async def show_invitation(request: Request) -> Response:
    return await _page(request, Form("person", {"email": "", "name": "", "role": "SALES_REP"}))


async def invite(request: Request) -> Response:
    form = typed("person", await request.form(), ("email", "name", "role"))
    if form.value("role") not in ROLES:
        form = form.refuse("role", "Choose a role.")
    else:
        form = form.answered((await run(request, "CreateStaffUser", {"input": form.values}))["createStaffUser"])
    return await _page(request, form) if form.refused else see("/staff/people", done="invited")


async def show(request: Request) -> Response:
    return await _page(request, None)


async def change(request: Request) -> Response:
    posted = await request.form()
    form = typed("person", posted, ("name", "role"))
    if form.value("role") not in ROLES:
        form = form.refuse("role", "Choose a role.")
    else:
        wanted = {**form.values, "isActive": "isActive" in posted} | successor(posted) | expected(posted)
        answer = await run(request, "UpdateStaffUser", {"id": request.path_params["id"], "input": wanted})
        form = form.answered(answer["updateStaffUser"])
    return await _page(request, form) if form.refused else see("/staff/people", done="saved")


async def _page(request: Request, form: Form | None) -> Response:
    """Somebody new where the address names nobody; without a form, she stands as she is stored."""
    data = await _people(request)
    person = _person(data, request.path_params["id"]) if "id" in request.path_params else None
    stored = Form("person", {"name": person["user"]["name"], "role": person["role"]} if person else {})
    return page(
        request,
        "staff/person.html",
        data,
        status=422 if form and form.refused else 200,
        form=(form or stored).beside(stored),
        person=person,
        roles=ROLES,
        successors=[
            (one["id"], one["user"]["name"])
            for one in data["staffUsers"]
            if one["role"] in REPS and one["isActive"] and one is not person
        ],
    )


async def _people(request: Request) -> Json:
    data = await run(request, "StaffUsers")
    only_for(PEOPLE.roles, data)
    return data


def _person(data: Json, id: str) -> Json:
    found: Json | None = next((one for one in data["staffUsers"] if one["id"] == id), None)
    if found is None:
        raise not_found("There is no such person among your people.")
    return found
