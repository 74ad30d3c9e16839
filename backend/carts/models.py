"""What is stored about carts: quantities and wishes only. Prices, tax and problems are worked out on every read."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from backend.core.model import Row


class Cart(Row):
    """`is_open` marks the one unnamed cart of a user and location; any number of named ones may stand beside it."""

    user = fields.ForeignKeyField("linesheet.User", on_delete=fields.CASCADE, db_index=True)
    location = fields.ForeignKeyField("linesheet.CompanyLocation", on_delete=fields.CASCADE, db_index=True)
    name = fields.CharField(120, default="")
    is_open = fields.BooleanField(default=False)
    version = fields.IntField(default=0)
    ship_to = fields.ForeignKeyField(
        "linesheet.CompanyLocation", on_delete=fields.SET_NULL, null=True, related_name="carts_shipped_to", db_index=True
    )
    codes = ArrayField(element_type="text", null=True)
    shipping_method = fields.CharField(32, null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "cart"


class CartLine(Row):
    """Identity: cart, variant, pack, ship-to and dates, nulls equal (a constraint of the migration)."""

    cart = fields.ForeignKeyField("linesheet.Cart", on_delete=fields.CASCADE, db_index=True)
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE, db_index=True)
    quantity = fields.IntField()
    pack_code = fields.CharField(32, null=True)
    ship_to = fields.ForeignKeyField("linesheet.CompanyLocation", on_delete=fields.CASCADE, null=True, db_index=True)
    requested_ship_date = fields.DateField(null=True)
    cancel_date = fields.DateField(null=True)
    note = fields.CharField(500, null=True)
    position = fields.IntField(default=0)

    class Meta:
        table = "cart_line"


class OrderMinimum(Row):
    """The least value of an order in a currency; the narrowest scope decides: location, company, group, everybody (all null)."""

    currency = fields.CharField(3)
    amount_minor = fields.BigIntField()
    company = fields.ForeignKeyField("linesheet.Company", on_delete=fields.CASCADE, null=True, db_index=True)
    group = fields.ForeignKeyField("linesheet.CompanyGroup", on_delete=fields.CASCADE, null=True, db_index=True)
    location = fields.ForeignKeyField("linesheet.CompanyLocation", on_delete=fields.CASCADE, null=True, db_index=True)

    class Meta:
        table = "order_minimum"


class ShippingMethod(Row):
    """A price per order in a currency; `price_minor` null: to be confirmed by the seller. Empty `countries`: everywhere."""

    code = fields.CharField(32)
    name = fields.CharField(120)
    currency = fields.CharField(3)
    price_minor = fields.BigIntField(null=True)
    free_from_minor = fields.BigIntField(null=True)
    countries = ArrayField(element_type="text", null=True)
    position = fields.IntField(default=0)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "shipping_method"
        unique_together = (("code", "currency"),)
