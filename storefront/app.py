"""Puts the storefront together: its routes, what guards them, and the page that is shown when something stops one.

It promises to know nothing of the shop but the GraphQL API that it is given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from storefront import kept, session, static
from storefront.client import DOCUMENTS, ApiFailure, Client, Forbidden, Json, Refused, SignedOut, Unavailable
from storefront.guard import guarded
from storefront.pages import (
    account,
    cart,
    carts,
    catalogue,
    checkout,
    invitation,
    members,
    orders,
    password,
    products,
    quick_order,
    staff,
)
from storefront.pages import session as session_pages
from storefront.security import HEADERS, SecurityHeaders, is_foreign
from storefront.site import DemoLogin, Site, is_script, page, run, see, site

__all__ = ["DemoLogin", "create_app", "operation_names"]

ROUTES = [
    Route("/", catalogue.show),
    Route("/sign-in", session_pages.show_sign_in, methods=["GET"]),
    Route("/sign-in", session_pages.sign_in, methods=["POST"]),
    Route("/sign-out", session_pages.sign_out, methods=["POST"]),
    Route("/locations", session_pages.show_locations, methods=["GET"]),
    Route("/locations", session_pages.choose_location, methods=["POST"]),
    Route("/products/{slug}", products.show, methods=["GET"]),
    Route("/products/{slug}", products.save, methods=["POST"]),
    Route("/grids", products.show, methods=["GET"]),
    Route("/grids", products.save, methods=["POST"]),
    Route("/why", products.explain),
    Route("/cart", cart.show, methods=["GET"]),
    Route("/cart", cart.change, methods=["POST"]),
    Route("/cart/lines/{id}", cart.show_line, methods=["GET"]),
    Route("/cart/lines/{id}", cart.change_line, methods=["POST"]),
    Route("/carts", carts.show, methods=["GET"]),
    Route("/carts", carts.change, methods=["POST"]),
    Route("/checkout", checkout.show, methods=["GET"]),
    Route("/checkout", checkout.place, methods=["POST"]),
    Route("/orders", orders.show_all),
    Route("/orders/{number}", orders.show, methods=["GET"]),
    Route("/orders/{number}", orders.move, methods=["POST"]),
    Route("/orders/{number}/again", orders.preview_reorder, methods=["GET"]),
    Route("/orders/{number}/again", orders.reorder, methods=["POST"]),
    Route("/quick-order", quick_order.show, methods=["GET"]),
    Route("/quick-order", quick_order.check, methods=["POST"]),
    Route("/quick-order/usual", quick_order.add_usual, methods=["POST"]),
    Route("/account", account.show, methods=["GET"]),
    Route("/account", account.save_profile, methods=["POST"]),
    Route("/account/password", account.change_password, methods=["POST"]),
    Route("/account/sessions", account.end_session, methods=["POST"]),
    Route("/account/members", members.show_all, methods=["GET"]),
    Route("/account/members/new", members.show_invitation, methods=["GET"]),
    Route("/account/members/new", members.invite, methods=["POST"]),
    Route("/account/members/{id}", members.show, methods=["GET"]),
    Route("/account/members/{id}", members.change, methods=["POST"]),
    Route("/password", password.show_request, methods=["GET"]),
    Route("/password", password.ask, methods=["POST"]),
    Route("/invitation", invitation.show, methods=["GET"]),
    Route("/invitation", invitation.answer, methods=["POST"]),
    Route("/set-password", password.show_set, methods=["GET"]),
    Route("/set-password", password.set_new, methods=["POST"]),
    Route("/staff", staff.start.show),
    Mount("/staff", routes=staff.ROUTES),
    Route("/static/{version}/{name:path}", static.show),
]


class OwnFormsOnly:
    """Turns away a form that another site sent, before any page sees it."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self.public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if is_foreign(request.method, request.headers, self.public_url):
                await foreign_form(request)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def create_app(api: ASGIApp, *, public_url: str, secure_cookies: bool, demo_logins: Sequence[DemoLogin] | None = None) -> Starlette:
    """The storefront over `api`, the ASGI application that answers POST /graphql."""
    app = Starlette(
        routes=guarded(ROUTES),
        middleware=[
            Middleware(SecurityHeaders, secure=secure_cookies),
            # Pages hold no secret whose length could be guessed from outside: the token stands in the cookie alone.
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4),
            Middleware(OwnFormsOnly, public_url=public_url),
        ],
        exception_handlers=HANDLERS,
    )
    app.state.site = Site(Client(api), public_url, secure_cookies, tuple(demo_logins or ()))
    return app


def busy(pages: Starlette) -> Callable[[Exception, Scope, Receive, Send], Awaitable[None]]:
    """Says that no page can be had just now, and asks the API nothing. The failure's `retry_after` says for how long, in seconds."""

    async def answer(failure: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        response = await unavailable(Request({**scope, "app": pages}), failure)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    return answer


def operation_names() -> set[str]:
    """What the pages' operations are called."""
    return {path.stem for path in DOCUMENTS.glob("*.graphql")}


def foreign_form(request: Request) -> Response:
    said = "To keep your orders safe, a form is taken only from Linesheet's own pages. Open the page here and send it again."
    way = ("/", "Go to the catalogue")
    return page(request, "problem.html", status=403, title="This form came from another site", message=said, way=way)


async def signed_out(request: Request, failure: Exception) -> Response:
    """A script is told; a person is taken to the sign-in page, and back to where they were afterwards, with what they typed."""
    if is_script(request):
        return JSONResponse({"signedOut": True}, 401)
    had_session = session.read_token(request, site(request).secure) is not None
    if request.method == "POST" and (left := await kept.keep(request)) and left.whom:
        response = session_pages.sign_in_page(request, kept=left, ended=True, status=401)
        session.forget(response, site(request).secure)
        return response
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    asked = {"next": back} if request.method == "GET" and back != "/" else {}
    response = see("/sign-in", **asked, **({"ended": "1"} if had_session else {}))
    if had_session:
        session.forget(response, site(request).secure)
    return response


async def forbidden(request: Request, failure: Exception) -> Response:
    return await _problem(
        request, 403, "You may not do this", f"{failure} Ask your company's administrator, or sign in as somebody who may."
    )


async def refused(request: Request, failure: Exception) -> Response:
    return await _problem(request, 400, "This could not be read", f"{failure} Go back, correct it, and send it again.")


async def api_failed(request: Request, failure: Exception) -> Response:
    busy = isinstance(failure, ApiFailure) and failure.code == "RATE_LIMITED"
    if busy:
        return await _try_again(request, 429, "Too many requests", f"{failure}")
    return await _try_again(
        request, 503, "This did not work", f"{failure} Nothing that was saved before is lost. Try again in a moment."
    )


async def unavailable(request: Request, failure: Exception) -> Response:
    """A calm page for a moment in which nothing can be had."""
    seconds = str(getattr(failure, "retry_after", None) or 2)
    said = "More is going on than the shop can answer just now. What you had saved before is safe. Wait a moment and try again."
    response = await _try_again(request, 503, "Please try again in a moment", said)
    response.headers["Retry-After"] = seconds
    return response


async def http_problem(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    if failure.status_code == 404:
        said = failure.detail if failure.detail != "Not Found" else "There is nothing at this address."
        return await _problem(request, 404, "Not found", said)
    return await _problem(request, failure.status_code, "This did not work", failure.detail)


async def crashed(request: Request, failure: Exception) -> Response:
    """Our own fault: said plainly, with the guards of every other page. The server's log has the rest."""
    response = await _problem(
        request, 500, "This did not work", "The fault is ours. Nothing that was saved before is lost. Try again in a moment."
    )
    response.headers.update(HEADERS)
    return response


async def _problem(request: Request, status: int, title: str, message: str) -> Response:
    if is_script(request):
        return JSONResponse({"message": message}, status)
    frame = await _frame(request) if status in (403, 404) else None
    return page(request, "problem.html", frame, status, title=title, message=message, way=("/", "Go to the catalogue"))


async def _try_again(request: Request, status: int, title: str, message: str) -> Response:
    """The same, with what was typed to be sent once more: it was no fault of the form."""
    left = await kept.keep(request) if request.method == "POST" and not is_script(request) else None
    if left is None or left.whom is None:
        return await _problem(request, status, title, message)
    return page(request, "again.html", None, status, title=title, message=message, kept=left)


async def _frame(request: Request) -> Json | None:
    """What stands around the page, so that a wrong turn leaves the way back in sight; nothing, where even that fails."""
    if session.read_token(request, site(request).secure) is None:
        return None
    with suppress(ApiFailure):
        return await run(request, "Frame")
    return None


HANDLERS: dict[Any, Any] = {
    SignedOut: signed_out,
    Forbidden: forbidden,
    Refused: refused,
    Unavailable: unavailable,
    ApiFailure: api_failed,
    HTTPException: http_problem,
    Exception: crashed,
}
