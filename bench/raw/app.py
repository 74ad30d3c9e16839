"""The endpoint over the raw statements: `/raw/NAME` takes the body that `/graphql` takes."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backend.app import GC_THRESHOLDS
from backend.core import database
from backend.settings import get_settings
from bench.raw import carts, catalogue, orders


@dataclass(frozen=True, slots=True)
class Statement:
    """`$1` is the hash of the token; `values`, taken from the request, follow."""

    text: str
    values: Callable[[Request, bytes], tuple[Any, ...]]


def _first(request: Request, body: bytes) -> tuple[Any, ...]:
    return (orjson.loads(body)["variables"].get("first", 24),)


def _slug(request: Request, body: bytes) -> tuple[Any, ...]:
    return (orjson.loads(body)["variables"]["slug"],)


def _rows(request: Request, body: bytes) -> tuple[Any, ...]:
    rows = orjson.loads(body)["variables"]["input"]["lines"]
    return [int(row["variantId"].removeprefix("variant.")) for row in rows], [row["quantity"] for row in rows]


def _key(request: Request, body: bytes) -> tuple[Any, ...]:
    return request.headers["idempotency-key"], sha256(body).digest()


STATEMENTS = {
    "page": Statement(catalogue.page(facets=False), _first),
    "facets": Statement(catalogue.page(facets=True), _first),
    "detail": Statement(catalogue.DETAIL, _slug),
    "cart": Statement(carts.CART, lambda request, body: ()),
    "set": Statement("SELECT raw_set_lines($1, $2, $3)", _rows),
    "order": Statement("SELECT raw_place_order($1, $2, $3)", _key),
}


# Nothing that a plan could learn from a value is worth planning these statements again for each request.
SESSION = {**database.SESSION, "plan_cache_mode": "force_generic_plan"}


async def answer(request: Request) -> Response:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    statement = STATEMENTS[request.path_params["name"]]
    values = statement.values(request, await request.body())
    found = await request.app.state.pool.fetchval(statement.text, sha256(token.encode()).digest(), *values)
    if found is None:
        return Response(b'{"errors":[]}', 401, media_type="application/json")
    return Response(found, media_type="application/json")


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Goes back to the pool without a RESET, as the product's own does."""

    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def opened(url: str, *, pool_min: int = 1, pool_max: int = 10) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database that has the functions which write: one statement is sent, and each within it sees what is committed when it begins."""
    settings = {
        **database.credentials(url),
        "connection_class": Connection,
        "server_settings": SESSION,
        "max_cacheable_statement_size": 0,  # asyncpg would send and plan again what is longer than 15 KB
    }
    async with asyncpg.create_pool(**settings, min_size=pool_min, max_size=pool_max) as pool:
        for function in (carts.SET_LINES, orders.PLACE_ORDER):
            await pool.execute(function)
        yield pool


def build(pool: asyncpg.Pool | None = None, lifespan: Any = None) -> Starlette:
    app = Starlette(routes=[Route("/raw/{name}", answer, methods=["POST"])], lifespan=lifespan)
    app.state.pool = pool
    return app


def create_app() -> Starlette:
    """With its lifespan and the garbage collector set as in the product's own server."""

    @asynccontextmanager
    async def alive(app: Starlette) -> AsyncIterator[None]:
        settings = get_settings()
        assert settings.database_url is not None
        async with opened(settings.database_url, pool_min=settings.pool_min, pool_max=settings.pool_max) as app.state.pool:
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GC_THRESHOLDS)
            yield

    return build(lifespan=alive)
