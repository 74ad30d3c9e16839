"""An API with prepared answers, which remembers what it was asked."""

from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storefront.app import DemoLogin, create_app
from storefront.whom import whom

Answer = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]

VIEWER = {
    "role": "BUYER",
    "actingFor": False,
    "user": {"id": "user.1", "name": "Bea Buyer", "email": "bea@shop.example"},
    "company": {
        "name": "Harbour Workwear",
        "credit": {"available": {"amount": "38200.50", "currency": "EUR"}, "onHold": False},
        "paymentTerms": {"name": "30 days net"},
    },
    "location": {"id": "location.1", "name": "Rotterdam", "currency": "EUR"},
}
SHELL: dict[str, Any] = {"viewer": VIEWER, "cart": None}
SIGNED_IN = {
    "__typename": "SignedIn",
    "token": "secret-token",
    "expiresAt": "2199-01-01T00:00:00Z",
    "device": "ld_1",
    "viewer": {"role": "BUYER", "location": {"id": "location.1"}},
}


DRAWN = whom(VIEWER, token="secret-token")


class CannedApi:
    """Answers each operation by its name; an answer may be worked out from the variables."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/graphql", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append((body["operationName"], body["variables"]))
        self.headers.append({**request.headers, "address": request.client.host if request.client else ""})
        prepared = self.answers[body["operationName"]]
        found = prepared(body["variables"]) if callable(prepared) else prepared
        return JSONResponse(found if "errors" in found else {"data": found})

    def variables_of(self, operation: str) -> dict[str, Any]:
        """What the operation was last asked with."""
        return next(variables for name, variables in reversed(self.asked) if name == operation)


def error(code: str, message: str = "No.") -> dict[str, Any]:
    return {"data": None, "errors": [{"message": message, "extensions": {"code": code}}]}


class Browser(httpx.AsyncClient):
    """Sends each form with the field that our pages put into it, unless it names another."""

    async def post(self, url: Any, **given: Any) -> httpx.Response:
        given["data"] = {"drawn": DRAWN.written(), **(given.get("data") or {})}
        return await super().post(url, **given)


def browser(api: CannedApi, *, secure: bool = False, signed_in: bool = True) -> httpx.AsyncClient:
    """Speaks with the storefront as a browser on its own pages would."""
    scheme = "https" if secure else "http"
    pages = create_app(
        api.app,
        public_url=f"{scheme}://shop.example",
        secure_cookies=secure,
        demo_logins=[DemoLogin("demo@shop.example", "demo-password", "a <b>demo</b>")],
    )
    client = Browser(
        transport=httpx.ASGITransport(pages), base_url=f"{scheme}://shop.example", headers={"Sec-Fetch-Site": "same-origin"}
    )
    if signed_in:
        client.cookies.set("__Host-linesheet" if secure else "linesheet", "secret-token")
    return client


def a_variant(id: str = "variant.1", sku: str = "NW-1-BLACK-S", **given: Any) -> dict[str, Any]:
    return {
        "id": id,
        "sku": sku,
        "customerSku": None,
        "name": "Jacket",
        "priceStatus": "PRICED",
        "unitPrice": {"amount": "12.10", "currency": "EUR"},
        "listPrice": {"amount": "14.25", "currency": "EUR"},
        "priceBreaks": [
            {"minimumQuantity": 1, "unitPrice": {"amount": "12.10", "currency": "EUR"}},
            {"minimumQuantity": 12, "unitPrice": {"amount": "11.40", "currency": "EUR"}},
        ],
        "priceBreakGroup": "product.1",
        "quantityRule": {"minimum": 1, "maximum": None, "increment": 1},
        "packs": [],
        "contents": [],
        "availability": {
            "status": "IN_STOCK",
            "quantity": 148,
            "isCapped": False,
            "nextArrival": None,
            "nextArrivalQuantity": None,
        },
        **given,
    }


def a_cell(in_cart: int = 0, otherwise: int = 0, **variant: Any) -> dict[str, Any]:
    return {"variant": a_variant(**variant), "inCart": in_cart, "inCartOtherwise": otherwise}


EMPTY_CELL = {"variant": None, "inCart": 0, "inCartOtherwise": 0}


def a_grid(rows: list[list[dict[str, Any]]], **product: Any) -> dict[str, Any]:
    """Rows are colours, columns are sizes."""
    colours, sizes = ["Black", "Navy", "Olive"], ["S", "M", "L"]
    return {
        "columns": sizes[: len(rows[0])],
        "rows": [
            {"label": [{"name": "Colour", "value": colour}], "cells": cells} for colour, cells in zip(colours, rows, strict=False)
        ],
        "prepacks": [],
        "product": {
            "id": "product.1",
            "slug": "jacket",
            "name": "Jacket",
            "description": "",
            "minimumQuantity": None,
            "brand": {"id": "brand.1", "name": "Northline"},
            "categories": [],
            "options": [{"name": "Colour"}, {"name": "Size"}],
            "image": None,
            **product,
        },
    }


def a_cart(**given: Any) -> dict[str, Any]:
    """What the SetCartLines answer says about the cart."""
    return {
        "version": 2,
        "unitCount": 6,
        "lineCount": 1,
        "subtotal": {"amount": "72.60", "currency": "EUR"},
        "problems": [],
        **given,
    }
