"""GraphQL over HTTP: media types, status codes, and what a client learns of a failure."""

import logging
import re
from typing import Any

import asyncpg
import httpx
import pytest
import strawberry
from starlette.requests import Request

from backend.core.errors import NotFound, NotSignedIn
from backend.graphql.explorer import FILES
from tests.graphql.conftest import Context, Serve

GRAPHQL_JSON = "application/graphql-response+json"


@strawberry.type
class Query:
    @strawberry.field
    async def hello(self, name: str = "you", times: int = 1) -> str:
        return "hello " + name * times

    @strawberry.field
    async def broken(self) -> int | None:
        raise RuntimeError("the secret")

    @strawberry.field
    async def private(self) -> int | None:
        raise NotSignedIn

    @strawberry.field
    async def absent(self) -> int | None:
        raise NotFound("There is no such cart.")

    @strawberry.field
    async def nothing(self) -> int:
        return None  # type: ignore[return-value]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def increase(self) -> int:
        return 1


schema = strawberry.Schema(query=Query, mutation=Mutation)


async def ask(client: httpx.AsyncClient, query: Any, accept: str = GRAPHQL_JSON, **parameters: Any) -> httpx.Response:
    return await client.post("", json={"query": query, **parameters}, headers={"accept": accept})


async def test_a_query_is_answered_in_the_media_type_asked_for(serve: Serve) -> None:
    client = await serve(schema)
    for accept, kind in {GRAPHQL_JSON: GRAPHQL_JSON, "*/*": "application/json", "text/html, */*;q=0.1": "application/json"}.items():
        answer = await ask(client, "{ hello }", accept)
        assert answer.json() == {"data": {"hello": "hello you"}}
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "PUT"}, 405),
        ({"method": "POST", "json": {"query": "{hello}"}, "headers": {"accept": "text/csv"}}, 406),
        ({"method": "POST", "content": "query={hello}", "headers": {"content-type": "text/plain"}}, 415),
        ({"method": "POST", "content": "{}", "headers": {"content-type": "application/json; charset=latin-1"}}, 415),
        ({"method": "POST", "content": "{}", "headers": {"content-type": "application/json", "content-encoding": "gzip"}}, 415),
        ({"method": "POST", "content": "{", "headers": {"content-type": "application/json"}}, 400),
        ({"method": "POST", "json": [{"query": "{hello}"}]}, 400),
        ({"method": "POST", "json": {"query": "{hello}", "variables": "x"}}, 400),
        ({"method": "POST", "json": {"query": "{hello}", "operationName": 1}}, 400),
        ({"method": "POST", "json": {"query": ""}}, 200),
        ({"method": "POST", "content": b'{"query": "\\ud800"}', "headers": {"content-type": "application/json"}}, 400),
        ({"method": "GET"}, 400),
        ({"method": "GET", "params": {"query": "{hello}", "variables": "["}}, 400),
        ({"method": "GET", "params": {"query": "mutation {increase}"}}, 405),
    ],
)
async def test_what_is_not_graphql_over_http_gets_its_status_and_a_code(
    serve: Serve, request_: dict[str, Any], status: int
) -> None:
    client = await serve(schema)
    answer = await client.request(url="", **request_)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_a_query_may_come_by_get(serve: Serve) -> None:
    client = await serve(schema)
    query = "query ($n: String!) { hello(name: $n) }"
    answer = await client.get("", params={"query": query, "variables": '{"n": "Ada"}'})
    assert answer.json() == {"data": {"hello": "hello Ada"}}


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "{ hello"},
        {"query": "{ unknown }"},
        {"query": "query A { hello } query B { hello }"},
        {"query": "query A { hello }", "operationName": "B"},
        {"query": "query ($n: Int!) { hello(times: $n) }"},
        {"query": "query ($n: Int) { hello(times: $n) }", "variables": {"n": "x"}},
        {"query": "fragment F on Query { hello }"},
    ],
)
async def test_what_cannot_be_executed_is_bad_input_without_data(serve: Serve, parameters: dict[str, Any]) -> None:
    client = await serve(schema)
    answer = await ask(client, **parameters)
    assert answer.status_code == 400
    assert "data" not in answer.json()
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_INPUT"}


async def test_a_bad_argument_found_during_execution_is_bad_input(serve: Serve) -> None:
    client = await serve(schema)
    query = "query ($n: Int = 1) { hello(times: $n) }"
    answer = await ask(client, query, variables={"n": None})
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_an_unexpected_error_is_masked_and_logged_with_its_reference(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    client = await serve(schema, debug=True)
    with caplog.at_level(logging.ERROR):
        answer = await ask(client, "{ broken hello }")
    error = answer.json()["errors"][0]
    assert "secret" not in answer.text
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["path"] == ["broken"]
    reference = error["message"].rstrip(".").split()[-1]
    assert reference in caplog.text
    assert "the secret" in caplog.text
    assert answer.json()["data"] == {"broken": None, "hello": "hello you"}


async def test_a_null_that_may_not_be_is_ours_not_the_clients(serve: Serve) -> None:
    client = await serve(schema)
    answer = await ask(client, "{ nothing }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "Query.nothing" not in answer.text


async def test_a_refusal_by_a_resolver_has_its_code_and_message(serve: Serve) -> None:
    client = await serve(schema)
    answer = await ask(client, "{ private }")
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_a_lock_that_is_not_to_be_had_is_a_conflict_to_try_again(serve: Serve) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def busy(self) -> str | None:
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")

    client = await serve(strawberry.Schema(Query))
    error = (await ask(client, "{ busy }")).json()["errors"][0]
    assert error["extensions"]["code"] == "CONFLICT"
    assert "try again" in error["message"]


async def test_a_problem_where_no_union_takes_it_is_bad_input(serve: Serve) -> None:
    client = await serve(schema)
    error = (await ask(client, "{ absent }")).json()["errors"][0]
    assert (error["message"], error["extensions"]["code"]) == ("There is no such cart.", "BAD_INPUT")


async def test_a_refusal_by_the_context_answers_the_whole_request(serve: Serve) -> None:
    async def nobody(request: Request) -> Context:
        raise NotSignedIn

    client = await serve(schema, context_for=nobody)
    answer = await ask(client, "{ hello }")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_a_broken_context_is_masked(serve: Serve) -> None:
    async def broken(request: Request) -> Context:
        raise RuntimeError("the secret")

    client = await serve(schema, context_for=broken)
    answer = await ask(client, "{ hello }")
    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_introspection_and_suggestions_exist_in_development_only(serve: Serve) -> None:
    client = await serve(schema)
    answer = await ask(client, "{ __schema { types { name } } }")
    assert answer.status_code == 400
    assert "hello" not in (await ask(client, "{ helo }")).text
    client = await serve(schema, debug=True)
    assert (await ask(client, "{ __schema { types { name } } }")).status_code == 200
    assert "hello" in (await ask(client, "{ helo }")).text


async def test_figures_come_to_developers_who_ask(serve: Serve) -> None:
    for debug in (True, False):
        client = await serve(schema, debug=debug)
        answer = await client.post("", json={"query": "{hello}"}, headers={"x-linesheet-debug": "1"})
        assert ("extensions" in answer.json()) is debug


async def test_a_browser_gets_the_explorer_in_development_from_our_own_files(serve: Serve) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "host": "localhost"}
    client = await serve(schema, debug=True)
    assert "<html" not in (await client.get("", headers={**browser, "host": "rebound.example"})).text
    page = await client.get("", headers=browser)
    assert page.status_code == 200
    assert "//" not in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")
    assert '<meta name="description"' in page.text
    for name in re.findall(r'="/graphql/explorer/([^"]+)"', page.text):
        assert (FILES / name).is_file()
    client = await serve(schema)
    assert (await client.get("", headers=browser)).status_code == 400
