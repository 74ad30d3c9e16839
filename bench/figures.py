"""What was measured, round by round, and how it is told: one table for people, the same as JSON for machines."""

import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.load import CONNECTIONS, Load

# Vendure 3.7.3 (Node.js, PostgreSQL): processor ms and statements for the same work, recorded once on the same kind of machine.
VENDURE = {
    "page, with facets": (284, 136),
    "page": (284, 136),
    "detail": (21, 9),
    "set 12 lines, with the total": (125, 205),
    "place an order of 12": (238, 251),
}
# Requests per second, of the raw endpoint's.
TARGET = {
    "page, with facets": 0.6,
    "page": 0.6,
    "detail": 0.6,
    "cart of 30": 0.5,
    "set 12 lines, with the total": 0.5,
    "place an order of 12": 0.4,
}
# How many times less processor time than Vendure.
TARGET_OF_VENDURE = {
    "page, with facets": 25,
    "page": 25,
    "detail": 8,
    "set 12 lines, with the total": 25,
    "place an order of 12": 15,
}

OURS, RAW, POOLED = "", "raw", "PgBouncer"


@dataclass(slots=True)
class Figures:
    """One side of an operation: a value for each round."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    python_ms: list[float] = field(default_factory=list)
    postgres_ms: list[float] = field(default_factory=list)
    statements: int = 1

    def add(self, load: Load, python_ms: float, postgres_ms: float) -> None:
        self.rates.append(load.requests / load.seconds)
        self.p50.append(load.p50)
        self.p99.append(load.p99)
        self.python_ms.append(python_ms / load.requests)
        self.postgres_ms.append(postgres_ms / load.requests)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(self.python_ms) + statistics.median(self.postgres_ms)

    def of(self, other: "Figures") -> float:
        """The median over rounds of the two sides' ratio within a round."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.rates, other.rates, strict=True))


class Results:
    """Figures by operation and side."""

    def __init__(self) -> None:
        self.sides: dict[tuple[str, str], Figures] = {}

    def side(self, operation: str, side: str) -> Figures:
        return self.sides.setdefault((operation, side), Figures())

    def ratio(self, operation: str, side: str, other: str) -> float | None:
        """Of this side to the other one, where both were measured."""
        one, two = self.sides.get((operation, side)), self.sides.get((operation, other))
        return one.of(two) if one and two and one.rates and two.rates and side != other else None

    def json(self) -> list[dict[str, Any]]:
        return [
            {
                "operation": operation,
                "side": side or "Linesheet",
                "medians": {name: statistics.median(values) for name, values in asdict(found).items() if name != "statements"},
                "spread": [min(found.rates), max(found.rates)],
                "of_raw": self.ratio(operation, side, RAW),
                "of_direct": self.ratio(operation, side, OURS) if side == POOLED else None,
                "target_of_raw": TARGET.get(operation) if side == OURS else None,
                "vendure_cpu_ms": VENDURE[operation][0] if operation in VENDURE and side == OURS else None,
                "times_less_cpu_than_vendure": VENDURE[operation][0] / found.cpu_ms
                if operation in VENDURE and side == OURS
                else None,
                "target_of_vendure": TARGET_OF_VENDURE.get(operation) if side == OURS else None,
                "rounds": asdict(found),
            }
            for (operation, side), found in self.sides.items()
        ]

    def table(self) -> str:
        rows = [_HEADS, *self._rows()]
        filled = [column for column in range(len(_HEADS)) if any(row[column] for row in rows[1:])]
        widths = {column: max(len(row[column]) for row in rows) for column in filled}
        return "\n".join(
            "  ".join(row[column].rjust(widths[column]) if column else row[column].ljust(widths[column]) for column in filled)
            for row in rows
        )

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for (operation, side), found in self.sides.items():
            of_raw, of_direct = self.ratio(operation, side, RAW), self.ratio(operation, side, OURS) if side == POOLED else None
            ours = side == OURS
            vendure = VENDURE.get(operation) if ours else None
            yield (
                operation if ours else f"  {side}", f"{statistics.median(found.rates):,.0f}", f"{min(found.rates):,.0f} to {max(found.rates):,.0f}",
                f"{of_raw:.2f}" if of_raw else "", f"{TARGET[operation]:.1f}" if ours and of_raw and operation in TARGET else "",
                f"{of_direct:.2f}" if of_direct else "", f"{statistics.median(found.p50):.1f}", f"{statistics.median(found.p99):.1f}",
                f"{statistics.median(found.python_ms):.2f}", f"{statistics.median(found.postgres_ms):.2f}", str(found.statements),
                f"{vendure[0]} ({vendure[0] / found.cpu_ms:.0f}x)" if vendure else "",
                f"{TARGET_OF_VENDURE[operation]}x" if vendure else "",
            )  # fmt: skip


_HEADS = (
    "operation", "requests/s", "spread", "of raw", "target", "of direct", "p50 ms", "p99 ms", "Python", "+ PostgreSQL", "statements",
    "Vendure CPU", "target",
)  # fmt: skip

NOTE = (
    f"Python and PostgreSQL: processor ms per request; PgBouncer's own counts with PostgreSQL's. Vendure: processor ms, recorded once, not run here."
    f" {CONNECTIONS} requests at once."
)
