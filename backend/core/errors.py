"""Failures that are expected: `Refused` becomes a top-level GraphQL error with a code, `Problem` a member of a mutation's union.

Both are raised, so that the transaction around them rolls back. Anything else that is raised is a fault of ours and is masked.
"""

import re
from enum import StrEnum


class Code(StrEnum):
    """`extensions.code` of a top-level error."""

    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    FORBIDDEN = "FORBIDDEN"
    BAD_INPUT = "BAD_INPUT"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_COMPLEX = "TOO_COMPLEX"
    CONFLICT = "CONFLICT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Refused(Exception):
    """The request cannot be answered at all. The message is shown to the client."""

    code = Code.BAD_INPUT
    retry_after: int | None = None  # seconds after which the same request may be sent again

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotSignedIn(Refused):
    code = Code.NOT_SIGNED_IN

    def __init__(self, message: str = "Sign in first: send the header Authorization: Bearer TOKEN.") -> None:
        super().__init__(message)


class Forbidden(Refused):
    code = Code.FORBIDDEN

    def __init__(self, message: str = "Your role does not allow this.") -> None:
        super().__init__(message)


class BadInput(Refused):
    """The client's own bug: shape, limits, not exactly one key."""

    code = Code.BAD_INPUT


class RateLimited(Refused):
    code = Code.RATE_LIMITED

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooComplex(Refused):
    code = Code.TOO_COMPLEX


class Conflict(Refused):
    code = Code.CONFLICT


class Unavailable(Refused):
    """The shop is too busy, or something that it needs is away. The same request may succeed in a moment."""

    code = Code.UNAVAILABLE

    def __init__(self, message: str, retry_after: int = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Problem(Exception):
    """A typed, expected failure of an action: shown as a member of the mutation's union."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(Problem):
    """What was named does not exist, or is not the viewer's: the two look the same."""

    def __init__(self, message: str = "There is no such thing.") -> None:
        super().__init__(message)


class Reason(str):
    """A message that knows its code: what a rule says of a value travels as text and keeps it."""

    __slots__ = ("code",)
    code: "Why"


class Why(StrEnum):
    """Why a value cannot stand: `InvalidInput.code`. Called with a message it gives that message its code."""

    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    TOO_SMALL = "TOO_SMALL"
    TOO_LARGE = "TOO_LARGE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TOO_MANY = "TOO_MANY"
    TOO_PRECISE = "TOO_PRECISE"
    MALFORMED = "MALFORMED"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NOT_AN_EMAIL = "NOT_AN_EMAIL"
    NOT_PRINTABLE = "NOT_PRINTABLE"
    UNKNOWN = "UNKNOWN"
    TAKEN = "TAKEN"
    REPEATED = "REPEATED"
    IN_USE = "IN_USE"
    NOT_ALLOWED = "NOT_ALLOWED"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    WRONG_DATE = "WRONG_DATE"
    TOO_WEAK = "TOO_WEAK"
    WRONG = "WRONG"
    INVALID = "INVALID"

    def __call__(self, message: str) -> Reason:
        reason = Reason(message)
        reason.code = self
        return reason


_CAPITAL = re.compile(r"(?=[A-Z])")


def spoken(field: str) -> str:
    """The name of a field as the subject of a sentence: taxId becomes "The tax id"."""
    return "The " + _CAPITAL.sub(" ", field).lower()


class InvalidInput(Problem):
    """A person's value that cannot stand; `path` names the argument. A message without a code of its own is INVALID."""

    def __init__(self, message: str, path: list[str] | None = None) -> None:
        super().__init__(message)
        self.path = path or []
        self.code = message.code if isinstance(message, Reason) else Why.INVALID
