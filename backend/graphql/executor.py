"""Executes an operation: graphql-core down to each resolver that awaits, compiled plans for everything plain below it.

Promises graphql-core's data and errors exactly: whatever a plan cannot answer, graphql-core executes, level by level.
Values are counted as they are made, by plans and by graphql-core alike; beyond the bound nothing is made.
"""

from dataclasses import dataclass, field
from time import thread_time
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationType,
    is_leaf_type,
)
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue, Path

from backend.core.errors import TooComplex
from backend.graphql.compile import CompileContext, Plan, Run, compile_plan
from backend.graphql.documents import Operation
from backend.graphql.slices import LongList
from backend.graphql.unexpected import NotPlain
from backend.graphql.work import CORE_VALUE, SCHEMA_VALUE, UNBOUNDED, Large, Spent, Work, weight_of_text

# A list that graphql-core completes itself is taken in slices when it has more items than this.
MANY = 20

# Plans of one operation may hold this many compiled fields per token of its document: skip and include multiply plans.
WEIGHT_PER_TOKEN = 10
WEIGHT_AT_LEAST = 500


@dataclass(slots=True)
class Figures:
    """What an execution did: values completed by plans, by graphql-core because they are not plain, and after a plan gave up.

    `values` are those of the whole answer, `longest` those that were made without a look at the event loop.
    """

    compiled: int = 0
    fallbacks: int = 0
    failures: int = 0
    values: int = 0
    longest: int = 0
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
    bound: dict[int, Run]
    work: Work
    too_large: object  # a value that was found to be more than a slice: graphql-core takes its first level

    def use_plans(self, plans: Plans, work: Work) -> None:
        """Called once, before execution."""
        self.figures = Figures()
        self.work = work
        self.too_large = None
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
        if isinstance(return_type, GraphQLNonNull):
            return super().complete_value(return_type, field_details_list, info, path, result, position_context)
        if result is None or is_leaf_type(return_type):
            self.count(info, result)
            return super().complete_value(return_type, field_details_list, info, path, result, position_context)
        plan = self.plan(return_type, field_details_list)
        if isinstance(plan, str):
            self.figures.fallbacks += 1
            self.figures.reasons.add(plan)
            self.count(info, None)
        elif result is not self.too_large and not self.is_large(plan, return_type, result):
            try:
                value = self.run(plan, result)
            except (Spent, Large):
                self.work.is_large = True
            except TooComplex:
                raise
            except Exception:
                # graphql-core executes the selection again and finds the exact errors.
                self.figures.failures += 1
            else:
                self.figures.compiled += 1
                return value
        if _is_long(return_type, result, 1 if isinstance(plan, Plan) and self.work.is_large else MANY):
            return LongList(self, plan, return_type, field_details_list, info, path, result, position_context)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def count(self, info: GraphQLResolveInfo[Any], value: Any) -> None:
        """Counts a value that graphql-core completes itself."""
        weight = SCHEMA_VALUE if info.parent_type.name.startswith("__") else CORE_VALUE
        self.work.count(weight + weight_of_text(value) if type(value) is str else weight)

    def is_large(self, plan: Plan, kind: GraphQLOutputType, value: Any) -> bool:
        """Whether it is a list that is more than a slice of a large answer, as far as can be told before."""
        work = self.work
        return work.is_large and _is_long(kind, value, 1) and len(value) * plan.item_values > work.slice

    def run(self, plan: Plan, value: Any) -> Any:
        """What a plan makes of a value, within what may be made in one go."""
        work = self.work
        allowed = most = work.slice if work.is_large else work.whole
        if work.left < most:
            allowed = work.left
        complete, rest = self.functions(plan)
        began = thread_time()
        try:
            completed, left = complete(value, allowed)
        except Spent:
            if allowed < most:
                work.left = -1
                work.check()
            work.waste(allowed)
            raise
        except Large:
            raise
        except Exception:
            work.count(allowed - rest())
            raise
        finally:
            work.seconds += thread_time() - began
        made = allowed - left
        work.left -= made
        if made > work.longest:
            work.longest = made
        if work.left < work.whole_until:
            work.is_large = True
        return completed

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

    def functions(self, plan: Plan) -> Run:
        """The plan's functions for this request's arguments."""
        if plan.same is not None:
            return plan.same
        functions = self.bound.get(id(plan))
        if functions is None:
            functions = plan.bind(*[site.values(self.schema, self.variable_values) for site in plan.sites])
            self.bound[id(plan)] = functions
        return functions


def _is_long(kind: GraphQLOutputType, value: object, items: int) -> bool:
    """Whether it is a list of more items than these."""
    return isinstance(kind, GraphQLList) and isinstance(value, (list, tuple)) and len(value) > items


@dataclass(frozen=True, slots=True)
class Outcome:
    """Data and errors of an execution, and what it did."""

    result: ExecutionResult
    figures: Figures


async def execute(
    schema: GraphQLSchema,
    operation: Operation,
    variables: VariableValues,
    context: object,
    work: Work | None = None,
    *,
    hide_suggestions: bool = False,
) -> Outcome:
    """Executes an operation whose variables have been coerced.

    A query whose answer is over the bounds of `work` is refused with TooComplex. A mutation has been carried out by then, so that
    it is answered as far as it goes, with the error where the answer became too large.
    """
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
    work = work or Work(UNBOUNDED, UNBOUNDED)
    work.is_change = operation.kind is OperationType.MUTATION
    executor.use_plans(operation.plans, work)
    result: Any = executor.execute_operation()
    if executor.is_awaitable(result):
        result = await result
    if operation.kind is not OperationType.MUTATION:
        executor.work.check()
    executor.figures.values, executor.figures.longest = work.values, work.longest
    return Outcome(result, executor.figures)
