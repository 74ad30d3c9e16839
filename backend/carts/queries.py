"""Reads a cart with everything that is worked out about it: the same number of statements for 1 and for 2,000 lines.

A cart is its user's, at the location that she is bound to; any other is simply absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend.carts.rules import Assessment, LineFacts, Method, Obstacle, PaymentMethod, PricedLine, Terms, assess, chosen_of
from backend.carts.views import CartCodeView, CartLineView, CartProblemView, CartView, ShippingMethodView, TaxLineView
from backend.companies.credit import credit_left
from backend.companies.places import allowed_ship_tos
from backend.companies.queries import location_views
from backend.companies.views import LocationView
from backend.core import clock
from backend.core.database import fetch, fetch_row
from backend.core.faults import KEEP, Keep
from backend.core.money import Money, money_or_none
from backend.core.viewer import Permission, Viewer
from backend.pricing.queries import tax_rates
from backend.shop.queries import TO_ORDER, Needs, load_variants
from backend.shop.views import VariantView

_COLUMNS = """
SELECT c.id, c.name, c.is_open, c.version, c.ship_to_id, c.codes, c.shipping_method, k.id AS company_id, k.on_hold,
       t.line_count, t.unit_count
FROM cart c CROSS JOIN LATERAL (
    SELECT count(*)::int AS line_count, coalesce(sum(quantity), 0)::int AS unit_count FROM cart_line WHERE cart_id = c.id) t
JOIN company_location l ON l.id = c.location_id JOIN company k ON k.id = l.company_id
WHERE c.user_id = $1 AND c.location_id = $2
"""
_CART = f"{_COLUMNS} AND CASE WHEN $3::bigint IS NULL THEN c.is_open ELSE c.id = $3 END"
_CARTS = f"{_COLUMNS} ORDER BY c.is_open DESC, c.name, c.id"

_LINES = """
SELECT l.id, l.cart_id, l.variant_id, l.quantity, l.pack_code, l.ship_to_id, l.requested_ship_date, l.cancel_date, l.note, l.position, v.sku, v.name
FROM cart_line l JOIN variant v ON v.id = l.variant_id WHERE l.cart_id = ANY($1) ORDER BY l.cart_id, l.position, l.id
"""

_MINIMUM = """
SELECT amount_minor FROM order_minimum
WHERE currency = $1 AND (num_nonnulls(company_id, group_id, location_id) = 0 OR location_id = $2 OR company_id = $3 OR group_id = ANY($4))
ORDER BY location_id NULLS LAST, company_id NULLS LAST, group_id NULLS LAST, amount_minor LIMIT 1
"""

_METHODS = (
    "SELECT code, name, price_minor, free_from_minor, countries FROM shipping_method WHERE currency = $1 ORDER BY position, code"
)


@dataclass(slots=True)
class CartFacts:
    """A cart as stored, its lines, and all that is worked out. `home`: where lines go that name no place of their own."""

    row: Any
    home: int
    line_rows: list[Any]
    facts: list[LineFacts]
    terms: Terms
    assessment: Assessment
    places: dict[int, LocationView]


async def find_cart_row(viewer: Viewer, key: int | None) -> Any | None:
    """The stored cart: with this key, or the open one."""
    viewer.require(Permission.SHOP)
    return await fetch_row(_CART, viewer.user_id, viewer.location_id, key)


async def load_cart(viewer: Viewer, key: int | None = None, needs: Needs = TO_ORDER) -> CartView | None:
    """The viewer's cart with this key, or her open one; None when there is none. `needs`: what is shown of its variants, at least TO_ORDER."""
    row = await find_cart_row(viewer, key)
    return None if row is None else cart_view(viewer, await load_facts(viewer, row, needs=needs))


async def count_cart(viewer: Viewer, key: int | None = None) -> CartView | None:
    """The same for who asks only how much is in it: nothing is priced and no line is read."""
    row = await find_cart_row(viewer, key)
    if row is None:
        return None
    here = (await location_views(viewer, [viewer.location_id or 0]))[viewer.location_id or 0]
    none = Money.zero(viewer.currency)
    return CartView(
        row["id"],
        row["name"],
        row["version"],
        row["line_count"],
        row["unit_count"],
        here,
        here,
        None,
        [],
        none,
        None,
        None,
        none,
        [],
        [],
        [],
        [],
        [],
    )


async def load_lines(carts: Sequence[int]) -> list[Any]:
    """The stored lines of these carts, in their order. Asks no rights: the caller has found the carts."""
    return await fetch(_LINES, carts)


async def list_carts(viewer: Viewer) -> list[CartView]:
    """All carts of the viewer at this location, the open one first."""
    viewer.require(Permission.SHOP)
    rows = await fetch(_CARTS, viewer.user_id, viewer.location_id)
    return [cart_view(viewer, cart) for cart in await _load(viewer, rows)]


async def load_facts(
    viewer: Viewer,
    row: Any,
    *,
    payment_method: PaymentMethod = PaymentMethod.ON_ACCOUNT,
    credit: Money | Keep | None = KEEP,
    variants: dict[int, VariantView] | None = None,
    line_rows: Sequence[Any] | None = None,
    needs: Needs = TO_ORDER,
) -> CartFacts:
    """Loads and assesses a stored cart; used for showing it and, under locks, for placing it.

    `variants`, `credit`: known already. `line_rows`: loaded already, or as if these were its lines, for a dry run.
    """
    return (await _load(viewer, [row], payment_method, credit=credit, variants=variants, line_rows=line_rows, needs=needs))[0]


async def _load(
    viewer: Viewer,
    rows: Sequence[Any],
    payment_method: PaymentMethod = PaymentMethod.ON_ACCOUNT,
    *,
    credit: Money | Keep | None = KEEP,
    variants: dict[int, VariantView] | None = None,
    line_rows: Sequence[Any] | None = None,
    needs: Needs = TO_ORDER,
) -> list[CartFacts]:
    if not rows:
        return []
    stored: dict[int, list[Any]] = {row["id"]: [] for row in rows}
    for line in await load_lines(list(stored)) if line_rows is None else line_rows:
        stored[line["cart_id"]].append(line)
    everything = [line for lines in stored.values() for line in lines]
    if variants is None:
        variants = await load_variants(viewer, [line["variant_id"] for line in everything], needs)
    homes = {row["id"]: row["ship_to_id"] or viewer.location_id or 0 for row in rows}
    here = viewer.location_id or 0
    wanted = {*homes.values(), *(line["ship_to_id"] for line in everything if line["ship_to_id"])}
    places = await location_views(viewer, {here, *await allowed_ship_tos(viewer, wanted)})
    terms = await _terms(viewer, rows[0], places, payment_method, credit=credit)
    found = []
    for row in rows:
        home = homes[row["id"]] if homes[row["id"]] in places else here
        facts = [_line_facts(line, variants.get(line["variant_id"]), home, places) for line in stored[row["id"]]]
        own = replace(terms, chosen_method=row["shipping_method"])
        found.append(CartFacts(row, home, stored[row["id"]], facts, own, assess(facts, own), places))
    return found


def _line_facts(line: Any, variant: VariantView | None, home: int, places: dict[int, LocationView]) -> LineFacts:
    """A ship-to that is closed, or no longer hers, gives way to the cart's own."""
    pack = variant.pack(line["pack_code"]) if variant else None
    ship_to = line["ship_to_id"] if line["ship_to_id"] in places else home
    return LineFacts(
        line["id"],
        variant,
        line["quantity"],
        ship_to,
        pack.units if pack else None,
        line["requested_ship_date"],
        line["cancel_date"],
    )


async def _terms(
    viewer: Viewer, row: Any, places: dict[int, LocationView], payment_method: PaymentMethod, *, credit: Money | Keep | None
) -> Terms:
    countries = {key: place.address.country for key, place in places.items()}
    currency = viewer.currency
    minimum = await fetch_row(_MINIMUM, currency, viewer.location_id, viewer.company_id, list(viewer.group_ids))
    methods = [
        Method(
            m["code"],
            m["name"],
            money_or_none(m["price_minor"], currency),
            money_or_none(m["free_from_minor"], currency),
            tuple(m["countries"] or ()),
        )
        for m in await fetch(_METHODS, currency)
    ]
    return Terms(
        currency, clock.today(viewer.timezone), viewer.stock_display_cap, countries, await tax_rates(countries.values()), methods,
        None, money_or_none(minimum["amount_minor"], currency) if minimum else None,
        await credit_left(row["company_id"], currency) if isinstance(credit, Keep) else credit, row["on_hold"], payment_method,
    )  # fmt: skip


def cart_view(viewer: Viewer, cart: CartFacts) -> CartView:
    """What the buyer sees of it."""
    found = cart.assessment
    lines = [_line_view(stored, line, cart.places) for stored, line in zip(cart.line_rows, found.lines, strict=True)]
    method = chosen_of(found.methods, cart.row["shipping_method"])
    return CartView(
        cart.row["id"], cart.row["name"], cart.row["version"], len(lines), sum(line.quantity for line in lines),
        cart.places[viewer.location_id or 0], cart.places[cart.home], method.code if method else None, lines,
        found.subtotal, found.shipping, found.tax, found.total,
        [TaxLineView.of(taxed) for part in found.parts for taxed in part.tax_lines],
        [CartCodeView(code, False, f"The code {code} is not valid.") for code in cart.row["codes"] or ()],
        _methods(found), list(found.payment_methods), problem_views(found.obstacles, lines),
    )  # fmt: skip


def _line_view(stored: Any, line: PricedLine, places: dict[int, LocationView]) -> CartLineView:
    """A variant that can no longer be seen leaves its number and name behind."""
    variant = line.facts.variant
    return CartLineView(
        stored["id"],
        variant.sku if variant else stored["sku"],
        variant.name if variant else stored["name"],
        variant,
        stored["quantity"],
        variant.pack(stored["pack_code"]) if variant else None,
        line.unit_price,
        line.subtotal,
        line.discount,
        None if line.subtotal is None else line.total,
        places[line.facts.ship_to],
        stored["requested_ship_date"],
        stored["cancel_date"],
        stored["note"],
    )


def _methods(found: Assessment) -> list[ShippingMethodView]:
    """Each method with what it would cost for all orders of the cart together."""
    shown = []
    for method in found.methods:
        prices = [method.price_for(part.subtotal) for part in found.parts]
        known = [price for price in prices if price is not None]
        price = Money.sum(known, found.total.currency) if len(known) == len(prices) else None
        shown.append(ShippingMethodView(method.code, method.name, price))
    return shown


def problem_views(obstacles: Sequence[Obstacle], lines: Sequence[CartLineView]) -> list[CartProblemView]:
    return [
        CartProblemView(one.code, one.message, None if one.line is None else lines[one.line], one.needed, one.blocking)
        for one in obstacles
    ]
