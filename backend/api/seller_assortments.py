"""Assortments as the seller keeps them: rules of what is shown, and for whom."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from backend.api.context import Info
from backend.api.errors import InUse, InvalidInput, NotFound
from backend.api.inputs import kept_unless_given
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo
from backend.api.seller_catalogue import Deleted, DeletedResult
from backend.api.seller_inputs import AudienceInput, argument, key_of, optional_key
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.catalogue import actions, records
from backend.catalogue.drafts import RuleDraft
from backend.core import errors
from backend.core.faults import KEEP, Keep
from backend.core.viewer import Permission, Viewer
from backend.graphql.pagination import Connection, Page


@strawberry.type(description="Includes or excludes one brand, category, product or variant; without any of them, everything.")
class AssortmentRule:
    includes: bool
    brand_id: strawberry.ID | None
    category_id: strawberry.ID | None
    product_id: strawberry.ID | None
    variant_id: strawberry.ID | None
    label: str


@strawberry.type(description="For whom something is: exactly one of the ids is there.")
class Audience:
    company_id: strawberry.ID | None
    group_id: strawberry.ID | None
    location_id: strawberry.ID | None
    label: str


@strawberry.type(
    description="What somebody may see: what its rules include, less what they exclude. A buyer sees the union of all that reach her;"
    " the default one serves those whom no other reaches."
)
@answers(records.AssortmentRecord)
class Assortment(Node, Versioned):
    id: strawberry.ID
    code: str
    name: str
    is_default: bool
    product_count: int
    rules: list[AssortmentRule]
    audiences: list[Audience]


@strawberry.type
class AssortmentEdge:
    cursor: str
    node: Assortment


@strawberry.type
class AssortmentConnection:
    edges: list[AssortmentEdge]
    nodes: list[Assortment]
    page_info: PageInfo
    total_count: int


@strawberry.input(description="At most one target; none means everything.")
class AssortmentRuleInput:
    includes: bool = True
    brand_id: strawberry.ID | None = None
    category_id: strawberry.ID | None = None
    product_id: strawberry.ID | None = None
    variant_id: strawberry.ID | None = None

    def draft(self) -> RuleDraft:
        return RuleDraft(
            includes=self.includes,
            brand_id=optional_key("brand", self.brand_id),
            category_id=optional_key("category", self.category_id),
            product_id=optional_key("product", self.product_id),
            variant_id=optional_key("variant", self.variant_id),
        )


@strawberry.input(description="Found again by its code. Absent stays; rules that are sent stand instead of all before.")
class SaveAssortmentInput:
    code: str
    name: str | None = UNSET
    is_default: bool | None = UNSET
    rules: list[AssortmentRuleInput] | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


AssortmentResult = Annotated[Assortment | Stale | InUse | InvalidInput | NotFound, strawberry.union("AssortmentResult")]


@strawberry.type
class SellerAssortmentsQuery:
    @strawberry.field(graphql_type=AssortmentConnection, description="By code. For those who manage assortments.")
    async def assortments(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[records.AssortmentRecord]:
        return await records.assortment_records(info.context.viewer, Page.of(first, after, last, before))


@strawberry.type
class SellerAssortmentsMutation:
    @strawberry.mutation(
        graphql_type=AssortmentResult,
        description="Makes an assortment, or changes the one with this code; with `onlyNew`, a code that is taken is refused."
        " A new default one takes the place of the one before; the default one cannot be made an ordinary one.",
    )
    async def save_assortment(self, info: Info, input: SaveAssortmentInput, only_new: bool = False) -> records.AssortmentRecord:
        rules = kept_unless_given(input.rules)
        with argument("input", "rules"):
            key = await actions.save_assortment(
                info.context.viewer,
                input.code,
                name=kept_unless_given(input.name),
                is_default=kept_unless_given(input.is_default),
                rules=KEEP if isinstance(rules, Keep) else [rule.draft() for rule in rules],
                only_new=only_new,
                expected_version=input.expected_version,
            )
        return await _assortment(info.context.viewer, key)

    @strawberry.mutation(
        graphql_type=DeletedResult,
        description="The successor is for everybody whom it was for. Without one, it must be for nobody, and not the default one.",
    )
    async def delete_assortment(self, info: Info, id: strawberry.ID, successor_id: strawberry.ID | None = None) -> Deleted:
        successor = optional_key("assortment", successor_id)
        await actions.delete_assortment(info.context.viewer, key_of("assortment", id), successor)
        return Deleted(id=id)

    @strawberry.mutation(graphql_type=AssortmentResult, description="The company, group or location sees this assortment too.")
    async def assign_assortment(self, info: Info, id: strawberry.ID, audience: AudienceInput) -> records.AssortmentRecord:
        info.context.viewer.require(Permission.MANAGE_ASSORTMENTS)
        await actions.assign_assortment(info.context.viewer, key_of("assortment", id), audience.audience())
        return await _assortment(info.context.viewer, key_of("assortment", id))

    @strawberry.mutation(
        graphql_type=AssortmentResult,
        description="The successor is assigned instead. Returns InUse when it is the last assortment of a location and has no successor.",
    )
    async def unassign_assortment(
        self, info: Info, id: strawberry.ID, audience: AudienceInput, successor_id: strawberry.ID | None = None
    ) -> records.AssortmentRecord:
        info.context.viewer.require(Permission.MANAGE_ASSORTMENTS)
        successor = optional_key("assortment", successor_id)
        await actions.unassign_assortment(info.context.viewer, key_of("assortment", id), audience.audience(), successor)
        return await _assortment(info.context.viewer, key_of("assortment", id))


async def _assortment(viewer: Viewer, key: int) -> records.AssortmentRecord:
    found = await records.find_assortment_record(viewer, key)
    if found is None:
        raise errors.NotFound
    return found


async def _find_assortment(viewer: Viewer, key: int) -> records.AssortmentRecord | None:
    """For `node`: to others than those who manage assortments there is none."""
    return await records.find_assortment_record(viewer, key) if viewer.may(Permission.MANAGE_ASSORTMENTS) else None


found_by("assortment", _find_assortment)
shown_by("assortment", _find_assortment)
