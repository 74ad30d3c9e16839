"""The whole API through both executors: the storefront's operations, and generated ones over every type and argument.

`DIFFERENTIAL=20000 pytest tests/differential` runs as many generated operations; the default keeps a test run short.
"""

import os
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse, print_ast, validate

from backend.api.context import Context
from backend.api.schema import schema
from backend.core import clock
from backend.core.database import transaction
from backend.core.errors import Forbidden
from backend.core.viewer import Role, Viewer
from backend.graphql.documents import DocumentCache
from backend.graphql.executor import Figures
from backend.graphql.inputs import compile_inputs
from backend.graphql.limits import Limits
from bench import documents as hot
from storefront.client import DOCUMENTS, document
from tests.api.shopping import PLACE, SET_LINES, Shop, open_shop
from tests.differential.compare import Seen, by_graphql_core, by_plans, not_compiled
from tests.differential.generator import Generated, Generator
from tests.factories.companies import make_staff, viewer_of

pytestmark = pytest.mark.usefixtures("database")
OPERATIONS = int(os.environ.get("DIFFERENTIAL", "1000"))
LIMITS = Limits(mutations=1_000, tokens=50_000, aliases=5_000, overlaps=500_000, fields=50_000, cost=10**12, depth=60)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
# What counts attempts outside of the database, or takes a twentieth of a second to hash.
SKIPPED = {"Mutation.signIn", "Mutation.setPassword", "Mutation.requestPasswordReset", "Mutation.changePassword"}
SELDOM = {"first": 0.3, "last": 0.05, "after": 0.02, "before": 0.02, "id": 0.7, "slug": 0.1, "text": 0.2, "query": 0.1}
MADE = re.compile(r"[a-z_]+\.\d{9,19}|ls_[\w-]+")


def documents() -> DocumentCache:
    compile_inputs(schema)
    return DocumentCache(schema._schema, LIMITS)


class _Undo(Exception):
    """Rolls a mutation back, so that the next one finds the same shop."""


def normal(seen: Seen) -> str:
    """Ids and tokens that were made during the execution, in the order in which they show."""
    names: dict[str, str] = {}
    errors = sorted(seen.errors, key=lambda error: str(error[1]))
    return MADE.sub(lambda found: names.setdefault(found.group(), f"made {len(names)}"), f"{seen.data}\n{errors}")


async def both(cache: DocumentCache, source: str, variables: dict[str, Any], viewer: Viewer) -> tuple[str, str, Seen, Figures]:
    """What either executor answers to the same viewer in the same state."""
    seen: list[Seen] = []
    figures = Figures()
    with clock.frozen(NOON):
        try:
            async with transaction():
                seen.append(await by_graphql_core(schema, source, variables, Context(viewer)))
                raise _Undo
        except _Undo:
            pass
        try:
            async with transaction():
                found, figures = await by_plans(cache, source, variables, Context(viewer))
                seen.append(found)
                raise _Undo
        except _Undo:
            pass
    return normal(seen[0]), normal(seen[1]), seen[1], figures


async def stocked() -> tuple[Shop, dict[str, Viewer]]:
    """A shop with an order placed and a cart filled, and who may look at it."""
    shop = await open_shop()
    buyer = await viewer_of(shop.buyer, shop.rotterdam)
    lines = [{"sku": variant.sku, "quantity": 12} for variant in shop.variants[:3]]
    with clock.frozen(NOON):
        await by_graphql_core(schema, SET_LINES, {"input": {"lines": lines}}, Context(buyer))
        placed = await by_graphql_core(schema, PLACE, {"input": {}}, Context(buyer))
        await by_graphql_core(schema, SET_LINES, {"input": {"lines": [{"sku": shop.glove.sku, "quantity": 5}]}}, Context(buyer))
    assert not placed.errors
    admin = await viewer_of(await make_staff(Role.ADMIN))
    hill = await viewer_of(shop.hill_buyer, shop.hill_location)
    return shop, {"buyer": buyer, "hill": hill, "admin": admin, "anonymous": Viewer()}


async def known_values(viewer: Viewer, cache: DocumentCache) -> dict[str, list[Any]]:
    """Values for arguments that lead somewhere: ids, slugs and numbers that this viewer can see."""
    source = """{ products { nodes { id slug brand { id slug } variants { id sku } } } locations { nodes { id } }
      orders { nodes { id number lines { id } } } cart { id lines { id sku } } }"""
    seen, _ = await by_plans(cache, source, {}, Context(viewer))
    text = repr(seen.data)
    ids = sorted(set(re.findall(r"[a-z_]+\.\d{9,19}", text)))
    skus = sorted(set(re.findall(r"\('sku', \('str', '([^']+)'\)\)", text)))
    slugs = sorted(set(re.findall(r"\('slug', \('str', '([^']+)'\)\)", text)))
    numbers = sorted(set(re.findall(r"\('number', \('str', '([^']+)'\)\)", text)))
    return {
        "ID": [*ids, "nothing.1", ""],
        "CartLineInput.sku": [*skus, "NONE"],
        "Query.product.sku": [*skus, "NONE"],
        "Query.product.slug": [*slugs, "none"],
        "Query.explainPrice.sku": [*skus, "NONE"],
        "Query.order.number": [*numbers, "0"],
        "String": [*skus, "jacket", "", "x"],
        "Int": [1, 2, 12, 12, 0, -1],
        "quantity": [1, 2, 12, 24, 0],
        "first": [1, 2, 3, 24, 100, 101],
        "last": [1, 3],
        "expectedVersion": [1, 2, 3],
    }


def forbidden(seen: Seen) -> set[str]:
    """Root fields that this viewer may not ask for: once is enough."""
    names = {str(path[0]).partition("_")[0] for message, path, _ in seen.errors if path and message == Forbidden().message}
    return {f"{root}.{name}" for root in ("Query", "Mutation") for name in names}


async def test_generated_operations_are_answered_alike() -> None:
    cache = documents()
    _shop, viewers = await stocked()
    values = {name: await known_values(viewer, cache) for name, viewer in viewers.items()}
    generators = {
        name: Generator(schema._schema, seed=number, values=values[name], skip_fields=set(SKIPPED), fields=60, given=SELDOM)
        for number, name in enumerate(viewers)
    }
    invalid = answered = compiled = fallbacks = 0
    for number in range(OPERATIONS):
        name = "anonymous" if number % 29 == 0 else ("buyer", "admin", "hill", "buyer")[number % 4]
        generated: Generated = generators[name].operation("mutation" if number % 5 == 3 else "query")
        if validate(schema._schema, parse(generated.source)):
            invalid += 1
            continue
        expected, found, seen, figures = await both(cache, generated.source, generated.variables, viewers[name])
        assert found == expected, f"{name}: {generated.source}\n{generated.variables}"
        assert not seen.faults, f"{name}: {generated.source}\n{generated.variables}\n{seen.faults}"
        answered += not seen.errors
        compiled += figures.compiled
        fallbacks += figures.fallbacks
        if name != "anonymous":
            generators[name].skip_fields |= forbidden(seen)
    print(
        f"{OPERATIONS:,} operations, {invalid} invalid, {answered:,} without errors; of {compiled + fallbacks:,} selections below a resolver"
        f" {compiled / (compiled + fallbacks):.2%} compiled"
    )
    assert invalid < OPERATIONS * 0.05
    assert answered > OPERATIONS * 0.4


@pytest.mark.parametrize("name", sorted(path.stem for path in DOCUMENTS.glob("*.graphql")))
def test_every_operation_of_the_storefront_is_compiled(name: str) -> None:
    source = document(name)
    operations = [definition for definition in parse(source).definitions if isinstance(definition, OperationDefinitionNode)]
    if operations:
        # What @include asks: with everything asked for, everything is looked at.
        flags = {
            one.variable.name.value: True for one in operations[0].variable_definitions or () if print_ast(one.type) == "Boolean!"
        }
        assert not_compiled(documents(), source, flags) == set()


@pytest.mark.parametrize("name", ["PAGE_WITH_FACETS", "PAGE", "DETAIL", "CART", "SET_LINES", "PLACE_ORDER"])
def test_every_operation_of_the_bench_is_compiled(name: str) -> None:
    assert not_compiled(documents(), getattr(hot, name)) == set()
