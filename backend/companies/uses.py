"""Who needs payment terms, groups, companies, locations and reps; and who would see more if an assortment of theirs went.

A buyer whom no assortment reaches by assignment sees the default one, which may show more. So nobody loses the last one unasked.
"""

from collections.abc import Collection

from backend.core.database import execute, fetch
from backend.core.uses import InUse, Need, Use, UseKind
from backend.core.viewer import Permission, Viewer

_SIGHT_LOCK = 4_851_002
_OPEN = "o.status NOT IN ('COMPLETED', 'CANCELLED', 'REJECTED')"
_FILLED = "EXISTS (SELECT FROM cart_line x WHERE x.cart_id = k.id)"

TERMS = (Need(UseKind.COMPANY, "SELECT name FROM company WHERE payment_terms_id = ANY ($1)", Permission.MANAGE_COMPANIES),)
GROUP = (
    Need(
        UseKind.COMPANY,
        "SELECT c.name FROM company_group_member m JOIN company c ON c.id = m.company_id WHERE m.group_id = ANY ($1)",
    ),
    Need(
        UseKind.ASSORTMENT,
        "SELECT a.name FROM assortment_assignment x JOIN assortment a ON a.id = x.assortment_id WHERE x.group_id = ANY ($1)",
        Permission.MANAGE_ASSORTMENTS,
    ),
    Need(
        UseKind.PRICE_LIST,
        "SELECT p.name FROM price_list_assignment x JOIN price_list p ON p.id = x.price_list_id WHERE x.group_id = ANY ($1)",
        Permission.MANAGE_PRICES,
    ),
    Need(UseKind.ORDER_MINIMUM, "SELECT currency AS name FROM order_minimum WHERE group_id = ANY ($1)", Permission.MANAGE_SETTINGS),
)
COMPANY = (
    Need(
        UseKind.ORDER,
        f"SELECT o.number AS name FROM customer_order o WHERE o.company_id = ANY ($1) AND {_OPEN}",
        Permission.SEE_ORDERS,
    ),
    Need(
        UseKind.CART,
        f"SELECT l.name FROM cart k JOIN company_location l ON l.id = k.location_id WHERE l.company_id = ANY ($1) AND {_FILLED}",
    ),
)
LOCATION = (
    Need(
        UseKind.MEMBER,
        "SELECT u.name FROM member m JOIN user_account u ON u.id = m.user_id WHERE m.is_active AND (m.default_location_id = ANY ($1)"
        " OR EXISTS (SELECT FROM member_location x WHERE x.member_id = m.id AND x.location_id = ANY ($1)))",
    ),
    Need(
        UseKind.ORDER,
        "SELECT o.number AS name FROM customer_order o WHERE (o.location_id = ANY ($1) OR o.ship_to_location_id = ANY ($1))"
        f" AND {_OPEN}",
        Permission.SEE_ORDERS,
    ),
    Need(
        UseKind.CART,
        "SELECT l.name FROM cart k JOIN company_location l ON l.id = k.location_id WHERE"
        f" ((k.location_id = ANY ($1) OR k.ship_to_id = ANY ($1)) AND {_FILLED})"
        " OR EXISTS (SELECT FROM cart_line x WHERE x.cart_id = k.id AND x.ship_to_id = ANY ($1))",
    ),
)
REP = (Need(UseKind.COMPANY, "SELECT c.name FROM rep_account r JOIN company c ON c.id = r.company_id WHERE r.user_id = ANY ($1)"),)

_REACHED = """
SELECT l.id FROM company_location l WHERE l.company_id = ANY ($1) AND EXISTS (
  SELECT FROM assortment_assignment a WHERE a.company_id = l.company_id OR a.location_id = l.id
     OR a.group_id IN (SELECT m.group_id FROM company_group_member m WHERE m.company_id = l.company_id))
"""
_NAMES = (
    "SELECT c.name || ', ' || l.name AS name FROM company_location l JOIN company c ON c.id = l.company_id WHERE l.id = ANY ($1)"
)


async def lock_sight() -> None:
    """Whoever may take the last assortment from somebody waits here, so that two of them never take one each."""
    await execute("SELECT pg_advisory_xact_lock($1)", _SIGHT_LOCK)


async def reached(company_ids: Collection[int]) -> set[int]:
    """The locations of these companies that an assortment reaches by assignment."""
    return {row["id"] for row in await fetch(_REACHED, list(company_ids))}


async def refuse_lost_sight(
    viewer: Viewer, company_ids: Collection[int], before: set[int], what: str, *, successor: str | None = None
) -> None:
    """Raises InUse when one of the locations that were reached before is not reached any more."""
    lost = before - await reached(company_ids)
    if not lost:
        return
    names = sorted(row["name"] for row in await fetch(_NAMES, sorted(lost)))
    way = f"name it in {successor}" if successor else "assign it to them first"
    raise InUse(
        what,
        [Use(UseKind.LOCATION, len(lost), names[:5])],
        f"It is the last assortment that reaches them: without it they would see the default one, or nothing. Choose another, and {way}.",
        successor=successor,
    )
