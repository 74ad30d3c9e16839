"""A form that could not be sent, kept: for sending it again after signing in, after switching back to its customer, or after a failure.

It travels in the page itself, so that it is lost with the tab and is in nobody else's hands. Passwords and files are never kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import UploadFile
from starlette.requests import Request

from storefront import whom
from storefront.site import own_path
from storefront.whom import Whom

FIELD, SWITCH = "kept", "switch"
# Characters of names and values together: a pasted list of 5,000 lines is a tenth of it.
MOST = 1_500_000
SECRETS = frozenset({"password", "current", "new", "again"})
_OURS = frozenset({whom.FIELD, FIELD, SWITCH})
# What a person does not read: numbers that the page put in, ids, and what stood in a field before.
_UNREAD = re.compile(r"version|cart|key|total|currency|do|check|add|place|update|.*Before|was\..*")
_ID = re.compile(r"[a-z-]+\.\w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """`path` is where the form goes, `back` the page that it is on, `files` the names of files to be chosen again."""

    path: str
    back: str
    fields: list[tuple[str, str]]
    files: list[str]
    whom: Whom | None

    def written(self) -> str:
        drawn = self.whom.written() if self.whom else ""
        return orjson.dumps([self.path, self.back, self.fields, self.files, drawn]).decode()

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What a person typed, by a name that she can read; the quantities of a grid are counted."""
        typed = [(name, value) for name, value in self.fields if value.strip() and not _UNREAD.fullmatch(name)]
        quantities = sum(1 for name, _ in typed if name.startswith("q."))
        read = [(_words(name), value) for name, value in typed if not name.startswith("q.") and not _ID.fullmatch(value)]
        return read + ([("Quantities", str(quantities))] if quantities else [])


async def keep(request: Request) -> Kept | None:
    """The form of this request; nothing when there is nothing in it to be kept, or too much."""
    form = await request.form()
    drawn = whom.read(form)
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in _OURS]
    if drawn and "cart" not in form:
        fields.append(("cart", drawn.cart))
    files = [value.filename for _, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]
    if SECRETS & set(form) or sum(len(name) + len(value) for name, value in fields) > MOST:
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return Kept(request.url.path + query, _page_of(request), fields, files, drawn)


def read(written: Any) -> Kept | None:
    """What the sign-in page carried; nothing when it carried nothing, or what we never wrote."""
    try:
        path, back, fields, files, drawn = orjson.loads(written)
        pairs = [(str(name), str(value)) for name, value in fields]
        posted = whom.parse(drawn)
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return None
    return Kept(own_path(path), own_path(back), pairs, [str(name) for name in files], posted)


def _page_of(request: Request) -> str:
    """The page that the form is on, as the browser says; a page of another site is none."""
    found = urlsplit(request.headers.get("referer", ""))
    if found.netloc != request.headers.get("host"):
        return "/"
    return own_path(found.path + (f"?{found.query}" if found.query else ""))


def _words(name: str) -> str:
    """purchaseOrderNumber becomes Purchase order number."""
    return re.sub(r"(?<=[a-z])([A-Z])|[._-]", lambda found: f" {(found[1] or '').lower()}", name).capitalize()
