"""What can be seen of companies, locations and people, and who is asking: `viewer_for_token`.

Each of these sends a fixed number of statements, however much it answers. Rights are read afresh every time and never kept.
"""

from collections.abc import Iterable

import asyncpg
import orjson

from backend.companies.passwords import token_hash
from backend.companies.rules import percent_text
from backend.companies.views import AddressView, CompanyView, CreditView, LocationView, PaymentTermsView, UserView, ViewerView
from backend.core import clock
from backend.core.database import fetch, fetch_row
from backend.core.ids import global_id
from backend.core.money import Money
from backend.core.viewer import PERMISSIONS, STAFF_ROLES, Permission, Role, Viewer

# A buyer's right to a location: company l -> c, her membership m. Whoever chooses a location for her asks this.
MAY_ORDER_FOR = """
l.is_active AND c.is_active AND m.is_active AND (m.role = 'COMPANY_ADMIN'
  OR EXISTS (SELECT FROM member_location x WHERE x.member_id = m.id AND x.location_id = l.id))
"""

# A session whose rights are gone gives no row: the same as a token that never was. `sign_in` and `act_as` choose locations
# by the same condition, so that nobody is given a token that does not work.
_VIEWER = f"""
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


async def viewer_for_token(token: str) -> Viewer:
    """Who holds this token, by one statement; anonymous when it is unknown, expired, ended, or its rights are gone."""
    row = await fetch_row(_VIEWER, token_hash(token), clock.now())
    return Viewer() if row is None else _viewer(row)


def _viewer(row: asyncpg.Record) -> Viewer:
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


# $1 is the viewer and $2 the currency of the credit that is shown.
_COMPANY_COLUMNS = """
c.id AS company_id, c.name AS company_name, c.number AS company_number, c.category, c.tax_id AS company_tax_id,
c.is_active AS company_is_active, c.on_hold,
t.code AS terms_code, t.name AS terms_name, t.due_in_days, t.deposit_percent_e4,
a.limit_minor, a.taken_minor,
EXISTS (SELECT FROM rep_account r WHERE r.company_id = c.id AND r.user_id = $1) AS is_account,
(SELECT json_agg(json_build_array(u.id, u.email, u.name) ORDER BY u.name, u.id)
   FROM rep_account r JOIN user_account u ON u.id = r.user_id AND u.is_active WHERE r.company_id = c.id) AS sales_reps
"""
_COMPANY_JOINS = """
JOIN payment_terms t ON t.id = c.payment_terms_id
LEFT JOIN credit_account a ON a.company_id = c.id AND a.currency = $2
"""
_LOCATION_COLUMNS = f"""
l.id, l.name, l.number, l.currency, l.tax_id, l.is_active, l.address, l.billing_address, {_COMPANY_COLUMNS}
"""
_LOCATION_JOINS = f"JOIN company c ON c.id = l.company_id {_COMPANY_JOINS}"
_COMPANIES = f"SELECT {_COMPANY_COLUMNS} FROM company c {_COMPANY_JOINS} WHERE c.id = ANY($3)"
_LOCATIONS = f"SELECT {_LOCATION_COLUMNS} FROM company_location l {_LOCATION_JOINS} WHERE l.id = ANY($3)"


async def company_views(viewer: Viewer, keys: Iterable[int]) -> dict[int, CompanyView]:
    """Companies by key, in one statement. Asks no rights except those to credit: the caller has found something that names them."""
    wanted = list(set(keys))
    rows = await fetch(_COMPANIES, viewer.user_id, viewer.currency, wanted) if wanted else []
    return {row["company_id"]: _company(viewer, row) for row in rows}


async def location_views(viewer: Viewer, keys: Iterable[int]) -> dict[int, LocationView]:
    """Locations by key with their companies, in one statement. Asks no rights, as `company_views`."""
    wanted = list(set(keys))
    rows = await fetch(_LOCATIONS, viewer.user_id, viewer.currency, wanted) if wanted else []
    companies: dict[int, CompanyView] = {}
    return {row["id"]: _location(viewer, row, companies) for row in rows}


async def user_views(viewer: Viewer, keys: Iterable[int]) -> dict[int, UserView]:
    """People by key, in one statement. Asks no rights, as `company_views`."""
    wanted = list(set(keys))
    rows = await fetch("SELECT id, email, name FROM user_account WHERE id = ANY($1)", wanted) if wanted else []
    return {row["id"]: _user(row["id"], row["email"], row["name"]) for row in rows}


async def viewer_view(viewer: Viewer) -> ViewerView | None:
    """The viewer herself; None when nobody is signed in."""
    if viewer.role is None or viewer.user_id is None:
        return None
    location = None
    if viewer.location_id is not None:
        location = (await location_views(viewer, [viewer.location_id])).get(viewer.location_id)
    user = _user(viewer.user_id, viewer.email, viewer.name)
    return ViewerView(user, viewer.role, location.company if location else None, location, viewer.acting_for)


def _user(key: int, email: str, name: str) -> UserView:
    return UserView(global_id("user", key), email, name)


def _company(viewer: Viewer, row: asyncpg.Record) -> CompanyView:
    return CompanyView(
        id=global_id("company", row["company_id"]),
        name=row["company_name"],
        number=row["company_number"],
        category=row["category"],
        tax_id=row["company_tax_id"],
        is_active=row["company_is_active"],
        sales_reps=[_user(*rep) for rep in orjson.loads(row["sales_reps"] or "[]")],
        payment_terms=PaymentTermsView(
            row["terms_code"], row["terms_name"], row["due_in_days"], percent_text(row["deposit_percent_e4"])
        ),
        credit=_credit(viewer, row) if _sees_credit(viewer, row) else None,
    )


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


def _location(viewer: Viewer, row: asyncpg.Record, companies: dict[int, CompanyView]) -> LocationView:
    company = companies.get(row["company_id"])
    if company is None:
        company = companies[row["company_id"]] = _company(viewer, row)
    return LocationView(
        id=global_id("location", row["id"]),
        name=row["name"],
        number=row["number"],
        company=company,
        currency=row["currency"],
        tax_id=row["tax_id"],
        is_active=row["is_active"],
        address=AddressView(**orjson.loads(row["address"])),
        billing_address=AddressView(**orjson.loads(row["billing_address"])),
    )
