"""`linesheet import customers` and `export customers`: a row per location and person who orders for it. Twice changes nothing.

A blank cell says nothing and changes nothing. Somebody who is no member yet is invited by mail; a member gets the locations that she
lacks and stays as she is.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import orjson

from backend.companies.actions.accounts import save_companies, save_locations
from backend.companies.actions.members import invite_member, update_member
from backend.companies.actions.seller import ensure_payment_terms, save_group
from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft, MemberChanges, MemberDraft, Saved
from backend.companies.rules import normal_email
from backend.core.database import fetch
from backend.core.errors import Problem
from backend.core.faults import KEEP, InvalidRows, Keep
from backend.core.numbers import Mark
from backend.core.viewer import BUYER_ROLES, Role, Viewer, system_viewer
from backend.exchange.cells import BadCell, needed
from backend.exchange.files import Line, Table
from backend.exchange.importing import Faulty, import_table, save_batch
from backend.exchange.report import Advance, ImportReport, Out

DraftT = TypeVar("DraftT", CompanyDraft, LocationDraft)

COLUMNS: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        "company_number", "company_name", "category", "payment_terms", "company_tax_id", "groups", "location_number", "location_name",
        "currency", "location_tax_id", "location_email", "addressee", "phone", "line1", "line2", "city", "region", "postcode", "country",
        "buyer_email", "buyer_name", "buyer_role",
    ),
    (),
)  # fmt: skip
REQUIRED = ("company_number", "location_number")
EXAMPLE = (
    (
        "C-1001", "Harbour Workwear", "INDEPENDENT_RETAILER", "NET30", "NL001234567B01", "key-accounts", "C-1001-1", "Rotterdam", "EUR", "",
        "goods-in@harbour.example", "", "+31 10 123 4567", "Waalhaven 12", "", "Rotterdam", "", "3089 JH", "NL", "buyer@harbour.example",
        "Ada Visser", "BUYER",
    ),
)  # fmt: skip
BATCH = 500
_VIEWER = system_viewer()


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the file, understood."""

    line: int
    company: CompanyDraft
    location: LocationDraft
    member: MemberDraft | None


async def import_customers(
    path: Path | str, *, check: bool = False, skip_bad: bool = False, decimal: Mark | None = None, out: Out = print
) -> ImportReport:
    """Companies, locations and their people, found again by number and e-mail address."""
    report = ImportReport("companies, locations and people", checked_only=check)

    async def save(rows: list[_Row]) -> None:
        await _save_all(rows, report)

    async def work(table: Table, advance: Advance) -> None:
        if await ensure_payment_terms(_VIEWER):
            report.note(
                "There were no payment terms: made NET14 and NET30.", "There are no payment terms: NET14 and NET30 would be made."
            )
        lines = iter(table)
        done = 0
        while batch := list(islice(lines, BATCH)):
            rows = [row for line in batch if (row := _understood(line, report)) is not None]
            report.left_out += (len(batch) - len(rows)) if skip_bad else 0
            await save_batch(rows, save, lambda row: row.location.number, report, skip_bad=skip_bad)
            done += len(batch)
            advance(table.share, done)

    return await import_table(Path(path), report, COLUMNS, REQUIRED, work, skip_bad=skip_bad, out=out, decimal=decimal)


def _understood(line: Line, report: ImportReport) -> _Row | None:
    try:
        if line.surplus:
            raise BadCell("There are more values than columns.")
        return _Row(line.number, _company(line), _location(line), _member(line))
    except BadCell as error:
        report.bad(line.number, line.get("location_number"), str(error))
        return None


def _company(line: Line) -> CompanyDraft:
    groups = tuple(code.strip() for code in line.get("groups").split("|") if code.strip())
    return CompanyDraft(
        number=needed(line, "company_number"),
        name=_said(line, "company_name"),
        category=_said(line, "category"),
        payment_terms=_said(line, "payment_terms"),
        tax_id=_said(line, "company_tax_id"),
        groups=groups or KEEP,
    )


def _location(line: Line) -> LocationDraft:
    return LocationDraft(
        number=needed(line, "location_number"),
        company=needed(line, "company_number"),
        name=_said(line, "location_name"),
        currency=_said(line, "currency"),
        tax_id=_said(line, "location_tax_id"),
        email=normal_email(line.get("location_email")) or KEEP,
        address=_address(line),
    )


def _address(line: Line) -> AddressDraft | Keep:
    """An address is said whole or not at all."""
    if not any(line.get(name) for name in ("addressee", "phone", "line1", "line2", "city", "region", "postcode", "country")):
        return KEEP
    return AddressDraft(
        needed(line, "line1"),
        needed(line, "city"),
        needed(line, "country"),
        name=line.get("addressee") or None,
        phone=line.get("phone") or None,
        line2=line.get("line2") or None,
        region=line.get("region") or None,
        postcode=line.get("postcode") or None,
    )


def _member(line: Line) -> MemberDraft | None:
    email = normal_email(line.get("buyer_email"))
    if not email:
        return None
    role = line.get("buyer_role").upper() or Role.BUYER
    if role not in BUYER_ROLES:
        raise BadCell(f"The buyer_role is one of {', '.join(sorted(BUYER_ROLES))}; it is “{role[:40]}”.")
    return MemberDraft(email, needed(line, "buyer_name"), Role(role))


def _said(line: Line, field: str) -> str | Keep:
    return line.get(field) or KEEP


async def _save_all(rows: Sequence[_Row], report: ImportReport) -> None:
    """Companies, then locations, then people: each once, however many rows name it."""
    await _make_groups(rows, report)
    companies = _once(rows, lambda row: row.company, "company_number")
    locations = _once(rows, lambda row: row.location, "location_number")
    await _save_once(save_companies, companies, rows, report)
    await _save_once(save_locations, locations, rows, report)
    await _people(rows, report)


async def _make_groups(rows: Sequence[_Row], report: ImportReport) -> None:
    """A group that nobody made yet begins here, called as its code; each is told, since it may be a slip of the pen."""
    wanted = {code for row in rows if not isinstance(row.company.groups, Keep) for code in row.company.groups}
    known = {row["code"] for row in await fetch("SELECT code FROM company_group WHERE code = ANY ($1)", list(wanted))}
    for code in sorted(wanted - known):
        await save_group(_VIEWER, code, code)
        report.note(f"There was no group {code}: made it.", f"There is no group {code}: it would be made.")


async def _save_once(
    save: Callable[[Viewer, Sequence[DraftT]], Awaitable[Saved]],
    drafts: dict[int, DraftT],
    rows: Sequence[_Row],
    report: ImportReport,
) -> None:
    try:
        done = await save(_VIEWER, list(drafts.values()))
    except InvalidRows as error:
        places = list(drafts)
        raise Faulty([(places[fault.row], rows[places[fault.row]].line, fault.message) for fault in error.faults]) from error
    report.created += done.new
    report.changed += done.changed
    report.unchanged += done.unchanged


def _once(rows: Sequence[_Row], draft_of: Callable[[_Row], DraftT], field: str) -> dict[int, DraftT]:
    """Each draft at the first row that names it; rows that say something else of the same number are faulty."""
    firsts: dict[str, tuple[int, DraftT]] = {}
    faults = []
    for at, row in enumerate(rows):
        draft = draft_of(row)
        first, known = firsts.setdefault(draft.number, (at, draft))
        if known != draft:
            faults.append((at, row.line, f"Line {rows[first].line} says something else of the {field} {draft.number}."))
    if faults:
        raise Faulty(faults)
    return dict(firsts.values())


_MEMBERS = """
SELECT coalesce(u.email, m.email) AS email, c.number, m.id, m.role,
       ARRAY(SELECT location_id FROM member_location x WHERE x.member_id = m.id) AS locations
FROM member m LEFT JOIN user_account u ON u.id = m.user_id JOIN company c ON c.id = m.company_id
WHERE coalesce(u.email, m.email) = ANY ($1) AND c.number = ANY ($2)
"""


async def _people(rows: Sequence[_Row], report: ImportReport) -> None:
    """Invites those who are no members yet; gives members the locations that they lack."""
    named = [(at, row.member) for at, row in enumerate(rows) if row.member is not None]
    numbers = {row.company.number for row in rows}
    members = {
        (row["email"], row["number"]): row for row in await fetch(_MEMBERS, [member.email for _, member in named], list(numbers))
    }
    companies = await _keys("company", numbers)
    locations = await _keys("company_location", {row.location.number for row in rows})
    wanted: dict[tuple[str, str], tuple[int, MemberDraft, list[int]]] = {}
    for at, member in named:
        place = locations[rows[at].location.number]
        wanted.setdefault((member.email, rows[at].company.number), (at, member, []))[2].append(place)
    for key, (at, draft, places) in wanted.items():
        known = members.get(key)
        try:
            if known is None:
                await invite_member(_VIEWER, companies[key[1]], replace(draft, locations=tuple(dict.fromkeys(places))))
                report.created += 1
            elif known["role"] != Role.COMPANY_ADMIN and not set(places) <= set(known["locations"]):
                everywhere = tuple(dict.fromkeys([*known["locations"], *places]))
                await update_member(_VIEWER, known["id"], MemberChanges(locations=everywhere))
                report.changed += 1
            else:
                report.unchanged += 1
        except Problem as error:
            raise Faulty([(at, rows[at].line, error.message)]) from error


async def _keys(table: str, numbers: set[str]) -> dict[str, int]:
    return {
        row["number"]: row["id"] for row in await fetch(f"SELECT number, id FROM {table} WHERE number = ANY ($1)", list(numbers))
    }


_PAGE = """
SELECT c.number AS company_number, c.name AS company_name, c.category, t.code AS payment_terms, c.tax_id AS company_tax_id,
       coalesce((SELECT string_agg(g.code, '|' ORDER BY g.code) FROM company_group_member x JOIN company_group g ON g.id = x.group_id
                  WHERE x.company_id = c.id), '') AS groups,
       l.number AS location_number, l.name AS location_name, l.currency, l.tax_id AS location_tax_id, l.email AS location_email,
       l.address,
       coalesce(u.email, m.email) AS buyer_email, coalesce(u.name, m.name) AS buyer_name, m.role AS buyer_role
FROM company c JOIN payment_terms t ON t.id = c.payment_terms_id JOIN company_location l ON l.company_id = c.id
LEFT JOIN (member m LEFT JOIN user_account u ON u.id = m.user_id) ON m.company_id = c.id AND m.is_active
     AND (EXISTS (SELECT FROM member_location x WHERE x.member_id = m.id AND x.location_id = l.id)
          OR (m.role = 'COMPANY_ADMIN' AND m.default_location_id = l.id))
WHERE c.is_active AND l.is_active AND ($1::text IS NULL OR (c.number, l.number, coalesce(u.email, m.email, '')) > ($1, $2, $3))
ORDER BY c.number, l.number, coalesce(u.email, m.email, '') LIMIT 1000
"""


async def export_customers() -> AsyncIterator[tuple[str, ...]]:
    """All active companies with their active locations and people, as `import_customers` reads them."""
    after: tuple[str | None, ...] = (None, None, None)
    while rows := await fetch(_PAGE, *after):
        for row in rows:
            address = orjson.loads(row["address"])
            cells = {**dict(row), **address, "addressee": address.get("name")}
            yield tuple(str(cells[name] or "") for name in COLUMNS)
        after = (rows[-1]["company_number"], rows[-1]["location_number"], rows[-1]["buyer_email"] or "")
