"""What can be seen of companies, locations and people, and who is asking: `viewer_for_token`.

Each of these sends a fixed number of statements, however much it answers. Rights are read afresh every time and never kept.
"""

from collections.abc import Iterable
from dataclasses import replace

import asyncpg
import orjson

from backend.companies.passwords import matches, token_hash
from backend.companies.rules import DEMO_PASSWORD, percent_text
from backend.companies.views import (
    AddressView,
    CompanyView,
    CreditView,
    GroupView,
    LocationView,
    PaymentTermsView,
    UserView,
    ViewerView,
)
from backend.core import clock
from backend.core.database import any_of, fetch, fetch_row
from backend.core.ids import global_id
from backend.core.money import Money
from backend.core.viewer import PERMISSIONS, STAFF_ROLES, Permission, Role, Viewer

# A buyer's right to a location: company l -> c, her membership m. Whoever chooses a location for her asks this.
MAY_ORDER_FOR = """
l.is_active AND c.is_active AND m.is_active AND (m.role = 'COMPANY_ADMIN'
  OR EXISTS (SELECT FROM member_location x WHERE x.member_id = m.id AND x.location_id = l.id))
"""

# A session whose rights are gone gives no row: the same as a token that never was. `sign_in` and `act_as` choose locations
# by the same condition, so that nobody is given a token that does not work. $1 is the token's hash, $2 the time.
VIEWER = f"""
SELECT s.id AS session_id, s.location_id, u.id AS user_id, u.email, u.name, COALESCE(u.staff_role, m.role) AS role,
       c.id AS company_id, l.currency,
       COALESCE(c.price_strategy, w.price_strategy) AS price_strategy,
       ARRAY(SELECT g.group_id FROM company_group_member g WHERE g.company_id = c.id ORDER BY g.group_id) AS group_ids,
       w.currency AS base_currency, w.timezone, w.stock_display_cap, w.low_stock_at
FROM session s
JOIN user_account u ON u.id = s.user_id AND u.is_active
LEFT JOIN company_location l ON l.id = s.location_id
LEFT JOIN company c ON c.id = l.company_id
LEFT JOIN member m ON m.user_id = u.id AND m.company_id = c.id AND u.staff_role IS NULL
LEFT JOIN seller w ON TRUE
WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2
  AND CASE
    WHEN s.location_id IS NULL THEN u.staff_role IS NOT NULL
    WHEN u.staff_role IS NULL THEN {MAY_ORDER_FOR}
    WHEN NOT (l.is_active AND c.is_active) THEN FALSE
    WHEN u.staff_role = 'SALES_REP' THEN EXISTS (SELECT FROM rep_account r WHERE r.user_id = u.id AND r.company_id = c.id)
    ELSE u.staff_role IN ('SALES_MANAGER', 'ADMIN')
  END
LIMIT 1
"""

_PLACE = """
SELECT c.id AS company_id, l.currency,
       COALESCE(c.price_strategy, (SELECT w.price_strategy FROM seller w LIMIT 1)) AS price_strategy,
       ARRAY(SELECT g.group_id FROM company_group_member g WHERE g.company_id = c.id ORDER BY g.group_id) AS group_ids
FROM company_location l JOIN company c ON c.id = l.company_id WHERE l.id = $1 AND {scope}
"""


async def viewer_for_token(token: str) -> Viewer:
    """Who holds this token, by one statement; anonymous when it is unknown, expired, ended, or its rights are gone."""
    row = await fetch_row(VIEWER, token_hash(token), clock.now())
    return Viewer() if row is None else read_viewer(row)


async def viewer_at(viewer: Viewer, location_id: int) -> Viewer | None:
    """The viewer as she would be at another location of hers (staff: any; reps: of their accounts); None when it is not hers.

    For questions about that place, such as its prices; `act_as` gives a token for it.
    """
    row = await fetch_row(_PLACE.format(scope=location_scope(viewer)), location_id, viewer.user_id)
    if row is None:
        return None
    return replace(
        viewer,
        company_id=row["company_id"],
        location_id=location_id,
        acting_for=viewer.is_staff,
        group_ids=tuple(row["group_ids"]),
        currency=row["currency"],
        price_strategy=row["price_strategy"] or "PRIORITY",
        memo={},
    )


# Staff other than reps see all; PostgreSQL wants every parameter to be spoken of.
EVERYTHING = "($2::bigint IS NULL OR TRUE)"


def location_scope(viewer: Viewer) -> str:
    """SQL: which locations `l` of companies `c` this viewer may order for or see; $2 is her key. Nobody else's exist for her."""
    if viewer.role == Role.SALES_REP:
        return "c.is_active AND l.is_active AND EXISTS (SELECT FROM rep_account r WHERE r.company_id = c.id AND r.user_id = $2)"
    if viewer.is_staff:
        return EVERYTHING
    return f"EXISTS (SELECT FROM member m WHERE m.company_id = c.id AND m.user_id = $2 AND {MAY_ORDER_FOR})"


def company_scope(viewer: Viewer) -> str:
    """SQL: which companies `c` this viewer may see; $2 is her key."""
    if viewer.role == Role.SALES_REP:
        return "c.is_active AND EXISTS (SELECT FROM rep_account r WHERE r.company_id = c.id AND r.user_id = $2)"
    if viewer.is_staff:
        return EVERYTHING
    return "c.is_active AND EXISTS (SELECT FROM member m WHERE m.company_id = c.id AND m.user_id = $2 AND m.is_active)"


def read_viewer(row: asyncpg.Record) -> Viewer:
    """Who a row of VIEWER tells of."""
    role = Role(row["role"])
    base_currency = row["base_currency"] or "EUR"
    return Viewer(
        user_id=row["user_id"],
        role=role,
        email=row["email"],
        name=row["name"],
        company_id=row["company_id"],
        location_id=row["location_id"],
        acting_for=role in STAFF_ROLES and row["location_id"] is not None,
        group_ids=tuple(row["group_ids"]),
        currency=row["currency"] or base_currency,
        price_strategy=row["price_strategy"] or "PRIORITY",
        base_currency=base_currency,
        timezone=row["timezone"] or "UTC",
        stock_display_cap=200 if row["stock_display_cap"] is None else row["stock_display_cap"],
        low_stock_at=20 if row["low_stock_at"] is None else row["low_stock_at"],
        session_id=row["session_id"],
        permissions=PERMISSIONS[role],
    )


# $1 is the currency of the credit that is shown and $2 the viewer.
COMPANY_COLUMNS = """
c.id AS company_id, c.name AS company_name, c.number AS company_number, c.category, c.tax_id AS company_tax_id,
c.is_active AS company_is_active, c.on_hold, c.version AS company_version,
t.version AS terms_version, t.code AS terms_code, t.name AS terms_name, t.due_in_days, t.deposit_percent_e4,
a.limit_minor, a.taken_minor,
EXISTS (SELECT FROM rep_account r WHERE r.company_id = c.id AND r.user_id = $2) AS is_account,
(SELECT json_agg(json_build_array(u.id, u.email, u.name) ORDER BY u.name, u.id)
   FROM rep_account r JOIN user_account u ON u.id = r.user_id AND u.is_active WHERE r.company_id = c.id) AS sales_reps,
CASE WHEN EXISTS (SELECT FROM user_account s WHERE s.id = $2 AND s.staff_role IN ('SALES_MANAGER', 'ADMIN')) THEN
  (SELECT json_agg(json_build_array(g.id, g.code, g.name, g.version) ORDER BY g.name, g.id)
     FROM company_group_member m JOIN company_group g ON g.id = m.group_id WHERE m.company_id = c.id) END AS company_groups
"""
COMPANY_JOINS = """
JOIN payment_terms t ON t.id = c.payment_terms_id
LEFT JOIN credit_account a ON a.company_id = c.id AND a.currency = $1
"""
LOCATION_COLUMNS = f"""
l.id, l.name, l.number, l.currency, l.tax_id, l.email, l.is_active, l.address, l.billing_address, l.version, {COMPANY_COLUMNS}
"""
LOCATION_JOINS = f"JOIN company c ON c.id = l.company_id {COMPANY_JOINS}"
_COMPANIES = f"SELECT {COMPANY_COLUMNS} FROM company c {COMPANY_JOINS} WHERE c.id = {any_of(3)}"
_LOCATIONS = f"SELECT {LOCATION_COLUMNS} FROM company_location l {LOCATION_JOINS} WHERE l.id = {any_of(3)}"


async def company_views(viewer: Viewer, keys: Iterable[int]) -> dict[int, CompanyView]:
    """Companies by key, in one statement. Asks no rights except those to credit: the caller has found something that names them."""
    wanted = list(set(keys))
    rows = await fetch(_COMPANIES, viewer.currency, viewer.user_id, wanted) if wanted else []
    return {row["company_id"]: read_company(viewer, row) for row in rows}


async def location_views(viewer: Viewer, keys: Iterable[int]) -> dict[int, LocationView]:
    """Locations by key with their companies, in one statement. Asks no rights, as `company_views`."""
    wanted = list(set(keys))
    rows = await fetch(_LOCATIONS, viewer.currency, viewer.user_id, wanted) if wanted else []
    companies: dict[int, CompanyView] = {}
    return {row["id"]: read_location(viewer, row, companies) for row in rows}


async def user_views(viewer: Viewer, keys: Iterable[int]) -> dict[int, UserView]:
    """People by key, in one statement. Asks no rights, as `company_views`. Buyers do not see by which address the seller's people sign in."""
    wanted = list(set(keys))
    rows = await fetch("SELECT id, email, name, staff_role FROM user_account WHERE id = ANY($1)", wanted) if wanted else []
    return {
        row["id"]: read_user(row["id"], "" if row["staff_role"] and viewer.is_buyer else row["email"], row["name"]) for row in rows
    }


async def viewer_view(viewer: Viewer) -> ViewerView | None:
    """The viewer herself; None when nobody is signed in."""
    if viewer.role is None or viewer.user_id is None:
        return None
    location = None
    if viewer.location_id is not None:
        location = (await location_views(viewer, [viewer.location_id])).get(viewer.location_id)
    user = read_user(viewer.user_id, viewer.email, viewer.name)
    return ViewerView(user, viewer.role, location.company if location else None, location, viewer.acting_for)


def read_user(key: int, email: str, name: str) -> UserView:
    return UserView(global_id("user", key), email, name)


def read_company(viewer: Viewer, row: asyncpg.Record) -> CompanyView:
    return CompanyView(
        id=global_id("company", row["company_id"]),
        name=row["company_name"],
        number=row["company_number"],
        category=row["category"],
        tax_id=row["company_tax_id"],
        is_active=row["company_is_active"],
        sales_reps=[
            read_user(key, email if viewer.is_staff else "", name) for key, email, name in orjson.loads(row["sales_reps"] or "[]")
        ],
        payment_terms=PaymentTermsView(
            row["terms_code"], row["terms_name"], row["due_in_days"], percent_text(row["deposit_percent_e4"]), row["terms_version"]
        ),
        credit=_credit(viewer, row) if _sees_credit(viewer, row) else None,
        version=row["company_version"],
        groups=_groups(row["company_groups"]) if viewer.may(Permission.MANAGE_COMPANIES) else None,
    )


def _groups(found: str | None) -> list[GroupView]:
    return [GroupView(global_id("group", key), *rest) for key, *rest in orjson.loads(found or "[]")]


def _sees_credit(viewer: Viewer, row: asyncpg.Record) -> bool:
    if row["limit_minor"] is None or not viewer.may(Permission.SEE_CREDIT):
        return False
    if viewer.is_buyer:
        return bool(row["company_id"] == viewer.company_id)
    return viewer.role != Role.SALES_REP or bool(row["is_account"])


def _credit(viewer: Viewer, row: asyncpg.Record) -> CreditView:
    """Nothing is invoiced yet by this product: open invoices and what is overdue of them are none."""
    limit, taken = Money(row["limit_minor"], viewer.currency), Money(row["taken_minor"], viewer.currency)
    none = Money.zero(viewer.currency)
    return CreditView(limit, taken, none, none, limit - taken if taken < limit else none, row["on_hold"])


def read_location(viewer: Viewer, row: asyncpg.Record, companies: dict[int, CompanyView]) -> LocationView:
    company = companies.get(row["company_id"])
    if company is None:
        company = companies[row["company_id"]] = read_company(viewer, row)
    return LocationView(
        id=global_id("location", row["id"]),
        name=row["name"],
        number=row["number"],
        company=company,
        currency=row["currency"],
        tax_id=row["tax_id"],
        email=row["email"],
        is_active=row["is_active"],
        address=AddressView(**orjson.loads(row["address"])),
        billing_address=AddressView(**orjson.loads(row["billing_address"])),
        version=row["version"],
    )


async def demo_password_in_use() -> bool:
    """Whether the password of the demo opens an account: production refuses to start then.

    Demo people have addresses that no real person can have (RFC 2606), so only those are tried: a hash costs a twentieth of a second.
    """
    rows = await fetch(
        "SELECT DISTINCT password_hash FROM user_account WHERE is_active AND password_hash IS NOT NULL AND email LIKE '%.example'"
        " LIMIT 200"
    )
    for row in rows:
        if await matches(row["password_hash"], DEMO_PASSWORD):
            return True
    return False
