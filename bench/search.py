"""`python -m bench.search`: what a search costs beside the plain list page, on a catalogue of 20,000 products with 12 variants each.

Each kind of search is asked over HTTP in process, in turns with the list page, by a buyer who sees two thirds of the catalogue; medians of
at least ten rounds. The ratio counts, not the milliseconds.
"""

import argparse
import asyncio
import statistics
import time
from contextlib import ExitStack

import httpx

from backend.app import build as build_app
from backend.core import cache, database
from backend.core.database import execute, fetch_value
from backend.settings import Settings
from bench.data import Size, build, token_of
from tests import databases

SEARCHES = {
    "begun": "softsh jack",
    "words": "waterproof parka navy",
    "brand and name": "brand 7 merino polo",
    "number": "ST-14321-5",
    "number, begun": "st1432",
    "misspelt": "watrproof prka",
    "misspelt and rare": "bacediffo",
    "nothing like it": "qqqxxxzzz",
    "broad": "jacket",
}

PAGE = """
query ($text: String) { products(first: 24, query: $text) { totalCount pageInfo { hasNextPage endCursor }
  nodes { id slug name brand { name } image { url thumbnailUrl alt } priceFrom { amount currency } } } }
"""


async def timed(client: httpx.AsyncClient, text: str | None) -> tuple[float, float, int]:
    """Milliseconds of the whole request, and its statements; how many products there were."""
    with database.count_statements() as statements:
        started = time.perf_counter()
        answer = await client.post("/graphql", json={"query": PAGE, "variables": {"text": text}})
        spent = (time.perf_counter() - started) * 1000
    return spent, statements.count, answer.json()["data"]["products"]["totalCount"]


async def measure(rounds: int) -> None:
    app = build_app(Settings())
    headers = {"Authorization": f"Bearer {token_of(2)}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench", headers=headers) as client:
        kinds: dict[str, str | None] = {"list page": None, **SEARCHES}
        times: dict[str, list[tuple[float, float, int]]] = {kind: [] for kind in kinds}
        for turn in range(rounds + 2):
            for kind, text in kinds.items():
                found = await timed(client, text)
                if turn >= 2:  # the first rounds fill caches
                    times[kind].append(found)
    plain = statistics.median(spent for spent, _, _ in times["list page"])
    print(f"{'':<20} {'query':<24} {'found':>7} {'statements':>11} {'ms':>7} {'of the list page':>17}")
    for kind, text in kinds.items():
        spent = statistics.median(one for one, _, _ in times[kind])
        _, statements, count = times[kind][-1]
        print(f"{kind:<20} {text or '':<24} {count:>7,} {statements:>11.0f} {spent:>7.1f} {spent / plain:>17.2f}")


async def run(url: str, products: int, rounds: int) -> None:
    await database.start(url)
    await cache.start(None)
    try:
        await execute("SET statement_timeout = 0")
        started = time.perf_counter()
        await build(Size(products=products, lists=20, companies=50, lifelike=True))
        built = time.perf_counter()
        words = await fetch_value("SELECT count(*) FROM search_word")
        size = await fetch_value(
            "SELECT pg_size_pretty(pg_total_relation_size('product_search') + pg_total_relation_size('search_word'))"
        )
        print(f"{products:,} products, {words:,} words; built and indexed in {built - started:.0f} s, {size}")
        await measure(rounds)
    finally:
        await cache.stop()
        await database.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        server = stack.enter_context(databases.test_server())
        url = stack.enter_context(databases.copy_of(server, databases.empty_template(server)))
        asyncio.run(run(url, arguments.products, arguments.rounds))


if __name__ == "__main__":
    main()
