"""Ordering again: the preview, the act, and what a location orders most."""

from typing import Annotated, Any

import strawberry

from backend.api.carts import Cart, SetMode, cart_key, cart_needs
from backend.api.context import Info
from backend.api.errors import NotFound
from backend.api.node import answers
from backend.api.orders import OrderLine
from backend.api.pages import usually
from backend.api.products import Variant
from backend.api.scalars import DateTime, Money
from backend.api.selection import needs_of
from backend.carts.lines import SetMode as SetModeValue
from backend.core.errors import NotFound as NotFoundProblem
from backend.core.ids import parse_id
from backend.orders import frequent, reorder

ReorderOutcome = reorder.ReorderOutcome
strawberry.enum(ReorderOutcome, name="ReorderOutcome", description="The first that applies.")


@strawberry.type(description="What becomes of one line of the order; `quantity` is what is added.")
class ReorderLine:
    order_line: OrderLine
    outcome: ReorderOutcome
    message: str
    variant: Variant | None
    quantity: int
    previous_unit_price: Money
    unit_price: Money | None


@strawberry.type
class ReorderPreview:
    lines: list[ReorderLine] = usually(20)


@strawberry.type
@answers(reorder.ReorderDoneView)
class ReorderDone:
    cart: Cart
    lines: list[ReorderLine] = usually(20)


@strawberry.type(description="An item that this location orders again and again; `usualQuantity` is the median.")
class FrequentItem:
    variant: Variant
    times_ordered: int
    usual_quantity: int
    last_ordered_at: DateTime
    last_unit_price: Money


ReorderResult = Annotated[ReorderDone | NotFound, strawberry.union("ReorderResult")]


@strawberry.type
class ReorderQuery:
    @strawberry.field(description="What `reorder` would add to the open cart now; null when the order is not the viewer's.")
    async def reorder_preview(self, info: Info, order_id: strawberry.ID) -> ReorderPreview | None:
        try:
            found: Any = await reorder.preview_reorder(info.context.viewer, parse_id("order", order_id) or 0, needs_of(info))
        except NotFoundProblem:
            return None
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="What this location orders most often and can order again, at most 100.")
    async def frequently_ordered(self, info: Info, first: int | None = 24) -> list[FrequentItem]:
        needs = needs_of(info)
        found: Any = await frequent.frequently_ordered(info.context.viewer, 24 if first is None else first, needs)
        return found  # type: ignore[no-any-return]


@strawberry.type
class ReorderMutation:
    @strawberry.mutation(description="Adds what can be had of an order to a cart; every line says what happened and why.")
    async def reorder(
        self, info: Info, order_id: strawberry.ID, cart_id: strawberry.ID | None = None, mode: SetMode | None = SetModeValue.ADD
    ) -> ReorderResult:
        key = parse_id("order", order_id) or 0
        mode = mode or SetModeValue.ADD
        done: Any = await reorder.reorder(info.context.viewer, key, cart=cart_key(cart_id), mode=mode, needs=cart_needs(info))
        return done  # type: ignore[no-any-return]
