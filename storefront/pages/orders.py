"""The orders that this viewer may see, and one of them."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from storefront import formats
from storefront.site import not_found, page, pages, paging, run


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
    data = await run(request, "Order", {"number": request.path_params["number"]})
    if data["order"] is None:
        raise not_found("There is no such order among yours.")
    return page(request, "order.html", data, order=data["order"], placed="placed" in request.query_params)


def _date(text: str | None) -> str | None:
    """A date as the address gives it, when it is one."""
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None
