"""Companies, locations and people, found and listed: a fixed number of statements for any page, nothing outside the viewer's scope."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg

from backend.companies.queries import (
    COMPANY_COLUMNS,
    COMPANY_JOINS,
    LOCATION_COLUMNS,
    LOCATION_JOINS,
    company_scope,
    company_views,
    location_scope,
    location_views,
    read_company,
    read_location,
    read_user,
    user_views,
)
from backend.companies.rules import percent_text
from backend.companies.views import (
    CompanyView,
    GroupView,
    LocationView,
    MemberView,
    PaymentTermsView,
    SellerView,
    SessionView,
    StaffView,
    UserView,
)
from backend.core import clock
from backend.core.database import fetch, fetch_row, fetch_value
from backend.core.errors import NotFound
from backend.core.ids import global_id, parse_id
from backend.core.viewer import Permission, Role, Viewer
from backend.graphql.listing import pattern_of
from backend.graphql.pagination import Connection, Keyset, Page, SortKey, connection, encode_cursor

ViewT = TypeVar("ViewT", CompanyView, LocationView)

_COMPANY_ORDER = Keyset((SortKey("c.name", str), SortKey("c.id", int)))
_LOCATION_ORDER = Keyset((SortKey("c.name", str), SortKey("l.name", str), SortKey("l.id", int)))
_MEMBER_ORDER = Keyset((SortKey("coalesce(u.name, m.name)", str), SortKey("m.id", int)))

_COMPANY_MATCHES = """
($3::text IS NULL OR c.name ILIKE $3 OR c.number ILIKE $3
  OR EXISTS (SELECT FROM company_location t WHERE t.company_id = c.id AND (t.name ILIKE $3 OR t.number ILIKE $3 OR t.address->>'city' ILIKE $3))
  OR ($5 AND EXISTS (SELECT FROM member m JOIN user_account u ON u.id = m.user_id
       WHERE m.company_id = c.id AND m.is_active AND (u.name ILIKE $3 OR u.email ILIKE $3))))
AND ($4::bigint IS NULL OR EXISTS (SELECT FROM company_group_member g WHERE g.company_id = c.id AND g.group_id = $4))
"""
_LOCATION_MATCHES = """
($3::text IS NULL OR l.name ILIKE $3 OR l.number ILIKE $3 OR l.address->>'city' ILIKE $3 OR c.name ILIKE $3 OR c.number ILIKE $3)
AND ($4::bigint IS NULL OR c.id = $4)
"""
_ACTIVE = "l.is_active AND c.is_active"
_MEMBERS = """
FROM member m LEFT JOIN user_account u ON u.id = m.user_id
WHERE m.company_id = $1
"""


async def companies(
    viewer: Viewer, page: Page, *, query: str | None = None, group_id: int | None = None
) -> Connection[CompanyView]:
    """Buyers: their own; reps: their accounts; other staff: all, those too that are no longer active. By name.

    `query` looks in names, numbers and towns; for staff who may see people also in their names and addresses.
    """
    viewer.require_signed_in()
    sees_people = viewer.is_staff and viewer.may(Permission.MANAGE_MEMBERS)
    where = f"{company_scope(viewer)} AND {_COMPANY_MATCHES}"
    arguments = [viewer.currency, viewer.user_id, pattern_of(query), group_id, sees_people]
    rows, total = await _page(page, _COMPANY_ORDER, COMPANY_COLUMNS, f"company c {COMPANY_JOINS}", "company c", where, arguments)
    views = [read_company(viewer, row) for row in rows]
    return connection(page, views, total, lambda view: encode_cursor(view.name, parse_id("company", view.id)))


async def locations(
    viewer: Viewer, page: Page, *, query: str | None = None, company_id: int | None = None, with_inactive: bool = False
) -> Connection[LocationView]:
    """Where this viewer may order; reps: for their accounts; other staff: for all. By company and name."""
    viewer.require_signed_in()
    where = f"{location_scope(viewer)} AND {_LOCATION_MATCHES}"
    if not (with_inactive and viewer.may(Permission.MANAGE_COMPANIES)):
        where = f"{where} AND {_ACTIVE}"
    arguments = [viewer.currency, viewer.user_id, pattern_of(query), company_id]
    tables = "company_location l JOIN company c ON c.id = l.company_id"
    rows, total = await _page(
        page, _LOCATION_ORDER, LOCATION_COLUMNS, f"company_location l {LOCATION_JOINS}", tables, where, arguments
    )
    seen: dict[int, CompanyView] = {}
    views = [read_location(viewer, row, seen) for row in rows]
    return connection(page, views, total, lambda view: encode_cursor(view.company.name, view.name, parse_id("location", view.id)))


async def find_company(viewer: Viewer, key: int) -> CompanyView | None:
    """A company that the viewer may see."""
    query = f"SELECT c.id FROM company c WHERE c.id = $1 AND {company_scope(viewer)}"
    return await _found(viewer, key, query, company_views)


async def find_location(viewer: Viewer, key: int) -> LocationView | None:
    """A location that the viewer may see."""
    query = (
        f"SELECT l.id FROM company_location l JOIN company c ON c.id = l.company_id WHERE l.id = $1 AND {location_scope(viewer)}"
    )
    return await _found(viewer, key, query, location_views)


_KNOWN_TO_BUYER = """
SELECT EXISTS (SELECT FROM member WHERE user_id = $1 AND company_id = $2) OR EXISTS (SELECT FROM rep_account WHERE user_id = $1 AND company_id = $2)
"""
_KNOWN_TO_REP = """
SELECT EXISTS (SELECT FROM user_account WHERE id = $1 AND staff_role IS NOT NULL)
    OR EXISTS (SELECT FROM member m JOIN rep_account r ON r.company_id = m.company_id WHERE m.user_id = $1 AND r.user_id = $2)
"""


async def find_user(viewer: Viewer, key: int) -> UserView | None:
    """Oneself, members of one's company and its reps; reps see colleagues and members of their accounts, other staff everybody."""
    if key == viewer.user_id or (viewer.is_staff and viewer.role is not Role.SALES_REP):
        return (await user_views(viewer, [key])).get(key)
    known = await fetch_value(
        _KNOWN_TO_REP if viewer.is_staff else _KNOWN_TO_BUYER, key, viewer.user_id if viewer.is_staff else viewer.company_id
    )
    return (await user_views(viewer, [key])).get(key) if known else None


async def members(viewer: Viewer, page: Page, company_id: int | None = None) -> Connection[MemberView]:
    """The members of a company, by name: of one's own, for the seller of any. Nobody of a company that is not the viewer's."""
    viewer.require(Permission.MANAGE_MEMBERS)
    wanted = viewer.company_id if company_id is None else company_id
    if not viewer.is_staff and wanted != viewer.company_id:
        wanted = None
    after, values = _MEMBER_ORDER.where(page, 2)
    rows = await fetch(
        f"SELECT {_MEMBER_COLUMNS} {_MEMBERS} AND {after} ORDER BY {_MEMBER_ORDER.order_by(page)} LIMIT {page.limit}",
        wanted,
        *values,
    )
    total = await fetch_value(f"SELECT count(*) {_MEMBERS}", wanted)
    views = await _member_views(viewer, rows)
    return connection(page, views, total, lambda view: encode_cursor(view.user.name, parse_id("member", view.id)))


async def find_member(viewer: Viewer, key: int) -> MemberView | None:
    """A member whom the viewer manages."""
    if not viewer.may(Permission.MANAGE_MEMBERS):
        return None
    query = f"SELECT {_MEMBER_COLUMNS}, m.company_id FROM member m LEFT JOIN user_account u ON u.id = m.user_id WHERE m.id = $1"
    row = await fetch_row(query, key)
    if row is None or not (viewer.is_staff or row["company_id"] == viewer.company_id):
        return None
    return (await _member_views(viewer, [row]))[0]


_MEMBER_COLUMNS = """
m.id, m.role, m.is_active, m.default_location_id, u.id AS user_id, coalesce(u.email, m.email) AS email,
coalesce(u.name, m.name) AS name, u.password_hash IS NULL AS invited,
ARRAY(SELECT x.location_id FROM member_location x WHERE x.member_id = m.id) AS location_ids
"""


async def _member_views(viewer: Viewer, rows: Sequence[asyncpg.Record]) -> list[MemberView]:
    wanted = {row["default_location_id"] for row in rows} | {key for row in rows for key in row["location_ids"]}
    places = await location_views(viewer, wanted - {None})
    return [
        MemberView(
            id=global_id("member", row["id"]),
            user=_person(row),
            role=row["role"],
            is_active=row["is_active"],
            invited=row["invited"],
            default_location=places.get(row["default_location_id"]),
            locations=sorted((places[key] for key in row["location_ids"]), key=lambda place: place.name),
        )
        for row in rows
    ]


def _person(row: asyncpg.Record) -> UserView:
    """The member's account. Of an invitation: what the inviter typed, under an id that leads to no account."""
    if row["user_id"] is None:
        return UserView(global_id("invitation", row["id"]), row["email"], row["name"])
    return read_user(row["user_id"], row["email"], row["name"])


# One row for each sign-in: where it is used from is what its newest token says.
_SESSIONS = """
SELECT family_id, min(created_at) AS created_at, max(expires_at) AS expires_at,
  (array_agg(user_agent ORDER BY created_at DESC, id))[1] AS user_agent,
  (array_agg(address ORDER BY created_at DESC, id))[1] AS address, bool_or(id = $3) AS current
FROM session WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
GROUP BY family_id ORDER BY max(created_at) DESC, family_id LIMIT 100
"""


async def sessions(viewer: Viewer) -> list[SessionView]:
    """Where the viewer is signed in, the newest first."""
    viewer.require_signed_in()
    rows = await fetch(_SESSIONS, viewer.user_id, clock.now(), viewer.session_id)
    return [
        SessionView(
            global_id("session", row["family_id"]),
            row["created_at"],
            row["expires_at"],
            row["user_agent"],
            row["address"],
            row["current"],
        )
        for row in rows
    ]


async def groups(viewer: Viewer) -> list[GroupView]:
    """The seller's groups of companies; buyers do not learn which there are."""
    viewer.require(Permission.MANAGE_COMPANIES)
    rows = await fetch("SELECT id, code, name, version FROM company_group ORDER BY name, id")
    return [_group(row) for row in rows]


async def find_group(viewer: Viewer, key: int) -> GroupView | None:
    if not viewer.may(Permission.MANAGE_COMPANIES):
        return None
    row = await fetch_row("SELECT id, code, name, version FROM company_group WHERE id = $1", key)
    return None if row is None else _group(row)


def _group(row: asyncpg.Record) -> GroupView:
    return GroupView(global_id("group", row["id"]), row["code"], row["name"], row["version"])


async def payment_terms(viewer: Viewer, key: int | None = None) -> list[PaymentTermsView]:
    """All terms that the seller gives to somebody; or those with this key."""
    viewer.require(Permission.MANAGE_COMPANIES)
    rows = await fetch(
        "SELECT code, name, due_in_days, deposit_percent_e4, version FROM payment_terms WHERE $1::bigint IS NULL OR id = $1"
        " ORDER BY due_in_days, code",
        key,
    )
    return [
        PaymentTermsView(row["code"], row["name"], row["due_in_days"], percent_text(row["deposit_percent_e4"]), row["version"])
        for row in rows
    ]


async def staff(viewer: Viewer) -> list[StaffView]:
    """The seller's own people, by name."""
    if not viewer.may(Permission.MANAGE_SETTINGS):
        viewer.require(Permission.MANAGE_COMPANIES)
    rows = await fetch(
        "SELECT id, email, name, staff_role, is_active, version, password_hash IS NULL AS invited"
        " FROM user_account WHERE staff_role IS NOT NULL ORDER BY name, id"
    )
    return [_staff(row) for row in rows]


async def find_staff(viewer: Viewer, key: int) -> StaffView:
    """One of the seller's people. Raises NotFound."""
    for person in await staff(viewer):
        if person.id == global_id("user", key):
            return person
    raise NotFound("There is no such person among the staff.")


def _staff(row: asyncpg.Record) -> StaffView:
    user = read_user(row["id"], row["email"], row["name"])
    return StaffView(user.id, user, row["staff_role"], row["is_active"], row["invited"], row["version"])


async def seller(viewer: Viewer) -> SellerView | None:
    """The seller's settings; None on an installation that has none yet."""
    viewer.require(Permission.MANAGE_SETTINGS)
    row = await fetch_row(
        "SELECT name, currency, timezone, country, price_strategy, break_scope, stock_display_cap, low_stock_at, version FROM seller LIMIT 1"
    )
    return None if row is None else SellerView(**dict(row))


async def _found(
    viewer: Viewer, key: int, query: str, load: Callable[[Viewer, list[int]], Awaitable[dict[int, ViewT]]]
) -> ViewT | None:
    found = await fetch_value(query, key, viewer.user_id)
    return None if found is None else (await load(viewer, [key])).get(key)


async def _page(
    page: Page, order: Keyset, columns: str, tables: str, counted: str, where: str, arguments: list[Any]
) -> tuple[list[asyncpg.Record], int]:
    """The rows of a page and how many there are in all: two statements."""
    after, values = order.where(page, len(arguments) + 1)
    rows = await fetch(
        f"SELECT {columns} FROM {tables} WHERE {where} AND {after} ORDER BY {order.order_by(page)} LIMIT {page.limit}",
        *arguments,
        *values,
    )
    # The count has no use for $1, the currency; PostgreSQL wants it spoken of.
    total: int = await fetch_value(f"SELECT count(*) FROM {counted} WHERE {where} AND ($1::text IS NULL OR TRUE)", *arguments)
    return rows, total
