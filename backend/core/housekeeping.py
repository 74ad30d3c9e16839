"""Forgets what was only ever kept for a while."""

from datetime import timedelta

from backend.core import clock
from backend.core.database import execute

# An answer is promised for 24 hours; a client's clock may be a little off.
KEYS_KEPT_FOR = timedelta(hours=25)

# Small enough that nobody waits for the locks of one statement.
BATCH = 5_000


async def forget_idempotency_keys() -> None:
    """Delete answers to repeated requests that nobody may ask for any more."""
    before = clock.now() - KEYS_KEPT_FOR
    statement = (
        "DELETE FROM idempotency_key WHERE id IN"
        " (SELECT id FROM idempotency_key WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
    )
    while await execute(statement, before, BATCH) == BATCH:
        pass
