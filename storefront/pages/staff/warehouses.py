"""Warehouses: where stock lies, in the order in which it is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import WAREHOUSES
from storefront.client import Json
from storefront.forms import Form, chosen, number, stored, typed
from storefront.pages.staff.settings import done
from storefront.site import not_found, page, run, see

DETAILS = ("name", "position")


async def show_all(request: Request) -> Response:
    data = await run(request, "Warehouses")
    return page(request, "staff/warehouses.html", data, found=data["warehouses"], done=done(request))


async def show_new(request: Request) -> Response:
    form = Form("warehouse", {"code": "", "name": ""})
    return await _new_page(request, form)


async def create(request: Request) -> Response:
    """A new one comes last."""
    form = typed("warehouse", await request.form(), ("code", "name"))
    answer = await run(request, "SaveWarehouse", {"input": form.values, "onlyNew": True})
    form = form.answered(answer["saveWarehouse"])
    return await _new_page(request, form) if form.refused else see(WAREHOUSES.path, done="saved")


async def show(request: Request) -> Response:
    data, record = await _read(request)
    return page(request, "staff/warehouse.html", data, form=stored("warehouse", record, DETAILS), record=record)


async def change(request: Request) -> Response:
    """Its name and place in the order, or its end, as the button says."""
    posted, (data, record) = await request.form(), await _read(request)
    does = chosen(posted, CHANGES)
    form = await CHANGES[does](request, posted, record)
    if form.refused:
        return page(request, "staff/warehouse.html", data, status=422, form=form, record=record)
    return see(WAREHOUSES.path, done=does)


async def _save(request: Request, posted: FormData, record: Json) -> Form:
    form = typed("warehouse", posted, DETAILS).check_whole(["position"]).check_filled(["position"])
    if form.refused:
        return form
    wanted = {"code": record["code"], "name": form.value("name"), "position": number(form.value("position"))}
    return form.answered((await run(request, "SaveWarehouse", {"input": wanted}))["saveWarehouse"])


async def _delete(request: Request, posted: FormData, record: Json) -> Form:
    answer = await run(request, "DeleteWarehouse", {"id": record["id"]})
    return stored("warehouse", record, DETAILS).answered(answer["deleteWarehouse"])


CHANGES: dict[str, Callable[[Request, FormData, Json], Awaitable[Form]]] = {"saved": _save, "deleted": _delete}


async def _new_page(request: Request, form: Form) -> Response:
    """It reads the list, so that only who may keep it is shown a form."""
    data = await run(request, "Warehouses")
    return page(request, "staff/warehouse.html", data, status=422 if form.refused else 200, form=form, record=None)


async def _read(request: Request) -> tuple[Json, Json]:
    data = await run(request, "Warehouses")
    record: Json | None = next((one for one in data["warehouses"] if one["id"] == request.path_params["id"]), None)
    if record is None:
        raise not_found("There is no such warehouse.")
    return data, record
