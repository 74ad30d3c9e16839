"""Brands: made, renamed, deleted when nothing needs them or another one takes their place."""

from collections.abc import Sequence

from backend.catalogue import assortments, search, stored, uses
from backend.catalogue.actions.repeated import check_names, once_more
from backend.catalogue.drafts import BrandDraft
from backend.catalogue.rules import slug_for
from backend.core import clock
from backend.core.bulk import upsert
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import KEEP, Keep, said
from backend.core.ids import new_id
from backend.core.text import clean_name
from backend.core.uses import refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer


async def save_brands(viewer: Viewer, drafts: Sequence[BrandDraft]) -> dict[str, int]:
    """Brands by slug: made, or called by the new name. Their keys."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    wanted = {draft.slug or slug_for(draft.name): clean_name(draft.name) for draft in drafts}
    check_names([(draft.slug, clean_name(draft.name)) for draft in drafts], "brands")

    async def work() -> dict[str, int]:
        await assortments.lock_rules()
        known = {
            row["slug"]: row for row in await fetch("SELECT id, slug, name, version FROM brand WHERE slug = ANY ($1)", list(wanted))
        }
        keys = {slug: known[slug]["id"] if slug in known else new_id() for slug in wanted}
        for draft in drafts:
            slug = draft.slug or slug_for(draft.name)
            check_version("brand", keys[slug], known[slug]["version"] if slug in known else None, draft.expected_version)
        rows = [
            {"id": keys[slug], "name": name, "slug": slug}
            for slug, name in wanted.items()
            if slug not in known or known[slug]["name"] != name
        ]
        await upsert("brand", stored.BRAND, rows)
        await search.refresh_brands([known[row["slug"]]["id"] for row in rows if row["slug"] in known])
        return keys

    return await once_more(work)


async def update_brand(
    viewer: Viewer, brand_id: int, *, name: str | Keep = KEEP, slug: str | Keep = KEEP, expected_version: int | None = None
) -> None:
    """Raises NotFound, InvalidInput, Stale."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    check_names([(said(slug, "brand"), clean_name(said(name, "Brand")))], None)
    async with transaction():
        await assortments.lock_rules()
        row = await fetch_row("SELECT name, slug, version FROM brand WHERE id = $1 FOR NO KEY UPDATE", brand_id)
        if row is None:
            raise NotFound("There is no such brand.")
        check_version("brand", brand_id, row["version"], expected_version)
        if await fetch_value("SELECT id FROM brand WHERE slug = $1 AND id <> $2", said(slug, row["slug"]), brand_id):
            raise InvalidInput(Why.TAKEN(f"Another brand has the slug {slug}."), ["slug"])
        await execute(
            "UPDATE brand SET name = $2, slug = $3 WHERE id = $1",
            brand_id,
            clean_name(said(name, row["name"])),
            said(slug, row["slug"]),
        )
        await search.refresh_brands([brand_id])


async def delete_brand(viewer: Viewer, brand_id: int, successor_id: int | None = None) -> None:
    """A brand that no product has and no assortment names; or its products get the successor. Raises NotFound, InUse, InvalidInput."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    async with transaction():
        await assortments.lock_rules()
        if not await fetch_value("SELECT EXISTS (SELECT FROM brand WHERE id = $1)", brand_id):
            raise NotFound("There is no such brand.")
        await refuse_in_use(viewer, uses.BRAND_RULES, [brand_id], "This brand", "Change the rules of these assortments first.")
        if successor_id is None:
            await refuse_in_use(
                viewer,
                uses.BRAND,
                [brand_id],
                "This brand",
                "Name another one in successorId: they get it.",
                successor="successorId",
            )
        else:
            await _succeed(brand_id, successor_id)
        await execute("DELETE FROM brand WHERE id = $1", brand_id)


async def _succeed(brand_id: int, successor_id: int) -> None:
    if successor_id == brand_id or not await fetch_value("SELECT EXISTS (SELECT FROM brand WHERE id = $1)", successor_id):
        raise InvalidInput(Why.UNKNOWN("There is no such brand to take its place."), ["successorId"])
    moved = await fetch(
        "UPDATE product SET brand_id = $2, updated_at = $3 WHERE brand_id = $1 RETURNING id", brand_id, successor_id, clock.now()
    )
    await assortments.refresh_products([row["id"] for row in moved])
