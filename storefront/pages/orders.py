"""The orders that this viewer may see, and one of them."""

from __future__ import annotations

import secrets
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from storefront import formats
from storefront.site import not_found, page, pages, paging, run, see, see_cart, text, work_in

GONE = "There is no such order among yours."
KEEPS_ORDERS = {"SALES_MANAGER", "WAREHOUSE", "FINANCE", "ADMIN"}
UNCONFIRMED = {"RECEIVED", "IN_REVIEW", "AWAITING_PAYMENT"}


async def show_all(request: Request) -> Response:
    asked = request.query_params
    status = asked.get("status", "") if asked.get("status") in formats.ORDER_STATUS else ""
    query, since, until = asked.get("q", "").strip(), _date(asked.get("from")), _date(asked.get("to"))
    variables = {"query": query or None, "status": [status] if status else None, "placedFrom": since, "placedTo": until}
    data = await run(request, "Orders", variables | paging(request))
    return page(
        request,
        "orders.html",
        data,
        found=data["orders"],
        query=query,
        status_wanted=status,
        since=since or "",
        until=until or "",
        placed=asked.get("placed", "").split(),
        pages=pages(request, data["orders"]["pageInfo"]),
    )


async def show(request: Request) -> Response:
    return await _show(request)


async def move(request: Request) -> Response:
    """Confirms the order, or cancels it for a reason; an order that has moved meanwhile is shown as it now is."""
    form = await request.form()
    id = await _id(request)
    if text(form, "do") == "confirm":
        answer = (await run(request, "ConfirmOrder", {"id": id}))["confirmOrder"]
    else:
        answer = (await run(request, "CancelOrder", {"id": id, "reason": text(form, "reason")}))["cancelOrder"]
    if "message" in answer:
        return await _show(request, answer["message"])
    return see(f"/orders/{request.path_params['number']}")


async def preview_reorder(request: Request) -> Response:
    """What ordering this again would add, line by line, before anything is added."""
    data = await run(request, "ReorderPreview", {"orderId": await _id(request)})
    if data["reorderPreview"] is None:
        raise not_found(GONE)
    lines = data["reorderPreview"]["lines"]
    adds = [line for line in lines if line["quantity"]]
    return page(
        request,
        "reorder.html",
        data,
        number=request.path_params["number"],
        lines=lines,
        adds=adds,
        carts=data["carts"],
        key=secrets.token_urlsafe(18),
    )


async def reorder(request: Request) -> Response:
    """Twice sent adds once: the form carries its own key."""
    form = await request.form()
    key, cart = text(form, "key"), work_in(request, form)
    wanted = {"orderId": await _id(request)} | ({"into": cart} if cart else {})
    answer = (await run(request, "Reorder", wanted, key=key or None))["reorder"]
    if answer["__typename"] != "ReorderDone":
        raise not_found(answer["message"])
    return see_cart(request, saved="1")


async def _id(request: Request) -> str:
    order = (await run(request, "OrderToMove", {"number": request.path_params["number"]}))["order"]
    if order is None:
        raise not_found(GONE)
    return str(order["id"])


async def _show(request: Request, error: str = "") -> Response:
    data = await run(request, "Order", {"number": request.path_params["number"]})
    order = data["order"]
    if order is None:
        raise not_found(GONE)
    keeps_orders = data["viewer"]["role"] in KEEPS_ORDERS
    return page(
        request,
        "order.html",
        data,
        status=422 if error else 200,
        order=order,
        error=error,
        may_confirm=keeps_orders and order["status"] in UNCONFIRMED,
        placed="placed" in request.query_params,
    )


def _date(text: str | None) -> str | None:
    """A date as the address gives it, when it is one."""
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None
