"""Where the seller's people begin: the orders that wait for a yes, the pages that are theirs, and what an empty shop needs first."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront import areas
from storefront.areas import CONFIRMS_ORDERS, FAILURES, areas_of
from storefront.client import Json
from storefront.site import not_found, page, run

# What must be there before a buyer can order: where it is made, what it is called, and how one sees that it was.
STEPS = (
    (f"{areas.PRODUCTS.path}/new", "Make a product", lambda shop: shop["productRecords"]["nodes"]),
    (areas.PRICE_LISTS.path, "Set its price", lambda shop: any(one["priceCount"] for one in shop["priceLists"]["nodes"])),
    (areas.ASSORTMENTS.path, "Show it to buyers", lambda shop: any(one["productCount"] for one in shop["assortments"]["nodes"])),
    (f"{areas.WAREHOUSES.path}/new", "Make a warehouse", lambda shop: shop["warehouses"]),
    (areas.STOCK.path, "Count the stock", lambda shop: shop["stockLevels"]["nodes"]),
    (areas.TAX.path, "Say what tax is charged", lambda shop: shop["taxRates"]),
    (areas.SHIPPING.path, "Say how goods are sent", lambda shop: shop["shippingMethods"]),
    (areas.COMPANIES.path, "Make a company, with a location and its people", lambda shop: shop["companies"]["nodes"]),
)


async def show(request: Request) -> Response:
    role = (await run(request, "Frame"))["viewer"]["role"]
    if not areas_of(role):
        raise not_found("There is nothing at this address.")
    data = await run(request, "StaffStart", {"orders": role in CONFIRMS_ORDERS, "failures": role in FAILURES.roles})
    is_new = role == "ADMIN" and not data["viewer"]["actingFor"] and not data["placed"]["nodes"]
    steps = await _first_steps(request) if is_new else []
    failed = data.get("failures", {}).get("totalCount", 0)
    return page(request, "staff/start.html", data, waiting=data.get("orders"), areas=areas_of(role), steps=steps, failed=failed)


async def _first_steps(request: Request) -> list[Json]:
    """For who keeps it all, until the first order has come."""
    shop = await run(request, "FirstSteps")
    return [{"path": path, "name": name, "done": bool(is_done(shop))} for path, name, is_done in STEPS]
