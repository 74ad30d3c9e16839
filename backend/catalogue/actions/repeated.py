"""What several of the actions share: work that is done again when somebody else was quicker, and names that can stand."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg

from backend.catalogue.rules import is_slug, is_text
from backend.core.database import transaction
from backend.core.errors import InvalidInput, Why
from backend.core.faults import Fault, refuse_faults

T = TypeVar("T")


async def once_more(work: Callable[[], Awaitable[T]]) -> T:
    """Runs the work in a transaction; again when somebody else made the same thing meanwhile, for now it is there to be found."""
    try:
        async with transaction():
            return await work()
    except asyncpg.UniqueViolationError:
        async with transaction():
            return await work()


def check_names(names: Sequence[tuple[str | None, str]], root: str | None) -> None:
    """Slugs and names of brands or categories; a single one is not called by its row."""
    faults = []
    for row, (slug, name) in enumerate(names):
        if not is_text(name, 120):
            faults.append(Fault(row, ("name",), Why.MALFORMED("A name has one line and at most 120 letters.")))
        if slug is not None and not is_slug(slug):
            faults.append(Fault(row, ("slug",), Why.MALFORMED("A slug is made of small letters, digits and single hyphens.")))
    if faults and root is None:
        raise InvalidInput(faults[0].message, list(faults[0].path))
    refuse_faults(faults, root or "rows")
