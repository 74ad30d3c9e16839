"""What holds for the whole shop: its own settings, and a page that leads to all those which are this role's to keep."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import SHOP, settings_of
from storefront.client import Json
from storefront.forms import Form, number, stored, typed
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


async def show_shop(request: Request) -> Response:
    data = await run(request, "Seller")
    if data["seller"] is None:
        raise not_found("There is no shop yet: linesheet create-admin makes it.")
    return _shop_page(request, data, stored("shop", data["seller"], DETAILS))


async def save_shop(request: Request) -> Response:
    form = typed("shop", await request.form(), DETAILS).check_whole(NUMBERS).check_filled(NUMBERS)
    if not form.refused:
        wanted: Json = {**form.values, "country": form.value("country").upper()}
        wanted |= {name: number(form.value(name)) for name in NUMBERS}
        form = form.answered((await run(request, "UpdateSeller", {"input": wanted}))["updateSeller"])
    return _shop_page(request, await run(request, "Seller"), form) if form.refused else see(SHOP.path, done="saved")


def _shop_page(request: Request, data: Json, form: Form) -> Response:
    return page(
        request,
        "staff/shop.html",
        data,
        status=422 if form.refused else 200,
        form=form,
        currency=data["seller"]["currency"],
        strategies=STRATEGIES.items(),
        scopes=SCOPES.items(),
        done=done(request),
    )
