"""What a search finds says by itself who sees all of it, and what was changed a moment ago is no longer read from end to end by every search.

New rows of the index wait in a list that each search reads: it may have eight pages now, not 512.
"""

from tortoise import migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.migrations import operations as ops

STATEMENTS = (
    """
    UPDATE product_search s SET partly = w.partly FROM (
      SELECT product_id, array_agg(assortment_id ORDER BY assortment_id) AS partly FROM assortment_product
      WHERE variant_bits IS NOT NULL GROUP BY product_id) w
    WHERE s.product_id = w.product_id
    """,
    "ALTER INDEX product_search_document SET (gin_pending_list_limit = 64)",
    "SELECT gin_clean_pending_list('product_search_document')",
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0011_deferred_lines")]

    operations = [
        ops.AddField(model_name="ProductSearch", name="partly", field=ArrayField(null=True, element_type="bigint")),
        ops.RunSQL(list(STATEMENTS), reverse_sql=ops.RunSQL.noop),
    ]
