"""Saves products in bulk: compares drafts with what is stored and writes only what is new or different, whatever their number in a few statements."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backend.catalogue import assortments, stored, uses
from backend.catalogue.cleaning import clean_products, notices_of, odd_skus
from backend.catalogue.draft_rules import faults_of
from backend.catalogue.drafts import ProductDraft, SaveReport, Tally, VariantDraft
from backend.catalogue.rules import (
    DEFAULT_TAX_CLASS,
    clean_html,
    ordered_values,
    plain_text,
    quantity_rule_fault,
    sku_key,
    slug_for,
    variant_name,
)
from backend.catalogue.stored import Changes, Row, Stored
from backend.core import clock
from backend.core.errors import Why
from backend.core.faults import Fault, Keep, refuse_faults, said
from backend.core.ids import new_id, new_id_beside
from backend.core.uses import PROCEED, refuse_in_use
from backend.core.versions import check_version
from backend.core.viewer import Viewer

_NEW_PRODUCT: Row = {
    "name": "", "brand_id": 0, "description_html": "", "description": "", "tax_class": DEFAULT_TAX_CLASS, "minimum_quantity": None,
    "break_scope": None, "option_names": [], "option_values": [], "is_active": True,
}  # fmt: skip
_NEW_VARIANT: Row = {
    "gtin": None, "gtin_is_shared": False, "name": "", "option_values": [], "position": 0, "commodity_code": None, "cost_e4": None,
    "price_group": None, "minimum": 1,
    "maximum": None, "increment": 1, "sells_without_stock": False, "is_active": True, "replaced_by_id": None, "weight_grams": None,
}  # fmt: skip
_PLAIN_PRODUCT = ("name", "tax_class", "minimum_quantity", "break_scope", "is_active")
_PLAIN_VARIANT = (
    "gtin", "commodity_code", "cost_e4", "price_group", "minimum", "maximum", "increment", "sells_without_stock", "is_active", "weight_grams",
)  # fmt: skip


async def save(
    viewer: Viewer, drafts: Sequence[ProductDraft], *, only_new: bool = False, even_if_in_use: bool = False
) -> SaveReport:
    """Inside a transaction: all of the drafts or, with every fault named, none."""
    notices = notices_of(drafts)
    drafts = clean_products(drafts, await stored.stored_skus(odd_skus(drafts)))
    refuse_faults(faults_of(drafts), "products")
    saving = _Saving(await stored.load(drafts), now=clock.now().isoformat())
    refuse_faults(saving.taken(drafts) if only_new else [], "products")
    for row, draft in enumerate(drafts):
        saving.take(row, draft)
    for item in saving.items:
        item.check_gtins()
    for item in saving.items:
        item.refer()
    refuse_faults(saving.faults, "products")
    if not even_if_in_use:
        await _refuse_in_use(viewer, saving)
    await stored.write(saving.changes)
    await assortments.refresh_products([item.product["id"] for item in saving.items if item.is_touched])
    return saving.report(notices)


async def _refuse_in_use(viewer: Viewer, saving: "_Saving") -> None:
    """What is in a cart is not switched off unasked. A variant that names its replacement has a successor."""
    gone = [key for item in saving.items for key in item.switched_off()]
    way = f"Name its replacement in replacedBy. {PROCEED}"
    await refuse_in_use(viewer, uses.VARIANT, gone, "What is no longer for sale", way, successor="replacedBy", may_proceed=True)
    packs = saving.changes.dropped["pack"]
    await refuse_in_use(viewer, uses.PACK, packs, "The pack that is removed", PROCEED, may_proceed=True)


@dataclass
class _Saving:
    """One bulk save under way."""

    stored: Stored
    now: str
    changes: Changes = field(default_factory=Changes)
    faults: list[Fault] = field(default_factory=list)
    items: list["_Item"] = field(default_factory=list)
    variants: Counter[str] = field(default_factory=Counter)

    def taken(self, drafts: Sequence[ProductDraft]) -> list[Fault]:
        return [
            Fault(row, ("slug",), Why.TAKEN(f"There is a product {draft.slug} already."))
            for row, draft in enumerate(drafts)
            if draft.slug in self.stored.products
        ]

    @cached_property
    def holders(self) -> dict[str, set[str]]:
        """The SKUs that will have each GTIN."""
        found: dict[str, set[str]] = defaultdict(set)
        for sku, row in self.stored.variants.items():
            if key := stored.key_of(row["gtin"]):
                found[key].add(sku)
        return found

    def take(self, row: int, draft: ProductDraft) -> None:
        item = _Item(self, row, draft)
        item.compare()
        self.items.append(item)

    def brand(self, name: str) -> int:
        """The key of the brand of this name; a new one is written with the products."""
        slug = slug_for(name)
        if slug not in self.stored.brands:
            self.stored.brands[slug] = new_id()
            self.changes.brands.append({"id": self.stored.brands[slug], "name": name, "slug": slug})
        return self.stored.brands[slug]

    def report(self, notices: Sequence[str]) -> SaveReport:
        products = Counter("created" if item.is_new else "changed" if item.is_touched else "unchanged" for item in self.items)
        return SaveReport(
            products=Tally(products["created"], products["changed"], products["unchanged"]),
            variants=Tally(self.variants["created"], self.variants["changed"], self.variants["unchanged"]),
            created=frozenset(item.draft.slug for item in self.items if item.is_new),
            changed=frozenset(item.draft.slug for item in self.items if item.is_touched and not item.is_new),
            product_ids={item.draft.slug: item.product["id"] for item in self.items},
            variant_ids={
                variant.sku: self.stored.variants[variant.sku]["id"] for item in self.items for variant in item.draft.variants
            },
            notices=tuple(notices),
        )


class _Item:
    """One product of a save: the row as it was, as it will be, and its variants."""

    def __init__(self, saving: _Saving, row: int, draft: ProductDraft) -> None:
        self.saving, self.row, self.draft = saving, row, draft
        self.drafts = {variant.sku: variant for variant in draft.variants}
        before = saving.stored.products.get(draft.slug)
        stored = before or {}
        check_version("product", stored.get("id", 0), stored.get("version"), draft.expected_version)
        self.is_new = before is None
        self.is_touched = self.is_new
        self.before: Row = before or {
            **_NEW_PRODUCT,
            "id": new_id(),
            "slug": draft.slug,
            "created_at": saving.now,
            "updated_at": saving.now,
        }
        self.product = dict(self.before)
        self.own: dict[str, Row] = {row["sku"]: row for row in saving.stored.own.get(self.before["id"], ())}
        self.was: dict[str, Row] = {sku: dict(row) for sku, row in self.own.items()}

    def fault(self, message: str, *path: str) -> None:
        self.saving.faults.append(Fault(self.row, path, message))

    def compare(self) -> None:
        """The product and its variants by themselves; what they refer to comes afterwards."""
        self._merge_product()
        for index, variant in enumerate(self.draft.variants):
            self._merge_variant(index, variant)
        self._check_options()
        if not isinstance(self.draft.option_values, Keep) or self.is_new or self.draft.variants:
            wanted = said(self.draft.option_values, tuple(tuple(axis) for axis in self.before["option_values"]))
            combinations = [row["option_values"] for row in self.own.values() if row["option_values"]]
            self.product["option_values"] = ordered_values(wanted, combinations, len(self.product["option_names"]))

    def check_gtins(self) -> None:
        """A number belongs to one variant, whatever its form. Those that had one twice before this was a rule keep it."""
        for index, draft in enumerate(self.draft.variants):
            row = self.own.get(draft.sku)
            key = stored.key_of(draft.gtin)
            if row is None or key is None or key == stored.key_of(self.was.get(draft.sku, {}).get("gtin")):
                continue
            row["gtin_is_shared"] = False
            holder = self.saving.holders.get(key, set()) - {draft.sku}
            if holder:
                self.fault(Why.TAKEN(f"The GTIN {draft.gtin} belongs to {min(holder)} already."), "variants", str(index), "gtin")

    def refer(self) -> None:
        """Categories, pictures, replacements and contents: everything that names something else. Then the rows to write are known."""
        if self.saving.faults:
            return
        self._categories()
        self._assets()
        for index, variant in enumerate(self.draft.variants):
            self._variant_references(index, variant)
        self._settle()

    def switched_off(self) -> list[int]:
        """Variants that were for sale, are not any more, and name no replacement."""
        was, now = self.before["is_active"], self.product["is_active"]
        return [
            row["id"]
            for sku, row in self.was.items()
            if was and row["is_active"] and not (now and self.own[sku]["is_active"]) and self.own[sku]["replaced_by_id"] is None
        ]

    def _merge_product(self) -> None:
        draft, row = self.draft, self.product
        if self.is_new and (isinstance(draft.name, Keep) or isinstance(draft.brand, Keep)):
            self.fault(Why.REQUIRED("A new product needs a name and a brand."), "name" if isinstance(draft.name, Keep) else "brand")
        _overwrite(row, draft, _PLAIN_PRODUCT)
        if not isinstance(draft.brand, Keep):
            row["brand_id"] = self.saving.brand(draft.brand)
        if not isinstance(draft.description_html, Keep):
            row["description_html"] = clean_html(draft.description_html)
            row["description"] = plain_text(row["description_html"])
        if not isinstance(draft.option_names, Keep):
            row["option_names"] = list(draft.option_names)

    def _merge_variant(self, index: int, draft: VariantDraft) -> None:
        row = self.own.get(draft.sku)
        if row is None:
            foreign = self.saving.stored.variants.get(draft.sku)
            if foreign is not None:
                owner = self.saving.stored.owners.get(foreign["id"], "")
                return self.fault(
                    Why.TAKEN(f"The SKU {draft.sku} belongs to the product {owner} already."), "variants", str(index), "sku"
                )
            row = self._new_variant(draft.sku)
        was_called = variant_name(self.before["name"], row["option_values"])
        _overwrite(row, draft, _PLAIN_VARIANT)
        if not isinstance(draft.options, Keep):
            row["option_values"] = list(draft.options)
        if not isinstance(draft.position, Keep):
            row["position"] = draft.position
        row["name"] = said(draft.name, row["name"])
        if isinstance(draft.name, Keep) and row["name"] in ("", was_called):
            row["name"] = variant_name(self.product["name"], row["option_values"])
        fault = quantity_rule_fault(row["minimum"], row["maximum"], row["increment"])
        if fault:
            self.fault(fault, "variants", str(index), "minimum")
        return None

    def _new_variant(self, sku: str) -> Row:
        last = max((row["position"] for row in self.own.values()), default=-1)
        row = {
            **_NEW_VARIANT,
            "id": new_id_beside(self.product["id"]),
            "product_id": self.product["id"],
            "sku": sku,
            "sku_key": sku_key(sku),
            "position": last + 1,
        }
        self.own[sku] = self.saving.stored.variants[sku] = row
        return row

    def _check_options(self) -> None:
        """Every variant has a value for each option, and no two that are sold have the same ones; a prepack may have none."""
        axes = len(self.product["option_names"])
        indexes = {variant.sku: index for index, variant in enumerate(self.draft.variants)}
        seen: dict[tuple[str, ...], str] = {}
        for sku, row in self.own.items():
            path = ("variants", str(indexes[sku]), "options") if sku in indexes else ("optionNames",)
            values = tuple(row["option_values"])
            prepack = self._is_prepack(sku, row)
            if len(values) != axes and not (prepack and not values):
                self.fault(Why.MALFORMED(f"The product has {axes} options, {sku} has {len(values)} values."), *path)
            elif row["is_active"] and not prepack and seen.setdefault(values, sku) != sku:
                what = " / ".join(values) or "no options"
                self.fault(Why.REPEATED(f"{seen[values]} and {sku} are the same combination ({what})."), *path)

    def _is_prepack(self, sku: str, row: Row) -> bool:
        draft = self.drafts.get(sku)
        if draft is None or isinstance(draft.contents, Keep):
            return bool(self.saving.stored.contents.get(row["id"]))
        return bool(draft.contents)

    def _categories(self) -> None:
        if isinstance(self.draft.categories, Keep):
            return None
        known = self.saving.stored.categories
        missing = [slug for slug in self.draft.categories if slug not in known]
        if missing:
            return self.fault(Why.UNKNOWN(f"There is no category {missing[0]}."), "categories")
        wanted = [{"category_id": known[slug], "position": at} for at, slug in enumerate(dict.fromkeys(self.draft.categories))]
        before = self.saving.stored.links.get(self.product["id"], [])
        self._replace("product_category", self.saving.changes.links, before, wanted, "category_id", product_id=self.product["id"])
        return None

    def _assets(self) -> None:
        if isinstance(self.draft.assets, Keep):
            return
        before = self.saving.stored.assets.get(self.product["id"], [])
        known = {row["url"]: row for row in before}
        wanted = []
        for index, asset in enumerate(self.draft.assets):
            variant = self.own.get(asset.sku) if asset.sku else None
            if asset.sku and variant is None:
                self.fault(Why.UNKNOWN(f"The product has no variant {asset.sku}."), "assets", str(index), "sku")
            measured = {
                name: getattr(asset, name) or known.get(asset.url, {}).get(name) for name in ("thumbnail_url", "width", "height")
            }
            row = {"kind": asset.kind, "url": asset.url, "alt": asset.alt, **measured}
            wanted.append({**row, "variant_id": variant["id"] if variant else None, "position": index})
        self._replace("asset", self.saving.changes.assets, before, wanted, "url", product_id=self.product["id"])

    def _variant_references(self, index: int, draft: VariantDraft) -> None:
        row = self.own[draft.sku]
        path = ("variants", str(index))
        if not isinstance(draft.replaced_by, Keep):
            row["replaced_by_id"] = self._variant_key(draft.replaced_by, (*path, "replacedBy"), but=draft.sku)
        if not isinstance(draft.packs, Keep):
            packs = [{name: getattr(pack, name) for name in ("code", "name", "kind", "units")} for pack in draft.packs]
            before = self.saving.stored.packs.get(row["id"], [])
            self._replace("pack", self.saving.changes.packs, before, packs, "code", variant_id=row["id"])
        if not isinstance(draft.contents, Keep):
            components = [
                {
                    "component_id": self._variant_key(content.sku, (*path, "contents", str(at), "sku"), but=draft.sku),
                    "quantity": content.quantity,
                }
                for at, content in enumerate(draft.contents)
            ]
            before = self.saving.stored.contents.get(row["id"], [])
            self._replace("pack_content", self.saving.changes.contents, before, components, "component_id", variant_id=row["id"])

    def _variant_key(self, sku: str | None, path: tuple[str, ...], *, but: str) -> int | None:
        if sku is None:
            return None
        row = self.saving.stored.variants.get(sku)
        if row is None or sku == but:
            self.fault(
                Why.NOT_ALLOWED("A variant cannot stand for itself.") if sku == but else Why.UNKNOWN(f"There is no variant {sku}."),
                *path,
            )
            return None
        return int(row["id"])

    def _replace(self, table: str, changes: list[Row], before: list[Row], wanted: list[Row], name: str, **owner: int) -> None:
        """Children become exactly these: found again by `name`, kept when equal, written when not, dropped when no longer wanted."""
        left: dict[Any, list[Row]] = {}
        for row in before:
            left.setdefault(row[name], []).append(row)
        for values in wanted:
            old = left[values[name]].pop(0) if left.get(values[name]) else None
            row = {"id": old["id"] if old else new_id(), **owner, **values}
            if row != old:
                changes.append(row)
                self.is_touched = True
        dropped = {row["id"] for rows in left.values() for row in rows}
        self.saving.changes.dropped[table] |= dropped
        self.is_touched = self.is_touched or bool(dropped)

    def _settle(self) -> None:
        changed = [row for sku, row in self.own.items() if row != self.was.get(sku)]
        self.saving.changes.variants.extend(changed)
        written = {row["sku"] for row in changed}
        for draft in self.draft.variants:
            kind = "created" if draft.sku not in self.was else "changed" if draft.sku in written else "unchanged"
            self.saving.variants[kind] += 1
        self.is_touched = self.is_touched or bool(changed) or self.product != self.before
        if self.is_touched:
            self.saving.changes.products.append({**self.product, "updated_at": self.saving.now})


def _overwrite(row: Row, draft: Any, names: Sequence[str]) -> None:
    for name in names:
        row[name] = said(getattr(draft, name), row[name])
