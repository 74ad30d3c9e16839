"""Keys and public ids: random 63-bit keys, so that an id tells nobody how many orders there are, and their opaque public form `kind.key`."""

import secrets
from collections.abc import Iterable

MAX_KEY = 2**63 - 1
# Bits by which neighbours differ: among a thousand of them two are equal once in two million times.
_BESIDE = 40


def new_id() -> int:
    """A random positive bigint: known before the insert, so parents and children are written in one statement each."""
    return secrets.randbits(63) or 1


def new_id_beside(key: int) -> int:
    """A random key that shares its first bits with another: what is read together then lies together in every index."""
    return (key >> _BESIDE << _BESIDE | secrets.randbits(_BESIDE)) or 1


def global_id(kind: str, key: int) -> str:
    return f"{kind}.{key}"


def parse_id(kind: str, text: str | None) -> int | None:
    """The key in a public id of this kind; None for anything malformed or of another kind: to the caller it is simply absent."""
    if text is None or len(text) > 64:
        return None
    prefix, _, digits = text.partition(".")
    if prefix != kind or not (digits.isascii() and digits.isdigit()):
        return None
    key = int(digits)
    return key if 0 < key <= MAX_KEY and str(key) == digits else None


def parse_ids(kind: str, texts: Iterable[str]) -> list[int]:
    """The keys of those that parse, in order."""
    return [key for key in (parse_id(kind, text) for text in texts) if key is not None]


def split_id(text: str) -> tuple[str, int] | None:
    """Kind and key of a public id, for `node`."""
    kind = text.partition(".")[0]
    key = parse_id(kind, text)
    return None if key is None else (kind, key)
