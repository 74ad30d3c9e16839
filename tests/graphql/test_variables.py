"""Variables come out as graphql-core would read them, right or wrong, and with a fraction of its work."""

import random
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    is_input_type,
    is_required_input_field,
    parse,
)
from graphql.execution.values import get_variable_values

from backend.api.schema import schema
from backend.graphql.documents import Operation
from backend.graphql.errors import InvalidRequest
from backend.graphql.limits import Cost
from backend.graphql.variables import MAX_VARIABLE_ERRORS, coerce_variables

API = schema._schema
SMALL = build_schema("""
    input Tree { name: String! = "root", size: Int = 3, tags: [String!] = ["a"], under: [Tree!], beside: [[Int]] }
    input Either @oneOf { number: Int  text: String }
    type Query { grow(tree: Tree, either: Either): Int }
""")
NAMES = sorted(name for name, kind in API.type_map.items() if is_input_type(kind) and not name.startswith("__"))
WRONG: list[Any] = [None, True, 0, -1, 2**40, 1.5, "", "text", [], {}, {"unknown": 1}, [[]], [None]]
LEAVES: dict[str, list[Any]] = {
    "Int": [0, 7, 3.0], "Float": [0, 1.5], "Boolean": [True, False], "ID": ["variant.7", 7], "String": ["", "text"],
    "Date": ["2026-11-23"], "DateTime": ["2026-11-23T08:00:00Z"], "Decimal": ["12.50", "0"], "Currency": ["EUR"],
}  # fmt: skip


def operation_of(declared: str) -> Operation:
    """An operation with these variables; whether it uses them is not at stake here."""
    node = parse(f"query ({declared}) {{ __typename }}").definitions[0]
    assert isinstance(node, OperationDefinitionNode)
    return Operation(node, {}, {}, Cost(0, varies=False), 0)


def seen(values: Any) -> Any:
    if isinstance(values, list):
        return [error.message for error in values]
    return values.coerced, {name: source.value for name, source in values.sources.items()}


def ours(of: GraphQLSchema, operation: Operation, variables: dict[str, Any]) -> Any:
    try:
        return seen(coerce_variables(of, operation, variables, hide_suggestions=False))
    except InvalidRequest as error:
        return seen(error.errors)


def theirs(of: GraphQLSchema, operation: Operation, variables: dict[str, Any]) -> Any:
    return seen(get_variable_values(of, operation.node.variable_definitions or (), variables, max_errors=MAX_VARIABLE_ERRORS))


def value_of(kind: Any, chance: random.Random, depth: int = 0) -> Any:
    """A value of this type, or now and then something else."""
    if chance.random() < 0.02:
        return chance.choice(WRONG)
    if isinstance(kind, GraphQLNonNull):
        return value_of(kind.of_type, chance, depth)
    if chance.random() < 0.1:
        return None
    if isinstance(kind, GraphQLList):
        one = value_of(kind.of_type, chance, depth)
        return one if chance.random() < 0.1 else [value_of(kind.of_type, chance, depth) for _ in range(chance.randrange(3))]
    if isinstance(kind, GraphQLEnumType):
        return chance.choice(list(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: value_of(field.type, chance, depth + 1)
            for name, field in kind.fields.items()
            if is_required_input_field(field) or chance.random() < 0.6 / (1 + depth)
        }
    return chance.choice(LEAVES[kind.name])


@pytest.mark.parametrize("name", NAMES)
def test_values_of_every_input_type_of_the_api(name: str) -> None:
    chance, kind = random.Random(name), API.type_map[name]
    operation = operation_of(f"$one: {name}, $many: [{name}!]!")
    results = set()
    for _ in range(150):
        variables = {"one": value_of(kind, chance), "many": [value_of(kind, chance) for _ in range(chance.randrange(3))]}
        if chance.random() < 0.1:
            del variables[chance.choice(["one", "many"])]
        expected = theirs(API, operation, variables)
        assert ours(API, operation, variables) == expected, variables
        results.add(type(expected))
    assert results == {tuple, list}, "both right and wrong values came up"


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"tree": None},
        {"tree": {}},
        {"tree": {"name": None}},
        {"tree": {"size": None, "under": [{"name": "leaf", "under": []}, {}], "beside": [[1, None], None, 2]}},
        {"tree": {"tags": "one"}},
        {"tree": [{}]},
        {"trees": [{}, None]},
        {"trees": {}},
        {"either": {"number": 1}},
        {"either": {"number": 1, "text": "both"}},
        {"either": {"number": None}},
        {"either": {}},
        {"count": 3, "unknown": 1},
        {"count": None},
    ],
)
def test_defaults_lists_of_one_and_one_of(variables: dict[str, Any]) -> None:
    operation = operation_of("$tree: Tree, $trees: [Tree!], $either: Either, $count: Int = 5")
    assert ours(SMALL, operation, variables) == theirs(SMALL, operation, variables)
    assert ours(SMALL, operation, variables) == theirs(SMALL, operation, variables), "the second time as the first"


def test_a_default_is_never_changed_by_who_got_it() -> None:
    operation = operation_of("$trees: [Tree!]")
    first, second = coerce_variables(SMALL, operation, {"trees": [{}, {}]}, hide_suggestions=False).coerced["trees"]
    assert first == second == {"name": "root", "size": 3, "tags": ["a"]}
    assert first is not second


def test_what_is_worked_out_for_a_type_is_kept_once_for_all_operations() -> None:
    """Else a short document could hold far more memory than the cache of documents counts for it."""

    def kept(declared: str, value: object) -> int:
        operations = [operation_of(declared) for _ in range(50)]
        tracemalloc.start()
        for operation in operations:
            coerce_variables(API, operation, {"one": value}, hide_suggestions=False)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return used // len(operations)

    cart = {"lines": [{"variantId": "variant.7", "quantity": 1}]}
    kept("$one: SetCartLinesInput!", cart)
    assert kept("$one: SetCartLinesInput!", cart) < kept("$one: Int", 1) + 1_000


def test_rows_of_a_cart_cost_a_fraction() -> None:
    operation = operation_of("$input: SetCartLinesInput!")
    variables = {"input": {"lines": [{"variantId": f"variant.{n}", "quantity": n} for n in range(1, 101)]}}
    assert ours(API, operation, variables) == theirs(API, operation, variables)
    fast, slow = calls(lambda: ours(API, operation, variables)), calls(lambda: theirs(API, operation, variables))
    assert fast * 4 < slow, (fast, slow)


def calls(work: Callable[[], object]) -> int:
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
