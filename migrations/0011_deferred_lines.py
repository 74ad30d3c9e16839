"""Lines may be written before their order, in one transaction: the order's number, which everybody waits for, is taken after them."""

from tortoise import migrations
from tortoise.migrations import operations as ops

STATEMENTS = ("ALTER TABLE order_line ALTER CONSTRAINT order_line_order_id_fkey DEFERRABLE INITIALLY DEFERRED",)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0010_location_mail")]

    operations = [ops.RunSQL(list(STATEMENTS), reverse_sql=ops.RunSQL.noop)]
