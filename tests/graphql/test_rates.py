"""Rates: who asks too much gets 429 and when to come back; others are not slowed by it."""

import httpx
import pytest
import strawberry
from starlette.requests import Request

from backend.core import cache
from backend.core.viewer import Role, Viewer
from backend.graphql.http import GraphQLApp
from backend.graphql.rates import LEAST, UNLIMITED, Rates
from tests.graphql.conftest import Context


@strawberry.type
class Query:
    @strawberry.field
    async def cheap(self) -> int:
        return 1


async def context_for(request: Request) -> Context:
    user = request.headers.get("authorization")
    return Context(Viewer(user_id=int(user), role=Role.BUYER) if user else Viewer())


@pytest.fixture(autouse=True)
async def counters() -> None:
    await cache.start(None)


def client(rates: Rates, address: str = "198.51.100.1") -> httpx.AsyncClient:
    app = GraphQLApp(strawberry.Schema(query=Query), context_for=context_for, rates=rates)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://test")


async def ask(client: httpx.AsyncClient, query: str = "{ cheap }", user: str | None = None) -> httpx.Response:
    return await client.post("/graphql", json={"query": query}, headers={"authorization": user} if user else {})


async def test_a_stranger_is_counted_by_address() -> None:
    rates = Rates(address=5 * LEAST + 20_000)
    one, other = client(rates), client(rates, "198.51.100.2")
    answers = [await ask(one) for _ in range(20)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await ask(other)).status_code == 200


async def test_a_viewer_is_counted_wherever_she_comes_from_and_does_not_stop_her_office() -> None:
    rates = Rates(viewer=5 * LEAST + 20_000)
    office = client(rates)
    for _ in range(20):
        last = await ask(office, user="1")
    assert last.status_code == 429
    assert (await ask(office, user="2")).status_code == 200
    assert (await ask(client(rates, "203.0.113.9"), user="1")).status_code == 429


async def test_new_documents_weigh_more_than_known_ones() -> None:
    rates = Rates(address=10 * LEAST + 20_000)
    known = client(rates)
    assert [(await ask(known)).status_code for _ in range(8)] == [200] * 8
    await cache.start(None)
    new = client(rates)
    statuses = [(await ask(new, f"query Q{number} {{ cheap }}")).status_code for number in range(8)]
    assert statuses.count(429) >= 4


async def test_requests_that_cannot_be_read_count_too() -> None:
    speaking = client(Rates(address=4 * LEAST))
    statuses = [
        (await speaking.post("/graphql", content=b"{", headers={"content-type": "application/json"})).status_code for _ in range(10)
    ]
    assert statuses[0] == 400
    assert statuses[-1] == 429


async def test_a_refused_caller_is_remembered_without_asking_the_cache() -> None:
    speaking = client(Rates(address=LEAST))
    statuses = [(await ask(speaking)).status_code for _ in range(3)]
    assert statuses[-1] == 429
    await cache.start(None)  # every counter is gone, the refusal is not
    assert (await ask(speaking)).status_code == 429


async def test_no_bound_is_no_bound() -> None:
    speaking = client(UNLIMITED)
    assert {(await ask(speaking)).status_code for _ in range(50)} == {200}
