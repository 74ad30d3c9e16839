"""What happened to people, for the mails that follow.

No event carries a token: the mail's writer asks `issue_password_token` for one, so that none ever lies in the queue in clear.
"""

from dataclasses import dataclass, field

from backend.core.ids import new_id


@dataclass(frozen=True, slots=True)
class PasswordResetRequested:
    """Somebody asked at this address, known or not: finding out is left to the worker, where nobody can measure it."""

    email: str
    request: int = field(default_factory=new_id, compare=False)  # each asks for a mail of its own


@dataclass(frozen=True, slots=True)
class InvitationMade:
    member_id: int
    invited_by: int | None


@dataclass(frozen=True, slots=True)
class ManySignInsRefused:
    """Somebody tried many wrong passwords at this address, known or not."""

    email: str
    period: int = field(default_factory=new_id, compare=False)


@dataclass(frozen=True, slots=True)
class MemberInvited:
    """Recorded by versions before invitations had to be accepted. A job of theirs may still wait."""

    user_id: int
    company_id: int
    invited_by: int | None
    invitation: int = field(default_factory=new_id, compare=False)  # somebody may be invited again


@dataclass(frozen=True, slots=True)
class StaffInvited:
    user_id: int
    invited_by: int | None
