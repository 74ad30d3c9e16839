"""Runs one operation through graphql-core as Strawberry drives it and through the compiled executor, for comparison."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import ExecutionResult, execute, parse
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from backend.graphql import executor
from backend.graphql.documents import DocumentCache
from backend.graphql.executor import Figures


@dataclass(slots=True)
class Seen:
    """What a client sees of an execution: data with the order of its keys, and errors."""

    data: Any
    errors: list[tuple[str, Any, Any]]

    @classmethod
    def of(cls, result: ExecutionResult) -> "Seen":
        errors = [(error.message, error.path, error.locations) for error in result.errors or ()]
        return cls(_ordered(result.data), errors)


def _ordered(value: Any) -> Any:
    """Dicts as lists of pairs, and the class of every leaf: 1, True and 1.0 are equal in Python but not in JSON."""
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


async def by_plans(documents: DocumentCache, source: str, variables: dict[str, Any], context: object) -> tuple[Seen, Figures]:
    """Ours; asked twice by a caller, the second time with the plans of the first."""
    operation = documents.get(source).operation(None)
    values = executor.coerce_variables(documents.schema, operation, variables, hide_suggestions=False)
    outcome = await executor.execute(documents.schema, operation, values, context)
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
    return figures, None
