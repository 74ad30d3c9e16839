"""Who needs a warehouse."""

from backend.core.uses import Need, UseKind
from backend.core.viewer import Permission

WAREHOUSE = (
    Need(
        UseKind.STOCK,
        "SELECT v.sku AS name FROM stock s JOIN variant v ON v.id = s.variant_id WHERE s.warehouse_id = ANY ($1) AND s.on_hand > 0",
    ),
    Need(
        UseKind.ARRIVAL, "SELECT v.sku AS name FROM arrival a JOIN variant v ON v.id = a.variant_id WHERE a.warehouse_id = ANY ($1)"
    ),
    Need(
        UseKind.ORDER,
        "SELECT o.number AS name FROM customer_order o WHERE EXISTS (SELECT FROM order_line x JOIN reservation r ON r.order_line_id = x.id"
        " WHERE x.order_id = o.id AND r.warehouse_id = ANY ($1))",
        Permission.SEE_ORDERS,
    ),
)
