"""`linesheet import products`: a Shopify export becomes products, prices and stock, all in one transaction and by the same actions as the API.

All or nothing unless bad ones are to be skipped; then a product with a bad row is left out whole: half a size run would be sold as a whole one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from backend.catalogue import queries
from backend.catalogue.actions import save_assortment, save_categories, save_products
from backend.catalogue.drafts import CategoryDraft, RuleDraft, SaveReport
from backend.companies.actions.seller import ensure_seller
from backend.core.codes import currency_problem
from backend.core.database import fetch_row, fetch_value
from backend.core.errors import InvalidInput
from backend.core.faults import KEEP, Fault, InvalidRows
from backend.core.numbers import Mark
from backend.core.viewer import Viewer, system_viewer
from backend.exchange.files import Table
from backend.exchange.growth import keep_plans_fresh
from backend.exchange.importing import Faulty, import_table, save_batch
from backend.exchange.report import Advance, ImportReport, Out
from backend.exchange.shopify import COLUMNS, NUMBERS, REQUIRED, TEXTS, Listing, Places, category_slug, grouped, understand
from backend.inventory.drafts import StockRow, WarehouseDraft
from backend.inventory.stocktaking import save_warehouses, set_stock
from backend.pricing.actions import ensure_default_price_list, set_prices
from backend.pricing.drafts import PriceRow

BATCH = 200  # products that are saved together


async def import_products(
    path: Path | str,
    *,
    currency: str,
    warehouse: str,
    check: bool = False,
    skip_bad: bool = False,
    decimal: Mark | None = None,
    out: Out = print,
) -> ImportReport:
    """Reads the file and says everything to `out`. Twice changes nothing."""
    if problem := currency_problem(currency):
        raise InvalidInput(problem, ["currency"])
    report = ImportReport("products", checked_only=check)

    places = Places()

    async def work(table: Table, advance: Advance) -> None:
        await (await _begin(table, report, currency, warehouse, skip_bad, places)).all(advance)

    return await import_table(
        Path(path), report, COLUMNS, REQUIRED, work,
        skip_bad=skip_bad, out=out, numbers=NUMBERS, texts=TEXTS, decimal=decimal, look=places.see,
    )  # fmt: skip


async def _begin(table: Table, report: ImportReport, currency: str, warehouse: str, skip_bad: bool, places: Places) -> "_Run":
    """What an import needs before its first product: a seller, a price list, a warehouse, somebody who sees it."""
    viewer = system_viewer()
    await ensure_seller(viewer, name="My company", currency=currency)
    seller = await fetch_row("SELECT name, currency FROM seller")
    assert seller is not None
    if not await fetch_value("SELECT EXISTS (SELECT FROM assortment)"):
        await save_assortment(viewer, "everything", name="Everything", is_default=True, rules=[RuleDraft()])
        report.note(
            "There was no assortment: made “Everything”, which all buyers see. Narrow it with rules of your own.",
            "There is no assortment: “Everything” would be made, which all buyers see.",
        )
    return _Run(
        table=table,
        report=report,
        viewer=viewer,
        brand=seller["name"],
        price_list_id=await ensure_default_price_list(viewer, currency),
        warehouse_id=(await save_warehouses(viewer, [WarehouseDraft(code=warehouse)]))[warehouse],
        skip_bad=skip_bad,
        takes_cost=seller["currency"] == currency,
        places=places,
    )


@dataclass(slots=True)
class _Run:
    """One import under way."""

    table: Table
    report: ImportReport
    viewer: Viewer
    brand: str
    price_list_id: int
    warehouse_id: int
    skip_bad: bool
    takes_cost: bool
    places: Places
    compared: int = 0
    without_cost: int = 0

    async def all(self, advance: Advance) -> None:
        listings = self._listings()
        done = 0
        while batch := list(islice(listings, BATCH)):
            await self._batch([listing for listing in batch if not self._refused(listing)])
            done += len(batch)
            await keep_plans_fresh(
                done // BATCH, "product", "variant", "asset", "product_category", "assortment_product", "price", "stock"
            )
            advance(self.table.share, done)
        if self.compared:
            self.report.notes.append(
                f"{self.compared} products have a compare-at price: left out, wholesale has price lists and promotions instead."
            )
        if self.without_cost:
            self.report.notes.append(
                f"{self.without_cost} products have a cost, which is kept in the seller's own currency only: left out."
            )

    def _listings(self) -> Iterator[Listing]:
        for lines in grouped(self.table):
            listing = understand(lines, self.brand)
            if listing.is_gift_card:
                self.report.warn(listing.line, listing.handle, "A gift card: left out.")
                continue
            if reason := self.places.reason(listing.slug):
                listing.bad.append((listing.line, reason))
                listing.is_rest = self.places.is_rest(listing.slug, listing.line)
            self.compared += listing.has_compare_at
            yield self._costed(listing)

    def _costed(self, listing: Listing) -> Listing:
        """Costs are the seller's own currency's."""
        if listing.has_cost and not self.takes_cost and listing.draft is not None:
            self.without_cost += 1
            variants = tuple(replace(variant, cost_e4=KEEP) for variant in listing.draft.variants)
            listing.draft = replace(listing.draft, variants=variants)
        return listing

    def _refused(self, listing: Listing) -> bool:
        """Reports what the file itself shows; whether the product cannot be saved."""
        for line, message in listing.notes:
            self.report.warn(line, listing.handle, message)
        for line, message in listing.bad:
            self.report.bad(line, listing.handle, message)
        if listing.bad or listing.draft is None:
            self.report.left_out += self.skip_bad and not listing.is_rest
            return True
        return False

    async def _batch(self, listings: list[Listing]) -> None:
        await self._categories(listings)
        await save_batch(listings, self._save, lambda listing: listing.handle, self.report, skip_bad=self.skip_bad)

    async def _categories(self, listings: Sequence[Listing]) -> None:
        """Makes categories that are not there; those that are stay where the seller has put them."""
        paths = {path[:depth] for listing in listings for path in listing.categories for depth in range(1, len(path) + 1)}
        known = await queries.category_ids({category_slug(path) for path in paths})
        drafts = {
            category_slug(path): CategoryDraft(
                name=path[-1], slug=category_slug(path), parent=category_slug(path[:-1]) if len(path) > 1 else None
            )
            for path in sorted(paths, key=len)
            if category_slug(path) not in known
        }
        if drafts:
            await save_categories(self.viewer, list(drafts.values()))

    async def _save(self, listings: Sequence[Listing]) -> None:
        try:
            drafts = [listing.draft for listing in listings if listing.draft is not None]
            saved = await save_products(self.viewer, drafts, even_if_in_use=True)  # the file says what is for sale
        except InvalidRows as error:
            raise Faulty([(fault.row, _line(listings[fault.row], fault), fault.message) for fault in error.faults]) from error
        offers = [(at, offer) for at, listing in enumerate(listings) for offer in listing.offers]
        priced = [(at, offer) for at, offer in offers if offer.price_e4 is not None]
        rows = [PriceRow(((1, offer.price_e4 or 0),), variant_id=saved.variant_ids[offer.sku]) for _, offer in priced]
        stocked = [(at, offer) for at, offer in offers if offer.on_hand is not None]
        counts = [
            StockRow(offer.on_hand or 0, variant_id=saved.variant_ids[offer.sku], warehouse_id=self.warehouse_id)
            for _, offer in stocked
        ]
        try:
            prices = await set_prices(self.viewer, self.price_list_id, rows, keep_breaks=True)
        except InvalidRows as error:
            raise Faulty([(priced[fault.row][0], priced[fault.row][1].line, fault.message) for fault in error.faults]) from error
        try:
            stock = await set_stock(self.viewer, counts)
        except InvalidRows as error:
            raise Faulty([(stocked[fault.row][0], stocked[fault.row][1].line, fault.message) for fault in error.faults]) from error
        self._count(listings, saved, prices.written | stock.written)

    def _count(self, listings: Sequence[Listing], saved: SaveReport, written: frozenset[int]) -> None:
        for listing in listings:
            touched = listing.slug in saved.changed or any(saved.variant_ids[offer.sku] in written for offer in listing.offers)
            if listing.slug in saved.created:
                self.report.created += 1
            elif touched:
                self.report.changed += 1
            else:
                self.report.unchanged += 1


def _line(listing: Listing, fault: Fault) -> int:
    """The line of the file that a fault of a draft is about."""
    lines = {"variants": [offer.line for offer in listing.offers], "assets": listing.asset_lines}.get(
        fault.path[0] if fault.path else "", []
    )
    if len(fault.path) > 1 and fault.path[1].isdigit() and int(fault.path[1]) < len(lines):
        return lines[int(fault.path[1])]
    return listing.line
