"""What the browser keeps for the viewer, in HttpOnly cookies that no script and no other site can read: the token, the named cart that is
worked in, which ends with it, and the name of the device, which stays."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json

DEVICE_SECONDS = 180 * 24 * 60 * 60


def cookie_name(secure: bool) -> str:
    """Browsers keep a __Host- cookie to this host, this path and https."""
    return "__Host-linesheet" if secure else "linesheet"


def read_token(request: Request, secure: bool) -> str | None:
    """The token of this request: the one that it was given on the way, or else the browser's."""
    given: str | None = getattr(request.state, "token", None)
    return given or request.cookies.get(cookie_name(secure))


def keep(response: Response, signed_in: Json, secure: bool) -> None:
    """Stores the token for as long as the API will honour it."""
    ends = datetime.fromisoformat(signed_in["expiresAt"])
    lasts = int((ends - datetime.now(UTC)).total_seconds())
    response.set_cookie(
        cookie_name(secure), signed_in["token"], max_age=lasts, path="/", secure=secure, httponly=True, samesite="lax"
    )
    response.set_cookie(
        f"{cookie_name(secure)}-device",
        signed_in["device"],
        max_age=DEVICE_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    choose_cart(response, "", secure)


def device(request: Request, secure: bool) -> str | None:
    """By this the API knows a browser again that somebody signed in with, whatever strangers try meanwhile."""
    return request.cookies.get(f"{cookie_name(secure)}-device")


def forget(response: Response, secure: bool) -> None:
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")
    choose_cart(response, "", secure)


def chosen_cart(request: Request, secure: bool) -> str:
    """The named cart that is worked in; empty for the open one."""
    return request.cookies.get(f"{cookie_name(secure)}-cart", "")


def choose_cart(response: Response, cart: str, secure: bool) -> None:
    """Works in this cart from the next page on; empty goes back to the open one."""
    name = f"{cookie_name(secure)}-cart"
    if cart:
        response.set_cookie(name, cart, path="/", secure=secure, httponly=True, samesite="lax")
    else:
        response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
