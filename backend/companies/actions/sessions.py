"""Signing in and out, and acting for another location: whoever leaves here with a token can use it, and nobody learns why they could not.

Refusals of `sign_in` are alike in words and in time, and slow down by caller and by account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.companies import attempts
from backend.companies.attempts import Allowance
from backend.companies.errors import WrongCredentials
from backend.companies.events import ManySignInsRefused
from backend.companies.passwords import hash_password, is_outdated, matches, new_token, token_hash
from backend.companies.queries import MAY_ORDER_FOR
from backend.companies.rules import ACT_FOR_ANY, MAX_PASSWORD, MAX_SESSION_HOURS, SESSION_LIFETIME, email_problem, normal_email
from backend.core import cache, clock, events
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.errors import BadInput, NotFound, NotSignedIn, RateLimited, Unavailable
from backend.core.ids import new_id
from backend.core.viewer import Permission, Viewer

# Wrong attempts, at once and again in every quarter of an hour. The address of a whole office is one caller.
ATTEMPTS_OF_CALLER = 100
ATTEMPTS_OF_CALLER_AT_ACCOUNT = 10
ATTEMPTS_AT_ACCOUNT = 100
RENEWAL_OVERLAP = timedelta(minutes=1)

# Buyers come in at their default location, else at one where they may order; staff come in as themselves.
_PERSON = f"""
SELECT u.id, u.password_hash, u.staff_role,
  (SELECT l.id FROM company_location l JOIN company c ON c.id = l.company_id
     JOIN member m ON m.company_id = c.id AND m.user_id = u.id
   WHERE u.staff_role IS NULL AND {MAY_ORDER_FOR}
   ORDER BY l.id = m.default_location_id DESC NULLS LAST, l.created_at, l.id LIMIT 1) AS location_id
FROM user_account u WHERE u.is_active AND
"""
_ACCOUNT = f"""
SELECT l.id FROM company_location l JOIN company c ON c.id = l.company_id
  LEFT JOIN member m ON m.company_id = c.id AND m.user_id = $2
WHERE l.id = $1 AND {MAY_ORDER_FOR}
"""
_STAFF_ACCOUNT = """
SELECT l.id FROM company_location l JOIN company c ON c.id = l.company_id AND c.is_active
WHERE l.id = $1 AND l.is_active AND ($3 OR EXISTS (SELECT FROM rep_account r WHERE r.company_id = c.id AND r.user_id = $2))
"""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token that was just given. It is told once: only its hash is stored."""

    token: str
    expires_at: datetime


async def sign_in(
    email: str,
    password: str,
    *,
    hours: int = MAX_SESSION_HOURS,
    device: str | None = None,
    address: str = "",
    user_agent: str = "",
) -> SignedIn:
    """Anybody may try. `hours`: how long the token is valid. `device`: as `device_token` gave it.

    Raises WrongCredentials, RateLimited after many wrong attempts, Unavailable, BadInput.
    """
    lifetime = _lifetime(hours)
    email = normal_email(email)
    allowances = await count_attempt(email, device, address)
    # What is no address may hold what PostgreSQL does not take; it is nobody's, and answered as slowly as all others.
    person = await fetch_row(f"{_PERSON} u.email = $1", email) if email_problem(email) is None else None
    right = await fits(person["password_hash"] if person else None, password, allowances, address)
    if person is None or not right or (person["staff_role"] is None and person["location_id"] is None):
        raise WrongCredentials
    await attempts.give_back(allowances)
    if is_outdated(person["password_hash"]):
        stronger = await hash_password(password)
        await execute("UPDATE user_account SET password_hash = $2 WHERE id = $1", person["id"], stronger)
    return await open_session(person["id"], person["location_id"], address=address, user_agent=user_agent, lifetime=lifetime)


async def sign_in_without_password(user_id: int, *, address: str = "", user_agent: str = "") -> SignedIn | None:
    """For somebody who has just proved by a mailed token who she is; None when there is nothing that she may come in to."""
    person = await fetch_row(f"{_PERSON} u.id = $1", user_id)
    if person is None or (person["staff_role"] is None and person["location_id"] is None):
        return None
    return await open_session(person["id"], person["location_id"], address=address, user_agent=user_agent)


async def sign_out(viewer: Viewer) -> None:
    """Ends this sign-in: this token, and all that `act_as` made from it. Other sign-ins stay."""
    viewer.require_signed_in()
    async with transaction():
        await lock_sign_ins(viewer.user_id)
        await execute(
            "UPDATE session SET ended_at = $2 WHERE family_id = (SELECT family_id FROM session WHERE id = $1) AND ended_at IS NULL",
            viewer.session_id,
            clock.now(),
        )


async def end_session(viewer: Viewer, family_id: int) -> None:
    """Ends one of the viewer's own sign-ins with all its tokens, on whatever device it is. Raises NotFound."""
    viewer.require_signed_in()
    async with transaction():
        await lock_sign_ins(viewer.user_id)
        ended = await execute(
            "UPDATE session SET ended_at = $3 WHERE family_id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3",
            family_id,
            viewer.user_id,
            clock.now(),
        )
    if not ended:
        raise NotFound("This session is not one of yours, or has ended.")


async def act_as(viewer: Viewer, location_id: int | None, *, address: str = "", user_agent: str = "") -> SignedIn:
    """Another token, bound to that location and no longer valid than this one; None: as oneself again. Raises NotFound."""
    viewer.require_signed_in()
    if viewer.user_id is None:
        raise NotSignedIn
    chosen = await _own_place(viewer.user_id) if location_id is None else await _account(viewer, location_id)
    return await open_session(viewer.user_id, chosen, address=address, user_agent=user_agent, made_from=viewer.session_id)


# A sign-in that ended meanwhile gives no further token.
_RENEW = """
INSERT INTO session (id, family_id, token_hash, user_id, location_id, created_at, expires_at, user_agent, address)
SELECT $1, family_id, $2, user_id, location_id, $3, $4, $5, $6 FROM session WHERE id = $7 AND ended_at IS NULL RETURNING expires_at
"""
_LAST_USE = "UPDATE session SET expires_at = least(expires_at, $2) WHERE id = $1"


async def renew_token(viewer: Viewer, hours: int, *, address: str = "", user_agent: str = "") -> SignedIn:
    """Another token of the same sign-in and location. The old one stays valid for a minute, for requests that are under way.

    Raises NotSignedIn, BadInput.
    """
    viewer.require_signed_in()
    lifetime = _lifetime(hours)
    token, now = new_token("ls"), clock.now()
    async with transaction():
        await lock_sign_ins(viewer.user_id)
        until = await fetch_value(
            _RENEW, new_id(), token_hash(token), now, now + lifetime, _line(user_agent, 200), _line(address, 64), viewer.session_id
        )
        if until is None:
            raise NotSignedIn
        await execute(_LAST_USE, viewer.session_id, now + RENEWAL_OVERLAP)
    return SignedIn(token, until)


def _lifetime(hours: int) -> timedelta:
    if not 1 <= hours <= MAX_SESSION_HOURS:
        raise BadInput(f"hours must be from 1 to {MAX_SESSION_HOURS}.")
    return timedelta(hours=hours)


async def _own_place(user_id: int) -> int | None:
    person = await fetch_row(f"{_PERSON} u.id = $1", user_id)
    location_id: int | None = person["location_id"] if person else None
    return location_id


async def _account(viewer: Viewer, location_id: int) -> int:
    if viewer.is_staff:
        viewer.require(Permission.ACT_FOR_BUYERS)
        found = await fetch_value(_STAFF_ACCOUNT, location_id, viewer.user_id, viewer.role in ACT_FOR_ANY)
    else:
        found = await fetch_value(_ACCOUNT, location_id, viewer.user_id)
    if found is None:
        raise NotFound("This location is not one that you may order for.")
    return location_id


async def lock_sign_ins(user_id: int | None) -> None:
    """Signing out and `act_as` take turns at one person: else a token that is made meanwhile would outlive its sign-in."""
    await execute("SELECT FROM user_account WHERE id = $1 FOR NO KEY UPDATE", user_id)


# A sign-in that ended meanwhile gives no further token.
_OPEN = """
INSERT INTO session (id, family_id, token_hash, user_id, location_id, created_at, expires_at, user_agent, address)
SELECT $1, COALESCE(f.family_id, $1), $2, $3, $4, $5, COALESCE(f.expires_at, $6), $7, $8
FROM (SELECT 1) one LEFT JOIN session f ON f.id = $9 WHERE $9::bigint IS NULL OR f.ended_at IS NULL
RETURNING expires_at
"""


async def open_session(
    user_id: int,
    location_id: int | None,
    *,
    address: str,
    user_agent: str,
    made_from: int | None = None,
    lifetime: timedelta = SESSION_LIFETIME,
) -> SignedIn:
    """Writes a session and gives its token; the caller has found out that this person may have one for this location.

    `made_from`: the session whose family it joins, and whose end it shares.
    """
    token, now = new_token("ls"), clock.now()
    device = _line(user_agent, 200), _line(address, 64)
    async with transaction():
        if made_from is not None:
            await lock_sign_ins(user_id)
        until = await fetch_value(
            _OPEN, new_id(), token_hash(token), user_id, location_id, now, now + lifetime, *device, made_from
        )  # fmt: skip
    if until is None:
        raise NotSignedIn
    return SignedIn(token, until)


def _line(text: str, longest: int) -> str:
    """Headers come from strangers: PostgreSQL takes no NUL, and people read these."""
    return "".join(sign for sign in text if sign.isprintable())[:longest]


async def count_attempt(email: str, device: str | None, address: str) -> list[Allowance]:
    """Counted before the password is looked at: a thousand attempts at once must not all slip through."""
    account, caller = attempts.hidden(email), attempts.caller_of(address)
    allowances = [
        Allowance(f"sign-in:caller:{caller}", ATTEMPTS_OF_CALLER, attempts.QUARTER),
        Allowance(f"sign-in:caller:{caller}:{account}", ATTEMPTS_OF_CALLER_AT_ACCOUNT, attempts.QUARTER),
        Allowance(f"sign-in:account:{account}", ATTEMPTS_AT_ACCOUNT, attempts.QUARTER),
    ]
    if attempts.is_known_device(device, email):
        # In place of all that others can use up, be they in the same office.
        allowances = [Allowance(f"sign-in:device:{attempts.hidden(device or '')}", ATTEMPTS_OF_CALLER_AT_ACCOUNT, attempts.QUARTER)]
    try:
        await attempts.spend(allowances, "attempts to sign in")
    except RateLimited:
        await _tell_owner(email)
        raise
    return allowances


async def fits(password_hash: str | None, password: str, allowances: list[Allowance], address: str) -> bool:
    """An attempt for which there was no room is not counted."""
    try:
        return await matches(password_hash, password[: MAX_PASSWORD + 1], caller=attempts.caller_of(address))
    except Unavailable:
        await attempts.give_back(allowances)
        raise


async def _tell_owner(email: str) -> None:
    """By mail, once a day. Whether there is an account is left to the worker to find out, where nobody can measure it."""
    if email_problem(email) is None and not await cache.hit(f"sign-in:told:{attempts.hidden(email)}", 1, attempts.DAY):
        await events.record(ManySignInsRefused(email))
