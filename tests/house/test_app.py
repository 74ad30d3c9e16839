"""The application's own addresses: alive is not the same as ready, and nothing answers what it should not."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from backend.app import build
from backend.core.database import execute
from backend.settings import Settings


async def test_ready_with_its_tables_and_without_redis(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok"
    response = await client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": "ok", "cache": "ok"}


async def test_not_ready_while_migrations_are_missing(client: httpx.AsyncClient) -> None:
    await execute("DELETE FROM tortoise_migrations WHERE name = (SELECT max(name) FROM tortoise_migrations)")
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "1 migrations are missing: run `linesheet migrate`"
    assert (await client.get("/healthz")).status_code == 200


@pytest.fixture
def without_database() -> Starlette:
    return build(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))


def test_alive_without_a_database_but_not_ready(without_database: Starlette) -> None:
    asking = TestClient(without_database)
    assert asking.get("/healthz").text == "ok"
    response = asking.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"].startswith("unreachable")


def test_production_has_no_explorer_and_does_not_describe_itself() -> None:
    app = build(Settings(environment="production", database_url="postgresql://db/linesheet", introspection=False))
    asking = TestClient(app)
    assert "<html" not in asking.get("/graphql", headers={"Accept": "text/html"}).text.lower()
    assert "errors" in asking.post("/graphql", json={"query": "{ __schema { types { name } } }"}).json()
