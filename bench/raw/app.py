"""The endpoint over the raw statements: `/raw/NAME` takes the body that `/graphql` takes."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

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


async def install() -> None:
    """The writes are functions of the database: one statement is sent, and those within it see what is committed when they begin."""
    await database.execute(carts.SET_LINES)
    await database.execute(orders.PLACE_ORDER)


async def answer(request: Request) -> Response:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    statement = STATEMENTS[request.path_params["name"]]
    values = statement.values(request, await request.body())
    found = await database.fetch_value(statement.text, sha256(token.encode()).digest(), *values)
    if found is None:
        return Response(b'{"errors":[]}', 401, media_type="application/json")
    return Response(found, media_type="application/json")


def build() -> Starlette:
    return Starlette(routes=[Route("/raw/{name}", answer, methods=["POST"])])


def create_app() -> Starlette:
    """With its lifespan and the garbage collector set as in the product's own server."""

    @asynccontextmanager
    async def alive(app: Starlette) -> AsyncIterator[None]:
        settings = get_settings()
        assert settings.database_url is not None
        await database.start(settings.database_url, pool_min=settings.pool_min, pool_max=settings.pool_max)
        await install()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        yield
        await database.stop()

    return Starlette(routes=build().routes, lifespan=alive)
