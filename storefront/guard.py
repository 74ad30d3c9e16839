"""Looks at every form before its page does: is it for the person who is signed in, and for the customer who is ordered for, now?

A form for another is written nowhere. It is shown with what was typed, and with both ways on: back to its customer, or without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from storefront import kept, session, whom
from storefront.client import Json, SignedOut
from storefront.kept import SWITCH
from storefront.site import cart_of, is_script, not_found, page, run, site, text
from storefront.whom import Whom

Endpoint = Callable[[Request], Awaitable[Response]]

# Forms that are for whoever sends them: they ask nothing of a customer, or choose one.
FREE = frozenset({"/sign-in", "/sign-out", "/password", "/set-password", "/invitation", "/locations"})
# The seller's own pages are about no customer: only the person counts.
OF_THE_PERSON = "/staff/"
# Twenty grids on one page have some thousand fields; a pasted list is one large field.
MOST_FIELDS, LARGEST_FIELD = 20_000, 4_000_000


def guarded(routes: Sequence[BaseRoute], above: str = "") -> list[BaseRoute]:
    """The same routes, each that takes a form behind the check."""
    return [_guarded(route, above) for route in routes]


def _guarded(route: BaseRoute, above: str) -> BaseRoute:
    if isinstance(route, Mount):
        return Mount(route.path, routes=guarded(route.routes, above + route.path))
    if isinstance(route, Route) and "POST" in (route.methods or ()):
        return Route(route.path, _checked(route.endpoint, above + route.path), methods=["POST"])
    return route


def _checked(endpoint: Endpoint, path: str) -> Endpoint:
    async def check(request: Request) -> Response:
        form = await request.form(max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
        if path in FREE:
            return await endpoint(request)
        if session.read_token(request, site(request).secure) is None:
            raise SignedOut("NOT_SIGNED_IN", "Sign in to go on.")
        drawn = whom.read(form)
        if drawn is None or not await _is_for_now(request, drawn):
            return await _refuse(request, drawn)
        request.state.drawn = drawn
        if SWITCH not in form:
            return await endpoint(request)
        return await _switched(request, form, endpoint)

    return check


async def _is_for_now(request: Request, drawn: Whom) -> bool:
    """The same token is the same person and customer; another one may be, after signing in again."""
    if drawn.seal and drawn.seal == whom.seal(session.read_token(request, site(request).secure)):
        return True
    now = whom.whom(await _viewer(request))
    alike = request.url.path.startswith(OF_THE_PERSON) or now.location == drawn.location
    return now.user == drawn.user and alike


async def _viewer(request: Request) -> Json:
    viewer: Json = (await run(request, "Frame"))["viewer"]
    return viewer


async def _refuse(request: Request, drawn: Whom | None) -> Response:
    data = await run(request, "Frame")
    now = whom.whom(data["viewer"])
    if is_script(request):
        message = f"Not saved: this page is for {_customer(drawn)}, and you are with {_customer(now)} now."
        return JSONResponse({"otherWhom": True, "message": message}, 409)
    return page(request, "kept.html", data, 409, kept=await kept.keep(request), drawn=drawn, now=now, ended=False)


def _customer(someone: Whom | None) -> str:
    return (someone.place or someone.name) if someone else "somebody else"


async def _switched(request: Request, form: FormData, endpoint: Endpoint) -> Response:
    """The form as it was meant: its customer first, in this request and from now on."""
    answer = (await run(request, "ActAs", {"locationId": text(form, SWITCH) or None}))["actAs"]
    if answer["__typename"] != "SignedIn":
        raise not_found(answer["message"])
    request.state.token, request.state.cart = answer["token"], text(form, "cart")
    response = await endpoint(request)
    session.keep(response, answer, site(request).secure)
    session.choose_cart(response, cart_of(request), site(request).secure)
    return response
