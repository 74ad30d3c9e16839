"""Executes one operation of a valid document on graphql-core, without parsing, validating or preparing it again."""

from typing import Any

from graphql import ExecutionResult, FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import Path

from backend.graphql.documents import Operation
from backend.graphql.errors import InvalidRequest

MAX_VARIABLE_ERRORS = 20


class OperationExecutor(Executor[Any]):
    """graphql-core's executor, with the resolve info that Strawberry expects."""

    def build_resolve_info(
        self, field_def: GraphQLField, field_nodes: list[FieldNode], parent_type: GraphQLObjectType, path: Path
    ) -> GraphQLResolveInfo[Any]:
        info = super().build_resolve_info(field_def, field_nodes, parent_type, path)
        values: Any = self.variable_values.coerced
        return info._replace(variable_values=values)


def coerce_variables(
    schema: GraphQLSchema, operation: Operation, variables: dict[str, Any], *, hide_suggestions: bool
) -> VariableValues:
    """The variables as the operation declares them. Raises InvalidRequest."""
    values = get_variable_values(
        schema,
        operation.node.variable_definitions or (),
        variables,
        max_errors=MAX_VARIABLE_ERRORS,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(values, list):
        raise InvalidRequest(values)
    return values


async def execute(
    schema: GraphQLSchema, operation: Operation, variables: VariableValues, context: object, *, hide_suggestions: bool = False
) -> ExecutionResult:
    """Data and errors of an operation whose variables have been coerced."""
    executor = OperationExecutor(
        schema,
        operation.fragment_definitions,
        operation.fragments,
        None,
        context,
        operation.node,
        variables,
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
        hide_suggestions=hide_suggestions,
    )
    result: Any = executor.execute_operation()
    if executor.is_awaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    return result
