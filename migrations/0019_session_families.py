"""All tokens of one sign-in end together. A token of today is a family of its own."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0018_versions")]

    operations = [
        ops.AddField(model_name="Session", name="family_id", field=fields.BigIntField(null=True)),
        ops.RunSQL(["UPDATE session SET family_id = id"], reverse_sql=ops.RunSQL.noop),
        ops.AlterField(model_name="Session", name="family_id", field=fields.BigIntField(db_index=True)),
    ]
