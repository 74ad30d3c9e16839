"""Who needs a shipping method: carts that chose it, and, of the last one of a currency, every location that pays in it."""

from backend.core.uses import Need, UseKind

SHIPPING = (
    Need(
        UseKind.CART,
        "SELECT l.name FROM cart k JOIN company_location l ON l.id = k.location_id"
        " JOIN shipping_method s ON s.code = k.shipping_method AND s.currency = l.currency WHERE s.id = ANY ($1)",
    ),
    Need(
        UseKind.LOCATION,
        "SELECT c.name || ', ' || l.name AS name FROM company_location l JOIN company c ON c.id = l.company_id"
        " JOIN shipping_method s ON s.currency = l.currency WHERE s.id = ANY ($1) AND l.is_active AND c.is_active"
        " AND NOT EXISTS (SELECT FROM shipping_method o WHERE o.currency = s.currency AND o.id <> ALL ($1))",
    ),
)
