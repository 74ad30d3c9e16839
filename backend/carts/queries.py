"""Reads a cart with everything that is worked out about it: the same number of statements for 1 and for 2,000 lines.

A cart is its user's, at the location that she is bound to; any other is simply absent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.carts.lines import StoredLine
from backend.carts.obstacles import Obstacle
from backend.carts.rules import Assessment, LineFacts, PaymentMethod, PricedLine, Terms, assess, chosen_of
from backend.carts.stored import StoredCart, find_cart, find_carts
from backend.carts.views import CartCodeView, CartLineView, CartProblemView, CartView, ShippingMethodView, TaxLineView
from backend.companies.queries import location_views
from backend.companies.views import LocationView, PlaceView
from backend.core.database import fetch_row
from backend.core.ids import global_id
from backend.core.money import Money
from backend.core.viewer import Permission, Viewer
from backend.shop.queries import EVERYTHING as EVERYTHING_OF_PRODUCTS
from backend.shop.queries import Needs, load_variants
from backend.shop.views import VariantView

_COUNT = """
SELECT c.id, c.name, c.version, count(l.id)::int AS line_count, coalesce(sum(l.quantity), 0)::int AS unit_count
FROM cart c LEFT JOIN cart_line l ON l.cart_id = c.id
WHERE c.user_id = $1 AND c.location_id = $2 AND CASE WHEN $3::bigint IS NULL THEN c.is_open ELSE c.id = $3 END GROUP BY c.id
"""


Places = Mapping[int, LocationView] | Mapping[int, PlaceView]


@dataclass(frozen=True, slots=True)
class CartNeeds:
    """What is wanted of a cart beside what it costs: more than the names of its places, and facts about its products."""

    places: bool
    products: Needs


EVERYTHING = CartNeeds(True, replace(EVERYTHING_OF_PRODUCTS, category_tree=True, siblings=True))


@dataclass(slots=True)
class CartFacts:
    """A cart as stored, and all that is worked out about it. `home`: where lines go that name no place of their own."""

    cart: StoredCart
    home: int
    terms: Terms
    assessment: Assessment


async def load_cart(viewer: Viewer, key: int | None = None, needs: CartNeeds = EVERYTHING) -> CartView | None:
    """The viewer's cart with this key, or her open one; None when there is none."""
    cart = await find_cart(viewer, key)
    return (await _shown(viewer, [cart], needs))[0] if cart else None


async def list_carts(viewer: Viewer, needs: CartNeeds = EVERYTHING) -> list[CartView]:
    """All carts of the viewer at this location, the open one first."""
    return await _shown(viewer, await find_carts(viewer), needs)


async def count_cart(viewer: Viewer, key: int | None = None) -> CartView | None:
    """The same for who asks only how much is in it: nothing is priced and no line is read."""
    viewer.require(Permission.SHOP)
    row = await fetch_row(_COUNT, viewer.user_id, viewer.location_id, key)
    return None if row is None else CartView.counted(*row.values(), none=Money.zero(viewer.currency))


async def _shown(viewer: Viewer, carts: Sequence[StoredCart], needs: CartNeeds) -> list[CartView]:
    variants = await variants_of(viewer, carts, needs)
    return await cart_views(viewer, [assess_cart(viewer, cart, variants) for cart in carts], needs)


async def variants_of(
    viewer: Viewer,
    carts: Sequence[StoredCart],
    needs: CartNeeds = EVERYTHING,
    more: Iterable[int] = (),
    *,
    known: Mapping[int, VariantView] | None = None,
    packs: bool = False,
    stock: bool = True,
) -> dict[int, VariantView]:
    """What is in these carts, and `more`, as the viewer sees it now. `known`: what this request has loaded to order already.

    `packs`: also when no line is of one; `stock`: also when not wanted.
    """
    lines = [line for cart in carts for line in cart.lines]
    chosen = replace(
        needs.products,
        prices=True,
        stock=stock or needs.products.stock,
        packs=packs or needs.products.packs or any(line.pack for line in lines),
    )
    found = dict(known or {})
    missing = dict.fromkeys(key for key in more if key not in found) | {
        line.variant: line.product for line in lines if line.variant not in found
    }
    return found | await load_variants(viewer, missing, chosen, products=missing.values())


def assess_cart(
    viewer: Viewer, cart: StoredCart, variants: Mapping[int, VariantView], payment_method: PaymentMethod = PaymentMethod.ON_ACCOUNT
) -> CartFacts:
    """Works a stored cart out; for showing it and, under locks, for ordering it."""
    terms = cart.terms if payment_method is cart.terms.payment_method else replace(cart.terms, payment_method=payment_method)
    here = viewer.location_id or 0
    home = cart.ship_to if cart.ship_to in terms.countries else here
    facts = [_line_facts(line, variants.get(line.variant), home or here, terms) for line in cart.lines]
    return CartFacts(cart, home or here, terms, assess(facts, terms))


def _line_facts(line: StoredLine, variant: VariantView | None, home: int, terms: Terms) -> LineFacts:
    """A ship-to that is closed, or no longer hers, gives way to the cart's own."""
    pack = variant.pack(line.pack) if variant and line.pack else None
    ship_to = line.ship_to if line.ship_to in terms.countries else home
    return LineFacts(
        line.key, variant, line.quantity, ship_to or home, pack.units if pack else None, line.requested_ship_date, line.cancel_date
    )


async def cart_views(viewer: Viewer, carts: Sequence[CartFacts], needs: CartNeeds = EVERYTHING) -> list[CartView]:
    """What the buyer sees of them."""
    names = {key: name for cart in carts for key, name in cart.cart.places.items()}
    places: Places = (
        await location_views(viewer, names)
        if needs.places
        else {key: PlaceView(global_id("location", key), name) for key, name in names.items()}
    )
    return [_cart_view(viewer, cart, places) for cart in carts]


def _cart_view(viewer: Viewer, facts: CartFacts, places: Places) -> CartView:
    cart, found = facts.cart, facts.assessment
    lines = [_line_view(stored, line, places) for stored, line in zip(cart.lines, found.lines, strict=True)]
    method = chosen_of(found.methods, cart.shipping_method)
    return CartView(
        cart.key, cart.name, cart.version, len(lines), sum(line.quantity for line in lines),
        places.get(viewer.location_id or 0), places.get(facts.home), method.code if method else None, lines,
        found.subtotal, found.shipping, found.tax, found.total,
        [TaxLineView.of(taxed) for part in found.parts for taxed in part.tax_lines],
        [CartCodeView(code, False, f"The code {code} is not valid.") for code in cart.codes or ()],
        _methods(found), list(found.payment_methods), problem_views(found.obstacles, lines),
    )  # fmt: skip


def _line_view(stored: StoredLine, line: PricedLine, places: Places) -> CartLineView:
    """A variant that can no longer be seen leaves its number and name behind."""
    variant = line.facts.variant
    return CartLineView(
        stored.key,
        variant.sku if variant else stored.sku,
        variant.name if variant else stored.name,
        variant,
        stored.quantity,
        variant.pack(stored.pack) if variant and stored.pack else None,
        line.unit_price,
        line.subtotal,
        line.discount,
        None if line.subtotal is None else line.total,
        places.get(line.facts.ship_to),
        stored.requested_ship_date,
        stored.cancel_date,
        stored.note,
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
