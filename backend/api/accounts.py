"""Who is asking: signing in and out, acting for a location, passwords, one's own profile and sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry

from backend.api.companies import Company, CompanyLocation, User
from backend.api.context import Context, Info
from backend.api.errors import Error, InvalidInput, NotFound
from backend.api.node import answers
from backend.api.scalars import DateTime
from backend.companies import errors, listings, views
from backend.companies.actions import members, passwords, sessions
from backend.companies.attempts import device_token
from backend.companies.queries import viewer_for_token, viewer_view
from backend.companies.rules import MAX_SESSION_HOURS
from backend.core.errors import NotSignedIn
from backend.core.ids import parse_id
from backend.core.viewer import Role
from backend.core.viewer import Viewer as Asking

strawberry.enum(Role, description="Buyers have a role in their company; staff have one with the seller.")


@dataclass(slots=True)
class SignedInView:
    token: str
    expires_at: datetime
    viewer: views.ViewerView
    device: str


@dataclass(slots=True)
class SessionEndedView:
    id: str


@strawberry.type(description="The one who asks, and for whom she buys.")
@answers(views.ViewerView)
class Viewer:
    user: User
    role: Role
    company: Company | None = strawberry.field(description="The account bought for; null for staff who do not act for one.")
    location: CompanyLocation | None = strawberry.field(description="Decides assortment, prices and rules.")
    acting_for: bool = strawberry.field(description="True while a rep or somebody else of the staff acts for a buyer.")


@strawberry.type(description="A token, told once. Send it as Authorization: Bearer TOKEN; it is bound to the viewer's location.")
@answers(SignedInView)
class SignedIn:
    token: str
    expires_at: DateTime
    viewer: Viewer
    device: str = strawberry.field(
        description="Names this device for half a year. Store it, and send it with signIn and requestPasswordReset of the same"
        " account: wrong attempts of strangers then do not keep the owner out. It opens nothing."
    )


@strawberry.type(description="Unknown address, wrong password, or somebody who may not come in: the three look the same.")
class WrongCredentials(Error):
    message: str


@strawberry.type(description="A device on which the viewer is signed in.")
@answers(views.SessionView)
class SessionInfo:
    id: strawberry.ID
    created_at: DateTime
    expires_at: DateTime
    user_agent: str
    address: str
    current: bool


@strawberry.type
@answers(SessionEndedView)
class SessionEnded:
    id: strawberry.ID


Device = Annotated[
    str | None, strawberry.argument(description="The `device` of an earlier SignedIn for this account; null on a new device.")
]
SignInResult = Annotated[SignedIn | WrongCredentials, strawberry.union("SignInResult")]
SetPasswordResult = Annotated[SignedIn | InvalidInput | NotFound, strawberry.union("SetPasswordResult")]
ActAsResult = Annotated[SignedIn | NotFound, strawberry.union("ActAsResult")]
EndSessionResult = Annotated[SessionEnded | NotFound, strawberry.union("EndSessionResult")]
ChangePasswordResult = Annotated[Viewer | InvalidInput, strawberry.union("ChangePasswordResult")]
ProfileResult = Annotated[User | InvalidInput, strawberry.union("ProfileResult")]


class WrongCredentialsHandler(strawberry.ExceptionHandler[errors.WrongCredentials, WrongCredentials]):
    def handle(self, exception: errors.WrongCredentials, *, field: Any, info: Any) -> WrongCredentials:
        return WrongCredentials(message=exception.message)


HANDLERS = (WrongCredentialsHandler(),)


@strawberry.type
class AccountsQuery:
    @strawberry.field(graphql_type=Viewer | None, description="Null: nobody is signed in.")
    async def viewer(self, info: Info) -> views.ViewerView | None:
        return await viewer_view(info.context.viewer)

    @strawberry.field(graphql_type=list[SessionInfo], description="Where the viewer is signed in, the newest first.")
    async def sessions(self, info: Info) -> list[views.SessionView]:
        return await listings.sessions(info.context.viewer)


@strawberry.type
class AccountsMutation:
    @strawberry.mutation(
        graphql_type=SignInResult,
        description="Gives a token. `hours`: how long it is valid, from 1 to 720. Ask for few hours, and call renewToken before they end.",
    )
    async def sign_in(
        self, info: Info, email: str, password: str, device: Device = None, hours: int = MAX_SESSION_HOURS
    ) -> SignedInView:
        return await signed_in_view(await sessions.sign_in(email, password, hours=hours, device=device, **device_of(info.context)))

    @strawberry.mutation(
        graphql_type=SignedIn,
        description="Another token for the same sign-in and location, valid for `hours` (1 to 720). The old token ends a minute later.",
    )
    async def renew_token(self, info: Info, hours: int = MAX_SESSION_HOURS) -> SignedInView:
        return await signed_in_view(await sessions.renew_token(info.context.viewer, hours, **device_of(info.context)))

    @strawberry.mutation(
        description="Ends this sign-in: its token and all that actAs made from it. Sign-ins on other devices stay."
    )
    async def sign_out(self, info: Info) -> bool:
        await sessions.sign_out(info.context.viewer)
        return True

    @strawberry.mutation(description="Always true, whether the address is known or not. If it is, a mail is on its way.")
    async def request_password_reset(self, info: Info, email: str, device: Device = None) -> bool:
        await passwords.request_password_reset(email, device=device, address=info.context.address)
        return True

    @strawberry.mutation(graphql_type=SetPasswordResult, description="With the token of a mail, once. Ends all other sessions.")
    async def set_password(self, info: Info, token: str, password: str) -> SignedInView:
        return await signed_in_view(await passwords.set_password(token, password, **device_of(info.context)))

    @strawberry.mutation(graphql_type=ActAsResult, description="Another token, bound to that location; null: myself again.")
    async def act_as(self, info: Info, location_id: strawberry.ID | None = None) -> SignedInView:
        location = None if location_id is None else parse_id("location", location_id) or 0
        return await signed_in_view(await sessions.act_as(info.context.viewer, location, **device_of(info.context)))

    @strawberry.mutation(graphql_type=EndSessionResult, description="Signs one of the viewer's devices out.")
    async def end_session(self, info: Info, id: strawberry.ID) -> SessionEndedView:
        await sessions.end_session(info.context.viewer, parse_id("session", id) or 0)
        return SessionEndedView(id)

    @strawberry.mutation(graphql_type=ChangePasswordResult, description="This session stays, all others end.")
    async def change_password(self, info: Info, current: str, new: str) -> views.ViewerView:
        await passwords.change_password(info.context.viewer, current, new)
        return await _viewer(info.context.viewer)

    @strawberry.mutation(graphql_type=ProfileResult)
    async def update_profile(self, info: Info, name: str) -> views.UserView:
        viewer = info.context.viewer
        await members.update_profile(viewer, name)
        found = await listings.find_user(viewer, viewer.user_id or 0)
        if found is None:
            raise NotSignedIn
        return found


def device_of(context: Context) -> dict[str, str]:
    return {"address": context.address, "user_agent": context.user_agent}


async def signed_in_view(given: sessions.SignedIn) -> SignedInView:
    viewer = await viewer_for_token(given.token)
    return SignedInView(given.token, given.expires_at, await _viewer(viewer), device_token(viewer.email))


async def _viewer(viewer: Asking) -> views.ViewerView:
    found = await viewer_view(viewer)
    if found is None:
        raise NotSignedIn
    return found
