"""Time, asked for in one place, so that tests can freeze it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """The present moment, UTC."""
    return _frozen.get() or datetime.now(UTC)


def today(timezone: str = "UTC") -> date:
    """The seller's calendar day; dates in Linesheet are the seller's."""
    return day_of(now(), timezone)


def day_of(moment: datetime, timezone: str) -> date:
    """The seller's calendar day at a moment."""
    return moment.astimezone(ZoneInfo(timezone)).date()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Time stands still at `moment` for this task: for tests and for demo data with a history."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)
