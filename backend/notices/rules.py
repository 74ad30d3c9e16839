"""What a mail says and when it is tried again: pure."""

from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from backend.companies.views import AddressView
from backend.core.money import Money, UnitPrice

LONGEST_PAUSE = timedelta(hours=1)

# How long one attempt may take, the answer of the mail server included; after that somebody else may try.
ATTEMPT = timedelta(minutes=3)


class MailKind(StrEnum):
    ORDER_RECEIVED = "ORDER_RECEIVED"
    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    INVITATION = "INVITATION"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105
    SIGN_INS_REFUSED = "SIGN_INS_REFUSED"


# Their links are keys: whoever holds one may set a password.
SECRET = frozenset({MailKind.INVITATION, MailKind.PASSWORD_RESET})


def pause_after(attempts: int) -> timedelta:
    """Half a minute, one, two, four … at most an hour: for ever, since a mail server comes back some day."""
    return min(timedelta(seconds=30 * 2 ** min(attempts - 1, 10)), LONGEST_PAUSE)


def message_id(key: int, public_url: str) -> str:
    """The mail's name for ever: a second copy is known by it."""
    return f"<{key:x}@{urlsplit(public_url).hostname or 'localhost'}>"


def amount(value: Money | UnitPrice) -> str:
    """An amount as a reader wants it: "EUR 1,234.50"."""
    whole, dot, places = value.amount.partition(".")
    return f"{value.currency} {int(whole):,}{dot}{places}"


def address_lines(address: AddressView) -> list[str]:
    """An address from the top line down, without what is empty."""
    town = " ".join(part for part in (address.postcode, address.city) if part)
    lines = (address.name, address.line1, address.line2, town, address.region, address.country)
    return [line for line in lines if line]
