"""How much work an answer is, counted while it is made: what may be made in one go, what one answer may hold, and what was used.

A value is a field of an object or an item of a list; a long text counts as more. Promises that an answer never holds more than
its bound, that nothing beyond the bound is made, and that a large answer is made in slices with others' turns between them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import thread_time

from backend.core.errors import TooComplex

# An answer of so many values is made in one go, in some milliseconds. A larger one is made in slices.
WHOLE = 30_000
# What a slice may hold, and how long it is meant to take: a slow one makes the next ones shorter.
SLICE = 6_000
SLICE_SECONDS = 0.003
LOOK_AFTER = 0.001
# A text of so many characters counts as one more value; texts shorter than LONG are not counted.
CHARACTERS = 64
LONG = 256
# What a value weighs that graphql-core completes by itself, beside one of a compiled plan. What describes the schema weighs less,
# since all of it must fit into one answer.
CORE_VALUE = 20
SCHEMA_VALUE = 4
# What a millisecond of the event loop counts for, in values: a busy one makes about as many.
VALUES_A_MILLISECOND = 4_000
UNBOUNDED = 2**62
WAY_OUT = "Ask for smaller pages with first, for fewer lists within lists, or for fewer long texts."
CARRIED_OUT = "This change was carried out, and fields after it were not. Do not send it again; read the result with a query that asks for less."


class Spent(Exception):
    """Raised by a plan that has used up its allowance, before it makes more."""


class Large(Exception):
    """Raised by a plan before it makes a list that will be large because of the lists within it."""


def weight_of_text(text: str) -> int:
    """What a long text counts for beside the one value that it is."""
    return len(text) // CHARACTERS


class Pace:
    """Whose turn it is among large answers: about one slice is made between two looks at everybody else, however many answers are large."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.seconds = 0.0  # that slices have taken since the last look

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside, a slice may be made; afterwards others are looked at, when enough has been made since the last look."""
        async with self.lock:
            began = thread_time()
            yield
            self.seconds += thread_time() - began
            if self.seconds >= LOOK_AFTER:
                self.seconds = 0.0
                await asyncio.sleep(0)


class Work:
    """What one answer has cost so far, and what it may still hold."""

    __slots__ = (
        "bound",
        "byte_bound",
        "bytes",
        "is_change",
        "is_large",
        "left",
        "longest",
        "pace",
        "seconds",
        "slice",
        "wasted",
        "whole",
        "whole_until",
    )

    def __init__(self, bound: int, byte_bound: int, pace: Pace | None = None, whole: int = WHOLE, slice: int = SLICE) -> None:
        self.bound = bound
        self.byte_bound = byte_bound
        self.pace = pace or Pace()
        self.left = bound
        self.whole = whole
        self.slice = slice
        self.whole_until = bound - whole  # with less left than this the answer is large
        self.wasted = 0
        self.bytes = 0
        self.seconds = 0.0  # that plans and JSON have taken of the event loop
        self.longest = 0  # values of the longest slice
        self.is_large = False
        self.is_change = False  # what is answered has been carried out

    @property
    def values(self) -> int:
        """Counted so far."""
        return self.bound - self.left

    @property
    def weight(self) -> int:
        """What the answer counts for: all that was made, or the time that it took."""
        return max(self.values + self.wasted, int(self.seconds * 1000 * VALUES_A_MILLISECOND))

    def check(self) -> None:
        """Refuses to make more than the bound."""
        too_much = self.too_much()
        if too_much:
            raise TooComplex(f"{too_much} {CARRIED_OUT if self.is_change else WAY_OUT}")

    def require_whole(self) -> None:
        """Refuses a change whose answer is over the bound, so that it is undone."""
        too_much = self.too_much()
        if too_much:
            raise TooComplex(f"{too_much} Nothing was changed. {WAY_OUT}")

    def too_much(self) -> str:
        """Which bound is passed; nothing when none is."""
        if self.left < 0:
            return f"The answer holds more than {self.bound:,} values; a long text counts for several."
        if self.bytes > self.byte_bound:
            return f"The answer is longer than {self.byte_bound:,} bytes."
        return ""

    def count(self, values: int) -> None:
        """Counts values that are made, and refuses those that go beyond the bound."""
        self.left -= values
        if self.left < 0:
            self.check()

    def waste(self, values: int) -> None:
        """Counts what was made in vain, since it was more than may be made in one go. An answer that wastes more than it may hold is refused."""
        self.wasted += values
        if self.wasted > self.bound:
            self.left = -1
            self.check()

    def count_bytes(self, length: int) -> None:
        self.bytes += length
        if self.bytes > self.byte_bound:
            self.check()
