"""What is stored about stock: on hand and reserved per variant and warehouse, with a CHECK that reserved never exceeds on hand."""

from tortoise import fields

from backend.core.model import Row, SerialRow


class Warehouse(Row):
    code = fields.CharField(32, unique=True)
    name = fields.CharField(120)
    position = fields.IntField(default=0)  # the order in which stock is taken
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "warehouse"


class Stock(SerialRow):
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE)
    warehouse = fields.ForeignKeyField("linesheet.Warehouse", on_delete=fields.RESTRICT, db_index=True)
    on_hand = fields.IntField(default=0)
    reserved = fields.IntField(default=0)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "stock"
        unique_together = (("variant", "warehouse"),)


class Reservation(SerialRow):
    """Stock held for an order line until it ships or is cancelled."""

    order_line = fields.ForeignKeyField("linesheet.OrderLine", on_delete=fields.CASCADE, db_index=True)
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.RESTRICT, db_index=True)
    warehouse = fields.ForeignKeyField("linesheet.Warehouse", on_delete=fields.RESTRICT, db_index=True)
    quantity = fields.IntField()

    class Meta:
        table = "reservation"


class Arrival(Row):
    """Stock that is on its way."""

    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE, db_index=True)
    warehouse = fields.ForeignKeyField("linesheet.Warehouse", on_delete=fields.RESTRICT, db_index=True)
    expected_on = fields.DateField()
    quantity = fields.IntField()

    class Meta:
        table = "arrival"
