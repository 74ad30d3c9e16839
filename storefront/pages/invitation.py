"""The page behind the link of an invitation: read it, then accept or decline it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront import session
from storefront.client import ApiFailure
from storefront.forms import Form
from storefront.pages.session import first_page
from storefront.site import page, run, see, site, text

FIELDS = {"password": "", "again": ""}


async def show(request: Request) -> Response:
    return await _page(request, Form("invitation", FIELDS), request.query_params.get("token", ""))


async def answer(request: Request) -> Response:
    """Accepts and signs in, or declines, as the button says."""
    posted = await request.form()
    token, password, form = text(posted, "token"), str(posted.get("password", "")), Form("invitation", FIELDS)
    if "decline" in posted:
        return await _decline(request, token)
    if "again" in posted and password != str(posted["again"]):
        return await _page(request, form.refuse("again", "The two are not the same. Type the password twice."), token)
    try:
        answered = (await run(request, "AcceptInvitation", {"token": token, "password": password}))["acceptInvitation"]
    except ApiFailure as failure:
        if failure.code != "RATE_LIMITED":
            raise
        return await _page(request, form.refuse("password", failure.message), token, 429)
    if answered["__typename"] == "NotFound":
        return _gone(request, answered["message"])
    if answered["__typename"] == "WrongCredentials":
        return await _page(request, form.refuse("password", "This is not the password of your account."), token)
    form = form.answered(answered)
    if form.refused:
        return await _page(request, form, token)
    response = see(first_page(answered["viewer"]))
    session.keep(response, answered, site(request).secure)
    return response


async def _decline(request: Request, token: str) -> Response:
    answered = (await run(request, "DeclineInvitation", {"token": token}))["declineInvitation"]
    if answered["__typename"] == "NotFound":
        return _gone(request, answered["message"])
    said = f"You have declined to order for {answered['company']}. Nothing has changed. They can invite you again."
    return page(request, "problem.html", title="Declined", message=said, way=("/sign-in", "Sign in"))


def _gone(request: Request, message: str) -> Response:
    return page(
        request, "problem.html", status=404, title="This invitation no longer works", message=message, way=("/sign-in", "Sign in")
    )


async def _page(request: Request, form: Form, token: str, status: int = 422) -> Response:
    found = (await run(request, "Invitation", {"token": token}))["invitation"]
    if found is None:
        return _gone(request, "It has expired, was used or was withdrawn. Ask for a new one.")
    return page(request, "invitation.html", status=status if form.refused else 200, form=form, invitation=found, token=token)
