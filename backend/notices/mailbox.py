"""The mailbox of the development server: every mail that was written, on a plain page. Never served in production."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from backend.core.database import fetch, fetch_row
from backend.core.hosts import is_own_host
from backend.core.ids import parse_id

_NEWEST = 200
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# A mail brings its own styles and nothing else; what it links to opens in a page of its own.
_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " sandbox allow-top-navigation-by-user-activation"
)


def routes(stylesheet: str, public_url: str) -> list[BaseRoute]:
    """`stylesheet`: the address of the pages' style sheet. To a request under a foreign name there is no mailbox."""

    def check_host(request: Request) -> None:
        if not is_own_host(request.headers.get("host", ""), public_url):
            raise HTTPException(404)

    async def show_all(request: Request) -> Response:
        check_host(request)
        rows = await fetch("SELECT * FROM mail ORDER BY created_at DESC, id DESC LIMIT $1", _NEWEST)
        return _page("mailbox.html", stylesheet, mails=rows, state=_state)

    async def show(request: Request) -> Response:
        check_host(request)
        mail = await fetch_row("SELECT * FROM mail WHERE id = $1", parse_id("mail", f"mail.{request.path_params['key']}") or 0)
        if mail is None:
            return _page("mailbox.html", stylesheet, status=404, mails=[], state=_state)
        if "html" in request.query_params and mail["html"]:
            return HTMLResponse(mail["html"], headers={**_HEADERS, "Content-Security-Policy": _MAIL})
        return _page("mailbox_mail.html", stylesheet, mail=mail, state=_state)

    return [Route("/mailbox", show_all), Route("/mailbox/{key}", show)]


def _state(mail: Any) -> str:
    if mail["sent_at"]:
        return "sent"
    if mail["next_attempt_at"]:
        return "waiting" if mail["failure"] is None else f"tried {mail['attempts']} times: {mail['failure']}"
    return mail["failure"] or "kept here: there is no SMTP_URL"


def _page(template: str, stylesheet: str, *, status: int = 200, **values: Any) -> Response:
    text = _templates().get_template(template).render(stylesheet=stylesheet, **values)
    return HTMLResponse(text, status, headers={**_HEADERS, "Content-Security-Policy": _PAGE})


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined)
