"""Getting in without the password: asking for a mail, and setting a new password with the token that it brings.

An invitation brings such a token too, and ends on the same page.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront import session
from storefront.client import ApiFailure
from storefront.forms import Form, typed
from storefront.pages.session import first_page
from storefront.site import page, run, see, site, text

FIELDS = {"password": "", "again": ""}


async def show_request(request: Request) -> Response:
    return _request_page(request, Form("reset", {"email": ""}), sent="sent" in request.query_params)


async def ask(request: Request) -> Response:
    """Says the same whether the address is known or not."""
    form = typed("reset", await request.form(), ["email"])
    if not form.value("email"):
        return _request_page(request, form.refuse("email", "Give the address that you sign in with."), 422)
    try:
        await run(request, "RequestPasswordReset", {**form.values, "device": session.device(request, site(request).secure)})
    except ApiFailure as failure:
        if failure.code != "RATE_LIMITED":
            raise
        return _request_page(request, form.refuse("email", failure.message), 429)
    return see("/password", sent="1")


async def show_set(request: Request) -> Response:
    return _set_page(request, Form("password", FIELDS), request.query_params.get("token", ""))


async def set_new(request: Request) -> Response:
    """Signs her in where she is. A link that no longer works leads to the page that sends another."""
    posted = await request.form()
    token, password = text(posted, "token"), str(posted.get("password", ""))
    form = Form("password", FIELDS)
    if password != str(posted.get("again", "")):
        return _set_page(request, form.refuse("again", "The two are not the same. Type the password twice."), token)
    answer = (await run(request, "SetPassword", {"token": token, "password": password}))["setPassword"]
    if answer["__typename"] == "NotFound":
        return _expired(request, answer["message"])
    form = form.answered(answer)
    if form.refused:
        return _set_page(request, form, token)
    response = see(first_page(answer["viewer"]))
    session.keep(response, answer, site(request).secure)
    return response


def _expired(request: Request, message: str) -> Response:
    way = ("/password", "Ask for a new link")
    return page(request, "problem.html", status=404, title="This link no longer works", message=message, way=way)


def _request_page(request: Request, form: Form, status: int = 200, *, sent: bool = False) -> Response:
    return page(request, "password_request.html", status=status, form=form, sent=sent)


def _set_page(request: Request, form: Form, token: str) -> Response:
    return page(request, "password.html", status=422 if form.refused else 200, form=form, token=token)
