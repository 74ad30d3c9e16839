"""Companies and their locations, written many at a time with a fixed number of statements; twice the same changes nothing.

Either every draft stands, or InvalidRows names each one that does not and nothing is written.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, TypeVar

import asyncpg
import orjson

from backend.companies import uses
from backend.companies.checks import MAX_NUMBER, company_faults, location_faults, repeated_numbers
from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft, Saved
from backend.companies.rules import email_problem, normal_email, text_problem
from backend.core import clock
from backend.core.database import execute, fetch, fetch_value, retried, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import Fault, InvalidRows, Keep, refuse_faults, said
from backend.core.ids import new_id
from backend.core.uses import PROCEED, refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer

DraftT = TypeVar("DraftT", bound=CompanyDraft | LocationDraft)

_COMPANY_COLUMNS = ("name", "category", "tax_id", "payment_terms_id", "price_strategy", "is_active")
_LOCATION_COLUMNS = ("name", "currency", "tax_id", "email", "address", "billing_address", "is_active")

_SAVE_COMPANIES = """
INSERT INTO company (id, number, name, category, tax_id, payment_terms_id, price_strategy, is_active, on_hold, created_at)
SELECT *, FALSE, $9::timestamptz
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bool[])
ON CONFLICT (number) DO UPDATE SET name = excluded.name, category = excluded.category, tax_id = excluded.tax_id,
  payment_terms_id = excluded.payment_terms_id, price_strategy = excluded.price_strategy, is_active = excluded.is_active
RETURNING number, id
"""
_SAVE_LOCATIONS = """
INSERT INTO company_location
  (id, number, company_id, name, currency, tax_id, email, address, billing_address, is_active, created_at)
SELECT *, $11::timestamptz
FROM unnest(
  $1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::jsonb[], $10::bool[])
ON CONFLICT (number) DO UPDATE SET name = excluded.name, currency = excluded.currency, tax_id = excluded.tax_id, email = excluded.email,
  address = excluded.address, billing_address = excluded.billing_address, is_active = excluded.is_active
RETURNING number, id
"""


@retried
async def save_companies(viewer: Viewer, drafts: Sequence[CompanyDraft], *, even_if_in_use: bool = False) -> Saved:
    """Creates or changes companies by number. Raises InvalidRows, InUse."""
    viewer.require(Permission.MANAGE_COMPANIES)
    refuse_faults([*repeated_numbers(drafts), *company_faults(drafts)])
    async with transaction():
        stored = await _stored("company", _COMPANY_COLUMNS, [draft.number for draft in drafts])
        _check_versions("company", drafts, stored)
        terms = await _keys_by("payment_terms", "code", [d.payment_terms for d in drafts if not isinstance(d.payment_terms, Keep)])
        refuse_faults([*_missing(drafts, stored, ("name", "category", "payment_terms")), *_unknown_terms(drafts, terms)])
        if not even_if_in_use:
            await refuse_in_use(viewer, uses.COMPANY, _closing(drafts, stored), "This company", PROCEED, may_proceed=True)
        saved = await _write_companies(drafts, stored, terms)
        await _set_groups(viewer, drafts, saved.keys)
        await _set_reps(drafts, saved.keys)
        return saved


@retried
async def save_locations(viewer: Viewer, drafts: Sequence[LocationDraft], *, even_if_in_use: bool = False) -> Saved:
    """Creates or changes locations by number. Raises InvalidRows, InUse."""
    viewer.require(Permission.MANAGE_COMPANIES)
    refuse_faults([*repeated_numbers(drafts), *location_faults(drafts)])
    async with transaction():
        stored = await _stored("company_location", (*_LOCATION_COLUMNS, "company_id"), [draft.number for draft in drafts])
        _check_versions("location", drafts, stored)
        companies = await _keys_by("company", "number", [d.company for d in drafts if not isinstance(d.company, Keep)])
        needed = ("company", "name", "currency", "address")
        refuse_faults([*_missing(drafts, stored, needed), *_wrong_companies(drafts, stored, companies)])
        if not even_if_in_use:
            await refuse_in_use(viewer, uses.LOCATION, _closing(drafts, stored), "This location", PROCEED, may_proceed=True)
        return await _write_locations(drafts, stored, companies)


async def create_company(viewer: Viewer, draft: CompanyDraft) -> int:
    """A new company; its key. Raises InvalidInput."""
    viewer.require(Permission.MANAGE_COMPANIES)
    await _refuse_taken("company", draft.number)
    return await _one(save_companies, viewer, draft)


async def update_company(viewer: Viewer, company_id: int, draft: CompanyDraft, *, even_if_in_use: bool = False) -> int:
    """Changes a company as the draft says, whatever number stands in it. Raises NotFound, InvalidInput, InUse."""
    viewer.require(Permission.MANAGE_COMPANIES)
    save = partial(save_companies, even_if_in_use=even_if_in_use)
    return await _one(save, viewer, replace(draft, number=await _number_of("company", company_id)))


async def create_location(viewer: Viewer, company_id: int, draft: LocationDraft) -> int:
    """A new location of this company, whatever company stands in the draft; its key. Raises NotFound, InvalidInput."""
    viewer.require(Permission.MANAGE_COMPANIES)
    company = await _number_of("company", company_id)
    await _refuse_taken("company_location", draft.number)
    return await _one(save_locations, viewer, replace(draft, company=company))


async def update_location(viewer: Viewer, location_id: int, draft: LocationDraft, *, even_if_in_use: bool = False) -> int:
    """Changes a location as the draft says, whatever number stands in it. Raises NotFound, InvalidInput, InUse."""
    viewer.require(Permission.MANAGE_COMPANIES)
    save = partial(save_locations, even_if_in_use=even_if_in_use)
    return await _one(save, viewer, replace(draft, number=await _number_of("company_location", location_id)))


async def _one(save: Callable[[Viewer, Sequence[DraftT]], Awaitable[Saved]], viewer: Viewer, draft: DraftT) -> int:
    """A single draft, whose fault is named from `input` on."""
    try:
        saved = await save(viewer, [draft])
    except InvalidRows as error:
        raise InvalidInput(error.message, ["input", *error.faults[0].path]) from None
    return saved.keys[0]


async def _number_of(table: str, key: int) -> str:
    number: str | None = await fetch_value(f"SELECT number FROM {table} WHERE id = $1", key)
    if number is None:
        raise NotFound
    return number


async def _refuse_taken(table: str, number: str) -> None:
    problem = text_problem(number, MAX_NUMBER, "number")
    if problem:
        raise InvalidInput(problem, ["input", "number"])
    if await fetch_value(f"SELECT TRUE FROM {table} WHERE number = $1", number):
        raise InvalidInput(Why.TAKEN(f"The number {number} is taken. Choose another one."), ["input", "number"])


async def _stored(table: str, columns: Sequence[str], numbers: list[str]) -> dict[str, asyncpg.Record]:
    """What is there already, locked in the order of keys."""
    query = f"SELECT id, number, version, {', '.join(columns)} FROM {table} WHERE number = ANY($1) ORDER BY id FOR UPDATE"
    return {row["number"]: row for row in await fetch(query, numbers)}


async def _keys_by(table: str, column: str, values: Sequence[str]) -> dict[str, int]:
    if not values:
        return {}
    rows = await fetch(f"SELECT {column} AS name, id FROM {table} WHERE {column} = ANY($1)", list(set(values)))
    return {row["name"]: row["id"] for row in rows}


def _missing(
    drafts: Sequence[CompanyDraft | LocationDraft], stored: dict[str, asyncpg.Record], needed: Sequence[str]
) -> list[Fault]:
    return [
        Fault(row, (_camel(name),), Why.REQUIRED(f"{draft.number} is new: say its {name.replace('_', ' ')}."))
        for row, draft in enumerate(drafts)
        if draft.number not in stored
        for name in needed
        if isinstance(getattr(draft, name), Keep)
    ]


def _check_versions(kind: str, drafts: Sequence[CompanyDraft | LocationDraft], stored: dict[str, asyncpg.Record]) -> None:
    for draft in drafts:
        row = stored.get(draft.number)
        check_version(kind, row["id"] if row else 0, row["version"] if row else None, draft.expected_version)


def _closing(drafts: Sequence[CompanyDraft | LocationDraft], stored: dict[str, asyncpg.Record]) -> list[int]:
    """What is open, and is to be closed or to pay in another currency."""
    return [
        row["id"]
        for draft in drafts
        if (row := stored.get(draft.number)) is not None
        and row["is_active"]
        and (
            draft.is_active is False
            or (isinstance(draft, LocationDraft) and said(draft.currency, row["currency"]) != row["currency"])
        )
    ]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _unknown_terms(drafts: Sequence[CompanyDraft], terms: dict[str, int]) -> list[Fault]:
    return [
        Fault(row, ("paymentTerms",), Why.UNKNOWN(f"There are no payment terms {draft.payment_terms}. Create them first."))
        for row, draft in enumerate(drafts)
        if not isinstance(draft.payment_terms, Keep) and draft.payment_terms not in terms
    ]


def _wrong_companies(drafts: Sequence[LocationDraft], stored: dict[str, asyncpg.Record], companies: dict[str, int]) -> list[Fault]:
    faults = []
    for row, draft in enumerate(drafts):
        if isinstance(draft.company, Keep):
            continue
        if draft.company not in companies:
            faults.append(Fault(row, ("company",), Why.UNKNOWN(f"There is no company {draft.company}.")))
        elif draft.number in stored and stored[draft.number]["company_id"] != companies[draft.company]:
            faults.append(Fault(row, ("company",), Why.NOT_ALLOWED(f"The location {draft.number} belongs to another company.")))
    return faults


async def _write_companies(drafts: Sequence[CompanyDraft], stored: dict[str, asyncpg.Record], terms: dict[str, int]) -> Saved:
    def wanted(draft: CompanyDraft) -> tuple[Any, ...]:
        old = stored.get(draft.number)
        terms_id = old["payment_terms_id"] if isinstance(draft.payment_terms, Keep) and old else terms.get(str(draft.payment_terms))
        return (
            said(draft.name, old["name"] if old else ""),
            said(draft.category, old["category"] if old else ""),
            said(draft.tax_id, old["tax_id"] if old else None),
            terms_id,
            said(draft.price_strategy, old["price_strategy"] if old else None),
            said(draft.is_active, old["is_active"] if old else True),
        )

    rows = {draft.number: wanted(draft) for draft in drafts}
    before = {number: tuple(row[column] for column in _COMPANY_COLUMNS) for number, row in stored.items()}
    return await _save(_SAVE_COMPANIES, rows, before, stored)


async def _write_locations(drafts: Sequence[LocationDraft], stored: dict[str, asyncpg.Record], companies: dict[str, int]) -> Saved:
    def wanted(draft: LocationDraft) -> tuple[Any, ...]:
        old = stored.get(draft.number)
        address = orjson.loads(old["address"]) if isinstance(draft.address, Keep) and old else _plain(draft.address)
        same = orjson.loads(old["billing_address"]) if isinstance(draft.billing_address, Keep) and old else address
        return (
            old["company_id"] if old else companies[str(draft.company)],
            said(draft.name, old["name"] if old else ""),
            said(draft.currency, old["currency"] if old else ""),
            said(draft.tax_id, old["tax_id"] if old else None),
            said(draft.email, old["email"] if old else None),
            address,
            _plain(draft.billing_address) if isinstance(draft.billing_address, AddressDraft) else same,
            said(draft.is_active, old["is_active"] if old else True),
        )

    rows = {draft.number: wanted(draft) for draft in drafts}
    columns = ("company_id", *_LOCATION_COLUMNS)
    before = {number: tuple(_read(row[column], column) for column in columns) for number, row in stored.items()}
    return await _save(_SAVE_LOCATIONS, rows, before, stored)


def _plain(address: AddressDraft | Keep | None) -> dict[str, Any]:
    return asdict(address) if isinstance(address, AddressDraft) else {}


def _read(value: Any, column: str) -> Any:
    """Addresses are compared as what they say: jsonb does not keep the order of its keys."""
    return orjson.loads(value) if column.endswith("address") else value


def _written(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


async def _save(
    query: str, rows: dict[str, tuple[Any, ...]], before: dict[str, tuple[Any, ...]], stored: dict[str, asyncpg.Record]
) -> Saved:
    """Writes what differs. The keys of what is new are known before, those of what another wrote meanwhile come back."""
    differing = [number for number, row in rows.items() if before.get(number) != row]
    keys = {number: stored[number]["id"] if number in stored else new_id() for number in rows}
    if differing:
        columns = [[_written(value) for value in column] for column in zip(*(rows[number] for number in differing), strict=True)]
        written = await fetch(query, [keys[number] for number in differing], differing, *columns, clock.now())
        keys.update({row["number"]: row["id"] for row in written})
    new = sum(1 for number in differing if number not in stored)
    return Saved(tuple(keys.values()), new, len(differing) - new, len(rows) - len(differing))


async def _set_groups(viewer: Viewer, drafts: Sequence[CompanyDraft], keys: Sequence[int]) -> None:
    said_groups = [(row, draft.groups) for row, draft in enumerate(drafts) if not isinstance(draft.groups, Keep)]
    groups = await _keys_by("company_group", "code", [code for _, codes in said_groups for code in codes])
    refuse_faults(
        [
            Fault(row, ("groups",), Why.UNKNOWN(f"There is no group {code}. Create it first."))
            for row, codes in said_groups
            for code in codes
            if code not in groups
        ]
    )
    pairs = [(keys[row], groups[code]) for row, codes in said_groups for code in dict.fromkeys(codes)]
    companies = [keys[row] for row, _ in said_groups]
    if companies:
        await uses.lock_sight()
        before = await uses.reached(companies)
        await _set_pairs("company_group_member", "group_id", companies, pairs)
        await uses.refuse_lost_sight(viewer, companies, before, "The group that a company is taken out of")


async def _set_reps(drafts: Sequence[CompanyDraft], keys: Sequence[int]) -> None:
    said_reps = [(row, draft.sales_reps) for row, draft in enumerate(drafts) if not isinstance(draft.sales_reps, Keep)]
    emails = {normal_email(email) for _, reps in said_reps for email in reps if email_problem(normal_email(email)) is None}
    rows = (
        await fetch(
            "SELECT email, id FROM user_account WHERE email = ANY($1) AND is_active AND staff_role IN ('SALES_REP', 'SALES_MANAGER')",
            list(emails),
        )
        if emails
        else []
    )
    reps = {row["email"]: row["id"] for row in rows}
    refuse_faults(
        [
            Fault(row, ("salesReps",), Why.UNKNOWN(f"{email} is not a sales rep of the seller."))
            for row, wanted in said_reps
            for email in wanted
            if normal_email(email) not in reps
        ]
    )
    pairs = [(keys[row], reps[normal_email(email)]) for row, wanted in said_reps for email in dict.fromkeys(wanted)]
    await _set_pairs("rep_account", "user_id", [keys[row] for row, _ in said_reps], pairs)


async def _set_pairs(table: str, column: str, companies: list[int], pairs: list[tuple[int, int]]) -> None:
    """Leaves these companies with exactly these pairs."""
    if not companies:
        return
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    await execute(
        f"DELETE FROM {table} WHERE company_id = ANY($1)"
        f" AND (company_id, {column}) NOT IN (SELECT * FROM unnest($2::bigint[], $3::bigint[]))",
        companies,
        left,
        right,
    )
    await execute(
        f"INSERT INTO {table} (id, company_id, {column}) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
        f" ON CONFLICT (company_id, {column}) DO NOTHING",
        [new_id() for _ in pairs],
        left,
        right,
    )
