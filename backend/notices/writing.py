"""Handlers that write the mails of an event. Each can run twice: a reader gets one mail for one event.

Nobody is written to about a company that she no longer belongs to, nor when her account is closed.
"""

from typing import Any

import orjson

from backend.companies.events import InvitationMade, ManySignInsRefused, MemberInvited, PasswordResetRequested, StaffInvited
from backend.companies.queries import user_views
from backend.companies.views import UserView
from backend.core import clock
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.events import record
from backend.core.ids import new_id
from backend.core.viewer import system_viewer
from backend.notices.events import MailWritten
from backend.notices.letters import Letter, order_letter, refused_letter, subject_of
from backend.notices.rules import MailKind, message_id
from backend.orders.events import OrderCancelled, OrderConfirmed, OrderPlaced
from backend.orders.queries import find_order
from backend.settings import get_settings

# Who placed it; where somebody placed it for the company, the company's own admins too.
_READERS = """
SELECT u.id FROM customer_order o JOIN user_account u ON u.is_active AND (
    u.id = o.placed_by_id AND (u.staff_role IS NOT NULL
        OR EXISTS (SELECT FROM member m WHERE m.user_id = u.id AND m.company_id = o.company_id AND m.is_active))
    OR o.on_behalf AND EXISTS (SELECT FROM member m WHERE m.user_id = u.id AND m.company_id = o.company_id AND m.is_active
        AND m.role = 'COMPANY_ADMIN'))
WHERE o.id = $1 ORDER BY u.id
"""

_PLACE = """
SELECT l.name, l.email FROM customer_order o JOIN company_location l ON l.id = o.location_id
WHERE o.id = $1 AND l.is_active AND l.email IS NOT NULL
"""

_INSERT = """
INSERT INTO mail (id, event_key, message_id, kind, facts, user_id, recipient, recipient_name, subject, text, html, created_at, attempts,
    next_attempt_at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, 0, $12) ON CONFLICT (event_key) DO NOTHING
"""


async def write_order_received(event: OrderPlaced) -> None:
    await _write_order(MailKind.ORDER_RECEIVED, event.order_id)


async def write_order_confirmed(event: OrderConfirmed) -> None:
    await _write_order(MailKind.ORDER_CONFIRMED, event.order_id)


async def write_order_cancelled(event: OrderCancelled) -> None:
    await _write_order(MailKind.ORDER_CANCELLED, event.order_id, event.reason)


_INVITED = """
SELECT m.email, m.name, m.company_id FROM member m LEFT JOIN user_account u ON u.email = m.email
WHERE m.id = $1 AND m.user_id IS NULL AND (u.id IS NULL OR u.staff_role IS NULL AND u.is_active)
"""


async def write_membership_invitation(event: InvitationMade) -> None:
    """Writes to the address that was invited. Nothing goes to the seller's own people and to closed accounts, and nobody learns of it."""
    found = await fetch_row(_INVITED, event.member_id)
    if found is not None:
        reader = UserView("", found["email"], found["name"])
        facts = {"company": found["company_id"], "invited_by": event.invited_by, "member": event.member_id}
        subject = subject_of(MailKind.INVITATION, await seller_name())
        await _write(MailKind.INVITATION, f"InvitationMade:{event.member_id}", None, reader, subject, None, facts)


async def write_invitation(event: MemberInvited) -> None:
    if await fetch_value(
        "SELECT EXISTS (SELECT FROM member WHERE user_id = $1 AND company_id = $2)", event.user_id, event.company_id
    ):
        facts = {"company": event.company_id, "invited_by": event.invited_by}
        await _write_link(MailKind.INVITATION, f"MemberInvited:{event.invitation}", event.user_id, facts)


async def write_staff_invitation(event: StaffInvited) -> None:
    await _write_link(MailKind.INVITATION, f"StaffInvited:{event.user_id}", event.user_id, {"invited_by": event.invited_by})


async def write_password_reset(event: PasswordResetRequested) -> None:
    """Nobody is told at which addresses there is an account: where there is none, nothing is written."""
    user = await fetch_row("SELECT id FROM user_account WHERE email = $1 AND is_active", event.email)
    if user is not None:
        await _write_link(MailKind.PASSWORD_RESET, f"PasswordResetRequested:{event.request}", user["id"], {})


async def write_sign_ins_refused(event: ManySignInsRefused) -> None:
    """To the owner of an account, once a day. Where there is none, nothing is written."""
    user = await fetch_row("SELECT id FROM user_account WHERE email = $1 AND is_active AND password_hash IS NOT NULL", event.email)
    if user is None:
        return
    reader, seller, kind = (await _people([user["id"]]))[user["id"]], await seller_name(), MailKind.SIGN_INS_REFUSED
    letter = refused_letter(reader, f"{get_settings().public_url}/password", seller=seller)
    await _write(kind, f"{kind}:{user['id']}:{clock.today()}", user["id"], reader, letter.subject, letter, {})


async def _readers(order_id: int) -> dict[str, tuple[int | None, UserView]]:
    """Who hears of an order, each with her key: the people, and the address of the location unless it is one of theirs."""
    people = await _people([row["id"] for row in await fetch(_READERS, order_id)])
    readers: dict[str, tuple[int | None, UserView]] = {str(key): (key, reader) for key, reader in people.items()}
    place = await fetch_row(_PLACE, order_id)
    if place is not None and place["email"] not in {reader.email for reader in people.values()}:
        readers["location"] = (None, UserView("", place["email"], place["name"]))
    return readers


async def _write_order(kind: MailKind, order_id: int, reason: str | None = None) -> None:
    order = await find_order(system_viewer(), key=order_id, wanted=frozenset({"lines", "company", "location", "placedBy"}))
    if order is None:
        return
    seller = await seller_name()
    timezone = await fetch_value("SELECT timezone FROM seller LIMIT 1") or "UTC"
    for name, (user_id, reader) in (await _readers(order_id)).items():
        letter = order_letter(
            kind, order, reader, seller=seller, timezone=timezone, public_url=get_settings().public_url, reason=reason
        )
        await _write(kind, f"{kind}:{order_id}:{name}", user_id, reader, letter.subject, letter, {})


async def _write_link(kind: MailKind, event_key: str, user_id: int, facts: dict[str, Any]) -> None:
    reader = (await _people([user_id])).get(user_id)
    if reader is not None:
        await _write(kind, event_key, user_id, reader, subject_of(kind, await seller_name()), None, facts)


async def _write(
    kind: MailKind,
    event_key: str,
    user_id: int | None,
    reader: UserView,
    subject: str,
    letter: Letter | None,
    facts: dict[str, Any],
) -> None:
    key = new_id()
    words = (letter.text, letter.html) if letter else (None, None)
    async with transaction():
        written = await execute(
            _INSERT, key, event_key, message_id(key, get_settings().public_url), kind, orjson.dumps(facts).decode(), user_id, reader.email,
            reader.name, subject, *words, clock.now(),
        )  # fmt: skip
        if written:
            await record(MailWritten(key))


async def _people(keys: list[int]) -> dict[int, UserView]:
    views = await user_views(system_viewer(), keys)
    return {key: views[key] for key in keys if key in views}


async def seller_name() -> str:
    return await fetch_value("SELECT name FROM seller LIMIT 1") or "Linesheet"
