"""Each thing that the seller keeps has a version: one more with each change, whichever door it came through."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

MODELS = (
    "Seller", "PaymentTerms", "CompanyGroup", "Company", "CompanyLocation", "User", "Brand", "Category", "Product", "Assortment",
    "PriceList", "TaxRate", "Warehouse", "Stock", "ShippingMethod",
)  # fmt: skip
# What counts as a change of a table of which not everything does: signing in is none, nor is a reservation, nor a move of what lies above.
COUNTED = {
    "user_account": ("name", "staff_role", "is_active"),
    "stock": ("on_hand",),
    "category": ("name", "slug", "parent_id", "position"),
}
TABLES = (
    "seller", "payment_terms", "company_group", "company", "company_location", "user_account", "brand", "category", "product", "assortment",
    "price_list", "tax_rate", "warehouse", "stock", "shipping_method",
)  # fmt: skip
NEXT = """
CREATE FUNCTION next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$
"""


def trigger(table: str) -> str:
    """A row that is written as it was keeps its version; a version that was raised by hand is not raised twice."""
    columns = COUNTED.get(table, ())
    before, after = (", ".join(f"{row}.{column}" for column in columns) or f"{row}.*" for row in ("OLD", "NEW"))
    changed = f"({before}) IS DISTINCT FROM ({after})" if columns else "OLD.* IS DISTINCT FROM NEW.*"
    return (
        f"CREATE TRIGGER {table}_version BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (OLD.version = NEW.version AND {changed}) EXECUTE FUNCTION next_version()"
    )


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0017_invitations")]

    operations = [
        *(ops.AddField(model_name=name, name="version", field=fields.IntField(default=1, db_default=1)) for name in MODELS),
        ops.RunSQL([NEXT, *map(trigger, TABLES)], reverse_sql=ops.RunSQL.noop),
    ]
