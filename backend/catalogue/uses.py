"""Who needs an assortment, a brand, a category, a variant or a pack."""

from backend.core.uses import Need, UseKind
from backend.core.viewer import Permission

_CATALOGUE = Permission.MANAGE_CATALOGUE
_ASSORTMENTS = Permission.MANAGE_ASSORTMENTS

# Locations that only the default assortment serves.
_SERVED = """
SELECT c.name || ', ' || l.name AS name FROM company_location l JOIN company c ON c.id = l.company_id
WHERE l.is_active AND c.is_active AND EXISTS (SELECT FROM assortment d WHERE d.id = ANY ($1) AND d.is_default) AND NOT EXISTS (
  SELECT FROM assortment_assignment a WHERE a.company_id = c.id OR a.location_id = l.id
     OR a.group_id IN (SELECT m.group_id FROM company_group_member m WHERE m.company_id = c.id))
"""
_ASSIGNED = "SELECT t.name FROM assortment_assignment a JOIN {table} t ON t.id = a.{kind}_id WHERE a.assortment_id = ANY ($1)"
_RULES = "SELECT a.name FROM assortment a WHERE EXISTS (SELECT FROM assortment_rule r WHERE r.assortment_id = a.id AND r.{kind}_id = ANY ($1))"

DEFAULT = (Need(UseKind.LOCATION, _SERVED),)
ASSORTMENT = (
    Need(UseKind.COMPANY, _ASSIGNED.format(table="company", kind="company")),
    Need(UseKind.GROUP, _ASSIGNED.format(table="company_group", kind="group")),
    Need(UseKind.LOCATION, _ASSIGNED.format(table="company_location", kind="location")),
    *DEFAULT,
)
BRAND = (Need(UseKind.PRODUCT, "SELECT name FROM product WHERE brand_id = ANY ($1)", _CATALOGUE),)
BRAND_RULES = (Need(UseKind.ASSORTMENT, _RULES.format(kind="brand"), _ASSORTMENTS),)
CATEGORY = (
    Need(UseKind.CATEGORY, "SELECT name FROM category WHERE parent_id = ANY ($1)"),
    Need(
        UseKind.PRODUCT,
        "SELECT p.name FROM product_category x JOIN product p ON p.id = x.product_id WHERE x.category_id = ANY ($1)",
        _CATALOGUE,
    ),
)
CATEGORY_RULES = (Need(UseKind.ASSORTMENT, _RULES.format(kind="category"), _ASSORTMENTS),)
# A cart is its owner's: it is counted, and its company is named for those who keep companies.
VARIANT = (
    Need(
        UseKind.CART,
        "SELECT c.name FROM cart k JOIN company_location l ON l.id = k.location_id JOIN company c ON c.id = l.company_id"
        " WHERE EXISTS (SELECT FROM cart_line x WHERE x.cart_id = k.id AND x.variant_id = ANY ($1))",
        Permission.MANAGE_COMPANIES,
    ),
    Need(
        UseKind.PREPACK,
        "SELECT v.sku AS name FROM variant v WHERE v.is_active AND v.id <> ALL ($1)"
        " AND EXISTS (SELECT FROM pack_content x WHERE x.variant_id = v.id AND x.component_id = ANY ($1))",
    ),
)
PACK = (
    Need(
        UseKind.CART,
        "SELECT c.name FROM cart k JOIN company_location l ON l.id = k.location_id JOIN company c ON c.id = l.company_id"
        " WHERE EXISTS (SELECT FROM cart_line x JOIN pack p ON p.variant_id = x.variant_id AND p.code = x.pack_code"
        " WHERE x.cart_id = k.id AND p.id = ANY ($1))",
        Permission.MANAGE_COMPANIES,
    ),
)
