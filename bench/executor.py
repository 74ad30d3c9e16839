"""How long one answer takes without database and network: graphql-core against compiled plans, and a request from bytes to bytes.

Run it with `python -m bench.executor`. The page is the catalogue's shape: products with variants, prices and breaks, built in memory.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, NewType

import orjson
import strawberry
from graphql import ExecutionResult, execute
from starlette.requests import Request
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from backend.core.viewer import Viewer
from backend.graphql.documents import DocumentCache
from backend.graphql.executor import execute as execute_compiled
from backend.graphql.http import GraphQLApp
from backend.graphql.limits import Limits
from backend.graphql.rates import UNLIMITED
from backend.graphql.variables import coerce_variables

Amount = NewType("Amount", Decimal)
CONFIG = StrawberryConfig(scalar_map={Amount: strawberry.scalar(name="Decimal", serialize=str, parse_value=Decimal)})
PAGE = """query { products { totalCount nodes { id name slug variants {
  id sku name options { name value } unitPrice { amount currency } availability { status quantity isCapped }
  priceBreaks { minimumQuantity unitPrice { amount currency } } } } } }"""


@strawberry.enum
class Status(Enum):
    IN_STOCK = "IN_STOCK"
    LOW = "LOW"


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Money:
    amount: Amount
    currency: str


@strawberry.type
class PriceBreak:
    minimum_quantity: int
    unit_price: Money


@strawberry.type
class Option:
    name: str
    value: str


@strawberry.type
class Availability:
    status: Status
    quantity: int | None
    is_capped: bool


@strawberry.type
class Variant(Node):
    sku: str
    name: str
    options: list[Option]
    unit_price: Money | None
    price_breaks: list[PriceBreak]
    availability: Availability


@strawberry.type
class Product(Node):
    name: str
    slug: str
    variants: list[Variant]


@strawberry.type
class Products:
    nodes: list[Product]
    total_count: int


def money(amount: str) -> Money:
    return Money(amount=Amount(Decimal(amount)), currency="EUR")


def variant(number: int) -> Variant:
    return Variant(
        id=strawberry.ID(f"variant.{number}"),
        sku=f"NW-1-{number}",
        name=f"Softshell jacket {number}",
        options=[Option(name="Colour", value="Black"), Option(name="Size", value="M")],
        unit_price=money("12.10"),
        price_breaks=[PriceBreak(minimum_quantity=minimum, unit_price=money("11.40")) for minimum in (1, 12, 48)],
        availability=Availability(status=Status.IN_STOCK, quantity=100, is_capped=False),
    )


def page(products: int, variants: int) -> Products:
    nodes = [
        Product(
            id=strawberry.ID(f"product.{number}"),
            name=f"Jacket {number}",
            slug=f"jacket-{number}",
            variants=[variant(number * 100 + each) for each in range(variants)],
        )
        for number in range(products)
    ]
    return Products(nodes=nodes, total_count=products)


@dataclass
class Context:
    products: Products
    viewer: Viewer = field(default_factory=Viewer)

    def close(self) -> None:
        """Nothing to let go of."""


@strawberry.type
class Query:
    @strawberry.field
    async def products(self, info: strawberry.Info) -> Products:
        loaded: Products = info.context.products
        return loaded


async def median_ms(work: Callable[[], Awaitable[Any]], rounds: int) -> float:
    await work()
    times = []
    for _ in range(rounds):
        before = time.perf_counter()
        await work()
        times.append(time.perf_counter() - before)
    return statistics.median(times) * 1000


def count_fields(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(count_fields(item) for item in value.values())
    return sum(count_fields(item) for item in value) if isinstance(value, list) else 0


async def measure(products: int, variants: int, rounds: int) -> None:
    schema = strawberry.Schema(query=Query, config=CONFIG)
    documents = DocumentCache(schema._schema, Limits())
    operation = documents.get(PAGE).operation(None)
    context = Context(page(products, variants))
    tree = documents.parsed(PAGE)

    async def by_graphql_core() -> ExecutionResult:
        result: Any = execute(
            schema._schema,
            tree,
            context_value=context,
            executor_class=StrawberryGraphQLCoreExecutionContext,
            operation_extensions=None,
        )
        answer: ExecutionResult = await result
        return answer

    async def by_plans() -> ExecutionResult:
        values = coerce_variables(schema._schema, operation, {}, hide_suggestions=False)
        return (await execute_compiled(schema._schema, operation, values, context)).result

    request = http_request(schema, context)
    data = (await by_plans()).data
    assert data == (await by_graphql_core()).data
    fields = count_fields(data)
    print(f"{products} products of {variants} variants: {fields:,} fields, {len(orjson.dumps(data)):,} bytes")
    for name, work in (("graphql-core", by_graphql_core), ("compiled", by_plans), ("HTTP request, compiled", request)):
        milliseconds = await median_ms(work, max(5, rounds // 10) if work is by_graphql_core else rounds)
        print(f"{name:24} {milliseconds:8.2f} ms {milliseconds * 1000 / fields:8.2f} µs a field")


def http_request(schema: strawberry.Schema, context: Context) -> Callable[[], Awaitable[None]]:
    """A whole request without a socket: body, document, context, execution, JSON."""

    async def context_for(request: Request) -> Context:
        return context

    app = GraphQLApp(schema, context_for=context_for, rates=UNLIMITED)
    body = orjson.dumps({"query": PAGE})
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    async def request() -> None:
        await app(dict(scope), receive, send)

    return request


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=24)
    parser.add_argument("--variants", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=100)
    chosen = parser.parse_args()
    asyncio.run(measure(chosen.products, chosen.variants, chosen.rounds))


if __name__ == "__main__":
    main()
