"""Where the seller's people begin: the orders that wait for a yes, and the pages that are theirs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import CONFIRMS_ORDERS, areas_of
from storefront.site import not_found, page, run


async def show(request: Request) -> Response:
    role = (await run(request, "Frame"))["viewer"]["role"]
    if not areas_of(role):
        raise not_found("There is nothing at this address.")
    data = await run(request, "StaffStart", {"orders": role in CONFIRMS_ORDERS})
    return page(request, "staff/start.html", data, waiting=data.get("orders"), areas=areas_of(role))
