"""The error types that every noun shares, and the table that turns a raised Problem into the member of a mutation's union."""

from typing import Any

import strawberry

from backend.core import errors, uses
from backend.core.uses import UseKind


@strawberry.interface
class Error:
    message: str


@strawberry.type(description="What was named does not exist, or is not the viewer's.")
class NotFound(Error):
    message: str


strawberry.enum(
    errors.Why,
    name="InvalidInputCode",
    description="Why a value was refused. Clients word it in their own language. INVALID: no other code fits. More may be added.",
)


@strawberry.type(description="A value that cannot stand; `path` names the argument.")
class InvalidInput(Error):
    message: str
    path: list[str]
    code: errors.Why = strawberry.field(description="The reason, for programs; `message` says the same to people, in English.")


strawberry.enum(UseKind, description="The kind of object that needs another one.")


@strawberry.type(description="Objects of one kind that need the one that was to be deleted or switched off.")
class Use:
    kind: UseKind
    count: int | None = strawberry.field(description="How many there are; null when the viewer's role may not see them.")
    names: list[str] = strawberry.field(description="Up to five of them; empty when the viewer's role may not see them.")


@strawberry.type(description="Other objects need it, so nothing was changed.")
class InUse(Error):
    message: str
    uses: list[Use]
    successor: str | None = strawberry.field(
        description="The argument or field that names a replacement; null when none can take its place."
    )
    may_proceed: bool = strawberry.field(description="The same mutation with `evenIfInUse: true` goes ahead.")


class NotFoundHandler(strawberry.ExceptionHandler[errors.NotFound, NotFound]):
    def handle(self, exception: errors.NotFound, *, field: Any, info: Any) -> NotFound:
        return NotFound(message=exception.message)


class InvalidInputHandler(strawberry.ExceptionHandler[errors.InvalidInput, InvalidInput]):
    def handle(self, exception: errors.InvalidInput, *, field: Any, info: Any) -> InvalidInput:
        return InvalidInput(message=exception.message, path=exception.path, code=exception.code)


class InUseHandler(strawberry.ExceptionHandler[uses.InUse, InUse]):
    def handle(self, exception: uses.InUse, *, field: Any, info: Any) -> InUse:
        found = [Use(kind=use.kind, count=use.count, names=use.names) for use in exception.uses]
        return InUse(message=exception.message, uses=found, successor=exception.successor, may_proceed=exception.may_proceed)


HANDLERS = (NotFoundHandler(), InvalidInputHandler(), InUseHandler())
