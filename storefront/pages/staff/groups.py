"""A group of companies: its name, the companies in it, and its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import KEEPS_COMPANIES
from storefront.client import Json
from storefront.forms import Form, chosen, expected, stored, successor, typed
from storefront.site import not_found, only_for, page, pages, paging, run, see

DONE = {"saved": "Saved.", "removed": "The company is removed from the group."}


async def show(request: Request) -> Response:
    return await _show(request)


async def change(request: Request) -> Response:
    """Its name, a company that leaves it, or its end, as the button says."""
    posted = await request.form()
    does = chosen(posted, CHANGES)
    form = await CHANGES[does](request, posted)
    if form.refused:
        return await _show(request, form)
    return see("/staff/companies" if does == "deleted" else f"/staff/groups/{request.path_params['id']}", done=does)


async def _save(request: Request, posted: FormData) -> Form:
    form, group = typed("group", posted, ("name",)), (await _read(request))["node"]
    wanted = {"code": group["code"], **form.values, **expected(posted)}
    return form.answered((await run(request, "SaveCompanyGroup", wanted))["saveCompanyGroup"])


async def _remove(request: Request, posted: FormData) -> Form:
    form = typed("company", posted, ("companyId",))
    answer = await run(request, "TakeOutOfGroup", {**form.values, "groupId": request.path_params["id"]})
    return form.answered(answer["takeOutOfGroup"])


async def _delete(request: Request, posted: FormData) -> Form:
    answer = await run(request, "DeleteCompanyGroup", {"id": request.path_params["id"]} | successor(posted))
    return Form("deleted").answered(answer["deleteCompanyGroup"])


CHANGES: dict[str, Callable[[Request, FormData], Awaitable[Form]]] = {"saved": _save, "removed": _remove, "deleted": _delete}


async def _read(request: Request) -> Json:
    only_for(KEEPS_COMPANIES, await run(request, "Frame"))
    data = await run(request, "CompanyGroup", {"id": request.path_params["id"], **paging(request, 50)})
    if not data["node"] or data["node"]["__typename"] != "CompanyGroup":
        raise not_found("There is no such group.")
    return data


async def _show(request: Request, refused: Form | None = None) -> Response:
    data = await _read(request)
    group, found = data["node"], data["companies"]
    forms = {"group": stored("group", group, ("name",)), "company": Form("company"), "deleted": Form("deleted")}
    if refused:
        forms[refused.name] = refused.beside(forms[refused.name])
    return page(
        request,
        "staff/group.html",
        data,
        status=422 if refused else 200,
        group=group,
        found=found,
        forms_of=forms,
        others=[(one["id"], one["name"]) for one in data["companyGroups"] if one["id"] != group["id"]],
        pages=pages(request, found["pageInfo"]),
        done=DONE.get(request.query_params.get("done", ""), ""),
    )
