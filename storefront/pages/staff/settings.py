"""What holds for the whole shop: its own settings, and a page that leads to all those which are this role's to keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import SHOP, Area, settings_of
from storefront.client import Json
from storefront.forms import Form, chosen, expected, number, stored, typed
from storefront.site import not_found, page, run, see

DONE = {"saved": "Saved. It holds from now on.", "deleted": "It is gone."}
DETAILS = ("name", "timezone", "country", "stockDisplayCap", "lowStockAt", "priceStrategy", "breakScope")
NUMBERS = ("stockDisplayCap", "lowStockAt")
STRATEGIES = {
    "PRIORITY": "the first list decides, breaks included",
    "LOWEST": "the lowest of all lists decides",
    "MERGE": "the first list decides, others add breaks to it",
}
SCOPES = {"VARIANT": "each variant alone", "PRODUCT": "all variants of a product", "GROUP": "all of a price group"}


async def show(request: Request) -> Response:
    data = await run(request, "Frame")
    conditions = settings_of(data["viewer"]["role"])
    if not conditions:
        raise not_found("There is nothing at this address.")
    return page(request, "staff/settings.html", data, conditions=conditions)


def done(request: Request) -> str:
    """What the list says of the form that led back to it."""
    return DONE.get(request.query_params.get("done", ""), "")


DELETED = "deleted"
Successors = Sequence[tuple[str, str]]
Change = Callable[[Request, FormData, Json], Awaitable[Form]]


async def changed(
    request: Request,
    area: Area,
    template: str,
    data: Json,
    record: Json,
    changes: Mapping[str, Change],
    successors: Successors = (),
) -> Response:
    """What is stored becomes what the button says that was pressed: each is named for what the list then tells of it."""
    posted = await request.form()
    does = chosen(posted, changes)
    form = await changes[does](request, posted, record)
    return record_page(request, template, data, form, record, successors) if form.refused else see(area.path, done=does)


def record_page(
    request: Request, template: str, data: Json, form: Form, record: Json | None = None, successors: Successors = ()
) -> Response:
    """A form for one of a list; something new without a record. `data` is the list's, so that only who may keep it is shown a form.

    What a deletion was refused for is said beside its button, with the `successors` that can take the place.
    """
    status, ending = 422 if form.refused else 200, form if form.name == DELETED else None
    shown = Form(form.name, form.values) if ending else form
    return page(request, template, data, status=status, form=shown, record=record, ending=ending, successors=successors)


async def show_shop(request: Request) -> Response:
    data = await run(request, "Seller")
    if data["seller"] is None:
        raise not_found("There is no shop yet: linesheet create-admin makes it.")
    return _shop_page(request, data, stored("shop", data["seller"], DETAILS))


async def save_shop(request: Request) -> Response:
    posted = await request.form()
    form = typed("shop", posted, DETAILS).check_whole(NUMBERS).check_filled(NUMBERS)
    if not form.refused:
        wanted: Json = {**form.values, "country": form.value("country").upper()}
        wanted |= {name: number(form.value(name)) for name in NUMBERS} | expected(posted)
        form = form.answered((await run(request, "UpdateSeller", {"input": wanted}))["updateSeller"])
    return _shop_page(request, await run(request, "Seller"), form) if form.refused else see(SHOP.path, done="saved")


def _shop_page(request: Request, data: Json, form: Form) -> Response:
    return page(
        request,
        "staff/shop.html",
        data,
        status=422 if form.refused else 200,
        form=form.beside(stored("shop", data["seller"], DETAILS)),
        record=data["seller"],
        currency=data["seller"]["currency"],
        strategies=STRATEGIES.items(),
        scopes=SCOPES.items(),
        done=done(request),
    )
