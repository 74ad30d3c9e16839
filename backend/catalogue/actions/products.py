"""Products and variants, in bulk and repeatable: what is as it should be is not written."""

from collections.abc import Collection, Sequence

from backend.catalogue import saving
from backend.catalogue.actions.repeated import once_more
from backend.catalogue.cleaning import clean_variant, odd_skus
from backend.catalogue.drafts import ProductDraft, SaveReport, VariantDraft
from backend.catalogue.rules import is_slug
from backend.catalogue.stored import stored_skus
from backend.core.database import execute, fetch, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, Why
from backend.core.faults import Fault, InvalidRows, refuse_faults
from backend.core.versions import check_version
from backend.core.viewer import Permission, Viewer


async def save_products(
    viewer: Viewer, drafts: Sequence[ProductDraft], *, only_new: bool = False, even_if_in_use: bool = False
) -> SaveReport:
    """Products with their variants, found again by slug and SKU: made, changed or left alone. All of them or none.

    Where only new ones will do, a slug that is taken is a fault. Raises InvalidRows, InUse.
    """
    viewer.require(Permission.MANAGE_CATALOGUE)
    return await once_more(lambda: saving.save(viewer, drafts, only_new=only_new, even_if_in_use=even_if_in_use))


async def update_variants(
    viewer: Viewer, drafts: Sequence[VariantDraft], *, even_if_in_use: bool = False, expected_version: int | None = None
) -> SaveReport:
    """Variants that exist, by SKU, whatever product they belong to; the version expected is the product's. Raises InvalidRows, InUse, Stale."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    kept = await stored_skus(odd_skus([ProductDraft(slug="", variants=tuple(drafts))]))
    drafts = [clean_variant(draft, kept) for draft in drafts]
    owners = await _owners([draft.sku for draft in drafts])
    missing = [
        Fault(row, ("sku",), Why.UNKNOWN(f"There is no variant {draft.sku}."))
        for row, draft in enumerate(drafts)
        if draft.sku not in owners
    ]
    refuse_faults(missing, "variants")
    rows: dict[str, list[int]] = {}
    for row, draft in enumerate(drafts):
        rows.setdefault(owners[draft.sku], []).append(row)
    products = [
        ProductDraft(slug=slug, variants=tuple(drafts[row] for row in group), expected_version=expected_version)
        for slug, group in rows.items()
    ]
    try:
        return await save_products(viewer, products, even_if_in_use=even_if_in_use)
    except InvalidRows as error:
        raise InvalidRows([_of_variant(fault, list(rows.values())) for fault in error.faults], "variants") from error


def _of_variant(fault: Fault, rows: Sequence[Sequence[int]]) -> Fault:
    """A product's fault as that of the variant which was sent."""
    at = int(fault.path[1]) if fault.path[:1] == ("variants",) else 0
    return Fault(rows[fault.row][at], fault.path[2:], fault.message)


async def rename_product(viewer: Viewer, product_id: int, slug: str, *, expected_version: int | None = None) -> None:
    """Another address for a product. Raises NotFound, InvalidInput, Stale."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    if not is_slug(slug):
        raise InvalidInput(Why.MALFORMED("A slug is made of small letters, digits and single hyphens."), ["slug"])
    async with transaction():
        version = await fetch_value("SELECT version FROM product WHERE id = $1 FOR NO KEY UPDATE", product_id)
        check_version("product", product_id, version, expected_version)
        if await fetch_value("SELECT id FROM product WHERE slug = $1 AND id <> $2", slug, product_id):
            raise InvalidInput(Why.TAKEN(f"Another product has the slug {slug}."), ["slug"])
        if not await execute("UPDATE product SET slug = $2 WHERE id = $1", product_id, slug):
            raise NotFound("There is no such product.")


async def _owners(skus: Collection[str]) -> dict[str, str]:
    query = "SELECT v.sku, p.slug FROM variant v JOIN product p ON p.id = v.product_id WHERE v.sku = ANY ($1)"
    return {row["sku"]: row["slug"] for row in await fetch(query, list(skus))}
