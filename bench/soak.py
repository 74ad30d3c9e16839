"""`make soak`: pages, carts and changes for ten minutes, at 70 % of the rate that saturates the server; memory and p99 must stay flat.

Requests come at fixed moments, ready or not. Ends with 1 when one of the two has a trend beyond its bound.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.data import Size
from bench.load import OnSchedule, Request, WrongAnswer, send_for
from bench.operations import fill_carts, operations
from bench.servers import Server, addresses, api, shop_of

# Out of ten requests.
MIX = {"page, with facets": 5, "cart of 30": 3, "set 12 lines, with the total": 2}
# How far the trend may lead over the whole run, as a share of the median. p99 is of some hundred requests a minute.
MEMORY_BOUND, P99_BOUND = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Minute:
    """What was seen in one span of time. Memory is the median of samples taken each second, of all workers together."""

    requests: int
    p50: float
    p99: float
    memory_mb: float
    cpu_share: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a value would end if it went on as it did: the median of the slopes between all pairs, which no single minute can bend."""

    name: str
    per_minute: float
    over_all: float
    bound: float

    @classmethod
    def of(cls, name: str, values: Sequence[float], minutes: float, bound: float) -> "Trend":
        slopes = [(two[1] - one[1]) / (two[0] - one[0]) for one, two in itertools.combinations(enumerate(values), 2)]
        slope = statistics.median(slopes)
        return cls(name, slope / minutes, slope * (len(values) - 1) / statistics.median(values), bound)

    @property
    def is_flat(self) -> bool:
        return self.over_all <= self.bound

    def told(self, unit: str) -> str:
        verdict = "flat" if self.is_flat else "NOT FLAT"
        return f"{self.name}: {verdict}, {self.per_minute:+.2f} {unit} a minute, {self.over_all:+.1%} over the run; the bound is {self.bound:+.0%}."


def mixed(size: Size) -> list[Request]:
    """The mix in a fixed order, spread evenly; long enough that no buyer sends the same change twice in a row."""
    by_name = {one.name: itertools.cycle(one.requests(0)) for one in operations(size)}
    turns = sorted((place / share, name) for name, share in MIX.items() for place in range(1, share + 1))
    return [next(by_name[name]) for _ in range(500) for _, name in turns]


async def saturation(port: int, requests: Sequence[Request], seconds: float) -> float:
    """Requests per second when sixteen clients never pause."""
    await asyncio.to_thread(send_for, port, requests, max(2, seconds / 4))
    load = await asyncio.to_thread(send_for, port, requests, seconds)
    return load.requests / load.seconds


async def watch(server: Server, schedule: OnSchedule, span: float, found: list[Minute]) -> None:
    """Adds a Minute after every span, until cancelled."""
    while True:
        cpu, samples = server.cpu_ms(), []
        schedule.times.clear()
        for _ in range(int(span)):
            await asyncio.sleep(1)
            samples.append(sum(server.memory_mb("VmRSS")))
        times = sorted(schedule.times)
        found.append(Minute(
            len(times), times[len(times) // 2], times[len(times) * 99 // 100], statistics.median(samples), (server.cpu_ms() - cpu) / span / 1000,
        ))  # fmt: skip
        tell(len(found), found[-1])


def tell(number: int, seen: Minute) -> None:
    print(
        f"{number:>6}  {seen.requests:>8}  {seen.p50:>6.1f}  {seen.p99:>7.1f}  {seen.memory_mb:>9.1f}  {seen.cpu_share:>11.0%}",
        flush=True,
    )


async def soak(server: Server, requests: Sequence[Request], rate: float, minutes: float, span: float) -> list[Minute]:
    found: list[Minute] = []
    schedule = OnSchedule(server.port, requests, rate)
    print("minute  requests  p50 ms   p99 ms  memory MB  processor", flush=True)
    watching = asyncio.create_task(watch(server, schedule, span, found))
    await schedule.run(minutes * 60)
    watching.cancel()
    await asyncio.wait([watching])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--span", type=float, default=60, help="seconds that count as a minute, for a short try")
    parser.add_argument("--share", type=float, default=0.7, help="of the rate that saturates")
    parser.add_argument("--rate", type=float, help="requests per second, instead of looking for saturation")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    arguments = parser.parse_args()
    size = Size()
    with ExitStack() as stack:
        servers = stack.enter_context(addresses())
        url = stack.enter_context(shop_of(servers.database_url, size))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(fill_carts(url, size, 30))
        more = {"REDIS_URL": servers.redis_url} if servers.redis_url and arguments.workers > 1 else {}
        server = stack.enter_context(api(url, folder / "api.log", workers=arguments.workers, **more))
        requests = mixed(size)
        idle = sum(server.memory_mb("VmRSS"))
        rate = arguments.rate or arguments.share * asyncio.run(saturation(server.port, requests, 15))
        print(f"{rate:.0f} requests a second; {idle:.0f} MB idle, {sum(server.memory_mb('VmRSS')):.0f} MB before.", flush=True)
        try:
            found = asyncio.run(soak(server, requests, rate, arguments.minutes, arguments.span))
        except* WrongAnswer as wrong:
            sys.exit(f"{wrong.exceptions[0]}")
    judge(found, arguments.span / 60, idle, rate, arguments.json)


def judge(found: Sequence[Minute], minutes: float, idle: float, rate: float, path: Path | None) -> None:
    """The first minute fills pools and caches: it is told, and not judged."""
    judged = found[1:]
    if len(judged) < 2:
        raise SystemExit("Too short to tell a trend: three minutes at least.")
    memory = Trend.of("Memory", [one.memory_mb for one in judged], minutes, MEMORY_BOUND)
    p99 = Trend.of("p99", [one.p99 for one in judged], minutes, P99_BOUND)
    print(f"\n{memory.told('MB')}\n{p99.told('ms')}")
    flat = memory.is_flat and p99.is_flat
    if path:
        everything = {"rate": rate, "idle_mb": idle, "flat": flat, "memory": asdict(memory), "p99": asdict(p99)}
        everything["minutes"] = [asdict(one) for one in found]
        path.write_text(json.dumps(everything, indent=1))
    sys.exit(0 if flat else 1)


if __name__ == "__main__":
    main()
