"""Mails: one row for each event and reader."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from backend.core.ids import new_id
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('linesheet', '0005_search')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Mail',
            fields=[
                ('id', fields.BigIntField(primary_key=True, generated=False, default=new_id, unique=True, db_index=True)),
                ('event_key', fields.CharField(unique=True, max_length=160)),
                ('message_id', fields.CharField(unique=True, max_length=200)),
                ('kind', fields.CharField(max_length=32)),
                ('facts', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('user', fields.ForeignKeyField('linesheet.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', on_delete=OnDelete.CASCADE)),
                ('recipient', fields.CharField(max_length=254)),
                ('recipient_name', fields.CharField(max_length=200)),
                ('subject', fields.CharField(max_length=300)),
                ('text', fields.TextField(null=True, unique=False)),
                ('html', fields.TextField(null=True, unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(default=0)),
                ('next_attempt_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('sent_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('failure', fields.CharField(null=True, max_length=300)),
            ],
            options={'table': 'mail', 'app': 'linesheet', 'pk_attr': 'id', 'table_description': '`text` and `html` are null where the mail holds a password link: that is made when it is sent, and never stored where mails go out.'},
            bases=['Row'],
        ),
        ops.RunSQL("CREATE INDEX mail_waiting ON mail (next_attempt_at) WHERE next_attempt_at IS NOT NULL", reverse_sql=ops.RunSQL.noop),
    ]
