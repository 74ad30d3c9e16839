"""Sends what was written: at least once, under a Message-ID that is the same in every copy, for as long as it takes.

A mail is claimed and that is committed; then it is sent; then it is marked. Who dies in between leaves a claim that lapses, so a second copy
goes out only when that happens after the mail server's 250 and before our mark. Without SMTP_URL, development keeps mails for its mailbox.
"""

import logging
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import orjson

from backend.companies.actions.invitations import issue_invitation_token
from backend.companies.actions.passwords import issue_password_token
from backend.companies.queries import user_views
from backend.companies.rules import INVITATION_LIFETIME, RESET_LIFETIME
from backend.companies.views import UserView
from backend.core import clock
from backend.core.database import execute, fetch, fetch_row
from backend.core.health import sending_is_paused
from backend.core.viewer import system_viewer
from backend.notices.events import MailWritten
from backend.notices.letters import Letter, invitation_letter, membership_letter, reset_letter
from backend.notices.rules import ATTEMPT, SECRET, MailKind, pause_after
from backend.notices.writing import seller_name
from backend.settings import Settings, get_settings

log = logging.getLogger(__name__)

_TIMEOUT = 30.0
_AT_ONCE = 100

# Claimed, it is nobody else's until the attempt can no longer be under way.
_CLAIM = """
UPDATE mail SET attempts = attempts + 1, next_attempt_at = $2::timestamptz + $3::interval, failure = NULL
WHERE id = $1 AND sent_at IS NULL AND next_attempt_at <= $2 RETURNING *
"""


async def send_mail(event: MailWritten) -> None:
    """The first attempt, as soon as the mail is written. While sending is paused the mail stays due."""
    if await sending_is_paused() is None:
        await _deliver(event.mail_id)


async def send_waiting_mails() -> None:
    """A timer: whatever is due, because an attempt failed or nobody lived to make one. A mail server that is away is not asked again at once."""
    paused = await sending_is_paused()
    if paused is not None:
        log.warning("no mail is sent: %s", paused)
        return
    rows = await fetch("SELECT id FROM mail WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $2", clock.now(), _AT_ONCE)
    for row in rows:
        if not await _deliver(row["id"]):
            break


async def _deliver(key: int) -> bool:
    """One attempt, if it is due; False when the mail server does not answer. What was not sent stays due, whatever the reason."""
    settings = get_settings()
    mail = await fetch_row(_CLAIM, key, clock.now(), ATTEMPT)
    if mail is None:
        return True
    if not settings.sends_mail:
        await execute("UPDATE mail SET next_attempt_at = NULL WHERE id = $1", key)
        return True
    try:
        letter = await _letter_of(mail, settings)
        if letter is None:
            await _give_up(key, "The account is closed.")
        elif settings.smtp_url is None and not settings.production:
            await _keep(key, letter)
        else:
            await send(compose(mail, letter, settings), settings)
            await execute("UPDATE mail SET sent_at = $2, next_attempt_at = NULL, failure = NULL WHERE id = $1", key, clock.now())
    except aiosmtplib.SMTPRecipientsRefused as error:
        code = max((refused.code for refused in error.recipients), default=0)
        await (_give_up(key, f"The recipient was refused: {code}.") if code >= 500 else _try_later(mail, f"refused: {code}."))
    except (aiosmtplib.SMTPException, OSError) as error:
        await _try_later(mail, _summary(error))
        return isinstance(error, aiosmtplib.SMTPResponseException)
    except Exception as error:
        log.exception("mail %d cannot be made", key)
        await _try_later(mail, _summary(error))
    return True


def _summary(error: Exception) -> str:
    """What went wrong, without what the server said: that may hold addresses."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"


async def _try_later(mail: Any, failure: str) -> None:
    pause = pause_after(mail["attempts"])
    log.warning("mail %d was not sent: %s; tried again in %d s", mail["id"], failure, pause.total_seconds())
    await execute("UPDATE mail SET next_attempt_at = $2, failure = $3 WHERE id = $1", mail["id"], clock.now() + pause, failure)


async def _give_up(key: int, failure: str) -> None:
    log.warning("mail %d cannot be delivered: %s", key, failure)
    await execute("UPDATE mail SET next_attempt_at = NULL, failure = $2 WHERE id = $1", key, failure)


async def _keep(key: int, letter: Letter) -> None:
    """For the mailbox of the development server, links and all."""
    await execute("UPDATE mail SET next_attempt_at = NULL, text = $2, html = $3 WHERE id = $1", key, letter.text, letter.html)


async def _letter_of(mail: Any, settings: Settings) -> Letter | None:
    """The stored words; those with a password link are made for this copy. None when its reader may no longer come in."""
    kind = MailKind(mail["kind"])
    if kind not in SECRET:
        return Letter(mail["subject"], mail["text"], mail["html"])
    facts = orjson.loads(mail["facts"])
    if "member" in facts:
        return await _invitation(mail, facts, settings)
    reader = (await user_views(system_viewer(), [mail["user_id"]])).get(mail["user_id"])
    token = await issue_password_token(mail["user_id"], invitation=kind is MailKind.INVITATION)
    if reader is None or token is None:
        return None
    link = f"{settings.public_url}/set-password?token={token}"
    seller = await seller_name()
    if kind is MailKind.PASSWORD_RESET:
        return reset_letter(reader, link, seller=seller, hours=int(RESET_LIFETIME.total_seconds() // 3600))
    names = await fetch_row(
        "SELECT (SELECT name FROM company WHERE id = $1) AS company, (SELECT name FROM user_account WHERE id = $2) AS invited_by,"
        " (SELECT password_hash IS NOT NULL FROM user_account WHERE id = $3) AS has_password",
        facts.get("company"), facts.get("invited_by"), mail["user_id"],
    )  # fmt: skip
    assert names is not None
    if names["has_password"]:
        link = f"{settings.public_url}/sign-in"
    return invitation_letter(
        reader, link, seller=seller, company=names["company"], invited_by=names["invited_by"],
        days=None if names["has_password"] else INVITATION_LIFETIME.days,
    )  # fmt: skip


async def _invitation(mail: Any, facts: dict[str, Any], settings: Settings) -> Letter | None:
    """The same words whether the address has an account or not: the page behind the link asks for what is needed."""
    token = await issue_invitation_token(facts["member"])
    names = await fetch_row(
        "SELECT (SELECT name FROM company WHERE id = $1) AS company, (SELECT name FROM user_account WHERE id = $2) AS invited_by",
        *(facts["company"], facts["invited_by"]),
    )
    if token is None or names is None:
        return None
    return membership_letter(
        UserView("", mail["recipient"], mail["recipient_name"]),
        f"{settings.public_url}/invitation?token={token}",
        seller=await seller_name(),
        company=names["company"],
        invited_by=names["invited_by"],
        days=INVITATION_LIFETIME.days,
    )


def compose(mail: Any, letter: Letter, settings: Settings) -> EmailMessage:
    """The message, equal in every copy but for a password link."""
    message = EmailMessage()
    name, sender = parseaddr(settings.mail_from)
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = Address(_header(mail["recipient_name"]), addr_spec=mail["recipient"])
    message["Subject"] = _header(letter.subject)
    message["Date"] = format_datetime(mail["created_at"])
    message["Message-ID"] = mail["message_id"]
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _header(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


async def send(message: EmailMessage, settings: Settings) -> None:
    """Hands a message to the mail server. A password never travels in clear, but to this very machine."""
    if settings.smtp_url is None:
        raise aiosmtplib.SMTPException("SMTP_URL is not set")
    await aiosmtplib.send(message, **_server(settings.smtp_url))


async def try_server(settings: Settings) -> str | None:
    """Connects and signs in, and sends nothing; why mail cannot be sent, or None."""
    assert settings.smtp_url is not None
    wanted = _server(settings.smtp_url)
    try:
        async with aiosmtplib.SMTP(**wanted):
            return None
    except (aiosmtplib.SMTPException, OSError) as error:
        return f"{wanted['hostname']}:{wanted['port']} does not take mail ({_summary(error)}): check SMTP_URL"


def _server(smtp_url: str) -> dict[str, Any]:
    """How to reach the mail server."""
    parts = urlsplit(smtp_url)
    secure = parts.scheme == "smtps"
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return {
        "hostname": parts.hostname or "localhost",
        "port": parts.port or (465 if secure else 25),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": secure,
        "start_tls": None if secure or here or not parts.username else True,
        "timeout": _TIMEOUT,
    }
