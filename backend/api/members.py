"""People at work: a company's members, kept by its admins or by the seller, and the seller's own staff."""

from dataclasses import dataclass
from typing import Annotated

import strawberry

from backend.api.companies import CompanyLocation, User
from backend.api.context import Info
from backend.api.errors import InUse, InvalidInput, NotFound
from backend.api.inputs import kept_unless_given
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.companies import listings, views
from backend.companies.actions import members
from backend.companies.drafts import MemberChanges, MemberDraft
from backend.core import errors
from backend.core.faults import Keep
from backend.core.ids import parse_id
from backend.core.viewer import Role, Viewer
from backend.graphql.pagination import Connection, Page


@dataclass(slots=True)
class MemberRemovedView:
    id: str


@strawberry.type(description="A person's place in a company, or an invitation to it that has not been accepted yet.")
@answers(views.MemberView)
class Member(Node):
    id: strawberry.ID
    user: User = strawberry.field(
        description="The person. Of an invitation: the address and the name that the inviter typed; its id leads to no account."
    )
    role: Role
    is_active: bool
    invited: bool = strawberry.field(description="True: the person has not accepted yet, and may do nothing for the company.")
    default_location: CompanyLocation | None
    locations: list[CompanyLocation] = strawberry.field(
        description="Where she may order; a company admin may order for all others as well."
    )


@strawberry.type
class MemberEdge:
    cursor: str
    node: Member


@strawberry.type
class MemberConnection:
    edges: list[MemberEdge]
    nodes: list[Member]
    page_info: PageInfo
    total_count: int


@strawberry.type
@answers(MemberRemovedView)
class MemberRemoved:
    id: strawberry.ID


@strawberry.type(description="One of the seller's own people.")
@answers(views.StaffView)
class StaffUser(Versioned):
    id: strawberry.ID
    user: User
    role: Role
    is_active: bool
    invited: bool = strawberry.field(description="She has not set a password yet.")


@strawberry.input
class InviteMemberInput:
    email: str
    name: str
    role: Role = Role.BUYER
    location_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Where she may order. A company admin may order everywhere."
    )
    default_location_id: strawberry.ID | None = strawberry.field(default=None, description="Null: the first.")


@strawberry.input(description="What is absent or null stays.")
class UpdateMemberInput:
    role: Role | None = strawberry.UNSET
    location_ids: list[strawberry.ID] | None = strawberry.UNSET
    default_location_id: strawberry.ID | None = strawberry.UNSET
    is_active: bool | None = strawberry.UNSET


@strawberry.input
class CreateStaffUserInput:
    email: str
    name: str
    role: Role


@strawberry.input(description="What is absent or null stays.")
class UpdateStaffUserInput:
    name: str | None = None
    role: Role | None = None
    is_active: bool | None = None
    successor_id: strawberry.ID | None = strawberry.field(
        default=None, description="The rep who takes over the accounts of one who looks after none any more."
    )
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


MemberResult = Annotated[Member | InvalidInput | NotFound, strawberry.union("MemberResult")]
RemoveMemberResult = Annotated[MemberRemoved | InvalidInput | NotFound, strawberry.union("RemoveMemberResult")]
StaffUserResult = Annotated[StaffUser | Stale | InUse | InvalidInput | NotFound, strawberry.union("StaffUserResult")]


@strawberry.type
class MembersQuery:
    @strawberry.field(
        graphql_type=MemberConnection, description="For company admins: of their own company; for the seller: of any."
    )
    async def members(
        self,
        info: Info,
        company_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[views.MemberView]:
        company = None if company_id is None else parse_id("company", company_id) or 0
        return await listings.members(info.context.viewer, Page.of(first, after, last, before), company)

    @strawberry.field(graphql_type=list[StaffUser], description="The seller's own people, for those who manage companies.")
    async def staff_users(self, info: Info) -> list[views.StaffView]:
        return await listings.staff(info.context.viewer)


@strawberry.type
class MembersMutation:
    @strawberry.mutation(
        graphql_type=MemberResult,
        description="Invites a person by mail, into one's own company or, as the seller, into any. They become a member by accepting.",
    )
    async def invite_member(self, info: Info, company_id: strawberry.ID, input: InviteMemberInput) -> views.MemberView:
        draft = MemberDraft(
            input.email,
            input.name,
            input.role,
            _locations(input.location_ids),
            None if input.default_location_id is None else parse_id("location", input.default_location_id) or 0,
        )
        key = await members.invite_member(info.context.viewer, parse_id("company", company_id) or 0, draft)
        return await _member(info.context.viewer, key)

    @strawberry.mutation(graphql_type=MemberResult)
    async def update_member(self, info: Info, id: strawberry.ID, input: UpdateMemberInput) -> views.MemberView:
        default, places = kept_unless_given(input.default_location_id), kept_unless_given(input.location_ids)
        changes = MemberChanges(
            role=kept_unless_given(input.role),
            locations=places if isinstance(places, Keep) else _locations(places),
            default_location=default if isinstance(default, Keep) else parse_id("location", default) or 0,
            is_active=kept_unless_given(input.is_active),
        )
        key = parse_id("member", id) or 0
        await members.update_member(info.context.viewer, key, changes)
        return await _member(info.context.viewer, key)

    @strawberry.mutation(graphql_type=RemoveMemberResult, description="What she ordered stays.")
    async def remove_member(self, info: Info, id: strawberry.ID) -> MemberRemovedView:
        await members.remove_member(info.context.viewer, parse_id("member", id) or 0)
        return MemberRemovedView(id)

    @strawberry.mutation(
        graphql_type=StaffUserResult, description="Takes somebody into the seller's staff and has a mail written to her."
    )
    async def create_staff_user(self, info: Info, input: CreateStaffUserInput) -> views.StaffView:
        viewer = info.context.viewer
        key = await members.create_staff_user(viewer, input.email, input.name, input.role)
        return await listings.find_staff(viewer, key)

    @strawberry.mutation(
        graphql_type=StaffUserResult, description="Returns InUse when a rep who has accounts leaves and nobody takes them over."
    )
    async def update_staff_user(self, info: Info, id: strawberry.ID, input: UpdateStaffUserInput) -> views.StaffView:
        viewer, key = info.context.viewer, parse_id("user", id) or 0
        successor = None if input.successor_id is None else parse_id("user", input.successor_id) or 0
        await members.update_staff_user(
            viewer,
            key,
            name=input.name,
            role=input.role,
            is_active=input.is_active,
            successor_id=successor,
            expected_version=input.expected_version,
        )
        return await listings.find_staff(viewer, key)


async def _member(viewer: Viewer, key: int) -> views.MemberView:
    found = await listings.find_member(viewer, key)
    if found is None:
        raise errors.NotFound("There is no such member.")
    return found


def _locations(ids: list[strawberry.ID]) -> tuple[int, ...]:
    """An id that is none of ours is a location that nobody has."""
    return tuple(parse_id("location", text) or 0 for text in ids)


found_by("member", listings.find_member)
shown_by("staff", listings.find_staff)
