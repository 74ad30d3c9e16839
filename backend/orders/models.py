"""What is stored about orders: everything copied when the order is placed, so that nothing changes it afterwards."""

from tortoise import fields
from tortoise.models import Model

from backend.core.model import Row, SerialRow


class Order(Row):
    number = fields.CharField(32, unique=True)
    company = fields.ForeignKeyField("linesheet.Company", on_delete=fields.RESTRICT)
    location = fields.ForeignKeyField("linesheet.CompanyLocation", on_delete=fields.RESTRICT, related_name="orders", db_index=True)
    ship_to_location = fields.ForeignKeyField(
        "linesheet.CompanyLocation", on_delete=fields.RESTRICT, related_name="orders_received", db_index=True
    )
    status = fields.CharField(20, db_index=True)
    channel = fields.CharField(16)
    placed_by = fields.ForeignKeyField("linesheet.User", on_delete=fields.RESTRICT, db_index=True)
    on_behalf = fields.BooleanField(default=False)
    placed_at = fields.DatetimeField()
    purchase_order_number = fields.CharField(64, null=True)
    requested_ship_date = fields.DateField(null=True)
    cancel_date = fields.DateField(null=True)
    note = fields.CharField(2000, null=True)
    payment_method = fields.CharField(20)
    shipping_method = fields.CharField(120, null=True)
    ship_to = fields.JSONField()
    bill_to = fields.JSONField()
    currency = fields.CharField(3)
    subtotal_minor = fields.BigIntField()
    discount_minor = fields.BigIntField(default=0)
    shipping_minor = fields.BigIntField(null=True)
    tax_minor = fields.BigIntField(null=True)
    total_minor = fields.BigIntField()
    discounts = fields.JSONField()  # [{label, code, minor, promotion_id}]
    tax_lines = fields.JSONField()  # [{name, rate_e4, base_minor, amount_minor}]
    credit_minor = fields.BigIntField(default=0)  # what it still holds of the company's credit

    class Meta:
        table = "customer_order"
        indexes = (("company_id", "placed_at"),)


class OrderLine(Row):
    order = fields.ForeignKeyField("linesheet.Order", on_delete=fields.CASCADE, db_index=True)
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.SET_NULL, null=True, db_index=True)
    position = fields.IntField()
    sku = fields.CharField(64)
    name = fields.CharField(300)
    pack_code = fields.CharField(32, null=True)
    quantity = fields.IntField()
    unit_price_e4 = fields.BigIntField()
    price_source = fields.CharField(24)
    discount_minor = fields.BigIntField(default=0)
    total_minor = fields.BigIntField()
    requested_ship_date = fields.DateField(null=True)
    cancel_date = fields.DateField(null=True)
    note = fields.CharField(500, null=True)
    shipped = fields.IntField(default=0)
    invoiced = fields.IntField(default=0)
    cancelled = fields.IntField(default=0)
    backordered = fields.IntField(default=0)

    class Meta:
        table = "order_line"


class OrderEvent(SerialRow):
    """The order's history: what happened, when, by whom."""

    order = fields.ForeignKeyField("linesheet.Order", on_delete=fields.CASCADE, db_index=True)
    at = fields.DatetimeField()
    kind = fields.CharField(32)
    message = fields.CharField(500)
    by = fields.ForeignKeyField("linesheet.User", on_delete=fields.RESTRICT, null=True, db_index=True)

    class Meta:
        table = "order_event"


class SalesChange(SerialRow):
    """An order by which the counts of sales are to change: `sign` is 1 when it was placed, -1 when it was called off."""

    order_id = fields.BigIntField()  # no foreign key: orders are never deleted
    sign = fields.SmallIntField()

    class Meta:
        table = "sales_change"


class ProductSales(Model):
    """Derived: in how many orders that stand the product was sold, as far as changes are folded in."""

    product_id = fields.BigIntField(primary_key=True, generated=False)  # a foreign key by a constraint of the migration
    orders = fields.IntField()

    class Meta:
        table = "product_sales"


class VariantSales(Model):
    """Derived: the same of a variant, for those who may not see all variants of its product."""

    variant_id = fields.BigIntField(primary_key=True, generated=False)  # a foreign key by a constraint of the migration
    orders = fields.IntField()

    class Meta:
        table = "variant_sales"
