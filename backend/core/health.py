"""How the installation is: whether a worker lives, whether the disk is full, and whether this is a restored copy that must not send mail yet."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from backend.core import clock
from backend.core.database import execute, fetch_value

BEAT_EVERY = 10.0
# A worker that has not written for so long is taken for dead.
SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)

# With less than this, PostgreSQL, the logs or an upload soon fail.
LEAST_FREE_BYTES = 300_000_000


async def beat(worker: int, started_at: datetime) -> None:
    """The worker with this key lives. Rows of workers that have been silent for a day are deleted."""
    now = clock.now()
    await execute(
        "INSERT INTO worker_heartbeat (id, started_at, seen_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET seen_at = $3",
        worker, started_at, now,
    )  # fmt: skip
    await execute("DELETE FROM worker_heartbeat WHERE seen_at < $1", now - FORGOTTEN_AFTER)


async def end_beat(worker: int) -> None:
    """The worker stops as it was asked to."""
    await execute("DELETE FROM worker_heartbeat WHERE id = $1", worker)


async def last_beat() -> datetime | None:
    """When a worker was last heard of; None: not within a day."""
    seen: datetime | None = await fetch_value("SELECT max(seen_at) FROM worker_heartbeat")
    return seen


async def worker_problem() -> str | None:
    """Why jobs and mails wait; None while a worker lives."""
    seen = await last_beat()
    if seen is None:
        return "no worker runs: start `linesheet worker`"
    silent = clock.now() - seen
    return None if silent < SILENT_AFTER else f"no worker was heard of for {int(silent.total_seconds())} seconds"


def disk_problem(folder: Path) -> str | None:
    """Whether the disk that holds the folder is nearly full."""
    place = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return f"the disk of the uploads cannot be read ({type(error).__name__})"
    return None if free >= LEAST_FREE_BYTES else f"the disk of the uploads is nearly full: {free // 1_000_000} MB are left"


async def pause_sending(reason: str) -> None:
    """No mail leaves this installation until `resume_sending`."""
    await execute("INSERT INTO sending_pause (id, since, reason) VALUES (1, $1, $2) ON CONFLICT DO NOTHING", clock.now(), reason)


async def resume_sending() -> bool:
    """Mails leave again; whether they were paused."""
    return await execute("DELETE FROM sending_pause") > 0


async def sending_is_paused() -> str | None:
    """Why no mail is sent; None when mails are sent."""
    reason: str | None = await fetch_value("SELECT reason FROM sending_pause")
    return reason
