"""What connections and lists share."""

from typing import Any

import strawberry

from backend.graphql.limits import USUAL_SIZE


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def usually(items: int, *, description: str | None = None) -> Any:
    """A list of about so many items: what the cost of an operation is estimated by."""
    return strawberry.field(description=description, metadata={USUAL_SIZE: items})
