"""Runs one operation through graphql-core as Strawberry drives it and through the compiled executor, for comparison."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import strawberry
from graphql import ExecutionResult, execute, get_named_type, is_leaf_type, parse
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from backend.graphql import executor
from backend.graphql.compile import CompileContext, compile_plan
from backend.graphql.documents import DocumentCache
from backend.graphql.errors import field_errors
from backend.graphql.executor import Figures
from backend.graphql.unexpected import NotPlain
from backend.graphql.variables import coerce_variables
from backend.graphql.work import UNBOUNDED, Work

# Every answer of more values than this is made as a large one is, in slices of so many.
WHOLE, SLICE = 6, 3


@dataclass(slots=True)
class Seen:
    """What a client sees of an execution: data with the order of its keys, and errors."""

    data: Any
    errors: list[tuple[str, Any, Any]]
    faults: list[str] = field(default_factory=list, compare=False)  # errors that would be masked: ours, not the client's
    json: Any = field(default=None, compare=False)  # the data as a client reads them

    @classmethod
    def of(cls, result: ExecutionResult) -> "Seen":
        errors = [(error.message, error.path, error.locations) for error in result.errors or ()]
        codes = [error["extensions"]["code"] for error in field_errors(result.errors or ())]
        faults = [repr(error.original_error) for error, code in zip(result.errors or (), codes, strict=True) if code == "INTERNAL"]
        return cls(_ordered(result.data), errors, faults, _ordered(orjson.loads(orjson.dumps(result.data))))

    def in_any_order(self) -> tuple[Any, set[tuple[Any, ...]]]:
        """The data as JSON, and where errors left a null: fields that are completed in slices find their errors in another order than graphql-core.

        Of several errors that make one object null, the first counts.
        """
        return self.json, {_null_for(self.json, path or []) for _, path, _ in self.errors}


def _null_for(data: Any, path: list[Any]) -> tuple[Any, ...]:
    """The place of the null that an error at this path left."""
    for length, key in enumerate(path):
        if data == ("NoneType", None):
            return tuple(path[:length])
        data = dict(data)[key] if isinstance(key, str) else data[key]
    return tuple(path)


def _ordered(value: Any) -> Any:
    """Dicts as lists of pairs, and the class of every leaf: 1, True and 1.0 are equal in Python but not in JSON.

    A list of a large answer is JSON already.
    """
    if isinstance(value, orjson.Fragment):
        return _ordered(orjson.loads(orjson.dumps(value)))
    if isinstance(value, dict):
        return [(key, _ordered(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return (type(value).__name__, value)


async def by_graphql_core(schema: strawberry.Schema, source: str, variables: dict[str, Any], context: object) -> Seen:
    """The reference."""
    result: Any = execute(
        schema._schema,
        parse(source),
        context_value=context,
        variable_values=variables,
        executor_class=StrawberryGraphQLCoreExecutionContext,
        operation_extensions=None,
    )
    if not isinstance(result, ExecutionResult):
        result = await result
    return Seen.of(result)


async def by_plans(
    documents: DocumentCache, source: str, variables: dict[str, Any], context: object, work: Work | None = None
) -> tuple[Seen, Figures]:
    """Ours; asked twice by a caller, the second time with the plans of the first."""
    operation = documents.get(source).operation(None)
    values = coerce_variables(documents.schema, operation, variables, hide_suggestions=False)
    outcome = await executor.execute(documents.schema, operation, values, context, work)
    return Seen.of(outcome.result), outcome.figures


async def difference(
    schema: strawberry.Schema,
    documents: DocumentCache,
    source: str,
    variables: dict[str, Any],
    context_for: Callable[[], object],
) -> tuple[Figures, str | None]:
    """Figures of the compiled execution, and a report when the two differ. Each execution gets a context of its own."""
    expected = await by_graphql_core(schema, source, variables, context_for())
    figures = Figures()
    for _ in range(2):
        found, figures = await by_plans(documents, source, variables, context_for())
        if found != expected:
            return figures, f"{source}\n{variables}\nexpected {expected}\nfound    {found}"
    found, _ = await by_plans(documents, source, variables, context_for(), Work(UNBOUNDED, UNBOUNDED, whole=WHOLE, slice=SLICE))
    if found.in_any_order() != expected.in_any_order():
        return figures, f"in slices: {source}\n{variables}\nexpected {expected}\nfound    {found}"
    return figures, None


def not_compiled(documents: DocumentCache, source: str, variables: dict[str, Any] | None = None) -> set[str]:
    """Why parts of an operation below its root fields are left to graphql-core. A hot operation has no such part."""
    operation = documents.get(source).operation(None)
    values = VariableValues({}, variables or {})
    context = CompileContext(documents.schema, operation.fragments, values, operation.node)
    root = documents.schema.get_root_type(operation.kind)
    assert root is not None
    fields = collect_fields(documents.schema, operation.fragments, values, root, operation.node).grouped_field_set
    reasons: set[str] = set()
    for details in fields.values():
        definition = root.fields.get(details[0].node.name.value)
        if definition is not None and not is_leaf_type(get_named_type(definition.type)):
            try:
                reasons.update(compile_plan(context, definition.type, details).gaps)
            except NotPlain as reason:
                reasons.add(str(reason))
    return reasons
