"""The seller's accounts: found, made, and kept: terms, credit, groups, reps, locations, members."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront import areas
from storefront.client import Json
from storefront.forms import Form, chosen, expected, goes_on, stored, typed
from storefront.numbers import unmistakable
from storefront.pages.members import ROLE_NAMES
from storefront.pages.staff.products import slug_of
from storefront.site import not_found, only_for, page, pages, paging, run, see, text

CATEGORIES = {
    "MANUFACTURER": "Manufacturer",
    "EXPORTER": "Exporter",
    "WHOLESALER": "Wholesaler",
    "DISTRIBUTOR": "Distributor",
    "RETAIL_CHAIN": "Retail chain",
    "INDEPENDENT_RETAILER": "Independent retailer",
    "D2C_BRAND": "Direct-to-consumer brand",
    "INSTITUTION": "Institution",
}
DETAILS = ("name", "category", "paymentTerms", "taxId")
REPS = {"SALES_REP", "SALES_MANAGER"}
DONE = {
    "new": "The company is there. Next: give it a location, then invite its first member.",
    "details": "Saved.",
    "credit": "The credit limit is set.",
    "hold": "Saved.",
    "group": "The groups are saved.",
    "rep": "The sales reps are saved.",
    "location": "The location is saved.",
    "invited": "Invited: a mail with a link to set a password is on its way.",
    "removed": "Removed from the company. What was ordered stays.",
    "saved": "Saved.",
}


async def show_all(request: Request) -> Response:
    query, group = request.query_params.get("q", "").strip(), request.query_params.get("group", "")
    keeps = await _role(request) in areas.KEEPS_COMPANIES
    variables = {"query": query or None, "groupId": group if keeps and group else None, "groups": keeps}
    data = await run(request, "Companies", variables | paging(request, 50))
    found = data["companies"]
    return page(
        request,
        "staff/companies.html",
        data,
        found=found,
        query=query,
        group=group,
        groups=data.get("companyGroups", []),
        keeps=keeps,
        done="The group is deleted." if request.query_params.get("done") == "deleted" else "",
        categories=CATEGORIES,
        pages=pages(request, found["pageInfo"]),
    )


async def show_new(request: Request) -> Response:
    return await _new_page(request, Form("company", dict.fromkeys((*DETAILS, "number"), "")))


async def create(request: Request) -> Response:
    form = typed("company", await request.form(), (*DETAILS, "number"))
    wanted = {**form.values, "taxId": form.value("taxId") or None}
    answer = (await run(request, "CreateCompany", {"input": wanted}))["createCompany"]
    form = form.answered(answer)
    return await _new_page(request, form) if form.refused else see(f"/staff/companies/{answer['id']}", done="new")


async def show(request: Request) -> Response:
    return await _show(request)


async def change(request: Request) -> Response:
    """The forms of the page, told apart by the button that sent them."""
    posted = await request.form()
    does = chosen(posted, CHANGES)
    form = await CHANGES[does](request, posted, request.path_params["company"])
    if form.refused:
        return await _show(request, form)
    return see(f"/staff/companies/{request.path_params['company']}", done=does)


async def _details(request: Request, posted: FormData, company: str) -> Form:
    form = typed("details", posted, DETAILS)
    wanted = {**form.values, "taxId": form.value("taxId") or None, "isActive": "isActive" in posted} | expected(posted)
    return form.answered((await run(request, "UpdateCompany", {"id": company, "input": wanted} | goes_on(posted)))["updateCompany"])


async def _credit(request: Request, posted: FormData, company: str) -> Form:
    form = typed("credit", posted, ("amount", "currency")).check_currency().check_amount("amount")
    if form.refused:
        return form
    limit = {"amount": form.value("amount"), "currency": form.value("currency").upper()}
    return form.answered((await run(request, "SetCreditLimit", {"companyId": company, "limit": limit}))["setCreditLimit"])


async def _hold(request: Request, posted: FormData, company: str) -> Form:
    wanted = {"companyId": company, "onHold": text(posted, "onHold") == "1"}
    return Form("hold").answered((await run(request, "SetCreditHold", wanted))["setCreditHold"])


async def _group(request: Request, posted: FormData, company: str) -> Form:
    """In or out of a group; the name of one that is not there yet makes it."""
    form = typed("group", posted, ["groupId", "name"])
    group = form.value("groupId")
    if form.value("name"):
        made = (await run(request, "SaveCompanyGroup", {"code": slug_of(form.value("name")), "name": form.value("name")}))[
            "saveCompanyGroup"
        ]
        form, group = form.answered(made), made.get("id", "")
    if form.refused:
        return form
    if not group:
        return form.refuse("groupId", "Choose a group.")
    name = "TakeOutOfGroup" if "out" in posted else "PutInGroup"
    answer = await run(request, name, {"companyId": company, "groupId": group})
    return form.answered(next(iter(answer.values())))


async def _rep(request: Request, posted: FormData, company: str) -> Form:
    form = typed("rep", posted, ["userId"])
    name = "UnassignRep" if "out" in posted else "AssignRep"
    answer = await run(request, name, {"companyId": company, **form.values})
    return form.answered(next(iter(answer.values())))


CHANGES: dict[str, Callable[[Request, FormData, str], Awaitable[Form]]] = {
    "details": _details,
    "credit": _credit,
    "hold": _hold,
    "group": _group,
    "rep": _rep,
}


async def _role(request: Request) -> str:
    """Hers who keeps accounts or their credit; for anybody else there is no such page."""
    data = await run(request, "Frame")
    only_for(areas.COMPANIES.roles, data)
    return str(data["viewer"]["role"])


async def _new_page(request: Request, form: Form) -> Response:
    data = await run(request, "NewCompany")
    return page(
        request,
        "staff/company_new.html",
        data,
        status=422 if form.refused else 200,
        form=form,
        terms=data["paymentTerms"],
        categories=CATEGORIES,
    )


async def _show(request: Request, refused: Form | None = None) -> Response:
    role = await _role(request)
    keeps = role in areas.KEEPS_COMPANIES
    data = await run(request, "Company", {"id": request.path_params["company"], "manages": keeps})
    company, places = data["node"], data["locations"]["nodes"]
    if not company or company["__typename"] != "Company":
        raise not_found("There is no such company.")
    reps = [one["user"] for one in data.get("staffUsers", []) if one["role"] in REPS and one["isActive"]]
    theirs = {rep["id"] for rep in company["salesReps"]}
    return page(
        request,
        "staff/company.html",
        data,
        status=422 if refused else 200,
        company=company,
        locations=places,
        forms_of=_forms(company, places, refused),
        terms=data.get("paymentTerms", []),
        groups=[one for one in data.get("companyGroups", []) if one not in (company["groups"] or [])],
        reps=[rep for rep in reps if rep["id"] not in theirs],
        members=data["members"]["nodes"] if keeps else [],
        role_names=ROLE_NAMES,
        categories=CATEGORIES,
        keeps=keeps,
        sets_credit=role in areas.SETS_CREDIT,
        done=DONE.get(request.query_params.get("done", ""), ""),
    )


def _forms(company: Json, places: list[Json], refused: Form | None) -> dict[str, Form]:
    """The page's forms as stored, but for the one that was refused."""
    credit, currency = company["credit"], places[0]["currency"] if places else ""
    limit = (
        {"amount": unmistakable(credit["limit"]["amount"]), "currency": credit["limit"]["currency"]}
        if credit
        else {"currency": currency}
    )
    details = {**company, "paymentTerms": company["paymentTerms"]["code"]}
    forms = [
        stored("details", details, DETAILS),
        stored("credit", limit, ("amount", "currency")),
        Form("hold"),
        Form("group", {"groupId": "", "name": ""}),
        Form("rep", {"userId": ""}),
    ]
    found = {form.name: form for form in forms}
    return found | ({refused.name: refused.beside(found[refused.name])} if refused else {})
