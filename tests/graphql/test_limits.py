"""Strangers: hostile requests end in a 4xx at once and name the bound; large honest ones pass."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import strawberry
from graphql import get_introspection_query, parse

from backend.core.errors import TooComplex
from backend.graphql.documents import DocumentCache
from backend.graphql.limits import ROOT_FIELD_COST, Limits, check_shape, check_text, check_variables
from tests.graphql.conftest import Serve

# What a hostile request may cost, in processor time.
SECONDS = 0.2


async def quickly(serve: Serve, content: bytes) -> httpx.Response:
    """The answer, which must not cost more than `SECONDS`: at the third fresh server at the latest, for a busy machine makes work dearer."""
    spent = []
    for _ in range(3):
        client = await serve(schema)
        before = time.process_time()
        answer = await client.post("", content=content, headers={"content-type": "application/json"})
        spent.append(time.process_time() - before)
        if spent[-1] < SECONDS:
            return answer
    raise AssertionError(f"it took {spent} s")


@strawberry.type
class Leaf:
    id: int
    name: str


@strawberry.type
class Tree:
    id: int
    name: str
    parent: "Tree | None"
    children: list["Tree"]
    leaves: list[Leaf]
    matrix: list[list[Leaf]]


@strawberry.type
class TreeConnection:
    nodes: list[Tree]
    total_count: int


@strawberry.input
class Row:
    sku: str
    quantity: int
    note: str | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def tree(self) -> Tree | None:
        return None

    @strawberry.field
    async def trees(self, first: int | None = None, after: str | None = None, last: int | None = None) -> TreeConnection | None:
        return None

    @strawberry.field
    async def frequent(self, first: int = 24) -> list[Leaf]:
        return []


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def set_rows(self, rows: list[Row]) -> int:
        return len(rows)


schema = strawberry.Schema(query=Query, mutation=Mutation)


def fan_out(levels: int) -> str:
    fragments = (f"fragment F{level} on Tree {{ ...F{level + 1} ...F{level + 1} }}" for level in range(levels))
    return "{ tree { ...F0 } }" + "".join(fragments) + f"fragment F{levels} on Tree {{ id }}"


def field_fan_out(levels: int) -> str:
    fragments = (f"fragment F{n} on Tree {{ parent {{ ...F{n + 1} }} children {{ ...F{n + 1} }} }}" for n in range(levels))
    return "{ tree { ...F0 } }" + "".join(fragments) + f"fragment F{levels} on Tree {{ id }}"


def every_fragment_spreads_the_others(count: int) -> str:
    spreads = (" ".join(f"...F{other}" for other in range(number + 1, count)) for number in range(count))
    return "{ tree { ...F0 } }" + "".join(f"fragment F{n} on Tree {{ id {spread} }}" for n, spread in enumerate(spreads))


HOSTILE = {
    "field fan-out 2^22": field_fan_out(22),
    "1,000 overlapping selections": "{ " + "tree { id } " * 1000 + "}",
    "nested overlapping selections": "{ tree { " + "children { " * 10 + "id name " * 60 + "} " * 10 + "} }",
    "10,000 aliases": "{ " + " ".join(f"a{n}: tree {{ id }}" for n in range(10_000)) + " }",
    "300 aliases": "{ " + " ".join(f"a{n}: tree {{ id }}" for n in range(300)) + " }",
    "5,000 directives": "{ tree " + "@include(if: true) " * 5000 + "{ id } }",
    "300 directives": "{ tree { " + "id @include(if: true) " * 300 + "} }",
    "60 fragments in each other": every_fragment_spreads_the_others(60),
    "300 fragments": "{ tree { id } }" + "".join(f"fragment F{n} on Tree {{ id }}" for n in range(300)),
    "100 operations": "".join(f"query Q{n} {{ tree {{ id }} }}" for n in range(100)),
    "20 MB document": "{ " + "a " * 10_000_000 + "}",
    "comments": "#\n" * 40_000 + "{ tree { id } }",
    "unterminated strings": '"""\\"""' * 14_000,
    "depth 25": "{ tree { " + "parent { " * 25 + "id" + " }" * 27,
    "depth 5,000": "{ tree { " + "parent { " * 5000 + "id" + " }" * 5002,
    "a circle of fragments": "{ tree { ...A } } fragment A on Tree { children { ...A } }",
    "lists within lists": "{ trees(first: 100) { nodes { children { children { children { leaves { id name } } } } } } }",
    "20 mutations": "mutation { " + " ".join(f"m{n}: setRows(rows: [])" for n in range(20)) + " }",
    "a list literal nested 3,000 deep": "mutation { setRows(rows: " + "[" * 3000 + "]" * 3000 + ") }",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_document_is_refused_at_once(serve: Serve, name: str) -> None:
    answer = await quickly(serve, orjson.dumps({"query": HOSTILE[name]}))
    error = answer.json()["errors"][0]
    if name != "a list literal nested 3,000 deep":
        assert 400 <= answer.status_code < 500
    assert error["extensions"]["code"] in ("TOO_COMPLEX", "BAD_INPUT")


async def test_fan_out_that_merges_to_nothing_is_answered_at_once(serve: Serve) -> None:
    answer = await quickly(serve, orjson.dumps({"query": fan_out(22)}))
    assert answer.json() == {"data": {"tree": None}}


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_of_20_mb_is_refused_and_a_longer_one_is_not_read_to_its_end(serve: Serve, announced: bool) -> None:
    client = await serve(schema)
    sent = 0

    async def body(megabytes: int) -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(megabytes):
            sent += 1
            yield b" " * 1_000_000

    for megabytes in (20, 200):
        headers = {"content-type": "application/json"}
        if announced:
            headers["content-length"] = str(megabytes * 1_000_000)
        before = time.process_time()
        answer = await client.post("", content=body(megabytes), headers=headers)
        assert time.process_time() - before < SECONDS
        assert answer.status_code == 413
        assert "4,194,304" in answer.json()["errors"][0]["message"]
    assert sent < 20 + 45


@pytest.mark.parametrize("depth", [33, 500, 20_000])
async def test_variables_nested_deeply_are_refused(serve: Serve, depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        nested = opening * depth + (b"1" if opening != b"[" else b"") + closing * depth
        body = b'{"query": "{ tree { id } }", "variables": {"x": ' + nested + b"}}"
        answer = await quickly(serve, body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] in ("TOO_COMPLEX", "BAD_INPUT")


async def test_five_thousand_and_one_rows_reach_the_api_as_variables(serve: Serve) -> None:
    client = await serve(schema)
    rows = [{"sku": f"SKU-{n:08}", "quantity": 3, "note": "x" * 150} for n in range(5_001)]
    query = "mutation ($rows: [Row!]!) { setRows(rows: $rows) }"
    answer = await client.post("", json={"query": query, "variables": {"rows": rows}})
    assert answer.json() == {"data": {"setRows": 5_001}}


def test_too_many_values_are_refused() -> None:
    check_variables({"ids": [1] * 50_000}, Limits())
    with pytest.raises(TooComplex):
        check_variables({"ids": [1] * 60_000}, Limits())


def test_the_introspection_query_of_tools_passes() -> None:
    documents = DocumentCache(schema._schema, Limits())
    documents.get(get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("{a}", 3),
        ("{ a(b: -1.5e+3) ...F }", 10),
        ('{a(b: "x y \\" z", c: """q " \\""" w""")}', 11),
        ("# {a b c}\n{a}", 4),
        ("query($v:[Int!]=1@d){a}", 17),
        (",, \ufeff,", 1),
    ],
)
def test_tokens_are_counted_as_the_lexer_counts_them(text: str, tokens: int) -> None:
    assert check_text(text, Limits()) == tokens


def cost(query: str, variables: dict[str, Any] | None = None) -> int:
    documents = DocumentCache(schema._schema, Limits(cost=10**9))
    operation = documents.get(query).operation(None)
    model = documents.cost_model
    return model.cost(operation.node, operation.fragment_definitions, variables).highest - ROOT_FIELD_COST


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ tree { id name } }", 3),
        ("{ tree { leaves { id name } } }", 2 + 20),
        ("{ tree { matrix { id } } }", 2 + 100),
        ("{ trees { nodes { id } totalCount } }", 3 + 24),
        ("{ trees(first: 3) { nodes { id } totalCount } }", 3 + 3),
        ("{ trees(last: 7) { nodes { id leaves { id } } } }", 2 + 7 * 2 + 70),
        ("{ trees(first: 5000) { nodes { id } } }", 2 + 100),
        ("{ frequent { id } }", 1 + 24),
        ("{ frequent(first: 50) { id } }", 1 + 50),
        ("{ tree { ...A ...A } } fragment A on Tree { id parent { id } }", 4),
        ("{ tree { parent { id } parent { name } } }", 4),
        ("{ __schema { types { name fields { name } } } }", 250_001),
        ("{ __typename }", 1),
    ],
)
def test_cost_counts_the_values_an_answer_may_hold(query: str, expected: int) -> None:
    assert cost(query) == expected


async def test_a_page_size_in_a_variable_is_judged_by_its_value(serve: Serve) -> None:
    query = "query ($n: Int = 30) { trees(first: $n) { nodes { id } } }"
    assert cost(query) == 102
    assert cost(query, {"n": 10}) == 12
    assert cost(query, {}) == 26
    client = await serve(schema, limits=Limits(cost=ROOT_FIELD_COST + 50))
    for variables, status in (({"n": 100}, 400), ({"n": 10}, 200), ({}, 200)):
        answer = await client.post("", json={"query": query, "variables": variables})
        assert answer.status_code == status
    refused = (await client.post("", json={"query": query, "variables": {"n": 100}})).json()
    assert refused["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
    assert f"bound is {ROOT_FIELD_COST + 50:,}" in refused["errors"][0]["message"]


def _sets(count: int, start: int = 0) -> str:
    return " ".join(f"m{number}: setRows(rows: [])" for number in range(start, start + count))


ELEVEN_MUTATIONS = {
    "side by side": f"mutation {{ {_sets(11)} }}",
    "in a fragment": f"mutation {{ ...F }} fragment F on Mutation {{ {_sets(11)} }}",
    "in an inline fragment": f"mutation {{ ... on Mutation {{ {_sets(11)} }} }}",
    "in an inline fragment without a type": f"mutation {{ ... {{ {_sets(11)} }} }}",
    "in a fragment of a fragment": f"mutation {{ ...F }} fragment F on Mutation {{ ...G }} fragment G on Mutation {{ {_sets(11)} }}",
    "in parts": f"mutation {{ {_sets(4)} ...F ... {{ {_sets(4, 8)} }} }} fragment F on Mutation {{ {_sets(4, 4)} }}",
    "in a second operation": f"query A {{ tree {{ id }} }} mutation B {{ ... {{ {_sets(11)} }} }}",
    "behind a directive": f"mutation {{ ... @include(if: true) {{ {_sets(11)} }} }}",
}


@pytest.mark.parametrize("name", ELEVEN_MUTATIONS)
async def test_mutations_are_counted_wherever_they_are_written(serve: Serve, name: str) -> None:
    client = await serve(schema)
    answer = await client.post("", json={"query": ELEVEN_MUTATIONS[name], "operationName": "B" if "second" in name else None})
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "TOO_COMPLEX"
    assert "10 fields in a mutation" in error["message"]


async def test_ten_mutations_pass_and_one_that_is_written_twice_is_one(serve: Serve) -> None:
    client = await serve(schema)
    for query in (f"mutation {{ {_sets(10)} }}", f"mutation {{ {_sets(10)} ...F }} fragment F on Mutation {{ {_sets(10)} }}"):
        answer = await client.post("", json={"query": query})
        assert answer.json() == {"data": {f"m{number}": 0 for number in range(10)}}


def _spread(inside: str, selection: str) -> str:
    return f"{{ tree {{ ...F }} }} fragment F on Tree {{ {inside} {{ {selection} }} }}"


@pytest.mark.parametrize(
    ("bound", "document"),
    [
        ("aliases", _spread("...", " ".join(f"a{number}: id" for number in range(201)))),
        ("directives", "{ tree { ...F parent { ...F parent { ...F } } } } fragment F on Tree { id @include(if: true) }"),
        ("fields in one selection", _spread("...", " ".join(f"a{number}: id" for number in range(251)))),
        ("deep", "{ ...F } fragment F on Query { tree { " + "parent { ... { " * 20 + "id" + " } }" * 20 + " } }"),
    ],
)
def test_other_bounds_count_what_fragments_expand_to(bound: str, document: str) -> None:
    limits = Limits(aliases=10**6) if bound == "fields in one selection" else Limits(directives=2)
    with pytest.raises(TooComplex, match=bound):
        check_shape(parse(document), limits)


def test_limits_hold_for_definitions_that_no_operation_uses() -> None:
    unused = "{ tree { id } } fragment F on Tree { " + "id " * 500 + "}"
    with pytest.raises(TooComplex):
        check_shape(parse(unused), Limits())
