"""The compiled executor answers what graphql-core answers, over a schema whose objects are as broken as objects can be."""

import asyncio
import enum
import os
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, NewType

import pytest
import strawberry
from graphql import Undefined, parse, validate
from strawberry.schema.config import StrawberryConfig

from backend.core.errors import BadInput
from backend.graphql.documents import DocumentCache
from backend.graphql.executor import Figures, Plans
from backend.graphql.limits import Limits
from tests.differential.compare import Seen, by_graphql_core, by_plans, difference
from tests.differential.generator import Generator

OPERATIONS = max(60, int(os.environ.get("DIFFERENTIAL", "0")) // 50)  # each of them with several worlds, sound and broken
LIMITS = Limits(tokens=50_000, aliases=5_000, overlaps=500_000, fields=50_000, cost=10**12, depth=60)

Amount = NewType("Amount", Decimal)
Strange = NewType("Strange", object)


def strange(value: object) -> object:
    """A scalar that refuses some values and makes nothing of others."""
    if value == "refused":
        raise ValueError("refused by the scalar")
    return None if value == "nothing" else str(value)


config = StrawberryConfig(
    scalar_map={
        Amount: strawberry.scalar(name="Decimal", serialize=str, parse_value=Decimal),
        Strange: strawberry.scalar(name="Strange", serialize=strange, parse_value=str),
    }
)


@strawberry.enum
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.enum
class Size(enum.StrEnum):
    SMALL = "S"
    LARGE = "L"


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Money:
    amount: Amount
    currency: str
    odd: Strange | None


@strawberry.type
class Thing(Node, Named):
    count: int
    ratio: float
    is_open: bool
    color: Color
    size: Size | None
    note: str | None
    tags: list[str]
    grid: list[list[int | None]] | None
    prices: list[Money]
    sparse: list[Money | None] | None
    money: Money
    maybe: Money | None
    other: "Thing | None"
    parts: list["Part"]
    either: "Either | None"
    many: list["Either"]
    named: Named | None

    @strawberry.field
    def label(self) -> str:
        return f"{self.name}/{self.count}"

    @strawberry.field
    def price(self, quantity: int = 1, color: Color | None = None, factors: list[int] | None = None) -> Money | None:
        if quantity < 0:
            raise BadInput("quantity must not be negative")
        if quantity == 0:
            return None
        return Money(amount=Amount(Decimal(quantity) * sum(factors or [1])), currency=color.name if color else "EUR", odd=None)

    @strawberry.field
    async def later(self) -> "Thing | None":
        await asyncio.sleep(0)
        return self.other

    @strawberry.field
    def known_to(self, info: strawberry.Info) -> str:
        return f"{info.field_name} {info.context.seed}"


@strawberry.type
class Part(Node):
    quantity: int
    whole: Thing | None

    @strawberry.field
    def double(self) -> int:
        return self.quantity * 2


@strawberry.type
class Gone(Named):
    reason: str


Either = Annotated[Thing | Part | Gone, strawberry.union("Either")]


class Poisoned(Exception):
    """A value that graphql-core raises where it finds it."""


@dataclass
class World:
    """Random objects from a seed, some of them broken; the context of one execution."""

    seed: int
    poison: float

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def leaf(self, good: object) -> Any:
        """The value itself, or now and then one that does not belong there."""
        if self.random.random() >= self.poison:
            return good
        bad: list[Any] = [None, 1, 1.5, True, "red", "S", "nothing", "refused", [], Poisoned("poisoned"), object, Undefined, 2**31]
        bad += [Color.RED, Size.SMALL, Decimal("1"), float("nan"), "x", (), asyncio.sleep, 10**400]
        return self.random.choice(bad)

    def some(self, make: Any, depth: int) -> Any:
        items = [make(depth + 1) for _ in range(self.random.randint(0, 3))]
        roll = self.random.random()
        if roll < self.poison:
            return self.random.choice([None, tuple(items), set(), iter(items), {}, "text", 5, Poisoned("a list"), [None, *items]])
        return items

    def money(self, depth: int) -> Any:
        if self.random.random() < self.poison / 2:
            return self.random.choice([None, Poisoned("money"), "money", Lazy(self), self.part(9)])
        odd = self.random.choice(["x", 5, None])
        return Money(amount=self.leaf(Decimal("1.50")), currency=self.leaf("EUR"), odd=self.leaf(odd))

    def grid(self) -> Any:
        return self.random.choice([None, [[1, None], []], [[self.leaf(3)]], [(1, 2)]])

    def thing(self, depth: int) -> Any:
        pick = self.random
        if pick.random() < self.poison / 3:
            return pick.choice([None, Poisoned("thing"), self.money(depth), Raising(), Partial()])
        deep = depth > 1
        return Thing(
            id=strawberry.ID(self.leaf(pick.choice(["7", 7]))),
            name=self.leaf("thing"),
            count=self.leaf(pick.choice([1, 0, -5])),
            ratio=self.leaf(pick.choice([0.5, 2])),
            is_open=self.leaf(pick.random() < 0.5),
            color=self.leaf(Color.BLUE),
            size=self.leaf(pick.choice([Size.LARGE, None])),
            note=self.leaf(pick.choice(["note", None])),
            tags=[self.leaf("tag") for _ in range(pick.randint(0, 3))],
            grid=self.grid(),
            prices=self.some(self.money, depth),
            sparse=pick.choice([None, [self.money(depth), None]]),
            money=self.money(depth),
            maybe=pick.choice([None, self.money(depth)]),
            other=None if deep else self.thing(depth + 1),
            parts=[] if deep else self.some(self.part, depth),
            either=None if deep else self.either(depth + 1),
            many=[] if deep else self.some(self.either, depth),
            named=None if deep else pick.choice([self.thing(depth + 1), Gone(name="g", reason="r"), self.part(depth + 1)]),
        )

    def part(self, depth: int) -> Any:
        whole = None if depth > 1 else self.thing(depth + 1)
        return Part(id=strawberry.ID("9"), quantity=self.leaf(3), whole=whole)

    def either(self, depth: int) -> Any:
        roll = self.random.random()
        if roll < self.poison / 3:
            return self.random.choice([None, self.money(depth), Poisoned("either"), Raising(), 5])
        return self.random.choice([self.thing, self.part, lambda _: Gone(name=self.leaf("gone"), reason="r")])(depth)


class Raising:
    """Whatever is asked of it raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


class Partial:
    """An object of no GraphQL type that has some of the fields."""

    id = "1"
    name = "partial"


class Lazy:
    """A row whose attributes have to be awaited."""

    def __init__(self, world: World) -> None:
        self.currency = "EUR"

    @property
    def amount(self) -> Any:
        async def later() -> Decimal:
            return Decimal("2.5")

        return later()

    @property
    def odd(self) -> Any:
        return self.amount


@strawberry.type
class Query:
    @strawberry.field
    async def thing(self, info: strawberry.Info) -> Thing | None:
        return info.context.thing(0)  # type: ignore[no-any-return]

    @strawberry.field
    async def things(self, info: strawberry.Info, first: int = 3) -> list[Thing]:
        return [info.context.thing(0) for _ in range(first)]

    @strawberry.field
    def maybes(self, info: strawberry.Info) -> list[Thing | None] | None:
        return [info.context.thing(1), None, info.context.thing(1)]

    @strawberry.field
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> Node | None:
        return info.context.random.choice([info.context.thing, info.context.part])(1)  # type: ignore[no-any-return]

    @strawberry.field
    async def either(self, info: strawberry.Info) -> Either | None:
        return info.context.either(0)  # type: ignore[no-any-return]

    @strawberry.field
    async def matrix(self, info: strawberry.Info) -> list[list[Thing]]:
        return [[info.context.thing(2), info.context.thing(2)], []]

    @strawberry.field
    async def broken(self) -> Thing | None:
        raise RuntimeError("broken")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, info: strawberry.Info, quantity: int) -> Either:
        return info.context.either(0)  # type: ignore[no-any-return]


schema = strawberry.Schema(query=Query, mutation=Mutation, types=[Gone, Part], config=config)


def documents() -> DocumentCache:
    return DocumentCache(schema._schema, LIMITS)


@pytest.mark.parametrize("poison", [0.0, 0.02, 0.2])
@pytest.mark.filterwarnings("ignore:coroutine", "ignore::pytest.PytestUnraisableExceptionWarning")  # errors drop what awaits
async def test_generated_operations_are_answered_alike(poison: float) -> None:
    cache = documents()
    generator = Generator(schema._schema, seed=int(poison * 1000) + 1)
    invalid = compiled = 0
    for number in range(OPERATIONS):
        generated = generator.operation("mutation" if number % 10 == 0 else "query")
        if validate(schema._schema, parse(generated.source)):
            invalid += 1
            continue
        for seed in range(2):
            world_seed = number * 2 + seed
            world = partial(World, world_seed, poison)
            figures, report = await difference(schema, cache, generated.source, generated.variables, world)
            assert report is None, report
            compiled += figures.compiled
    assert invalid < OPERATIONS * 0.05
    assert compiled > OPERATIONS


async def answers(source: str, variables: dict[str, Any] | None = None, poison: float = 0.0) -> tuple[Seen, Figures]:
    """The answer of both executors, which must be one."""
    cache = documents()
    expected = await by_graphql_core(schema, source, variables or {}, World(1, poison))
    found, figures = await by_plans(cache, source, variables or {}, World(1, poison))
    assert found == expected
    return found, figures


async def test_plans_are_keyed_by_all_merged_nodes() -> None:
    """Keyed by the first node alone, `b` would get the plan of `a` and lose what the fragment is merged with."""
    source = """{ thing { a: other { knownTo ...F } b: other { knownTo ...F parts { quantity } } } }
    fragment F on Thing { parts { id } }"""
    found, figures = await answers(source)
    assert figures.compiled == 2
    assert "quantity" in repr(found.data)


async def test_flags_select_plans() -> None:
    cache = documents()
    source = "query ($a: Boolean!, $b: Boolean = true) { thing { id @skip(if: $a) name @include(if: $b) count } }"
    for _ in range(2):
        for variables in ({"a": True}, {"a": False}, {"a": True, "b": False}, {"a": False, "b": False}):
            expected = await by_graphql_core(schema, source, variables, World(1, 0))
            found, figures = await by_plans(cache, source, variables, World(1, 0))
            assert found == expected
            assert (figures.compiled, figures.fallbacks, figures.failures) == (1, 0, 0)


async def test_arguments_are_worked_out_per_request() -> None:
    cache = documents()
    source = """query ($q: Int!, $c: Color, $f: [Int!]) { things {
      price(quantity: $q, color: $c, factors: $f) { amount currency } two: price(quantity: 2) { amount } none: price { amount } } }"""
    for quantity in (3, 4, 0):
        for color in (None, "RED"):
            variables = {"q": quantity, "c": color, "f": [quantity, 2]}
            expected = await by_graphql_core(schema, source, variables, World(1, 0))
            found, figures = await by_plans(cache, source, variables, World(1, 0))
            assert found == expected
            assert (figures.compiled, figures.fallbacks, figures.failures) == (1, 0, 0)
    found, figures = await by_plans(cache, source, {"q": -1}, World(1, 0))
    assert found == await by_graphql_core(schema, source, {"q": -1}, World(1, 0))
    assert figures.failures > 0
    assert found.errors[0][0] == "quantity must not be negative"


async def test_what_awaits_falls_back_level_by_level_and_says_why() -> None:
    found, figures = await answers("{ thing { id knownTo prices { amount } later { id money { amount } } } }")
    assert not found.errors
    assert figures.compiled >= 2
    assert figures.reasons == {"Thing.knownTo: its resolver awaits or asks for more than self"}


@pytest.mark.parametrize(
    "source",
    [
        "{ thing { id name count ratio isOpen color size note tags grid money { amount currency odd } label } }",
        "{ things { prices { amount } sparse { amount } maybe { amount } other { id } } }",
        "{ either { __typename ... on Thing { id } ... on Part { quantity double } ... on Gone { reason } ... on Named { name } } }",
        '{ node(id: "1") { id __typename ... on Thing { many { ... on Node { id } } } ... on Part { whole { name } } } }',
        "{ matrix { id tags } }",
        "{ maybes { id } }",
        "mutation { change(quantity: 1) { ... on Thing { id } ... on Part { id } } }",
    ],
)
async def test_plain_selections_are_compiled_without_exception(source: str) -> None:
    found, figures = await answers(source)
    assert not found.errors
    assert (figures.fallbacks, figures.failures) == (0, 0), figures.reasons
    assert figures.compiled >= 1


async def test_requests_at_once_do_not_mix() -> None:
    cache = documents()
    source = "query ($q: Int!, $skip: Boolean!) { things { later { id @skip(if: $skip) price(quantity: $q) { amount } } } }"

    async def one(number: int) -> None:
        variables = {"q": number % 7 + 1, "skip": number % 2 == 0}
        expected = await by_graphql_core(schema, source, variables, World(number, 0))
        found, _ = await by_plans(cache, source, variables, World(number, 0))
        assert found == expected

    await asyncio.gather(*(one(number) for number in range(100)))


async def test_a_scalar_that_makes_nothing_of_a_value_is_an_error_at_any_time() -> None:
    """The scalar is trusted with values of a class that it knows, not with what it makes of them."""

    @dataclass
    class Moneys(World):
        def some(self, make: Any, depth: int) -> Any:
            odds = ["fine", None, "nothing", "refused", "fine"]
            return [Money(amount=Amount(Decimal(1)), currency="EUR", odd=Strange(odd)) for odd in odds]

    cache = documents()
    source = "{ thing { prices { odd } } }"
    expected = await by_graphql_core(schema, source, {}, Moneys(1, 0))
    found, _ = await by_plans(cache, source, {}, Moneys(1, 0))
    assert found == expected
    assert len(found.errors) == 2


async def test_flags_cannot_fill_memory_with_plans() -> None:
    cache = documents()
    names = [f"f{number}" for number in range(10)]
    head = ", ".join(f"${name}: Boolean!" for name in names)
    body = " ".join(f"{name}: name @include(if: ${name})" for name in names)
    source = f"query ({head}) {{ thing {{ id {body} }} }}"
    for number in range(400):
        await by_plans(cache, source, {name: bool(number >> bit & 1) for bit, name in enumerate(names)}, World(1, 0))
    plans = cache.get(source).operation(None).plans
    assert isinstance(plans, Plans)
    assert plans.weight <= plans.weight_limit
    assert len(plans.table) < 400


async def test_a_plan_that_gives_up_is_tried_once_per_level() -> None:
    _, figures = await answers("{ thing { other { parts { whole { money { amount } } } } } }", poison=0.5)
    assert figures.failures <= 40
