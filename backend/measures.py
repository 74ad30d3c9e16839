"""`/metrics` for Prometheus: what the processes counted, and what the database knows of jobs, mails and workers. Only with METRICS_TOKEN."""

import asyncio
import secrets

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from backend.core import metrics
from backend.core.database import fetch_row

WITHIN = 5.0

_STORED = """
SELECT (SELECT count(*) FROM pgqueuer WHERE status = 'queued') AS jobs_waiting,
    (SELECT coalesce(extract(epoch FROM now() - min(execute_after)), 0) FROM pgqueuer WHERE status = 'queued' AND execute_after <= now()) AS oldest,
    (SELECT count(*) FROM pgqueuer WHERE status = 'failed') AS jobs_failed,
    (SELECT count(*) FROM mail WHERE next_attempt_at IS NOT NULL) AS mails_waiting,
    (SELECT count(*) FROM mail WHERE sent_at IS NULL AND failure IS NOT NULL AND dismissed_at IS NULL AND next_attempt_at IS NULL) AS mails_dead,
    (SELECT extract(epoch FROM now() - max(seen_at)) FROM worker_heartbeat) AS heartbeat
"""
_ABOUT = {
    "jobs_waiting": ("linesheet_jobs_waiting", "Jobs in the queue."),
    "oldest": ("linesheet_jobs_oldest_seconds", "For how long the oldest job is due."),
    "jobs_failed": ("linesheet_jobs_failed", "Jobs that were given up."),
    "mails_waiting": ("linesheet_mails_waiting", "Mails that wait to be sent."),
    "mails_dead": ("linesheet_mails_dead", "Mails that were given up."),
    "heartbeat": ("linesheet_worker_heartbeat_age_seconds", "Since a worker was heard of; absent after a day."),
}


def routes(token: str | None) -> list[BaseRoute]:
    """No route without a token."""
    if token is None:
        return []

    async def show(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("Send METRICS_TOKEN as a Bearer token.", 401, {"WWW-Authenticate": "Bearer"})
        return Response(metrics.text(await _stored()), media_type=metrics.MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return [Route("/metrics", show)]


async def _stored() -> list[tuple[str, str, float]]:
    """What the database knows; nothing while it is away, so that the rest can be read."""
    try:
        async with asyncio.timeout(WITHIN):
            row = await fetch_row(_STORED)
    except Exception:
        row = None
    up = ("linesheet_database_up", "Whether the database answers.", float(row is not None))
    found = [(*_ABOUT[name], float(value)) for name, value in (row.items() if row else ()) if value is not None]
    return [up, *found]
