"""The servers that a command works with: those named in the environment, or else the embedded ones."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from backend.embedded import EmbeddedServers
from backend.settings import Settings, get_settings

Say = Callable[[str], None]


@contextmanager
def servers(say: Say) -> Iterator[Settings]:
    """The settings, with servers to use: embedded ones are started, or joined where they run already."""
    settings = get_settings()
    if settings.database_url is not None:
        yield settings
        return
    with EmbeddedServers(say=say) as addresses:
        # In the environment, so that worker processes find them as well.
        os.environ["DATABASE_URL"] = addresses.database_url
        if addresses.redis_url is not None and settings.redis_url is None:
            os.environ["REDIS_URL"] = addresses.redis_url
        get_settings.cache_clear()
        yield get_settings()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """The database and the cache, open for actions and queries."""
    from backend.core import cache, database

    assert settings.direct_url is not None
    await database.start(settings.direct_url, pool_max=settings.pool_max)
    await cache.start(settings.redis_url)
    try:
        yield
    finally:
        await cache.stop()
        await database.stop()
