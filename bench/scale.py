"""`make bench-scale`: what one request costs in shops of growing size: statements, pages of the database read, Python calls, processor time.

Cost should grow with what is on the page, not with what is in the shop. Everything runs in this process over one connection, so the counts are exact.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any

import orjson
from starlette.applications import Starlette

from backend.app import build
from backend.core import cache, database
from backend.settings import Settings
from bench import documents
from bench.data import Size, token_of
from bench.run import fill_carts
from bench.servers import postgres, shop_of

SEARCH = documents.PAGE
OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "page": (documents.PAGE, {"first": 24}),
    "page, with facets": (documents.PAGE_WITH_FACETS, {"first": 24}),
    "detail": (documents.DETAIL, {"slug": "style-2"}),
    "cart of 30": (documents.CART, {}),
    "search for a number": (SEARCH, {"first": 24, "query": "ST2-3"}),
}
# The total and the facets are exact: they read every match, and may grow with the matches.
LINEAR = {"page", "page, with facets"}


@dataclass(frozen=True, slots=True)
class Cost:
    statements: int
    pages: float
    calls: int
    cpu_ms: float


async def ask(app: Starlette, document: str, variables: dict[str, Any], token: str) -> bytes:
    """One request to the application, without a socket; the answer must have no errors."""
    body = orjson.dumps({"query": document, "variables": variables})
    answer: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        answer.append(message.get("body", b""))

    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
    await app(
        {"type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "headers": headers, "root_path": "",
         "client": ("127.0.0.1", 1), "server": ("bench", 80), "scheme": "http", "http_version": "1.1", "state": {}}, receive, send,
    )  # fmt: skip
    found = b"".join(answer)
    assert found.startswith(b'{"data"'), found[:500]
    return found


async def cost(work: Callable[[], Awaitable[object]]) -> Cost:
    for _ in range(8):  # PostgreSQL settles for a general plan after five
        await work()
    with database.count_statements() as statements:
        await work()
    pages, cpu = [], []
    for _ in range(10):
        before = await pages_read()
        started = time.process_time()
        await work()
        cpu.append(time.process_time() - started)
        pages.append(await pages_read() - before)
    return Cost(statements.count, min(pages), await calls(work), min(cpu) * 1000)


async def pages_read() -> int:
    """Pages that this database's connections have looked at so far, from memory or disk; asking costs some itself."""
    await database.fetch_value("SELECT pg_stat_force_next_flush()")
    found = await database.fetch_value("SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()")
    return int(found)


async def calls(work: Callable[[], Awaitable[object]]) -> int:
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        await work()
    finally:
        sys.setprofile(None)
    return count


async def measure(url: str) -> dict[str, Cost]:
    await database.start(url, pool_max=1)
    await cache.start(None)
    app = build(Settings(database_url=url, log_level="error"))
    token = token_of(1)
    try:

        async def nothing() -> None:
            pass

        idle = await cost(nothing)
        found = {}
        for name, (document, variables) in OPERATIONS.items():
            one = await cost(lambda document=document, variables=variables: ask(app, document, variables, token))  # type: ignore[misc]
            found[name] = Cost(one.statements, one.pages - idle.pages, one.calls, one.cpu_ms)
        return found
    finally:
        await cache.stop()
        await database.stop()


def grown(base: Size, factor: int) -> Size:
    return Size(base.products * factor, base.variants, base.lists * factor, base.companies * factor, base.density)


def show(costs: dict[int, dict[str, Cost]]) -> None:
    least = min(costs)
    print(
        f"\n{'operation':<22} {'size':>6} {'statements':>11} {'pages':>9} {'Python calls':>13} {'CPU ms':>8}   pages and calls beside {least}x"
    )
    for name in OPERATIONS:
        for factor, found in costs.items():
            one, first = found[name], costs[least][name]
            ratio = f"{one.pages / max(first.pages, 1):.2f}  {one.calls / first.calls:.2f}"
            note = "  (exact totals read every match)" if name in LINEAR and factor != least else ""
            print(
                f"{name:<22} {factor:>5}x {one.statements:>11} {one.pages:>9,.0f} {one.calls:>13,} {one.cpu_ms:>8.2f}   {ratio}{note}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    base = Size(products=200, variants=12, lists=20, companies=500)
    for name, default in asdict(base).items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"at 1x: {default} unless told")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10])
    arguments = parser.parse_args()
    base = Size(**{name: getattr(arguments, name) for name in asdict(base)})
    costs = {}
    with postgres() as server:
        for factor in sorted(arguments.factors):
            size = grown(base, factor)
            rows = size.products * size.variants * (1 + size.lists // size.density)
            print(f"{factor}x: {size.products:,} products x {size.variants}, {size.lists:,} lists, {size.companies:,} companies,"
                  f" {rows:,} price rows", flush=True)  # fmt: skip
            with shop_of(server, size) as url:
                asyncio.run(fill_carts(url, size, 30))
                costs[factor] = asyncio.run(measure(url))
    show(costs)


if __name__ == "__main__":
    main()
