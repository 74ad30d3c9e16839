"""What did not get through, for the seller's administrators: mails and jobs, to be tried again or set aside."""

from datetime import datetime
from typing import Annotated

import strawberry

from backend.api.context import Info
from backend.api.errors import NotFound
from backend.api.pages import PageInfo
from backend.graphql.pagination import Connection, Page
from backend.notices import failures
from backend.notices.failures import FailureKind, FailureView

strawberry.enum(FailureKind, description="Whether a mail was not sent or a job was given up.")


@strawberry.type(description="A mail that was not sent, or a job that was given up.")
class Failure:
    id: strawberry.ID
    kind: FailureKind
    name: str = strawberry.field(description="The kind of the mail, such as ORDER_RECEIVED, or the event of the job.")
    subject: str | None = strawberry.field(description="The subject of the mail; null for a job.")
    recipient: str | None = strawberry.field(description="The mail address; null for a job.")
    attempts: int
    reason: str = strawberry.field(description="Why the last attempt failed.")
    created_at: datetime
    next_attempt_at: datetime | None = strawberry.field(description="Null: given up, nobody tries it again by itself.")


@strawberry.type
class FailureEdge:
    cursor: str
    node: Failure


@strawberry.type
class FailureConnection:
    edges: list[FailureEdge]
    nodes: list[Failure]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="It is no longer in the list of failures.")
class FailureHandled:
    id: strawberry.ID


FailureResult = Annotated[FailureHandled | NotFound, strawberry.union("FailureResult")]


@strawberry.type
class SellerFailuresQuery:
    @strawberry.field(
        graphql_type=FailureConnection,
        description="Mails that were not sent and jobs that were given up, newest first. For administrators of the seller.",
    )
    async def failures(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[FailureView]:
        return await failures.failures(info.context.viewer, Page.of(first, after, last, before))

    @strawberry.field(
        description="When a worker was last heard of; null: not within a day. A worker that runs is at most a minute old."
        " For administrators of the seller."
    )
    async def worker_seen_at(self, info: Info) -> datetime | None:
        return await failures.worker_seen_at(info.context.viewer)


@strawberry.type
class SellerFailuresMutation:
    @strawberry.mutation(
        graphql_type=FailureResult,
        description="Sends the mail or runs the job again, at once. Sent twice, it is NotFound and nothing is sent twice."
        " For administrators of the seller.",
    )
    async def retry_failure(self, info: Info, id: strawberry.ID) -> FailureHandled:
        return FailureHandled(id=strawberry.ID(await failures.retry_failure(info.context.viewer, id)))

    @strawberry.mutation(
        graphql_type=FailureResult,
        description="The mail is never sent, or the job never run. For administrators of the seller.",
    )
    async def dismiss_failure(self, info: Info, id: strawberry.ID) -> FailureHandled:
        return FailureHandled(id=strawberry.ID(await failures.dismiss_failure(info.context.viewer, id)))
