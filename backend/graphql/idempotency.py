"""One answer for one Idempotency-Key: a mutation that is sent again gets the first answer again, for 24 hours.

Promises that key, answer and all that the mutation wrote are one transaction: after a crash either all of it is there or none.
A concurrent twin waits for the first to commit. Answers that hold a token, INTERNAL, CONFLICT, UNAVAILABLE and RATE_LIMITED are not kept.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
from graphql import FieldNode, GraphQLSchema, OperationType, get_named_type, is_abstract_type

from backend.core import clock
from backend.core.database import execute, fetch_row, fetch_value, transaction
from backend.core.errors import BadInput, Code, Conflict
from backend.core.ids import new_id
from backend.core.turns import Turns
from backend.core.viewer import Viewer
from backend.graphql.documents import Operation
from backend.graphql.errors import has_code
from backend.graphql.request import Parameters

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 255

# A key is new, or so old that it may be used again. While another transaction holds the same key, this waits for its end.
CLAIM = """
INSERT INTO idempotency_key (id, viewer_key, key, body_hash, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (viewer_key, key) DO UPDATE
SET id = excluded.id, body_hash = excluded.body_hash, created_at = excluded.created_at, status = NULL, answer = NULL
WHERE idempotency_key.created_at < $6
RETURNING id
"""
STORE = "UPDATE idempotency_key SET status = 200, answer = $2 WHERE id = $1"
FORGET = "DELETE FROM idempotency_key WHERE id = $1"
FIRST = "SELECT body_hash, answer FROM idempotency_key WHERE viewer_key = $1 AND key = $2"


@dataclass(frozen=True, slots=True)
class Once:
    """What makes two requests the same: who asks, under which key, and what."""

    viewer_key: str
    key: str
    body_hash: bytes


# Twins in this process wait here, without a database connection each; twins in another one wait for the row.
_twins = Turns()


class _UndoneError(Exception):
    """Carries an answer out of the transaction that it rolls back."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("rolled back")
        self.answer = answer


def once(
    key: str | None, viewer: Viewer, operation: Operation, parameters: Parameters, schema: GraphQLSchema, secret: frozenset[str]
) -> Once | None:
    """The identity of a request that is to be answered once; None for all others.

    Strangers share one viewer, so their keys are not heeded: one must never be given another's answer.
    """
    if key is None or operation.kind is not OperationType.MUTATION:
        return None
    if not (0 < len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
        raise BadInput(f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
    if not viewer.is_signed_in or _is_secret(operation, schema, secret):
        return None
    return Once(viewer.key, key, _hash(parameters))


def _hash(parameters: Parameters) -> bytes:
    body = [parameters.query, parameters.operation_name, parameters.variables]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def _is_secret(operation: Operation, schema: GraphQLSchema, secret: frozenset[str]) -> bool:
    """Whether the answer holds a token. One that holds something else as well is refused: half of it could not be repeated."""
    tokens = [_answers_with(field, schema, secret) for field in _root_fields(operation)]
    if any(tokens) and not all(tokens):
        raise BadInput("A mutation that answers a token must be sent without others when there is an Idempotency-Key.")
    return any(tokens)


def _root_fields(operation: Operation) -> list[FieldNode]:
    fields: list[FieldNode] = []
    pending: list[Any] = [operation.node.selection_set]
    seen: set[str] = set()
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                fields.append(selection)
            elif getattr(selection, "selection_set", None):
                pending.append(selection.selection_set)
            elif selection.name.value not in seen:
                seen.add(selection.name.value)
                pending.append(operation.fragment_definitions[selection.name.value].selection_set)
    return [field for field in fields if not field.name.value.startswith("__")]


def _answers_with(field: FieldNode, schema: GraphQLSchema, names: frozenset[str]) -> bool:
    assert schema.mutation_type is not None
    kind = get_named_type(schema.mutation_type.fields[field.name.value].type)
    possible = schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
    return any(member.name in names for member in possible)


async def answered_once(request: Once, run: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    """The answer as bytes; `run` is called unless the first one is given again."""
    try:
        async with _twins.at((request.viewer_key, request.key)), transaction():
            key_id = await _claim(request)
            return await _first_answer(request) if key_id is None else await _kept(key_id, await run())
    except _UndoneError as undone:
        return orjson.dumps(undone.answer)


async def _claim(request: Once) -> int | None:
    """The row of a key that is ours now; None when it was answered before."""
    now = clock.now()
    try:
        key_id: int | None = await fetch_value(
            CLAIM, new_id(), request.viewer_key, request.key, request.body_hash, now, now - KEPT_FOR
        )
    except asyncpg.LockNotAvailableError:
        raise Conflict("The first request with this Idempotency-Key is still being answered. Send it again later.") from None
    return key_id


async def _first_answer(request: Once) -> bytes:
    row = await fetch_row(FIRST, request.viewer_key, request.key)
    if row is None or row["answer"] is None:
        raise Conflict("The first answer to this Idempotency-Key is gone. Send the request with a new key.")
    if bytes(row["body_hash"]) != request.body_hash:
        raise Conflict("This Idempotency-Key was used for another request. Send this one with a new key.")
    return bytes(row["answer"])


async def _kept(key_id: int, answer: dict[str, Any]) -> bytes:
    """Stores the answer beside what the mutation wrote; or undoes both, or forgets the key, for what is not kept."""
    errors = answer.get("errors", ())
    if has_code(errors, Code.INTERNAL, Code.CONFLICT, Code.UNAVAILABLE):
        raise _UndoneError({"errors": errors, "data": None})
    body = orjson.dumps(answer)
    if has_code(errors, Code.RATE_LIMITED):
        await execute(FORGET, key_id)
    else:
        await execute(STORE, key_id, body)
    return body
