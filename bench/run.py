"""`make bench`: the hot operations beside the raw SQL endpoint, interleaved in rounds; medians, spread, processor time, statements, memory.

Processor time per request is the steadiest figure on a shared machine; differences below a half are not worth believing.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bench.data import Size
from bench.figures import NOTE, OURS, POOLED, RAW, Results
from bench.load import Load, Request, checked, has_wrk, send_all, send_for
from bench.operations import Operation, fill_carts, normal, operations
from bench.servers import PostgresClock, Server, addresses, api, cpu_ms, raw, shop_of
from tests.poolers import pgbouncer


@dataclass(frozen=True, slots=True)
class Side:
    """A server that is asked. `helper`: a process between it and PostgreSQL, which counts with PostgreSQL."""

    name: str
    server: Server
    helper: int | None = None

    def requests(self, one: Operation, turn: int) -> Sequence[Request]:
        requests = one.requests(turn)
        return one.raw(requests) if self.name == RAW else requests

    def helper_ms(self) -> float:
        return cpu_ms(self.helper) if self.helper else 0


class Bench:
    """The sides, and what was measured of them."""

    def __init__(self, url: str, size: Size, sides: Sequence[Side], seconds: float) -> None:
        self.url, self.size, self.sides, self.seconds = url, size, sides, seconds
        self.postgres = PostgresClock(url)
        self.results = Results()
        self.filled: int | None = None

    def run(self, rounds: int, chosen: Sequence[str]) -> None:
        wanted = [one for one in operations(self.size) if not chosen or one.name in chosen]
        for one in wanted:
            self.warm(one)
        for turn in range(rounds):
            for one in wanted:
                # Who comes first finds the machine otherwise than who comes last: they take turns.
                for side in self.sides if turn % 2 == 0 else reversed(self.sides):
                    self.measure(one, side, turn)
            print(f"round {turn + 1} of {rounds}", end="\r", file=sys.stderr, flush=True)

    def prepare(self, one: Operation) -> None:
        """Every measurement begins with the same carts."""
        if self.filled != one.lines or one.writes:
            asyncio.run(fill_carts(self.url, self.size, one.lines))
        self.filled = None if one.writes else one.lines

    def warm(self, one: Operation) -> None:
        """All sides say the same; plans, caches and connections are as after a while."""
        bodies = []
        for side in self.sides:
            self.prepare(one)
            bodies.append([normal(body) for body in checked(side.server.port, side.requests(one, 0)[:2])])
            self.prepare(one)
            self.send(one, side, 0, 1)
            self.results.side(one.name, side.name)  # the order in which they are shown
        assert all(body == bodies[0] for body in bodies), f"{one.name}: the sides answer different bytes"

    def send(self, one: Operation, side: Side, turn: int, seconds: float) -> Load:
        requests, port = side.requests(one, turn), side.server.port
        return send_all(port, requests) if one.once else send_for(port, requests, seconds)

    def measure(self, one: Operation, side: Side, turn: int) -> None:
        self.prepare(one)
        python, database = side.server.cpu_ms(), self.postgres.cpu_ms() + side.helper_ms()
        load = self.send(one, side, turn, self.seconds)
        figures = self.results.side(one.name, side.name)
        figures.add(load, side.server.cpu_ms() - python, self.postgres.cpu_ms() + side.helper_ms() - database)
        if side.name != RAW:
            figures.statements = side.server.statements()


@contextmanager
def sides_of(url: str, folder: Path, *, workers: int, redis_url: str | None, pooled: bool) -> Iterator[list[Side]]:
    """The servers, ours first."""
    with ExitStack() as stack:
        more = {"REDIS_URL": redis_url} if redis_url and workers > 1 else {}
        sides = [
            Side(OURS, stack.enter_context(api(url, folder / "api.log", workers=workers, **more))),
            Side(RAW, stack.enter_context(raw(url, folder / "raw.log"))),
        ]
        if pooled:
            pooler = stack.enter_context(pgbouncer(url, folder))
            through = {"DATABASE_URL": pooler.url, "DATABASE_DIRECT_URL": url, "DATABASE_POOLED": "1", **more}
            server = stack.enter_context(api(pooler.url, folder / "pooled.log", workers=workers, **through))
            sides.append(Side(POOLED, server, pooler.process.pid))
        yield sides


def memory_of(sides: Sequence[Side], kind: str) -> dict[str, list[float]]:
    """Of each worker of each of our servers."""
    return {side.name or "Linesheet": side.server.memory_mb(kind) for side in sides if side.name != RAW}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    sizes = [one.name for one in fields(Size) if one.type in (int, "int")]
    for name in sizes:
        parser.add_argument(f"--{name}", type=int, default=getattr(Size(), name))
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--only", action="append", default=[], help="an operation; may be given several times")
    parser.add_argument("--workers", type=int, default=1, help="processes of our server; the raw endpoint has one")
    parser.add_argument("--pgbouncer", action="store_true", help="our server behind PgBouncer as a third side")
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    arguments = parser.parse_args()
    size = Size(**{name: getattr(arguments, name) for name in sizes})
    print(f"{size.products:,} products x {size.variants}, {size.lists:,} price lists, {size.companies:,} companies; {os.cpu_count()} cores,"
          f" Python {platform.python_version()}, load by {'wrk' if has_wrk() else 'Python'}; {arguments.rounds} rounds", flush=True)  # fmt: skip
    started = time.monotonic()
    with ExitStack() as stack:
        servers = stack.enter_context(addresses())
        url = stack.enter_context(shop_of(servers.database_url, size))
        built = time.monotonic() - started
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sides = stack.enter_context(
            sides_of(url, folder, workers=arguments.workers, redis_url=servers.redis_url, pooled=arguments.pgbouncer)
        )
        memory = {"idle": memory_of(sides, "VmRSS")}
        bench = Bench(url, size, sides, arguments.seconds)
        bench.run(arguments.rounds, arguments.only)
        memory |= {"loaded": memory_of(sides, "VmRSS"), "peak": memory_of(sides, "VmHWM")}
        print(f"{bench.results.table()}\n\n{NOTE}")
        for name in memory["idle"]:
            told = ", ".join(f"{' '.join(f'{one:.0f}' for one in memory[kind][name])} MB {kind}" for kind in memory)
            print(f"Memory of each worker, {name}: {told}.")
        print(f"{built:.0f} s to have the shop, {time.monotonic() - started:.0f} s in all.")
        if arguments.json:
            found = {"size": asdict(size), "workers": arguments.workers, "memory_mb": memory, "results": bench.results.json()}
            arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
