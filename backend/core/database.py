"""The one door to PostgreSQL: the pool, transactions, plain SQL beside the ORM, and a count of statements per task.

`fetch`, `fetch_row`, `fetch_value` and `execute` join the transaction that is running in this task, if there is one, or else share the
connection of `one_connection`.
"""

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.client import ConnectionWrapper
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from backend.core.errors import Unavailable
from backend.core.pool import BUSY, WAIT, is_lost, raise_if_gone

APP = "linesheet"
MODEL_MODULES = (
    "backend.core.models",
    "backend.companies.models",
    "backend.catalogue.models",
    "backend.pricing.models",
    "backend.inventory.models",
    "backend.carts.models",
    "backend.orders.models",
    "backend.notices.models",
)
LOCK_TIMEOUT_MS = 10_000
STATEMENT_TIMEOUT_MS = 60_000
# What a session is set to; behind a pooler this is said to the database, since sessions are the pooler's.
SESSION = {"jit": "off", "lock_timeout": str(LOCK_TIMEOUT_MS), "statement_timeout": str(STATEMENT_TIMEOUT_MS)}
STATEMENT_CACHE = 256
RETRIED_STATES = {"40001", "40P01"}  # serialisation failure, deadlock
P = ParamSpec("P")
T = TypeVar("T")


class Statements:
    """How many statements a block of work sent; those of a block inside it count for both."""

    __slots__ = ("count", "outer", "texts")

    def __init__(self, outer: "Statements | None" = None) -> None:
        self.count = 0
        self.texts: list[str] = []
        self.outer = outer

    def add(self, query: str) -> None:
        self.count += 1
        self.texts.append(query)
        if self.outer is not None:
            self.outer.add(query)


_statements: ContextVar[Statements | None] = ContextVar("statements", default=None)


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Counts every statement sent by this task and the tasks it starts, BEGIN and COMMIT included."""
    counter = Statements(_statements.get())
    token = _statements.set(counter)
    try:
        yield counter
    finally:
        _statements.reset(token)


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Counts statements, and goes back to the pool without a RESET: nothing here sets session state."""

    def get_reset_query(self) -> str:
        return ""

    async def _execute(self, query: str, *args: Any, **kwargs: Any) -> Any:
        _count(query)
        return await super()._execute(query, *args, **kwargs)

    async def execute(self, query: str, *args: Any, **kwargs: Any) -> Any:
        if not args:  # with arguments asyncpg goes through _execute, which counts
            _count(query)
        return await super().execute(query, *args, **kwargs)

    async def executemany(self, command: str, *args: Any, **kwargs: Any) -> Any:
        _count(command)
        return await super().executemany(command, *args, **kwargs)

    async def copy_records_to_table(self, table_name: str, **kwargs: Any) -> Any:
        _count(f"COPY {table_name}")
        return await super().copy_records_to_table(table_name, **kwargs)


def _count(query: str) -> None:
    counter = _statements.get()
    if counter is not None:
        counter.add(query)


def credentials(dsn: str) -> dict[str, Any]:
    """Connection arguments from a postgresql:// address; `?host=/folder` means a Unix socket."""
    parts = urlsplit(dsn)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "host": options.pop("host", None) or parts.hostname or "localhost",
        "port": int(options.pop("port", 0) or parts.port or 5432),
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password) if parts.password else None,
        "database": parts.path.lstrip("/") or "postgres",
        **({"ssl": options["sslmode"]} if "sslmode" in options else {}),
    }


def tortoise_config(dsn: str, *, pool_min: int = 1, pool_max: int = 10, pooled: bool = False, wait: float = WAIT) -> dict[str, Any]:
    """One connection, one app, many modules: foreign keys across Tortoise apps do not work.

    `pooled`: the address is of a pooler in transaction mode, where neither settings nor prepared statements outlast a transaction.
    """
    return {
        "connections": {
            "default": {
                "engine": "backend.core.pool",
                "credentials": {
                    **credentials(dsn),
                    "minsize": pool_min,
                    "maxsize": pool_max,
                    "wait": wait,
                    "connection_class": Connection,
                    "statement_cache_size": 0 if pooled else STATEMENT_CACHE,
                    "server_settings": {"application_name": "linesheet", **({} if pooled else SESSION)},
                },
            }
        },
        "apps": {APP: {"models": list(MODEL_MODULES), "default_connection": "default", "migrations": "migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def start(dsn: str, *, pool_min: int = 1, pool_max: int = 10, pooled: bool = False, wait: float = WAIT) -> None:
    """Opens the pool for this process. Requests find it through Tortoise's global context.

    `wait`: seconds that anybody waits for a connection before Unavailable is raised.
    """
    global _places
    _places = _Places(max(1, pool_max - pool_max // 4), wait)
    config = tortoise_config(dsn, pool_min=pool_min, pool_max=pool_max, pooled=pooled, wait=wait)
    await Tortoise.init(config=config, _enable_global_fallback=True)


async def unset_in_pool(dsn: str) -> list[str]:
    """The settings of SESSION that a pooler's sessions do not have."""
    asked = await asyncpg.connect(**credentials(dsn), statement_cache_size=0)
    try:
        rows = await asked.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", list(SESSION))
    finally:
        await asked.close()
    return sorted(row["name"] for row in rows if row["setting"] != SESSION[row["name"]])


def pool_sizes() -> tuple[int, int]:
    """How many connections this process has, and how many of them nobody uses; none before the first statement."""
    pool: Any = getattr(get_connection("default"), "_pool", None)
    return (0, 0) if pool is None else (pool.get_size(), pool.get_idle_size())


async def stop() -> None:
    await Tortoise.close_connections()


Door = AbstractAsyncContextManager[asyncpg.Connection]
# Where this task's statements go: into its transaction, or over the connection that its request shares.
_door: ContextVar[Door | None] = ContextVar("door", default=None)


class _Shared:
    """A connection that is taken from the pool with the first statement and serves one statement at a time."""

    __slots__ = ("acquired", "lock", "wrapper")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wrapper: Any = None
        self.acquired: asyncpg.Connection | None = None

    async def __aenter__(self) -> asyncpg.Connection:
        await self.lock.acquire()
        if self.acquired is not None:
            return self.acquired
        try:
            return await self._take()
        except BaseException:
            self.lock.release()
            raise

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.lock.release()
        if error is not None:
            raise_if_gone(error, lost=is_lost(self.acquired))

    async def _take(self) -> asyncpg.Connection:
        wrapper = get_connection("default").acquire_connection()
        self.acquired = await wrapper.__aenter__()
        self.wrapper = wrapper
        return self.acquired

    async def give_back(self) -> None:
        if self.wrapper is not None:
            async with self.lock:
                wrapper, self.wrapper, self.acquired = self.wrapper, None, None
                if wrapper is not None:
                    await wrapper.__aexit__(None, None, None)


@asynccontextmanager
async def one_connection() -> AsyncIterator[None]:
    """Statements of this task, and of those it starts, go over one connection: to take one from the pool costs more than to send a statement.

    A transaction has its own: the shared one goes back first, so that nobody who holds a connection waits for another.
    """
    if _door.get() is not None:
        yield
        return
    shared = _Shared()
    token = _door.set(shared)
    try:
        yield
    finally:
        _door.reset(token)
        await shared.give_back()


async def give_back_connection() -> None:
    """To be called before waiting for anything but the database: the connection that this request shares goes back to the pool.

    The next statement takes one anew. The connection of a running transaction cannot be given back: wait before the transaction.
    """
    door = _door.get()
    if isinstance(door, _Shared):
        await door.give_back()


class _Places:
    """How many transactions may be open at once: fewer than the pool has connections.

    A transaction may wait for a row that another one holds, and it has a connection meanwhile. However many want that row, reads go on.
    """

    def __init__(self, at_once: int, wait: float) -> None:
        self.free = asyncio.Semaphore(at_once)
        self.wait = wait

    async def take(self) -> None:
        if not self.free.locked():
            await self.free.acquire()
            return
        try:
            async with asyncio.timeout(self.wait):
                await self.free.acquire()
        except TimeoutError as error:
            raise Unavailable(BUSY) from error


_places = _Places(8, WAIT)


def connection() -> Door:
    """The running transaction's connection, or the shared one, or one from the pool."""
    door = _door.get()
    if door is None:
        door = get_connection("default").acquire_connection()
    return door


def unseen(parameter: int, kind: str = "bigint[]") -> str:
    """SQL: the value of a parameter, which PostgreSQL's planner does not see.

    If it did, a plan for this value would look cheaper than the general one, and it would plan anew each time: that costs more than to look up.
    """
    return f"(SELECT ${parameter}::{kind})"


def any_of(parameter: int) -> str:
    """SQL: `key = {any_of(1)}`, one of the keys in $1, unseen by the planner."""
    return f"ANY({unseen(parameter)}::bigint[])"


async def fetch(query: str, *args: Any) -> list[asyncpg.Record]:
    async with connection() as acquired:
        rows: list[asyncpg.Record] = await acquired.fetch(query, *args)
        return rows


async def fetch_row(query: str, *args: Any) -> asyncpg.Record | None:
    async with connection() as acquired:
        return await acquired.fetchrow(query, *args)


async def fetch_value(query: str, *args: Any) -> Any:
    async with connection() as acquired:
        return await acquired.fetchval(query, *args)


async def execute(query: str, *args: Any) -> int:
    """Runs a statement; the number of rows it touched."""
    async with connection() as acquired:
        tag: str = await acquired.execute(query, *args)
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


async def copy(table: str, columns: Sequence[str], records: Sequence[tuple[Any, ...]]) -> None:
    """Bulk load with COPY, inside the running transaction if there is one."""
    async with connection() as acquired:
        await acquired.copy_records_to_table(table, columns=list(columns), records=records)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """All or nothing. Inside another one it is a savepoint, so that a refused action undoes only itself."""
    places = None if isinstance(_door.get(), ConnectionWrapper) else _places
    if places is not None:
        await give_back_connection()
        await places.take()
    try:
        async with in_transaction("default") as client:
            token = _door.set(client.acquire_connection())
            try:
                yield
            finally:
                _door.reset(token)
    finally:
        if places is not None:
            places.free.release()


def retried(action: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Runs an action again, up to three times, when PostgreSQL chose it as the victim of a deadlock."""

    @functools.wraps(action)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(3):
            try:
                return await action(*args, **kwargs)
            except asyncpg.PostgresError as error:
                if error.sqlstate not in RETRIED_STATES:
                    raise
                await asyncio.sleep(random.uniform(0.01, 0.05) * (attempt + 1))
        return await action(*args, **kwargs)

    return run
