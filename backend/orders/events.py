"""What happened to orders."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    order_id: int
    reason: str
