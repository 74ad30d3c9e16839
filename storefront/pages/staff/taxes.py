"""Tax rates: what is charged on a class of product in the country that goods are sent to."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import TAX
from storefront.client import Json
from storefront.forms import PERCENTAGE, Form, expected, goes_on, stored, typed
from storefront.pages.staff.settings import DELETED, Change, changed, done, record_page
from storefront.site import not_found, page, run, see

KEY, DETAILS = ("country", "taxClass"), ("name", "rate")


async def show_all(request: Request) -> Response:
    data = await run(request, "TaxRates")
    return page(request, "staff/taxes.html", data, found=data["taxRates"], done=done(request))


async def show_new(request: Request) -> Response:
    form = Form("tax", {"country": "", "taxClass": "STANDARD", "name": "", "rate": ""})
    return record_page(request, "staff/tax.html", await run(request, "TaxRates"), form)


async def create(request: Request) -> Response:
    form = typed("tax", await request.form(), (*KEY, *DETAILS))
    key = {"country": form.value("country").upper(), "taxClass": form.value("taxClass")}
    form = await _sent(request, form, key, only_new=True)
    if form.refused:
        return record_page(request, "staff/tax.html", await run(request, "TaxRates"), form)
    return see(TAX.path, done="saved")


async def show(request: Request) -> Response:
    data, record = await _read(request)
    return record_page(request, "staff/tax.html", data, stored("tax", record, DETAILS), record)


async def change(request: Request) -> Response:
    """The rate's name and height, or its end, as the button says."""
    data, record = await _read(request)
    return await changed(request, TAX, "staff/tax.html", data, record, CHANGES)


async def _save(request: Request, posted: FormData, record: Json) -> Form:
    key = {name: record[name] for name in KEY} | expected(posted)
    form = await _sent(request, typed("tax", posted, DETAILS), key, only_new=False)
    return form.beside(stored("tax", record, DETAILS))


async def _delete(request: Request, posted: FormData, record: Json) -> Form:
    answer = await run(request, "DeleteTaxRate", {name: record[name] for name in KEY} | goes_on(posted))
    return stored(DELETED, record, DETAILS).answered(answer["deleteTaxRate"])


CHANGES: dict[str, Change] = {"saved": _save, "deleted": _delete}


async def _read(request: Request) -> tuple[Json, Json]:
    data, asked = await run(request, "TaxRates"), request.query_params
    key = [asked.get("country"), asked.get("class")]
    record: Json | None = next((one for one in data["taxRates"] if [one[name] for name in KEY] == key), None)
    if record is None:
        raise not_found("There is no such tax rate.")
    return data, record


async def _sent(request: Request, form: Form, key: Json, *, only_new: bool) -> Form:
    form = form.check_filled(["rate"]).check_amounts(["rate"], PERCENTAGE)
    if form.refused:
        return form
    rate = {**key, "name": form.value("name"), "rate": form.value("rate")}
    return form.answered((await run(request, "SaveTaxRates", {"rates": [rate], "onlyNew": only_new}))["saveTaxRates"])
