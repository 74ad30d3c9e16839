"""Logs say what happened and how long it took, and nothing about anybody."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from backend.app import build
from backend.core import logs
from backend.core.database import count_statements, execute
from backend.core.ids import new_id
from backend.settings import Settings
from tests.api.shopping import Client, Shop, open_shop

EMAIL = "robin.secret@harbour.example"


class Lines:
    """What production would write, line by line."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["logger"] == "linesheet.requests"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    handler = logging.StreamHandler(made.stream)
    handler.setFormatter(logs.Json())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    yield made
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


async def test_every_request_has_a_line_with_its_id_status_time_and_statements(
    client: httpx.AsyncClient, shop: Shop, lines: Lines
) -> None:
    answer = await client.get("/readyz")
    buyer = Client(client, shop.token)
    await buyer.ask("{ products(first: 5) { nodes { name } } }")
    await client.get(f"/nowhere?email={EMAIL}")
    served = lines.requests()
    assert [(line["method"], line["path"]) for line in served][-2:] == [("POST", "/graphql"), ("GET", "/nowhere")]
    query = served[-2]
    assert query["status"] == 200
    assert query["ms"] > 0
    assert query["statements"] > 3
    assert len(query["viewer"]) == 16
    assert "viewer" not in served[-1]
    assert answer.headers["X-Request-Id"]
    assert len({line["request"] for line in served}) == len(served)


async def test_nothing_personal_is_logged(client: httpx.AsyncClient, shop: Shop, lines: Lines) -> None:
    sign_in = 'mutation ($e: String!) { signIn(email: $e, password: "hunter2hunter2") { __typename } }'
    await Client(client, shop.token).post(sign_in, {"e": EMAIL})
    await client.get(
        f"/set-password?token=lp_secret&email={EMAIL}", headers={"Cookie": "session=ls_secret", "User-Agent": "Robin's phone"}
    )
    try:
        await execute(
            "INSERT INTO user_account (id, email, name, is_active, created_at) VALUES ($1, $2, 'R', TRUE, now())", new_id(), EMAIL
        )
        await execute(
            "INSERT INTO user_account (id, email, name, is_active, created_at) VALUES ($1, $2, 'R', TRUE, now())", new_id(), EMAIL
        )
    except asyncpg.UniqueViolationError:
        logging.getLogger("backend.worker").exception("the handler failed")
    said = lines.stream.getvalue()
    for secret in (EMAIL, "hunter2", "secret", "Robin", shop.token, "127.0.0.1", str(shop.buyer.user_id)):
        assert secret not in said, secret
    failed = next(line for line in lines.all() if line["message"] == "the handler failed")
    assert failed["exception"][0]["type"] == "UniqueViolationError"
    assert any("backend/core/database.py" in place for place in failed["exception"][0]["at"])


async def test_the_same_viewer_has_the_same_name_and_another_has_another(
    client: httpx.AsyncClient, shop: Shop, lines: Lines
) -> None:
    for token in (shop.token, shop.token, shop.hill_token):
        await Client(client, token).ask("{ viewer { user { name } } }")
    first, again, other = [line["viewer"] for line in lines.requests()]
    assert first == again != other


async def test_a_proxy_s_id_is_kept_when_it_looks_like_one(client: httpx.AsyncClient, database: str, lines: Lines) -> None:
    kept = await client.get("/nowhere", headers={"X-Request-Id": "abcdef0123456789"})
    made = await client.get("/nowhere", headers={"X-Request-Id": "a b"})
    assert kept.headers["X-Request-Id"] == "abcdef0123456789" == lines.requests()[0]["request"]
    assert made.headers["X-Request-Id"] != "a b"


async def test_health_checks_are_quiet(client: httpx.AsyncClient, database: str, lines: Lines) -> None:
    await client.get("/healthz")
    assert lines.requests() == []


async def test_a_count_inside_a_count_counts_for_both(database: str) -> None:
    with count_statements() as outer:
        await execute("SELECT 1")
        with count_statements() as inner:
            await execute("SELECT 1")
    assert (outer.count, inner.count) == (2, 1)


@pytest.mark.parametrize(("production", "formatter"), [(True, logs.Json), (False, logs.Readable)])
def test_lines_are_json_in_production_and_readable_in_development(production: bool, formatter: type) -> None:
    configurator = logging.config.DictConfigurator(logs.config("info", production=production))
    made = configurator.configure_formatter(configurator.config["formatters"]["line"])
    assert isinstance(made, formatter)


async def test_a_request_s_line_has_the_operation_and_the_error_s_code(client: httpx.AsyncClient, shop: Shop, lines: Lines) -> None:
    await Client(client, shop.token).post("query Mine { viewer { user { name } } }", {})
    await Client(client).post("query Theirs { sessions { id } }", {})
    mine, theirs = lines.requests()
    assert (mine["operation"], "code" in mine) == ("Mine", False)
    assert (theirs["operation"], theirs["code"]) == ("Theirs", "NOT_SIGNED_IN")


async def test_a_slow_operation_is_logged_with_its_statements_and_no_values(database: str, shop: Shop, lines: Lines) -> None:
    app = build(Settings(database_url=database, slow_ms=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        await Client(client, shop.token).post("query Find($q: String) { products(query: $q) { nodes { name } } }", {"q": "hunter2"})
    (slow,) = [line for line in lines.all() if line["logger"] == "linesheet.slow"]
    assert (slow["operation"], slow["statements"]) == ("Find", len(slow["sql"]))
    assert any("SELECT" in statement for statement in slow["sql"])
    assert slow["request"] == lines.requests()[0]["request"]
    assert "hunter2" not in lines.stream.getvalue()
