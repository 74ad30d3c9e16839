"""Browser applications of other origins: those that the settings name may call the API, and nothing else of this host."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from backend.app import build
from backend.settings import Settings

APP = "https://app.example"
OPENED = {"allow": "access-control-allow-origin", "credentials": "access-control-allow-credentials"}
Serve = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def serve(database: str) -> AsyncIterator[Serve]:
    opened: list[httpx.AsyncClient] = []

    def start(*origins: str) -> httpx.AsyncClient:
        app = build(Settings(database_url=database, allowed_origins=origins))
        opened.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver"))
        return opened[-1]

    yield start
    for client in opened:
        await client.aclose()


async def preflight(client: httpx.AsyncClient, path: str, origin: str = APP) -> httpx.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    return await client.options(path, headers={"Origin": origin, **asked})


@pytest.mark.parametrize("path", ["/graphql", "/uploads"])
async def test_an_application_that_is_named_may_call_the_api_and_asks_seldom(serve: Serve, path: str):
    answer = await preflight(serve(APP), path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == APP
    assert {"authorization", "idempotency-key"} <= {
        name.strip() for name in answer.headers["access-control-allow-headers"].split(",")
    }
    assert int(answer.headers["access-control-max-age"]) >= 3_600
    assert OPENED["credentials"] not in answer.headers


@pytest.mark.parametrize("query", ["{ __typename }", "{ viewer { role } }", "{ nothing }"])
async def test_every_answer_can_be_read_and_so_can_what_to_wait_for(serve: Serve, query: str):
    answer = await serve(APP).post("/graphql", json={"query": query}, headers={"Origin": APP})
    assert answer.headers[OPENED["allow"]] == APP
    assert "Origin" in answer.headers["vary"]
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"Retry-After", "Idempotent-Replayed"} <= exposed
    assert OPENED["credentials"] not in answer.headers


async def test_no_other_application_is_let_in(serve: Serve):
    client = serve(APP)
    for origin in ("https://evil.example", "https://app.example.evil.example", "null", "http://app.example"):
        assert OPENED["allow"] not in (await preflight(client, "/graphql", origin)).headers
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": origin})
        assert OPENED["allow"] not in answer.headers


@pytest.mark.parametrize("path", ["/sign-in", "/cart", "/healthz", "/graphql/x", "/media/x"])
async def test_the_pages_and_everything_else_stay_closed(serve: Serve, path: str):
    client = serve("*")
    assert OPENED["allow"] not in (await preflight(client, path)).headers
    assert OPENED["allow"] not in (await client.get(path, headers={"Origin": APP})).headers


async def test_without_the_setting_the_api_is_closed_to_scripts_of_other_origins(serve: Serve):
    client = serve()
    assert (await preflight(client, "/graphql")).status_code == 405
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": APP})
    assert OPENED["allow"] not in answer.headers


async def test_every_origin_may_be_let_in_without_any_cookie(serve: Serve):
    answer = await serve("*").post("/graphql", json={"query": "{ __typename }"}, headers={"Origin": APP, "Cookie": "linesheet=x"})
    assert answer.headers[OPENED["allow"]] in ("*", APP)
    assert OPENED["credentials"] not in answer.headers
