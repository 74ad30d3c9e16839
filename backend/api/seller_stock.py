"""Warehouses, stock and arrivals as the seller keeps them."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from backend.api.context import Info
from backend.api.errors import InvalidInput
from backend.api.inputs import kept_unless_given
from backend.api.node import Node, answers, found_by
from backend.api.pages import PageInfo
from backend.api.scalars import Date
from backend.api.seller_catalogue import Deleted, DeletedResult
from backend.api.seller_inputs import argument, check_rows, key_of, optional_key
from backend.api.versions import EXPECTED, Stale, Versioned, shown_by
from backend.core import errors
from backend.core.errors import BadInput
from backend.core.viewer import Permission, Viewer
from backend.graphql.pagination import Connection, Page
from backend.inventory import records, stocktaking
from backend.inventory.drafts import ArrivalRow, StockReport, StockRow, WarehouseDraft


@strawberry.type(description="Where stock lies. Warehouses are drawn on in the order of `position`.")
@answers(records.WarehouseRecord)
class Warehouse(Node, Versioned):
    id: strawberry.ID
    code: str
    name: str
    position: int


@strawberry.type(description="Pieces of a variant in a warehouse; available is what is on hand and not reserved for orders.")
@answers(records.StockRecord)
class StockLevel(Versioned):
    sku: str
    name: str
    variant_id: strawberry.ID
    warehouse: str
    on_hand: int
    reserved: int
    available: int


@strawberry.type
class StockLevelEdge:
    cursor: str
    node: StockLevel


@strawberry.type
class StockLevelConnection:
    edges: list[StockLevelEdge]
    nodes: list[StockLevel]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="Stock that is on its way.")
class Arrival:
    id: strawberry.ID
    sku: str
    variant_id: strawberry.ID
    warehouse: str
    expected_on: Date
    quantity: int


@strawberry.type
class ArrivalEdge:
    cursor: str
    node: Arrival


@strawberry.type
class ArrivalConnection:
    edges: list[ArrivalEdge]
    nodes: list[Arrival]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="How many rows of stock were new, changed, and as they were already.")
class SetStockDone:
    created: int
    changed: int
    unchanged: int
    notices: list[str] = strawberry.field(description="A sentence for each count that was stored otherwise than it was sent.")


@strawberry.type(description="How many arrivals were written or taken away.")
class SetArrivalsDone:
    written: int


@strawberry.input(description="Found again by its code. Absent stays.")
class SaveWarehouseInput:
    code: str
    name: str | None = UNSET
    position: int | None = UNSET
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)


@strawberry.input(description="One of sku and variantId; the warehouse by its code.")
class StockInput:
    sku: str | None = None
    variant_id: strawberry.ID | None = None
    warehouse: str
    quantity: int
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED)

    def row(self) -> StockRow:
        _check_variant(self.sku, self.variant_id)
        return StockRow(
            self.quantity,
            self.sku,
            optional_key("variant", self.variant_id),
            self.warehouse,
            expected_version=self.expected_version,
        )


@strawberry.input(description="One of sku and variantId; the warehouse by its code. A quantity of 0 takes the arrival away.")
class ArrivalInput:
    sku: str | None = None
    variant_id: strawberry.ID | None = None
    warehouse: str
    expected_on: Date
    quantity: int

    def row(self) -> ArrivalRow:
        _check_variant(self.sku, self.variant_id)
        return ArrivalRow(self.quantity, self.expected_on, self.sku, optional_key("variant", self.variant_id), self.warehouse)


def _check_variant(sku: str | None, variant_id: str | None) -> None:
    if (sku is None) == (variant_id is None):
        raise BadInput("Give exactly one of sku and variantId.")


WarehouseResult = Annotated[Warehouse | Stale | InvalidInput, strawberry.union("WarehouseResult")]
SetStockResult = Annotated[SetStockDone | Stale | InvalidInput, strawberry.union("SetStockResult")]
SetArrivalsResult = Annotated[SetArrivalsDone | InvalidInput, strawberry.union("SetArrivalsResult")]


@strawberry.type
class SellerStockQuery:
    @strawberry.field(graphql_type=list[Warehouse], description="In the order in which stock is taken. For those who manage stock.")
    async def warehouses(self, info: Info) -> list[records.WarehouseRecord]:
        return await records.warehouse_records(info.context.viewer)

    @strawberry.field(
        graphql_type=StockLevelConnection,
        description="By SKU and warehouse; `query` looks in SKUs and names. For those who manage stock.",
    )
    async def stock_levels(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
        warehouse_id: strawberry.ID | None = None, query: str | None = None,
    ) -> Connection[records.StockRecord]:  # fmt: skip
        page, warehouse = Page.of(first, after, last, before), optional_key("warehouse", warehouse_id)
        return await records.stock_records(info.context.viewer, page, warehouse_id=warehouse, query=query)

    @strawberry.field(
        graphql_type=ArrivalConnection, description="By day; `query` looks in SKUs and names. For those who manage stock."
    )
    async def arrivals(
        self, info: Info, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
        warehouse_id: strawberry.ID | None = None, query: str | None = None,
    ) -> Connection[records.ArrivalRecord]:  # fmt: skip
        page, warehouse = Page.of(first, after, last, before), optional_key("warehouse", warehouse_id)
        return await records.arrival_records(info.context.viewer, page, warehouse_id=warehouse, query=query)


@strawberry.type
class SellerStockMutation:
    @strawberry.mutation(
        graphql_type=WarehouseResult,
        description="Makes a warehouse, or changes the one with this code; with `onlyNew`, a code that is taken is refused.",
    )
    async def save_warehouse(self, info: Info, input: SaveWarehouseInput, only_new: bool = False) -> records.WarehouseRecord:
        viewer = info.context.viewer
        draft = WarehouseDraft(
            code=input.code,
            name=kept_unless_given(input.name),
            position=kept_unless_given(input.position),
            expected_version=input.expected_version,
        )
        with argument("input", one=True):
            keys = await stocktaking.save_warehouses(viewer, [draft], only_new=only_new)
        found = await records.find_warehouse_record(viewer, keys[input.code])
        if found is None:
            raise errors.NotFound
        return found

    @strawberry.mutation(graphql_type=DeletedResult, description="Returns InUse while stock is in it, reserved or expected.")
    async def delete_warehouse(self, info: Info, id: strawberry.ID) -> Deleted:
        await stocktaking.delete_warehouse(info.context.viewer, key_of("warehouse", id))
        return Deleted(id=id)

    @strawberry.mutation(
        graphql_type=SetStockResult,
        description="What was counted: on hand becomes exactly this, never less than is reserved. A negative count is stored as 0. Up to 1,000 rows:"
        " all of them or none.",
    )
    async def set_stock(self, info: Info, rows: list[StockInput]) -> SetStockDone:
        info.context.viewer.require(Permission.MANAGE_STOCK)
        check_rows(rows)
        return _done(await stocktaking.set_stock(info.context.viewer, [row.row() for row in rows]))

    @strawberry.mutation(
        graphql_type=SetStockResult,
        description="So many pieces more, or less with a minus: goods in, breakage, a correction. Up to 1,000 rows: all of them or none.",
    )
    async def adjust_stock(self, info: Info, rows: list[StockInput]) -> SetStockDone:
        info.context.viewer.require(Permission.MANAGE_STOCK)
        check_rows(rows)
        return _done(await stocktaking.adjust_stock(info.context.viewer, [row.row() for row in rows]))

    @strawberry.mutation(graphql_type=SetArrivalsResult, description="Up to 1,000 rows: all of them or none.")
    async def set_arrivals(self, info: Info, rows: list[ArrivalInput]) -> SetArrivalsDone:
        info.context.viewer.require(Permission.MANAGE_STOCK)
        check_rows(rows)
        return SetArrivalsDone(written=await stocktaking.set_arrivals(info.context.viewer, [row.row() for row in rows]))


def _done(report: StockReport) -> SetStockDone:
    notices = list(report.notices)
    return SetStockDone(created=report.created, changed=report.changed, unchanged=report.unchanged, notices=notices)


async def _find_warehouse(viewer: Viewer, key: int) -> records.WarehouseRecord | None:
    """For `node`: to others than those who manage stock there is none."""
    return await records.find_warehouse_record(viewer, key) if viewer.may(Permission.MANAGE_STOCK) else None


found_by("warehouse", _find_warehouse)
shown_by("warehouse", records.find_warehouse_record)
shown_by("stock", records.find_stock_record)
