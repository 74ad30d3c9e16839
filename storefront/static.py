"""Serves the style sheet, the scripts and the drawings under a path that changes with their content, compressed once.

The path holds one digest over all files, so that modules import each other by plain relative names and every file may be kept for a year.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FILES = Path(__file__).parent / "static"
YEAR = "public, max-age=31536000, immutable"

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

# What a browser skips in a style sheet; strings are matched first, so that they stay as they are.
_ROOM = re.compile(r'("[^"]*")|/\*.*?\*/\s*|;?\s*(})\s*|\s*([{;,>])\s*|(:) |\s*$', re.DOTALL)


@dataclass(frozen=True, slots=True)
class File:
    """What is sent for one name, as it is and packed."""

    media_type: str
    body: bytes
    packed: bytes


@cache
def digest() -> str:
    total = hashlib.sha256()
    for name, file in sorted(files().items()):
        total.update(name.encode())
        total.update(file.body)
    return total.hexdigest()[:12]


@cache
def files() -> dict[str, File]:
    """Every file by its name below the folder; read once, at the first request."""
    return {path.relative_to(FILES).as_posix(): _read(path) for path in FILES.rglob("*") if path.is_file()}


def url(name: str) -> str:
    return f"/static/{digest()}/{name}"


async def show(request: Request) -> Response:
    """A file, for a year; an address of another version is not found."""
    file = files().get(request.path_params["name"])
    if file is None or request.path_params["version"] != digest():
        return Response("Not found", 404, media_type="text/plain")
    headers = {"Cache-Control": YEAR}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(file.packed, media_type=file.media_type, headers=headers)
    return Response(file.body, media_type=file.media_type, headers=headers)


def without_room(style: str) -> str:
    """The style sheet without what only people read: comments, and space between words that the grammar parts already."""
    return _ROOM.sub(lambda found: found[found.lastindex] if found.lastindex else "", style)


def _read(path: Path) -> File:
    body = path.read_bytes()
    if path.suffix == ".css":
        body = without_room(body.decode()).encode()
    return File(MEDIA_TYPES[path.suffix], body, gzip.compress(body, 9, mtime=0))
