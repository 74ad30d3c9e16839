"""Lets browser applications of other origins call the API: the named origins, at the named addresses, and nothing else.

No cookie is allowed along: the API reads a Bearer token alone, which only the application itself can send.
"""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

# What a script may read of an answer besides its body.
EXPOSED = ("Retry-After", "Idempotent-Replayed", "X-Request-Id")
# Seconds for which a browser keeps the answer to its preflight; Chromium keeps none longer.
PREFLIGHT_KEPT = 7_200


class OtherOrigins:
    """Answers preflights and marks answers below `paths`; every other address stays closed to scripts of other origins."""

    def __init__(self, app: ASGIApp, origins: Sequence[str], paths: Sequence[str]) -> None:
        self.app = app
        self.paths = frozenset(paths)
        self.open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            expose_headers=EXPOSED,
            max_age=PREFLIGHT_KEPT,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = scope["type"] == "http" and scope["path"] in self.paths
        await (self.open if opened else self.app)(scope, receive, send)
