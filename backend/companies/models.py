"""What is stored about those who buy and those who serve them."""

from typing import Any

from tortoise import fields

from backend.core.model import Row


class PaymentTerms(Row):
    code = fields.CharField(32, unique=True)
    name = fields.CharField(120)
    due_in_days = fields.IntField()
    deposit_percent_e4 = fields.IntField(default=0)  # ten-thousandths of a percent
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "payment_terms"


class CompanyGroup(Row):
    """Companies that share prices or an assortment."""

    code = fields.CharField(32, unique=True)
    name = fields.CharField(120)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "company_group"


class Company(Row):
    number = fields.CharField(32, unique=True)
    name = fields.CharField(200, db_index=True)
    category = fields.CharField(32)
    tax_id = fields.CharField(32, null=True)
    payment_terms: fields.ForeignKeyRelation["PaymentTerms"] = fields.ForeignKeyField(
        "linesheet.PaymentTerms", on_delete=fields.RESTRICT, db_index=True
    )
    payment_terms_id: int
    price_strategy = fields.CharField(16, null=True)  # overrides the seller's
    on_hold = fields.BooleanField(default=False)
    is_active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "company"


class CompanyGroupMember(Row):
    company: fields.ForeignKeyRelation["Company"] = fields.ForeignKeyField("linesheet.Company", on_delete=fields.CASCADE)
    company_id: int
    group: fields.ForeignKeyRelation["CompanyGroup"] = fields.ForeignKeyField(
        "linesheet.CompanyGroup", on_delete=fields.CASCADE, db_index=True
    )
    group_id: int

    class Meta:
        table = "company_group_member"
        unique_together = (("company", "group"),)


class CreditAccount(Row):
    """Credit in one currency. `taken_minor` is what open orders hold; a CHECK keeps it at or below `ceiling_minor`.

    The ceiling is the limit, or what was taken already when somebody lowered the limit below it.
    """

    company: fields.ForeignKeyRelation["Company"] = fields.ForeignKeyField("linesheet.Company", on_delete=fields.CASCADE)
    company_id: int
    currency = fields.CharField(3)
    limit_minor = fields.BigIntField()
    ceiling_minor = fields.BigIntField()
    taken_minor = fields.BigIntField(default=0)

    class Meta:
        table = "credit_account"
        unique_together = (("company", "currency"),)


class CompanyLocation(Row):
    """Where a company orders from and has goods sent to; decides currency, assortment, prices and tax."""

    company: fields.ForeignKeyRelation["Company"] = fields.ForeignKeyField(
        "linesheet.Company", on_delete=fields.CASCADE, db_index=True
    )
    company_id: int
    number = fields.CharField(32, unique=True)
    name = fields.CharField(200)
    currency = fields.CharField(3)
    tax_id = fields.CharField(32, null=True)
    email = fields.CharField(254, null=True)  # where mails about its orders go as well
    address: dict[str, Any] = fields.JSONField()
    billing_address: dict[str, Any] = fields.JSONField()
    is_active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "company_location"


class User(Row):
    """A person. `staff_role` is set for the seller's own people; buyers get their role from their membership."""

    email = fields.CharField(254, unique=True)  # lower case
    name = fields.CharField(200)
    password_hash = fields.CharField(255, null=True)  # null: invited, not yet set
    staff_role = fields.CharField(16, null=True)
    is_active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        table = "user_account"


class Member(Row):
    """A user's place in one company. A company admin may order for every location; others for those in MemberLocation.

    An invitation is a member without a user: it holds what the inviter typed, gives no rights, and becomes a membership when it is accepted.
    """

    user: Any = fields.ForeignKeyField("linesheet.User", on_delete=fields.CASCADE, null=True)  # None: an invitation
    user_id: Any
    company: fields.ForeignKeyRelation["Company"] = fields.ForeignKeyField(
        "linesheet.Company", on_delete=fields.CASCADE, db_index=True
    )
    company_id: int
    role = fields.CharField(16)
    default_location: fields.ForeignKeyNullableRelation["CompanyLocation"] = fields.ForeignKeyField(
        "linesheet.CompanyLocation", on_delete=fields.RESTRICT, null=True, db_index=True
    )
    default_location_id: int | None
    is_active = fields.BooleanField(default=True)
    # Of an invitation alone. The address and the name are the inviter's words, whoever has that address.
    email = fields.CharField(254, null=True)
    name = fields.CharField(200, null=True)
    token_hash = fields.BinaryField(null=True)  # unique by an index of the migration; null until the mail is sent
    expires_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member"
        unique_together = (("user", "company"),)


class MemberLocation(Row):
    member: fields.ForeignKeyRelation["Member"] = fields.ForeignKeyField("linesheet.Member", on_delete=fields.CASCADE)
    member_id: int
    location: fields.ForeignKeyRelation["CompanyLocation"] = fields.ForeignKeyField(
        "linesheet.CompanyLocation", on_delete=fields.CASCADE, db_index=True
    )
    location_id: int

    class Meta:
        table = "member_location"
        unique_together = (("member", "location"),)


class RepAccount(Row):
    """The companies that a sales rep looks after."""

    user: fields.ForeignKeyRelation["User"] = fields.ForeignKeyField("linesheet.User", on_delete=fields.CASCADE)
    user_id: int
    company: fields.ForeignKeyRelation["Company"] = fields.ForeignKeyField(
        "linesheet.Company", on_delete=fields.CASCADE, db_index=True
    )
    company_id: int

    class Meta:
        table = "rep_account"
        unique_together = (("user", "company"),)


class Session(Row):
    """One signed-in device. Only the SHA-256 of its token is stored.

    All tokens that come from one sign-in are one family, named by the key of the first: they end together.
    """

    family_id = fields.BigIntField(db_index=True)

    token_hash = fields.BinaryField()  # unique by a constraint of the migration
    user: fields.ForeignKeyRelation["User"] = fields.ForeignKeyField("linesheet.User", on_delete=fields.CASCADE, db_index=True)
    user_id: int
    location: fields.ForeignKeyNullableRelation["CompanyLocation"] = fields.ForeignKeyField(
        "linesheet.CompanyLocation", on_delete=fields.CASCADE, null=True, db_index=True
    )
    location_id: int | None
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)
    ended_at = fields.DatetimeField(null=True)
    user_agent = fields.CharField(200, default="")
    address = fields.CharField(64, default="")

    class Meta:
        table = "session"


class PasswordToken(Row):
    """A one-time token to set a password: by invitation or by reset. Only its SHA-256 is stored."""

    token_hash = fields.BinaryField()  # unique by a constraint of the migration
    user: fields.ForeignKeyRelation["User"] = fields.ForeignKeyField("linesheet.User", on_delete=fields.CASCADE, db_index=True)
    user_id: int
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "password_token"
