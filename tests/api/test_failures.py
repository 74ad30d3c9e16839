"""Administrators see mails and jobs that did not get through, try each again once, or set it aside."""

from typing import Any

import httpx
import pytest

from backend.companies.models import Member, User
from backend.core import clock
from backend.core.database import execute, fetch_value
from backend.core.viewer import Role
from backend.worker import drain
from tests.api.shopping import Client
from tests.factories.companies import make_staff, sign_in_as
from tests.house.test_health import write_mail

LIST = """query ($after: String) { workerSeenAt failures(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node { id } }
    nodes { id kind name subject recipient attempts reason createdAt nextAttemptAt } } }"""
RETRY = "mutation ($id: ID!) { retryFailure(id: $id) { __typename ... on FailureHandled { id } ... on NotFound { message } } }"
DISMISS = "mutation ($id: ID!) { dismissFailure(id: $id) { __typename ... on FailureHandled { id } ... on NotFound { message } } }"


@pytest.fixture
async def admin(client: httpx.AsyncClient, database: str) -> Client:
    who: User | Member = await make_staff(Role.ADMIN)
    return Client(client, await sign_in_as(who))


async def failed_job() -> str:
    key = await fetch_value(
        "INSERT INTO pgqueuer (priority, status, entrypoint, payload) VALUES (0, 'failed', 'MailWritten', '{\"mail_id\": 1}') RETURNING id"
    )
    await execute(
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)"
        " VALUES ($1, 'failed', 0, 'MailWritten', '{\"exception_type\": \"ValueError\"}')",
        key,
    )
    return f"job.{key}"


async def found(admin: Client, **variables: Any) -> Any:
    return (await admin.ask(LIST, **variables))["failures"]


async def test_all_that_did_not_get_through_is_listed_page_by_page(admin: Client) -> None:
    mails = [
        await write_mail(failure="The recipient was refused: 550.", due=False),
        await write_mail(failure="SMTPConnectError", due=True),
    ]
    await write_mail(failure=None, due=True)
    job = await failed_job()
    first = await found(admin)
    second = await found(admin, after=first["pageInfo"]["endCursor"])
    nodes = first["nodes"] + second["nodes"]
    assert first["totalCount"] == 3
    assert {node["id"] for node in nodes} == {job, *(f"mail.{key}" for key in mails)}
    by_id = {node["id"]: node for node in nodes}
    assert (by_id[job]["kind"], by_id[job]["name"], by_id[job]["reason"]) == ("JOB", "MailWritten", "ValueError")
    dead, waiting = by_id[f"mail.{mails[0]}"], by_id[f"mail.{mails[1]}"]
    assert (dead["subject"], dead["recipient"], dead["nextAttemptAt"]) == ("Order 1", "a@b.example", None)
    assert waiting["nextAttemptAt"] is not None


async def test_two_presses_send_one_mail(admin: Client, database: str) -> None:
    key = await write_mail(failure="The recipient was refused: 550.", due=False)
    answers = [(await admin.ask(RETRY, id=f"mail.{key}"))["retryFailure"]["__typename"] for _ in range(2)]
    assert answers == ["FailureHandled", "NotFound"]
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'MailWritten'") == 1
    assert await fetch_value("SELECT next_attempt_at <= $1 FROM mail", clock.now())
    await drain(database)
    assert await fetch_value("SELECT attempts FROM mail") == 1
    assert (await found(admin))["totalCount"] == 0


async def test_a_job_runs_again_once(admin: Client, database: str) -> None:
    job = await failed_job()
    answers = [(await admin.ask(RETRY, id=job))["retryFailure"]["__typename"] for _ in range(2)]
    assert answers == ["FailureHandled", "NotFound"]
    await drain(database)
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 0


async def test_what_is_set_aside_is_neither_listed_nor_sent(admin: Client, database: str) -> None:
    mail, job = f"mail.{await write_mail(failure='SMTPConnectError', due=True)}", await failed_job()
    for failure in (mail, job):
        assert (await admin.ask(DISMISS, id=failure))["dismissFailure"] == {"__typename": "FailureHandled", "id": failure}
        assert (await admin.ask(DISMISS, id=failure))["dismissFailure"]["__typename"] == "NotFound"
        assert (await admin.ask(RETRY, id=failure))["retryFailure"]["__typename"] == "NotFound"
    assert (await found(admin))["totalCount"] == 0
    assert await fetch_value("SELECT next_attempt_at FROM mail") is None
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 0


async def test_nothing_but_a_failure_is_tried_again(admin: Client) -> None:
    sound = f"mail.{await write_mail(failure=None, due=True)}"
    for failure in (sound, "mail.1", "job.1", "product.1", "nonsense"):
        assert (await admin.ask(RETRY, id=failure))["retryFailure"]["__typename"] == "NotFound"


async def test_only_administrators_see_and_try_again(client: httpx.AsyncClient, database: str) -> None:
    manager = Client(client, await sign_in_as(await make_staff(Role.SALES_MANAGER)))
    failure = f"mail.{await write_mail(failure='refused', due=False)}"
    for document, variables in ((LIST, {}), (RETRY, {"id": failure}), (DISMISS, {"id": failure})):
        answer = (await manager.post(document, variables)).json()
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await fetch_value("SELECT failure FROM mail") == "refused"
