"""A client for a GraphQL app over any schema, without a server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import strawberry
from starlette.requests import Request

from backend.core.viewer import Viewer
from backend.graphql.http import GraphQLApp


@dataclass
class Context:
    """The smallest context that the engine accepts."""

    viewer: Viewer = field(default_factory=Viewer)

    def close(self) -> None:
        """Nothing to let go of."""


async def context_for(request: Request) -> Context:
    return Context()


Serve = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(schema, **options)` answers a client whose address is the GraphQL endpoint."""
    async with AsyncExitStack() as stack:

        async def start(schema: strawberry.Schema, **options: Any) -> httpx.AsyncClient:
            app = GraphQLApp(schema, **{"context_for": context_for, **options})
            transport = httpx.ASGITransport(app)
            return await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://test/graphql"))

        yield start
