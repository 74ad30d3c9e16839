"""Products as a viewer sees them: a selection that comes back to a product through each of its variants finds its work done."""

from collections.abc import Iterator
from datetime import UTC, datetime

from backend.pricing.rules import Breaks
from backend.shop.views import BrandView, ProductView, VariantView


class Counting(list[VariantView]):
    """Counts how often somebody goes through the variants."""

    times = 0

    def __iter__(self) -> Iterator[VariantView]:
        self.times += 1
        return super().__iter__()


def a_product(sizes: int) -> ProductView:
    brand = BrandView(1, "Northway", "northway")
    product = ProductView(1, "style", "Style", "", "", brand, None, ["Size"], [[]], "STANDARD", "EUR", datetime.now(UTC))
    product.variants = Counting(
        VariantView(
            key,
            f"S-{key}",
            None,
            None,
            f"Size {key}",
            (f"S{key}",),
            None,
            1,
            None,
            1,
            False,
            "g",
            None,
            product,
            "EUR",
            Breaks((1,), (120_000 - key,), ()),
        )
        for key in range(sizes)
    )
    return product


def test_what_is_worked_out_of_all_variants_is_worked_out_once() -> None:
    product = a_product(66)
    answers = [(product.price_from, product.options, product.grid, product.grid.columns) for _ in range(66)]
    assert isinstance(product.variants, Counting)
    assert product.variants.times <= 5
    assert all(grid is product.grid for _, _, grid, _ in answers)
    lowest = answers[-1][0]
    assert lowest is not None
    assert lowest.e4 == 120_000 - 65
    assert answers[-1][3] == [f"S{key}" for key in range(66)]
