"""`make fairness`: one buyer asks for all that the bounds allow, on four connections without a pause, beside ten who look at styles and carts.

Ends with 1 when the ten wait three times as long as on their own (p95), when the process holds 400 MB, or when the heavy buyer is never paused.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench import documents
from bench.data import Size, token_of
from bench.load import body_of
from bench.operations import fill_carts
from bench.servers import Server, addresses, api, shop_of

SIZE = Size(products=200, variants=66, lists=5, companies=50)
LIGHT, HEAVY, CONNECTIONS = 10, 40, 4
PAUSE = 0.25  # of a light buyer between two requests
TIMES_BOUND, MEMORY_BOUND = 3.0, 400.0
_ROUND = "variants { product { %s } }"
HEAVY_QUERIES = (
    # 220,000 values and 9 MB; then the same once more in each, which is refused while it is made.
    "{ products(first: 8) { nodes { %s } } }" % (_ROUND % "variants { sku name unitPrice { amount currency } }"),
    '{ product(slug: "style-1") { %s } }' % (_ROUND % _ROUND % _ROUND % "variants { sku }"),
)


@dataclass
class Seen:
    """Milliseconds of the light requests, and how the heavy ones ended, by status."""

    light: list[float] = field(default_factory=list)
    heavy: Counter[int] = field(default_factory=Counter)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.light, n=20)[-1]


async def ask(client: httpx.AsyncClient, body: bytes, buyer: int) -> int:
    headers = {"Authorization": f"Bearer {token_of(buyer)}", "Content-Type": "application/json"}
    return (await client.post("/graphql", content=body, headers=headers)).status_code


async def look(client: httpx.AsyncClient, buyer: int, seen: Seen, until: float) -> None:
    """A light buyer: a style, her cart, a style …"""
    bodies = [body_of(documents.DETAIL, {"slug": "style-1"}), body_of(documents.CART, {})]
    await asyncio.sleep(buyer * PAUSE / LIGHT)
    while time.perf_counter() < until:
        for body in bodies:
            began = time.perf_counter()
            assert await ask(client, body, buyer) == 200
            seen.light.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(PAUSE)


async def haul(client: httpx.AsyncClient, query: str, seen: Seen, until: float) -> None:
    """One connection of the heavy buyer. Refused, it knocks again at once."""
    while time.perf_counter() < until:
        status = await ask(client, body_of(query, {}), HEAVY)
        seen.heavy[status] += 1
        if status == 429:
            await asyncio.sleep(0.05)


async def run(port: int, seconds: float, *, heavy: bool) -> Seen:
    seen, until = Seen(), time.perf_counter() + seconds
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        hauling = [haul(client, HEAVY_QUERIES[n % 2], seen, until) for n in range(CONNECTIONS)] if heavy else []
        await asyncio.gather(*hauling, *[look(client, 1 + number, seen, until) for number in range(LIGHT)])
    return seen


def drill(server: Server, seconds: float) -> Sequence[str]:
    """What is out of bounds."""
    asyncio.run(run(server.port, 3, heavy=False))
    alone = asyncio.run(run(server.port, seconds, heavy=False))
    beside = asyncio.run(run(server.port, seconds, heavy=True))
    memory = max(server.memory_mb("VmHWM"))
    times = beside.p95 / alone.p95
    print(f"alone    p50 {statistics.median(alone.light):7.1f} ms  p95 {alone.p95:7.1f} ms  {len(alone.light)} requests")
    print(f"beside   p50 {statistics.median(beside.light):7.1f} ms  p95 {beside.p95:7.1f} ms  {len(beside.light)} requests")
    print(
        f"p95 {times:.1f} times, bound {TIMES_BOUND:g}; memory {memory:.0f} MB, bound {MEMORY_BOUND:.0f}; heavy: {dict(beside.heavy)}"
    )
    checks = {
        "the ten waited too long": times < TIMES_BOUND,
        "the process grew too large": memory < MEMORY_BOUND,
        "the heavy buyer was never paused": beside.heavy[429] > 0,
    }
    return [failure for failure, holds in checks.items() if not holds]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fairness", description=__doc__)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--values", type=int, default=60_000_000, help="VALUES_PER_MINUTE of the server")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        servers = stack.enter_context(addresses())
        url = stack.enter_context(shop_of(servers.database_url, SIZE))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(fill_carts(url, SIZE, 30))
        server = stack.enter_context(api(url, folder / "api.log", VALUES_PER_MINUTE=str(chosen.values)))
        failures = drill(server, chosen.seconds)
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    main()
