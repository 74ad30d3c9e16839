"""Assortments: which products somebody may see, as rules that show and hide, and whom they are for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import KEEPS_COMPANIES
from storefront.client import Json
from storefront.forms import Form, chosen, expected, stored, successor, typed
from storefront.pages.staff import audiences
from storefront.pages.staff.products import tree
from storefront.site import not_found, page, pages, paging, run, see

TARGETS = ("brandId", "categoryId", "productId", "variantId")
TRIES = 3
RULE = ("includes", "brandId", "categoryId", "sku", "variantSku")
DONE = {"new": "The assortment is there. Next: what it shows, and to whom.", "deleted": "The assortment is gone."}


async def show_all(request: Request) -> Response:
    data = await run(request, "Assortments", paging(request, 50))
    found = data["assortments"]
    done = DONE.get(request.query_params.get("done", ""), "")
    return page(request, "staff/assortments.html", data, found=found, pages=pages(request, found["pageInfo"]), done=done)


async def show_new(request: Request) -> Response:
    """The first assortment of a shop is most likely the one for everybody."""
    is_first = not (await run(request, "Assortments", {"first": 1}))["assortments"]["totalCount"]
    return await _new_page(request, Form("assortment", {"code": "", "name": ""}), default=is_first)


async def create(request: Request) -> Response:
    posted = await request.form()
    form, default = typed("assortment", posted, ("code", "name")), "isDefault" in posted
    wanted = {**form.values, "isDefault": default, "rules": []}
    answer = (await run(request, "SaveAssortment", {"input": wanted, "onlyNew": True}))["saveAssortment"]
    form = form.answered(answer)
    return (
        await _new_page(request, form, default=default) if form.refused else see(f"/staff/assortments/{answer['id']}", done="new")
    )


async def show(request: Request) -> Response:
    return await _show(request)


async def change(request: Request) -> Response:
    """Its name, its rules, whom it is for, or its end, as the button says."""
    posted = await request.form()
    does = chosen(posted, CHANGES)
    form = await CHANGES[does](request, posted)
    if form.refused:
        return await _show(request, form)
    return see("/staff/assortments" if does == "deleted" else f"/staff/assortments/{request.path_params['id']}", done=does)


async def _save_name(request: Request, posted: FormData) -> Form:
    form = typed("assortment", posted, ("name",))
    return await _save(request, form, {"name": form.value("name"), "isDefault": "isDefault" in posted} | expected(posted))


async def _add_rule(request: Request, posted: FormData) -> Form:
    form = typed("rule", posted, RULE)
    chosen = form.given(("brandId", "categoryId"))
    for field, target, find in (("sku", "productId", _product), ("variantSku", "variantId", _variant)):
        if sku := form.value(field):
            chosen[target] = await find(request, sku)
            if chosen[target] is None:
                return form.refuse(field, "No product that is sold has this number.")
    if sum(value is not None for value in chosen.values()) > 1:
        return form.refuse("sku", "Choose one of brand, category, product and variant.")
    rule = {"includes": form.value("includes") != "hide", **chosen}
    return await _save_rules(request, form, lambda rules: [*rules, rule])


async def _product(request: Request, sku: str) -> str | None:
    """The product that has a variant with this number."""
    found = (await run(request, "ProductNumbered", {"sku": sku}))["product"]
    return str(found["id"]) if found else None


async def _variant(request: Request, sku: str) -> str | None:
    found = (await run(request, "ProductNumbered", {"sku": sku}))["product"]
    return next((variant["id"] for variant in found["variants"] if variant["sku"] == sku), None) if found else None


async def _drop_rule(request: Request, posted: FormData) -> Form:
    """The rule is named by what it says, not by its place: another may have come before it meanwhile."""
    form = typed("rule", posted, ("rule",))
    return await _save_rules(request, form, lambda rules: [rule for rule in rules if rule_name(rule) != form.value("rule")])


async def _delete(request: Request, posted: FormData) -> Form:
    answer = await run(request, "DeleteAssortment", {"id": request.path_params["id"]} | successor(posted))
    return Form("deleted").answered(answer["deleteAssortment"])


CHANGES: dict[str, Callable[[Request, FormData], Awaitable[Form]]] = {
    "saved": _save_name,
    "added": _add_rule,
    "dropped": _drop_rule,
    "deleted": _delete,
    "assign": lambda request, posted: audiences.assign(request, posted, "Assortment"),
    "unassign": lambda request, posted: audiences.unassign(request, posted, "Assortment", successor(posted)),
}


def rule_name(rule: Json) -> str:
    """What a rule says, in one word that a form can carry."""
    target = next((rule[name] for name in TARGETS if rule.get(name)), "everything")
    return f"{'show' if rule['includes'] else 'hide'}:{target}"


async def _save_rules(request: Request, form: Form, change: Callable[[list[Json]], list[Json]]) -> Form:
    """The rules that are stored, with one more or less; read again when somebody else changed them meanwhile."""
    for _ in range(TRIES):
        record = (await _read(request))["node"]
        rules = [{"includes": rule["includes"], **{name: rule[name] for name in TARGETS if rule[name]}} for rule in record["rules"]]
        saved = await _save(request, form, {"rules": change(rules), "expectedVersion": record["version"]})
        if not saved.stale:
            break
    return saved


async def _save(request: Request, form: Form, changes: Json) -> Form:
    code = (await _read(request))["node"]["code"]
    return form.answered((await run(request, "SaveAssortment", {"input": {"code": code, **changes}}))["saveAssortment"])


async def _read(request: Request) -> Json:
    role = (await run(request, "Frame"))["viewer"]["role"]
    data = await run(request, "Assortment", {"id": request.path_params["id"], "groups": role in KEEPS_COMPANIES})
    if not data["node"] or data["node"]["__typename"] != "Assortment":
        raise not_found("There is no such assortment.")
    return data


async def _new_page(request: Request, form: Form, *, default: bool) -> Response:
    status = 422 if form.refused else 200
    return page(request, "staff/assortment_new.html", await run(request, "Frame"), status=status, form=form, default=default)


async def _show(request: Request, refused: Form | None = None) -> Response:
    data, whom = await _read(request), request.query_params.get("for", "").strip()
    record = data["node"]
    forms = {
        "assortment": stored("assortment", record, ("name",)),
        "rule": Form("rule", dict.fromkeys(RULE, "") | {"includes": "show"}),
        "assign": audiences.blank(),
        "deleted": Form("deleted"),
    }
    if refused:
        forms[refused.name] = refused.beside(forms[refused.name])
    return page(
        request,
        "staff/assortment.html",
        data,
        status=422 if refused else 200,
        record=record,
        forms_of=forms,
        rule_name=rule_name,
        brands=[(brand["id"], brand["name"]) for brand in data["brandRecords"]],
        categories=_categories(data["categoryRecords"]),
        groups=data.get("companyGroups", []),
        others=[(one["id"], one["name"]) for one in data["assortments"]["nodes"] if one["id"] != record["id"]],
        whom=whom,
        candidates=await audiences.candidates(request, whom),
        done=DONE.get(request.query_params.get("done", ""), "Saved." if "done" in request.query_params else ""),
    )


def _categories(records: list[Json]) -> list[tuple[str, str]]:
    keys = {record["slug"]: record["id"] for record in records}
    return [(keys[slug], name) for slug, name in tree(records)]
