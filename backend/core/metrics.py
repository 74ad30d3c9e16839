"""What is counted for Prometheus. Labels are bounded: no client can make up a new one for each request.

Each process counts in its own memory; with several web processes prometheus_client keeps the counts in files that all of them add up.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.metrics_core import GaugeMetricFamily

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# prometheus_client reads it when it is imported: `linesheet serve` sets it before its processes start.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

OTHER = "other"
UNNAMED = "unnamed"
# How many names of operations, besides those that are known at the start, have a label of their own.
MOST_NAMES = 100

LAG_EVERY = 1.0

REGISTRY = CollectorRegistry()
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

OPERATION = Histogram(
    "linesheet_operation_seconds", "GraphQL operations by name.", ["operation"], buckets=_SECONDS, registry=REGISTRY
)
STATEMENTS = Counter("linesheet_statements", "SQL statements of GraphQL operations.", ["operation"], registry=REGISTRY)
ERRORS = Counter("linesheet_errors", "Top-level errors of GraphQL answers by extensions.code.", ["code"], registry=REGISTRY)
RESPONSES = Counter("linesheet_responses", "HTTP responses by status.", ["status"], registry=REGISTRY)
IN_FLIGHT = Gauge(
    "linesheet_requests_in_flight", "HTTP requests that are being answered.", multiprocess_mode="livesum", registry=REGISTRY
)
POOL = Gauge(
    "linesheet_pool_connections",
    "Database connections by state: used, idle.",
    ["state"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
LAG = Gauge(
    "linesheet_event_loop_lag_seconds",
    "By how much a timer of one second was late.",
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
JOB = Histogram(
    "linesheet_job_seconds",
    "Jobs by event and outcome: done, retried, failed.",
    ["event", "outcome"],
    buckets=_SECONDS,
    registry=REGISTRY,
)


class Names:
    """Which operation names have a label: those that are known, and the first others to come."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.others: set[str] = set()

    def label(self, name: str | None) -> str:
        if not name:
            return UNNAMED
        if name in self.known or name in self.others:
            return name
        if len(self.others) >= MOST_NAMES:
            return OTHER
        self.others.add(name)
        return name


NAMES = Names()


def operation_done(name: str | None, seconds: float, statements: int, codes: Iterable[str]) -> None:
    label = NAMES.label(name)
    OPERATION.labels(label).observe(seconds)
    STATEMENTS.labels(label).inc(statements)
    for code in codes:
        ERRORS.labels(code).inc()


@dataclass(slots=True)
class Outcome:
    name: str = "done"


@contextmanager
def job(event: str) -> Iterator[Outcome]:
    """Around one attempt at a job; the outcome is done unless the block says otherwise."""
    outcome, started = Outcome(), time.perf_counter()
    try:
        yield outcome
    finally:
        JOB.labels(event, outcome.name).observe(time.perf_counter() - started)


async def watch_loop(pool_sizes: Callable[[], tuple[int, int]]) -> None:
    """Measures this process until cancelled."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(LAG_EVERY)
        LAG.set(max(0.0, time.perf_counter() - before - LAG_EVERY))
        size, idle = pool_sizes()
        POOL.labels("used").set(size - idle)
        POOL.labels("idle").set(idle)


def text(stored: Iterable[tuple[str, str, float]]) -> bytes:
    """All counts, of all processes that share a folder, and what was read from the database: names, help and values."""
    folder = os.environ.get(SHARED_FOLDER)
    registry = REGISTRY
    if folder:
        _forget_dead(Path(folder))
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    found = CollectorRegistry()
    found.register(_Stored([GaugeMetricFamily(name, about, value=value) for name, about, value in stored]))
    return generate_latest(registry) + generate_latest(found)


def _forget_dead(folder: Path) -> None:
    """A process that has ended is no longer in flight."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            multiprocess.mark_process_dead(int(pid))  # type: ignore[no-untyped-call]


class _Stored:
    """Gauges whose values were read before."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self.families = families

    def collect(self) -> list[GaugeMetricFamily]:
        return self.families
