"""`make bench-scale`: what one request costs in shops of growing size: statements, buffers, Python calls, processor time of both sides.

Cost should grow with what is on the page, not with what is in the shop. Two buyers ask: one whose assortment has as many products in every
shop, for whom everything must stay within bounds, and one who sees the whole catalogue, for whom exact totals may grow with the matches.
Everything runs in this process over one connection, so the counts are exact. Ends with a failure when something is out of bounds.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
from starlette.applications import Starlette

from backend.app import build as build_app
from backend.core import cache, database
from backend.core.migrate import migrate
from backend.settings import Settings
from bench import documents
from bench.data import Size, build, products_of, token_of, variant_key
from bench.servers import cpu_ms, postgres
from tests import databases

# At 1x every list prices everything; at 100x one product in a hundred, the same number of products: 50.7 million prices in 10,000 lists.
BASE = Size(products=500, variants=10, lists=100, companies=2_500, density=1, lifelike=True)
# Companies by number, each with a contract: the first sees everything, the second has an assortment of its own. She asks after the other has,
# over the same connection: a plan that PostgreSQL settled for must do for both.
BUYERS = {"of everything": 5, "of one range": 15}
CART_LINES = 30
WITHIN = {"buffers": 1.3, "calls": 1.3, "cpu": 1.5}
BATCHES, BATCH = 5, 6


@dataclass(frozen=True, slots=True)
class Operation:
    """`exact`: totals and ranks are of all matches, and for who sees everything may grow with them."""

    name: str
    document: str
    variables: dict[str, Any]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    statements: int
    buffers: float
    calls: int
    python_ms: float
    postgres_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.python_ms + self.postgres_ms


Costs = dict[tuple[str, str], Cost]


def operations(size: Size, company: int) -> list[Operation]:
    """The words are ones that as many products of her range have in every shop."""
    numbers = products_of(size, company)
    middle = numbers[len(numbers) // 2]

    def search(name: str, query: str, *, exact: bool = True) -> Operation:
        return Operation(name, documents.PAGE, {"first": 24, "query": query}, exact)

    return [
        Operation("page", documents.PAGE, {"first": 24}, exact=True),
        Operation("page, with facets", documents.PAGE_WITH_FACETS, {"first": 24}, exact=True),
        Operation("detail", documents.DETAIL, {"slug": f"style-{middle}"}),
        Operation(f"cart of {CART_LINES}", documents.CART, {}),
        search("search for a number", f"ST{middle}-3", exact=False),
        search("search, number begun", f"st{str(middle)[:2]}"),
        search("search for words", "style refle"),
        search("search, misspelt", "reflctive style"),
        search("search, broad", "style"),
    ]


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


async def cost(work: Callable[[], Awaitable[object]], backend: int) -> Cost:
    for _ in range(8):  # PostgreSQL settles for a general plan after five
        await work()
    with database.count_statements() as statements:
        await work()
    buffers, python, plain = [], [], []
    for _ in range(BATCHES):
        before, process, server = await buffers_read(), time.process_time(), cpu_ms(backend)
        for _ in range(BATCH):
            await work()
        python.append((time.process_time() - process) * 1000 / BATCH)
        plain.append((cpu_ms(backend) - server) / BATCH)
        buffers.append((await buffers_read() - before) / BATCH)
    return Cost(statements.count, min(buffers), await calls(work), statistics.median(python), statistics.median(plain))


async def buffers_read() -> int:
    """Buffers that this database's connections have looked at so far, in memory or from disk; asking costs some itself."""
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


async def measure(url: str, size: Size, only: Sequence[str] = ()) -> Costs:
    """What each operation costs each buyer. Writes nothing but their carts."""
    await database.start(url, pool_max=1)
    await cache.start(None)
    app = build_app(Settings(database_url=url, log_level="error"))
    try:
        backend = await database.fetch_value("SELECT pg_backend_pid()")

        async def nothing() -> None:
            pass

        idle = (await cost(nothing, backend)).buffers
        found = {}
        for buyer, company in BUYERS.items():
            token = token_of(company)
            await fill_cart(size, company)
            for one in operations(size, company):
                if only and one.name not in only:
                    continue
                spent = await cost(lambda one=one, token=token: ask(app, one.document, one.variables, token), backend)  # type: ignore[misc]
                found[buyer, one.name] = Cost(
                    spent.statements, spent.buffers - idle, spent.calls, spent.python_ms, spent.postgres_ms
                )
        return found
    finally:
        await cache.stop()
        await database.stop()


async def fill_cart(size: Size, company: int) -> None:
    """An open cart with a line for one variant of each of the first products that she may buy."""
    products = list(products_of(size, company))[:CART_LINES]
    token = sha256(token_of(company).encode()).digest()
    await database.execute("DELETE FROM cart WHERE user_id = (SELECT user_id FROM session WHERE token_hash = $1)", token)
    await database.execute(
        "INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at)"
        " SELECT $2, user_id, location_id, '', TRUE, 1, now(), now() FROM session WHERE token_hash = $1",
        token, company,
    )  # fmt: skip
    await database.execute(
        "INSERT INTO cart_line (id, cart_id, variant_id, quantity, position)"
        f" SELECT $1 * 1000 + n, $1, {variant_key(size, 'p', '0')}, 2 + n % 3, n FROM unnest($2::int[]) WITH ORDINALITY AS u(p, n)",
        company, products,
    )  # fmt: skip
    await database.execute("ANALYZE cart, cart_line")


def grown(base: Size, factor: int) -> Size:
    """So many times the products, lists and companies; a list prices as many products as before."""
    return Size(base.products * factor, base.variants, base.lists * factor, base.companies * factor, base.density * factor, True)


@contextmanager
def kept_shop(server: str, size: Size) -> Iterator[str]:
    """The address of the shop of this size: made once, kept, and brought up to date by migrations."""
    version = sha256(repr(size).encode() + Path(__file__).with_name("data.py").read_bytes()).hexdigest()[:10]
    name = f"scale_{size.products}x{size.variants}_{version}"
    if not asyncio.run(databases.exists(server, name)):
        asyncio.run(databases.make_template(server, name, lambda url: _fill(url, size)))
    url = databases.address(server, name)
    asyncio.run(migrate(url))
    yield url


async def _fill(url: str, size: Size) -> None:
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"  {time.monotonic() - started:4.0f} s  {what}", file=sys.stderr, flush=True)

    await migrate(url)
    await database.start(url, pool_max=1)
    await cache.start(None)
    try:
        await database.execute("SET statement_timeout = 0")
        await build(size, say)
    finally:
        await cache.stop()
        await database.stop()


def ratios(one: Cost, first: Cost) -> dict[str, float]:
    return {
        "buffers": one.buffers / max(first.buffers, 1),
        "calls": one.calls / first.calls,
        "cpu": one.cpu_ms / first.cpu_ms,
    }


def breaches(one: Cost, first: Cost, growth: float, *, may_grow: bool) -> list[str]:
    """What costs more than it may beside the smallest shop; what may grow with its matches may grow as the shop does."""
    found = [] if one.statements == first.statements else ["statements"]
    most = growth if may_grow else 1
    return found + [name for name, ratio in ratios(one, first).items() if ratio > WITHIN[name] * most]


def show(costs: dict[int, Costs], exact: set[str]) -> int:
    """The table; how many things are out of bounds."""
    least, wrong = min(costs), 0
    print(f"\n{'buyer':<14} {'operation':<22} {'size':>5} {'statements':>10} {'buffers':>9} {'x':>6} {'calls':>8} {'x':>5}"
          f" {'Python ms':>9} {'PostgreSQL':>10} {'x':>6}")  # fmt: skip
    for buyer, name in costs[least]:
        for factor, found in costs.items():
            one, first = found[buyer, name], costs[least][buyer, name]
            may_grow = buyer == "of everything" and name in exact
            over = breaches(one, first, factor / least, may_grow=may_grow)
            wrong += len(over)
            beside = ratios(one, first)
            note = (
                f"OUT OF BOUNDS: {', '.join(over)}" if over else "may grow with its matches" if may_grow and factor > least else ""
            )
            print(f"{buyer:<14} {name:<22} {factor:>4}x {one.statements:>10} {one.buffers:>9,.0f} {beside['buffers']:>6.2f} {one.calls:>8,}"
                  f" {beside['calls']:>5.2f} {one.python_ms:>9.2f} {one.postgres_ms:>10.2f} {beside['cpu']:>6.2f}  {note}")  # fmt: skip
    print(
        f"\nx: beside {least}x. Bounds: the same statements, buffers and calls within {WITHIN['buffers']}, processor time within {WITHIN['cpu']}."
    )
    return wrong


def as_json(costs: dict[int, Costs]) -> list[dict[str, Any]]:
    least = min(costs)
    return [
        {"buyer": buyer, "operation": name, "factor": factor, **asdict(one), "ratios": ratios(one, costs[least][buyer, name])}
        for factor, found in costs.items()
        for (buyer, name), one in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    chosen = ("products", "variants", "lists", "companies")
    for name in chosen:
        default = getattr(BASE, name)
        parser.add_argument(f"--{name}", type=int, default=default, help=f"at 1x: {default} unless told")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--only", action="append", default=[], help="an operation; may be given several times")
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    arguments = parser.parse_args()
    base = Size(**{name: getattr(arguments, name) for name in chosen}, density=BASE.density, lifelike=True)
    os.nice(5)
    costs = {}
    with postgres() as server:
        for factor in sorted(arguments.factors):
            size = grown(base, factor)
            print(f"{factor}x: {size.products:,} products x {size.variants}, {size.lists:,} lists, {size.companies:,} companies,"
                  f" {size.price_rows:,} price rows", flush=True)  # fmt: skip
            with kept_shop(server, size) as url:
                costs[factor] = asyncio.run(measure(url, size, arguments.only))
    if arguments.json:
        arguments.json.write_text(json.dumps({"base": asdict(base), "costs": as_json(costs)}, indent=1))
    wrong = show(costs, {one.name for one in operations(base, BUYERS["of everything"]) if one.exact})
    sys.exit(f"{wrong} out of bounds" if wrong else 0)


if __name__ == "__main__":
    main()
