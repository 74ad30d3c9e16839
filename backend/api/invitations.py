"""Invitations into a company, for the person who has the mail: read, accept, decline. The inviter's side is in `members.py`."""

from dataclasses import dataclass
from typing import Annotated

import strawberry

from backend.api.accounts import SignedIn, SignedInView, WrongCredentials, device_of, signed_in_view
from backend.api.context import Info
from backend.api.errors import InvalidInput, NotFound
from backend.api.node import answers
from backend.api.scalars import DateTime
from backend.companies.actions import invitations


@dataclass(slots=True)
class InvitationDeclinedView:
    company: str


@strawberry.type(description="An invitation to order for a company, as the reader of its mail sees it.")
@answers(invitations.Invitation)
class Invitation:
    company: str = strawberry.field(description="Name of the company.")
    email: str = strawberry.field(description="The address that was invited. The person signs in with it.")
    name: str = strawberry.field(description="The person's name, as the inviter typed it.")
    has_account: bool = strawberry.field(
        description="True: the address has a password already. Accept with that one, else with a new one."
    )
    expires_at: DateTime = strawberry.field(description="The invitation cannot be accepted after this time.")


@strawberry.type(description="The invitation is gone. The inviter can send another one.")
@answers(InvitationDeclinedView)
class InvitationDeclined:
    company: str = strawberry.field(description="Name of the company whose invitation was declined.")


AcceptInvitationResult = Annotated[
    SignedIn | InvalidInput | WrongCredentials | NotFound, strawberry.union("AcceptInvitationResult")
]
DeclineInvitationResult = Annotated[InvitationDeclined | NotFound, strawberry.union("DeclineInvitationResult")]


@strawberry.type
class InvitationsQuery:
    @strawberry.field(
        graphql_type=Invitation | None,
        description="The invitation of a mailed token, for anybody who has it. Null: it has expired, was used or was withdrawn.",
    )
    async def invitation(self, info: Info, token: str) -> invitations.Invitation | None:
        return await invitations.find_invitation(token)


@strawberry.type
class InvitationsMutation:
    @strawberry.mutation(
        graphql_type=AcceptInvitationResult,
        description="Makes the person a member and signs them in. `password`: a new one, or that of the account. A token works once.",
    )
    async def accept_invitation(self, info: Info, token: str, password: str) -> SignedInView:
        return await signed_in_view(await invitations.accept_invitation(token, password, **device_of(info.context)))

    @strawberry.mutation(graphql_type=DeclineInvitationResult, description="Removes the invitation of a mailed token.")
    async def decline_invitation(self, info: Info, token: str) -> InvitationDeclinedView:
        return InvitationDeclinedView(await invitations.decline_invitation(token))
