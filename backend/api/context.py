"""What a resolver finds in `info.context`: who is asking and by which request."""

from dataclasses import dataclass

import strawberry
from starlette.requests import HTTPConnection

from backend.core.viewer import Viewer


@dataclass(slots=True)
class Context:
    viewer: Viewer
    token: str | None = None
    request: HTTPConnection | None = None

    @property
    def address(self) -> str:
        """The client's address, as far as the server knows it."""
        client = self.request.client if self.request else None
        return client.host if client else ""

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("user-agent", "")[:200] if self.request else ""


Info = strawberry.Info[Context, None]
