"""Price lists: what they say, who buys by them, and the prices in them with their breaks and days."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json
from storefront.forms import NOT_WHOLE, STALE, Form, chosen, expected, goes_on, stored, successor, typed
from storefront.grid import whole
from storefront.numbers import unmistakable
from storefront.pages.staff import audiences
from storefront.site import not_found, page, pages, paging, run, see

DETAILS = ("name", "priority", "validFrom", "validTo")
NEW = ("code", "currency", *DETAILS)
BREAKS = range(6)
ACTING = "While you order for a customer, only what she sees is found: stop ordering for her, or set the price of this SKU alone."
DONE = {
    "deleted": "The price list is deleted.",
    "new": "The list is there. Next: its prices, and who buys by it.",
    "price": "The price is set. It holds from now on.",
}


async def show_all(request: Request) -> Response:
    query = request.query_params.get("q", "").strip()
    data = await run(request, "PriceLists", {"query": query or None, **paging(request, 50)})
    found = data["priceLists"]
    done = DONE["deleted"] if request.query_params.get("done") == "deleted" else ""
    return page(
        request, "staff/price_lists.html", data, found=found, query=query, done=done, pages=pages(request, found["pageInfo"])
    )


async def show_new(request: Request) -> Response:
    """The first list of a shop is most likely the one for everybody."""
    data = await run(request, "PriceLists", {"first": 1})
    form = Form("list", dict.fromkeys(NEW, "") | {"priority": "100"})
    return page(request, "staff/price_list_new.html", data, form=form, default=not data["priceLists"]["totalCount"])


async def create(request: Request) -> Response:
    posted = await request.form()
    form = typed("list", posted, NEW)
    form = _whole_priority(form.check_filled(["code"]).check_currency())
    if not form.refused:
        wanted = {**_settings(form), "code": form.value("code"), "currency": form.value("currency").upper()}
        wanted["isDefault"] = "isDefault" in posted
        answer = (await run(request, "SavePriceList", {"input": wanted, "onlyNew": True}))["savePriceList"]
        form = form.answered(answer)
    if form.refused:
        data, default = await run(request, "PriceLists", {"first": 1}), "isDefault" in posted
        return page(request, "staff/price_list_new.html", data, status=422, form=form, default=default)
    return see(f"/staff/price-lists/{answer['id']}", done="new")


async def show(request: Request) -> Response:
    return await _show(request)


async def change(request: Request) -> Response:
    """The list's own settings, or who buys by it, as the button says."""
    posted = await request.form()
    does = chosen(posted, CHANGES)
    form = await CHANGES[does](request, posted)
    if form.refused:
        return await _show(request, form)
    return see("/staff/price-lists" if does == "deleted" else f"/staff/price-lists/{request.path_params['id']}", done=does)


async def _delete(request: Request, posted: FormData) -> Form:
    answer = await run(request, "DeletePriceList", {"id": request.path_params["id"]} | successor(posted))
    return Form("deleted").answered(answer["deletePriceList"])


async def show_price(request: Request) -> Response:
    """One price with its breaks; empty when the address names none."""
    sku, since = request.query_params.get("sku", ""), request.query_params.get("from", "")
    data = await _read(request, sku)
    return _price_page(request, data, _stored_price(data, sku, since))


def _stored_price(data: Json, sku: str, since: str) -> Form:
    """One price as it is stored; blank when there is none."""
    rows = data["prices"]["nodes"] if sku else []
    now = next((row for row in rows if row["sku"] == sku and (row["validFrom"] or "") == since), None)
    return Form("price", {"sku": sku, "validFrom": since, "validTo": (now["validTo"] or "") if now else ""} | _break_fields(now))


def drawn(form: Form) -> str:
    """What the stored breaks were when the page was drawn, in one word that a form can carry."""
    return " ".join(f"{form.value(f'quantity{at}')}:{form.value(f'amount{at}')}" for at in BREAKS)


async def set_price(request: Request) -> Response:
    """All breaks of one item, or of its whole product, from one day on; the button beside it takes the price away."""
    posted = await request.form()
    names = ["sku", "validFrom", "validTo", *(f"{part}{at}" for at in BREAKS for part in ("quantity", "amount"))]
    form = typed("price", posted, names).check_filled(["sku"])
    rows = [at for at in BREAKS if form.value(f"quantity{at}") or form.value(f"amount{at}")]
    if "remove" in posted:
        rows = []
    else:
        form = _check_breaks(form, rows)
    data = await _read(request, form.value("sku"))
    before = _stored_price(data, form.value("sku"), form.value("validFrom"))
    if "was" in posted and posted["was"] != drawn(before) and not form.refused:
        form = replace(form, message=STALE, stale=True)
    product = None
    if "whole" in posted and not form.refused:
        form, product = await _product(request, form)
    if not form.refused:
        breaks = [{"minimumQuantity": _quantity(form, at), "amount": form.value(f"amount{at}")} for at in rows]
        skus = [variant["sku"] for variant in product["variants"]] if product else [form.value("sku")]
        prices = [{"sku": sku, "breaks": breaks, **form.given(("validFrom", "validTo"))} for sku in skus]
        wanted = {"priceListId": data["node"]["id"], "prices": prices, "expectedVersion": data["node"]["version"]}
        answer = (await run(request, "SetPrices", wanted))["setPrices"]
        form = _answered(form, answer, rows)
    if form.refused:
        return _price_page(request, await _read(request, form.value("sku")), form, whole="whole" in posted)
    found = product["name"] if product else form.value("sku")
    done = {"done": "removed", "count": str(answer["removed"])} if "remove" in posted else {"done": "price"}
    return see(f"/staff/price-lists/{data['node']['id']}", q=found, **done)


async def _product(request: Request, form: Form) -> tuple[Form, Json | None]:
    """The product that has a variant with the number that was typed. Who acts for a customer might be shown a part of it."""
    found = await run(request, "ProductNumbered", {"sku": form.value("sku")})
    if found["viewer"]["actingFor"]:
        return form.refuse("sku", ACTING), None
    product: Json | None = found["product"]
    return (form if product else form.refuse("sku", "No product that is sold has this number.")), product


async def _save_details(request: Request, posted: FormData) -> Form:
    form = _whole_priority(typed("list", posted, DETAILS))
    if form.refused:
        return form
    record = (await _read(request))["node"]
    wanted = {**_settings(form), "code": record["code"]} | {name: name in posted for name in ("isActive", "isDefault")}
    wanted |= expected(posted)
    return form.answered((await run(request, "SavePriceList", {"input": wanted} | goes_on(posted)))["savePriceList"])


CHANGES: dict[str, Callable[[Request, FormData], Awaitable[Form]]] = {
    "details": _save_details,
    "deleted": _delete,
    "assign": lambda request, posted: audiences.assign(request, posted, "PriceList"),
    "unassign": lambda request, posted: audiences.unassign(request, posted, "PriceList"),
}


async def _read(request: Request, query: str = "") -> Json:
    data = await run(request, "PriceList", {"id": request.path_params["id"], "query": query or None, **paging(request, 50)})
    if not data["node"] or data["node"]["__typename"] != "PriceList":
        raise not_found("There is no such price list.")
    return data


async def _show(request: Request, refused: Form | None = None) -> Response:
    query, whom = request.query_params.get("q", "").strip(), request.query_params.get("for", "").strip()
    data = await _read(request, query)
    record, found = data["node"], data["prices"]
    forms = {"list": stored("list", record, DETAILS), "assign": audiences.blank(), "deleted": Form("deleted")}
    if refused:
        forms[refused.name] = refused.beside(forms[refused.name])
    return page(
        request,
        "staff/price_list.html",
        data,
        status=422 if refused else 200,
        record=record,
        found=found,
        query=query,
        whom=whom,
        candidates=await audiences.candidates(request, whom),
        groups=data["companyGroups"],
        others=[(one["id"], one["name"]) for one in data["priceLists"]["nodes"] if _may_replace(one, record)],
        forms_of=forms,
        price_address=_price_address(record["id"]),
        pages=pages(request, found["pageInfo"]),
        done=_notice(request),
    )


def _notice(request: Request) -> str:
    done = request.query_params.get("done")
    return _removed(request) if done == "removed" else DONE.get(done, "Saved.") if done else ""


def _may_replace(other: Json, record: Json) -> bool:
    """Whether one list can take the place of another: an active one in its currency."""
    return bool(other["id"] != record["id"] and other["currency"] == record["currency"] and other["isActive"])


def _price_page(request: Request, data: Json, form: Form, *, whole: bool = False) -> Response:
    now = _stored_price(data, form.value("sku"), form.value("validFrom"))
    return page(
        request,
        "staff/price.html",
        data,
        status=422 if form.refused else 200,
        record=data["node"],
        form=form.beside(now),
        was=drawn(now) if form.value("sku") else "",
        stored_steps=[at for at in BREAKS if now.value(f"amount{at}")],
        stored_price=now,
        breaks=BREAKS,
        whole=whole,
    )


def _removed(request: Request) -> str:
    """How many prices were removed, each with all its breaks."""
    count = request.query_params.get("count", "")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 7 else 0
    if not number:
        return "There was no price to remove."
    return f"Removed {number} {'price' if number == 1 else 'prices'}, with all breaks."


def _price_address(id: str) -> Callable[[Json], str]:
    def address(price: Json) -> str:
        asked = {"sku": price["sku"]} | ({"from": price["validFrom"]} if price["validFrom"] else {})
        return f"/staff/price-lists/{id}/price?{urlencode(asked)}"

    return address


def _break_fields(price: Json | None) -> dict[str, str]:
    fields = {f"{part}{at}": "" for at in BREAKS for part in ("quantity", "amount")}
    for at, step in zip(BREAKS, price["breaks"] if price else [], strict=False):
        fields |= {f"quantity{at}": str(step["minimumQuantity"]), f"amount{at}": unmistakable(step["unitPrice"]["amount"])}
    return fields


def _check_breaks(form: Form, rows: list[int]) -> Form:
    if not form.value("sku"):
        form = form.refuse("sku", "Which item?")
    if not rows:
        form = form.refuse("amount0", "Give at least one price.")
    for at in rows:
        if whole(form.value(f"quantity{at}")) is None:
            form = form.refuse(f"quantity{at}", NOT_WHOLE)
        form = form.check_amount(f"amount{at}")
    return form


def _quantity(form: Form, at: int) -> int:
    """A price without a quantity is the one that holds from the first piece."""
    return whole(form.value(f"quantity{at}")) or 1


def _answered(form: Form, answer: Json, rows: list[int]) -> Form:
    """A reason about one break stands in its row."""
    path = answer.get("path", [])
    if answer["__typename"] == "InvalidInput" and len(path) > 3 and path[2] == "breaks":
        part = "amount" if path[-1] == "amount" else "quantity"
        return form.refuse(f"{part}{rows[int(path[3])]}", answer["message"])
    return form.answered(answer)


def _whole_priority(form: Form) -> Form:
    return form.refuse("priority", NOT_WHOLE) if whole(form.value("priority")) is None else form


def _settings(form: Form) -> Json:
    settings = {"name": form.value("name"), "priority": whole(form.value("priority"))}
    return settings | form.given(("validFrom", "validTo"))
