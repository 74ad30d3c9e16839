"""What a resolver finds in `info.context`: who is asking and by which request."""

from dataclasses import dataclass

import strawberry
from starlette.requests import HTTPConnection, Request

from backend.core.logs import note_viewer
from backend.core.viewer import Viewer
from backend.shop.queries import hold_loaded, let_go
from backend.shop.scope import viewer_for_token


@dataclass(slots=True)
class Context:
    viewer: Viewer
    token: str | None = None
    request: HTTPConnection | None = None

    def close(self) -> None:
        """The request is answered."""
        let_go(self.viewer)

    @property
    def address(self) -> str:
        """The client's address, as far as the server knows it."""
        client = self.request.client if self.request else None
        return client.host if client else ""

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("user-agent", "")[:200] if self.request else ""


Info = strawberry.Info[Context, None]


async def context_for(request: Request) -> Context:
    """Who asks: the holder of the Bearer token, whose rights are read afresh for this request; anonymous without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    viewer = await viewer_for_token(bearer) if bearer else Viewer()
    if viewer.is_signed_in:
        note_viewer(viewer.key)
        hold_loaded(viewer)
    return Context(viewer, bearer or None, request)
