"""How much one viewer, or one address of strangers, may ask for in a minute: counted in the cache, refused with 429.

Counted in values: an estimate before the work, and after it what the answer took beyond that. The defaults stop scripts, not people.
"""

import time
from dataclasses import dataclass

from starlette.requests import Request

from backend.core import cache
from backend.core.errors import RateLimited
from backend.core.viewer import Viewer

SECONDS = 60.0
# What any request weighs at least, in values: reading it, finding the viewer, answering.
LEAST = 2_000
# What a mutation weighs beside its answer: it writes.
MUTATION = 10_000
# What a document weighs that has not been seen before: it is parsed, validated and compiled, at a cost by its length.
NEW_DOCUMENT, NEW_CHARACTER = 10_000, 20
MAX_REFUSALS = 10_000
# Estimates are off by a little; a difference below this is not worth a second call to the cache.
WORTH_COUNTING = LEAST


@dataclass(frozen=True, slots=True)
class Rates:
    """Allowances in values per minute, available at once and trickling back evenly. 0 means no bound."""

    viewer: int = 60_000_000
    address: int = 60_000_000


UNLIMITED = Rates(0, 0)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a request was counted as before the work: under which key, of which allowance."""

    key: str
    allowed: int
    weight: int


class Gate:
    """Counts requests, and remembers here who was refused until when, so that knocking on costs nothing."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.refusals: dict[str, float] = {}

    def check(self, request: Request) -> None:
        """Refuses a caller whose time has not come, before anything of the request is read."""
        until = self.refusals.get(_caller(request)) if self.refusals else None
        if until is not None and until > time.monotonic():
            raise _refused(until - time.monotonic())

    async def count(self, request: Request, viewer: Viewer | None, weight: int) -> Counted:
        """Counts a request of this viewer; of its address, when it is a stranger's."""
        if viewer is not None and viewer.is_signed_in:
            key, allowed = f"viewer:{viewer.key}", self.rates.viewer
        else:
            key, allowed = f"address:{_address(request)}", self.rates.address
        counted = Counted(f"graphql:{key}", allowed, max(weight, LEAST))
        if not allowed:
            return counted
        wait = await cache.hit(counted.key, allowed, SECONDS, min(counted.weight, allowed))
        if wait:
            self.remember(_caller(request), wait)
            raise _refused(wait)
        return counted

    async def settle(self, counted: Counted, used: int) -> int:
        """Counts what a request took beyond what it was counted as, and returns that. Nothing is asked of the cache for most."""
        more = used - counted.weight
        if more <= WORTH_COUNTING or not counted.allowed:
            return 0
        await cache.charge(counted.key, counted.allowed, SECONDS, more)
        return more

    def remember(self, caller: str, wait: float) -> None:
        if len(self.refusals) >= MAX_REFUSALS:
            self.refusals.clear()
        self.refusals[caller] = time.monotonic() + wait


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _caller(request: Request) -> str:
    """Who knocks, as far as it can be told without asking the database."""
    return request.headers.get("authorization") or _address(request)


def _refused(wait: float) -> RateLimited:
    seconds = max(1, round(wait))
    return RateLimited(f"Too many requests. Try again in {seconds} s.", retry_after=seconds)
