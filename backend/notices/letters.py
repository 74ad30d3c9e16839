"""Turns what happened into the words of a mail: plain text, and simple HTML that says the same."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from backend.companies.views import UserView
from backend.core.clock import day_of
from backend.notices.rules import MailKind, address_lines, amount
from backend.orders.views import OrderView

_OPENINGS = {
    MailKind.ORDER_RECEIVED: ("Order {} received", "We have received your order. We will write again when it is confirmed."),
    MailKind.ORDER_CONFIRMED: ("Order {} confirmed", "Your order is confirmed: we will ship it as agreed."),
    MailKind.ORDER_CANCELLED: ("Order {} cancelled", "This order is cancelled. Nothing of it will be shipped or charged."),
}


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(amount=amount, address_lines=address_lines)
    return made


def _letter(name: str, subject: str, **values: Any) -> Letter:
    shown = {"subject": subject, **values}
    text = _templates().get_template(f"{name}.txt").render(shown)
    return Letter(subject, text, _templates().get_template(f"{name}.html").render(shown))


def order_letter(
    kind: MailKind, order: OrderView, reader: UserView, *, seller: str, timezone: str, public_url: str, reason: str | None = None
) -> Letter:
    """The whole order as it was agreed: lines, totals, tax and both addresses; days are the seller's."""
    subject, opening = _OPENINGS[kind]
    return _letter(
        "order", subject.format(order.number), order=order, reader=reader, opening=opening, seller=seller, reason=reason,
        placed_on=day_of(order.placed_at, timezone), link=f"{public_url}/orders/{order.number}",
    )  # fmt: skip


def invitation_letter(
    reader: UserView, link: str, *, seller: str, company: str | None, invited_by: str | None, days: int | None
) -> Letter:
    """`days` says how long the link serves to set a password; None: she has one."""
    return _letter(
        "invitation", _invited(seller), reader=reader, link=link, seller=seller, company=company, invited_by=invited_by, days=days
    )


def membership_letter(
    reader: UserView, link: str, *, seller: str, company: str | None, invited_by: str | None, days: int
) -> Letter:
    """Invites a person to order for a company. `days`: how long the link works."""
    return _letter(
        "membership", _invited(seller), reader=reader, link=link, seller=seller, company=company, invited_by=invited_by, days=days
    )


def reset_letter(reader: UserView, link: str, *, seller: str, hours: int) -> Letter:
    return _letter("reset", _reset(seller), reader=reader, link=link, seller=seller, hours=hours)


def refused_letter(reader: UserView, link: str, *, seller: str) -> Letter:
    """Tells the owner of an account that somebody tried many wrong passwords."""
    return _letter("refused", f"Many failed sign-ins at {seller}", reader=reader, link=link, seller=seller)


def subject_of(kind: MailKind, seller: str) -> str:
    """The subject of a mail whose words are made when it is sent."""
    return _invited(seller) if kind is MailKind.INVITATION else _reset(seller)


def _invited(seller: str) -> str:
    return f"Your access to {seller}"


def _reset(seller: str) -> str:
    return f"Set a new password for {seller}"
