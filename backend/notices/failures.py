"""What did not get through: mails that were not sent and jobs that were given up, to be tried again or set aside by the seller's administrators."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.core import clock
from backend.core.database import execute, fetch_row, transaction
from backend.core.errors import NotFound
from backend.core.events import record
from backend.core.health import last_beat
from backend.core.ids import global_id, parse_id
from backend.core.viewer import Permission, Viewer
from backend.graphql.listing import rows_of
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, connection, encode_cursor
from backend.notices.events import MailWritten

_MAIL = "sent_at IS NULL AND failure IS NOT NULL AND dismissed_at IS NULL"

# One list of both. Of a job that was given up pgqueuer logs why; only the newest entry counts.
_FAILURES = f"""(
SELECT 'mail' AS sort, id, created_at, kind AS name, subject, recipient, attempts, failure AS reason, next_attempt_at
FROM mail WHERE {_MAIL}
UNION ALL
SELECT 'job', j.id, j.created, j.entrypoint, NULL, NULL, j.attempts + 1, coalesce((SELECT l.traceback ->> 'exception_type' FROM pgqueuer_log l
    WHERE l.job_id = j.id AND l.status = 'failed' ORDER BY l.created DESC LIMIT 1), 'unknown'), NULL
FROM pgqueuer j WHERE j.status = 'failed'
) AS failed"""

_NEWEST_FIRST = Keyset((SortKey("created_at", datetime, True), SortKey("id", int, True), SortKey("sort", str, True)))

_GONE = "This was sent, tried again or set aside already. Reload the list."


class FailureKind(StrEnum):
    MAIL = "MAIL"
    JOB = "JOB"


@dataclass(frozen=True, slots=True)
class FailureView:
    id: str
    kind: FailureKind
    name: str
    subject: str | None
    recipient: str | None
    attempts: int
    reason: str
    created_at: datetime
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailureCounts:
    """How many mails and jobs were given up: nobody tries them again unless a person says so."""

    mails: int
    jobs: int


async def count_failures() -> FailureCounts:
    """For readiness and metrics; mails that are tried again by themselves are not counted."""
    row = await fetch_row(
        f"SELECT (SELECT count(*) FROM mail WHERE {_MAIL} AND next_attempt_at IS NULL) AS mails,"
        " (SELECT count(*) FROM pgqueuer WHERE status = 'failed') AS jobs"
    )
    assert row is not None
    return FailureCounts(row["mails"], row["jobs"])


async def failures(viewer: Viewer, page: Page) -> Connection[FailureView]:
    """Newest first; mails that wait for another attempt are among them."""
    viewer.require(Permission.MANAGE_SETTINGS)
    rows, total = await rows_of(page, _NEWEST_FIRST, "*", _FAILURES, "TRUE", [])
    views = [
        FailureView(
            global_id(row["sort"], row["id"]), FailureKind(row["sort"].upper()), row["name"], row["subject"], row["recipient"],
            row["attempts"], row["reason"], row["created_at"], row["next_attempt_at"],
        )
        for row in rows
    ]  # fmt: skip
    return connection(page, views, total, _cursor_of)


def _cursor_of(view: FailureView) -> str:
    sort, _, key = view.id.partition(".")
    return encode_cursor(view.created_at, int(key), sort)


async def worker_seen_at(viewer: Viewer) -> datetime | None:
    """When a worker was last heard of."""
    viewer.require(Permission.MANAGE_SETTINGS)
    return await last_beat()


async def retry_failure(viewer: Viewer, failure_id: str) -> str:
    """The mail or job is tried again at once. What is being tried already is not found, so that two presses try it once."""
    viewer.require(Permission.MANAGE_SETTINGS)
    mail, job = parse_id("mail", failure_id), parse_id("job", failure_id)
    async with transaction():
        if mail is not None:
            query = f"UPDATE mail SET next_attempt_at = $2, failure = NULL WHERE id = $1 AND {_MAIL}"
            found = await execute(query, mail, clock.now())
            if found:
                await record(MailWritten(mail))
        else:
            found = await execute(
                "UPDATE pgqueuer SET status = 'queued', attempts = 0, execute_after = now(), updated = now(), queue_manager_id = NULL"
                " WHERE id = $1 AND status = 'failed'",
                job or 0,
            )
    return _found(failure_id, found)


async def dismiss_failure(viewer: Viewer, failure_id: str) -> str:
    """The mail is never sent, the job never run: somebody has seen it, and leaves it so."""
    viewer.require(Permission.MANAGE_SETTINGS)
    mail, job = parse_id("mail", failure_id), parse_id("job", failure_id)
    async with transaction():
        if mail is not None:
            query = f"UPDATE mail SET dismissed_at = $2, next_attempt_at = NULL WHERE id = $1 AND {_MAIL}"
            found = await execute(query, mail, clock.now())
        else:
            found = await execute("DELETE FROM pgqueuer WHERE id = $1 AND status = 'failed'", job or 0)
    return _found(failure_id, found)


def _found(failure_id: str, found: int) -> str:
    if not found:
        raise NotFound(_GONE)
    return failure_id
