"""Which products a list matches, as SQL: every filter a condition of its own, so that a facet can be counted without it.

A filter of variants is a row of bits, one for each variant of a product (`product_facet`): one variant meets them all when their AND has a bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.database import any_of
from backend.core.viewer import Viewer
from backend.shop.arguments import Arguments
from backend.shop.scope import Scope
from backend.shop.search import TextMatch

EVERY_VARIANT = "(f.stock_bits | ~f.stock_bits)"
_NO_VARIANT = "(f.stock_bits & ~f.stock_bits)"

_FEW = 8

# The variants that an assortment shows of a product; null: all. Of several assortments the union.
_UNION = "CASE WHEN bool_and(variant_bits IS NOT NULL) THEN bit_or(variant_bits) END AS bits"
# Of one assortment. What it shows whole is looked up as an array: a plan that suits few products as well as many, whoever asked before over this
# connection; then what it shows in part. Both are told from indexes: by name its rows are read from here and there.
_FACTS_OF_ONE = f"""
SELECT f.*, NULL::varbit AS bits FROM product_facet f
WHERE f.product_id = ANY(ARRAY(
  SELECT product_id FROM assortment_product WHERE assortment_id = {any_of(1)}
  EXCEPT SELECT product_id FROM assortment_product WHERE assortment_id = {any_of(1)} AND variant_bits IS NOT NULL))
UNION ALL
SELECT f.*, ap.variant_bits FROM assortment_product ap JOIN product_facet f ON f.product_id = ap.product_id
WHERE ap.assortment_id = {any_of(1)} AND ap.variant_bits IS NOT NULL"""
_REACHED_BY_SEVERAL = f"SELECT product_id, {_UNION} FROM assortment_product WHERE assortment_id = {any_of(1)} GROUP BY product_id"
_REACHES = f"EXISTS (SELECT FROM assortment_product ap WHERE ap.product_id = p.id AND ap.assortment_id = {any_of(1)})"
_OF_THIS = f"FROM assortment_product ap WHERE ap.product_id = f.product_id AND ap.assortment_id = {any_of(1)}"

# She sees everything; the parameter must be named all the same.
_ALL_PRODUCTS = "f.variant_ids <> '{}' AND $1::bigint[] IS NULL"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Empty lists mean "none of these"; None means no filter."""

    brands: list[int] | None = None
    categories: list[int] | None = None
    options: list[tuple[str, str]] | None = None
    in_stock: bool = False
    previously_ordered: bool = False


@dataclass(frozen=True, slots=True)
class Matching:
    """Filters over `product_facet f`; values in `arguments`, `$1` is the assortments.

    `always`: conditions that are no facet's. `of_product`: a facet's condition by its name. `of_variants`: bits by name. `options`: for each of
    the latter that is an option's, the ids of all of the option's values.
    """

    scope: Scope
    arguments: Arguments
    always: Sequence[str]
    of_product: dict[str, str]
    of_variants: dict[str, str]
    options: dict[str, str]

    @property
    def is_bounded(self) -> bool:
        return self.scope.assortments is not None

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the assortment decides."""
        return not (self.always or self.of_product or self.of_variants)

    def products(self) -> str:
        """FROM … WHERE: `product p`, each that has a variant which the viewer may see and which meets every filter."""
        if self.is_plain and self.is_bounded:
            return f"FROM product p WHERE {_REACHES}"
        conditions = [_REACHES if self.is_bounded else _ALL_PRODUCTS, *self.always, *self.of_product.values()]
        if self.of_variants:
            conditions.append(_any_of(self.bits(f"(SELECT {'variant_bits' if self._reached_by_one else _UNION} {_OF_THIS})")))
        return f"FROM product p JOIN product_facet f ON f.product_id = p.id WHERE {' AND '.join(conditions)}"

    def total(self) -> str:
        """SELECT: how many `products` there are."""
        if self.is_plain and self.is_bounded:
            return f"SELECT count(DISTINCT product_id)::int AS total FROM assortment_product WHERE assortment_id = {any_of(1)}"
        conditions = [*self.of_product.values(), *([_any_of(self.bits())] if self.of_variants else [])]
        return " AND ".join([f"SELECT count(*)::int AS total {self.facts()}", *conditions])

    def facts(self) -> str:
        """FROM … WHERE: `product_facet f` of every product that she may see and that meets what is no facet's; `a.bits`: what she sees of it."""
        if not self.is_bounded:
            source = f"(SELECT NULL::varbit AS bits) a WHERE {_ALL_PRODUCTS}"
            return " AND ".join([f"FROM product_facet f CROSS JOIN {source}", *self.always])
        conditions = " AND ".join(self.always) or "TRUE"
        if self._reached_by_one:
            return f"FROM ({_FACTS_OF_ONE}) f CROSS JOIN LATERAL (SELECT f.bits) a WHERE {conditions}"
        return f"FROM product_facet f JOIN ({_REACHED_BY_SEVERAL}) a ON a.product_id = f.product_id WHERE {conditions}"

    def bits(self, shown: str = "a.bits") -> dict[str, str]:
        """By name: the variants that she sees (`shown`: null where those are all), and those that meet each filter of variants."""
        return {"seen": f"coalesce({shown}, {EVERY_VARIANT})" if self.is_bounded else EVERY_VARIANT, **self.of_variants}

    @property
    def _reached_by_one(self) -> bool:
        return len(self.scope.assortments or ()) == 1


def _any_of(bits: dict[str, str]) -> str:
    """Whether one variant has all of these bits."""
    return f"bit_count({' & '.join(bits.values())}) > 0"


def matching(viewer: Viewer, scope: Scope, chosen: ProductFilter, text: TextMatch | None) -> Matching:
    arguments = Arguments(scope.assortments)
    always, of_product, of_variants = [], {}, {}
    if text is not None:
        always.append(f"f.product_id IN (SELECT unnest({arguments.add(text.products)}::bigint[]))")
    if chosen.previously_ordered:
        place = arguments.add(viewer.location_id)
        always.append(_ORDERED_PRODUCTS.format(place=place))
        of_variants["ordered"] = _ORDERED_BITS.format(place=place)
    if chosen.brands is not None:
        of_product["by_brand"] = f"f.brand_id = ANY({arguments.add(chosen.brands)})"
    if chosen.categories is not None:
        of_product["by_category"] = f"f.category_ids && {arguments.add(chosen.categories)}::bigint[]"
    options: dict[str, str] = {}
    for name, values in _by_name(chosen.options or []).items():
        column, place = f"option_{len(options)}", f"{arguments.add(name)}::text"
        of_variants[column] = _option_bits(place, values, arguments)
        options[column] = f"ARRAY(SELECT k.id FROM option_value k WHERE k.name = {place})"
    if chosen.in_stock:
        of_variants["in_stock"] = "f.stock_bits"
    return Matching(scope, arguments, always, of_product, of_variants, options)


_ORDERED = "FROM order_line ol JOIN customer_order o ON o.id = ol.order_id JOIN variant v ON v.id = ol.variant_id WHERE o.location_id = {place}"
_ORDERED_PRODUCTS = f"f.product_id IN (SELECT v.product_id {_ORDERED})"
_ORDERED_BITS = (
    f"(SELECT coalesce(string_agg((x.id IN (SELECT v.id {_ORDERED}))::int::text, '' ORDER BY x.bit), '')::varbit"
    " FROM unnest(f.variant_ids) WITH ORDINALITY AS x(id, bit))"
)


def _option_bits(name: str, values: list[str], arguments: Arguments) -> str:
    """The variants that have one of these values of the option. Few values are looked up one by one, in a tenth of the time."""
    if len(values) <= _FEW:
        ids = (
            f"(SELECT k.id FROM option_value k WHERE k.name = {name} AND k.value = {arguments.add(value)}::text)"
            for value in values
        )
        return "(" + " | ".join(f"coalesce(f.option_bits[array_position(f.option_ids, {one})], {_NO_VARIANT})" for one in ids) + ")"
    wanted = f"ARRAY(SELECT k.id FROM option_value k WHERE k.name = {name} AND k.value = ANY({arguments.add(values)}::text[]))"
    return (
        "coalesce((SELECT bit_or(x.bits) FROM unnest(f.option_ids, f.option_bits) AS x(id, bits)"
        f" WHERE x.id = ANY({wanted})), {_NO_VARIANT})"
    )


def _by_name(options: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in options:
        values.setdefault(name, []).append(value)
    return {name: list(dict.fromkeys(wanted)) for name, wanted in values.items()}
