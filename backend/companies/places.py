"""Which locations of the company that is bought for a viewer may have goods sent to."""

from collections.abc import Iterable

from backend.companies.queries import MAY_ORDER_FOR
from backend.core.database import fetch
from backend.core.viewer import Viewer


def may_ship_to(parameter: int) -> str:
    """SQL: whether location `l` of company `c`, in which the viewer is member `m`, may be shipped to; `$parameter`: whether she is staff."""
    return f"(l.is_active AND (${parameter} OR ({MAY_ORDER_FOR})))"


_ALLOWED = f"""
SELECT l.id FROM company_location l JOIN company c ON c.id = l.company_id LEFT JOIN member m ON m.company_id = c.id AND m.user_id = $2
WHERE l.id = ANY($1) AND c.id = $3 AND {may_ship_to(4)}
"""


async def allowed_ship_tos(viewer: Viewer, keys: Iterable[int]) -> set[int]:
    """Those of these locations that the viewer may ship to: her own company's that she may order for; a rep's: all of the customer's."""
    wanted = list(set(keys))
    return {row["id"] for row in await fetch(_ALLOWED, wanted, viewer.user_id, viewer.company_id, viewer.is_staff)}
