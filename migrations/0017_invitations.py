"""An invitation is a member without a user until the person accepts it. Members of before stay members."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

STATEMENTS = (
    "ALTER TABLE member ADD CONSTRAINT member_or_invitation CHECK (user_id IS NOT NULL OR email IS NOT NULL AND name IS NOT NULL)",
    "CREATE UNIQUE INDEX member_invited_once ON member (company_id, email) WHERE user_id IS NULL",
    "CREATE UNIQUE INDEX member_by_token ON member (token_hash) WHERE token_hash IS NOT NULL",
)
BACK = (
    "DROP INDEX member_by_token",
    "DROP INDEX member_invited_once",
    "ALTER TABLE member DROP CONSTRAINT member_or_invitation",
    "DELETE FROM member WHERE user_id IS NULL",
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0016_gtin_keys")]

    operations = [
        ops.AlterField(
            model_name="Member",
            name="user",
            field=fields.ForeignKeyField(
                "linesheet.User", source_field="user_id", null=True, db_constraint=True, to_field="id", on_delete=OnDelete.CASCADE
            ),
        ),
        ops.AddField(model_name="Member", name="email", field=fields.CharField(null=True, max_length=254)),
        ops.AddField(model_name="Member", name="name", field=fields.CharField(null=True, max_length=200)),
        ops.AddField(model_name="Member", name="token_hash", field=fields.BinaryField(null=True)),
        ops.AddField(model_name="Member", name="expires_at", field=fields.DatetimeField(null=True)),
        ops.RunSQL(list(STATEMENTS), reverse_sql=list(BACK)),
    ]
