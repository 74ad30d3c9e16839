"""Idempotency-Key: a mutation happens once, however often and however concurrently it is sent."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
import strawberry
from starlette.requests import Request

from backend.core import clock
from backend.core.database import execute, fetch_value, transaction
from backend.core.errors import BadInput, Forbidden, RateLimited
from backend.core.ids import new_id
from backend.core.viewer import Role, Viewer
from tests.graphql.conftest import Context, Serve

pytestmark = pytest.mark.usefixtures("database")
BUYER = Viewer(user_id=1, location_id=2, role=Role.BUYER)


async def insert(series: str) -> int:
    """Something that can be seen to happen: one row for each call."""
    async with transaction():
        await execute(
            "INSERT INTO number_counter (id, series, prefix, value) VALUES ($1, $2, '', 0)", new_id(), series + str(new_id())[:8]
        )
    return await rows()


async def rows() -> int:
    return int(await fetch_value("SELECT count(*) FROM number_counter"))


@strawberry.type
class SignedIn:
    token: str


@strawberry.type
class Wrong:
    message: str


SignInResult = Annotated[SignedIn | Wrong, strawberry.union("SignInResult")]


@strawberry.type
class Done:
    number: int

    @strawberry.field
    async def failing(self) -> int | None:
        raise RuntimeError("while answering")


@strawberry.type
class Query:
    @strawberry.field
    async def rows(self) -> int:
        return await rows()


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def place(self, name: str = "a", wait: float = 0) -> Done:
        number = await insert(name)
        await asyncio.sleep(wait)
        return Done(number=number)

    @strawberry.mutation
    async def fail(self, how: str) -> int | None:
        await insert(how)
        raise {"forbidden": Forbidden(), "input": BadInput("no"), "rate": RateLimited("wait")}.get(how, RuntimeError(how))

    @strawberry.mutation
    async def sign_in(self) -> SignInResult:
        return SignedIn(token=str(await insert("token")))


schema = strawberry.Schema(query=Query, mutation=Mutation)
PLACE = 'mutation ($name: String! = "a", $wait: Float! = 0) { place(name: $name, wait: $wait) { number } }'


@dataclass
class Door:
    """A client that sends documents under keys, as a viewer of its choice."""

    client: httpx.AsyncClient

    async def __call__(self, query: str, key: str | None = "key", viewer: str = "buyer", **variables: Any) -> httpx.Response:
        headers = {"x-viewer": viewer, **({"idempotency-key": key} if key is not None else {})}
        return await self.client.post("", json={"query": query, "variables": variables}, headers=headers)


VIEWERS = {"buyer": BUYER, "other": Viewer(user_id=9, location_id=2, role=Role.BUYER), "nobody": Viewer()}


@pytest.fixture
async def door(serve: Serve) -> Door:
    async def context_for(request: Request) -> Context:
        return Context(VIEWERS[request.headers["x-viewer"]])

    return Door(await serve(schema, context_for=context_for))


async def test_the_first_answer_comes_again(door: Door) -> None:
    first = await door(PLACE)
    again = await door(PLACE)
    assert first.json() == again.json() == {"data": {"place": {"number": 1}}}
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await rows() == 1


async def test_the_order_of_json_keys_makes_no_other_request(door: Door) -> None:
    await door(PLACE, name="x", wait=0)
    again = await door(PLACE, wait=0, name="x")
    assert again.headers["idempotent-replayed"] == "true"


async def test_twenty_twins_at_once_happen_once(door: Door) -> None:
    answers = await asyncio.gather(*(door(PLACE, wait=0.05) for _ in range(20)))
    assert {answer.text for answer in answers} == {'{"data":{"place":{"number":1}}}'}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    assert await rows() == 1


async def test_without_a_key_twins_happen_each(door: Door) -> None:
    """The control: it is the key that makes them one."""
    await asyncio.gather(*(door(PLACE, key=None, wait=0.05) for _ in range(20)))
    assert await rows() == 20


async def test_a_key_belongs_to_its_viewer(door: Door) -> None:
    assert (await door(PLACE)).json() != (await door(PLACE, viewer="other")).json()
    assert await rows() == 2


async def test_strangers_share_no_keys(door: Door) -> None:
    await door(PLACE, viewer="nobody")
    await door(PLACE, viewer="nobody")
    assert await rows() == 2


async def test_another_body_is_a_conflict(door: Door) -> None:
    await door(PLACE)
    answer = await door(PLACE, name="b")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["extensions"]["code"] == "CONFLICT"
    assert await rows() == 1


@pytest.mark.parametrize("how", ["forbidden", "input"])
async def test_a_refusal_is_an_answer_like_any_other(door: Door, how: str) -> None:
    query = f'mutation {{ fail(how: "{how}") }}'
    assert (await door(query)).json() == (await door(query)).json()
    assert await rows() == 1


async def test_a_fault_of_ours_undoes_everything_and_may_be_repeated(door: Door) -> None:
    query = 'mutation { place { number } fail(how: "boom") }'
    for _ in range(2):
        answer = (await door(query)).json()
        assert answer["data"] is None
        assert answer["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert await rows() == 0
    assert (await door("mutation { place { failing number } }")).json()["data"] is None
    assert await rows() == 0
    assert (await door(PLACE)).json() == {"data": {"place": {"number": 1}}}


async def test_a_rate_limit_is_not_kept_and_undoes_nothing(door: Door) -> None:
    query = 'mutation { fail(how: "rate") }'
    for count in (1, 2):
        assert (await door(query)).json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert await rows() == count


async def test_tokens_are_never_kept(door: Door) -> None:
    query = "mutation { signIn { ... on SignedIn { token } } }"
    assert (await door(query)).json() != (await door(query)).json()
    assert await fetch_value("SELECT count(*) FROM idempotency_key") == 0
    for mixed in (
        "mutation { place { number } signIn { __typename } }",
        "mutation { place { number } ...F } fragment F on Mutation { signIn { __typename } }",
    ):
        answer = await door(mixed)
        assert answer.status_code == 400
        assert await rows() == 2


async def test_queries_do_not_heed_keys(door: Door) -> None:
    assert (await door("{ rows }")).json() == {"data": {"rows": 0}}
    await door(PLACE, key="other")
    assert (await door("{ rows }")).json() == {"data": {"rows": 1}}


async def test_a_key_is_free_again_after_24_hours(door: Door) -> None:
    start = clock.now()
    with clock.frozen(start):
        await door(PLACE)
    with clock.frozen(start + timedelta(hours=23, minutes=59)):
        assert (await door(PLACE)).json()["data"]["place"]["number"] == 1
    with clock.frozen(start + timedelta(hours=24, minutes=1)):
        assert (await door(PLACE, name="b")).json()["data"]["place"]["number"] == 2
        assert (await door(PLACE, name="b")).json()["data"]["place"]["number"] == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "tab\tbed"])
async def test_a_key_that_cannot_be_one_is_bad_input(door: Door, key: str) -> None:
    answer = await door.client.post(
        "", json={"query": PLACE}, headers=[(b"x-viewer", b"buyer"), (b"idempotency-key", key.encode())]
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert await rows() == 0


async def test_the_longest_key_is_kept(door: Door) -> None:
    key = "~" * 255
    assert (await door(PLACE, key=key)).json() == (await door(PLACE, key=key)).json()
    assert await rows() == 1


async def test_a_request_that_cannot_be_executed_uses_up_no_key(door: Door) -> None:
    assert (await door("mutation { unknown }")).status_code in (200, 400)
    assert (await door(PLACE)).json()["data"]["place"]["number"] == 1
