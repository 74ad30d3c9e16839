"""What many sellers change at once: an assortment shows what its rules say, whoever was quicker; a new product is made once."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from backend.catalogue import assortments
from backend.catalogue.actions import save_assortment, save_categories, save_products, update_category, update_variants
from backend.catalogue.drafts import CategoryDraft, ProductDraft, RuleDraft, VariantDraft
from backend.catalogue.models import Category, Product, Variant
from backend.core.database import credentials, execute, fetch, fetch_value, transaction
from backend.core.viewer import system_viewer
from backend.exchange.tables import KINDS
from tests.databases import WAITING
from tests.factories.catalogue import make_assortment, make_product

SELLER = system_viewer()


async def shown() -> list[tuple[object, ...]]:
    query = """SELECT a.assortment_id, a.product_id, a.name, a.variant_ids, s.assortments, s.partly
        FROM assortment_product a JOIN product_search s USING (product_id) ORDER BY a.assortment_id, a.product_id"""
    return [tuple(row) for row in await fetch(query)]


async def assert_true_to_the_rules() -> None:
    """Deriving everything afresh changes nothing."""
    before = await shown()
    await assortments.refresh_everything()
    assert await shown() == before


async def test_variants_switched_off_at_once_are_all_gone(database: str) -> None:
    await make_assortment()
    _, variants = await make_product(options={"Size": list("ABCDEFGH")})
    await asyncio.gather(*(update_variants(SELLER, [VariantDraft(sku=variant.sku, is_active=False)]) for variant in variants))
    assert await shown() == []


@pytest.mark.past_the_actions
async def test_without_the_lock_a_variant_would_stay(database: str) -> None:
    """The negative control: each derives before it can see what the other has done."""
    await make_assortment()
    product, variants = await make_product(options={"Size": ["A", "B"]})
    both = asyncio.Barrier(2)
    derived: list[int] = []

    async def switch_off(variant: Variant) -> None:
        async with transaction():
            await execute("UPDATE variant SET is_active = false WHERE id = $1", variant.id)
            await both.wait()
            await execute(assortments._DERIVE, [product.id], None)
            derived.append(variant.id)
            while len(derived) < 2 and not await fetch_value(
                WAITING
            ):  # the other one derives, or waits to write, before this commits
                await asyncio.sleep(0.01)

    await asyncio.gather(*(switch_off(variant) for variant in variants))
    assert await fetch_value("SELECT count(*) FROM variant WHERE is_active") == 0
    assert await shown() != []


async def test_rules_tree_and_products_changed_at_once_end_true(database: str) -> None:
    await save_categories(
        SELLER, [CategoryDraft(name="Work"), CategoryDraft(name="Play"), CategoryDraft(name="Jackets", parent="work")]
    )
    keys = {category.slug: category.id for category in await Category.all()}
    await make_assortment("work", rules=[{"category_id": keys["work"]}])

    async def product(number: int) -> None:
        variants = tuple(VariantDraft(sku=f"P{number}-{size}", options=(size,)) for size in "SML")
        draft = ProductDraft(
            slug=f"p-{number}", name="P", brand="Acme", categories=("jackets",), option_names=("Size",), variants=variants
        )
        await save_products(SELLER, [draft])
        await update_variants(SELLER, [VariantDraft(sku=f"P{number}-S", is_active=False)])

    async def rules(number: int) -> None:
        target = keys["work"] if number % 2 else keys["play"]
        await save_assortment(SELLER, "work", rules=[RuleDraft(category_id=target)])
        await update_category(SELLER, keys["jackets"], parent_id=keys["play"] if number % 2 else keys["work"])

    await asyncio.gather(*(product(number) for number in range(6)), *(rules(number) for number in range(6)))
    assert await Product.all().count() == 6
    await assert_true_to_the_rules()


async def test_a_product_made_many_times_at_once_is_there_once(database: str) -> None:
    draft = ProductDraft(slug="parka", name="Parka", brand="Acme", variants=(VariantDraft(sku="PK-1"),))
    saved = await asyncio.gather(*(save_products(SELLER, [draft]) for _ in range(8)))
    assert sum(report.products.created for report in saved) == 1
    assert len({report.variant_ids["PK-1"] for report in saved}) == 1
    assert await Variant.all().count() == 1


async def test_a_second_import_at_the_same_time_is_turned_away(database: str, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("sku,warehouse,on_hand\n")
    said: list[str] = []
    first = await asyncpg.connect(**credentials(database))
    try:
        await first.execute("SELECT pg_advisory_lock(hashtextextended('import', 0))")
        report = await KINDS["stock"].bring(file, out=said.append)
    finally:
        await first.close()
    assert not report.ok
    assert "Another import is running" in said[0]
