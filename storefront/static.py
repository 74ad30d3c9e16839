"""Serves the style sheet, the scripts and the drawings under a path that changes with their content.

The path holds one digest over all files, so that modules import each other by plain relative names and every file may be kept for a year.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FILES = Path(__file__).parent / "static"
YEAR = "public, max-age=31536000, immutable"


@cache
def digest() -> str:
    total = hashlib.sha256()
    for path in sorted(FILES.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(FILES).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


def url(name: str) -> str:
    return f"/static/{digest()}/{name}"


class HashedFiles(StaticFiles):
    """Static files whose address names their content; an address of another version is not found."""

    def __init__(self) -> None:
        super().__init__(directory=FILES)

    async def get_response(self, path: str, scope: Scope) -> Response:
        version, _, name = path.replace("\\", "/").partition("/")
        if version != digest():
            return Response("Not found", 404, media_type="text/plain")
        response = await super().get_response(name, scope)
        response.headers["Cache-Control"] = YEAR
        return response
