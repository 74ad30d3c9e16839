"""What is forgotten about sign-ins: sessions and mailed tokens that have been over for a while. Called by the clock, for nobody."""

from datetime import timedelta

from backend.core import clock
from backend.core.database import execute

# Long enough for somebody who asks when and from where her account was used.
KEPT = timedelta(days=90)


async def forget_old_sign_ins() -> None:
    """Deletes sessions and password tokens that ended or expired before the time for which they are kept."""
    before = clock.now() - KEPT
    await execute("DELETE FROM session WHERE expires_at < $1 OR ended_at < $1", before)
    await execute("DELETE FROM password_token WHERE expires_at < $1 OR used_at < $1", before)
