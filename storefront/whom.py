"""Whom a page is for: every form says who was signed in, for which customer, and in which cart, when its page was made.

The field is put into each form where a page is rendered, so that no template can forget it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from urllib.parse import parse_qsl, urlencode

from markupsafe import escape
from starlette.datastructures import FormData

from storefront.client import Json

FIELD = "drawn"
_POSTED = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>')


@dataclass(frozen=True, slots=True)
class Whom:
    """`location` and `place` are empty where no customer was chosen, `cart` where it is the open one."""

    user: str
    name: str
    location: str = ""
    place: str = ""
    cart: str = ""
    seal: str = ""

    def written(self) -> str:
        return urlencode(asdict(self))


def whom(viewer: Json, cart: str = "", token: str | None = None) -> Whom:
    """Whom a page for this viewer is for; the seal says by which token without giving it away."""
    user, location, company = viewer["user"], viewer["location"], viewer["company"]
    place = ", ".join(part["name"] for part in (company, location) if part) if location else ""
    return Whom(user["id"], user["name"], location["id"] if location else "", place, cart, seal(token))


def seal(token: str | None) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16] if token else ""


def read(form: FormData) -> Whom | None:
    """What a form says; nothing when it does not say it, or in a way that we never wrote."""
    written = form.get(FIELD)
    return parse(written) if isinstance(written, str) else None


def parse(written: str) -> Whom | None:
    try:
        return Whom(**dict(parse_qsl(written, keep_blank_values=True)))
    except TypeError:
        return None


def mark(html: str, written: str) -> str:
    """The page with this in each of its forms that is posted."""
    field = f'<input type="hidden" name="{FIELD}" value="{escape(written)}">'
    return _POSTED.sub(lambda found: found[0] + field, html)
