"""What happens outside a request: the handlers of each event, and the timers.

A job is there exactly when its event was committed, and it is tried until its handlers have succeeded: each handler must be
able to run twice. Failures are tried again at growing intervals, then held for a person to look at.
"""

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job, Schedule
from pgqueuer.types import QueueExecutionMode

from backend.companies.actions.housekeeping import forget_old_sign_ins
from backend.companies.events import InvitationMade, ManySignInsRefused, MemberInvited, PasswordResetRequested, StaffInvited
from backend.core import clock, metrics, traces
from backend.core.database import credentials
from backend.core.events import REQUEST_HEADER, Event, restore
from backend.core.health import BEAT_EVERY, beat, end_beat, sending_is_paused
from backend.core.housekeeping import forget_idempotency_keys
from backend.core.ids import new_id
from backend.core.logs import RequestFacts, serving
from backend.notices.events import MailWritten
from backend.notices.sending import send_mail, send_waiting_mails
from backend.notices.writing import (
    write_invitation,
    write_membership_invitation,
    write_order_cancelled,
    write_order_confirmed,
    write_order_received,
    write_password_reset,
    write_sign_ins_refused,
    write_staff_invitation,
)
from backend.orders.events import OrderCancelled, OrderConfirmed, OrderPlaced
from backend.orders.sales import count_sales

log = logging.getLogger(__name__)

Handler = Callable[[Any], Coroutine[Any, Any, None]]

# What follows from what happened. Every event that is recorded has a row, or its jobs would wait for ever.
Handlers = Mapping[type[Event], tuple[Handler, ...]]
HANDLERS: Handlers = {
    OrderPlaced: (write_order_received, count_sales),
    OrderConfirmed: (write_order_confirmed,),
    OrderCancelled: (write_order_cancelled, count_sales),
    InvitationMade: (write_membership_invitation,),
    MemberInvited: (write_invitation,),
    StaffInvited: (write_staff_invitation,),
    PasswordResetRequested: (write_password_reset,),
    ManySignInsRefused: (write_sign_ins_refused,),
    MailWritten: (send_mail,),
}

# What happens by the clock (minute, hour, day, month, weekday; UTC).
TIMERS: Mapping[str, tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = {
    "forget_idempotency_keys": ("17 * * * *", forget_idempotency_keys),
    "forget_old_sign_ins": ("47 3 * * *", forget_old_sign_ins),
    "send_waiting_mails": ("* * * * *", send_waiting_mails),
}

# After 1, 2, 4 … seconds, at most an hour apart: about nine hours in all.
MOST_ATTEMPTS = 20
LONGEST_PAUSE = timedelta(hours=1)

# Between a lost connection and the next attempt to open one.
RECONNECT_AFTER = 1.0

# Asked to stop, a worker is gone within their sum: Docker kills it after ten seconds.
FINISH_WITHIN = 4.0
CLOSE_WITHIN = 2.0


async def work(dsn: str, handlers: Handlers = HANDLERS) -> None:
    """Handle jobs and timers until cancelled; a database that goes away is waited for. Needs `database.start` before it.

    Cancelled, it takes no further job, and gives those that do not finish in time back to the queue.
    """
    paused = await sending_is_paused()
    if paused is not None:
        log.warning("no mail is sent: %s", paused)
    while True:
        try:
            await _run(dsn, handlers)
            log.warning("the job queue's connection was lost")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("the job queue's database does not answer: %s", type(error).__name__)
        await asyncio.sleep(RECONNECT_AFTER)


async def drain(dsn: str, handlers: Handlers = HANDLERS) -> None:
    """Handle every job that is waiting, and those that these bring about; then answer. For tests and the demo."""
    if handlers:
        connection = await asyncpg.connect(**credentials(dsn))
        try:
            await queue_over(connection, handlers, Shift()).qm.run(mode=QueueExecutionMode.drain)
        finally:
            await connection.close()


async def _run(dsn: str, handlers: Handlers) -> None:
    connection = await asyncpg.connect(**credentials(dsn))
    shift = Shift()
    queue = queue_over(connection, handlers, shift)
    running = asyncio.create_task(queue.run(shutdown_on_listener_failure=True))
    beating = asyncio.create_task(_beat(new_id()))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await _stop(queue, running, shift)
        raise
    finally:
        beating.cancel()
        running.cancel()
        await asyncio.wait([running, beating])
        await connection.close(timeout=CLOSE_WITHIN)


async def _beat(worker: int) -> None:
    """Says that this worker lives, until cancelled."""
    started_at = clock.now()
    try:
        while True:
            try:
                await beat(worker, started_at)
            except Exception as error:
                log.warning("the worker's heartbeat could not be written: %s", type(error).__name__)
            await asyncio.sleep(BEAT_EVERY)
    finally:
        with suppress(Exception):
            await end_beat(worker)


async def _stop(queue: PgQueuer, running: asyncio.Task[None], shift: "Shift") -> None:
    """No job is begun any more. Those under way may finish; after a while they are given back to the queue."""
    queue.shutdown.set()
    await asyncio.wait([running], timeout=FINISH_WITHIN)
    if not running.done():
        shift.give_back()
        await asyncio.wait([running], timeout=CLOSE_WITHIN)


class Shift:
    """What one run of the queue is doing: handlers and timers that are under way."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    async def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work in a task of its own, so that it can be cancelled without its job being lost; raises GivenBack then."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        try:
            await asyncio.wait([task])
        finally:
            self.tasks.discard(task)
            task.cancel()
        if task.cancelled():
            raise GivenBack
        task.result()

    def give_back(self) -> None:
        for task in tuple(self.tasks):
            task.cancel()


class GivenBack(Exception):
    """The worker stops before the work was done: somebody else does it."""


def queue_over(connection: asyncpg.Connection, handlers: Handlers, shift: Shift) -> PgQueuer:
    """The queue with every handler and timer."""
    queue = PgQueuer.from_asyncpg_connection(connection)
    for event, functions in handlers.items():
        queue.entrypoint(event.__name__, on_failure="hold")(functools.partial(handle, shift, event, functions))
    for name, (times, function) in TIMERS.items():
        queue.schedule(name, times)(functools.partial(_tick, shift, function))
    return queue


async def handle(shift: Shift, event: type[Event], handlers: tuple[Handler, ...], job: Job) -> None:
    """Call the handlers of an event, one after another; what fails is asked for again later."""
    with serving(request_of(job)), traces.span(f"job {event.__name__}"), metrics.job(event.__name__) as outcome:
        for handler in handlers:
            try:
                await shift.do(handler(restore(event, job.payload)))
            except GivenBack as error:
                outcome.name = "retried"
                log.info("%s is given back to the queue: this worker stops", event.__name__)
                raise RetryRequested(timedelta(0), reason="the worker stopped") from error
            except Exception as error:
                log.exception("%s failed for %s, attempt %d", handler.__name__, event.__name__, job.attempts + 1)
                if job.attempts + 1 >= MOST_ATTEMPTS:
                    outcome.name = "failed"
                    raise
                outcome.name = "retried"
                pause = min(timedelta(seconds=2**job.attempts), LONGEST_PAUSE)
                raise RetryRequested(pause, reason=str(error)) from error


def request_of(job: Job) -> RequestFacts:
    """The request that brought the job about, so that its id is in the job's lines; a job without one has a name of its own."""
    return RequestFacts(str((job.headers or {}).get(REQUEST_HEADER) or f"job-{job.id}"))


async def _tick(shift: Shift, function: Callable[[], Coroutine[Any, Any, None]], schedule: Schedule) -> None:
    try:
        await shift.do(function())
    except GivenBack:
        log.info("the timer %s is cut short: this worker stops", schedule.entrypoint)
    except Exception:
        log.exception("the timer %s failed", schedule.entrypoint)
