"""Invitations into a company: a person reads who invites them, and accepts or declines with the token of the mail.

The token proves that the person reads that mailbox. Only they learn whether the address has an account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.companies import attempts
from backend.companies.actions.passwords import check_password
from backend.companies.actions.sessions import SignedIn, count_attempt, fits, sign_in_without_password
from backend.companies.errors import WrongCredentials
from backend.companies.passwords import hash_password, new_token, token_hash
from backend.companies.rules import INVITATION_LIFETIME
from backend.core import clock
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.errors import NotFound
from backend.core.ids import new_id

# An address of the seller's own people, or of an account that is closed, cannot be a member: its mail is never written.
INVITED = """
SELECT m.id, m.company_id, m.email, m.name, m.expires_at, c.name AS company, u.id AS user_id, u.password_hash
FROM member m JOIN company c ON c.id = m.company_id AND c.is_active LEFT JOIN user_account u ON u.email = m.email
WHERE m.user_id IS NULL AND (u.id IS NULL OR u.staff_role IS NULL AND u.is_active)
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the reader of the mail is asked to accept. `has_account`: the address has a password already."""

    company: str
    email: str
    name: str
    has_account: bool
    expires_at: datetime


async def issue_invitation_token(member_id: int) -> str | None:
    """For the writer of the mail: a token to accept this invitation. None when the invitation is gone. An earlier token ends."""
    token = new_token("li")
    issued = await fetch_value(
        "UPDATE member SET token_hash = $2, expires_at = $3 WHERE id = $1 AND user_id IS NULL RETURNING id",
        *(member_id, token_hash(token), clock.now() + INVITATION_LIFETIME),
    )
    return None if issued is None else token


async def find_invitation(token: str) -> Invitation | None:
    """Anybody who has the token may read the invitation. None when it has expired, was used or was removed."""
    row = await _find(token)
    if row is None:
        return None
    return Invitation(row["company"], row["email"], row["name"], row["password_hash"] is not None, row["expires_at"])


async def accept_invitation(token: str, password: str, *, address: str = "", user_agent: str = "") -> SignedIn:
    """Makes the person a member and signs them in. A new person sets their password; others give the one that they have.

    Anybody who has the token may, once. Raises NotFound, InvalidInput, WrongCredentials, RateLimited.
    """
    found = await _find(token)
    if found is None:
        raise _gone()
    new_hash = await _proven(found, password, address)
    async with transaction():
        row = await _find(token, lock=True)
        if row is None or row["password_hash"] != found["password_hash"]:
            raise _gone()
        user_id = await _account(row, new_hash)
        await execute("DELETE FROM member WHERE company_id = $1 AND user_id = $2", row["company_id"], user_id)
        await execute(
            "UPDATE member SET user_id = $2, email = NULL, name = NULL, token_hash = NULL, expires_at = NULL WHERE id = $1",
            *(row["id"], user_id),
        )
        signed_in = await sign_in_without_password(user_id, address=address, user_agent=user_agent)
        if signed_in is None:
            raise _gone()
        return signed_in


async def decline_invitation(token: str) -> str:
    """Removes the invitation; the company's name. Anybody who has the token may. Raises NotFound."""
    row = await _find(token)
    if row is None or not await execute("DELETE FROM member WHERE id = $1 AND user_id IS NULL", row["id"]):
        raise _gone()
    return str(row["company"])


async def _proven(found: Any, password: str, address: str) -> str | None:
    """The hash of a new password; None when the account has this password already."""
    if found["password_hash"] is None:
        check_password(password, found["email"], ["password"])
        return await hash_password(password, caller=attempts.caller_of(address))
    allowances = await count_attempt(found["email"], None, address)
    if not await fits(found["password_hash"], password, allowances, address):
        raise WrongCredentials
    await attempts.give_back(allowances)
    return None


async def _account(row: Any, new_hash: str | None) -> int:
    """The key of the account with the invited address. It is created, or gets its first password."""
    if row["user_id"] is None:
        key = new_id()
        await execute(
            "INSERT INTO user_account (id, email, name, password_hash, is_active, created_at) VALUES ($1, $2, $3, $4, TRUE, $5)",
            *(key, row["email"], row["name"], new_hash, clock.now()),
        )
        return key
    if new_hash is not None:
        await execute("UPDATE user_account SET password_hash = $2 WHERE id = $1", row["user_id"], new_hash)
    return int(row["user_id"])


async def _find(token: str, *, lock: bool = False) -> Any:
    query = f"{INVITED} AND m.token_hash = $1 AND m.expires_at > $2{' FOR UPDATE OF m' if lock else ''}"
    return await fetch_row(query, token_hash(token), clock.now())


def _gone() -> NotFound:
    return NotFound("This invitation has expired, was used or was withdrawn. Ask for a new one.")
