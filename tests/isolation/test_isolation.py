"""Random documents over the whole schema, sent by every kind of viewer: no answer holds a thing that belongs to somebody else.

Two checks. No mark of another owner is in an answer, and Hill's people get the same answer whether others are there or not: neither a
count, nor an order, nor an error tells of them. `ISOLATION=100000` sends as many operations; the default keeps a test run short.
"""

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from backend.api.schema import schema
from backend.app import build
from backend.companies.models import Member
from backend.core import cache, clock, database
from backend.core.database import execute, fetch_value, transaction
from backend.settings import Settings
from tests import databases
from tests.api.shopping import Client
from tests.differential.generator import Generated, Generator
from tests.isolation.marks import Marks, found_in
from tests.isolation.world import ALIKE, HILL, World, add_others, begin, leading_somewhere

OPERATIONS = int(os.environ.get("ISOLATION", "2000"))
SEED = int(os.environ.get("ISOLATION_SEED", "0"))
BATCH = 1_000
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
# What counts attempts outside of the database, or takes a twentieth of a second to hash.
SKIPPED = {"Mutation.signIn", "Mutation.setPassword", "Mutation.requestPasswordReset", "Mutation.changePassword"}
SELDOM = {"first": 0.3, "last": 0.05, "after": 0.02, "before": 0.02, "id": 0.7, "slug": 0.2, "text": 0.2, "query": 0.2}
# What is made while an operation is executed differs from run to run: ids, tokens, and the next number of a series.
MADE = re.compile(r"[a-z_]+\.\d{9,19}|\bls[a-z]*_[\w-]+|\bSO-\d+")


@dataclass(frozen=True)
class Sent:
    """An operation, who sends it, and the answer that it got."""

    viewer: str
    operation: Generated
    answer: str

    @property
    def asked(self) -> str:
        return f"{self.operation.source}\n{self.operation.variables}"


@dataclass
class Shops:
    """The shop without others and the full one: one application that serves now one database, now the other."""

    alone: str
    full: str
    world: World
    values: dict[str, list[Any]]
    app: Starlette

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[httpx.AsyncClient]:
        async with serving(self.app, url) as http:
            yield http


@asynccontextmanager
async def serving(app: Starlette, url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application over this database, by HTTP without a socket."""
    await database.start(url, pool_max=5)
    await cache.start(None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
            yield http
    finally:
        await cache.stop()
        await database.stop()


@pytest.fixture(scope="module")
def shops(database_server: str, empty_template: str) -> Iterator[Shops]:
    with (
        databases.copy_of(database_server, empty_template) as alone,
        databases.copy_of(database_server, empty_template) as full,
    ):
        yield asyncio.run(_filled(database_server, alone, full))


async def _filled(server: str, alone: str, full: str) -> Shops:
    names = [url.partition("?")[0].rpartition("/")[2] for url in (alone, full)]
    app = build(Settings(database_url=alone, values_per_minute=0))
    with clock.frozen(NOON):
        async with serving(app, alone) as http:
            world = await begin(http)
        await databases.administer(
            server, f'DROP DATABASE "{names[1]}" WITH (FORCE)', f'CREATE DATABASE "{names[1]}" TEMPLATE "{names[0]}"'
        )
        async with serving(app, full) as http:
            await add_others(world, http)
            values = await leading_somewhere(world)
    return Shops(alone, full, world, values, app)


class _Undo(Exception):
    """Rolls a mutation back, so that the next operation finds the same shop."""


async def answer(http: httpx.AsyncClient, token: str | None, operation: Generated) -> str:
    """The whole body of the answer. All that the operation wrote is undone."""
    text = ""
    with clock.frozen(NOON):
        try:
            async with transaction():
                text = (await Client(http, token).post(operation.source, operation.variables)).text
                raise _Undo
        except _Undo:
            return text


def normal(text: str) -> str:
    """Ids that were made during the execution, in the order in which they show."""
    names: dict[str, str] = {}
    return MADE.sub(lambda found: names.setdefault(found.group(), f"made {len(names)}"), text)


@dataclass
class Search:
    """Sends operations to both shops, and keeps each answer that tells of others.

    A document is sent by all who share a generator: to read and validate a document costs more than to answer it.
    """

    shops: Shops
    seed: int
    documents: int = 0
    sent: int = 0
    answered: int = 0
    compared: int = 0
    faults: list[str] = field(default_factory=list)
    generators: dict[tuple[str, ...], Generator] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # marks in an answer to one who may see them
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        alone = [(viewer,) for viewer in self.shops.world.tokens if viewer not in HILL]
        for number, viewers in enumerate([tuple(sorted(HILL)), *alone]):
            self.generators[viewers] = Generator(
                schema._schema,
                seed=self.seed * 1_000 + number,
                values=self.shops.values,
                skip_fields=set(SKIPPED),
                fields=60,
                depth=7,
                given=SELDOM,
            )

    async def run(self, operations: int) -> list[str]:
        """Stops at the first batch with a fault."""
        while self.sent < operations and not self.faults:
            await self.batch(min(BATCH, operations - self.sent))
        return self.faults

    async def batch(self, count: int) -> None:
        tokens = self.shops.world.tokens
        sent: list[Sent] = []
        async with self.shops.open(self.shops.full) as http:
            while len(sent) < count:
                viewers, operation = self.operation()
                for viewer in viewers:
                    sent.append(Sent(viewer, operation, await answer(http, tokens[viewer], operation)))
                    self.learn(viewers, sent[-1])
        self.faults += told(self.shops.world.marks, sent)
        for one in sent:
            self.seen |= found_in(one.answer) & self.shops.world.marks.seen_by.keys()
        async with self.shops.open(self.shops.alone) as http:
            for one in sent:
                if one.viewer in ALIKE:
                    self.faults += difference(one, await answer(http, tokens[one.viewer], one.operation))
                    self.compared += 1
        self.sent += len(sent)
        print(f"{self.sent:,} operations, {self.answered:,} without errors, {self.compared:,} asked again where nobody else is")

    def operation(self) -> tuple[tuple[str, ...], Generated]:
        """For Hill's people, then for another viewer in turn. Every fifth is a mutation."""
        self.documents += 1
        hill, *others = self.generators
        viewers = hill if self.documents % 2 else others[self.documents // 2 % len(others)]
        kind = "mutation" if self.generators[viewers].random.random() < 0.2 else "query"
        return viewers, self.generators[viewers].operation(kind)

    def learn(self, viewers: tuple[str, ...], one: Sent) -> None:
        """A root field that none of these viewers may ask for is asked for no more. An error of ours is a fault."""
        errors = json.loads(one.answer).get("errors", ())
        self.answered += not errors
        for error in errors:
            if error["extensions"]["code"] in ("FORBIDDEN", "NOT_SIGNED_IN") and one.viewer != "anonymous":
                name = str(error["path"][0]).partition("_")[0]
                self.refused[name, one.viewer] += 1
                if all(self.refused[name, viewer] for viewer in viewers):
                    self.generators[viewers].skip_fields |= {f"Query.{name}", f"Mutation.{name}"}
            if error["extensions"]["code"] == "INTERNAL":
                self.faults.append(f"{one.viewer} meets a fault of ours:\n{one.asked}\n{one.answer[:3000]}")


def told(marks: Marks, sent: list[Sent]) -> list[str]:
    """Answers that hold a mark of somebody else."""
    return [
        f"{one.viewer} sees {', '.join(found)}:\n{one.asked}\n{one.answer[:3000]}"
        for one in sent
        if (found := marks.hidden_from(one.viewer, one.answer, one.asked))
    ]


def difference(one: Sent, alone: str) -> list[str]:
    """Whether the answer is another one where nobody else is."""
    if normal(one.answer) == normal(alone):
        return []
    return [f"{one.viewer} can tell that others are there:\n{one.asked}\nwith {one.answer[:3000]}\nwithout {alone[:3000]}"]


MOVE = "UPDATE session SET location_id = $1 WHERE user_id = $2"
WIDEN = """
INSERT INTO assortment_product (assortment_id, product_id, name)
SELECT assortment.id, product.id, product.name FROM assortment, product WHERE code = 'hill-common' AND is_active ON CONFLICT DO NOTHING
"""


async def test_no_answer_tells_of_others(shops: Shops) -> None:
    search = Search(shops, SEED)
    faults = await search.run(OPERATIONS)
    assert not faults, f"{len(faults)} of {search.sent:,}\n\n" + "\n\n".join(faults[:5])
    assert search.answered > OPERATIONS * 0.3
    marks = shops.world.marks
    to_see = {mark for mark, viewers in marks.seen_by.items() if viewers}
    unseen = sorted(marks.about[mark] for mark in to_see - search.seen)
    print(f"{len(to_see) - len(unseen)} of {len(to_see)} marks were seen by those who may; never: {unseen}")
    assert len(unseen) < len(to_see) / 2, "the answers hold too little to tell anything"


async def test_a_session_at_the_wrong_place_is_found(shops: Shops) -> None:
    """Planted: a token of a buyer leads to the place of another company."""
    buyer, hill, main = shops.world.people["buyer"], shops.world.hill, shops.world.main
    assert isinstance(buyer, Member)
    assert hill is not None
    assert main is not None
    async with shops.open(shops.full):
        other = await fetch_value("SELECT id FROM company_location WHERE company_id <> $1", hill.id)
        await execute(MOVE, other, buyer.user_id)
    faults = await Search(shops, SEED).run(400)
    async with shops.open(shops.full):
        await execute(MOVE, main.id, buyer.user_id)
    assert faults


async def test_goods_in_a_wrong_assortment_are_found_by_their_count_alone(shops: Shops) -> None:
    """Planted: an assortment reaches one company too many. Without the marks, the two shops still tell it."""
    async with shops.open(shops.full):
        await execute(WIDEN)
    blind = replace(shops, world=replace(shops.world, marks=Marks()))
    faults = await Search(blind, SEED).run(400)
    assert any("can tell that others are there" in fault for fault in faults)
