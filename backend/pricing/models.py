"""What is stored about prices and tax. Prices of one variant in one list are one row with arrays, ascending by quantity."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from backend.core.model import Row, SerialRow


class PriceList(Row):
    """Lower `priority` is looked at first. A contract wins over every other list in every strategy; the default list comes last."""

    code = fields.CharField(32, unique=True)
    name = fields.CharField(120)
    currency = fields.CharField(3)
    priority = fields.IntField(default=100)
    is_contract = fields.BooleanField(default=False)
    is_default = fields.BooleanField(default=False)
    mergeable = fields.BooleanField(default=True)
    valid_from = fields.DateField(null=True)
    valid_to = fields.DateField(null=True)
    is_active = fields.BooleanField(default=True)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "price_list"


class PriceListAssignment(Row):
    """Exactly one of company, group, location."""

    price_list = fields.ForeignKeyField("linesheet.PriceList", on_delete=fields.CASCADE, db_index=True)
    company = fields.ForeignKeyField("linesheet.Company", on_delete=fields.CASCADE, null=True, db_index=True)
    group = fields.ForeignKeyField("linesheet.CompanyGroup", on_delete=fields.CASCADE, null=True, db_index=True)
    location = fields.ForeignKeyField("linesheet.CompanyLocation", on_delete=fields.CASCADE, null=True, db_index=True)

    class Meta:
        table = "price_list_assignment"


class Price(SerialRow):
    """Breaks of a variant in a list: `quantities` ascending, `amounts_e4` beside them. Of several in force, the latest `valid_from` stands."""

    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE, db_index=True)
    price_list = fields.ForeignKeyField("linesheet.PriceList", on_delete=fields.CASCADE)
    valid_from = fields.DateField()  # 0001-01-01: since ever
    valid_to = fields.DateField(null=True)
    quantities = ArrayField(element_type="int")
    amounts_e4 = ArrayField(element_type="bigint")

    class Meta:
        table = "price"
        unique_together = (
            ("price_list", "variant", "valid_from"),
        )  # the list first: what a list says lies together, and is written in order


class TaxRate(Row):
    """The rate charged on a class of product shipped to a country."""

    country = fields.CharField(2)
    tax_class = fields.CharField(32)
    name = fields.CharField(60)
    rate_e4 = fields.IntField()  # ten-thousandths of a percent
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "tax_rate"
        unique_together = (("country", "tax_class"),)
