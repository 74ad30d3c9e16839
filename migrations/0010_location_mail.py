"""A location may have a mail address of its own for what happens to its orders; behind such a mail stands no person."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0009_scale")]

    operations = [
        ops.AddField(model_name="CompanyLocation", name="email", field=fields.CharField(null=True, max_length=254)),
        ops.AlterField(
            model_name="Mail",
            name="user",
            field=fields.ForeignKeyField(
                "linesheet.User", source_field="user_id", null=True, db_index=True, db_constraint=True, to_field="id", on_delete=OnDelete.CASCADE
            ),
        ),
    ]
