"""Passwords at rest and tokens: argon2id in a small pool of threads, so that the event loop goes on and memory stays bounded."""

import asyncio
import functools
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# One hash takes 64 MiB and some 50 ms of a core: two at a time are enough for one process.
_HASHER = PasswordHasher()
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; equally slow when there is no hash."""
    fits = await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, password_hash, password)
    return fits and password_hash is not None


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
