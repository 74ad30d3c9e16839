"""`linesheet migrate`, `demo`, `reset` and `schema`: what a person does to the data as a whole."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backend.commands.errors import CommandError
from backend.commands.progress import note, step
from backend.commands.servers import opened, servers
from backend.demo.logins import LOGINS
from backend.embedded.servers import remove_data
from backend.settings import Settings, get_settings

T = TypeVar("T")


def migrate(arguments: argparse.Namespace) -> int:
    """Bring the database to this version's tables."""
    with servers(note) as settings:
        applied = asyncio.run(migrate_database(settings))
    print("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """Fill an empty database with the demo."""
    with servers(note) as settings:
        if settings.production:
            raise CommandError("The demo's password is known to everybody: it is not for production.")
        asyncio.run(migrate_database(settings))
        if not asyncio.run(fill_if_empty(settings)):
            raise CommandError("The database is not empty. `make reset` starts over.")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """Remove everything that the embedded servers keep."""
    if get_settings().database_url is not None:
        raise CommandError("DATABASE_URL is set. Only the embedded database is removed like this; drop yours with your own tools.")
    removed = remove_data()
    print(f"Removed the data in {removed}. `make run` starts over.")
    return 0


def schema(arguments: argparse.Namespace) -> int:
    """Print the API in the schema language."""
    from backend.api.schema import schema as built

    print(built.as_str())
    return 0


async def migrate_database(settings: Settings) -> list[str]:
    from backend.catalogue.search import refresh_missing
    from backend.core.migrate import MigrationRefused
    from backend.core.migrate import migrate as apply

    assert settings.direct_url is not None
    try:
        applied = await apply(settings.direct_url, note)
    except MigrationRefused as error:
        raise CommandError(str(error)) from error
    if applied:
        async with opened(settings):
            await refresh_missing()
    return applied


async def refuse_newer_database(settings: Settings) -> None:
    """For processes that do not migrate themselves: an older version must not work on a newer version's tables."""
    from backend.core.migrate import MigrationRefused, check_version

    assert settings.direct_url is not None
    try:
        await check_version(settings.direct_url)
    except MigrationRefused as error:
        raise CommandError(str(error)) from error
    except OSError:
        return  # a database that is away is waited for


async def fill_if_empty(settings: Settings) -> bool:
    """The demo data, where nobody sells anything yet; whether there was anything to do."""
    from backend.core.database import fetch_value
    from backend.demo.load import load_demo

    async with opened(settings):
        if await fetch_value("SELECT EXISTS (SELECT FROM seller)"):
            return False
        with step("Demo data"):
            await load_demo(out=note)
        return True


async def holds_demo(settings: Settings) -> bool:
    """Whether it is the demo that is stored, and not somebody's own catalogue."""
    from backend.core.database import fetch_value

    async with opened(settings):
        return bool(await fetch_value("SELECT EXISTS (SELECT FROM user_account WHERE email = $1)", LOGINS[0][0]))


def with_database(work: Callable[[], Awaitable[T]]) -> T:
    """Run something that needs the database and its tables; a failure that an action expects is said as a sentence."""
    from backend.core.errors import Problem, Refused

    async def run(settings: Settings) -> T:
        await migrate_database(settings)
        async with opened(settings):
            return await work()

    with servers(note) as settings:
        try:
            return asyncio.run(run(settings))
        except (Problem, Refused) as error:
            raise CommandError(error.message) from error
