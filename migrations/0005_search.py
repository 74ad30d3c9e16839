"""One row of weighted words per product, and the list of all words; numbers can be looked up by how they begin."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.contrib.postgres.fields import TSVectorField
from tortoise import fields

# A misspelt word is looked up among all words by the trigrams that they share; part numbers by their beginning, whatever the collation.
STATEMENTS = (
    "ALTER TABLE product_search ADD CONSTRAINT product_search_product FOREIGN KEY (product_id) REFERENCES product ON DELETE CASCADE",
    "CREATE INDEX product_search_document ON product_search USING gin (document)",
    "CREATE INDEX search_word_trigrams ON search_word USING gist (word gist_trgm_ops(siglen=64))",
    "CREATE INDEX customer_sku_prefix ON customer_sku (company_id, sku_key varchar_pattern_ops)",
)


class Migration(migrations.Migration):
    dependencies = [('linesheet', '0004_session_place')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ProductSearch',
            fields=[
                ('product_id', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ('document', TSVectorField(source_fields=(), stored=False)),
            ],
            options={'table': 'product_search', 'app': 'linesheet', 'pk_attr': 'product_id', 'table_description': 'Derived: the words that a product is found by, weighted by where they stand; only of products that somebody may see.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SearchWord',
            fields=[
                ('word', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
            ],
            options={'table': 'search_word', 'app': 'linesheet', 'pk_attr': 'word', 'table_description': "Derived: every word that was ever in a product's text, to find the one that a misspelt one meant."},
            bases=['Model'],
        ),
        ops.RunSQL(list(STATEMENTS), reverse_sql=ops.RunSQL.noop),
    ]
