"""What the seller can do with her catalogue. All of it in bulk and repeatable: what is as it should be is not written.

Whatever changes what somebody sees, refreshes what each assortment shows in the same transaction.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

import asyncpg

from backend.catalogue import assortments, draft_rules, queries, saving, stored
from backend.catalogue.drafts import (
    Audience,
    BrandDraft,
    CategoryDraft,
    CustomerSkuDraft,
    ProductDraft,
    RuleDraft,
    SaveReport,
    VariantDraft,
)
from backend.catalogue.rules import MAX_SKU, is_slug, is_text, sku_key, slug_for
from backend.core.bulk import upsert
from backend.core.database import execute, fetch, fetch_row, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound
from backend.core.faults import KEEP, Fault, Keep, refuse_faults, said
from backend.core.ids import new_id
from backend.core.viewer import Permission, Viewer

T = TypeVar("T")

CATEGORY = {"id": "bigint", "name": "text", "slug": "text", "parent_id": "bigint", "path": "bigint[]", "position": "int"}
CUSTOMER_SKU = {"id": "bigint", "company_id": "bigint", "variant_id": "bigint", "sku": "text", "sku_key": "text"}
RULE = {
    "id": "bigint", "assortment_id": "bigint", "includes": "bool", "brand_id": "bigint", "category_id": "bigint", "product_id": "bigint",
    "variant_id": "bigint",
}  # fmt: skip


async def _once_more(work: Callable[[], Awaitable[T]]) -> T:
    """Runs the work in a transaction; again when somebody else made the same thing meanwhile, for now it is there to be found."""
    try:
        async with transaction():
            return await work()
    except asyncpg.UniqueViolationError:
        async with transaction():
            return await work()


# Products


async def save_products(viewer: Viewer, drafts: Sequence[ProductDraft]) -> SaveReport:
    """Products with their variants, found again by slug and SKU: made, changed or left alone. All of them or none."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    return await _once_more(lambda: saving.save(drafts))


async def update_variants(viewer: Viewer, drafts: Sequence[VariantDraft]) -> SaveReport:
    """Variants that exist, by SKU, whatever product they belong to."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    owners = await _owners([draft.sku for draft in drafts])
    missing = [
        Fault(row, ("sku",), f"There is no variant {draft.sku}.") for row, draft in enumerate(drafts) if draft.sku not in owners
    ]
    refuse_faults(missing, "variants")
    by_product: dict[str, list[VariantDraft]] = {}
    for draft in drafts:
        by_product.setdefault(owners[draft.sku], []).append(draft)
    return await save_products(viewer, [ProductDraft(slug=slug, variants=tuple(group)) for slug, group in by_product.items()])


async def rename_product(viewer: Viewer, product_id: int, slug: str) -> None:
    """Another address for a product."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    if not is_slug(slug):
        raise InvalidInput("A slug is made of small letters, digits and single hyphens.", ["slug"])
    async with transaction():
        if await fetch_value("SELECT id FROM product WHERE slug = $1 AND id <> $2", slug, product_id):
            raise InvalidInput(f"Another product has the slug {slug}.", ["slug"])
        if not await execute("UPDATE product SET slug = $2 WHERE id = $1", product_id, slug):
            raise NotFound("There is no such product.")


async def _owners(skus: Collection[str]) -> dict[str, str]:
    query = "SELECT v.sku, p.slug FROM variant v JOIN product p ON p.id = v.product_id WHERE v.sku = ANY ($1)"
    return {row["sku"]: row["slug"] for row in await fetch(query, list(skus))}


# Brands


async def save_brands(viewer: Viewer, drafts: Sequence[BrandDraft]) -> dict[str, int]:
    """Brands by slug: made, or called by the new name. Their keys."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    wanted = {draft.slug or slug_for(draft.name): draft.name.strip() for draft in drafts}
    _check_names([(draft.slug, draft.name) for draft in drafts], "brands")

    async def work() -> dict[str, int]:
        known = {row["slug"]: row for row in await fetch("SELECT id, slug, name FROM brand WHERE slug = ANY ($1)", list(wanted))}
        keys = {slug: known[slug]["id"] if slug in known else new_id() for slug in wanted}
        rows = [
            {"id": keys[slug], "name": name, "slug": slug}
            for slug, name in wanted.items()
            if slug not in known or known[slug]["name"] != name
        ]
        await upsert("brand", stored.BRAND, rows)
        return keys

    return await _once_more(work)


async def update_brand(viewer: Viewer, brand_id: int, *, name: str | Keep = KEEP, slug: str | Keep = KEEP) -> None:
    viewer.require(Permission.MANAGE_CATALOGUE)
    _check_names([(said(slug, "brand"), said(name, "Brand"))], None)
    async with transaction():
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


async def delete_brand(viewer: Viewer, brand_id: int) -> None:
    """A brand without products. Rules of assortments that name it go with it."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    async with transaction():
        await assortments.lock_rules()
        if await fetch_value("SELECT EXISTS (SELECT FROM product WHERE brand_id = $1)", brand_id):
            raise InvalidInput("The brand has products: give them another brand first.", ["id"])
        if not await execute("DELETE FROM brand WHERE id = $1", brand_id):
            raise NotFound("There is no such brand.")


def _check_names(names: Sequence[tuple[str | None, str]], root: str | None) -> None:
    """Slugs and names of brands or categories; a single one is not called by its row."""
    faults = []
    for row, (slug, name) in enumerate(names):
        if not is_text(name, 120):
            faults.append(Fault(row, ("name",), "A name has one line and at most 120 letters."))
        if slug is not None and not is_slug(slug):
            faults.append(Fault(row, ("slug",), "A slug is made of small letters, digits and single hyphens."))
    if faults and root is None:
        raise InvalidInput(faults[0].message, list(faults[0].path))
    refuse_faults(faults, root or "rows")


# Categories


async def save_categories(viewer: Viewer, drafts: Sequence[CategoryDraft]) -> dict[str, int]:
    """Categories by slug: made, renamed or moved with all that is below them. Their keys."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    _check_names([(draft.slug, draft.name) for draft in drafts], "categories")
    return await _once_more(lambda: _write_categories(drafts))


async def _write_categories(drafts: Sequence[CategoryDraft]) -> dict[str, int]:
    await assortments.lock_rules()
    tree = {row["slug"]: dict(row) for row in await fetch("SELECT * FROM category")}
    before = {slug: dict(row) for slug, row in tree.items()}
    faults = [fault for row, draft in enumerate(drafts) if (fault := _place(tree, row, draft))]
    refuse_faults(faults, "categories")
    by_key = {row["id"]: row for row in tree.values()}
    for row in tree.values():
        row["path"] = _path(by_key, row)
    circles = [at for at, draft in enumerate(drafts) if not tree[draft.slug or slug_for(draft.name)]["path"]]
    refuse_faults([Fault(at, ("parent",), "A category cannot lie below itself.") for at in circles], "categories")
    changed = [row for slug, row in tree.items() if row != before.get(slug)]
    await upsert("category", CATEGORY, changed)
    if any(row["path"] != before[row["slug"]]["path"] for row in changed if row["slug"] in before):
        await assortments.refresh_everything()
    return {slug: tree[slug]["id"] for slug in (draft.slug or slug_for(draft.name) for draft in drafts)}


def _place(tree: dict[str, dict[str, object]], row: int, draft: CategoryDraft) -> Fault | None:
    """Puts one category into the tree in memory."""
    slug = draft.slug or slug_for(draft.name)
    parent = tree.get(draft.parent) if draft.parent else None
    if draft.parent and parent is None:
        return Fault(row, ("parent",), f"There is no category {draft.parent}.")
    known = tree.setdefault(slug, {"id": new_id(), "slug": slug, "path": [], "position": 0})
    known["name"] = draft.name.strip()
    known["parent_id"] = parent["id"] if parent else None
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
) -> None:
    """Renames or moves one category; what lies below moves with it."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    _check_names([(said(slug, "category"), said(name, "Category"))], None)
    async with transaction():
        await assortments.lock_rules()
        tree = {row["id"]: dict(row) for row in await fetch("SELECT * FROM category")}
        row = tree.get(category_id)
        if row is None:
            raise NotFound("There is no such category.")
        parent = said(parent_id, row["parent_id"])
        if parent is not None and parent not in tree:
            raise InvalidInput("There is no such category to move it to.", ["parentId"])
        if any(other["slug"] == slug and other is not row for other in tree.values()):
            raise InvalidInput(f"Another category has the slug {slug}.", ["slug"])
        before = {key: dict(other) for key, other in tree.items()}
        row.update(
            name=said(name, row["name"]).strip(),
            slug=said(slug, row["slug"]),
            parent_id=parent,
            position=said(position, row["position"]),
        )
        for other in tree.values():
            other["path"] = _path(tree, other)
        if not row["path"]:
            raise InvalidInput("A category cannot lie below itself.", ["parentId"])
        await upsert("category", CATEGORY, [other for key, other in tree.items() if other != before[key]])
        if row["path"] != before[category_id]["path"]:
            await assortments.refresh_everything()


async def delete_category(viewer: Viewer, category_id: int) -> None:
    """A category with nothing below it; its products stay, in their other categories."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    async with transaction():
        await assortments.lock_rules()
        if await fetch_value("SELECT EXISTS (SELECT FROM category WHERE parent_id = $1)", category_id):
            raise InvalidInput("There are categories below this one: move or delete them first.", ["id"])
        if not await execute("DELETE FROM category WHERE id = $1", category_id):
            raise NotFound("There is no such category.")
        await assortments.refresh_everything()


# Buyers' own part numbers


async def set_customer_skus(viewer: Viewer, rows: Sequence[CustomerSkuDraft]) -> int:
    """Part numbers by company and SKU; None takes one away. How many were written."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    async with transaction():
        variants = await queries.variant_ids({row.sku for row in rows})
        companies = {
            row["id"] for row in await fetch("SELECT id FROM company WHERE id = ANY ($1)", [row.company_id for row in rows])
        }
        refuse_faults([fault for at, row in enumerate(rows) if (fault := _customer_sku_fault(at, row, variants, companies))])
        return await _write_customer_skus(rows, variants)


def _customer_sku_fault(at: int, row: CustomerSkuDraft, variants: dict[str, int], companies: set[int]) -> Fault | None:
    if row.company_id not in companies:
        return Fault(at, ("companyId",), "There is no such company.")
    if row.sku not in variants:
        return Fault(at, ("sku",), f"There is no variant {row.sku}.")
    if row.customer_sku is not None and not (is_text(row.customer_sku, MAX_SKU) and sku_key(row.customer_sku)):
        return Fault(at, ("customerSku",), f"A part number has letters or digits and at most {MAX_SKU} characters.")
    return None


async def _write_customer_skus(rows: Sequence[CustomerSkuDraft], variants: dict[str, int]) -> int:
    companies = sorted({row.company_id for row in rows})
    known = {
        (row["company_id"], row["variant_id"]): row
        for row in await fetch("SELECT * FROM customer_sku WHERE company_id = ANY ($1)", companies)
    }
    holders = {(row["company_id"], row["sku"]): row["variant_id"] for row in known.values()}
    wanted = {(row.company_id, variants[row.sku]): (at, row.customer_sku) for at, row in enumerate(rows)}
    dropped = [
        known[key]["id"] for key, (_, text) in wanted.items() if key in known and (text is None or text != known[key]["sku"])
    ]
    written = []
    for (company, variant), (at, text) in wanted.items():
        old = known.get((company, variant))
        if text is None or (old is not None and old["sku"] == text):
            continue
        holder = holders.setdefault((company, text), variant)
        if holder != variant and (company, holder) not in wanted:
            refuse_faults([Fault(at, ("customerSku",), f"The company calls another variant {text} already.")])
        written.append({"id": new_id(), "company_id": company, "variant_id": variant, "sku": text, "sku_key": sku_key(text)})
    if len({(row["company_id"], row["sku"]) for row in written}) < len(written):
        refuse_faults([Fault(0, ("customerSku",), "Two variants cannot have the same part number of one company.")])
    await execute("DELETE FROM customer_sku WHERE id = ANY ($1)", dropped)
    await upsert("customer_sku", CUSTOMER_SKU, written)
    return len(set(dropped) | {row["id"] for row in written})


# Assortments


async def save_assortment(
    viewer: Viewer, code: str, *, name: str | Keep = KEEP, is_default: bool | Keep = KEEP, rules: Sequence[RuleDraft] | Keep = KEEP
) -> int:
    """An assortment by its code, with exactly these rules. The default one serves viewers who have no other; there is one at most."""
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    if not draft_rules.is_code(code):
        raise InvalidInput("A code has letters, digits and a few marks, at most 32.", ["code"])
    if not isinstance(name, Keep) and not is_text(name, 120):
        raise InvalidInput("A name has one line and at most 120 letters.", ["name"])
    async with transaction():
        await assortments.lock_rules()
        row = await fetch_row("SELECT id, name, is_default FROM assortment WHERE code = $1", code)
        key: int = row["id"] if row else new_id()
        title, default = said(name, row["name"] if row else code), said(is_default, row["is_default"] if row else False)
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
    await assortments.refresh_assortments([assortment_id])


async def _check_rules(rules: Sequence[RuleDraft]) -> None:
    """Every rule has one target at most, and one that exists."""
    faults: list[Fault] = []
    for kind in ("brand", "category", "product", "variant"):
        keys = {at: key for at, rule in enumerate(rules) if (key := getattr(rule, f"{kind}_id")) is not None}
        found = {row["id"] for row in await fetch(f"SELECT id FROM {kind} WHERE id = ANY ($1)", list(keys.values()))}
        faults += [Fault(at, (f"{kind}Id",), f"There is no such {kind}.") for at, key in keys.items() if key not in found]
    for at, rule in enumerate(rules):
        if sum(key is not None for key in (rule.brand_id, rule.category_id, rule.product_id, rule.variant_id)) > 1:
            faults.append(Fault(at, (), "A rule has one target, or none for everything."))
    refuse_faults(faults, "rules")


async def delete_assortment(viewer: Viewer, assortment_id: int) -> None:
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    async with transaction():
        await assortments.lock_rules()
        if not await execute("DELETE FROM assortment WHERE id = $1", assortment_id):
            raise NotFound("There is no such assortment.")


async def assign_assortment(viewer: Viewer, assortment_id: int, audience: Audience) -> None:
    """The company, group or location sees this assortment too. Twice is once."""
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    async with transaction():
        if await fetch_row("SELECT FROM assortment WHERE id = $1 FOR KEY SHARE", assortment_id) is None:
            raise NotFound("There is no such assortment.")
        await check_audience(audience)
        await execute(
            "INSERT INTO assortment_assignment (id, assortment_id, company_id, group_id, location_id) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            *(new_id(), assortment_id, audience.company_id, audience.group_id, audience.location_id),
        )


async def unassign_assortment(viewer: Viewer, assortment_id: int, audience: Audience) -> None:
    viewer.require(Permission.MANAGE_ASSORTMENTS)
    deleted = await execute(
        "DELETE FROM assortment_assignment WHERE assortment_id = $1 AND company_id IS NOT DISTINCT FROM $2"
        " AND group_id IS NOT DISTINCT FROM $3 AND location_id IS NOT DISTINCT FROM $4",
        *(assortment_id, audience.company_id, audience.group_id, audience.location_id),
    )
    if not deleted:
        raise NotFound("The assortment is not assigned there.")


async def check_audience(audience: Audience) -> None:
    """Exactly one of company, group and location, and one that exists."""
    targets = {"company": audience.company_id, "company_group": audience.group_id, "company_location": audience.location_id}
    named = {table: key for table, key in targets.items() if key is not None}
    if len(named) != 1:
        raise InvalidInput("Name one company, one group or one location.", ["audience"])
    table, key = next(iter(named.items()))
    if not await fetch_value(f"SELECT EXISTS (SELECT FROM {table} WHERE id = $1)", key):
        raise NotFound(f"There is no such {table.removeprefix('company_')}.")
