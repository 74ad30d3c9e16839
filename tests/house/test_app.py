"""The application's own addresses: alive is not the same as ready, and nothing answers what it should not."""

import httpx
from starlette.applications import Starlette

from backend.app import build
from backend.core.database import execute
from backend.settings import Settings


async def test_ready_with_its_tables_and_without_redis(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok"
    response = await client.get("/readyz")
    assert response.status_code == 200
    answer = response.json()
    assert (answer["ready"], answer["database"], answer["cache"]) == (True, "ok", "ok")


async def test_not_ready_while_migrations_are_missing(client: httpx.AsyncClient) -> None:
    await execute("DELETE FROM tortoise_migrations WHERE name = (SELECT max(name) FROM tortoise_migrations)")
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "1 migrations are missing: run `linesheet migrate`"
    assert (await client.get("/healthz")).status_code == 200


def asking(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")


async def test_alive_without_a_database_but_not_ready() -> None:
    async with asking(build(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))) as client:
        assert (await client.get("/healthz")).text == "ok"
        response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"].startswith("unreachable")


async def test_production_has_no_explorer_and_does_not_describe_itself() -> None:
    settings = Settings(environment="production", database_url="postgresql://db/linesheet", introspection=False)
    async with asking(build(settings)) as client:
        page = await client.get("/graphql", headers={"Accept": "text/html"})
        answer = await client.post("/graphql", json={"query": "{ __schema { types { name } } }"})
    assert "<html" not in page.text.lower()
    assert "errors" in answer.json()
