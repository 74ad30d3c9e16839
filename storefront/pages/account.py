"""One's own account: name, password, the devices that are signed in, and the places one orders for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import BUYERS
from storefront.client import ApiFailure
from storefront.devices import device
from storefront.forms import Form, typed
from storefront.site import page, run, see, text

PASSWORDS = dict.fromkeys(("current", "new", "again"), "")
DONE = {
    "profile": "Your name is saved.",
    "password": "The password is changed. Every other device was signed out.",
    "session": "That device is signed out.",
}


async def show(request: Request) -> Response:
    return await _show(request)


async def save_profile(request: Request) -> Response:
    form = typed("profile", await request.form(), ["name"])
    form = form.answered((await run(request, "UpdateProfile", dict(form.values)))["updateProfile"])
    return await _show(request, form) if form.refused else see("/account", done="profile")


async def change_password(request: Request) -> Response:
    """What was typed is never sent back to the browser."""
    posted = await request.form()
    given = {name: str(posted.get(name, "")) for name in PASSWORDS}
    form = Form("password", PASSWORDS)
    if given["new"] != given["again"]:
        return await _show(request, form.refuse("again", "The two are not the same. Type the new password twice."))
    try:
        answer = await run(request, "ChangePassword", {"current": given["current"], "new": given["new"]})
    except ApiFailure as failure:
        if failure.code != "RATE_LIMITED":
            raise
        return await _show(request, form.refuse("current", failure.message))
    form = form.answered(answer["changePassword"])
    return await _show(request, form) if form.refused else see("/account", done="password")


async def end_session(request: Request) -> Response:
    """A device that is signed out already is as good as signed out."""
    await run(request, "EndSession", {"id": text(await request.form(), "session")})
    return see("/account", done="session")


async def _show(request: Request, refused: Form | None = None) -> Response:
    data = await run(request, "Account")
    viewer = data["viewer"]
    forms = {"profile": Form("profile", {"name": viewer["user"]["name"]}), "password": Form("password", PASSWORDS)}
    if refused:
        forms[refused.name] = refused
    return page(
        request,
        "account.html",
        data,
        status=422 if refused else 200,
        profile=forms["profile"],
        password=forms["password"],
        sessions=[one | {"device": device(one["userAgent"])} for one in data["sessions"]],
        locations=data["locations"]["nodes"] if viewer["role"] in BUYERS else [],
        done=DONE.get(request.query_params.get("done", ""), ""),
    )
