"""Work is counted as it is done: whatever its shape, an answer stops at the bound, and a large one is made in slices."""

import asyncio
import gc
from functools import partial
from typing import Annotated, Any

import httpx
import orjson
import pytest
import strawberry
from graphql import get_introspection_query

from backend.core import cache
from backend.graphql.descriptions import Descriptions
from backend.graphql.limits import USUAL_SIZE, Limits
from backend.graphql.rates import UNLIMITED, Counted, Gate, Rates
from backend.graphql.request import Parameters
from backend.graphql.work import SLICE, WHOLE
from tests.graphql.conftest import Serve

BOUND = 100_000
ITEMS = 60
# Every list says that it is short, so that no estimate refuses before the work is counted.
listed = partial(strawberry.field, metadata={USUAL_SIZE: 1})
made = 0  # leaves that have been read since the request before


def leaf() -> str:
    global made
    made += 1
    return "leaf"


@strawberry.type
class Gone:
    reason: str


Either = Annotated["Tree | Gone", strawberry.union("Either")]


@strawberry.type
class Tree:
    @strawberry.field
    def name(self) -> str:
        return leaf()

    @strawberry.field
    def text(self) -> str:
        return leaf() * 5_000

    @strawberry.field
    def parent(self) -> "Tree":
        return TREE

    @listed
    def children(self) -> list["Tree"]:
        return [TREE] * ITEMS

    @listed
    def pair(self) -> list["Tree"]:
        return [TREE, TREE]

    @listed
    def maybe(self) -> list["Tree | None"] | None:
        return [TREE, None] * (ITEMS // 2)

    @listed
    def either(self) -> list[Either]:
        return [TREE, Gone(reason="gone")] * (ITEMS // 2)

    @listed
    def matrix(self) -> list[list["Tree"]]:
        return [[TREE] * ITEMS] * ITEMS

    @listed
    def numbers(self) -> list[int]:
        return [1] * 1_000

    @listed
    async def later(self) -> list["Tree"]:
        return [TREE] * ITEMS

    @listed
    def asking(self, info: strawberry.Info) -> list["Tree"]:
        return [TREE] * ITEMS

    @listed
    def broken(self) -> list["Tree | None"]:
        return [*[TREE] * (ITEMS - 1), Gone(reason="not a tree")]  # type: ignore[list-item]

    @strawberry.field
    def page(self, first: int = 1) -> "Page":
        return PAGE


@strawberry.type
class Edge:
    cursor: str
    node: Tree


@strawberry.type
class Page:
    @listed
    def nodes(self) -> list[Tree]:
        return [TREE] * 100

    @listed
    def edges(self) -> list[Edge]:
        return [Edge(cursor="c", node=TREE)] * 100


TREE, PAGE = Tree(), Page()


@strawberry.type
class Query:
    @strawberry.field
    async def tree(self) -> Tree:
        return TREE

    @listed
    async def trees(self) -> list[Tree]:
        return [TREE] * ITEMS

    @listed
    async def many(self, items: int) -> list[Tree]:
        return [TREE] * items


planted: list[str] = []


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def plant(self, name: str) -> Tree:
        planted.append(name)
        return TREE


schema = strawberry.Schema(query=Query, mutation=Mutation)


def nested(*fields: str, leaf: str = "name") -> str:
    return "{ tree { " + " { ".join(fields) + f" {{ {leaf} " + "} " * len(fields) + "} }"


RELATIVES = {
    "lists in lists": nested("children", "children", "children", "children"),
    "a circle through an object": nested("children", "parent", "children", "parent", "children"),
    "pairs of pairs": nested(*["pair"] * 17),
    "a wide selection": nested("children", "children", leaf=" ".join(f"n{number}: name" for number in range(50))),
    "one list by many names": nested("children", "children", leaf=" ".join(f"c{n}: children {{ name }}" for n in range(60))),
    "many root fields": "{ " + " ".join(f"t{n}: tree {{ children {{ children {{ name }} }} }}" for n in range(60)) + " }",
    "lists with nulls": nested("maybe", "maybe", "maybe", "maybe"),
    "unions": "{ tree { " + "either { ... on Tree { " * 4 + "name" + " } }" * 4 + " } }",
    "lists of lists": nested("children", "matrix"),
    "lists of numbers": "{ tree { children { children { numbers } } } }",
    "nodes and edges": "{ tree { page { nodes { page { edges { node { page { nodes { name } } } } } } } } }",
    "a list at the root": "{ trees { children { children { name } } } }",
    "lists that are awaited": nested("later", "later", "later"),
    "lists that ask for info": nested("asking", "asking", "asking"),
    "lists with broken objects": nested("broken", "broken", "broken", "broken"),
    "long texts": nested("children", "children", leaf="text"),
    "long names": nested("children", "children", leaf="a" * 50_000 + ": name"),
    "in a fragment": "{ tree { ...A } } fragment A on Tree { children { ...B } } fragment B on Tree { children { ...C } }"
    " fragment C on Tree { children { children { name } } }",
}


@pytest.fixture(autouse=True)
async def counters() -> None:
    await cache.start(None)


async def requested(serve: Serve, query: str, **options: Any) -> httpx.Response:
    global made
    made = 0
    http = await serve(schema, **{"limits": Limits(cost=BOUND), "rates": UNLIMITED, "debug": True, **options})
    return await http.post("", json={"query": query}, headers={"X-Linesheet-Debug": "1", "X-Linesheet-Cost": "1"})


# graphql-core cancels what it has not begun to await, and never awaits it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", RELATIVES)
async def test_an_answer_stops_at_the_bound_whatever_its_shape(serve: Serve, name: str) -> None:
    answer = await requested(serve, RELATIVES[name])
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "TOO_COMPLEX"), error
    assert "100,000 values" in error["message"]
    assert "first" in error["message"]
    # What was made in vain, because a slice was too long or an object broken, is bounded too.
    assert made <= 2 * BOUND
    gc.collect()


@pytest.mark.parametrize("items", [10, 1_000, 8_000])
async def test_an_answer_within_the_bound_is_whole_and_its_cost_is_told(serve: Serve, items: int) -> None:
    answer = await requested(serve, f"{{ many(items: {items}) {{ name pair {{ name }} }} }}")
    trees = [{"name": "leaf", "pair": [{"name": "leaf"}] * 2}] * items
    assert answer.json()["data"] == {"many": trees}
    cost = answer.json()["extensions"]["cost"]
    assert cost["bound"] == BOUND
    assert items * 4 + 20 >= cost["counted"] >= items * 4
    assert cost["bytes"] == len(orjson.dumps({"many": trees}))
    assert made <= 3 * items + WHOLE


@pytest.mark.parametrize(
    "query",
    [
        "{ many(items: 20000) { name pair { name } } }",
        "{ many(items: 1500) { name asking { name } } }",
        nested("children", "matrix"),
    ],
)
async def test_no_slice_of_a_large_answer_is_long(serve: Serve, query: str) -> None:
    answer = await requested(serve, query, limits=Limits(cost=5_000_000))
    debug = answer.json()["extensions"]["debug"]
    assert debug["values"] > 2 * WHOLE
    assert 0 < debug["longest"] <= max(WHOLE, 2 * SLICE)


async def test_others_get_their_turn_while_a_large_answer_is_made(serve: Serve) -> None:
    """As many looks of the event loop at others as there are slices: a small answer is there long before a large one."""
    http = await serve(schema, limits=Limits(cost=10_000_000), rates=UNLIMITED)
    finished: list[str] = []

    async def post(name: str, query: str) -> None:
        assert "errors" not in (await http.post("", json={"query": query})).json()
        finished.append(name)

    large = "{ many(items: 100000) { name pair { name } } }"
    await asyncio.gather(
        post("large", large), post("larger", large), *[post("small", "{ many(items: 10) { name } }") for _ in range(20)]
    )
    assert finished[:20] == ["small"] * 20


async def test_a_change_without_a_key_says_that_it_was_made(serve: Serve) -> None:
    planted.clear()
    large = nested("children", "children", "children", "children").removeprefix("{ tree").removesuffix("}")
    answer = await requested(serve, f'mutation {{ plant(name: "a") {large} second: plant(name: "b") {{ name }} }}')
    assert answer.status_code == 200
    error = answer.json()["errors"][0]
    assert error["extensions"]["code"] == "TOO_COMPLEX"
    assert error["path"][0] == "plant"
    assert "was carried out" in error["message"]
    assert answer.json()["data"] is None
    assert planted == ["a"]


async def test_the_cost_is_told_to_those_who_ask(serve: Serve) -> None:
    http = await serve(schema)
    assert "extensions" not in (await http.post("", json={"query": "{ tree { name } }"})).json()
    answer = await http.post("", json={"query": "{ tree { name } }"}, headers={"X-Linesheet-Cost": "1"})
    cost = answer.json()["extensions"]["cost"]
    assert set(cost) == {"estimated", "counted", "bytes", "bound", "bytesBound", "charged", "allowance"}
    assert cost["counted"] == 1


async def test_bytes_are_bounded_too(serve: Serve) -> None:
    answer = await requested(
        serve, "{ many(items: 9000) { name pair { name } } }", limits=Limits(cost=10_000_000, answer_bytes=200_000)
    )
    assert answer.status_code == 400
    assert "200,000 bytes" in answer.json()["errors"][0]["message"]


async def test_what_an_answer_took_is_charged_afterwards(serve: Serve) -> None:
    """An estimate that was too low pays later: the next request waits."""
    http = await serve(schema, rates=Rates(address=100_000), limits=Limits(cost=500_000))
    for query, statuses in (("{ many(items: 1) { name } }", {200}), ("{ many(items: 100000) { name } }", {200})):
        assert (await http.post("", json={"query": query})).status_code in statuses
    refused = await http.post("", json={"query": "{ many(items: 1) { name } }"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_an_answer_that_took_what_was_estimated_asks_the_cache_once() -> None:
    gate = Gate(Rates())
    counted = Counted("key", 1_000_000, 30_000)
    assert await gate.settle(counted, 30_000) == 0
    assert await gate.settle(counted, 30_500) == 0
    assert await gate.settle(counted, 90_000) == 60_000


async def test_describing_the_schema_again_costs_nothing(serve: Serve) -> None:
    http = await serve(schema, debug=True)
    told = []
    for _ in range(3):
        answer = await http.post("", json={"query": get_introspection_query()}, headers={"X-Linesheet-Cost": "1"})
        told.append(answer.json())
    assert told[0]["data"] == told[1]["data"] == told[2]["data"]
    costs = [one["extensions"]["cost"] for one in told]
    assert costs[0]["counted"] > 1_000
    assert costs[1]["counted"] == costs[2]["counted"] == 0
    assert costs[2]["charged"] < costs[0]["charged"] / 5


async def test_a_kept_description_belongs_to_its_variables_and_its_operation(serve: Serve) -> None:
    http = await serve(schema, debug=True)
    query = 'query A($name: String!) { __type(name: $name) { name } } query B { __type(name: "Edge") { kind } }'
    for _ in range(2):
        for name in ("Tree", "Page"):
            answer = await http.post("", json={"query": query, "operationName": "A", "variables": {"name": name}})
            assert answer.json() == {"data": {"__type": {"name": name}}}
        answer = await http.post("", json={"query": query, "operationName": "B"})
        assert answer.json() == {"data": {"__type": {"kind": "OBJECT"}}}


async def test_descriptions_are_refused_where_introspection_is_off(serve: Serve) -> None:
    http = await serve(schema, introspection=False)
    for _ in range(2):
        assert "errors" in (await http.post("", json={"query": "{ __schema { types { name } } }"})).json()


def test_kept_descriptions_are_bounded() -> None:
    kept = Descriptions(capacity=1_000)
    requests = [Parameters(f"query Q{number} {{ __typename }}", None, {}) for number in range(20)]
    for parameters in requests:
        kept.keep(parameters, b"x" * 100)
        kept.keep(parameters, b"y" * 100)
    assert kept.size <= 1_000
    assert kept.find(requests[0]) is None
    assert kept.find(requests[-1]) == b"y" * 100


async def test_a_description_that_goes_round_in_circles_stops_at_the_bound(serve: Serve) -> None:
    """Validation bounds how deep, and the count how much."""
    names = " ".join(f"f{n}: fields {{ name type {{ ofType {{ fields {{ name args {{ name }} }} }} }} }}" for n in range(150))
    answer = await requested(serve, f"{{ __schema {{ types {{ {names} }} }} }}", limits=Limits(cost=300_000))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "TOO_COMPLEX")
