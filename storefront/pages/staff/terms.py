"""Payment terms: when an order on account is paid, and how much of it in advance."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import TERMS
from storefront.client import Json
from storefront.forms import PERCENTAGE, Form, expected, number, stored, successor, typed
from storefront.pages.staff.settings import DELETED, Change, changed, done, record_page
from storefront.site import not_found, page, run, see

DETAILS = ("name", "dueInDays", "depositPercent")


async def show_all(request: Request) -> Response:
    data = await run(request, "PaymentTerms")
    return page(request, "staff/terms.html", data, found=data["paymentTerms"], done=done(request))


async def show_new(request: Request) -> Response:
    form = Form("terms", {"code": "", "name": "", "dueInDays": "30", "depositPercent": ""})
    return record_page(request, "staff/terms_one.html", await run(request, "PaymentTerms"), form)


async def create(request: Request) -> Response:
    form = _checked(typed("terms", await request.form(), ("code", *DETAILS)))
    if not form.refused:
        form = await _sent(request, form, form.value("code"), only_new=True)
    if form.refused:
        return record_page(request, "staff/terms_one.html", await run(request, "PaymentTerms"), form)
    return see(TERMS.path, done="saved")


async def show(request: Request) -> Response:
    data, record = await _read(request)
    return record_page(request, "staff/terms_one.html", data, stored("terms", record, DETAILS), record)


async def change(request: Request) -> Response:
    """What the terms say, or their end, as the button says."""
    data, record = await _read(request)
    others = [(one["code"], one["name"]) for one in data["paymentTerms"] if one["code"] != record["code"]]
    return await changed(request, TERMS, "staff/terms_one.html", data, record, CHANGES, others)


async def _save(request: Request, posted: FormData, record: Json) -> Form:
    form = _checked(typed("terms", posted, DETAILS))
    if not form.refused:
        form = await _sent(request, form, record["code"], only_new=False, more=expected(posted))
    return form.beside(stored("terms", record, DETAILS))


async def _delete(request: Request, posted: FormData, record: Json) -> Form:
    answer = await run(request, "DeletePaymentTerms", {"code": record["code"]} | successor(posted, "successorCode"))
    return stored(DELETED, record, DETAILS).answered(answer["deletePaymentTerms"])


CHANGES: dict[str, Change] = {"saved": _save, "deleted": _delete}


async def _read(request: Request) -> tuple[Json, Json]:
    data, code = await run(request, "PaymentTerms"), request.query_params.get("code")
    record: Json | None = next((one for one in data["paymentTerms"] if one["code"] == code), None)
    if record is None:
        raise not_found("There are no such payment terms.")
    return data, record


async def _sent(request: Request, form: Form, code: str, *, only_new: bool, more: Json | None = None) -> Form:
    wanted = {"code": code, "name": form.value("name"), "dueInDays": number(form.value("dueInDays"))}
    wanted |= {"depositPercent": form.value("depositPercent") or "0", **(more or {})}
    answer = await run(request, "SavePaymentTerms", {"input": wanted, "onlyNew": only_new})
    return form.answered(answer["savePaymentTerms"])


def _checked(form: Form) -> Form:
    """What can be told without asking the API."""
    return form.check_whole(["dueInDays"]).check_filled(["dueInDays"]).check_amounts(["depositPercent"], PERCENTAGE)
