"""People: a company's members, managed by its own admins or by the seller, the seller's staff, and one's own profile.

A company never loses its last admin by its own hand, nor the seller hers.
"""

from backend.companies import attempts, uses
from backend.companies.attempts import Allowance
from backend.companies.drafts import MemberChanges, MemberDraft
from backend.companies.events import InvitationMade, StaffInvited
from backend.companies.rules import (
    email_problem,
    member_role_problem,
    normal_email,
    person_problem,
    staff_role_problem,
)
from backend.core import clock, events
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import Keep
from backend.core.ids import new_id
from backend.core.uses import refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import REP_ROLES, Permission, Role, Viewer

# Invitations that the members of one company send: each brings a mail to an address that only the inviter vouches for.
INVITATIONS_PER_USER = 30
INVITATIONS_PER_COMPANY = 60


async def invite_member(viewer: Viewer, company_id: int, draft: MemberDraft, *, password_hash: str | None = None) -> int:
    """Invites a person by mail; the key of the pending member. Raises NotFound, InvalidInput.

    The result is the same whether the address has an account or not. The person becomes a member by accepting. With a password hash, as in
    the demo, the person is a member at once and no mail is written.
    """
    viewer.require(Permission.MANAGE_MEMBERS)
    email = _checked_person(draft.email, draft.name)
    _check(member_role_problem(draft.role), "role")
    await _slow_down(viewer)
    member_id = new_id()
    async with transaction():
        await _lock_company(viewer, company_id)
        places = await _checked_places(company_id, draft.role, draft.locations, draft.default_location)
        await _refuse_member(company_id, email)
        known = None if password_hash is None else await _buyer(email, draft.name, password_hash)
        await execute(
            "INSERT INTO member (id, user_id, company_id, role, default_location_id, is_active, email, name)"
            " VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7)",
            *(member_id, known, company_id, draft.role.value, draft.default_location or places[0]),
            *((email, draft.name) if known is None else (None, None)),
        )
        await _set_places(member_id, draft.locations)
        if known is None:
            await events.record(InvitationMade(member_id, viewer.user_id))
    return member_id


async def _slow_down(viewer: Viewer) -> None:
    """Limits what a buyer may send. Only the buyer's own company counts, whatever company is named."""
    if viewer.is_staff:
        return
    allowances = [
        Allowance(f"invite:user:{viewer.user_id}", INVITATIONS_PER_USER, attempts.DAY),
        Allowance(f"invite:company:{viewer.company_id}", INVITATIONS_PER_COMPANY, attempts.DAY),
    ]
    await attempts.spend(allowances, "invitations in one day")


async def _refuse_member(company_id: int, email: str) -> None:
    """Refuses an address of the company's own members and invitations. It says nothing about the accounts of others."""
    found = await fetch_row(
        "SELECT m.user_id FROM member m LEFT JOIN user_account u ON u.id = m.user_id"
        " WHERE m.company_id = $1 AND coalesce(u.email, m.email) = $2",
        *(company_id, email),
    )
    if found is not None and found["user_id"] is None:
        raise InvalidInput(Why.TAKEN(f"{email} is invited already. Remove the invitation to send another one."), ["input", "email"])
    if found is not None:
        raise InvalidInput(Why.TAKEN(f"{email} is a member already."), ["input", "email"])


async def update_member(viewer: Viewer, member_id: int, changes: MemberChanges) -> None:
    """Changes role, locations, or whether she may come in. Raises NotFound, InvalidInput."""
    viewer.require(Permission.MANAGE_MEMBERS)
    async with transaction():
        company_id = await _lock_company_of(viewer, member_id)
        member = await fetch_row("SELECT role, default_location_id, is_active FROM member WHERE id = $1 FOR UPDATE", member_id)
        if member is None:
            raise NotFound("There is no such member.")
        role = Role(member["role"]) if isinstance(changes.role, Keep) else changes.role
        _check(member_role_problem(role), "role")
        locations = await _places_of(member_id) if isinstance(changes.locations, Keep) else changes.locations
        asked = None if isinstance(changes.default_location, Keep) else changes.default_location
        places = await _checked_places(company_id, role, locations, asked)
        stays = member["default_location_id"] if isinstance(changes.default_location, Keep) else asked
        await execute(
            "UPDATE member SET role = $2, is_active = $3, default_location_id = $4 WHERE id = $1",
            member_id,
            role.value,
            member["is_active"] if isinstance(changes.is_active, Keep) else changes.is_active,
            stays if stays in places else places[0],
        )
        await _set_places(member_id, locations)
        await _keep_an_admin(viewer, company_id)


async def remove_member(viewer: Viewer, member_id: int) -> None:
    """What she could do for this company ends with her next request; what she ordered stays. Raises NotFound, InvalidInput."""
    viewer.require(Permission.MANAGE_MEMBERS)
    async with transaction():
        company_id = await _lock_company_of(viewer, member_id)
        user_id = await fetch_value("DELETE FROM member WHERE id = $1 RETURNING user_id", member_id)
        await _keep_an_admin(viewer, company_id)
        await execute(
            "UPDATE session SET ended_at = $3 WHERE user_id = $1 AND ended_at IS NULL"
            " AND location_id IN (SELECT id FROM company_location WHERE company_id = $2)",
            user_id,
            company_id,
            clock.now(),
        )


async def create_staff_user(viewer: Viewer, email: str, name: str, role: Role, *, password_hash: str | None = None) -> int:
    """Takes somebody into the seller's staff and has a mail written to her; her key. Raises InvalidInput.

    With a password hash, as the command line and the demo have, she can sign in at once and no mail is written.
    """
    viewer.require(Permission.MANAGE_SETTINGS)
    email = _checked_person(email, name)
    _check(staff_role_problem(role), "role")
    async with transaction():
        user_id = new_id()
        if not await execute(
            "INSERT INTO user_account (id, email, name, password_hash, staff_role, is_active, created_at)"
            " VALUES ($1, $2, $3, $4, $5, TRUE, $6) ON CONFLICT (email) DO NOTHING",
            user_id,
            email,
            name,
            password_hash,
            role.value,
            clock.now(),
        ):
            raise InvalidInput(Why.TAKEN(f"{email} is taken. One address is either a buyer's or the staff's."), ["input", "email"])
        if password_hash is None:
            await events.record(StaffInvited(user_id, viewer.user_id))
    return user_id


async def update_staff_user(
    viewer: Viewer,
    user_id: int,
    *,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
    successor_id: int | None = None,
    expected_version: int | None = None,
) -> None:
    """Changes what is given. Accounts of a rep who looks after none any more go to the successor. Raises NotFound, InvalidInput, InUse."""
    viewer.require(Permission.MANAGE_SETTINGS)
    _check(person_problem(name) if name is not None else None, "name")
    _check(staff_role_problem(role) if role is not None else None, "role")
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended('staff', 0))")
        version = await fetch_value(
            "SELECT version FROM user_account WHERE id = $1 AND staff_role IS NOT NULL FOR NO KEY UPDATE", user_id
        )
        check_version("staff", user_id, version, expected_version)
        if not await execute(
            "UPDATE user_account SET name = COALESCE($2, name), staff_role = COALESCE($3, staff_role),"
            " is_active = COALESCE($4, is_active) WHERE id = $1 AND staff_role IS NOT NULL",
            user_id,
            name,
            role.value if role else None,
            is_active,
        ):
            raise NotFound("There is no such person among the staff.")
        if not await fetch_value("SELECT EXISTS (SELECT FROM user_account WHERE staff_role = 'ADMIN' AND is_active)"):
            raise InvalidInput(Why.IN_USE("There must be an admin left. Make somebody else one first."), ["input", "role"])
        if is_active is False or (role is not None and role not in REP_ROLES):
            await _hand_over(viewer, user_id, successor_id)


async def _hand_over(viewer: Viewer, user_id: int, successor_id: int | None) -> None:
    """The rep's accounts become the successor's; without one, there must be none."""
    if successor_id is None:
        way = "Name another rep in successorId: these companies go to them."
        return await refuse_in_use(viewer, uses.REP, [user_id], "This rep", way, successor="successorId")
    role = await fetch_value("SELECT staff_role FROM user_account WHERE id = $1 AND is_active FOR KEY SHARE", successor_id)
    if role not in REP_ROLES or successor_id == user_id:
        raise InvalidInput(
            Why.NOT_ALLOWED("Only another active sales rep or sales manager can take over."), ["input", "successorId"]
        )
    await execute(
        "UPDATE rep_account r SET user_id = $2 WHERE user_id = $1"
        " AND NOT EXISTS (SELECT FROM rep_account o WHERE o.user_id = $2 AND o.company_id = r.company_id)",
        user_id,
        successor_id,
    )
    await execute("DELETE FROM rep_account WHERE user_id = $1", user_id)
    return None


async def update_profile(viewer: Viewer, name: str) -> None:
    """One's own name. Raises InvalidInput."""
    viewer.require_signed_in()
    problem = person_problem(name)
    if problem:
        raise InvalidInput(problem, ["name"])
    await execute("UPDATE user_account SET name = $2 WHERE id = $1", viewer.user_id, name)


def _checked_person(email: str, name: str) -> str:
    email = normal_email(email)
    _check(email_problem(email), "email")
    _check(person_problem(name), "name")
    return email


def _check(problem: str | None, name: str) -> None:
    if problem:
        raise InvalidInput(problem, ["input", name])


async def _lock_company(viewer: Viewer, company_id: int) -> None:
    """Membership changes under the company's lock, one at a time; a buyer's company is her own."""
    own = viewer.is_staff or company_id == viewer.company_id
    if not own or not await fetch_value("SELECT TRUE FROM company WHERE id = $1 FOR NO KEY UPDATE", company_id):
        raise NotFound("There is no such company.")


async def _lock_company_of(viewer: Viewer, member_id: int) -> int:
    company_id: int | None = await fetch_value("SELECT company_id FROM member WHERE id = $1", member_id)
    if company_id is None or not (viewer.is_staff or company_id == viewer.company_id):
        raise NotFound("There is no such member.")
    await _lock_company(viewer, company_id)
    return company_id


async def _checked_places(company_id: int, role: Role, chosen: tuple[int, ...], default: int | None) -> list[int]:
    """The locations where somebody in this role may order, the chosen ones first; never none, or she could not sign in."""
    rows = await fetch("SELECT id FROM company_location WHERE company_id = $1 AND is_active ORDER BY created_at, id", company_id)
    known = [row["id"] for row in rows]
    if not set(chosen) <= set(known):
        raise InvalidInput(Why.UNKNOWN("One of these locations is not one of the company's."), ["input", "locationIds"])
    allowed = list(dict.fromkeys([*chosen, *(known if role == Role.COMPANY_ADMIN else [])]))
    if not allowed:
        raise InvalidInput(
            Why.REQUIRED("Give at least one location: without it there is nothing to order for."), ["input", "locationIds"]
        )
    if default is not None and default not in allowed:
        raise InvalidInput(
            Why.NOT_ALLOWED("The default location must be one where the person may order."), ["input", "defaultLocationId"]
        )
    return allowed


async def _buyer(email: str, name: str, password_hash: str | None) -> int:
    """The key of the buyer with this address, made when nobody has it. Staff and those who were shut out cannot be members."""
    row = await fetch_row(
        "WITH made AS (INSERT INTO user_account (id, email, name, password_hash, is_active, created_at)"
        " VALUES ($1, $2, $3, $4, TRUE, $5) ON CONFLICT (email) DO NOTHING RETURNING id)"
        " SELECT id FROM made UNION ALL SELECT id FROM user_account WHERE email = $2 AND staff_role IS NULL AND is_active",
        new_id(),
        email,
        name,
        password_hash,
        clock.now(),
    )
    if row is None:
        raise InvalidInput(Why.NOT_ALLOWED(f"{email} cannot be a member. Give another address."), ["input", "email"])
    key: int = row["id"]
    return key


async def _places_of(member_id: int) -> tuple[int, ...]:
    """Where she may order by name, as far as it is still there."""
    rows = await fetch(
        "SELECT l.id FROM member_location x JOIN company_location l ON l.id = x.location_id AND l.is_active"
        " WHERE x.member_id = $1 ORDER BY l.created_at, l.id",
        member_id,
    )
    return tuple(row["id"] for row in rows)


async def _set_places(member_id: int, locations: tuple[int, ...]) -> None:
    chosen = list(dict.fromkeys(locations))
    await execute("DELETE FROM member_location WHERE member_id = $1 AND location_id <> ALL($2)", member_id, chosen)
    await execute(
        "INSERT INTO member_location (id, member_id, location_id) SELECT k, $2, l FROM unnest($1::bigint[], $3::bigint[]) AS x (k, l)"
        " ON CONFLICT (member_id, location_id) DO NOTHING",
        [new_id() for _ in chosen],
        member_id,
        chosen,
    )


async def _keep_an_admin(viewer: Viewer, company_id: int) -> None:
    """The seller may leave a company without one: she can make another."""
    if viewer.is_staff:
        return
    if not await fetch_value(
        "SELECT EXISTS (SELECT FROM member WHERE company_id = $1 AND role = 'COMPANY_ADMIN' AND is_active AND user_id IS NOT NULL)",
        company_id,
    ):
        raise InvalidInput(Why.IN_USE("The company must keep an admin. Make somebody else one first."), ["input", "role"])
