"""`node`: anything with an id, found by the same queries as everywhere else, so that the same rights hold."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import strawberry

from backend.core.ids import split_id
from backend.core.viewer import Viewer

T = TypeVar("T")
Finder = Callable[[Viewer, int], Awaitable[Any]]
FINDERS: dict[str, Finder] = {}


@strawberry.interface
class Node:
    id: strawberry.ID


def answers(*views: type) -> Callable[[type[T]], type[T]]:
    """Class decorator: objects of these classes, made by a room, are answered as this GraphQL type."""

    def decorate(cls: type[T]) -> type[T]:
        cls.is_type_of = classmethod(lambda _cls, value, _info: isinstance(value, (cls, *views)))  # type: ignore[attr-defined]
        return cls

    return decorate


def found_by(kind: str, finder: Finder) -> None:
    """Registers how `node` finds ids of this kind."""
    FINDERS[kind] = finder


async def find_node(viewer: Viewer, node_id: str) -> Any:
    viewer.require_signed_in()
    parts = split_id(node_id)
    finder = FINDERS.get(parts[0]) if parts else None
    return await finder(viewer, parts[1]) if parts and finder else None
