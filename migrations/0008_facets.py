"""What lists are filtered and counted by: one row per product with its variants as bits, kept with every change of products and of stock.

Fills the rows for what is stored already. The statements are those of backend/catalogue/facets.py on the day of the migration.
"""

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.migrations import operations as ops

from backend.core.model import BitsField

CONSTRAINTS = (
    "ALTER TABLE product_facet ADD CONSTRAINT product_facet_product FOREIGN KEY (product_id) REFERENCES product ON DELETE CASCADE",
    "CREATE INDEX assortment_product_partial ON assortment_product (assortment_id, product_id) WHERE variant_bits IS NOT NULL",
)

FILL = (
    """
    UPDATE assortment_product a SET variant_bits = s.bits FROM (
      SELECT a.id, string_agg((v.id = ANY (a.variant_ids))::int::text, '' ORDER BY v.position, v.id)::varbit AS bits
        FROM assortment_product a JOIN variant v ON v.product_id = a.product_id AND v.is_active WHERE a.variant_ids IS NOT NULL GROUP BY a.id
    ) s WHERE s.id = a.id
    """,
    """
    INSERT INTO option_value (name, value)
    SELECT DISTINCT o.name, o.value FROM product p JOIN variant v ON v.product_id = p.id, unnest(p.option_names, v.option_values) AS o(name, value)
    WHERE p.is_active AND v.is_active AND o.name IS NOT NULL AND o.value IS NOT NULL ORDER BY o.name, o.value
    """,
    """
    WITH one AS MATERIALIZED (
      SELECT v.product_id, v.id, p.option_names, v.option_values,
             row_number() OVER (PARTITION BY v.product_id ORDER BY v.position, v.id)::int - 1 AS bit,
             repeat('0', (count(*) OVER (PARTITION BY v.product_id))::int)::varbit AS none,
             EXISTS (SELECT FROM stock s WHERE s.variant_id = v.id AND s.on_hand > s.reserved)::int AS stocked
        FROM product p JOIN variant v ON v.product_id = p.id WHERE p.is_active AND v.is_active
    ), valued AS (
      SELECT o.product_id, n.axis, k.id, min(o.bit) AS first, bit_or(set_bit(o.none, o.bit, 1)) AS bits
        FROM one o CROSS JOIN LATERAL unnest(o.option_names, o.option_values) WITH ORDINALITY AS n(name, value, axis)
        JOIN option_value k ON k.name = n.name AND k.value = n.value
       GROUP BY o.product_id, n.axis, k.id
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY product_id, axis ORDER BY first, id)::int AS rank FROM valued
    ), options AS (
      SELECT product_id, array_agg(id ORDER BY axis, rank) AS ids, array_agg(rank ORDER BY axis, rank) AS ranks,
             array_agg(bits::varbit ORDER BY axis, rank) AS bits
        FROM ranked GROUP BY product_id
    ), variants AS (
      SELECT product_id, array_agg(id ORDER BY bit) AS ids, string_agg(stocked::text, '' ORDER BY bit)::varbit AS stocked
        FROM one GROUP BY product_id
    )
    INSERT INTO product_facet
           (product_id, brand_id, category_ids, option_ids, option_ranks, option_bits, variant_ids, stock_bits)
    SELECT p.id, p.brand_id,
           ARRAY(SELECT DISTINCT k.id FROM product_category pc JOIN category c ON c.id = pc.category_id CROSS JOIN unnest(c.path) AS k(id)
                  WHERE pc.product_id = p.id ORDER BY k.id),
           coalesce(o.ids, '{}'), coalesce(o.ranks, '{}'), coalesce(o.bits, '{}'), coalesce(v.ids, '{}'), coalesce(v.stocked, '')
      FROM product p LEFT JOIN variants v ON v.product_id = p.id LEFT JOIN options o ON o.product_id = p.id
    """,
)

# A row is locked before stock is looked at, so that of two changes at once the later one sees both; and a statement locks its rows in the order
# of products, so that no two wait for each other.
TRIGGERS = (
    """
    CREATE FUNCTION set_stock_bits(turned bigint[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE one record;
    BEGIN
      FOR one IN SELECT v.product_id AS product, v.id AS variant FROM variant v WHERE v.id = ANY (turned) ORDER BY v.product_id, v.id LOOP
        PERFORM FROM product_facet WHERE product_id = one.product FOR UPDATE;
        UPDATE product_facet f
           SET stock_bits = set_bit(f.stock_bits, array_position(f.variant_ids, one.variant) - 1,
                                    EXISTS (SELECT FROM stock s WHERE s.variant_id = one.variant AND s.on_hand > s.reserved)::int)
         WHERE f.product_id = one.product AND one.variant = ANY (f.variant_ids);
      END LOOP;
    END $$
    """,
    """
    CREATE FUNCTION keep_stock_bits() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE turned bigint[];
    BEGIN
      IF TG_OP = 'INSERT' THEN
        turned := ARRAY(SELECT variant_id FROM after WHERE on_hand > reserved);
      ELSIF TG_OP = 'DELETE' THEN
        turned := ARRAY(SELECT variant_id FROM before WHERE on_hand > reserved);
      ELSE
        turned := ARRAY(SELECT a.variant_id FROM after a JOIN before b ON b.variant_id = a.variant_id AND b.warehouse_id = a.warehouse_id
                         WHERE (a.on_hand > a.reserved) <> (b.on_hand > b.reserved));
      END IF;
      IF cardinality(turned) > 0 THEN PERFORM set_stock_bits(turned); END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER stock_came AFTER INSERT ON stock REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION keep_stock_bits()
    """,
    """
    CREATE TRIGGER stock_came_or_went AFTER UPDATE ON stock REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION keep_stock_bits()
    """,
    """
    CREATE TRIGGER stock_went AFTER DELETE ON stock REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION keep_stock_bits()
    """,
)

CONSISTENT = (
    "ALTER TABLE assortment_product ADD CONSTRAINT assortment_product_bits CHECK ((variant_ids IS NULL) = (variant_bits IS NULL))",
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0007_similar_words")]

    operations = [
        ops.CreateModel(
            name='OptionValue',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=120)),
                ('value', fields.CharField(max_length=120)),
            ],
            options={'table': 'option_value', 'app': 'linesheet', 'unique_together': (('name', 'value'),), 'pk_attr': 'id', 'table_description': 'Derived: every value that an option ever had in an active variant, under a number that is short to count by.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProductFacet',
            fields=[
                ('product_id', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ('brand_id', fields.BigIntField()),
                ('category_ids', ArrayField(element_type='bigint')),
                ('option_ids', ArrayField(element_type='int')),
                ('option_ranks', ArrayField(element_type='int')),
                ('option_bits', ArrayField(element_type='varbit')),
                ('variant_ids', ArrayField(element_type='bigint')),
                ('stock_bits', BitsField()),
            ],
            options={'table': 'product_facet', 'app': 'linesheet', 'pk_attr': 'product_id', 'table_description': 'Derived: what a product is filtered and counted by. Each active variant is one bit, its place in `variant_ids`.'},
            bases=['Model'],
        ),
        ops.AddField(model_name='AssortmentProduct', name='variant_bits', field=BitsField(null=True)),
        ops.RunSQL([*CONSTRAINTS, *FILL, *TRIGGERS, *CONSISTENT], reverse_sql=ops.RunSQL.noop),
    ]
