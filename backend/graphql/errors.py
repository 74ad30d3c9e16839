"""What a client learns of a failure: a code and a message for what is expected, a reference for everything else.

Promises that nothing of an unexpected exception reaches the answer; the log has it under the same reference.
"""

import logging
import secrets
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import asyncpg
from graphql import GraphQLError
from graphql.execution.values import get_argument_values

from backend.core.errors import Code, Problem, Refused

log = logging.getLogger(__name__)

# Somebody holds a lock for longer than the database waits: nothing has happened, and trying again is right.
BUSY = "Somebody else is changing the same thing just now. Nothing was changed; try again in a moment."

# The one character of Unicode that PostgreSQL does not take. Who looks for it finds nothing; who would store it hears this.
NUL = "A text holds the character NUL, which cannot be stored. Send it without."

# How many unexpected errors of one answer are written to the log in full.
LOGGED_PER_ANSWER = 3


class InvalidRequest(Exception):
    """A request that cannot be executed: its document does not parse or validate, or its variables do not fit."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("invalid request")
        self.errors = list(errors)


def bad_input(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """Errors found before execution: the client's own."""
    return [_formatted(error, Code.BAD_INPUT, error.message) for error in errors]


def refused(error: Refused) -> dict[str, Any]:
    """An error that stands for the whole request."""
    return {"message": error.message, "extensions": {"code": error.code.value}}


def unexpected(error: BaseException) -> dict[str, Any]:
    """A masked error for a request that failed outside of any field."""
    return {"message": _masked(_log(error)), "extensions": {"code": Code.INTERNAL.value}}


def field_errors(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Errors raised while fields were executed; unexpected ones are masked and share one reference."""
    reference: str | None = None
    logged = 0
    answer = []
    for error in errors:
        cause = _cause(error)
        if isinstance(cause, Refused):
            answer.append(_formatted(error, cause.code, cause.message))
        elif isinstance(cause, asyncpg.LockNotAvailableError):
            answer.append(_formatted(error, Code.CONFLICT, BUSY))
        elif isinstance(cause, asyncpg.CharacterNotInRepertoireError):
            answer.append(_formatted(error, Code.BAD_INPUT, NUL))
        elif isinstance(cause, Problem) or _is_bad_argument(cause):
            # A Problem outside of a union: the field's type has no member for it, but it is still the client's to mend.
            answer.append(_formatted(error, Code.BAD_INPUT, error.message))
        else:
            if logged < LOGGED_PER_ANSWER:
                reference = _log(cause, reference, error.path)
                logged += 1
            answer.append(_formatted(error, Code.INTERNAL, _masked(reference or "")))
    return answer


def has_code(errors: Iterable[dict[str, Any]], *codes: Code) -> bool:
    """Whether one of these formatted errors carries one of these codes."""
    return any(error["extensions"]["code"] in codes for error in errors)


def retry_after(errors: Iterable[GraphQLError]) -> int | None:
    """The longest time that one of these errors asks to wait, in seconds."""
    causes = (_cause(error) for error in errors)
    return max((cause.retry_after or 0 for cause in causes if isinstance(cause, Refused)), default=0) or None


def _cause(error: GraphQLError) -> BaseException:
    """The exception under the locations that graphql-core wraps around it."""
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_bad_argument(error: BaseException) -> bool:
    """graphql-core raises one class for a client's bad argument and for our bad result: where it was raised tells them apart."""
    return isinstance(error, GraphQLError) and any(
        frame.tb_frame.f_code is get_argument_values.__code__ for frame in _frames(error.__traceback__)
    )


def _frames(traceback: TracebackType | None) -> Iterable[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _formatted(error: GraphQLError, code: Code, message: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"message": message}
    if error.locations:
        answer["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        answer["path"] = list(error.path)
    answer["extensions"] = {"code": code.value}
    return answer


def _masked(reference: str) -> str:
    return f"Something went wrong on our side. Reference {reference}."


def _log(error: BaseException, reference: str | None = None, path: object = None) -> str:
    reference = reference or secrets.token_hex(4)
    log.error("Unexpected error, reference %s, path %s", reference, path, exc_info=error)
    return reference
