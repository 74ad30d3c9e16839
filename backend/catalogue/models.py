"""What is stored about what can be bought. AssortmentProduct is derived from the rules, in the transaction that changes them."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.contrib.postgres.indexes import HashIndex
from tortoise.models import Model

from backend.core.model import BitsField, Row, SerialRow


class Brand(Row):
    name = fields.CharField(120)
    slug = fields.CharField(140, unique=True)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "brand"


class Category(Row):
    """A node of the tree; `path` holds the keys from the root down to itself, so that a category includes its descendants."""

    name = fields.CharField(120)
    slug = fields.CharField(140, unique=True)
    parent = fields.ForeignKeyField("linesheet.Category", on_delete=fields.RESTRICT, null=True, db_index=True)
    path = ArrayField(element_type="bigint")
    position = fields.IntField(default=0)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "category"


class Product(Row):
    slug = fields.CharField(140, unique=True)
    name = fields.CharField(200)
    description_html = fields.TextField(default="")  # sanitised when written
    description = fields.TextField(default="")
    brand = fields.ForeignKeyField("linesheet.Brand", on_delete=fields.RESTRICT, db_index=True)
    tax_class = fields.CharField(32, default="STANDARD")
    minimum_quantity = fields.IntField(null=True)
    break_scope = fields.CharField(16, null=True)  # VARIANT, PRODUCT or GROUP; null: the seller's
    option_names = ArrayField(element_type="text")
    option_values = fields.JSONField()  # per axis its values in display order
    is_active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "product"
        indexes = (HashIndex(fields=("id",), name="product_by_key"),)  # one page to read, however many products there are


class ProductCategory(Row):
    product = fields.ForeignKeyField("linesheet.Product", on_delete=fields.CASCADE)
    category = fields.ForeignKeyField("linesheet.Category", on_delete=fields.CASCADE, db_index=True)
    position = fields.IntField(default=0)

    class Meta:
        table = "product_category"
        unique_together = (("product", "category"),)


class Variant(Row):
    product = fields.ForeignKeyField("linesheet.Product", on_delete=fields.CASCADE)
    sku = fields.CharField(64, unique=True)
    sku_key = fields.CharField(64, db_index=True)  # normalised: letters and digits only, upper case
    gtin = fields.CharField(14, null=True, db_index=True)
    # Of those that had a number twice before numbers had to be different, all but the first.
    gtin_is_shared = fields.BooleanField(default=False, db_default=False)
    name = fields.CharField(300)
    option_values = ArrayField(element_type="text")  # one for each of the product's option names
    position = fields.IntField(default=0)
    commodity_code = fields.CharField(16, null=True)
    cost_e4 = fields.BigIntField(null=True)  # in the seller's currency; for staff only
    price_group = fields.CharField(32, null=True)
    minimum = fields.IntField(default=1)
    maximum = fields.IntField(null=True)
    increment = fields.IntField(default=1)
    sells_without_stock = fields.BooleanField(default=False)
    is_active = fields.BooleanField(default=True)
    replaced_by = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.SET_NULL, null=True, db_index=True)
    weight_grams = fields.IntField(null=True)

    class Meta:
        table = "variant"
        indexes = (HashIndex(fields=("id",), name="variant_by_key"), HashIndex(fields=("product_id",), name="variant_by_product"))


class Pack(Row):
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE)
    code = fields.CharField(32)
    name = fields.CharField(120)
    kind = fields.CharField(8)
    units = fields.IntField()

    class Meta:
        table = "pack"
        unique_together = (("variant", "code"),)


class PackContent(Row):
    """What a prepack variant is made of."""

    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE, related_name="contents")
    component = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.RESTRICT, related_name="contained_in", db_index=True)
    quantity = fields.IntField()

    class Meta:
        table = "pack_content"
        unique_together = (("variant", "component"),)


class Asset(Row):
    product = fields.ForeignKeyField("linesheet.Product", on_delete=fields.CASCADE)
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.SET_NULL, null=True, db_index=True)
    kind = fields.CharField(16, default="IMAGE")
    url = fields.TextField()
    thumbnail_url = fields.TextField(null=True)
    alt = fields.CharField(300, default="")
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)
    position = fields.IntField(default=0)

    class Meta:
        table = "asset"
        indexes = (HashIndex(fields=("product_id",), name="asset_by_product"),)


class CustomerSku(Row):
    """A buyer's own part number for a variant."""

    company = fields.ForeignKeyField("linesheet.Company", on_delete=fields.CASCADE)
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE, db_index=True)
    sku = fields.CharField(64)
    sku_key = fields.CharField(64)

    class Meta:
        table = "customer_sku"
        unique_together = (("company", "variant"), ("company", "sku"))
        indexes = (("company_id", "sku_key"),)


class Assortment(Row):
    """What somebody may see: what its rules include, less what they exclude. `is_default` serves those who have no other."""

    code = fields.CharField(32, unique=True)
    name = fields.CharField(120)
    is_default = fields.BooleanField(default=False)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "assortment"


class AssortmentRule(Row):
    """`includes` true adds, false takes away; exactly one target, or none for everything."""

    assortment = fields.ForeignKeyField("linesheet.Assortment", on_delete=fields.CASCADE, db_index=True)
    includes = fields.BooleanField(default=True)
    brand = fields.ForeignKeyField("linesheet.Brand", on_delete=fields.CASCADE, null=True, db_index=True)
    category = fields.ForeignKeyField("linesheet.Category", on_delete=fields.CASCADE, null=True, db_index=True)
    product = fields.ForeignKeyField("linesheet.Product", on_delete=fields.CASCADE, null=True, db_index=True)
    variant = fields.ForeignKeyField("linesheet.Variant", on_delete=fields.CASCADE, null=True, db_index=True)

    class Meta:
        table = "assortment_rule"


class AssortmentAssignment(Row):
    """Exactly one of company, group, location. A viewer sees the union of all that reach her."""

    assortment = fields.ForeignKeyField("linesheet.Assortment", on_delete=fields.CASCADE, db_index=True)
    company = fields.ForeignKeyField("linesheet.Company", on_delete=fields.CASCADE, null=True, db_index=True)
    group = fields.ForeignKeyField("linesheet.CompanyGroup", on_delete=fields.CASCADE, null=True, db_index=True)
    location = fields.ForeignKeyField("linesheet.CompanyLocation", on_delete=fields.CASCADE, null=True, db_index=True)

    class Meta:
        table = "assortment_assignment"


class AssortmentProduct(SerialRow):
    """Derived: which products an assortment shows; `variant_ids` null means all of its variants. `name`: the product's, by which it is listed."""

    assortment = fields.ForeignKeyField("linesheet.Assortment", on_delete=fields.CASCADE)
    product = fields.ForeignKeyField("linesheet.Product", on_delete=fields.CASCADE)
    name = fields.CharField(200, default="")
    variant_ids = ArrayField(element_type="bigint", null=True)
    variant_bits = BitsField(null=True)  # the same, as bits of the product's `ProductFacet.variant_ids`

    class Meta:
        table = "assortment_product"
        unique_together = (("product", "assortment"),)
        indexes = (("assortment_id", "name", "product_id"),)


class OptionValue(Model):
    """Derived: every value that an option ever had in an active variant, under a number that is short to count by."""

    id = fields.IntField(primary_key=True, generated=True)
    name = fields.CharField(120)
    value = fields.CharField(120)

    class Meta:
        table = "option_value"
        unique_together = (("name", "value"),)


class ProductFacet(Model):
    """Derived: what a product is filtered and counted by. Each active variant is one bit, its place in `variant_ids`."""

    product_id = fields.BigIntField(primary_key=True, generated=False)  # a foreign key by a constraint of the migration
    brand_id = fields.BigIntField()
    category_ids = ArrayField(element_type="bigint")  # with those above
    option_ids = ArrayField(element_type="int")  # of OptionValue, by option
    option_ranks = ArrayField(element_type="int")  # the value's place among those of its option, by the first variant that has it
    option_bits = ArrayField(element_type="varbit")  # the variants that have it
    variant_ids = ArrayField(element_type="bigint")
    stock_bits = BitsField()  # the variants that are available

    class Meta:
        table = "product_facet"


class ProductSearch(Model):
    """Derived: the words that a product is found by, weighted by where they stand; only of products that somebody may see."""

    product_id = fields.BigIntField(primary_key=True, generated=False)  # a foreign key by a constraint of the migration
    document = TSVectorField()
    assortments = ArrayField(element_type="bigint", default=list)  # that show the product or a part of it
    partly = ArrayField(element_type="bigint", null=True)  # those of them that show a part

    class Meta:
        table = "product_search"


class SearchWord(Model):
    """Derived: every word that was ever in a product's text, to find the one that a misspelt one meant."""

    word = fields.CharField(64, primary_key=True)

    class Meta:
        table = "search_word"
