"""What happened to mails."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailWritten:
    mail_id: int
