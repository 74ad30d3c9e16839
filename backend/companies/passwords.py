"""Passwords at rest and tokens: argon2id in a small pool of threads, so that the event loop goes on and memory stays bounded.

Nobody who waits for a thread holds a connection of the database. The line is short, and each caller has one place at its head: a crowd from
one address delays others by one hash at most.
"""

import asyncio
import functools
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from backend.core.database import give_back_connection
from backend.core.errors import Unavailable
from backend.core.turns import Turns

T = TypeVar("T")

# One hash takes 64 MiB and some 50 ms of a core: two at a time are enough for one process.
_HASHER = PasswordHasher()
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


# So many passwords may wait in this process, and so many of one caller: the last of a full line waits a few seconds.
MOST_WAITING = 64
MOST_OF_ONE_CALLER = 12

_turns = Turns()
_waiting: Counter[str] = Counter()


async def hash_password(password: str, *, caller: str | None = None) -> str:
    """`caller`: the address that asks, None for our own work, which is never refused. Raises Unavailable."""
    return await _in_line(caller, lambda: _HASHER.hash(password))


async def matches(password_hash: str | None, password: str, *, caller: str | None = None) -> bool:
    """Whether the password is the one that was hashed; equally slow when there is no hash. Raises Unavailable for a `caller`."""
    fits = await _in_line(caller, lambda: _verify(password_hash, password))
    return fits and password_hash is not None


async def _in_line(caller: str | None, work: Callable[[], T]) -> T:
    run = asyncio.get_running_loop().run_in_executor
    await give_back_connection()
    if caller is None:
        return await run(_THREADS, work)
    if _waiting.total() >= MOST_WAITING or _waiting[caller] >= MOST_OF_ONE_CALLER:
        raise Unavailable("Too many passwords are being checked just now. Try again in a moment.")
    _waiting[caller] += 1
    try:
        async with _turns.at(caller):
            return await run(_THREADS, work)
    finally:
        _waiting[caller] -= 1
        if not _waiting[caller]:
            del _waiting[caller]


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@functools.cache
def _nobody() -> str:
    """The hash of a password that nobody knows: verified for unknown people, so that their refusal takes as long."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobody(), password)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def new_token(prefix: str) -> str:
    """256 random bits with a prefix that tells what leaked, should it turn up in a log."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> bytes:
    """What is stored of a token. Tokens are random and long: one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
