"""What a count of stock may be. Pure."""

MAX_ON_HAND = 1_000_000_000


def on_hand_of(counted: int) -> int:
    """Nobody has fewer than no pieces: other systems count below zero when they sell what is not there yet."""
    return max(counted, 0)


def counted_notice(counted: int, sku: str | None = None) -> str | None:
    """What to say of a count that is stored otherwise than it was sent."""
    if counted >= 0:
        return None
    return f"{counted} on hand{f' of {sku}' if sku else ''} is stored as 0: stock cannot be negative."
