"""The people of a company: its admins keep them under /account/members, the seller's staff on the company's own page."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json
from storefront.forms import Form, typed
from storefront.site import not_found, page, pages, paging, run, see

ROLES = {
    "BUYER": "Buyer: orders",
    "APPROVER": "Approver: orders, and approves what others ordered",
    "COMPANY_ADMIN": "Company admin: orders everywhere, and keeps the members",
}
ROLE_NAMES = {code: name.partition(":")[0] for code, name in ROLES.items()}
DONE = {
    "invited": "Invited. A mail with a link is on its way. The person becomes a member by accepting.",
    "removed": "Removed from the company. What was ordered stays.",
    "saved": "Saved.",
}


async def show_all(request: Request) -> Response:
    data = await run(request, "Members", paging(request, 50))
    found = data["members"]
    done = DONE.get(request.query_params.get("done", ""), "")
    return page(
        request, "members.html", data, found=found, role_names=ROLE_NAMES, pages=pages(request, found["pageInfo"]), done=done
    )


async def show_invitation(request: Request) -> Response:
    return await _invitation_page(request, Form("member", {"email": "", "name": "", "role": "BUYER", "locationIds": ""}), [])


async def invite(request: Request) -> Response:
    posted = await request.form()
    form, places = typed("member", posted, ["email", "name", "role", "locationIds"]), _places(posted)
    data = await run(request, "MemberPlaces", {"companyId": request.path_params.get("company")})
    invited = await run(
        request, "InviteMember", {"companyId": _company(request, data), "input": {**form.values, "locationIds": places}}
    )
    form = form.answered(invited["inviteMember"])
    return await _invitation_page(request, form, places) if form.refused else see(_home(request), done="invited")


async def show(request: Request) -> Response:
    return await _member_page(request)


async def change(request: Request) -> Response:
    """Saves the member, or takes her out of the company, as the button says."""
    posted = await request.form()
    id, form = request.path_params["id"], typed("member", posted, ["role", "locationIds", "defaultLocationId"])
    if "remove" in posted:
        form, done = form.answered((await run(request, "RemoveMember", {"id": id}))["removeMember"]), "removed"
    else:
        wanted = {
            "role": form.value("role"),
            "locationIds": _places(posted),
            "defaultLocationId": form.value("defaultLocationId") or None,
            "isActive": "isActive" in posted,
        }
        form, done = form.answered((await run(request, "UpdateMember", {"id": id, "input": wanted}))["updateMember"]), "saved"
    return await _member_page(request, form, _places(posted)) if form.refused else see(_home(request), done=done)


async def _invitation_page(request: Request, form: Form, places: list[str]) -> Response:
    data = await run(request, "MemberPlaces", {"companyId": request.path_params.get("company")})
    return page(
        request,
        "member_new.html",
        data,
        status=422 if form.refused else 200,
        form=form,
        chosen=places if form.refused else _only(_locations(request, data)),
        locations=_locations(request, data),
        roles=ROLES,
        home=_home(request),
    )


def _only(locations: list[Json]) -> list[str]:
    """Where there is one place alone, nobody has to choose it."""
    return [place["id"] for place in locations] if len(locations) == 1 else []


async def _member_page(request: Request, form: Form | None = None, places: list[str] | None = None) -> Response:
    data = await run(request, "Member", {"id": request.path_params["id"], "companyId": request.path_params.get("company")})
    member = data["node"]
    if not member or member["__typename"] != "Member":
        raise not_found("There is no such member.")
    default = member["defaultLocation"]["id"] if member["defaultLocation"] else ""
    as_stored = Form("member", {"role": member["role"], "locationIds": "", "defaultLocationId": default})
    return page(
        request,
        "member.html",
        data,
        status=422 if form else 200,
        form=form or as_stored,
        member=member,
        chosen=places if places is not None else [place["id"] for place in member["locations"]],
        locations=_locations(request, data),
        roles=ROLES,
        home=_home(request),
    )


def _places(form: FormData) -> list[str]:
    return [value for value in form.getlist("locationIds") if isinstance(value, str)]


def _company(request: Request, data: Json) -> str:
    """The company that the address names, or else one's own."""
    own = data["viewer"]["company"]
    return str(request.path_params.get("company") or (own["id"] if own else ""))


def _locations(request: Request, data: Json) -> list[Json]:
    """Those of the company alone: somebody may order for more than one."""
    company = _company(request, data)
    return [place for place in data["locations"]["nodes"] if place["company"]["id"] == company]


def _home(request: Request) -> str:
    company = request.path_params.get("company")
    return f"/staff/companies/{company}" if company else "/account/members"
