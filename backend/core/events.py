"""What happened, told to the rooms above: an event is a job in the queue, written in the transaction of the action that records it.

So it is there exactly when the action's own rows are. The worker reads it back and calls the handlers of its table.
"""

from dataclasses import asdict
from typing import Any, ClassVar, Protocol, TypeVar

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from backend.core.database import connection
from backend.core.logs import request_id

# Where a job keeps the id of the request that brought it about.
REQUEST_HEADER = "request"


class Event(Protocol):
    """A frozen dataclass of plain values, named in the past tense; its class name is the job's entry point."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


EventT = TypeVar("EventT", bound=Event)


async def record(*events: Event) -> None:
    """Writes the events as jobs, by one statement, within the running transaction."""
    if not events:
        return
    request = request_id()
    headers = None if request is None else {REQUEST_HEADER: request}
    async with connection() as acquired:
        queries = Queries(AsyncpgDriver(acquired))
        await queries.enqueue(
            [type(event).__name__ for event in events],
            [orjson.dumps(asdict(event)) for event in events],
            [0] * len(events),
            headers=[headers] * len(events),
        )


def restore(kind: type[EventT], payload: bytes | None) -> EventT:
    """The event that a job carries."""
    return kind(**orjson.loads(payload or b"{}"))
