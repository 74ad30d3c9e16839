"""Things with a version, and the answer when somebody else changed one meanwhile: it is shown as it is now."""

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from backend.api.context import Info
from backend.api.errors import Error
from backend.core import versions
from backend.core.errors import NotFound
from backend.core.viewer import Viewer

VERSION = "Every change raises it, whoever makes it. Send it as `expectedVersion` with a change."
EXPECTED = "The version that was read. When another one is stored, nothing is changed and Stale is returned."
Loader = Callable[[Viewer, int], Awaitable[Any]]
LOADERS: dict[str, Loader] = {}


@strawberry.interface(description="Something that the seller keeps and two people may change at once.")
class Versioned:
    version: int = strawberry.field(description=VERSION)


@strawberry.type(description="Somebody else changed it since `expectedVersion`, so nothing was saved.")
class Stale(Error):
    message: str
    current: Versioned = strawberry.field(description="It as it is now.")


def shown_by(kind: str, loader: Loader) -> None:
    """Registers how something of this kind is read when a change of it came too late."""
    LOADERS[kind] = loader


class StaleHandler(strawberry.ExceptionHandler[versions.Stale, Stale]):
    async def handle(self, exception: versions.Stale, *, field: Any, info: Info) -> Stale:
        current: Any = await LOADERS[exception.kind](info.context.viewer, exception.key)
        if current is None:
            raise NotFound("It does not exist any more.")
        return Stale(message=exception.message, current=current)


HANDLERS = (StaleHandler(),)
