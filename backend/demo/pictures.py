"""Serves the drawings under addresses that say all that is in them, so that nothing is stored and everything may be cached."""

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from backend.demo.drawings import draw, is_drawn

PATH = "/pictures/{name}"
SIDE = 800
_NAME = re.compile(r"([a-z]+(?:-[a-z]+)*)-([0-9a-f]{6})\.svg")
_HEADERS = {
    "Cache-Control": "public, max-age=2592000",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}


def picture_url(kind: str, colour: str) -> str:
    return f"/pictures/{kind}-{colour}.svg"


async def picture(request: Request) -> Response:
    """One drawing; anything else than a kind that is drawn and six hexadecimal digits is not found."""
    found = _NAME.fullmatch(request.path_params["name"])
    if found is None or not is_drawn(found[1]):
        return PlainTextResponse("There is no such picture.", 404)
    return Response(draw(found[1], found[2]), media_type="image/svg+xml", headers=_HEADERS)
