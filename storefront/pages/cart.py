"""The cart: its lines with what is wrong beside them, one line's dates, place and note, and the totals."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json
from storefront.grid import Typed
from storefront.saving import Saved, save
from storefront.site import fragment_wanted, not_found, page, run, see_cart, text, work_in


async def show(request: Request) -> Response:
    return await _show(request, None)


async def change(request: Request) -> Response:
    """Every button of the cart's form: save what was typed, set one line to what would do, or take one out."""
    form = await request.form()
    saved = await save(request, _pressed(form), by="lineId")
    if saved.clean and not fragment_wanted(request):
        return see_cart(request, **({"saved": "1"} if saved.set_count else {}))
    return await _show(request, saved)


async def show_line(request: Request) -> Response:
    data = await run(request, "CartLine")
    line = _line(data, request.path_params["id"])
    return _line_page(request, data, line, _values(line))


async def change_line(request: Request) -> Response:
    form = await request.form()
    id = request.path_params["id"]
    wanted: Json = {"lines": [_line_input(id, form)], "mode": "SET", "expectedVersion": _number(text(form, "version"))}
    if cart := work_in(request, form):
        wanted["cartId"] = cart
    answer = (await run(request, "SetCartLines", {"input": wanted}))["setCartLines"]
    refused = [row for row in answer.get("outcomes", []) if row["status"] == "REFUSED"]
    if answer["__typename"] == "SetCartLinesDone" and not refused:
        return see_cart(request, saved="1")
    data = await run(request, "CartLine")
    values = {name: str(value) for name, value in form.items()}
    error = refused[0]["message"] if refused else answer["message"]
    return _line_page(request, data, _line(data, id), values, error, answer.get("path", []))


def _line_page(request: Request, data: Json, line: Json, values: Json, error: str = "", wrong: Sequence[str] = ()) -> Response:
    return page(
        request,
        "cart_line.html",
        data,
        status=422 if error else 200,
        line=line,
        places=data["locations"]["nodes"],
        values=values,
        error=error,
        path_of_error=wrong,
    )


async def _show(request: Request, saved: Saved | None) -> Response:
    data = await run(request, "Cart")
    cart = data["cart"]
    typed = saved.typed if saved else Typed()
    return page(
        request,
        "parts/cart.html" if fragment_wanted(request) else "cart.html",
        data,
        status=422 if saved and not saved.clean and not fragment_wanted(request) else 200,
        cart=cart,
        groups=groups_of(cart["lines"]) if cart else [],
        beside=problems_by_line(cart) if cart else {},
        above=[problem for problem in cart["problems"] if not problem["line"]] if cart else [],
        typed=typed,
        saved=saved,
        just_saved="saved" in request.query_params,
    )


def groups_of(lines: list[Json]) -> list[tuple[Json | None, list[Json]]]:
    """Lines of one style stand together under its name, in the order they came; a line whose variant is gone stands alone."""
    groups: dict[str, list[Json]] = {}
    for line in lines:
        style = line["variant"]["product"]["id"] if line["variant"] else f"gone {line['id']}"
        groups.setdefault(style, []).append(line)
    return [(group[0]["variant"] and group[0]["variant"]["product"], group) for group in groups.values()]


def problems_by_line(cart: Json) -> dict[str, list[Json]]:
    beside: dict[str, list[Json]] = {}
    for problem in cart["problems"]:
        if problem["line"]:
            beside.setdefault(problem["line"]["id"], []).append(problem)
    return beside


def _pressed(form: FormData) -> FormData:
    """The form as the pressed button means it: `remove` empties one line, `set` puts the needed number into one, whatever stood there."""
    pressed = {}
    if line := form.get("remove"):
        pressed = {f"q.{line}": "0", f"was.{line}": "any"}
    if wanted := form.get("set"):
        line, _, quantity = str(wanted).rpartition(":")
        pressed = {f"q.{line}": quantity, f"was.{line}": "any"}
    return FormData([(name, value) for name, value in form.multi_items() if name not in pressed] + list(pressed.items()))


def _line(data: Json, id: str) -> Json:
    for line in data["cart"]["lines"] if data["cart"] else []:
        if line["id"] == id:
            found: Json = line
            return found
    raise not_found("This line is no longer in your cart.")


def _values(line: Json) -> Json:
    return {
        "quantity": str(line["quantity"]),
        "pack": line["pack"]["code"] if line["pack"] else "",
        "shipTo": line["shipTo"]["id"],
        "requestedShipDate": line["requestedShipDate"] or "",
        "cancelDate": line["cancelDate"] or "",
        "note": line["note"] or "",
    }


def _line_input(id: str, form: FormData) -> Json:
    wanted: Json = {"lineId": id, "quantity": _number(text(form, "quantity")) or 0}
    fields = {
        "pack": "pack",
        "shipToId": "shipTo",
        "requestedShipDate": "requestedShipDate",
        "cancelDate": "cancelDate",
        "note": "note",
    }
    return wanted | {name: text(form, field) or None for name, field in fields.items() if field in form}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
