"""What operators see: a row for each living worker, whether mails are paused, and whether somebody has set a failed mail aside."""

from backend.core.ids import new_id
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# Made after the transaction, while others read and write. A mail whose attempt has failed and that nobody has set aside: few of many.
MADE_AFTERWARDS = {
    "mail_failed": "CREATE INDEX CONCURRENTLY mail_failed ON mail (created_at, id)"
    " WHERE sent_at IS NULL AND failure IS NOT NULL AND dismissed_at IS NULL",
}


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0019_session_families")]

    operations = [
        ops.CreateModel(
            name="WorkerHeartbeat",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False, default=new_id, unique=True, db_index=True)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "worker_heartbeat", "app": "linesheet", "pk_attr": "id", "table_description": "A worker process that lives, or lived until a while ago."},
            bases=["Row"],
        ),
        ops.CreateModel(
            name="SendingPause",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False, default=new_id, unique=True, db_index=True)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(max_length=200)),
            ],
            options={"table": "sending_pause", "app": "linesheet", "pk_attr": "id", "table_description": "While it has a row, no mail is sent: a restored copy must not write to customers."},
            bases=["Row"],
        ),
        ops.AddField(model_name="Mail", name="dismissed_at", field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
    ]
