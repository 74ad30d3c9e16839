"""The seller's conditions for orders: the least value, and how goods are sent at what price. In bulk and repeatable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.carts import uses
from backend.catalogue.draft_rules import is_code
from backend.catalogue.rules import is_text
from backend.companies.audiences import Audience, check_audience
from backend.core.bulk import insert, upsert
from backend.core.codes import country_problem, currency_problem
from backend.core.database import execute, fetch, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import Fault, refuse_faults
from backend.core.ids import global_id, new_id
from backend.core.money import MAX_MINOR, Money
from backend.core.uses import PROCEED, refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer

EVERYBODY = Audience()
_METHOD = {
    "id": "bigint", "code": "text", "name": "text", "currency": "text", "price_minor": "bigint", "free_from_minor": "bigint",
    "countries": "text[]", "position": "int",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingDraft:
    """Found again by code and currency. No price: confirmed by the seller after the order. No countries: everywhere."""

    code: str
    name: str
    currency: str
    price_minor: int | None
    free_from_minor: int | None = None
    countries: tuple[str, ...] = ()
    position: int = 0
    expected_version: int | None = None  # another one is stored: Stale


async def set_order_minimum(viewer: Viewer, minimum: Money, audience: Audience = EVERYBODY) -> None:
    """The least value of an order in a currency, for everybody or for one company, group or location; the narrowest decides. 0 asks for nothing."""
    viewer.require(Permission.MANAGE_SETTINGS)
    if not 0 <= minimum.minor <= MAX_MINOR:
        raise InvalidInput(Why.TOO_SMALL("A minimum is 0 or more."), ["amount", "amount"])
    if problem := currency_problem(minimum.currency):
        raise InvalidInput(problem, ["amount", "currency"])
    async with transaction():
        if audience != EVERYBODY:
            await check_audience(audience)
        await execute(
            "INSERT INTO order_minimum (id, currency, amount_minor, company_id, group_id, location_id) VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (currency, company_id, group_id, location_id) DO UPDATE SET amount_minor = excluded.amount_minor",
            *(new_id(), minimum.currency, minimum.minor, audience.company_id, audience.group_id, audience.location_id),
        )


async def clear_order_minimum(viewer: Viewer, currency: str, audience: Audience = EVERYBODY) -> None:
    """From now on the next wider minimum decides. Raises NotFound."""
    viewer.require(Permission.MANAGE_SETTINGS)
    if not await execute(
        "DELETE FROM order_minimum WHERE currency = $1 AND company_id IS NOT DISTINCT FROM $2"
        " AND group_id IS NOT DISTINCT FROM $3 AND location_id IS NOT DISTINCT FROM $4",
        *(currency, audience.company_id, audience.group_id, audience.location_id),
    ):
        raise NotFound("There is no such minimum.")


async def save_shipping_methods(viewer: Viewer, drafts: Sequence[ShippingDraft], *, only_new: bool = False) -> None:
    """Ways to send goods, by code and currency: made or, unless only new ones will do, changed."""
    viewer.require(Permission.MANAGE_SETTINGS)
    refuse_faults([fault for row, draft in enumerate(drafts) if (fault := _fault(row, draft))], "shippingMethods")
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(), "code": draft.code, "name": draft.name.strip(), "currency": draft.currency, "price_minor": draft.price_minor,
            "free_from_minor": draft.free_from_minor, "countries": list(draft.countries) or None, "position": draft.position,
        }
        for draft in drafts
    ]  # fmt: skip
    async with transaction():
        if not only_new:
            await _check_versions(drafts)
            await upsert("shipping_method", _METHOD, rows, key=("code", "currency"), fixed=("id",))
            return
        taken = await insert("shipping_method", _METHOD, rows, key=("code", "currency"))
        refuse_faults([_taken(row, drafts[row]) for row in taken], "shippingMethods")


async def _check_versions(drafts: Sequence[ShippingDraft]) -> None:
    rows = {(row["code"], row["currency"]): row for row in await fetch("SELECT * FROM shipping_method ORDER BY id FOR UPDATE")}
    for draft in drafts:
        row = rows.get((draft.code, draft.currency))
        check_version("shipping", row["id"] if row else 0, row["version"] if row else None, draft.expected_version)


def _taken(row: int, draft: ShippingDraft) -> Fault:
    return Fault(row, ("code",), Why.TAKEN(f"There is a way of shipping {draft.code} in {draft.currency} already."))


async def delete_shipping_method(
    viewer: Viewer, code: str, currency: str, successor: str | None = None, *, even_if_in_use: bool = False
) -> None:
    """A method that no cart chose, and not the last one of a currency that is paid in; or carts get the successor.

    Even if in use: such carts fall back to the first method that is left. Raises NotFound, InUse, InvalidInput.
    """
    viewer.require(Permission.MANAGE_SETTINGS)
    async with transaction():
        rows = await fetch(
            "SELECT code, id FROM shipping_method WHERE code = ANY ($1) AND currency = $2 ORDER BY id FOR UPDATE",
            [code, successor],
            currency,
        )
        keys = {row["code"]: row["id"] for row in rows}
        if code not in keys:
            raise NotFound("There is no such shipping method.")
        if successor is not None:
            await _succeed(code, successor, currency, known=successor in keys)
        elif not even_if_in_use:
            way = f"Name another one in successorCode: carts get it. {PROCEED}"
            what = f"The shipping method {code}"
            await refuse_in_use(viewer, uses.SHIPPING, [keys[code]], what, way, successor="successorCode", may_proceed=True)
        await execute("DELETE FROM shipping_method WHERE id = $1", keys[code])


async def _succeed(code: str, successor: str, currency: str, *, known: bool) -> None:
    if successor == code or not known:
        raise InvalidInput(Why.UNKNOWN(f"There is no other shipping method {successor} in {currency}."), ["successorCode"])
    await execute(
        "UPDATE cart k SET shipping_method = $2, version = k.version + 1 FROM company_location l"
        " WHERE l.id = k.location_id AND l.currency = $3 AND k.shipping_method = $1",
        *(code, successor, currency),
    )


def _fault(row: int, draft: ShippingDraft) -> Fault | None:
    if not is_code(draft.code):
        return Fault(row, ("code",), Why.MALFORMED("A code has letters, digits and a few marks, at most 32."))
    if not is_text(draft.name, 120):
        return Fault(row, ("name",), Why.MALFORMED("A name has one line and at most 120 letters."))
    if problem := currency_problem(draft.currency):
        return Fault(row, ("currency",), problem)
    for name, minor in (("price", draft.price_minor), ("freeFrom", draft.free_from_minor)):
        if minor is not None and not 0 <= minor <= MAX_MINOR:
            return Fault(row, (name,), Why.TOO_SMALL("A price cannot be negative."))
    problem = next((problem for code in draft.countries if (problem := country_problem(code))), None)
    return Fault(row, ("countries",), problem) if problem else None


@dataclass(frozen=True, slots=True)
class OrderMinimumRecord:
    """From which value orders start, and for whom: all three ids None means everybody."""

    amount: Money
    company_id: str | None
    group_id: str | None
    location_id: str | None


@dataclass(frozen=True, slots=True)
class ShippingMethodRecord:
    code: str
    name: str
    currency: str
    price: Money | None
    free_from: Money | None
    countries: list[str]
    position: int
    version: int


async def order_minimums(viewer: Viewer) -> list[OrderMinimumRecord]:
    """All of them, the widest first."""
    viewer.require(Permission.MANAGE_SETTINGS)
    rows = await fetch(
        "SELECT currency, amount_minor, company_id, group_id, location_id FROM order_minimum"
        " ORDER BY currency, num_nonnulls(company_id, group_id, location_id), id"
    )
    return [
        OrderMinimumRecord(
            Money(row["amount_minor"], row["currency"]),
            *(row[f"{kind}_id"] and global_id(kind, row[f"{kind}_id"]) for kind in ("company", "group", "location")),
        )
        for row in rows
    ]


async def shipping_methods(viewer: Viewer, key: int | None = None) -> list[ShippingMethodRecord]:
    """All of them, by currency and in the order in which buyers see them; or the one with this key."""
    viewer.require(Permission.MANAGE_SETTINGS)
    rows = await fetch("SELECT * FROM shipping_method WHERE $1::bigint IS NULL OR id = $1 ORDER BY currency, position, code", key)
    return [
        ShippingMethodRecord(
            row["code"],
            row["name"],
            row["currency"],
            None if row["price_minor"] is None else Money(row["price_minor"], row["currency"]),
            None if row["free_from_minor"] is None else Money(row["free_from_minor"], row["currency"]),
            list(row["countries"] or ()),
            row["position"],
            row["version"],
        )
        for row in rows
    ]
