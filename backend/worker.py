"""What happens outside a request: the handlers of each event, and the timers.

A job is there exactly when its event was committed, and it is tried until its handlers have succeeded: each handler must be
able to run twice. Failures are tried again at growing intervals, then held for a person to look at.
"""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job, Schedule
from pgqueuer.types import QueueExecutionMode

from backend.companies.actions.housekeeping import forget_old_sign_ins
from backend.companies.events import InvitationMade, ManySignInsRefused, MemberInvited, PasswordResetRequested, StaffInvited
from backend.core.database import credentials
from backend.core.events import Event, restore
from backend.core.housekeeping import forget_idempotency_keys
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

Handler = Callable[[Any], Awaitable[None]]

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
TIMERS: Mapping[str, tuple[str, Callable[[], Awaitable[None]]]] = {
    "forget_idempotency_keys": ("17 * * * *", forget_idempotency_keys),
    "forget_old_sign_ins": ("47 3 * * *", forget_old_sign_ins),
    "send_waiting_mails": ("* * * * *", send_waiting_mails),
}

# After 1, 2, 4 … seconds, at most an hour apart: about nine hours in all.
MOST_ATTEMPTS = 20
LONGEST_PAUSE = timedelta(hours=1)

# Between a lost connection and the next attempt to open one.
RECONNECT_AFTER = 1.0


async def work(dsn: str, handlers: Handlers = HANDLERS) -> None:
    """Handle jobs and timers until cancelled; a database that goes away is waited for. Needs `database.start` before it."""
    while True:
        try:
            await _run(dsn, handlers, QueueExecutionMode.continuous)
            log.warning("the job queue's connection was lost")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("the job queue's database does not answer: %s", type(error).__name__)
        await asyncio.sleep(RECONNECT_AFTER)


async def drain(dsn: str, handlers: Handlers = HANDLERS) -> None:
    """Handle every job that is waiting, and those that these bring about; then answer. For tests and the demo."""
    if handlers:
        await _run(dsn, handlers, QueueExecutionMode.drain)


async def _run(dsn: str, handlers: Handlers, mode: QueueExecutionMode) -> None:
    connection = await asyncpg.connect(**credentials(dsn))
    try:
        queue = queue_over(connection, handlers)
        if mode is QueueExecutionMode.drain:
            await queue.qm.run(mode=mode)
        else:
            await queue.run(mode=mode, shutdown_on_listener_failure=True)
    finally:
        await connection.close()


def queue_over(connection: asyncpg.Connection, handlers: Handlers) -> PgQueuer:
    """The queue with every handler and timer."""
    queue = PgQueuer.from_asyncpg_connection(connection)
    for event, functions in handlers.items():
        queue.entrypoint(event.__name__, on_failure="hold")(functools.partial(handle, event, functions))
    for name, (times, function) in TIMERS.items():
        queue.schedule(name, times)(functools.partial(_tick, function))
    return queue


async def handle(event: type[Event], handlers: tuple[Handler, ...], job: Job) -> None:
    """Call the handlers of an event, one after another; what fails is asked for again later."""
    for handler in handlers:
        try:
            await handler(restore(event, job.payload))
        except Exception as error:
            log.exception("%s failed for %s, attempt %d", handler.__name__, event.__name__, job.attempts + 1)
            if job.attempts + 1 >= MOST_ATTEMPTS:
                raise
            pause = min(timedelta(seconds=2**job.attempts), LONGEST_PAUSE)
            raise RetryRequested(pause, reason=str(error)) from error


async def _tick(function: Callable[[], Awaitable[None]], schedule: Schedule) -> None:
    try:
        await function()
    except Exception:
        log.exception("the timer %s failed", schedule.entrypoint)
