"""A GTIN belongs to one variant, in whatever form it is written. Variants that have the same one today keep it, and are marked.

Both indexes compare all forms by their 14 digits: the first one finds, the second one refuses.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

STATEMENTS = (
    """
    UPDATE variant v SET gtin_is_shared = TRUE
      FROM (SELECT id, row_number() OVER (PARTITION BY lpad(gtin, 14, '0') ORDER BY is_active DESC, id) AS place
              FROM variant WHERE gtin IS NOT NULL) ranked
     WHERE ranked.id = v.id AND ranked.place > 1
    """,
    "CREATE INDEX variant_by_gtin ON variant (lpad(gtin, 14, '0')) WHERE gtin IS NOT NULL",
    "CREATE UNIQUE INDEX variant_gtin_once ON variant (lpad(gtin, 14, '0')) WHERE gtin IS NOT NULL AND NOT gtin_is_shared",
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0015_by_key")]

    operations = [
        ops.AddField(model_name="Variant", name="gtin_is_shared", field=fields.BooleanField(default=False, db_default=False)),
        ops.RunSQL(list(STATEMENTS), reverse_sql=ops.RunSQL.noop),
    ]
