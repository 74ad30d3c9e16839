"""What only the seller does about her accounts: her own settings, payment terms, groups, reps, credit."""

from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.companies import uses
from backend.companies.drafts import SellerChanges, TermsDraft
from backend.companies.rules import BreakScope, PriceStrategy, deposit_problem, text_problem
from backend.core.codes import country_problem, currency_problem
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import Keep
from backend.core.ids import new_id
from backend.core.models import Seller
from backend.core.money import Money
from backend.core.uses import refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import REP_ROLES, Permission, Viewer

MAX_CODE = 32
MAX_DUE_DAYS = 3_650
MAX_STOCK_SETTING = 1_000_000
FIRST_TERMS = (TermsDraft("NET14", "14 days net", 14), TermsDraft("NET30", "30 days net", 30))


async def ensure_seller(viewer: Viewer, *, name: str, currency: str, timezone: str = "UTC", country: str = "NL") -> int:
    """The seller's one row: made with these settings when there is none yet, else left as it is. Its key. Raises InvalidInput."""
    viewer.require(Permission.MANAGE_SETTINGS)
    _check_seller(SellerChanges(name=name, timezone=timezone, country=country))
    if problem := currency_problem(currency):
        raise InvalidInput(problem, ["currency"])
    async with transaction():
        # Nothing else says that there is one: two that start at once must not make two.
        await execute("SELECT pg_advisory_xact_lock(hashtext('seller'))")
        seller = await Seller.first()
        if seller is None:
            seller = await Seller.create(name=name, currency=currency, timezone=timezone, country=country)
        key: int = seller.id
        return key


async def update_seller(viewer: Viewer, changes: SellerChanges, *, expected_version: int | None = None) -> None:
    """Changes the seller's settings; they hold from the next request on. Raises InvalidInput, NotFound, Stale."""
    viewer.require(Permission.MANAGE_SETTINGS)
    _check_seller(changes)
    said = {field.name: getattr(changes, field.name) for field in fields(changes)}
    values = {name: value for name, value in said.items() if not isinstance(value, Keep)}
    async with transaction():
        row = await fetch_row("SELECT id, version FROM seller LIMIT 1 FOR UPDATE")
        if row is None:
            raise NotFound("There is no seller yet: run the migrations and the demo, or create one by the command line.")
        check_version("seller", row["id"], row["version"], expected_version)
        if values:
            await Seller.all().update(**values)


def _check_seller(changes: SellerChanges) -> None:
    for name, problem in (
        ("name", _said(changes.name, lambda text: text_problem(text, 200, "name"))),
        ("timezone", _said(changes.timezone, _timezone_problem)),
        ("country", _said(changes.country, country_problem)),
        ("priceStrategy", _said(changes.price_strategy, lambda text: _member_problem(text, PriceStrategy))),
        ("breakScope", _said(changes.break_scope, lambda text: _member_problem(text, BreakScope))),
        ("stockDisplayCap", _said(changes.stock_display_cap, _stock_problem)),
        ("lowStockAt", _said(changes.low_stock_at, _stock_problem)),
    ):
        if problem:
            raise InvalidInput(problem, ["input", name])


def _said(value: Any, problem: Any) -> str | None:
    found: str | None = None if isinstance(value, Keep) else problem(value)
    return found


def _timezone_problem(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Why.UNKNOWN("Give a time zone of the IANA database, for example Europe/Amsterdam.")
    return None


def _member_problem(text: str, kind: type[PriceStrategy] | type[BreakScope]) -> str | None:
    return None if text in list(kind) else Why.UNKNOWN(f"{text} is none of {', '.join(kind)}.")


def _stock_problem(quantity: int) -> str | None:
    return None if 0 <= quantity <= MAX_STOCK_SETTING else Why.OUT_OF_RANGE(f"Give a number between 0 and {MAX_STOCK_SETTING}.")


async def save_payment_terms(viewer: Viewer, draft: TermsDraft, *, only_new: bool = False) -> int:
    """Payment terms by their code: made or, unless only new ones will do, changed; their key. Raises InvalidInput."""
    viewer.require(Permission.MANAGE_COMPANIES)
    _check("code", text_problem(draft.code, MAX_CODE, "code"))
    _check("name", text_problem(draft.name, 120, "name"))
    _check("depositPercent", deposit_problem(draft.deposit_percent_e4))
    if not 0 <= draft.due_in_days <= MAX_DUE_DAYS:
        raise InvalidInput(Why.OUT_OF_RANGE(f"Payment is due after 0 to {MAX_DUE_DAYS} days."), ["input", "dueInDays"])
    async with transaction():
        row = await fetch_row("SELECT id, version FROM payment_terms WHERE code = $1 FOR UPDATE", draft.code)
        check_version("terms", row["id"] if row else 0, row["version"] if row else None, draft.expected_version)
        return await _write_terms(draft, only_new)


async def _write_terms(draft: TermsDraft, only_new: bool) -> int:
    key: int | None = await fetch_value(
        "INSERT INTO payment_terms (id, code, name, due_in_days, deposit_percent_e4) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (code) DO UPDATE SET name = excluded.name, due_in_days = excluded.due_in_days,"
        " deposit_percent_e4 = excluded.deposit_percent_e4 WHERE NOT $6 RETURNING id",
        new_id(),
        draft.code,
        draft.name,
        draft.due_in_days,
        draft.deposit_percent_e4,
        only_new,
    )
    if key is None:
        raise InvalidInput(Why.TAKEN(f"There are payment terms {draft.code} already."), ["input", "code"])
    return key


async def delete_payment_terms(viewer: Viewer, code: str, successor: str | None = None) -> None:
    """Terms that no company has; or these companies get the successor. Raises NotFound, InUse, InvalidInput."""
    viewer.require(Permission.MANAGE_COMPANIES)
    async with transaction():
        keys = {row["code"]: row["id"] for row in await fetch(_LOCK_TERMS, [code, successor])}
        if code not in keys:
            raise NotFound("There are no such payment terms.")
        if successor is None:
            way = "Name others in successorCode: these companies get them."
            await refuse_in_use(viewer, uses.TERMS, [keys[code]], f"The payment terms {code}", way, successor="successorCode")
        elif successor == code or successor not in keys:
            raise InvalidInput(Why.UNKNOWN("There are no such payment terms to take their place."), ["successorCode"])
        else:
            await execute("UPDATE company SET payment_terms_id = $2 WHERE payment_terms_id = $1", keys[code], keys[successor])
        await execute("DELETE FROM payment_terms WHERE id = $1", keys[code])


_LOCK_TERMS = "SELECT code, id FROM payment_terms WHERE code = ANY ($1) ORDER BY id FOR UPDATE"


async def ensure_payment_terms(viewer: Viewer) -> bool:
    """Terms to begin with, without which no company can be made; whether there were none before."""
    viewer.require(Permission.MANAGE_COMPANIES)
    if await fetch_value("SELECT EXISTS (SELECT FROM payment_terms)"):
        return False
    for draft in FIRST_TERMS:
        await save_payment_terms(viewer, draft)
    return True


async def save_group(viewer: Viewer, code: str, name: str, *, expected_version: int | None = None) -> int:
    """Creates a group of companies, or renames it, by code; its key. Raises InvalidInput, Stale."""
    viewer.require(Permission.MANAGE_COMPANIES)
    _check("code", text_problem(code, MAX_CODE, "code"))
    _check("name", text_problem(name, 120, "name"))
    async with transaction():
        row = await fetch_row("SELECT id, version FROM company_group WHERE code = $1 FOR UPDATE", code)
        check_version("group", row["id"] if row else 0, row["version"] if row else None, expected_version)
        key: int = await fetch_value(
            "INSERT INTO company_group (id, code, name) VALUES ($1, $2, $3)"
            " ON CONFLICT (code) DO UPDATE SET name = excluded.name RETURNING id",
            new_id(),
            code,
            name,
        )
    return key


async def delete_group(viewer: Viewer, group_id: int, successor_id: int | None = None) -> None:
    """A group that nothing needs; or its companies, assortments, price lists and minimums move to the successor.

    Raises NotFound, InUse, InvalidInput.
    """
    viewer.require(Permission.MANAGE_COMPANIES)
    async with transaction():
        await uses.lock_sight()
        keys = [row["id"] for row in await fetch(_LOCK_GROUPS, [group_id, successor_id])]
        if group_id not in keys:
            raise NotFound("There is no such group.")
        if successor_id is None:
            way = "Name another one in successorId: they move there."
            await refuse_in_use(viewer, uses.GROUP, [group_id], "This group", way, successor="successorId")
        elif successor_id == group_id or successor_id not in keys:
            raise InvalidInput(Why.UNKNOWN("There is no such group to take its place."), ["successorId"])
        else:
            for statement in _SUCCEED_GROUP:
                await execute(statement, group_id, successor_id)
        await execute("DELETE FROM company_group WHERE id = $1", group_id)


_LOCK_GROUPS = "SELECT id FROM company_group WHERE id = ANY ($1) ORDER BY id FOR UPDATE"
# A row that the successor has already stays behind and goes with the group.
_SUCCEED_GROUP = (
    "UPDATE company_group_member m SET group_id = $2 WHERE group_id = $1 AND NOT EXISTS"
    " (SELECT FROM company_group_member o WHERE o.group_id = $2 AND o.company_id = m.company_id)",
    "UPDATE assortment_assignment a SET group_id = $2 WHERE group_id = $1 AND NOT EXISTS"
    " (SELECT FROM assortment_assignment o WHERE o.group_id = $2 AND o.assortment_id = a.assortment_id)",
    "UPDATE price_list_assignment a SET group_id = $2 WHERE group_id = $1 AND NOT EXISTS"
    " (SELECT FROM price_list_assignment o WHERE o.group_id = $2 AND o.price_list_id = a.price_list_id)",
    "UPDATE order_minimum a SET group_id = $2 WHERE group_id = $1 AND NOT EXISTS"
    " (SELECT FROM order_minimum o WHERE o.group_id = $2 AND o.currency = a.currency)",
)


async def put_in_group(viewer: Viewer, company_id: int, group_id: int) -> None:
    """From the next request on the group's prices and assortments reach the company. Twice is once. Raises NotFound."""
    viewer.require(Permission.MANAGE_COMPANIES)
    await _must_exist(company_id, "company_group", group_id)
    await execute(
        "INSERT INTO company_group_member (id, company_id, group_id) VALUES ($1, $2, $3) ON CONFLICT (company_id, group_id) DO NOTHING",
        new_id(),
        company_id,
        group_id,
    )


async def take_out_of_group(viewer: Viewer, company_id: int, group_id: int) -> None:
    """A company that is not in the group stays out. Nobody loses the last assortment of theirs. Raises NotFound, InUse."""
    viewer.require(Permission.MANAGE_COMPANIES)
    await _must_exist(company_id, "company_group", group_id)
    async with transaction():
        await uses.lock_sight()
        before = await uses.reached([company_id])
        await execute("DELETE FROM company_group_member WHERE company_id = $1 AND group_id = $2", company_id, group_id)
        await uses.refuse_lost_sight(viewer, [company_id], before, "This group")


async def assign_rep(viewer: Viewer, company_id: int, user_id: int) -> None:
    """Makes the company one of this rep's accounts. Twice is once. Raises NotFound, InvalidInput."""
    viewer.require(Permission.MANAGE_COMPANIES)
    await _must_exist(company_id, "user_account", user_id)
    role = await fetch_value("SELECT staff_role FROM user_account WHERE id = $1 AND is_active", user_id)
    if role not in REP_ROLES:
        raise InvalidInput(Why.NOT_ALLOWED("Only sales reps and sales managers look after accounts."), ["userId"])
    await execute(
        "INSERT INTO rep_account (id, company_id, user_id) VALUES ($1, $2, $3) ON CONFLICT (company_id, user_id) DO NOTHING",
        new_id(),
        company_id,
        user_id,
    )


async def unassign_rep(viewer: Viewer, company_id: int, user_id: int) -> None:
    """What the rep does for this company ends with her next request. Raises NotFound."""
    viewer.require(Permission.MANAGE_COMPANIES)
    await _must_exist(company_id, "user_account", user_id)
    await execute("DELETE FROM rep_account WHERE company_id = $1 AND user_id = $2", company_id, user_id)


async def set_credit_limit(viewer: Viewer, company_id: int, limit: Money) -> None:
    """Sets what the company's open orders may hold in one currency.

    A limit below what they hold already takes nothing back: it only lets nothing more through. Raises NotFound, InvalidInput.
    """
    viewer.require(Permission.MANAGE_CREDIT)
    if limit.minor < 0:
        raise InvalidInput(Why.TOO_SMALL("A credit limit is 0 or more."), ["limit", "amount"])
    await _must_exist(company_id)
    await execute(
        "INSERT INTO credit_account (id, company_id, currency, limit_minor, ceiling_minor, taken_minor) VALUES ($1, $2, $3, $4, $4, 0)"
        " ON CONFLICT (company_id, currency) DO UPDATE SET limit_minor = excluded.limit_minor,"
        " ceiling_minor = greatest(excluded.limit_minor, credit_account.taken_minor)",
        new_id(),
        company_id,
        limit.currency,
        limit.minor,
    )


async def set_credit_hold(viewer: Viewer, company_id: int, on_hold: bool) -> None:
    """While a company is on hold, nothing of it can be ordered on account. Raises NotFound."""
    viewer.require(Permission.MANAGE_CREDIT)
    if not await execute("UPDATE company SET on_hold = $2 WHERE id = $1", company_id, on_hold):
        raise NotFound("There is no such company.")


def _check(name: str, problem: str | None) -> None:
    if problem:
        raise InvalidInput(problem, ["input", name])


async def _must_exist(company_id: int, table: str | None = None, key: int | None = None) -> None:
    other = f"EXISTS (SELECT FROM {table} WHERE id = $2)" if table else "$2::bigint IS NULL"
    if not await fetch_value(f"SELECT EXISTS (SELECT FROM company WHERE id = $1) AND {other}", company_id, key):
        raise NotFound("There is no such company, or what it was to be joined with.")
