"""Connections to PostgreSQL, and how long anybody waits for one: never for ever, and a database that is away is said to be away.

Tortoise finds `client_class` here (its `engine`), so that the statements of its models and ours come through the same door.
"""

import logging
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    PoolConnectionWrapper,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from backend.core.errors import Unavailable

log = logging.getLogger(__name__)

# Seconds for a connection to be opened; the driver would try for a minute.
CONNECT_WITHIN = 5.0
# Seconds that anybody waits for a connection of the pool to come free.
WAIT = 5.0
# What says that the server is gone, starts, stops or has no room, and not that a statement is wrong.
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # a statement met a connection that was just being closed
)
BUSY = "The shop is too busy to answer just now: no database connection was free in time. Try again in a moment."
GONE = (
    "The shop's database does not answer. Try again in a moment. If you sent a change, look whether it was made before you send it"
    " again, or send it with the same Idempotency-Key."
)


def raise_if_gone(error: BaseException, *, lost: bool) -> None:
    """Raises Unavailable for what happened because the connection was `lost`; the driver says that in several ways."""
    if isinstance(error, AWAY) or (lost and isinstance(error, asyncpg.InterfaceError)):
        log.warning("the database does not answer: %s", type(error).__name__)
        raise Unavailable(GONE) from error


def is_lost(connection: Any) -> bool:
    """Whether a connection from the pool was closed under its holder, who then has none any more."""
    return connection is None or connection._con is None or connection.is_closed()


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """Raises Unavailable when no connection is free within `wait` seconds, or none can be opened."""

    wait = WAIT

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109  # asyncpg's own
        waits = self._queue.empty()  # only then is a timer worth its price
        try:
            return await super()._acquire(timeout or (self.wait if waits else None))
        except AWAY as error:
            if waits and isinstance(error, TimeoutError):
                raise Unavailable(BUSY) from error
            raise_if_gone(error, lost=True)
            raise


class OneStatement(ConnectionWrapper[Any]):
    """A transaction's connection, for one statement at a time."""

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self._lock.release()
        if error is not None:
            raise_if_gone(error, lost=is_lost(self.connection))


class InTransaction(TransactionWrapper):
    """Tortoise's client within a transaction."""

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return OneStatement(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(InTransaction(self))


class FromPool(PoolConnectionWrapper[Any]):
    """A connection for the statements of one block."""

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        lost = error is not None and is_lost(self.connection)
        await super().__aexit__(kind, error, traceback)
        if error is not None:
            raise_if_gone(error, lost=lost)


class Transaction(TransactionContextPooled):
    """Tortoise's, which would keep the connection when BEGIN fails or is cancelled, and would hide why a lost one was lost."""

    async def __aenter__(self) -> Any:
        await self.ensure_connection()
        client: Any = self.client
        client._connection = await client._parent._pool.acquire()
        self.token = get_connections().set(self.connection_name, client)
        try:
            await client.begin()
        except BaseException as error:
            lost = is_lost(client._connection)
            await self._let_go()
            raise_if_gone(error, lost=lost)
            raise
        return client

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        client: Any = self.client
        try:
            if kind is None:
                await client.commit()
            elif is_lost(client._connection):
                raise_if_gone(error, lost=True)
            else:
                await client.rollback()
        except Exception as problem:
            raise_if_gone(problem, lost=is_lost(client._connection))
            raise
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        client: Any = self.client
        get_connections().reset(self.token)
        if client._parent._pool:
            await client._parent._pool.release(client._connection)


class Client(AsyncpgDBClient):
    """Tortoise's client over our pool."""

    async def create_pool(self, **settings: Any) -> asyncpg.Pool:
        """Opens no connection yet: one database that is away would let all requests wait in a row for the first."""
        floor, wait = settings.pop("min_size"), settings.pop("wait")
        pool = Pool(
            None, min_size=0, init_size=0, max_queries=50_000, max_inactive_connection_lifetime=300.0, connect=None, setup=None,
            init=None, reset=None, record_class=asyncpg.Record, timeout=CONNECT_WITHIN, **settings,
        )  # fmt: skip
        pool.wait = wait
        await pool
        pool._minsize = floor
        return pool

    def acquire_connection(self) -> PoolConnectionWrapper[Any]:
        return FromPool(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return Transaction(InTransaction(self), self._pool_init_lock)


client_class = Client
