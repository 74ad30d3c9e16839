"""What keeps a request as cheap in a shop of fifty million prices as in a small one.

Prices are found by their list first: what a list says lies together in the index, and an import writes it in order. An assortment's products
are listed by an index of its own, and a search looks among them alone.
"""

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

FILL = (
    "UPDATE assortment_product a SET name = p.name FROM product p WHERE p.id = a.product_id",
    """
    UPDATE product_search s SET assortments = ARRAY(
      SELECT a.assortment_id FROM assortment_product a WHERE a.product_id = s.product_id ORDER BY a.assortment_id)
    """,
)

INDEXES = (
    "CREATE INDEX price_list_default ON price_list (id) WHERE is_default",
    "DROP INDEX product_search_document",
    "CREATE INDEX product_search_document ON product_search USING gin (document, assortments)",
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0008_facets")]

    operations = [
        ops.RemoveConstraint(model_name="Price", fields=["variant", "price_list", "valid_from"]),
        ops.AlterField(
            model_name="Price",
            name="price_list",
            field=fields.ForeignKeyField("linesheet.PriceList", source_field="price_list_id", db_constraint=True, to_field="id", on_delete=OnDelete.CASCADE),
        ),
        ops.AlterField(
            model_name="Price",
            name="variant",
            field=fields.ForeignKeyField("linesheet.Variant", source_field="variant_id", db_index=True, db_constraint=True, to_field="id", on_delete=OnDelete.CASCADE),
        ),
        ops.AddConstraint(model_name="Price", constraint=UniqueConstraint(fields=("price_list", "variant", "valid_from"))),
        ops.AddField(model_name="AssortmentProduct", name="name", field=fields.CharField(null=True, max_length=200)),
        ops.AddField(model_name="ProductSearch", name="assortments", field=ArrayField(null=True, element_type="bigint")),
        ops.RunSQL([*FILL, *INDEXES], reverse_sql=ops.RunSQL.noop),
        ops.AlterField(model_name="AssortmentProduct", name="name", field=fields.CharField(default="", max_length=200)),
        ops.AlterField(model_name="ProductSearch", name="assortments", field=ArrayField(default=list, element_type="bigint")),
        ops.RemoveIndex(model_name="AssortmentProduct", fields=["assortment_id", "product_id"]),
        ops.AlterModelOptions(
            name="AssortmentProduct",
            options={"table": "assortment_product", "app": "linesheet", "unique_together": (("product", "assortment"),), "indexes": (("assortment_id", "name", "product_id"),), "pk_attr": "id", "table_description": "Derived: which products an assortment shows; `variant_ids` null means all of its variants. `name`: the product's, by which it is listed."},
        ),
        ops.AddIndex(model_name="AssortmentProduct", index=Index(fields=["assortment_id", "name", "product_id"])),
    ]
