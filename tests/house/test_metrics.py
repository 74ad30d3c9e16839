"""/metrics is for those who have its token, counts by operation, and no client can make up labels without end."""

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.app import build
from backend.core import clock, health, metrics
from backend.core.database import execute
from backend.settings import Settings
from backend.worker import drain
from tests.api.shopping import Client, open_shop
from tests.house.test_health import write_mail

TOKEN = "a token for the tests"


@pytest.fixture
async def measured(database: str) -> AsyncIterator[httpx.AsyncClient]:
    app = build(Settings(database_url=database, metrics_token=TOKEN))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as speaking:
        yield speaking


async def values(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


async def test_only_the_token_opens_it_and_without_one_it_is_not_there(
    measured: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        assert (await measured.get("/metrics", headers=headers)).status_code == 401
    assert (await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).status_code == 404


async def test_operations_statements_errors_and_responses_are_counted(measured: httpx.AsyncClient) -> None:
    shop = await open_shop()
    buyer = Client(measured, shop.token)
    before = await values(measured)
    for _ in range(3):
        await buyer.post("query Bestsellers { products(first: 2) { nodes { name } } }", {})
    await Client(measured).post("query Bestsellers { sessions { id } }", {})
    after = await values(measured)

    def more(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert more("linesheet_operation_seconds_count", "Bestsellers") == 4
    assert more("linesheet_operation_seconds_sum", "Bestsellers") > 0
    assert more("linesheet_statements_total", "Bestsellers") > 6
    assert more("linesheet_errors_total", "NOT_SIGNED_IN") == 1
    assert more("linesheet_responses_total", "200") >= 3
    assert after[("linesheet_requests_in_flight",)] == 1


async def test_what_the_database_knows_is_there(measured: httpx.AsyncClient) -> None:
    await write_mail(failure="refused", due=False)
    await write_mail(failure=None, due=True)
    await execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, execute_after) VALUES (0, 'queued', 'A', now() - interval '90 seconds')"
    )
    await execute("INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'failed', 'A')")
    await health.beat(1, clock.now())
    found = await values(measured)
    names = ("jobs_waiting", "jobs_failed", "mails_waiting", "mails_dead", "database_up")
    assert [found[(f"linesheet_{name}",)] for name in names] == [1, 1, 1, 1, 1]
    assert 90 <= found[("linesheet_jobs_oldest_seconds",)] < 300
    assert found[("linesheet_worker_heartbeat_age_seconds",)] < 60


async def test_jobs_are_counted_by_event_and_outcome(measured: httpx.AsyncClient, database: str) -> None:
    key = ("linesheet_job_seconds_count", "MailWritten", "done")
    before = (await values(measured)).get(key, 0)
    await execute(
        "INSERT INTO pgqueuer (priority, status, entrypoint, payload) VALUES (0, 'queued', 'MailWritten', '{\"mail_id\": 1}')"
    )
    await drain(database)
    assert (await values(measured))[key] == before + 1


def test_names_beyond_the_bound_share_one_label() -> None:
    names = metrics.Names()
    names.known = {"Cart"}
    given = [names.label(f"Q{number}") for number in range(metrics.MOST_NAMES + 50)]
    assert len(set(given)) == metrics.MOST_NAMES + 1
    assert given[-1] == metrics.OTHER
    assert (names.label("Cart"), names.label(None), names.label("Q1")) == ("Cart", metrics.UNNAMED, "Q1")
