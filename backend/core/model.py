"""What every stored thing has: a random key that is known before it is written."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from backend.core.ids import new_id


class Row(Model):
    id = fields.BigIntField(primary_key=True, generated=False, default=new_id)

    class Meta:
        abstract = True


class SerialRow(Model):
    """A row that is only ever found by its foreign keys and may be written by INSERT … SELECT: its key comes from a sequence and is never shown."""

    id = fields.BigIntField(primary_key=True, generated=True)

    class Meta:
        abstract = True


class BitsField(fields.Field[Any]):
    """A row of bits of any length, for SQL to count and combine."""

    SQL_TYPE = "VARBIT"
