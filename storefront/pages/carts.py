"""The carts of this place: the open one and the named ones beside it, and which of them one works in."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json
from storefront.site import page, run, see, see_cart, text


async def show(request: Request) -> Response:
    return await _show(request)


async def change(request: Request) -> Response:
    """Each button of the page: work in a cart, open a new one, rename one, empty one."""
    form = await request.form()
    do = CHANGES.get(text(form, "do"), _choose)
    return await do(request, form)


async def _choose(request: Request, form: FormData) -> Response:
    request.state.cart = text(form, "id")
    return see_cart(request)


async def _create(request: Request, form: FormData) -> Response:
    """A new cart is made to be filled: it is the one that is worked in."""
    name = text(form, "name")
    answer = (await run(request, "CreateCart", {"name": name}))["createCart"]
    if answer["__typename"] != "Cart":
        return await _show(request, answer["message"], name)
    request.state.cart = answer["id"]
    return see_cart(request, "/carts")


async def _rename(request: Request, form: FormData) -> Response:
    answer = (await run(request, "RenameCart", {"id": text(form, "id"), "name": text(form, "name")}))["updateCart"]
    return await _done(request, answer)


async def _empty(request: Request, form: FormData) -> Response:
    """Only as it was seen: lines that came in meanwhile are not thrown away."""
    version = text(form, "version")
    wanted = {"id": text(form, "id"), "version": int(version) if version.isdigit() else None}
    return await _done(request, (await run(request, "EmptyCart", wanted))["setCartLines"])


CHANGES = {"create": _create, "rename": _rename, "empty": _empty}


async def _done(request: Request, answer: Json) -> Response:
    return await _show(request, answer["message"]) if "message" in answer else see("/carts")


async def _show(request: Request, error: str = "", name: str = "") -> Response:
    data = await run(request, "Carts")
    open_id = data["open"]["id"] if data["open"] else ""
    return page(
        request,
        "carts.html",
        data,
        status=422 if error else 200,
        carts=data["carts"],
        open_id=open_id,
        worked_in=data["cart"]["id"] if data["cart"] else "",
        error=error,
        name=name,
    )
