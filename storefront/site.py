"""What every page works with: the API in the viewer's name, the frame around the page, and the answers a handler can give."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from storefront import session, templates, whom
from storefront.client import Client, Json, shows_cart

PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A way in that the sign-in page offers, in development only."""

    email: str
    password: str
    about: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the storefront was started with."""

    client: Client
    public_url: str
    secure: bool
    demo_logins: tuple[DemoLogin, ...]


def site(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


def work_in(request: Request, form: FormData) -> str:
    """A form is about the cart that it names, or else that its page was made for, whichever was chosen since. Empty: the open cart."""
    cart: str = text(form, "cart") if "cart" in form else request.state.drawn.cart
    request.state.cart = cart
    return cart


def cart_of(request: Request) -> str:
    """The named cart that this request is about; empty for the open one."""
    chosen: str = getattr(request.state, "cart", session.chosen_cart(request, site(request).secure))
    return chosen


async def run(request: Request, document: str, variables: Json | None = None, key: str | None = None) -> Json:
    """One document, in the name of whoever sits at this browser; a page that shows the cart shows the one that is worked in."""
    cart = cart_of(request)
    if not cart or not shows_cart(document):
        return await _run(request, document, variables, key)
    data = await _run(request, document, {**(variables or {}), "cart": cart}, key)
    if data["cart"] is not None:
        return data
    # It was ordered, or belongs to another place: on with the open one.
    request.state.cart = ""
    return await _run(request, document, variables, key)


async def _run(request: Request, document: str, variables: Json | None, key: str | None) -> Json:
    here = site(request)
    address = request.client.host if request.client else "127.0.0.1"
    browser = request.headers.get("user-agent", "")
    return await here.client.run(document, variables, session.read_token(request, here.secure), key, address, browser)


def page(request: Request, template: str, data: Json | None = None, status: int = 200, **values: Any) -> Response:
    """A template in its frame. `data` is a document's answer that holds the Shell; without it the frame is bare."""
    data = data or {}
    named = cart_of(request)
    viewer: Json | None = data.get("viewer")
    frame = {
        "viewer": viewer,
        "bar": {**data["cart"], "named": named != ""} if data.get("cart") else None,
        "path": request.url.path,
        "here": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        "search": request.query_params.get("q", "") if request.url.path == "/" else "",
    }
    html = templates.render(template, frame | values)
    if viewer:
        token = session.read_token(request, site(request).secure)
        html = whom.mark(html, whom.whom(viewer, named, token).written())
    response = HTMLResponse(html, status)
    if data and named != session.chosen_cart(request, site(request).secure):
        session.choose_cart(response, named, site(request).secure)
    return response


def is_script(request: Request) -> bool:
    """Our scripts are told in a few words; a person gets a page."""
    return request.headers.get("accept") == "application/json" or fragment_wanted(request)


def fragment_wanted(request: Request) -> bool:
    """Our scripts ask for the part that changed; everybody else gets the page."""
    return request.headers.get("x-fragment") == "1"


def see_cart(request: Request, path: str = "/cart", **query: str) -> Response:
    """On to a page of the cart that this request was about, which is worked in from now on."""
    response = see(path, **query)
    if cart_of(request) != session.chosen_cart(request, site(request).secure):
        session.choose_cart(response, cart_of(request), site(request).secure)
    return response


def see(path: str, **query: str) -> Response:
    """Post/Redirect/Get: the browser asks for this page next."""
    return RedirectResponse(with_query(path, query), 303)


def with_query(path: str, query: dict[str, str]) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(query)}" if query else path


def own_path(text: str | None, otherwise: str = "/") -> str:
    """A path of this site to go on to; an address that leads elsewhere is not followed."""
    if text and text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable():
        return text
    return otherwise


def paging(request: Request, size: int = PAGE_SIZE) -> Json:
    """The connection's arguments for the page that the address names."""
    query = request.query_params
    if before := query.get("before"):
        return {"last": size, "before": before}
    return {"first": size, "after": query.get("after")}


def pages(request: Request, info: Json) -> Json:
    """Addresses of the pages before and after this one, with everything else in the address kept."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("after", "before")]
    back = urlencode([*kept, ("before", info["startCursor"])]) if info["hasPreviousPage"] else None
    onward = urlencode([*kept, ("after", info["endCursor"])]) if info["hasNextPage"] else None
    return {"previous": back and f"?{back}", "next": onward and f"?{onward}"}


def text(form: FormData, name: str) -> str:
    """One field of a form; a file where a word belongs counts as nothing."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def only_for(roles: Collection[str], data: Json) -> None:
    """`data` holds the Shell of who asks; for anybody else there is no such page."""
    if data["viewer"]["role"] not in roles:
        raise not_found("There is nothing at this address.")


def not_found(what: str) -> HTTPException:
    return HTTPException(404, what)
