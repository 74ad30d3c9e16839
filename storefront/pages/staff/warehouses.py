"""Warehouses: where stock lies, in the order in which it is taken."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import WAREHOUSES
from storefront.client import Json
from storefront.forms import Form, expected, number, stored, typed
from storefront.pages.staff.settings import DELETED, Change, changed, done, record_page
from storefront.site import not_found, page, run, see

DETAILS = ("name", "position")


async def show_all(request: Request) -> Response:
    data = await run(request, "Warehouses")
    return page(request, "staff/warehouses.html", data, found=data["warehouses"], done=done(request))


async def show_new(request: Request) -> Response:
    form = Form("warehouse", {"code": "", "name": ""})
    return record_page(request, "staff/warehouse.html", await run(request, "Warehouses"), form)


async def create(request: Request) -> Response:
    """A new one comes last."""
    form = typed("warehouse", await request.form(), ("code", "name"))
    answer = await run(request, "SaveWarehouse", {"input": form.values, "onlyNew": True})
    form = form.answered(answer["saveWarehouse"])
    if form.refused:
        return record_page(request, "staff/warehouse.html", await run(request, "Warehouses"), form)
    return see(WAREHOUSES.path, done="saved")


async def show(request: Request) -> Response:
    data, record = await _read(request)
    return record_page(request, "staff/warehouse.html", data, stored("warehouse", record, DETAILS), record)


async def change(request: Request) -> Response:
    """Its name and place in the order, or its end, as the button says."""
    data, record = await _read(request)
    return await changed(request, WAREHOUSES, "staff/warehouse.html", data, record, CHANGES)


async def _save(request: Request, posted: FormData, record: Json) -> Form:
    form = typed("warehouse", posted, DETAILS).check_whole(["position"]).check_filled(["position"])
    if form.refused:
        return form
    wanted = {"code": record["code"], "name": form.value("name"), "position": number(form.value("position"))} | expected(posted)
    form = form.answered((await run(request, "SaveWarehouse", {"input": wanted}))["saveWarehouse"])
    return form.beside(stored("warehouse", record, DETAILS))


async def _delete(request: Request, posted: FormData, record: Json) -> Form:
    answer = await run(request, "DeleteWarehouse", {"id": record["id"]})
    return stored(DELETED, record, DETAILS).answered(answer["deleteWarehouse"])


CHANGES: dict[str, Change] = {"saved": _save, "deleted": _delete}


async def _read(request: Request) -> tuple[Json, Json]:
    data = await run(request, "Warehouses")
    record: Json | None = next((one for one in data["warehouses"] if one["id"] == request.path_params["id"]), None)
    if record is None:
        raise not_found("There is no such warehouse.")
    return data, record
