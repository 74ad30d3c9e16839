"""The order's life: which moves there are, who may make them, and what is derived from quantities. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class OrderStatus(StrEnum):
    """Decisions that somebody took; everything else about an order is derived."""

    PENDING_APPROVAL = "PENDING_APPROVAL"
    RECEIVED = "RECEIVED"
    IN_REVIEW = "IN_REVIEW"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


class OrderEventKind(StrEnum):
    """What happened to an order: it was placed, or it came into a status."""

    PLACED = "PLACED"
    RECEIVED = "RECEIVED"
    IN_REVIEW = "IN_REVIEW"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


class FulfilmentStatus(StrEnum):
    NONE = "NONE"
    PARTLY = "PARTLY"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"


class OrderChannel(StrEnum):
    PORTAL = "PORTAL"
    REP = "REP"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    EDI = "EDI"
    PUNCHOUT = "PUNCHOUT"
    API = "API"
    MARKETPLACE = "MARKETPLACE"
    POS = "POS"
    STANDING = "STANDING"


_S = OrderStatus
# From each status the statuses that a decision may lead to. An order with a shipped piece is never cancelled: it is returned.
MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.PENDING_APPROVAL: frozenset({_S.RECEIVED, _S.AWAITING_PAYMENT, _S.REJECTED, _S.CANCELLED}),
    _S.RECEIVED: frozenset({_S.IN_REVIEW, _S.CONFIRMED, _S.CANCELLED}),
    _S.IN_REVIEW: frozenset({_S.CONFIRMED, _S.CANCELLED}),
    _S.AWAITING_PAYMENT: frozenset({_S.RECEIVED, _S.CONFIRMED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.COMPLETED, _S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.REJECTED: frozenset(),
}
# Until then a buyer may cancel by herself.
BUYER_MAY_CANCEL = frozenset({_S.PENDING_APPROVAL, _S.RECEIVED, _S.AWAITING_PAYMENT})
CALLED_OFF = frozenset({_S.CANCELLED, _S.REJECTED})
HOLDS_CREDIT = frozenset({_S.PENDING_APPROVAL, _S.RECEIVED, _S.IN_REVIEW, _S.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Quantities:
    """What became of the pieces of one line."""

    ordered: int
    shipped: int = 0
    cancelled: int = 0


def may_move(now: OrderStatus, then: OrderStatus) -> bool:
    return then in MOVES[now]


def fulfilment_of(lines: Iterable[Quantities]) -> FulfilmentStatus:
    """Shipped when nothing that is still wanted is missing; partly when something has gone out."""
    known = list(lines)
    if not any(line.shipped for line in known):
        return FulfilmentStatus.NONE
    if all(line.shipped + line.cancelled >= line.ordered for line in known):
        return FulfilmentStatus.SHIPPED
    return FulfilmentStatus.PARTLY


def number_text(prefix: str, value: int) -> str:
    """Document numbers: the series' prefix and at least six digits."""
    return f"{prefix}{value:06d}"
