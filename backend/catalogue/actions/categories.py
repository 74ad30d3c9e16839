"""The category tree: every node knows its path, so that a category includes what lies below it; a move takes that along."""

from collections.abc import Sequence

from backend.catalogue import assortments, queries, search, uses
from backend.catalogue.actions.repeated import check_names, once_more
from backend.catalogue.drafts import CategoryDraft
from backend.catalogue.rules import slug_for
from backend.core.bulk import upsert
from backend.core.database import execute, fetch, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import KEEP, Fault, Keep, refuse_faults, said
from backend.core.ids import new_id
from backend.core.text import clean_name
from backend.core.uses import refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer

CATEGORY = {"id": "bigint", "name": "text", "slug": "text", "parent_id": "bigint", "path": "bigint[]", "position": "int"}


async def save_categories(viewer: Viewer, drafts: Sequence[CategoryDraft]) -> dict[str, int]:
    """Categories by slug: made, renamed or moved with all that is below them. Their keys."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    check_names([(draft.slug, clean_name(draft.name)) for draft in drafts], "categories")
    return await once_more(lambda: _write_categories(drafts))


async def _write_categories(drafts: Sequence[CategoryDraft]) -> dict[str, int]:
    # New leaves move nothing: to make them, an import need not stop everybody else.
    known = await queries.category_ids([draft.slug or slug_for(draft.name) for draft in drafts])
    await (assortments.lock_rules() if known else assortments.hold_rules())
    tree = {row["slug"]: dict(row) for row in await fetch("SELECT * FROM category")}
    before = {slug: dict(row) for slug, row in tree.items()}
    for draft in drafts:
        old = tree.get(draft.slug or slug_for(draft.name), {})
        check_version("category", old.get("id", 0), old.get("version"), draft.expected_version)
    faults = [fault for row, draft in enumerate(drafts) if (fault := _place(tree, row, draft))]
    refuse_faults(faults, "categories")
    by_key = {row["id"]: row for row in tree.values()}
    for row in tree.values():
        row["path"] = _path(by_key, row)
    circles = [at for at, draft in enumerate(drafts) if not tree[draft.slug or slug_for(draft.name)]["path"]]
    refuse_faults([Fault(at, ("parent",), Why.NOT_ALLOWED("A category cannot lie below itself.")) for at in circles], "categories")
    changed = [row for slug, row in tree.items() if row != before.get(slug)]
    await upsert("category", CATEGORY, changed)
    if any(row["path"] != before[row["slug"]]["path"] for row in changed if row["slug"] in before):
        await assortments.refresh_everything()
    await search.refresh_categories([row["id"] for row in changed if row["slug"] in before])
    return {slug: tree[slug]["id"] for slug in (draft.slug or slug_for(draft.name) for draft in drafts)}


def _place(tree: dict[str, dict[str, object]], row: int, draft: CategoryDraft) -> Fault | None:
    """Puts one category into the tree in memory."""
    slug = draft.slug or slug_for(draft.name)
    if isinstance(draft.parent, str) and draft.parent not in tree:
        return Fault(row, ("parent",), Why.UNKNOWN(f"There is no category {draft.parent}."))
    known = tree.setdefault(slug, {"id": new_id(), "slug": slug, "parent_id": None, "path": [], "position": 0})
    known["name"] = clean_name(draft.name)
    if not isinstance(draft.parent, Keep):
        known["parent_id"] = tree[draft.parent]["id"] if draft.parent else None
    known["position"] = said(draft.position, known["position"])
    return None


def _path(by_key: dict[int, dict[str, object]], row: dict[str, object]) -> list[int]:
    """Keys from the root down to this category; empty when its parents run in a circle."""
    path: list[int] = []
    at: dict[str, object] | None = row
    while at is not None:
        key = at["id"]
        if not isinstance(key, int) or key in path:
            return []
        path.append(key)
        parent = at["parent_id"]
        at = by_key[parent] if isinstance(parent, int) else None
    return path[::-1]


async def update_category(
    viewer: Viewer,
    category_id: int,
    *,
    name: str | Keep = KEEP,
    slug: str | Keep = KEEP,
    parent_id: int | Keep | None = KEEP,
    position: int | Keep = KEEP,
    expected_version: int | None = None,
) -> None:
    """Renames or moves one category; what lies below moves with it. Raises NotFound, InvalidInput, Stale."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    check_names([(said(slug, "category"), clean_name(said(name, "Category")))], None)
    async with transaction():
        await assortments.lock_rules()
        tree = {row["id"]: dict(row) for row in await fetch("SELECT * FROM category")}
        row = tree.get(category_id)
        if row is None:
            raise NotFound("There is no such category.")
        check_version("category", category_id, row["version"], expected_version)
        parent = said(parent_id, row["parent_id"])
        if parent is not None and parent not in tree:
            raise InvalidInput(Why.UNKNOWN("There is no such category to move it to."), ["parentId"])
        if any(other["slug"] == slug and other is not row for other in tree.values()):
            raise InvalidInput(Why.TAKEN(f"Another category has the slug {slug}."), ["slug"])
        before = {key: dict(other) for key, other in tree.items()}
        row.update(
            name=clean_name(said(name, row["name"])),
            slug=said(slug, row["slug"]),
            parent_id=parent,
            position=said(position, row["position"]),
        )
        for other in tree.values():
            other["path"] = _path(tree, other)
        if not row["path"]:
            raise InvalidInput(Why.NOT_ALLOWED("A category cannot lie below itself."), ["parentId"])
        await upsert("category", CATEGORY, [other for key, other in tree.items() if other != before[key]])
        if row["path"] != before[category_id]["path"]:
            await assortments.refresh_everything()
        await search.refresh_categories([category_id])


async def delete_category(viewer: Viewer, category_id: int, successor_id: int | None = None) -> None:
    """A category that nothing is in and no assortment names; or all that is in it moves to the successor.

    Raises NotFound, InUse, InvalidInput.
    """
    viewer.require(Permission.MANAGE_CATALOGUE)
    async with transaction():
        await assortments.lock_rules()
        if not await fetch_value("SELECT EXISTS (SELECT FROM category WHERE id = $1)", category_id):
            raise NotFound("There is no such category.")
        await refuse_in_use(
            viewer, uses.CATEGORY_RULES, [category_id], "This category", "Change the rules of these assortments first."
        )
        if successor_id is None:
            way = "Name another one in successorId: they move there."
            await refuse_in_use(viewer, uses.CATEGORY, [category_id], "This category", way, successor="successorId")
        named_by = await search.products_below([category_id])
        if successor_id is not None:
            await _succeed(category_id, successor_id)
        await execute("DELETE FROM category WHERE id = $1", category_id)
        await assortments.refresh_everything()
        await search.refresh_products(named_by)


async def _succeed(category_id: int, successor_id: int) -> None:
    """Products and categories move to the successor, which cannot lie below the one that goes."""
    path = await fetch_value("SELECT path FROM category WHERE id = $1", successor_id)
    if path is None or category_id in path:
        raise InvalidInput(Why.NOT_ALLOWED("Choose a category that exists and is not this one or below it."), ["successorId"])
    await execute(
        "WITH moved AS (DELETE FROM product_category WHERE category_id = $1 RETURNING id, product_id, position)"
        " INSERT INTO product_category (id, product_id, category_id, position) SELECT id, product_id, $2, position FROM moved"
        " ON CONFLICT (product_id, category_id) DO NOTHING",
        category_id,
        successor_id,
    )
    await execute("UPDATE category SET parent_id = $2 WHERE parent_id = $1", category_id, successor_id)
    tree = {row["id"]: dict(row) for row in await fetch("SELECT * FROM category")}
    paths = {key: _path(tree, row) for key, row in tree.items()}
    await upsert("category", CATEGORY, [{**row, "path": paths[key]} for key, row in tree.items() if row["path"] != paths[key]])
