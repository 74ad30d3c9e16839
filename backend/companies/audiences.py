"""For whom something of the seller's is: one company, one group or one location; and who is assigned what.

An assortment's assignments stand in assortment_assignment, a price list's in price_list_assignment: tables of one shape.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.ids import global_id, new_id

Assignable = Literal["assortment", "price_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """For whom something is: exactly one of the three."""

    company_id: int | None = None
    group_id: int | None = None
    location_id: int | None = None


@dataclass(slots=True)
class AudienceRecord:
    """Exactly one of the three ids is there."""

    company_id: str | None
    group_id: str | None
    location_id: str | None
    label: str


async def check_audience(audience: Audience) -> None:
    """Exactly one of company, group and location, and one that exists."""
    targets = {"company": audience.company_id, "company_group": audience.group_id, "company_location": audience.location_id}
    named = {table: key for table, key in targets.items() if key is not None}
    if len(named) != 1:
        raise InvalidInput(Why.REQUIRED("Name one company, one group or one location."), ["audience"])
    table, key = next(iter(named.items()))
    if not await fetch_value(f"SELECT EXISTS (SELECT FROM {table} WHERE id = $1)", key):
        raise NotFound(f"There is no such {table.removeprefix('company_')}.")


async def assign(kind: Assignable, key: int, audience: Audience) -> None:
    """Twice is once. Raises InvalidInput, NotFound."""
    async with transaction():
        if await fetch_row(f"SELECT FROM {kind} WHERE id = $1 FOR KEY SHARE", key) is None:
            raise NotFound(f"There is no such {_name(kind)}.")
        await check_audience(audience)
        await execute(
            f"INSERT INTO {kind}_assignment (id, {kind}_id, company_id, group_id, location_id) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            *(new_id(), key, audience.company_id, audience.group_id, audience.location_id),
        )


async def unassign(kind: Assignable, key: int, audience: Audience) -> None:
    """Raises NotFound when it is not assigned there."""
    deleted = await execute(
        f"DELETE FROM {kind}_assignment WHERE {kind}_id = $1 AND company_id IS NOT DISTINCT FROM $2"
        " AND group_id IS NOT DISTINCT FROM $3 AND location_id IS NOT DISTINCT FROM $4",
        *(key, audience.company_id, audience.group_id, audience.location_id),
    )
    if not deleted:
        raise NotFound(f"The {_name(kind)} is not assigned there.")


async def companies_in(audience: Audience) -> list[int]:
    """The companies that an audience is, is a part of, or holds."""
    rows = await fetch(
        "SELECT $1::bigint AS id WHERE $1::bigint IS NOT NULL UNION SELECT company_id FROM company_location WHERE id = $2"
        " UNION SELECT company_id FROM company_group_member WHERE group_id = $3",
        *(audience.company_id, audience.location_id, audience.group_id),
    )
    return [row["id"] for row in rows]


async def reassign(kind: Assignable, key: int, successor: int) -> None:
    """Assigns the successor to everybody to whom this is assigned."""
    rows = await fetch(f"SELECT company_id, group_id, location_id FROM {kind}_assignment WHERE {kind}_id = $1", key)
    await execute(
        f"INSERT INTO {kind}_assignment (id, {kind}_id, company_id, group_id, location_id) SELECT k, $2, c, g, l"
        " FROM unnest($1::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS x (k, c, g, l) ON CONFLICT DO NOTHING",
        *(
            [new_id() for _ in rows],
            successor,
            *([row[name] for row in rows] for name in ("company_id", "group_id", "location_id")),
        ),
    )


async def audiences_of(kind: Assignable, keys: Sequence[int]) -> dict[int, list[AudienceRecord]]:
    """To whom each of these is assigned, by label."""
    rows = await fetch(
        f"""SELECT a.*, coalesce(c.name, g.name, l.name) AS label FROM {kind}_assignment a
        LEFT JOIN company c ON c.id = a.company_id LEFT JOIN company_group g ON g.id = a.group_id
        LEFT JOIN company_location l ON l.id = a.location_id WHERE a.{kind}_id = ANY ($1) ORDER BY label, a.id""",
        list(keys),
    )
    found: dict[int, list[AudienceRecord]] = defaultdict(list)
    for row in rows:
        found[row[f"{kind}_id"]].append(AudienceRecord(_id("company", row), _id("group", row), _id("location", row), row["label"]))
    return found


def _name(kind: Assignable) -> str:
    return kind.replace("_", " ")


def _id(kind: str, row: Any) -> str | None:
    key = row[f"{kind}_id"]
    return None if key is None else global_id(kind, key)
