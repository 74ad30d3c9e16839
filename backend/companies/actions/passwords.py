"""Setting a password: by a mailed token, or by knowing the old one. A new password ends every other session of its owner."""

from backend.companies import attempts
from backend.companies.actions.sessions import SignedIn, sign_in_without_password
from backend.companies.attempts import Allowance
from backend.companies.events import PasswordResetRequested
from backend.companies.passwords import hash_password, matches, new_token, token_hash
from backend.companies.rules import (
    INVITATION_LIFETIME,
    MAX_PASSWORD,
    RESET_LIFETIME,
    email_problem,
    normal_email,
    password_problem,
)
from backend.core import clock, events
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.ids import new_id
from backend.core.viewer import Viewer

# At once, and again in every hour.
RESETS_OF_CALLER = 30
RESETS_OF_CALLER_AT_ACCOUNT = 5
RESETS_AT_ACCOUNT = 20
CHANGES_PER_USER = 10

_HOLDER = """
SELECT t.user_id, u.email FROM password_token t JOIN user_account u ON u.id = t.user_id AND u.is_active
WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.expires_at > $2
"""


async def request_password_reset(email: str, *, device: str | None = None, address: str = "") -> None:
    """Anybody may ask. What happens here is the same whether the address is known or not; the worker finds out and writes.

    `device`: as `device_token` gave it. Raises RateLimited.
    """
    email = normal_email(email)
    account, caller = attempts.hidden(email), attempts.caller_of(address)
    allowances = [
        Allowance(f"reset:caller:{caller}", RESETS_OF_CALLER, attempts.HOUR),
        Allowance(f"reset:caller:{caller}:{account}", RESETS_OF_CALLER_AT_ACCOUNT, attempts.HOUR),
        Allowance(f"reset:account:{account}", RESETS_AT_ACCOUNT, attempts.HOUR),
    ]
    if attempts.is_known_device(device, email):
        allowances = [Allowance(f"reset:device:{attempts.hidden(device or '')}", RESETS_OF_CALLER_AT_ACCOUNT, attempts.HOUR)]
    await attempts.spend(allowances, "requests for a new password")
    if email_problem(email) is None:
        await events.record(PasswordResetRequested(email))


async def issue_password_token(user_id: int, *, invitation: bool = False) -> str | None:
    """For the writer of the mail: a token by which this person may set her password, once; None when she may not come in."""
    if not await fetch_value("SELECT is_active FROM user_account WHERE id = $1", user_id):
        return None
    token, now = new_token("lp"), clock.now()
    await execute(
        "INSERT INTO password_token (id, token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        token_hash(token),
        user_id,
        now,
        now + (INVITATION_LIFETIME if invitation else RESET_LIFETIME),
    )
    return token


async def set_password(token: str, password: str, *, address: str = "", user_agent: str = "") -> SignedIn:
    """Anybody who holds a mailed token may, once. Raises NotFound, InvalidInput."""
    gone = NotFound("This link has expired or was used already. Ask for a new one.")
    person = await fetch_row(_HOLDER, token_hash(token), clock.now())
    if person is None:
        raise gone
    check_password(password, person["email"], ["password"])
    password_hash = await hash_password(password, caller=attempts.caller_of(address))
    async with transaction():
        if not await _use_tokens(person["user_id"], token_hash(token)):
            raise gone
        await _store(person["user_id"], password_hash)
        signed_in = await sign_in_without_password(person["user_id"], address=address, user_agent=user_agent)
        if signed_in is None:
            raise gone
        return signed_in


async def change_password(viewer: Viewer, current: str, new: str) -> None:
    """Sets one's own password; this sign-in stays, the others end. Raises InvalidInput, RateLimited."""
    viewer.require_signed_in()
    await attempts.spend([Allowance(f"change-password:{viewer.user_id}", CHANGES_PER_USER, attempts.HOUR)], "attempts")
    stored = await fetch_value("SELECT password_hash FROM user_account WHERE id = $1", viewer.user_id)
    if not await matches(stored, current[: MAX_PASSWORD + 1], caller=viewer.key):
        raise InvalidInput(Why.WRONG("This is not your present password."), ["current"])
    check_password(new, viewer.email, ["new"])
    password_hash = await hash_password(new, caller=viewer.key)
    async with transaction():
        await _use_tokens(viewer.user_id or 0, None)
        await _store(viewer.user_id or 0, password_hash, keep_session=viewer.session_id)


def check_password(password: str, email: str, path: list[str]) -> None:
    """Raises InvalidInput at this path."""
    problem = password_problem(password, email)
    if problem:
        raise InvalidInput(problem, path)


async def _use_tokens(user_id: int, hashed: bytes | None) -> bool:
    """Uses up all open tokens of this person; whether this one was among them. Two at once: one of them finds it used."""
    return bool(
        await fetch_value(
            "WITH used AS (UPDATE password_token SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL RETURNING token_hash)"
            " SELECT count(*) FROM used WHERE token_hash = $3",
            user_id,
            clock.now(),
            hashed,
        )
    )


async def _store(user_id: int, password_hash: str, keep_session: int | None = None) -> None:
    await execute("UPDATE user_account SET password_hash = $2 WHERE id = $1", user_id, password_hash)
    await execute(
        "UPDATE session SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL"
        " AND family_id IS DISTINCT FROM (SELECT family_id FROM session WHERE id = $3)",
        user_id,
        clock.now(),
        keep_session,
    )
