"""`make bench`: the hot operations beside the raw SQL endpoint, interleaved in rounds; medians, spread, processor time, statements, memory.

Processor time per request is the steadiest figure on a shared machine; differences below a half are not worth believing.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import asyncpg

from backend.core import database
from bench import documents
from bench.data import Size, token_of
from bench.load import CONNECTIONS, Load, Request, body_of, checked, has_wrk, send_all, send_for
from bench.servers import PostgresClock, Server, api, postgres, raw, shop_of

# Vendure 3.7.3 (Node.js, PostgreSQL): processor ms and statements for the same work, recorded once on the same kind of machine.
VENDURE = {
    "page, with facets": (284, 136),
    "page": (284, 136),
    "detail": (21, 9),
    "set 12 lines": (125, 205),
    "place an order of 12": (238, 251),
}
TARGET = {"page, with facets": 0.6, "page": 0.6, "detail": 0.6, "cart of 30": 0.5}
ORDERS_A_ROUND = 48


@dataclass(frozen=True, slots=True)
class Operation:
    """`ours`, and where there is one its raw twin: the requests of a round. `once`: each is sent a single time, after `prepare`."""

    name: str
    ours: Callable[[int], Sequence[Request]]
    twin: Callable[[int], Sequence[Request]] | None = None
    once: bool = False


@dataclass(slots=True)
class Figures:
    """One side of an operation, a value for each round."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    python_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    statements: int = 1

    def add(self, load: Load, python_ms: float, postgres_ms: float) -> None:
        self.rates.append(load.requests / load.seconds)
        self.p50.append(load.p50)
        self.p99.append(load.p99)
        self.python_ms.append(python_ms / load.requests)
        self.postgres_ms.append(postgres_ms / load.requests)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(self.python_ms) + statistics.median(self.postgres_ms)


def operations(size: Size) -> list[Operation]:
    buyers = [token_of(1 + number) for number in range(min(size.companies, 200))]
    variants = _variants_of_everybody(size)

    def same(path: str, document: str, variables: object) -> Callable[[int], Sequence[Request]]:
        body = body_of(document, variables)
        return lambda turn: [Request(path, body, token) for token in buyers]

    def lines(turn: int) -> Sequence[Request]:
        return [
            Request("/graphql", body_of(documents.SET_LINES, {"input": {"lines": rows}}), token, b"SetCartLinesDone")
            for number, token in enumerate(buyers)
            for rows in [[{"variantId": f"variant.{key}", "quantity": 1 + (turn + number) % 5} for key in variants[30:42]]]
        ]

    def orders(turn: int) -> Sequence[Request]:
        body = body_of(documents.PLACE_ORDER, {"input": {}})
        count = min(ORDERS_A_ROUND, size.companies)
        return [Request("/graphql", body, token_of(1 + n), b"OrdersPlaced", str(uuid.uuid4())) for n in range(count)]

    page, detail = {"first": 24}, {"slug": "style-2"}
    return [
        Operation("page, with facets", same("/graphql", documents.PAGE_WITH_FACETS, page), same("/raw/facets", "", page)),
        Operation("page", same("/graphql", documents.PAGE, page), same("/raw/page", "", page)),
        Operation("detail", same("/graphql", documents.DETAIL, detail), same("/raw/detail", "", detail)),
        Operation("cart of 30", same("/graphql", documents.CART, {})),
        Operation("set 12 lines", lines),
        Operation("place an order of 12", orders, once=True),
    ]


def _variants_of_everybody(size: Size) -> list[int]:
    """Variants, one of each style, that are in every assortment."""
    styles = [number for number in range(1, size.products + 1) if (4_000_000 + number) % 3]
    return [10_000_000 + (styles[n % len(styles)] - 1) * size.variants + n // len(styles) for n in range(42)]


async def fill_carts(url: str, size: Size, lines: int) -> None:
    """Gives each buyer an open cart of so many lines, and the seller enough of what is in it."""
    connection = await asyncpg.connect(**database.credentials(url))
    variants = _variants_of_everybody(size)[:lines]
    try:
        await connection.execute("DELETE FROM cart")
        await connection.execute("UPDATE stock SET on_hand = 100000000 WHERE variant_id = ANY($1) AND on_hand < 1000000", variants)
        await connection.execute(
            "INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at)"
            " SELECT c, 3000000 + c, 2000000 + c, '', TRUE, 1, now(), now() FROM generate_series(1, $1::int) c",
            min(size.companies, 200),
        )
        await connection.execute(
            "INSERT INTO cart_line (id, cart_id, variant_id, quantity, position)"
            " SELECT c.id * 100000 + v.n, c.id, v.key, 2 + v.n % 3, v.n FROM cart c, unnest($1::bigint[]) WITH ORDINALITY AS v(key, n)",
            variants,
        )
        await connection.execute("VACUUM ANALYZE cart, cart_line")
    finally:
        await connection.close()


class Bench:
    """The two servers and what was measured of them."""

    def __init__(self, url: str, size: Size, ours: Server, plain: Server, seconds: float) -> None:
        self.url, self.size, self.ours, self.plain, self.seconds = url, size, ours, plain, seconds
        self.postgres = PostgresClock(url)
        self.figures: dict[str, Figures] = {}

    def run(self, rounds: int, chosen: Sequence[str]) -> None:
        wanted = [one for one in operations(self.size) if not chosen or one.name in chosen]
        asyncio.run(fill_carts(self.url, self.size, 30))
        for one in wanted:
            self.warm(one)
        for turn in range(rounds):
            for one in wanted:
                self.measure(one, turn)
            print(f"round {turn + 1} of {rounds}", end="\r", file=sys.stderr, flush=True)

    def prepare(self, one: Operation) -> None:
        """Every round of an operation begins with the same carts."""
        asyncio.run(fill_carts(self.url, self.size, 12 if one.once else 30))

    def warm(self, one: Operation) -> None:
        """Plans, caches and connections as they are after a while; both sides must say the same."""
        self.prepare(one)
        requests = one.ours(0)
        if one.twin:
            both = [checked(server.port, side[:2]) for server, side in ((self.ours, requests), (self.plain, one.twin(0)))]
            assert both[0] == both[1], f"{one.name}: the two sides answer different bytes"
            send_for(self.plain.port, one.twin(0), 1)
        if one.once:
            send_all(self.ours.port, requests)
        else:
            send_for(self.ours.port, requests, 1)

    def measure(self, one: Operation, turn: int) -> None:
        self.prepare(one)
        self.side(one, self.ours, one.ours(turn), one.name)
        self.figures[one.name].statements = self.ours.statements()
        if one.twin:
            self.side(one, self.plain, one.twin(turn), f"{one.name}: raw")

    def side(self, one: Operation, server: Server, requests: Sequence[Request], name: str) -> None:
        python, plain = server.cpu_ms(), self.postgres.cpu_ms()
        load = send_all(server.port, requests) if one.once else send_for(server.port, requests, self.seconds)
        figures = self.figures.setdefault(name, Figures())
        figures.add(load, server.cpu_ms() - python, self.postgres.cpu_ms() - plain)


def show(bench: Bench) -> None:
    """The table."""
    heads = (
        "operation",
        "requests/s",
        "spread",
        "of raw",
        "target",
        "p50 ms",
        "p99 ms",
        "Python",
        "+ PostgreSQL",
        "statements",
        "Vendure CPU",
    )
    rows = [heads]
    for name, found in bench.figures.items():
        twin = bench.figures.get(f"{name}: raw")
        vendure = VENDURE.get(name)
        rows.append((
            name, f"{statistics.median(found.rates):,.0f}", f"{min(found.rates):,.0f} to {max(found.rates):,.0f}",
            f"{_ratio(found, twin):.2f}" if twin else "", f"{TARGET[name]:.1f}" if name in TARGET and twin else "",
            f"{statistics.median(found.p50):.1f}", f"{statistics.median(found.p99):.1f}",
            f"{statistics.median(found.python_ms):.2f}", f"{statistics.median(found.postgres_ms):.2f}", str(found.statements),
            f"{vendure[0]} ({vendure[0] / found.cpu_ms:.0f}x)" if vendure else "",
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        print(
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
    print(
        f"\nPython and PostgreSQL: processor ms per request. Vendure: processor ms, recorded once, not run here. {CONNECTIONS} requests at once."
    )


def _ratio(found: Figures, twin: Figures) -> float:
    """The median over rounds of the two sides' ratio within a round."""
    return statistics.median(ours / raw for ours, raw in zip(found.rates, twin.rates, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    for name, default in asdict(Size()).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--only", action="append", default=[], help="an operation; may be given several times")
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    arguments = parser.parse_args()
    size = Size(**{name: getattr(arguments, name) for name in asdict(Size())})
    print(f"{size.products:,} products x {size.variants}, {size.lists:,} price lists, {size.companies:,} companies; {os.cpu_count()} cores,"
          f" Python {platform.python_version()}, load by {'wrk' if has_wrk() else 'Python'}; {arguments.rounds} rounds", flush=True)  # fmt: skip
    with ExitStack() as stack:
        url = stack.enter_context(shop_of(stack.enter_context(postgres()), size))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(api(url, folder / "api.log"))
        plain = stack.enter_context(raw(url, folder / "raw.log"))
        idle = ours.memory_mb("VmRSS")
        bench = Bench(url, size, ours, plain, arguments.seconds)
        bench.run(arguments.rounds, arguments.only)
        show(bench)
        memory = {"idle": idle, "peak": ours.memory_mb()}
        print(f"Memory of the worker: {memory['idle']:.0f} MB idle, {memory['peak']:.0f} MB at its peak.")
        if arguments.json:
            found = {name: asdict(figures) for name, figures in bench.figures.items()}
            arguments.json.write_text(json.dumps({"size": asdict(size), "memory_mb": memory, "operations": found}, indent=1))


if __name__ == "__main__":
    main()
