"""One style with its grid, several styles on one page, and why a price is what it is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storefront import grid
from storefront.client import Json
from storefront.grid import Note, Typed
from storefront.saving import Saved
from storefront.saving import save as save_typed
from storefront.site import cart_of, not_found, page, run, see_cart

MOST_AT_ONCE = 20


async def show(request: Request) -> Response:
    return await _show(request, Typed())


async def save(request: Request) -> Response:
    """Both pages' forms post to their own address, so that what was refused is shown where it was typed."""
    saved = await save_typed(request, await request.form())
    if request.headers.get("accept") == "application/json":
        return JSONResponse(await _as_json(request, saved))
    if saved.clean:
        return see_cart(request, request.url.path + (f"?{request.url.query}" if request.url.query else ""), saved="1")
    return await _show(request, saved.typed, saved)


async def explain(request: Request) -> Response:
    asked = request.query_params
    sku = asked.get("sku", "").strip()
    quantity = grid.whole(asked.get("quantity", "1")) or 1
    data = await run(request, "WhyThisPrice", {"sku": sku, "quantity": quantity})
    return page(request, "why.html", data, sku=sku, quantity=quantity, found=data["explainPrice"])


async def _show(request: Request, typed: Typed, saved: Saved | None = None) -> Response:
    data, grids = await _read(request)
    problems = grid.notes_of(data["cart"]["problems"]) if data["cart"] else {}
    sheets = grid.build(grids, Typed(typed.quantities, problems | typed.notes))
    return page(
        request,
        "product.html" if "slug" in request.path_params else "grids.html",
        data,
        status=422 if saved else 200,
        sheets=sheets,
        saved=saved,
        just_saved="saved" in request.query_params,
        can_order=data["viewer"]["location"] is not None,
    )


async def _read(request: Request) -> tuple[Json, list[Json]]:
    """The grids that this address names."""
    if slug := request.path_params.get("slug"):
        data = await run(request, "Product", {"slug": slug, "open": not cart_of(request)})
        if data["product"] is None:
            raise not_found("This product is not in your catalogue.")
        if "grid" in data["product"]:
            return data, [data["product"]["grid"]]
        # A product's own grid shows the open cart: another one is asked for by its cart.
        data = await run(request, "Grids", {"ids": [data["product"]["id"]]})
        return data, data["grids"]
    ids = list(dict.fromkeys(request.query_params.getlist("id")))[:MOST_AT_ONCE]
    data = await run(request, "Grids", {"ids": ids})
    return data, data["grids"]


async def _as_json(request: Request, saved: Saved) -> Json:
    """What the grid's script needs to go on: the cart's sums and version, what stands beside which cell, and, when stale, the cart's numbers."""
    answer: Json = {"stale": saved.stale, "message": saved.message, "refused": _notes(saved.typed.notes)}
    if saved.cart:
        answer["cart"] = {name: saved.cart[name] for name in ("version", "unitCount", "lineCount", "subtotal")}
        answer["problems"] = _notes(grid.notes_of(saved.cart["problems"]))

    if saved.stale:
        _, grids = await _read(request)
        answer["quantities"] = grid.quantities_of(grids)
    return answer


def _notes(notes: dict[str, Note]) -> Json:
    return {id: {"message": note.message, "needed": note.needed, "blocking": note.blocking} for id, note in notes.items()}
