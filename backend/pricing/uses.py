"""Who needs a price list or a tax rate."""

from backend.core.uses import Need, UseKind

_ASSIGNED = "SELECT t.name FROM price_list_assignment a JOIN {table} t ON t.id = a.{kind}_id WHERE a.price_list_id = ANY ($1)"

DEFAULT_LIST = (
    Need(
        UseKind.LOCATION,
        "SELECT c.name || ', ' || l.name AS name FROM company_location l JOIN company c ON c.id = l.company_id WHERE l.is_active AND c.is_active"
        " AND l.currency IN (SELECT d.currency FROM price_list d WHERE d.id = ANY ($1) AND d.is_default AND d.is_active"
        " AND EXISTS (SELECT FROM price p WHERE p.price_list_id = d.id))",
    ),
)
ASSIGNED_LIST = (
    Need(UseKind.COMPANY, _ASSIGNED.format(table="company", kind="company")),
    Need(UseKind.GROUP, _ASSIGNED.format(table="company_group", kind="group")),
    Need(UseKind.LOCATION, _ASSIGNED.format(table="company_location", kind="location")),
)
# Goods of the class may be sent to these places.
TAX_RATE = (
    Need(
        UseKind.LOCATION,
        "SELECT c.name || ', ' || l.name AS name FROM company_location l JOIN company c ON c.id = l.company_id WHERE l.is_active AND c.is_active"
        " AND l.address->>'country' IN (SELECT t.country FROM tax_rate t WHERE t.id = ANY ($1)"
        " AND EXISTS (SELECT FROM product p WHERE p.tax_class = t.tax_class))",
    ),
)
