"""`make drills`: what one person can do to all others, and how the shop holds: twins of one key, a cart that thirty edit, a crowd without pauses.

Each drill has a bound; one that does not hold ends with 1.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import documents
from bench.data import Size, token_of
from bench.load import Request, body_of
from bench.operations import fill_carts, variants_of_everybody
from bench.servers import Server, addresses, api, shop_of

POOL = 10
TWINS, EDITORS, OTHERS, CROWD = 40, 30, 10, 200
# The slowest hundredth of what is answered, in milliseconds.
ADMITTED_WITHIN, BESIDE_EDITS_WITHIN = 3_000, 2_000
CREATE_CART = 'mutation { createCart(name: "drill") { __typename ... on Cart { id } } }'


@dataclass
class Answers:
    """How long answers took, in milliseconds, and how many requests were refused for now."""

    times: list[float] = field(default_factory=list)
    refused: int = 0
    bodies: set[bytes] = field(default_factory=set)
    wrong: list[bytes] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return sorted(self.times)[len(self.times) * 99 // 100] if self.times else float("inf")

    def told(self) -> str:
        return f"{len(self.times)} answered, p99 {self.p99:.0f} ms, {self.refused} refused, {len(self.wrong)} wrong"


async def ask(port: int, requests: Sequence[Request], until: float | None, into: Answers) -> None:
    """One connection without pauses: each request once, or again and again until a moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 * 1024 * 1024)
    for request in requests if until is None else itertools.cycle(requests):
        started = time.perf_counter()
        if until is not None and started >= until:
            break
        writer.write(request.wire())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        if head.startswith(b"http/1.1 503") and b"\r\nretry-after:" in head:
            into.refused += 1
        elif head.startswith(b"http/1.1 200") and request.expected in body:
            into.times.append((time.perf_counter() - started) * 1000)
            into.bodies.add(body)
        else:
            into.wrong.append(head[:100] + body[:300])
    writer.close()


async def twins(port: int, size: Size, seconds: float) -> bool:
    """Forty twins of one Idempotency-Key: one answer for all, and others are served."""
    same, others = Answers(), Answers()
    twin = Request("/graphql", body_of(CREATE_CART, {}), token_of(1), key=f"drill {time.time()}")
    read = Request("/graphql", body_of("{ cart { version } }", {}), token_of(2))
    async with asyncio.timeout(120):
        await asyncio.gather(*(ask(port, [twin], None, same) for _ in range(TWINS)), ask(port, [read] * 5, None, others))
    print(f"{TWINS} twins of one key: {same.told()}; others: {others.told()}")
    return len(same.times) == TWINS and len(same.bodies) == 1 and len(others.times) == 5


async def edits(port: int, size: Size, seconds: float) -> bool:
    """Thirty edit one cart without pauses; ten others read pages meanwhile."""
    variants = variants_of_everybody(size)[:12]
    rows = [[{"variantId": f"variant.{key}", "quantity": turn} for key in variants] for turn in (2, 3)]
    bodies = [body_of(documents.SET_LINES, {"input": {"lines": lines}}) for lines in rows]
    change = [Request("/graphql", body, token_of(1), b"SetCartLinesDone") for body in bodies]
    page = body_of(documents.PAGE, {"first": 24})
    readers = [Request("/graphql", page, token_of(10 + number)) for number in range(OTHERS)]
    alone, beside, edited = Answers(), Answers(), Answers()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(port, [reader], until, alone) for reader in readers))
    until = time.perf_counter() + seconds
    editing = [ask(port, change, until, edited) for _ in range(EDITORS)]
    await asyncio.gather(*editing, *(ask(port, [reader], until, beside) for reader in readers))
    print(f"{EDITORS} edit one cart: {edited.told()}; others alone: {alone.told()}; others beside them: {beside.told()}")
    return not (beside.wrong or edited.wrong) and beside.p99 < BESIDE_EDITS_WITHIN


async def crowd(port: int, size: Size, seconds: float) -> bool:
    """Two hundred buyers without pauses: what is admitted is answered in time, the rest is refused."""
    page = body_of(documents.PAGE, {"first": 24})
    answers = Answers()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(port, [Request("/graphql", page, token_of(1 + number))], until, answers) for number in range(CROWD)))
    print(f"{CROWD} buyers without pauses: {answers.told()}, {len(answers.times) / seconds:.0f} answers a second")
    return bool(answers.times) and not answers.wrong and answers.p99 < ADMITTED_WITHIN


DRILLS: dict[str, Callable[[int, Size, float], Coroutine[Any, Any, bool]]] = {"twins": twins, "edits": edits, "crowd": crowd}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.drills", description=__doc__)
    parser.add_argument("drills", nargs="*", choices=[[], *DRILLS], help="all of them, unless some are named")
    parser.add_argument("--seconds", type=float, default=15)
    arguments = parser.parse_args()
    size = Size()
    with ExitStack() as stack:
        servers = stack.enter_context(addresses())
        url = stack.enter_context(shop_of(servers.database_url, size))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(fill_carts(url, size, 30))
        server: Server = stack.enter_context(api(url, folder / "api.log", DATABASE_POOL_MAX=str(POOL)))
        failed = [
            name for name in arguments.drills or DRILLS if not asyncio.run(DRILLS[name](server.port, size, arguments.seconds))
        ]
    if failed:
        sys.exit(f"These did not hold: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
