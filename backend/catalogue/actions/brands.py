"""Brands: made, renamed, deleted when no product has them."""

from collections.abc import Sequence

from backend.catalogue import assortments, search, stored
from backend.catalogue.actions.repeated import check_names, once_more
from backend.catalogue.drafts import BrandDraft
from backend.catalogue.rules import slug_for
from backend.core.bulk import upsert
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound
from backend.core.faults import KEEP, Keep, said
from backend.core.ids import new_id
from backend.core.viewer import Permission, Viewer


async def save_brands(viewer: Viewer, drafts: Sequence[BrandDraft]) -> dict[str, int]:
    """Brands by slug: made, or called by the new name. Their keys."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    wanted = {draft.slug or slug_for(draft.name): draft.name.strip() for draft in drafts}
    check_names([(draft.slug, draft.name) for draft in drafts], "brands")

    async def work() -> dict[str, int]:
        await assortments.lock_rules()
        known = {row["slug"]: row for row in await fetch("SELECT id, slug, name FROM brand WHERE slug = ANY ($1)", list(wanted))}
        keys = {slug: known[slug]["id"] if slug in known else new_id() for slug in wanted}
        rows = [
            {"id": keys[slug], "name": name, "slug": slug}
            for slug, name in wanted.items()
            if slug not in known or known[slug]["name"] != name
        ]
        await upsert("brand", stored.BRAND, rows)
        await search.refresh_brands([known[row["slug"]]["id"] for row in rows if row["slug"] in known])
        return keys

    return await once_more(work)


async def update_brand(viewer: Viewer, brand_id: int, *, name: str | Keep = KEEP, slug: str | Keep = KEEP) -> None:
    viewer.require(Permission.MANAGE_CATALOGUE)
    check_names([(said(slug, "brand"), said(name, "Brand"))], None)
    async with transaction():
        await assortments.lock_rules()
        row = await fetch_row("SELECT name, slug FROM brand WHERE id = $1 FOR NO KEY UPDATE", brand_id)
        if row is None:
            raise NotFound("There is no such brand.")
        if await fetch_value("SELECT id FROM brand WHERE slug = $1 AND id <> $2", said(slug, row["slug"]), brand_id):
            raise InvalidInput(f"Another brand has the slug {slug}.", ["slug"])
        await execute(
            "UPDATE brand SET name = $2, slug = $3 WHERE id = $1",
            brand_id,
            said(name, row["name"]).strip(),
            said(slug, row["slug"]),
        )
        await search.refresh_brands([brand_id])


async def delete_brand(viewer: Viewer, brand_id: int) -> None:
    """A brand without products. Rules of assortments that name it go with it."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    async with transaction():
        await assortments.lock_rules()
        if await fetch_value("SELECT EXISTS (SELECT FROM product WHERE brand_id = $1)", brand_id):
            raise InvalidInput("The brand has products: give them another brand first.", ["id"])
        if not await execute("DELETE FROM brand WHERE id = $1", brand_id):
            raise NotFound("There is no such brand.")
