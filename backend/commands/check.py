"""`linesheet check`: tries everything that the settings name, and says what is wrong and what would do."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from backend.commands.progress import note
from backend.commands.servers import servers
from backend.settings import Settings

WITHIN = 10.0
# Sessions, reset links and waiting mails are timed by this machine's clock.
CLOCKS_APART = 5.0


def check(arguments: argparse.Namespace) -> int:
    """One line for each thing that is tried; status 1 when something is wrong."""
    with servers(note) as settings:
        wrong = asyncio.run(run_checks(settings))
    return 1 if wrong else 0


async def run_checks(settings: Settings) -> int:
    """Tries one after another and prints what came of it; how many are wrong."""
    wrong = 0
    for name, trial in TRIALS.items():
        try:
            async with asyncio.timeout(WITHIN):
                problem = await trial(settings)
        except TimeoutError:
            problem = f"no answer within {WITHIN:.0f} seconds"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        print(f"  {'ok   ' if problem is None else 'WRONG'}  {name}{'' if problem is None else f': {problem}'}", flush=True)
        wrong += problem is not None
    return wrong


async def _database(settings: Settings) -> str | None:
    from backend.core.migrate import check_version, missing_migrations

    assert settings.direct_url is not None
    await check_version(settings.direct_url)
    missing = await missing_migrations(settings.direct_url)
    return f"{len(missing)} migrations are missing: run `linesheet migrate`" if missing else None


async def _clock(settings: Settings) -> str | None:
    moment: datetime = await _value(settings, "SELECT clock_timestamp()")
    apart = abs((datetime.now(UTC) - moment).total_seconds())
    return f"this machine and the database are {apart:.0f} seconds apart: set both by NTP" if apart > CLOCKS_APART else None


async def _redis(settings: Settings) -> str | None:
    from backend.core import cache

    await cache.start(settings.redis_url)
    try:
        return None if await cache.is_ready() else "Redis does not answer at REDIS_URL"
    finally:
        await cache.stop()


async def _mail(settings: Settings) -> str | None:
    from backend.notices.sending import try_server

    return None if settings.smtp_url is None else await try_server(settings)


async def _uploads(settings: Settings) -> str | None:
    from backend.core.health import disk_problem

    return uploads_problem(settings.uploads) or disk_problem(settings.uploads)


async def _worker(settings: Settings) -> str | None:
    from backend.commands.servers import opened
    from backend.core.health import sending_is_paused, worker_problem

    async with opened(settings):
        paused = await sending_is_paused()
        return f"no mail is sent: {paused}" if paused else await worker_problem()


async def _value(settings: Settings, query: str) -> datetime:
    import asyncpg

    from backend.core.database import credentials

    assert settings.direct_url is not None
    connection = await asyncpg.connect(**credentials(settings.direct_url))
    try:
        found: datetime = await connection.fetchval(query)
        return found
    finally:
        await connection.close()


def uploads_problem(folder: Path) -> str | None:
    """Why nothing can be uploaded; the folder is made where that is possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"UPLOADS names {folder}, which cannot be made ({error.strerror}): name a folder that this account may write to"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"UPLOADS names {folder}, which this account may not write to: change its owner, or name another folder"
    return None


Trial = Callable[[Settings], Awaitable[str | None]]
TRIALS: dict[str, Trial] = {
    "database and its tables (DATABASE_URL)": _database,
    "clock": _clock,
    "Redis (REDIS_URL)": _redis,
    "mail server (SMTP_URL)": _mail,
    "uploads (UPLOADS) and their disk": _uploads,
    "worker": _worker,
}
