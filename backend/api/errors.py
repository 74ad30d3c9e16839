"""The error types that every noun shares, and the table that turns a raised Problem into the member of a mutation's union."""

from typing import Any

import strawberry

from backend.core import errors


@strawberry.interface
class Error:
    message: str


@strawberry.type(description="What was named does not exist, or is not the viewer's.")
class NotFound(Error):
    message: str


@strawberry.type(description="A value that cannot stand; `path` names the argument.")
class InvalidInput(Error):
    message: str
    path: list[str]


class NotFoundHandler(strawberry.ExceptionHandler[errors.NotFound, NotFound]):
    def handle(self, exception: errors.NotFound, *, field: Any, info: Any) -> NotFound:
        return NotFound(message=exception.message)


class InvalidInputHandler(strawberry.ExceptionHandler[errors.InvalidInput, InvalidInput]):
    def handle(self, exception: errors.InvalidInput, *, field: Any, info: Any) -> InvalidInput:
        return InvalidInput(message=exception.message, path=exception.path)


HANDLERS = (NotFoundHandler(), InvalidInputHandler())
