"""Assortments: their rules, and for whom they are. What each one shows is refreshed in the same transaction."""

from collections.abc import Sequence

from backend.catalogue import assortments, draft_rules, search, uses
from backend.catalogue.drafts import RuleDraft
from backend.catalogue.rules import is_text
from backend.companies.audiences import Audience, assign, companies_in, reassign, unassign
from backend.companies.uses import lock_sight, reached, refuse_lost_sight
from backend.core.bulk import upsert
from backend.core.database import execute, fetch, fetch_row, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import KEEP, Fault, Keep, refuse_faults, said
from backend.core.ids import new_id
from backend.core.uses import InUse, refuse_in_use, uses_of
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer

_SUCCEED = "Name another one in successorId: it takes its place."
RULE = {
    "id": "bigint", "assortment_id": "bigint", "includes": "bool", "brand_id": "bigint", "category_id": "bigint", "product_id": "bigint",
    "variant_id": "bigint",
}  # fmt: skip


async def save_assortment(
    viewer: Viewer,
    code: str,
    *,
    name: str | Keep = KEEP,
    is_default: bool | Keep = KEEP,
    rules: Sequence[RuleDraft] | Keep = KEEP,
    only_new: bool = False,
    expected_version: int | None = None,
) -> int:
    """An assortment by its code, with exactly these rules: made or, unless only a new one will do, changed.

    The default one serves viewers who have no other; there is one at most.
    """
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    if not draft_rules.is_code(code):
        raise InvalidInput(Why.MALFORMED("A code has letters, digits and a few marks, at most 32."), ["code"])
    if not isinstance(name, Keep) and not is_text(name, 120):
        raise InvalidInput(Why.MALFORMED("A name has one line and at most 120 letters."), ["name"])
    async with transaction():
        await assortments.lock_rules()
        row = await fetch_row("SELECT id, name, is_default, version FROM assortment WHERE code = $1", code)
        if row and only_new:
            raise InvalidInput(Why.TAKEN(f"There is an assortment {code} already."), ["code"])
        key: int = row["id"] if row else new_id()
        check_version("assortment", key, row["version"] if row else None, expected_version)
        title, default = said(name, row["name"] if row else code), said(is_default, row["is_default"] if row else False)
        if row and row["is_default"] and not default:
            await _refuse_no_default(viewer, key, None)
        if default:
            await execute("UPDATE assortment SET is_default = false WHERE is_default AND id <> $1", key)
        await execute(
            "INSERT INTO assortment (id, code, name, is_default) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_default = excluded.is_default",
            *(key, code, title.strip(), default),
        )
        if not isinstance(rules, Keep):
            await _set_rules(key, rules)
    return key


async def _set_rules(assortment_id: int, rules: Sequence[RuleDraft]) -> None:
    await _check_rules(rules)
    wanted = {(rule.includes, rule.brand_id, rule.category_id, rule.product_id, rule.variant_id) for rule in rules}
    query = "SELECT id, includes, brand_id, category_id, product_id, variant_id FROM assortment_rule WHERE assortment_id = $1"
    stored_rules = {tuple(row)[1:]: row["id"] for row in await fetch(query, assortment_id)}
    if wanted == set(stored_rules):
        return
    await execute("DELETE FROM assortment_rule WHERE assortment_id = $1", assortment_id)
    names = ("includes", "brand_id", "category_id", "product_id", "variant_id")
    await upsert(
        "assortment_rule",
        RULE,
        [{"id": new_id(), "assortment_id": assortment_id, **dict(zip(names, rule, strict=True))} for rule in wanted],
    )
    await execute("UPDATE assortment SET version = version + 1 WHERE id = $1", assortment_id)
    await assortments.refresh_assortments([assortment_id])


async def _check_rules(rules: Sequence[RuleDraft]) -> None:
    """Every rule has one target at most, and one that exists."""
    faults: list[Fault] = []
    for kind in ("brand", "category", "product", "variant"):
        keys = {at: key for at, rule in enumerate(rules) if (key := getattr(rule, f"{kind}_id")) is not None}
        found = {row["id"] for row in await fetch(f"SELECT id FROM {kind} WHERE id = ANY ($1)", list(keys.values()))}
        faults += [
            Fault(at, (f"{kind}Id",), Why.UNKNOWN(f"There is no such {kind}.")) for at, key in keys.items() if key not in found
        ]
    for at, rule in enumerate(rules):
        if sum(key is not None for key in (rule.brand_id, rule.category_id, rule.product_id, rule.variant_id)) > 1:
            faults.append(Fault(at, (), Why.NOT_ALLOWED("A rule has one target, or none for everything.")))
    refuse_faults(faults, "rules")


async def delete_assortment(viewer: Viewer, assortment_id: int, successor_id: int | None = None) -> None:
    """One that is for nobody; or its successor is from now on for those whom it was for. Raises NotFound, InUse, InvalidInput."""
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    async with transaction():
        await assortments.lock_rules()
        await lock_sight()
        row = await fetch_row("SELECT is_default FROM assortment WHERE id = $1 FOR UPDATE", assortment_id)
        if row is None:
            raise NotFound("There is no such assortment.")
        if successor_id is not None:
            await _check_successor(assortment_id, successor_id)
            await reassign("assortment", assortment_id, successor_id)
        elif row["is_default"]:
            await _refuse_no_default(viewer, assortment_id, "successorId")
        else:
            await refuse_in_use(viewer, uses.ASSORTMENT, [assortment_id], "This assortment", _SUCCEED, successor="successorId")
        await execute("DELETE FROM assortment WHERE id = $1", assortment_id)
        if row["is_default"]:
            await execute("UPDATE assortment SET is_default = true WHERE id = $1", successor_id)
        await search.refresh_assortments([assortment_id])


async def _check_successor(assortment_id: int, successor_id: int) -> None:
    if successor_id == assortment_id or await fetch_row("SELECT FROM assortment WHERE id = $1", successor_id) is None:
        raise InvalidInput(Why.UNKNOWN("There is no such assortment to take its place."), ["successorId"])


async def _refuse_no_default(viewer: Viewer, assortment_id: int, successor: str | None) -> None:
    """Without a default assortment, buyers who have no other one see nothing."""
    found = await uses_of(viewer, uses.ASSORTMENT if successor else uses.DEFAULT, [assortment_id])
    way = f"Name another one in {successor}." if successor else "Make another assortment the default one instead."
    raise InUse("The default assortment", found, way, successor=successor)


async def assign_assortment(viewer: Viewer, assortment_id: int, audience: Audience) -> None:
    """The company, group or location sees this assortment too. Twice is once."""
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    await assign("assortment", assortment_id, audience)


async def unassign_assortment(viewer: Viewer, assortment_id: int, audience: Audience, successor_id: int | None = None) -> None:
    """They see its successor instead, if there is one. Nobody loses the last assortment of theirs. Raises NotFound, InUse, InvalidInput."""
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    async with transaction():
        await lock_sight()
        companies = await companies_in(audience)
        before = await reached(companies)
        await unassign("assortment", assortment_id, audience)
        if successor_id is not None:
            await _check_successor(assortment_id, successor_id)
            await assign("assortment", successor_id, audience)
        await refuse_lost_sight(viewer, companies, before, "This assortment", successor="successorId")
