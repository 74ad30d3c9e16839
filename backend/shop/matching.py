"""Which products a list matches, as SQL: every filter a condition of its own, so that a facet can be counted without its own filter."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.viewer import Viewer
from backend.shop.arguments import Arguments
from backend.shop.scope import Scope, variant_visible
from backend.shop.search import TextMatch

IN_STOCK = "EXISTS (SELECT 1 FROM stock s WHERE s.variant_id = v.id AND s.on_hand > s.reserved)"


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
    """Conditions over `product p` and `variant v`, None where there is no filter; values in `arguments`, `$1` is the assortments."""

    scope: Scope
    arguments: Arguments
    text: str | None
    ordered: str | None
    brand: str | None
    category: str | None
    options: dict[str, str]
    stock: str | None

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the assortment decides."""
        return not (self.text or self.ordered or self.brand or self.category or self.options or self.stock)

    def where(self) -> str:
        """A variant that the viewer may see and that meets every filter."""
        filters = [self.text, self.ordered, self.brand, self.category, *self.options.values(), self.stock]
        return " AND ".join([variant_visible(1), *(one for one in filters if one)])

    def flagged(self) -> str:
        """Common table expressions that end in `m`: every variant that she may see, with a flag for each filter that is set."""
        flags = {name: sql for name, sql in (("by_brand", self.brand), ("by_category", self.category)) if sql}
        of_product = "".join(f", {sql} AS {name}" for name, sql in flags.items())
        of_variant = "".join(f", p.{name}" for name in flags)
        of_variant += "".join(f", {sql} AS by_option_{index}" for index, sql in enumerate(self.options.values()))
        of_variant += f", {IN_STOCK} AS by_stock" if self.stock else ""
        return f"""
        WITH seen AS MATERIALIZED (
            SELECT p.id, p.brand_id, p.option_names, {"a.whole" if self._bounded else "TRUE AS whole"}{of_product}
            FROM product p {self._reached if self._bounded else ""} WHERE p.is_active AND {self.text or "TRUE"} AND {self._typed}
        ), m AS MATERIALIZED (
            SELECT v.id, v.product_id, v.option_values, v.position, p.brand_id, p.option_names{of_variant}
            FROM seen p JOIN variant v ON v.product_id = p.id
            WHERE v.is_active AND {self.ordered or "TRUE"} AND (p.whole OR EXISTS (SELECT 1 FROM assortment_product ap
                WHERE ap.product_id = v.product_id AND ap.assortment_id = ANY($1) AND v.id = ANY(ap.variant_ids)))
        )"""

    def flags_but(self, *left_out: str) -> str:
        """Over `m`: all filters met, but for those named."""
        flags = [
            *(["by_brand"] if self.brand else []),
            *(["by_category"] if self.category else []),
            *(["by_stock"] if self.stock else []),
            *(f"by_option_{index}" for index in range(len(self.options))),
        ]
        return " AND ".join(flag for flag in flags if flag not in left_out) or "TRUE"

    @property
    def _bounded(self) -> bool:
        return self.scope.assortments is not None

    @property
    def _typed(self) -> str:
        """Names the first parameter, whether or not it is looked at."""
        return "($1::bigint[] IS NULL OR TRUE)"

    @property
    def _reached(self) -> str:
        return (
            "JOIN (SELECT product_id, bool_or(variant_ids IS NULL) AS whole FROM assortment_product"
            " WHERE assortment_id = ANY($1) GROUP BY product_id) a ON a.product_id = p.id"
        )


def matching(viewer: Viewer, scope: Scope, chosen: ProductFilter, text: TextMatch | None) -> Matching:
    arguments = Arguments(scope.assortments)
    return Matching(
        scope,
        arguments,
        text=None if text is None else f"p.id = ANY({arguments.add(text.products)})",
        ordered=_ordered(viewer, arguments) if chosen.previously_ordered else None,
        brand=None if chosen.brands is None else f"p.brand_id = ANY({arguments.add(chosen.brands)})",
        category=None if chosen.categories is None else _category(chosen.categories, arguments),
        options=_options(chosen.options or [], arguments),
        stock=IN_STOCK if chosen.in_stock else None,
    )


def _ordered(viewer: Viewer, arguments: Arguments) -> str:
    return (
        "EXISTS (SELECT 1 FROM order_line ol JOIN customer_order o ON o.id = ol.order_id"
        f" WHERE ol.variant_id = v.id AND o.location_id = {arguments.add(viewer.location_id)})"
    )


def _category(keys: list[int], arguments: Arguments) -> str:
    return (
        "EXISTS (SELECT 1 FROM product_category pc JOIN category c ON c.id = pc.category_id"
        f" WHERE pc.product_id = p.id AND c.path && {arguments.add(keys)}::bigint[])"
    )


def _options(options: Sequence[tuple[str, str]], arguments: Arguments) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in options:
        values.setdefault(name, []).append(value)
    return {
        name: f"v.option_values[array_position(p.option_names, {arguments.add(name)}::text)] = ANY({arguments.add(wanted)}::text[])"
        for name, wanted in values.items()
    }
