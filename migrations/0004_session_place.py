"""Whether a session acts for a buyer follows from who it is and where: nothing to store."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0003_job_queue")]

    operations = [ops.RemoveField(model_name="Session", name="acting_for")]
