"""Input objects come out as Strawberry would build them, in a tenth of the time."""

import enum
from decimal import Decimal
from typing import Annotated, Any, NewType

import pytest
import strawberry
from graphql.execution.values import get_argument_values
from strawberry import UNSET
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.scalar import ScalarDefinition

from backend.graphql.documents import DocumentCache
from backend.graphql.inputs import _Builder, compile_inputs
from backend.graphql.limits import Limits
from backend.graphql.variables import coerce_variables

Amount = NewType("Amount", Decimal)


def build() -> strawberry.Schema:
    """A schema of fresh classes: compiling changes them."""

    @strawberry.enum
    class Mode(enum.Enum):
        SET = "set"
        ADD = "add"

    @strawberry.input
    class Money:
        amount: Amount
        currency: str = "EUR"

    @strawberry.input
    class Line:
        sku: str | None = UNSET
        note: str | None
        quantity: int = 1
        mode: Mode = Mode.SET
        modes: list[Mode] | None = None
        money: Money | None = None
        tags: list[str | None] = strawberry.field(default_factory=lambda: ["default"])
        maybe: strawberry.Maybe[int | None] = None
        renamed: Annotated[int | None, strawberry.argument()] = strawberry.field(name="other", default=UNSET)

    @strawberry.input
    class Order:
        lines: list[Line]
        nested: list[list[Line | None]] | None = None
        money: Money | None = UNSET

    @strawberry.type
    class Query:
        @strawberry.field
        def place(self, order: Order | None = UNSET, lines: list[Line] | None = None, mode: Mode = Mode.ADD) -> int:
            return 1

    scalars: dict[object, ScalarDefinition] = {Amount: strawberry.scalar(name="Decimal", serialize=str, parse_value=Decimal)}
    return strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=scalars))


def converted(schema: strawberry.Schema, arguments: str) -> str:
    """The keyword arguments of the resolver, as text: the classes of two schemas are never equal."""
    operation = (
        DocumentCache(schema._schema, Limits()).get("{ place" + (f"({arguments})" if arguments else "") + " }").operation(None)
    )
    values = coerce_variables(schema._schema, operation, {}, hide_suggestions=False)
    query = schema._schema.query_type
    assert query is not None
    field = query.fields["place"]
    node: Any = operation.node.selection_set.selections[0]
    given = get_argument_values(field, node, values)
    converter = schema.schema_converter
    definition = field.extensions["strawberry-definition"]
    return repr(convert_arguments(given, definition.arguments, scalar_registry=converter.scalar_registry, config=converter.config))


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "order: null",
        "order: {lines: []}",
        'order: {lines: [{note: "n"}, {sku: null, note: null, quantity: 5, mode: ADD}]}',
        'order: {lines: {note: "one, not a list", tags: ["a", null], modes: [SET, ADD], maybe: 3, other: 7}}',
        'order: {lines: [{maybe: null, tags: []}], money: {amount: "1.50", currency: "USD"}}',
        'order: {lines: [], nested: [[{note: "x", money: {amount: "2"}}, null], []], money: null}',
        "lines: [{quantity: 2}, {quantity: 3, modes: null}], mode: SET",
    ],
)
def test_input_objects_are_what_strawberry_builds(arguments: str) -> None:
    compiled = build()
    compile_inputs(compiled)
    assert converted(compiled, arguments) == converted(build(), arguments)


def test_every_input_type_gets_a_builder() -> None:
    schema = build()
    compile_inputs(schema)
    definitions = [kind.definition for kind in schema.schema_converter.type_map.values()]
    inputs = [each for each in definitions if isinstance(each, StrawberryObjectDefinition) and each.is_input]
    builders = [each.from_input for each in inputs]
    assert len(builders) == 3
    assert all(isinstance(builder, _Builder) for builder in builders)
