"""Completes a long list in slices, and hands the event loop back between them.

Promises the values and errors that graphql-core finds. Of a large answer each slice is written as JSON at once, so that its
objects are let go of, and its bytes are counted.
"""

from collections.abc import Generator
from time import thread_time
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLList, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path, gather_with_cancel

from backend.core.database import give_back_connection
from backend.core.errors import TooComplex
from backend.graphql.compile import Plan
from backend.graphql.work import SLICE_SECONDS, Large, Spent

if TYPE_CHECKING:
    from backend.graphql.executor import OperationExecutor

# How many bytes are put together between two looks of the event loop at others.
BYTES_AT_ONCE = 256_000


class _Written(bytes):
    """The JSON of some items, with commas between them."""


class LongList:
    """One list of one answer. `plan` completes a slice of it; where there is none, graphql-core completes each item."""

    def __init__(
        self,
        executor: "OperationExecutor",
        plan: Plan | str,
        kind: GraphQLOutputType,
        details: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Any,
        position: Any,
    ) -> None:
        assert isinstance(kind, GraphQLList)
        self.executor = executor
        self.work = executor.work
        self.plan = plan
        self.item_type: GraphQLOutputType = kind.of_type
        self.details = details
        self.info = info
        self.path = path
        self.items = items
        self.position = position
        self.start = 0
        self.size = max(1, self.work.slice // plan.item_values) if isinstance(plan, Plan) else 1
        self.results: list[Any] = []
        self.next: int | None = None  # the place of an item that is large itself and is to be completed at once
        self.waiting: list[int] = []  # places in the results that hold something to be awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.complete().__await__()

    async def complete(self) -> Any:
        """The list, or its JSON when the answer is large. No connection is held while it is made."""
        await give_back_connection()
        try:
            while self.start < len(self.items):
                async with self.work.pace.turn():
                    self.slice()
                if self.next is not None:
                    # All in it is plain: it is completed before the next item is begun, so that little is begun in vain.
                    place, self.next = self.next, None
                    self.results[place] = await self.results[place]
        except Exception:
            self.executor.settle_in_background([self.results[place] for place in self.waiting])
            raise
        values = await gather_with_cancel(*[self.results[place] for place in self.waiting])
        for place, value in zip(self.waiting, values, strict=True):
            self.results[place] = value
        return await self.written() if self.work.is_large else self.results

    def slice(self) -> None:
        """Completes as many items as may be completed in one go."""
        self.work.check()
        began, spent, left, start = thread_time(), self.work.seconds, self.work.left, self.start
        if isinstance(self.plan, Plan):
            self.planned(self.plan, self.items[start : start + self.size])
        else:
            while (
                self.start < len(self.items) and left - self.work.left < self.work.slice and thread_time() - began < SLICE_SECONDS
            ):
                self.one()
        values, seconds = left - self.work.left, thread_time() - began
        self.work.seconds = spent + seconds
        self.work.longest = max(self.work.longest, values)
        self.adapt(self.start - start, values, seconds)

    def planned(self, plan: Plan, items: Any) -> None:
        """Completes these items by the plan and writes them; fewer, when they are too much for a slice; one by one, when it fails."""
        try:
            written = orjson.dumps(self.executor.run(plan, items))
        except (Spent, Large):
            if len(items) > 1:
                self.size = 1
                return
            self.executor.too_large = items[0]
            self.one()
            self.next = self.waiting.pop() if self.waiting and self.waiting[-1] == len(self.results) - 1 else None
            return
        except TooComplex:
            raise
        except Exception:
            # graphql-core completes the items again and finds the exact errors.
            self.executor.figures.failures += 1
        else:
            self.executor.figures.compiled += 1
            self.work.is_large = True
            self.results.append(_Written(written[1:-1]))
            self.start += len(items)
            self.work.count_bytes(len(written))
            return
        for _ in items:
            self.one()

    def one(self) -> None:
        """Completes the next item as graphql-core does."""
        place = len(self.results)
        item_path = self.path.add_key(self.start, None)
        item = self.items[self.start]
        self.start += 1
        executor = self.executor
        if executor.is_awaitable(item):
            self.results.append(
                executor.complete_awaitable_list_item_value(item, self.item_type, self.details, self.info, item_path, self.position)
            )
            self.waiting.append(place)
        elif executor.complete_list_item_value(
            item, self.results, self.item_type, self.details, self.info, item_path, self.position
        ):
            self.waiting.append(place)

    def adapt(self, items: int, values: int, seconds: float) -> None:
        """How many items the next slice may have, as far as the last one tells."""
        if items:
            fits = min(self.work.slice / max(values, 1), SLICE_SECONDS / max(seconds, 1e-6), 4.0)
            self.size = max(1, int(items * fits))

    async def written(self) -> Any:
        """The list as JSON, put together a part at a time."""
        parts: list[bytes] = []
        length = 0
        for result in self.results:
            part = result if isinstance(result, _Written) else orjson.dumps(result)
            parts.append(part)
            length += len(part)
            if length > BYTES_AT_ONCE:
                length = 0
                async with self.work.pace.turn():
                    pass
        return orjson.Fragment(b"[" + b",".join(parts) + b"]")
