"""Checkout: dates, place, number and payment, and the order at the total that was shown, or none."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json, Refused
from storefront.site import page, run, see_cart, text, work_in

DEFAULTS = {
    "purchaseOrderNumber": "",
    "requestedShipDate": "",
    "cancelDate": "",
    "note": "",
    "paymentMethod": "",
    "shipTo": "",
    "shippingMethod": "",
}


async def show(request: Request) -> Response:
    return await _show(request, DEFAULTS)


async def place(request: Request) -> Response:
    """A change of place or carrier is written to the cart first, so that the total asked for is the total that is placed."""
    form = await request.form()
    version, cart = text(form, "version"), work_in(request, form)
    if change := _cart_change(form):
        answer = (await run(request, "UpdateCart", {"input": _in(cart) | change | {"expectedVersion": _version(version)}}))[
            "updateCart"
        ]
        if answer["__typename"] != "Cart":
            return await _show(request, _values(form), refusal=answer)
        version = str(answer["version"])
    if "update" in form:
        return await _show(request, _values(form), status=200)
    try:
        answer = (await run(request, "PlaceOrder", {"input": _in(cart) | _order(form, version)}, key=text(form, "key")))[
            "placeOrder"
        ]
    except Refused as failure:
        if failure.code != "CONFLICT":
            raise
        return page(
            request, "problem.html", status=409, title="This order was already sent",
            message="The form you sent again belongs to an order that is already there.", way=("/orders", "See your orders"),
        )  # fmt: skip
    if answer["__typename"] != "OrdersPlaced":
        return await _show(request, _values(form), refusal=answer)
    return _placed(request, answer)


def _placed(request: Request, answer: Json) -> Response:
    """The order, or the orders; a cart that was ordered is gone, and work goes on in the open one."""
    request.state.cart = ""
    numbers = [order["number"] for order in answer["orders"]]
    if answer["paymentUrl"]:
        return page(request, "pay.html", numbers=numbers, payment_url=answer["paymentUrl"])
    if len(numbers) == 1:
        return see_cart(request, f"/orders/{numbers[0]}", placed="1")
    return see_cart(request, "/orders", placed=" ".join(numbers))


async def _show(request: Request, values: Json, refusal: Json | None = None, status: int | None = None) -> Response:
    data = await run(request, "Checkout")
    cart = data["cart"]
    if not cart or not cart["lines"]:
        return see_cart(request)
    return page(
        request,
        "checkout.html",
        data,
        status=status or (422 if refusal else 200),
        cart=cart,
        blocking=[problem for problem in cart["problems"] if problem["blocking"]],
        waiting=[problem for problem in cart["problems"] if not problem["blocking"]],
        locations=data["locations"]["nodes"],
        terms=data["viewer"]["company"]["paymentTerms"]["name"] if data["viewer"]["company"] else "",
        values=_chosen(values, cart),
        several_places=len({line["shipTo"]["id"] for line in cart["lines"]}) > 1,
        by_lines=not _ship_to(cart),
        refusal=refusal,
        wrong_field=refusal["path"][-1] if refusal and refusal.get("path") else "",
        key=secrets.token_urlsafe(18),
        today=datetime.now(UTC).date().isoformat(),
    )


def _chosen(values: Json, cart: Json) -> Json:
    """What was typed, and where nothing was, what the cart goes by now."""
    payments = cart["paymentMethods"]
    return values | {
        "shipTo": values["shipTo"] or _ship_to(cart),
        "shippingMethod": values["shippingMethod"] or cart["shippingMethod"] or "",
        "paymentMethod": values["paymentMethod"] or (payments[0] if payments else ""),
    }


def _ship_to(cart: Json) -> str:
    """Where all of it goes; empty, where lines name places of their own."""
    place = str(cart["shipTo"]["id"])
    return place if all(line["shipTo"]["id"] == place for line in cart["lines"]) else ""


def _in(cart: str) -> Json:
    return {"cartId": cart} if cart else {}


def _values(form: FormData) -> Json:
    return {name: text(form, name) for name in DEFAULTS}


def _cart_change(form: FormData) -> Json:
    """What the form says about the cart itself and the cart does not say yet."""
    change: Json = {}
    if (place := text(form, "shipTo")) and place != text(form, "shipToBefore"):
        change["shipToId"] = place
    if (method := text(form, "shippingMethod")) and method != text(form, "shippingMethodBefore"):
        change["shippingMethod"] = method
    return change


def _order(form: FormData, version: str) -> Json:
    """The order asked for; `expectedTotal` is the total that stood on the page."""
    fields = ("purchaseOrderNumber", "requestedShipDate", "cancelDate", "note", "paymentMethod")
    wanted: Json = {name: value for name in fields if (value := text(form, name))}
    wanted["expectedVersion"] = _version(version)
    wanted["expectedTotal"] = {"amount": text(form, "total"), "currency": text(form, "currency")}
    return wanted


def _version(text: str) -> int | None:
    return int(text) if text.isdigit() else None
