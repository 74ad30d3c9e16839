"""Promises of the order rules, without a database: sums add up, nothing loses a cent, every obstacle says what would do."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.carts.obstacles import ProblemCode
from backend.carts.rules import (
    Assessment,
    LineFacts,
    Method,
    PaymentMethod,
    Terms,
    assess,
    wrong_date,
)
from backend.core import money
from backend.core.money import MixedCurrencies, Money, UnitPrice, line_minor, unit_prices
from backend.orders.rules import (
    BUYER_MAY_CANCEL,
    HOLDS_CREDIT,
    MOVES,
    FulfilmentStatus,
    OrderStatus,
    Quantities,
    fulfilment_of,
    may_move,
    number_text,
)
from backend.pricing.rules import Break, Breaks, PriceSource, ViewerList
from backend.pricing.tax import Rate, tax_lines
from backend.shop.rules import step_of, valid_quantity_at_least, valid_quantity_at_most
from backend.shop.views import BrandView, ProductView, VariantView

TODAY = date(2026, 11, 22)
HERE, THERE = 1, 2
LIST = ViewerList(1, "List", PriceSource.DEFAULT_PRICE_LIST)
NORMAL, REDUCED = Rate("VAT 21 %", 210_000), Rate("VAT 6 %", 60_000)
RATES = {"NL": {"STANDARD": NORMAL, "REDUCED": REDUCED}, "BE": {"STANDARD": REDUCED, "REDUCED": REDUCED}}


def a_product(**values: Any) -> ProductView:
    fields: dict[str, Any] = {"minimum_quantity": None, "tax_class": "STANDARD", **values}
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return ProductView(
        1,
        "glove",
        "Glove",
        "",
        "",
        BrandView(1, "Northline", "northline"),
        fields["minimum_quantity"],
        [],
        [],
        fields["tax_class"],
        "EUR",
        made,
    )


def a_variant(price_e4: int | None = 100_000, *, product: ProductView | None = None, **values: Any) -> VariantView:
    fields: dict[str, Any] = {
        "key": 11,
        "minimum": 1,
        "maximum": None,
        "increment": 1,
        "sells_without_stock": False,
        "available": 1_000,
        **values,
    }
    key = fields["key"]
    return VariantView(
        key, f"SKU-{key}", None, None, "Glove", (), None, fields["minimum"], fields["maximum"], fields["increment"], fields["sells_without_stock"],
        fields.get("break_group", f"variant.{key}"), None, product or a_product(), "EUR", available=fields["available"],
        breaks=Breaks.of(fields.get("breaks") or ([] if price_e4 is None else [Break(1, price_e4, LIST)])),
    )  # fmt: skip


def facts(variant: VariantView | None = None, quantity: int = 1, ship_to: int = HERE, **values: Any) -> LineFacts:
    return LineFacts(values.pop("key", 1), variant or a_variant(), quantity, ship_to, **values)


def terms(**values: Any) -> Terms:
    fields: dict[str, Any] = {
        "currency": "EUR", "today": TODAY, "stock_display_cap": 200, "countries": {HERE: "NL", THERE: "BE"}, "rates": RATES,
        "methods": [Method("VAN", "Our van", Money(750, "EUR"))], **values,
    }  # fmt: skip
    return Terms(**fields)


def told(found: Assessment) -> list[tuple[str, str | None, bool]]:
    return [(str(one.code), one.needed, one.blocking) for one in found.obstacles]


# ------------------------------------------------------------------------------------------------ money


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_never_loses_a_cent(minor: int, weights: list[int]):
    parts = Money(minor, "EUR").split(weights)
    assert sum(part.minor for part in parts) == minor
    assert len(parts) == len(weights)
    if sum(weights):
        assert all(
            abs(part.minor * sum(weights) - minor * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
        )


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_a_line_is_rounded_once_half_away_from_zero(price_e4: int, quantity: int):
    exact = price_e4 * quantity
    rounded = UnitPrice(price_e4, "EUR").times(quantity).minor
    assert abs(rounded * 100 - exact) <= 50
    assert line_minor(price_e4, quantity, "EUR") == rounded == (exact + 50) // 100


def test_a_unit_price_shows_the_places_that_it_uses():
    assert [UnitPrice(e4, "EUR").amount for e4 in (33_333, 100_000, 121_000, 1, 0)] == [
        "3.3333",
        "10.00",
        "12.10",
        "0.0001",
        "0.00",
    ]
    assert UnitPrice(1_500_000, "JPY").amount == "150"


@given(e4=st.integers(-(10**12), 10**12), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_unit_price_of_the_table_is_the_one_that_would_be_made(e4, currency):
    assert unit_prices(currency)[e4] == UnitPrice(e4, currency)
    assert unit_prices(currency)[e4].amount == UnitPrice(e4, currency).amount
    assert unit_prices(currency)[e4] is unit_prices(currency)[e4]


def test_the_table_of_unit_prices_is_bounded():
    for e4 in range(money.MAX_KNOWN_UNIT_PRICES + 10):
        assert unit_prices("XTS")[e4].e4 == e4
    assert len(unit_prices("XTS")) <= money.MAX_KNOWN_UNIT_PRICES
    assert Money(-5, "EUR").amount == "-0.05"


def test_currencies_never_mix():
    with pytest.raises(MixedCurrencies):
        Money(1, "EUR") + Money(1, "USD")


# ------------------------------------------------------------------------------------------------ sums of a cart

LINES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 5_000_000)), st.integers(1, 5_000), st.sampled_from([HERE, THERE]),
        st.sampled_from(["STANDARD", "REDUCED"]),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(LINES, st.one_of(st.none(), st.integers(0, 100_000)))
def test_totals_always_add_up(lines: list[tuple[int | None, int, int, str]], shipping: int | None):
    methods = [Method("VAN", "Our van", None if shipping is None else Money(shipping, "EUR"))]
    rows = [
        facts(a_variant(price, key=index, product=a_product(tax_class=tax_class), available=10**9), quantity, ship_to, key=index)
        for index, (price, quantity, ship_to, tax_class) in enumerate(lines)
    ]
    found = assess(rows, terms(methods=methods))
    assert [line.facts for line in found.lines] == rows
    assert found.subtotal.minor == sum(line.total.minor for line in found.lines)
    assert sum(part.subtotal.minor for part in found.parts) == found.subtotal.minor
    assert found.total.minor == sum(part.total.minor for part in found.parts)
    for part in found.parts:
        taxed, freight = (part.tax.minor if part.tax else 0), (part.shipping.minor if part.shipping else 0)
        assert part.total.minor == part.subtotal.minor + taxed + freight
        assert taxed == sum(one.amount.minor for one in part.tax_lines)
        priced = any(line.subtotal is not None for line in part.lines)
        assert sum(one.base.minor for one in part.tax_lines) == (part.subtotal.minor + freight if priced else 0)
        assert {line.facts.ship_to for line in part.lines} == {part.ship_to}
    unpriced = [line for line in found.lines if line.subtotal is None]
    assert all(line.unit_price is None and line.total.minor == 0 for line in unpriced)
    assert len([one for one in found.obstacles if one.code is ProblemCode.PRICE_ON_REQUEST]) == len(unpriced)


def test_tax_is_rounded_once_for_each_rate_and_not_line_by_line():
    thirty = [("STANDARD", Money(1, "EUR"))] * 30  # 30 × 0.0021 would be 0 cents, line by line
    (line,) = tax_lines(thirty, None, RATES["NL"]) or []
    assert (line.base.minor, line.amount.minor) == (30, 6)


def test_shipping_is_taxed_as_the_goods_it_carries():
    lines = tax_lines([("STANDARD", Money(3_000, "EUR")), ("REDUCED", Money(1_000, "EUR"))], Money(1_000, "EUR"), RATES["NL"]) or []
    assert [(one.rate.name, one.base.minor, one.amount.minor) for one in lines] == [
        ("VAT 21 %", 3_750, 788),
        ("VAT 6 %", 1_250, 75),
    ]


def test_an_unknown_tax_class_is_to_be_confirmed_and_never_nothing():
    found = assess([facts(a_variant(product=a_product(tax_class="BOOKS")))], terms())
    assert (found.tax, found.total.minor) == (None, 1_750)
    assert told(found) == [("TAX_TO_CONFIRM", None, False)]


def test_an_unknown_shipping_price_is_left_out_of_the_sums():
    found = assess([facts()], terms(methods=[Method("SEA", "By sea", None)]))
    assert (found.shipping, found.total.minor) == (None, 1_210)
    assert told(found) == [("SHIPPING_TO_CONFIRM", None, False)]


def test_shipping_is_free_from_an_amount_for_each_order():
    van = Method("VAN", "Our van", Money(750, "EUR"), free_from=Money(2_000, "EUR"))
    found = assess([facts(quantity=2), facts(quantity=1, ship_to=THERE)], terms(methods=[van]))
    assert [part.shipping.minor for part in found.parts if part.shipping] == [0, 750]


def test_a_method_must_serve_every_country_of_the_cart():
    dutch, everywhere = Method("NL", "Dutch post", Money(5, "EUR"), countries=("NL",)), Method("ALL", "Courier", Money(9, "EUR"))
    both = assess([facts(), facts(ship_to=THERE)], terms(methods=[dutch, everywhere]))
    assert [method.code for method in both.methods] == ["ALL"]
    here = assess([facts()], terms(methods=[dutch, everywhere], chosen_method="ALL"))
    assert ([method.code for method in here.methods], here.shipping) == (["NL", "ALL"], Money(9, "EUR"))


def test_breaks_count_their_group_in_the_whole_cart():
    breaks = [Break(1, 100_000, LIST), Break(10, 90_000, LIST)]
    grey, blue = (a_variant(key=key, breaks=breaks, break_group="product.1") for key in (1, 2))
    found = assess([facts(grey, 5), facts(blue, 5, THERE)], terms())
    assert [line.unit_price.amount for line in found.lines if line.unit_price] == ["9.00", "9.00"]
    alone = [a_variant(key=key, breaks=breaks) for key in (1, 2)]
    assert [line.unit_price.amount for line in assess([facts(one, 5) for one in alone], terms()).lines if line.unit_price] == [
        "10.00",
        "10.00",
    ]


# ------------------------------------------------------------------------------------------------ obstacles

RULES = st.tuples(
    st.integers(1, 40), st.integers(1, 12), st.one_of(st.none(), st.integers(1, 400)), st.one_of(st.none(), st.integers(1, 24))
)


OF_THE_ITEM = {
    ProblemCode.ABOVE_MAXIMUM, ProblemCode.BELOW_MINIMUM, ProblemCode.NOT_A_MULTIPLE, ProblemCode.PRICE_ON_REQUEST,
    ProblemCode.SHORT_STOCK, ProblemCode.OUT_OF_STOCK,
}  # fmt: skip


@settings(max_examples=300)
@given(
    RULES, st.integers(-5, 500), st.integers(1, 50),
    st.lists(st.tuples(st.integers(1, 300), st.sampled_from([HERE, THERE]), st.one_of(st.none(), st.integers(1, 12))), min_size=1, max_size=4),
)  # fmt: skip
def test_what_would_do_does(
    rule: tuple[int, int, int | None, int | None], available: int, first: int, asked: list[tuple[int, int, int | None]]
):
    """Whatever the rules and the stock: with every line at its `needed`, nothing is left to say about the item."""
    minimum, increment, maximum, _ = rule
    variant = a_variant(
        minimum=minimum, increment=increment, maximum=maximum, available=available, breaks=[Break(first, 100_000, LIST)]
    )

    def worked_out(quantities: list[int]) -> Assessment:
        lines = [
            facts(variant, quantity, ship_to, pack_units=pack)
            for quantity, (_, ship_to, pack) in zip(quantities, asked, strict=True)
        ]
        return assess([line for line in lines if line.quantity], terms(stock_display_cap=50))

    before = worked_out([quantity for quantity, _, _ in asked])
    needed = {one.line: one.needed for one in before.obstacles if one.line is not None and one.needed is not None}
    assert len(needed) == len([one for one in before.obstacles if one.line is not None and one.needed is not None])
    if needed:
        after = worked_out(
            [int(needed.get(index) or 0) if index in needed else quantity for index, (quantity, _, _) in enumerate(asked)]
        )
        assert [one for one in after.obstacles if one.code in OF_THE_ITEM] == []
    elif any(one.code in OF_THE_ITEM for one in before.obstacles):
        assert {one.line for one in before.obstacles if one.code in OF_THE_ITEM} == set(range(len(asked)))


def test_lines_of_one_item_keep_its_maximum_together():
    """Two dates do not make twice as much: sixty and sixty are more than a hundred."""
    variant = a_variant(maximum=100)
    found = assess([facts(variant, 60, key=1), facts(variant, 60, key=2, requested_ship_date=date(2026, 12, 1))], terms())
    assert [(one.code, one.line, one.needed) for one in found.obstacles] == [(ProblemCode.ABOVE_MAXIMUM, 1, "40")]
    assert found.obstacles[0].message == "SKU-11: at most 100 in one cart; its 2 lines have 120. Order 40 here."


def test_no_rule_refuses_what_another_one_asks_for():
    found = assess([facts(a_variant(increment=24, maximum=60), 50)], terms())
    assert [(one.code, one.needed) for one in found.obstacles] == [(ProblemCode.NOT_A_MULTIPLE, "48")]
    assert found.obstacles[0].message == "SKU-11 comes by 24; this line has 50. Order 48 here."


def test_rules_that_exclude_one_another_are_named():
    found = assess([facts(a_variant(minimum=24, increment=24, available=20), 10)], terms())
    assert [(one.code, one.needed) for one in found.obstacles] == [(ProblemCode.BELOW_MINIMUM, None)]
    assert "at least 24, by 24, 20 in stock" in found.obstacles[0].message


def test_a_line_below_the_first_break_has_that_break_s_price_and_one_problem():
    variant = a_variant(breaks=[Break(10, 50_000, LIST), Break(50, 40_000, LIST)], minimum=10)
    found = assess([facts(variant, 3)], terms())
    assert [line.unit_price for line in found.lines] == [UnitPrice(50_000, "EUR")]
    assert [(one.code, one.needed) for one in found.obstacles] == [(ProblemCode.BELOW_MINIMUM, "10")]


@given(st.integers(1, 10_000), st.integers(1, 100), st.integers(1, 50))
def test_valid_quantities_enclose_what_was_asked(quantity: int, minimum: int, step: int):
    above, below = valid_quantity_at_least(quantity, minimum, step), valid_quantity_at_most(quantity, minimum, step)
    assert above % step == 0
    assert above >= max(quantity, minimum)
    assert above - step < max(quantity, minimum)
    if below is not None:
        assert minimum <= below <= quantity
        assert below % step == 0


def test_a_pack_and_an_increment_must_both_fit():
    assert (step_of(6, None), step_of(6, 4), step_of(1, 12)) == (6, 12, 12)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (facts(a_variant(available=5), 6), ("SHORT_STOCK", "5", True)),
        (facts(a_variant(available=5_000), 6_000), ("SHORT_STOCK", "200", True)),
        (facts(a_variant(available=0), 1), ("OUT_OF_STOCK", None, True)),
        (facts(a_variant(available=-3), 1), ("OUT_OF_STOCK", None, True)),
        (facts(a_variant(available=5, minimum=6), 6), ("OUT_OF_STOCK", None, True)),
        (facts(a_variant(available=0, sells_without_stock=True), 1), ("SHORT_STOCK", None, False)),
        (facts(a_variant(None), 1), ("PRICE_ON_REQUEST", None, True)),
        (facts(a_variant(breaks=[Break(10, 1, LIST)]), 3), ("PRICE_ON_REQUEST", "10", True)),
        (facts(requested_ship_date=date(2026, 11, 21)), ("INVALID_DATES", "2026-11-22", True)),
        (facts(requested_ship_date=date(2026, 12, 2), cancel_date=date(2026, 12, 1)), ("INVALID_DATES", "2026-12-02", True)),
        (facts(cancel_date=date(2026, 11, 21)), ("INVALID_DATES", "2026-11-22", True)),
        (LineFacts(1, None, 5, HERE), ("OUT_OF_ASSORTMENT", None, True)),
    ],
)  # fmt: skip
def test_an_obstacle_says_what_would_do(line: LineFacts, expected: tuple[str, str | None, bool]):
    assert told(assess([line], terms())) == [expected]


def test_today_is_no_past_day():
    assert wrong_date(TODAY, TODAY, TODAY) is None
    assert wrong_date(None, None, TODAY) is None


def test_lines_of_one_variant_share_its_stock_in_their_order():
    variant = a_variant(available=10)
    found = assess([facts(variant, 7, key=1), facts(variant, 7, THERE, key=2), facts(variant, 1, key=3)], terms())
    assert [(one.line, one.needed) for one in found.obstacles] == [(1, "2")]


def test_an_order_minimum_holds_for_each_order():
    found = assess(
        [facts(quantity=3), facts(quantity=1, ship_to=THERE)], terms(order_minimum=Money(2_000, "EUR"), names={THERE: "Rotterdam"})
    )
    assert told(found) == [("BELOW_ORDER_MINIMUM", "20.00", True)]
    assert found.obstacles[0].message == (
        "The minimum order value is 20.00 EUR without tax. This order to Rotterdam has 10.00 EUR. Add goods for 10.00 EUR."
    )


def test_credit_is_asked_of_orders_on_account_only():
    short = terms(credit_left=Money(1_959, "EUR"))
    found = assess([facts()], short)  # 10.00 + 7.50 + 21 % = 21.18
    assert told(found) == [("CREDIT_EXCEEDED", "19.59", True)]
    assert found.payment_methods == [PaymentMethod.BANK_TRANSFER]
    paid = assess([facts()], terms(credit_left=Money(1_959, "EUR"), payment_method=PaymentMethod.BANK_TRANSFER))
    assert told(paid) == []
    assert told(assess([facts()], terms(credit_left=Money(2_118, "EUR")))) == []


def test_overdrawn_credit_is_shown_as_none():
    assert told(assess([facts()], terms(credit_left=Money(-500, "EUR")))) == [("CREDIT_EXCEEDED", "0.00", True)]


def test_an_empty_cart_says_so_first():
    assert told(assess([], terms(on_hold=True)))[0] == ("EMPTY", None, True)


# ------------------------------------------------------------------------------------------------ an order's life


def test_every_status_has_its_moves_and_the_last_ones_have_none():
    assert set(MOVES) == set(OrderStatus)
    assert {status for status, then in MOVES.items() if not then} == {
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
    }
    assert all(may_move(status, OrderStatus.CANCELLED) for status in BUYER_MAY_CANCEL)
    assert not any(may_move(status, status) for status in OrderStatus)


def test_an_order_that_is_over_holds_no_credit():
    assert HOLDS_CREDIT.isdisjoint({OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.AWAITING_PAYMENT})


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "NONE"), ([(5, 0, 0)], "NONE"), ([(5, 0, 5)], "NONE"), ([(5, 1, 0)], "PARTLY"), ([(5, 5, 0), (1, 0, 0)], "PARTLY"),
        ([(5, 5, 0), (1, 0, 1)], "SHIPPED"), ([(5, 3, 2)], "SHIPPED"),
    ],
)  # fmt: skip
def test_fulfilment_is_derived_from_quantities(lines: list[tuple[int, int, int]], expected: str):
    assert fulfilment_of(Quantities(*line) for line in lines) is FulfilmentStatus(expected)


def test_numbers_have_six_digits_and_more_when_they_need_them():
    assert [number_text("SO-", value) for value in (1, 999_999, 1_000_000)] == ["SO-000001", "SO-999999", "SO-1000000"]
