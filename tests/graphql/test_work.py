"""How much work an answer is, counted in Python calls, which no busy machine can change."""

import sys
from types import FrameType
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader

from backend.graphql.documents import DocumentCache
from backend.graphql.executor import execute
from backend.graphql.limits import Limits
from backend.graphql.variables import coerce_variables


@strawberry.type
class Money:
    amount: str
    currency: str


@strawberry.type
class Break:
    minimum: int
    price: Money


@strawberry.type
class Variant:
    id: strawberry.ID
    sku: str
    price: Money | None
    breaks: list[Break]


@strawberry.type
class Product:
    id: strawberry.ID
    name: str
    variants: list[Variant]

    @strawberry.field
    async def brand(self, info: strawberry.Info) -> str:
        loaded: str = await info.context.load(int(self.id) % 3)
        return loaded


def products(count: int, variants: int = 12) -> list[Product]:
    money = Money(amount="1.50", currency="EUR")
    breaks = [Break(minimum=quantity, price=money) for quantity in (1, 12, 48)]
    row = [Variant(id=strawberry.ID(str(n)), sku=f"SKU-{n}", price=money, breaks=breaks) for n in range(variants)]
    return [Product(id=strawberry.ID(str(n)), name="Jacket", variants=row) for n in range(count)]


@strawberry.type
class Query:
    @strawberry.field
    async def products(self, first: int = 24) -> list[Product]:
        return products(first)


schema = strawberry.Schema(query=Query)
documents = DocumentCache(schema._schema, Limits())
PAGE = """query ($first: Int!) { products(first: $first) { id name
  variants { id sku price { amount currency } breaks { minimum price { amount currency } } } } }"""


async def answer(source: str, context: object = None, **variables: Any) -> Any:
    operation = documents.get(source).operation(None)
    values = coerce_variables(documents.schema, operation, variables, hide_suggestions=False)
    return await execute(documents.schema, operation, values, context)


async def calls(source: str, **variables: Any) -> int:
    """Python functions called while a known operation is answered."""
    await answer(source, **variables)
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    watched = sys.getprofile()
    sys.setprofile(profile)
    try:
        await answer(source, **variables)
    finally:
        sys.setprofile(watched)
    return count


async def test_a_page_costs_one_call_for_each_object_and_list() -> None:
    """5,257 fields in fewer than 3,000 calls; graphql-core needs more than ten for each field."""
    one, page = await calls(PAGE, first=1), await calls(PAGE, first=24)
    objects = 1 + 12 * (1 + 1 + 3 * 2)
    lists = 1 + 12
    per_product = (page - one) / 23
    assert per_product <= objects + lists + 2
    assert page < 3_000


async def test_calls_grow_with_the_rows_and_no_faster() -> None:
    ten, hundred = await calls(PAGE, first=10), await calls(PAGE, first=100)
    assert hundred < 10 * ten


async def test_the_way_to_the_first_field_is_short() -> None:
    assert await calls("{ products(first: 0) { id } }") < 150


async def test_data_loaders_still_batch() -> None:
    batches: list[list[int]] = []

    async def load(keys: list[int]) -> list[str]:
        batches.append(keys)
        return [f"brand {key}" for key in keys]

    outcome = await answer("{ products(first: 5) { brand name variants { sku } } }", DataLoader(load_fn=load))
    assert not outcome.result.errors
    assert outcome.result.data["products"][4]["brand"] == "brand 1"
    assert batches == [[0, 1, 2]]
    assert outcome.figures.compiled == 5  # the variants of each product
