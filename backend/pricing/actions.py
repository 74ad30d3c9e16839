"""What the seller can do with price lists, prices and tax rates: in bulk, repeatable, writing only what differs."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any

from backend.catalogue import draft_rules, queries
from backend.catalogue.drafts import Tally
from backend.catalogue.rules import MAX_QUANTITY, is_text
from backend.companies.audiences import Audience, assign, check_audience, reassign, unassign
from backend.core.bulk import day, delete, insert, upsert
from backend.core.codes import country_problem, currency_problem
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import Fault, Keep, refuse_faults, said
from backend.core.ids import new_id
from backend.core.uses import PROCEED, InUse, refuse_in_use, uses_of
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer
from backend.pricing import uses
from backend.pricing.drafts import PriceListDraft, PriceReport, PriceRow, TaxRateDraft

SINCE_EVER = date.min
BATCH = 5_000
PRICE = {
    "variant_id": "bigint", "price_list_id": "bigint", "valid_from": "date", "valid_to": "date", "quantities": "int[]", "amounts_e4": "bigint[]",
}  # fmt: skip
PRICE_KEY = ("variant_id", "price_list_id", "valid_from")
TAX_RATE = {"id": "bigint", "country": "text", "tax_class": "text", "name": "text", "rate_e4": "int"}
LIST_COLUMNS = ("name", "priority", "is_contract", "is_default", "mergeable", "valid_from", "valid_to", "is_active")
NEW_LIST: dict[str, Any] = {
    "priority": 100, "is_contract": False, "is_default": False, "mergeable": True, "valid_from": None, "valid_to": None, "is_active": True,
}  # fmt: skip


# Price lists


async def save_price_list(viewer: Viewer, draft: PriceListDraft, *, only_new: bool = False, even_if_in_use: bool = False) -> int:
    """A price list by its code: made or, unless only a new one will do, changed; its key.

    A new default list takes the place of the one before in its currency. Raises InvalidInput, InUse.
    """
    viewer.require(Permission.MANAGE_PRICES)
    _check_list(draft)
    async with transaction():
        await _lock_lists()
        row = await fetch_row("SELECT * FROM price_list WHERE code = $1 FOR NO KEY UPDATE", draft.code)
        check_version("pricelist", row["id"] if row else 0, row["version"] if row else None, draft.expected_version)
        if row and only_new:
            raise InvalidInput(Why.TAKEN(f"There is a price list {draft.code} already."), ["code"])
        currency = row["currency"] if row else draft.currency
        if not isinstance(currency, str):
            raise InvalidInput(Why.REQUIRED("A new price list needs a currency."), ["currency"])
        if said(draft.currency, currency) != currency:
            raise InvalidInput(
                Why.WRONG_CURRENCY(f"The list {draft.code} is in {currency}: make another list for another currency."), ["currency"]
            )
        before = dict(row) if row else {**NEW_LIST, "name": draft.code}
        after = {name: said(getattr(draft, name), before[name]) for name in LIST_COLUMNS}
        if after["valid_from"] and after["valid_to"] and after["valid_to"] < after["valid_from"]:
            raise InvalidInput(Why.WRONG_DATE("The list ends before it begins."), ["validTo"])
        key: int = row["id"] if row else new_id()
        if row is not None:
            await _refuse_switched_off(viewer, row, after, even_if_in_use=even_if_in_use)
        if after["is_default"]:
            await execute("UPDATE price_list SET is_default = false WHERE is_default AND currency = $1 AND id <> $2", currency, key)
        await upsert(
            "price_list", _LIST, [{"id": key, "code": draft.code, "currency": currency, **after}], fixed=("code", "currency")
        )
    return key


_LIST = {
    "id": "bigint", "code": "text", "name": "text", "currency": "text", "priority": "int", "is_contract": "bool", "is_default": "bool",
    "mergeable": "bool", "valid_from": "date", "valid_to": "date", "is_active": "bool",
}  # fmt: skip


async def _lock_lists() -> None:
    """One at a time: two defaults of one currency would each not see the other."""
    await execute("SELECT pg_advisory_xact_lock(hashtextextended('price_list', 0))")


async def _refuse_switched_off(viewer: Viewer, row: Any, after: dict[str, Any], *, even_if_in_use: bool) -> None:
    """The default list stays until another one takes its place; a list that somebody buys by is switched off knowingly."""
    if not row["is_active"] or after["is_active"] == after["is_default"] == row["is_default"] is True:
        return
    if row["is_default"]:
        await refuse_in_use(viewer, uses.DEFAULT_LIST, [row["id"]], "The default price list", "Make another one the default first.")
    if not after["is_active"] and not even_if_in_use:
        await refuse_in_use(viewer, uses.ASSIGNED_LIST, [row["id"]], "This price list", PROCEED, may_proceed=True)


async def delete_price_list(viewer: Viewer, price_list_id: int, successor_id: int | None = None) -> None:
    """A list with its prices that nobody buys by; or its successor takes its place. Raises NotFound, InUse, InvalidInput."""
    viewer.require(Permission.MANAGE_PRICES)
    async with transaction():
        await _lock_lists()
        rows = {row["id"]: row for row in await fetch(_LOCKED_LISTS, [price_list_id, successor_id])}
        if price_list_id not in rows:
            raise NotFound("There is no such price list.")
        row, successor = rows[price_list_id], rows.get(successor_id or 0)
        if successor_id is None:
            await _refuse_bought_by(viewer, row)
        elif problem := _successor_problem(row, successor):
            raise InvalidInput(problem, ["successorId"])
        else:
            await reassign("price_list", price_list_id, successor_id)
        await execute("DELETE FROM price_list WHERE id = $1", price_list_id)
        if row["is_default"] and successor is not None:
            await execute("UPDATE price_list SET is_default = true WHERE id = $1", successor_id)


_LOCKED_LISTS = "SELECT id, currency, is_contract, is_default, is_active FROM price_list WHERE id = ANY ($1) ORDER BY id FOR UPDATE"


async def _refuse_bought_by(viewer: Viewer, row: Any) -> None:
    found = await uses_of(viewer, (*uses.ASSIGNED_LIST, *uses.DEFAULT_LIST), [row["id"]])
    if found:
        raise InUse("This price list", found, "Name another one in successorId: they buy by it.", successor="successorId")


def _successor_problem(row: Any, successor: Any) -> str | None:
    if successor is None or successor["id"] == row["id"]:
        return Why.UNKNOWN("There is no such price list to take its place.")
    if successor["currency"] != row["currency"] or not successor["is_active"]:
        return Why.UNKNOWN(f"Choose a list in {row['currency']} that is in use.")
    if row["is_default"] and successor["is_contract"]:
        return Why.NOT_ALLOWED("A contract is for somebody: it cannot be the default list.")
    return None


def _check_list(draft: PriceListDraft) -> None:
    if not draft_rules.is_code(draft.code):
        raise InvalidInput(Why.MALFORMED("A code has letters, digits and a few marks, at most 32."), ["code"])
    if not isinstance(draft.name, Keep) and not is_text(draft.name, 120):
        raise InvalidInput(Why.MALFORMED("A name has one line and at most 120 letters."), ["name"])
    if not isinstance(draft.currency, Keep) and (problem := currency_problem(draft.currency)):
        raise InvalidInput(problem, ["currency"])
    if draft.is_contract is True and draft.is_default is True:
        raise InvalidInput(Why.NOT_ALLOWED("A contract is for somebody: it cannot be the default list."), ["isDefault"])


async def ensure_default_price_list(viewer: Viewer, currency: str) -> int:
    """The default list of a currency, made when there is none."""
    viewer.require(Permission.MANAGE_PRICES)
    found: int | None = await fetch_value("SELECT id FROM price_list WHERE is_default AND currency = $1", currency)
    if found is not None:
        return found
    name = f"Default prices {currency}"
    return await save_price_list(
        viewer, PriceListDraft(code=f"default-{currency.lower()}", name=name, currency=currency, is_default=True)
    )


async def assign_price_list(viewer: Viewer, price_list_id: int, audience: Audience) -> None:
    """The company, group or location buys by this list too. Twice is once."""
    viewer.require(Permission.MANAGE_PRICES)
    await assign("price_list", price_list_id, audience)


async def unassign_price_list(viewer: Viewer, price_list_id: int, audience: Audience) -> None:
    viewer.require(Permission.MANAGE_PRICES)
    await unassign("price_list", price_list_id, audience)


# Prices


async def set_prices(
    viewer: Viewer, price_list_id: int, rows: Iterable[PriceRow], *, keep_breaks: bool = False, expected_version: int | None = None
) -> PriceReport:
    """Prices by variant and first day: made, changed, taken away (no breaks) or left alone. Any number of rows; all or none.

    `keep_breaks`: breaks that are not named stay as they are.
    """
    viewer.require(Permission.MANAGE_PRICES)
    report = PriceReport(0, 0, 0, 0, frozenset())
    remaining = iter(rows)
    at = 0
    async with transaction():
        version = await fetch_value("SELECT version FROM price_list WHERE id = $1 FOR NO KEY UPDATE", price_list_id)
        if version is None:
            raise NotFound("There is no such price list.")
        check_version("pricelist", price_list_id, version, expected_version)
        while batch := list(islice(remaining, BATCH)):
            report = _added(report, await _set_batch(price_list_id, batch, at, keep_breaks))
            at += len(batch)
        if report.created or report.changed or report.removed:
            await execute("UPDATE price_list SET version = version + 1 WHERE id = $1", price_list_id)
    return report


async def set_contract_prices(viewer: Viewer, audience: Audience, currency: str, rows: Iterable[PriceRow]) -> PriceReport:
    """Prices agreed with one company, group or location: in its contract list of that currency, which is made when there is none."""
    viewer.require(Permission.MANAGE_PRICES)
    async with transaction():
        await check_audience(audience)
        found: int | None = await fetch_value(
            "SELECT l.id FROM price_list l JOIN price_list_assignment a ON a.price_list_id = l.id WHERE l.is_contract AND l.is_active"
            " AND l.currency = $1 AND a.company_id IS NOT DISTINCT FROM $2 AND a.group_id IS NOT DISTINCT FROM $3"
            " AND a.location_id IS NOT DISTINCT FROM $4 AND l.valid_from IS NULL AND l.valid_to IS NULL ORDER BY l.priority, l.id LIMIT 1",
            *(currency, audience.company_id, audience.group_id, audience.location_id),
        )
        if found is None:
            whose = audience.company_id or audience.group_id or audience.location_id
            draft = PriceListDraft(
                code=f"contract-{whose}-{currency.lower()}"[:32], name="Contract prices", currency=currency, is_contract=True
            )
            found = await save_price_list(viewer, draft)
            await assign_price_list(viewer, found, audience)
        return await set_prices(viewer, found, rows)


async def _set_batch(price_list_id: int, rows: Sequence[PriceRow], offset: int, keep_breaks: bool) -> PriceReport:
    keys = await _variant_keys(rows)
    faults = [Fault(offset + at, path, message) for at, row in enumerate(rows) for path, message in _row_faults(row, keys[at])]
    wanted: dict[tuple[int, date], PriceRow] = {}
    for at, row in enumerate(rows):
        start = (keys[at] or 0, row.valid_from or SINCE_EVER)
        if keys[at] is not None and wanted.setdefault(start, row) is not row:
            faults.append(Fault(offset + at, ("sku",), Why.REPEATED("The same variant comes twice with the same first day.")))
    refuse_faults(faults)
    return await _write_prices(price_list_id, wanted, keep_breaks)


async def _write_prices(price_list_id: int, wanted: dict[tuple[int, date], PriceRow], keep_breaks: bool) -> PriceReport:
    query = "SELECT id, variant_id, valid_from, valid_to, quantities, amounts_e4 FROM price WHERE price_list_id = $1 AND variant_id = ANY ($2)"
    stored = {
        (row["variant_id"], row["valid_from"]): row
        for row in await fetch(query, price_list_id, list({variant for variant, _ in wanted}))
    }
    changes: list[dict[str, Any]] = []
    dropped: list[tuple[int, int]] = []
    created = unchanged = 0
    for (variant, start), row in wanted.items():
        old = stored.get((variant, start))
        before = (
            dict(zip(old["quantities"], old["amounts_e4"], strict=True)) if keep_breaks and old is not None and row.breaks else {}
        )
        breaks = sorted({**before, **dict(row.breaks)}.items())
        quantities, amounts = [quantity for quantity, _ in breaks], [amount for _, amount in breaks]
        if not breaks and old is not None:
            dropped.append((old["id"], variant))
        elif not breaks or (
            old is not None and (old["quantities"], old["amounts_e4"], old["valid_to"]) == (quantities, amounts, row.valid_to)
        ):
            unchanged += 1
        else:
            created += old is None
            values = (variant, price_list_id, day(start), day(row.valid_to), quantities, amounts)
            changes.append(dict(zip(PRICE, values, strict=True)))
    await delete("price", [key for key, _ in dropped])
    await upsert("price", PRICE, changes, key=PRICE_KEY)
    written = {row["variant_id"] for row in changes} | {variant for _, variant in dropped}
    return PriceReport(created, len(changes) - created, len(dropped), unchanged, frozenset(written))


async def _variant_keys(rows: Sequence[PriceRow]) -> list[int | None]:
    """The variant of each row; None when there is none."""
    by_sku = await queries.variant_ids({row.sku for row in rows if row.sku is not None})
    known = await queries.skus_of({row.variant_id for row in rows if row.variant_id is not None})
    return [by_sku.get(row.sku) if row.sku is not None else row.variant_id if row.variant_id in known else None for row in rows]


def _row_faults(row: PriceRow, variant: int | None) -> list[tuple[tuple[str, ...], str]]:
    faults: list[tuple[tuple[str, ...], str]] = []
    if variant is None:
        faults.append(
            (
                ("sku",),
                Why.UNKNOWN(f"There is no variant {row.sku}.") if row.sku is not None else Why.UNKNOWN("There is no such variant."),
            )
        )
    if len({quantity for quantity, _ in row.breaks}) < len(row.breaks):
        faults.append((("breaks",), Why.REPEATED("Two breaks begin at the same quantity.")))
    if any(not 1 <= quantity <= MAX_QUANTITY for quantity, _ in row.breaks):
        faults.append((("breaks",), Why.OUT_OF_RANGE(f"A break begins at a quantity between 1 and {MAX_QUANTITY:,}.")))
    if any(not 0 <= amount <= draft_rules.MAX_E4 for _, amount in row.breaks):
        faults.append((("breaks",), Why.TOO_SMALL("A price cannot be negative.")))
    if row.valid_to is not None and row.valid_to < (row.valid_from or SINCE_EVER):
        faults.append((("validTo",), Why.WRONG_DATE("The price ends before it begins.")))
    return faults


def _added(one: PriceReport, other: PriceReport) -> PriceReport:
    written = one.written | other.written if len(one.written) + len(other.written) <= BATCH else frozenset()
    return PriceReport(
        one.created + other.created,
        one.changed + other.changed,
        one.removed + other.removed,
        one.unchanged + other.unchanged,
        written,
    )


# Tax


async def save_tax_rates(viewer: Viewer, drafts: Sequence[TaxRateDraft], *, only_new: bool = False) -> Tally:
    """Rates by country and class of product: made or, unless only new ones will do, changed."""
    viewer.require(Permission.MANAGE_PRICES)
    refuse_faults([fault for at, draft in enumerate(drafts) if (fault := _tax_fault(at, draft))] + _twice(drafts))
    async with transaction():
        found = [] if only_new else await fetch("SELECT * FROM tax_rate ORDER BY id FOR UPDATE")
        stored = {(row["country"], row["tax_class"]): row for row in found}
        changes = []
        for draft in drafts:
            old = stored.get((draft.country, draft.tax_class))
            check_version("taxrate", old["id"] if old else 0, old["version"] if old else None, draft.expected_version)
            if old is None or (old["name"], old["rate_e4"]) != (draft.name, draft.rate_e4):
                values = (old["id"] if old else new_id(), draft.country, draft.tax_class, draft.name, draft.rate_e4)
                changes.append(dict(zip(TAX_RATE, values, strict=True)))
        if only_new:
            taken = await insert("tax_rate", TAX_RATE, changes, key=("country", "tax_class"))
            refuse_faults([_taken(at, drafts[at]) for at in taken])
        else:
            await upsert("tax_rate", TAX_RATE, changes, key=("country", "tax_class"), fixed=("id",))
    created = sum((draft.country, draft.tax_class) not in stored for draft in drafts)
    return Tally(created, len(changes) - created, len(drafts) - len(changes))


async def delete_tax_rate(viewer: Viewer, country: str, tax_class: str, *, even_if_in_use: bool = False) -> None:
    """From then on nothing is known about tax there, and orders say so. Raises NotFound, InUse."""
    viewer.require(Permission.MANAGE_PRICES)
    async with transaction():
        key = await fetch_value("SELECT id FROM tax_rate WHERE country = $1 AND tax_class = $2 FOR UPDATE", country, tax_class)
        if key is None:
            raise NotFound("There is no such tax rate.")
        if not even_if_in_use:
            what = f"The tax rate {tax_class} in {country}"
            way = f"Without it their orders say that tax is to be confirmed. {PROCEED}"
            await refuse_in_use(viewer, uses.TAX_RATE, [key], what, way, may_proceed=True)
        await execute("DELETE FROM tax_rate WHERE id = $1", key)


def _twice(drafts: Sequence[TaxRateDraft]) -> list[Fault]:
    keys = [(draft.country, draft.tax_class) for draft in drafts]
    return [
        Fault(at, ("taxClass",), Why.REPEATED(f"The rate for {key[1]} in {key[0]} comes twice."))
        for at, key in enumerate(keys)
        if keys.index(key) != at
    ]


def _taken(at: int, draft: TaxRateDraft) -> Fault:
    return Fault(at, ("taxClass",), Why.TAKEN(f"There is a rate for {draft.tax_class} in {draft.country} already."))


def _tax_fault(at: int, draft: TaxRateDraft) -> Fault | None:
    if problem := country_problem(draft.country):
        return Fault(at, ("country",), problem)
    if not draft_rules.is_code(draft.tax_class):
        return Fault(at, ("taxClass",), Why.MALFORMED("A tax class is a short code, for example STANDARD."))
    if not is_text(draft.name, 60):
        return Fault(at, ("name",), Why.MALFORMED("A rate needs a name of at most 60 letters: it stands on the order."))
    if not 0 <= draft.rate_e4 <= 1_000_000:
        return Fault(at, ("rate",), Why.OUT_OF_RANGE("A rate lies between 0 and 100 percent."))
    return None
