"""What best sellers are listed by: in how many orders that stand each product and each variant was sold, and the changes that wait to be counted.

Counts the orders that are stored already. The statements are those of backend/orders/sales.py on the day of the migration.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

CONSTRAINTS = (
    "ALTER TABLE product_sales ADD CONSTRAINT product_sales_product FOREIGN KEY (product_id) REFERENCES product ON DELETE CASCADE",
    "ALTER TABLE variant_sales ADD CONSTRAINT variant_sales_variant FOREIGN KEY (variant_id) REFERENCES variant ON DELETE CASCADE",
    "ALTER TABLE sales_change ADD CONSTRAINT sales_change_sign CHECK (sign IN (1, -1))",
)

FILL = (
    """
    INSERT INTO product_sales (product_id, orders)
    SELECT v.product_id, count(DISTINCT l.order_id)
    FROM customer_order o JOIN order_line l ON l.order_id = o.id JOIN variant v ON v.id = l.variant_id
    WHERE o.status NOT IN ('CANCELLED', 'REJECTED') GROUP BY v.product_id
    """,
    """
    INSERT INTO variant_sales (variant_id, orders)
    SELECT l.variant_id, count(DISTINCT l.order_id)
    FROM customer_order o JOIN order_line l ON l.order_id = o.id
    WHERE o.status NOT IN ('CANCELLED', 'REJECTED') AND l.variant_id IS NOT NULL GROUP BY l.variant_id
    """,
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0012_search_reach")]

    operations = [
        ops.CreateModel(
            name='SalesChange',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('order_id', fields.BigIntField()),
                ('sign', fields.SmallIntField()),
            ],
            options={'table': 'sales_change', 'app': 'linesheet', 'pk_attr': 'id', 'table_description': 'An order by which the counts of sales are to change: `sign` is 1 when it was placed, -1 when it was called off.'},
            bases=['SerialRow'],
        ),
        ops.CreateModel(
            name='ProductSales',
            fields=[
                ('product_id', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ('orders', fields.IntField()),
            ],
            options={'table': 'product_sales', 'app': 'linesheet', 'pk_attr': 'product_id', 'table_description': 'Derived: in how many orders that stand the product was sold, as far as changes are folded in.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='VariantSales',
            fields=[
                ('variant_id', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ('orders', fields.IntField()),
            ],
            options={'table': 'variant_sales', 'app': 'linesheet', 'pk_attr': 'variant_id', 'table_description': 'Derived: the same of a variant, for those who may not see all variants of its product.'},
            bases=['Model'],
        ),
        ops.RunSQL([*CONSTRAINTS, *FILL], reverse_sql=ops.RunSQL.noop),
    ]
