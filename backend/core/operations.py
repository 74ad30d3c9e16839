"""One GraphQL operation from its arrival to its answer: counted, noted for the request's line, and logged by itself when it was slow."""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from backend.core import logs, metrics, traces
from backend.core.database import count_statements

log = logging.getLogger("linesheet.slow")

LONGEST_NAME = 80
# Of a slow operation, so many statements are logged, and so much of each; values travel apart from them.
MOST_STATEMENTS = 30
LONGEST_STATEMENT = 300


@dataclass(slots=True)
class Facts:
    name: str | None = None
    codes: list[str] = field(default_factory=list)


_current: ContextVar[Facts | None] = ContextVar("operation", default=None)


@contextmanager
def observed(slow_ms: int) -> Iterator[None]:
    """Around the answer to one operation. `slow_ms`: what takes longer is logged with its statements; 0: nothing is."""
    facts, started = Facts(), time.perf_counter()
    token = _current.set(facts)
    try:
        with traces.span("operation") as span, count_statements() as statements:
            yield
            traces.describe(span, facts.name, statements.count, facts.codes)
    finally:
        _current.reset(token)
        seconds = time.perf_counter() - started
        metrics.operation_done(facts.name, seconds, statements.count, facts.codes)
        logs.note_operation(facts.name, facts.codes)
        if slow_ms and seconds * 1000 >= slow_ms:
            _tell_slow(facts, seconds, statements.texts)


def note_name(name: str | None) -> None:
    """What the operation is called, as soon as it is known."""
    facts = _current.get()
    if facts is not None and name:
        facts.name = name[:LONGEST_NAME]


def note_codes(codes: Iterable[str]) -> None:
    """The codes of the top-level errors that are answered."""
    facts = _current.get()
    if facts is not None:
        facts.codes = sorted(set(codes))


def _tell_slow(facts: Facts, seconds: float, statements: list[str]) -> None:
    told = {
        "operation": facts.name or metrics.UNNAMED,
        "ms": round(seconds * 1000, 1),
        "statements": len(statements),
        "sql": [" ".join(text.split())[:LONGEST_STATEMENT] for text in statements[:MOST_STATEMENTS]],
    }
    log.warning("slow: %s took %.0f ms, %d statements", told["operation"], seconds * 1000, len(statements), extra={"facts": told})
