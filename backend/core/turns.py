"""Takes turns at what is scarce. Nobody who waits for a turn holds a connection of the database meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from backend.core.database import give_back_connection


class Turns:
    """In this process at most `at_once` at a time have a turn at one key. The others wait in the order in which they came."""

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once
        self._lines: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, key: Hashable) -> AsyncIterator[None]:
        """To be entered before a transaction begins, since that could not give its connection back."""
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = asyncio.Semaphore(self.at_once)
        if line.locked():
            await give_back_connection()
        async with line:
            yield
