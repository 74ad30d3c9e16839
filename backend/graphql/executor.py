"""Executes an operation: graphql-core down to each resolver that awaits, compiled plans for everything plain below it.

Promises graphql-core's data and errors exactly: whatever a plan cannot answer, graphql-core executes, level by level.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    is_leaf_type,
)
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue, Path

from backend.graphql.compile import CompileContext, NotPlain, Plan, compile_plan
from backend.graphql.documents import Operation

# Plans of one operation may hold this many compiled fields per token of its document: skip and include multiply plans.
WEIGHT_PER_TOKEN = 10
WEIGHT_AT_LEAST = 500


@dataclass(slots=True)
class Figures:
    """What an execution did: values completed by plans, by graphql-core because they are not plain, and after a plan gave up."""

    compiled: int = 0
    fallbacks: int = 0
    failures: int = 0
    reasons: set[str] = field(default_factory=set)


class Plans:
    """The plans of one operation, by type and merged nodes. They live and die with it in the document cache."""

    __slots__ = ("flags", "table", "weight", "weight_limit")

    def __init__(self, operation: Operation) -> None:
        self.flags = _boolean_variables(operation)
        self.table: dict[object, Plan | str] = {}
        self.weight = 0
        self.weight_limit = max(WEIGHT_AT_LEAST, WEIGHT_PER_TOKEN * operation.tokens)

    def add(self, key: object, plan: Plan | str) -> None:
        self.weight += plan.weight if isinstance(plan, Plan) else 1
        if self.weight > self.weight_limit:
            self.table.clear()
            self.weight = plan.weight if isinstance(plan, Plan) else 1
        self.table[key] = plan


def _boolean_variables(operation: Operation) -> tuple[str, ...]:
    """The variables that @skip and @include may ask: with other values the same nodes select something else."""
    names = []
    for definition in operation.node.variable_definitions or ():
        kind: Any = definition.type
        kind = getattr(kind, "type", kind)
        if getattr(getattr(kind, "name", None), "value", None) == "Boolean":
            names.append(definition.variable.name.value)
    return tuple(names)


class OperationExecutor(Executor[Any]):
    """graphql-core's executor with one method overridden: completing a list or object asks for a plan first."""

    figures: Figures
    plans: Plans
    flags: tuple[Any, ...]
    bound: dict[int, Callable[[Any], Any]]

    def use_plans(self, plans: Plans) -> None:
        """Called once, before execution."""
        self.figures = Figures()
        self.plans = plans
        self.flags = tuple(self.variable_values.coerced.get(name) for name in plans.flags)
        self.bound = {}

    def build_resolve_info(
        self, field_def: GraphQLField, field_nodes: list[FieldNode], parent_type: GraphQLObjectType, path: Path
    ) -> GraphQLResolveInfo[Any]:
        """With the variables as the plain dict that Strawberry hands to resolvers."""
        info = super().build_resolve_info(field_def, field_nodes, parent_type, path)
        values: Any = self.variable_values.coerced
        return info._replace(variable_values=values)

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[Any]:
        # graphql-core takes NonNull off and comes back here with the type inside.
        if result is not None and not isinstance(return_type, GraphQLNonNull) and not is_leaf_type(return_type):
            plan = self.plan(return_type, field_details_list)
            if isinstance(plan, Plan):
                try:
                    value = self.function(plan)(result)
                except Exception:
                    # graphql-core executes the selection again and finds the exact errors.
                    self.figures.failures += 1
                else:
                    self.figures.compiled += 1
                    return value
            else:
                self.figures.fallbacks += 1
                self.figures.reasons.add(plan)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def plan(self, return_type: GraphQLOutputType, details: FieldDetailsList) -> Plan | str:
        """The plan for all merged nodes, or why there is none: keyed by the first alone, two selections that share it would share a plan."""
        key = (return_type, tuple([id(detail.node) for detail in details]), self.flags)
        plan = self.plans.table.get(key)
        if plan is None:
            context = CompileContext(self.schema, self.fragments, self.variable_values, self.operation)
            try:
                plan = compile_plan(context, return_type, details)
            except NotPlain as reason:
                plan = str(reason)
            self.plans.add(key, plan)
        return plan

    def function(self, plan: Plan) -> Callable[[Any], Any]:
        """The plan's function for this request's arguments."""
        if plan.same is not None:
            return plan.same
        function = self.bound.get(id(plan))
        if function is None:
            function = plan.bind(*[site.values(self.schema, self.variable_values) for site in plan.sites])
            self.bound[id(plan)] = function
        return function


@dataclass(frozen=True, slots=True)
class Outcome:
    """Data and errors of an execution, and what it did."""

    result: ExecutionResult
    figures: Figures


async def execute(
    schema: GraphQLSchema, operation: Operation, variables: VariableValues, context: object, *, hide_suggestions: bool = False
) -> Outcome:
    """Executes an operation whose variables have been coerced."""
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
    if operation.plans is None:
        operation.plans = Plans(operation)
    executor.use_plans(operation.plans)
    result: Any = executor.execute_operation()
    if executor.is_awaitable(result):
        result = await result
    return Outcome(result, executor.figures)
