"""A cart as it is stored, with its lines and the terms that hold for it: one statement, whether it is only read or locked as well.

A cart is its user's, at the location that she is bound to; any other is simply absent.
"""

from dataclasses import dataclass
from typing import Any

from backend.carts.lines import StoredLine
from backend.carts.rules import Method, Terms
from backend.companies.credit import CREDIT_LEFT
from backend.companies.places import may_ship_to
from backend.core import clock
from backend.core.database import fetch, fetch_row
from backend.core.money import money_or_none
from backend.core.viewer import Permission, Viewer
from backend.pricing.tax import Rate

_ALL = "SELECT * FROM cart WHERE user_id = $1 AND location_id = $2"
_CHOSEN = f"{_ALL} AND CASE WHEN $3::bigint IS NULL THEN is_open ELSE id = $3 END"
_NONE = """
SELECT 0::bigint AS id, '' AS name, TRUE AS is_open, 0 AS version, NULL::bigint AS ship_to_id, NULL::text[] AS codes, NULL::text AS shipping_method
"""
_LOCK = "FOR UPDATE"
# Whoever orders locks the company's credit before her cart, as everybody does.
_CREDIT_FIRST = "(SELECT count(*) FROM place) = 1 AND (SELECT count(*) FROM credit) >= 0"
# The place stays open until the order is placed: whoever closes it waits, and then finds the order.
_PLACE = """
SELECT l.id FROM company_location l JOIN company c ON c.id = l.company_id
WHERE l.id = $2 AND l.is_active AND c.is_active FOR SHARE OF l, c
"""

_LINES = """
SELECT (l.id, l.variant_id, l.quantity, l.pack_code, l.ship_to_id, l.requested_ship_date, l.cancel_date, l.note, l.position, v.sku, v.name,
        v.product_id)
FROM cart_line l JOIN variant v ON v.id = l.variant_id WHERE l.cart_id = f.id ORDER BY l.position, l.id
"""
# Where its lines are to go, and those of the rows that are about to be set ($8).
_DESTINATIONS = """
SELECT $2::bigint UNION SELECT f.ship_to_id UNION SELECT ship_to_id FROM cart_line WHERE cart_id = f.id UNION SELECT unnest($8::bigint[])
"""
_PLACES = f"""
SELECT (l.id, l.address->>'country', l.name) FROM company_location l LEFT JOIN member m ON m.company_id = c.id AND m.user_id = $1
WHERE l.id = ANY(d.keys) AND l.company_id = c.id AND (l.id = $2 OR {may_ship_to(7)})
"""
_RATES = """
SELECT (r.country, r.tax_class, r.name, r.rate_e4) FROM tax_rate r
WHERE r.country IN (SELECT l.address->>'country' FROM company_location l WHERE l.id = ANY(d.keys))
"""
_METHODS = """
SELECT (m.code, m.name, m.price_minor, m.free_from_minor, m.countries) FROM shipping_method m WHERE m.currency = $5 ORDER BY m.position, m.code
"""
# The narrowest that is set decides.
_MINIMUM = """
SELECT amount_minor FROM order_minimum
WHERE currency = $5 AND (num_nonnulls(company_id, group_id, location_id) = 0 OR location_id = $2 OR company_id = $4 OR group_id = ANY($6))
ORDER BY location_id NULLS LAST, company_id NULLS LAST, group_id NULLS LAST, amount_minor LIMIT 1
"""


def _with_terms(found: str, *, credit: str = "", place: str = "SELECT $2::bigint AS id") -> str:
    """The statement for the carts that `found` selects. `credit`: how the company's credit is locked; `place`: how the location is.

    $1 user, $2 location, $3 cart, $4 company, $5 currency, $6 groups, $7 whether she is staff, $8 further ship-tos.
    """
    return f"""
    WITH place AS MATERIALIZED ({place}),
    credit AS MATERIALIZED ({CREDIT_LEFT.format(company="$4", currency="$5")} {credit}), found AS MATERIALIZED ({found})
    SELECT f.id, f.name, f.is_open, f.version, (SELECT version FROM cart WHERE id = f.id) AS version_read, f.ship_to_id, f.codes,
           f.shipping_method, c.on_hold, (SELECT left_minor FROM credit) AS credit_minor, ({_MINIMUM}) AS minimum_minor,
           ARRAY({_LINES}) AS lines, ARRAY({_PLACES}) AS places, ARRAY({_RATES}) AS rates, ARRAY({_METHODS}) AS methods
    FROM found f JOIN company c ON c.id = $4 CROSS JOIN LATERAL (SELECT ARRAY({_DESTINATIONS}) AS keys) d
    WHERE $3::bigint IS NULL OR TRUE ORDER BY f.is_open DESC, f.name, f.id
    """


_READ_ALL = _with_terms(_ALL)
_READ = _with_terms(_CHOSEN)
_READ_NONE = _with_terms(_NONE)
_READ_LOCKED = _with_terms(f"{_CHOSEN} {_LOCK}")
_READ_LOCKED_TO_ORDER = _with_terms(f"{_CHOSEN} AND {_CREDIT_FIRST} {_LOCK}", credit=_LOCK, place=_PLACE)


@dataclass(frozen=True, slots=True)
class StoredCart:
    """`places`: the names of all places that its lines may go to; a place that is not among them is not hers to ship to."""

    key: int
    name: str
    is_open: bool
    version: int
    ship_to: int | None
    codes: list[str] | None
    shipping_method: str | None
    lines: list[StoredLine]
    places: dict[int, str]
    terms: Terms


async def find_cart(viewer: Viewer, key: int | None, *, ship_tos: list[int] | None = None) -> StoredCart | None:
    """The cart with this key, or the open one. `ship_tos`: places to know about beside those of its lines."""
    viewer.require(Permission.SHOP)
    row = await fetch_row(_READ, *_values(viewer, key, ship_tos))
    return _stored(viewer, row) if row else None


async def find_carts(viewer: Viewer) -> list[StoredCart]:
    """All carts of the viewer at this location, the open one first."""
    viewer.require(Permission.SHOP)
    return [_stored(viewer, row) for row in await fetch(_READ_ALL, *_values(viewer, None, None))]


async def no_cart(viewer: Viewer, *, ship_tos: list[int] | None = None) -> StoredCart:
    """An empty cart that is not stored: what the open one would be."""
    viewer.require(Permission.SHOP)
    row = await fetch_row(_READ_NONE, *_values(viewer, None, ship_tos))
    return _stored(viewer, row)


async def find_cart_locked(
    viewer: Viewer, key: int | None, *, ship_tos: list[int] | None = None, to_order: bool = False
) -> StoredCart | None:
    """The same, held until the transaction ends; `to_order`: and the company's credit before it.

    A statement sees what was committed when it began. Where it had to wait for the lock, the cart itself is the newest, and what was
    read beside it is older: every change of a cart's lines moves its version, which tells, and then it is all read again.
    """
    viewer.require(Permission.SHOP)
    values = _values(viewer, key, ship_tos)
    row = await fetch_row(_READ_LOCKED_TO_ORDER if to_order else _READ_LOCKED, *values)
    if row and row["version"] != row["version_read"]:
        row = await fetch_row(_READ, *values)
    return _stored(viewer, row) if row else None


def _values(viewer: Viewer, key: int | None, ship_tos: list[int] | None) -> tuple[Any, ...]:
    return (
        viewer.user_id, viewer.location_id, key, viewer.company_id, viewer.currency, list(viewer.group_ids), viewer.is_staff, ship_tos or [],
    )  # fmt: skip


def _stored(viewer: Viewer, row: Any) -> StoredCart:
    currency = viewer.currency
    rates: dict[str, dict[str, Rate]] = {}
    for country, tax_class, name, rate_e4 in row["rates"]:
        rates.setdefault(country, {})[tax_class] = Rate(name, rate_e4)
    methods = [
        Method(code, name, money_or_none(price, currency), money_or_none(free_from, currency), tuple(countries or ()))
        for code, name, price, free_from, countries in row["methods"]
    ]
    countries = {key: country for key, country, _ in row["places"]}
    terms = Terms(
        currency, clock.today(viewer.timezone), viewer.stock_display_cap, countries, rates, methods, row["shipping_method"],
        money_or_none(row["minimum_minor"], currency), money_or_none(row["credit_minor"], currency), row["on_hold"],
        names={key: name for key, _, name in row["places"]},
    )  # fmt: skip
    return StoredCart(
        row["id"], row["name"], row["is_open"], row["version"], row["ship_to_id"], row["codes"], row["shipping_method"],
        [StoredLine(*line) for line in row["lines"]], dict(terms.names), terms,
    )  # fmt: skip
