"""What is stored about mails: one row for each event and reader, kept after it was sent."""

from typing import Any

from tortoise import fields

from backend.core.model import Row


class Mail(Row):
    """`text` and `html` are null where the mail holds a password link: that is made when it is sent, and never stored where mails go out."""

    event_key = fields.CharField(160, unique=True)  # what brought it about, and for whom: the second time nothing is written
    message_id = fields.CharField(200, unique=True)  # the same in every copy that is sent
    kind = fields.CharField(32)
    facts = fields.JSONField()  # what the words of a mail with a link are made from
    # Null: the address of a location, behind which stands no person.
    user: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "linesheet.User", on_delete=fields.CASCADE, null=True, db_index=True
    )
    recipient = fields.CharField(254)
    recipient_name = fields.CharField(200)
    subject = fields.CharField(300)
    text = fields.TextField(null=True)
    html = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    attempts = fields.IntField(default=0)
    next_attempt_at = fields.DatetimeField(null=True)  # null: sent, or given up
    sent_at = fields.DatetimeField(null=True)
    failure = fields.CharField(300, null=True)  # why the last attempt came to nothing; null while one is under way
    dismissed_at = fields.DatetimeField(null=True)  # somebody has seen that it was not sent, and leaves it so

    class Meta:
        table = "mail"
