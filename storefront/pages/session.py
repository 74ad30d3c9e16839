"""Signing in and out, and choosing the location, or the customer, to order for."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from storefront import kept as kept_forms
from storefront import session
from storefront.areas import ORDERS
from storefront.client import ApiFailure, Json, SignedOut
from storefront.kept import Kept
from storefront.site import own_path, page, pages, paging, run, see, site, text
from storefront.whom import whom

# What the page itself says, with what was typed still in it.
BUSY = {"RATE_LIMITED": 429, "UNAVAILABLE": 503}


async def show_sign_in(request: Request) -> Response:
    return sign_in_page(request, ended="ended" in request.query_params)


async def sign_in(request: Request) -> Response:
    form = await request.form()
    email, password = text(form, "email"), str(form.get("password", ""))
    kept = kept_forms.read(form.get(kept_forms.FIELD))
    given = {"email": email, "password": password, "device": session.device(request, site(request).secure)}
    try:
        answer = (await run(request, "SignIn", given))["signIn"]
    except ApiFailure as failure:
        if failure.code not in BUSY:
            raise
        return sign_in_page(request, email=email, error=failure.message, kept=kept, status=BUSY[failure.code])
    if answer["__typename"] != "SignedIn":
        return sign_in_page(request, email=email, error=answer["message"], kept=kept, status=422)
    request.state.token = answer["token"]
    response = await _show_again(request, kept) or see(own_path(text(form, "next"), first_page(answer["viewer"])))
    session.keep(response, answer, site(request).secure)
    return response


def first_page(viewer: Json) -> str:
    """Where one begins: the catalogue, the choice of a customer, or the seller's pages for those who order for nobody."""
    if viewer["location"]:
        return "/"
    return "/locations" if viewer["role"] in ORDERS else "/staff"


async def sign_out(request: Request) -> Response:
    with suppress(SignedOut):
        await run(request, "SignOut")
    kept = kept_forms.read((await request.form()).get(kept_forms.FIELD))
    response = sign_in_page(request, kept=kept) if kept else see("/sign-in")
    session.forget(response, site(request).secure)
    return response


async def _show_again(request: Request, kept: Kept | None) -> Response | None:
    """What was typed before the session ended, to be looked at and sent: only to the person who typed it."""
    if kept is None or kept.whom is None:
        return None
    data = await run(request, "Frame")
    now = whom(data["viewer"])
    if now.user != kept.whom.user:
        return None
    return page(request, "kept.html", data, kept=kept, drawn=kept.whom, now=now, ended=True)


async def show_locations(request: Request) -> Response:
    query = request.query_params.get("q", "").strip()
    data = await run(request, "Locations", {"query": query or None, **paging(request)})
    found = data["locations"]
    return page(
        request,
        "locations.html",
        data,
        query=query,
        found=found,
        companies=_by_company(found["nodes"]),
        pages=pages(request, found["pageInfo"]),
        next=own_path(request.query_params.get("next")),
    )


async def choose_location(request: Request) -> Response:
    form = await request.form()
    answer = (await run(request, "ActAs", {"locationId": text(form, "location") or None}))["actAs"]
    if answer["__typename"] != "SignedIn":
        return page(
            request,
            "problem.html",
            status=404,
            title="That location is not there",
            message=answer["message"],
            way=("/locations", "Choose another"),
        )
    response = see(own_path(text(form, "next")))
    session.keep(response, answer, site(request).secure)
    return response


def _is_own_name(request: Request) -> bool:
    """A page of somebody else whose name was made to lead here finds no way in (DNS rebinding). An address in digits is nobody's name."""
    name = (request.url.hostname or "").rstrip(".")
    own = urlsplit(site(request).public_url).hostname
    return name in ("localhost", own) or name.endswith(".localhost") or ":" in name or name.replace(".", "").isdigit()


def sign_in_page(
    request: Request, email: str = "", error: str = "", *, kept: Kept | None = None, ended: bool = False, status: int = 200
) -> Response:
    asked = kept.back if kept else request.query_params.get("next", "")
    return page(
        request,
        "sign_in.html",
        status=status,
        email=email,
        error=error,
        ended=ended,
        kept=kept,
        next=own_path(asked, ""),
        demo_logins=site(request).demo_logins if _is_own_name(request) else (),
    )


def _by_company(locations: list[Json]) -> list[tuple[Json, list[Json]]]:
    return [
        (members[0]["company"], members)
        for _, group in groupby(locations, key=lambda location: str(location["company"]["id"]))
        if (members := list(group))
    ]
