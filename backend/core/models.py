"""Tables that belong to no noun: the seller's own settings, gapless counters, answers kept for idempotency keys."""

from tortoise import fields

from backend.core.model import Row


class Seller(Row):
    """The one seller of this installation; a single row."""

    name = fields.CharField(200)
    currency = fields.CharField(3)
    timezone = fields.CharField(64, default="UTC")
    country = fields.CharField(2, default="NL")
    price_strategy = fields.CharField(16, default="PRIORITY")
    break_scope = fields.CharField(16, default="VARIANT")
    stock_display_cap = fields.IntField(default=200)
    low_stock_at = fields.IntField(default=20)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "seller"


class NumberCounter(Row):
    """The last number given in a series. Locked to the end of the transaction that takes one, so that there are no gaps."""

    series = fields.CharField(32, unique=True)
    prefix = fields.CharField(16, default="")
    value = fields.BigIntField(default=0)

    class Meta:
        table = "number_counter"


class IdempotencyKey(Row):
    """A mutation's first answer, kept for 24 hours in the mutation's own transaction."""

    viewer_key = fields.CharField(64)
    key = fields.CharField(255)
    body_hash = fields.BinaryField()
    status = fields.IntField(null=True)
    answer = fields.BinaryField(null=True)
    created_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "idempotency_key"
        unique_together = (("viewer_key", "key"),)


class WorkerHeartbeat(Row):
    """A worker process that lives, or lived until a while ago."""

    started_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()

    class Meta:
        table = "worker_heartbeat"


class SendingPause(Row):
    """While it has a row, no mail is sent: a restored copy must not write to customers."""

    since = fields.DatetimeField()
    reason = fields.CharField(200)

    class Meta:
        table = "sending_pause"
