"""What happened to people, for the mails that follow.

No event carries a token: the mail's writer asks `issue_password_token` for one, so that none ever lies in the queue in clear.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PasswordResetRequested:
    """Somebody asked at this address, known or not: finding out is left to the worker, where nobody can measure it."""

    email: str


@dataclass(frozen=True, slots=True)
class MemberInvited:
    user_id: int
    company_id: int
    invited_by: int | None


@dataclass(frozen=True, slots=True)
class StaffInvited:
    user_id: int
    invited_by: int | None
