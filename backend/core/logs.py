"""What every process logs: one JSON object per line in production, a readable line in development, and one line for each request.

No personal data: no addresses, queries, bodies or cookies; of the path only what is before the question mark; a viewer is a keyed hash that
says no more than whether two requests were the same person's; and of an exception where it happened, since its message may quote a row.
"""

import hashlib
import logging
import re
import secrets
import time
import traceback
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core import metrics
from backend.core.database import count_statements

log = logging.getLogger("linesheet.requests")

LONGEST_PATH = 200
# Asked for every few seconds, or many times for one page: told only to who asks for everything.
_QUIET = ("/healthz", "/readyz", "/static/", "/pictures/", "/uploads/")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_CLIENT_GONE = 499


@dataclass(slots=True)
class RequestFacts:
    """What is known so far of the request that this task serves."""

    id: str
    viewer: str | None = None
    operations: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


_request: ContextVar[RequestFacts | None] = ContextVar("request", default=None)


def note_operation(name: str | None, codes: Iterable[str]) -> None:
    """An operation of this request is answered; a page of the storefront has several."""
    facts = _request.get()
    if facts is not None:
        if name:
            facts.operations.append(name)
        facts.codes.extend(codes)


def request_id() -> str | None:
    """The id of the request that this task serves; None outside of one."""
    facts = _request.get()
    return None if facts is None else facts.id


def note_viewer(key: str) -> None:
    """Says whose request this is; only a hash of it is logged."""
    facts = _request.get()
    if facts is not None:
        facts.viewer = key


def noted_viewer() -> str | None:
    """Whose request this is, once that is known."""
    facts = _request.get()
    return None if facts is None else facts.viewer


class Json(logging.Formatter):
    """One JSON object: time, level, logger, message, and what is known of the request."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _request.get()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if facts is not None:
            line["request"] = facts.id
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = list(chain(record.exc_info[1]))
        return orjson.dumps(line, default=str).decode()


class Readable(logging.Formatter):
    """For a person at her own machine, who may see everything."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")


def chain(error: BaseException) -> Iterator[dict[str, Any]]:
    """An exception and those that brought it about: their types and where they happened, without their words."""
    seen: BaseException | None = error
    known: set[int] = set()
    while seen is not None and id(seen) not in known:
        known.add(id(seen))
        frames = traceback.extract_tb(seen.__traceback__)
        yield {"type": type(seen).__qualname__, "at": [f"{_short(one.filename)}:{one.lineno} {one.name}" for one in frames]}
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _short(path: str) -> str:
    """The part of a path that is the same on every machine."""
    for root in ("/site-packages/", "/backend/", "/storefront/"):
        _, found, after = path.rpartition(root)
        if found:
            return after if root == "/site-packages/" else root.strip("/") + "/" + after
    return path.rpartition("/")[2]


def config(level: str, *, production: bool) -> dict[str, Any]:
    """For `logging.config.dictConfig`, in the form that worker processes can be handed."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "backend.core.logs.Json" if production else "backend.core.logs.Readable"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        # These tell of every start and stop of their own and of every connection, with addresses.
        "loggers": {name: {"level": "WARNING"} for name in ("pgqueuer", "tortoise", "httpx", "httpcore", "asyncio", "aiosmtplib")},
    }


@contextmanager
def serving(facts: RequestFacts) -> Iterator[None]:
    """What this task logs, and the jobs that it records, belong to this request."""
    token = _request.set(facts)
    try:
        yield
    finally:
        _request.reset(token)


class RequestLog:
    """ASGI middleware: gives every request an id, answers it as `X-Request-Id`, and logs a line when it is done.

    An id that a proxy has given already is kept. `secret` keys the hash of viewers.
    """

    def __init__(self, app: ASGIApp, *, secret: str) -> None:
        self.app = app
        self.secret = hashlib.sha256(secret.encode()).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _request.get() is not None:
            await self.app(scope, receive, send)
            return
        facts = RequestFacts(_given_id(scope) or secrets.token_hex(8))
        status = _CLIENT_GONE

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", facts.id.encode())]}
            await send(message)

        started = time.perf_counter()
        metrics.IN_FLIGHT.inc()
        with serving(facts), count_statements() as statements:
            try:
                await self.app(scope, receive, answer)
            except Exception:
                status = 500
                raise
            finally:
                metrics.IN_FLIGHT.dec()
                self._tell(scope, facts, status, (time.perf_counter() - started) * 1000, statements.count)

    def _tell(self, scope: MutableMapping[str, Any], facts: RequestFacts, status: int, spent: float, statements: int) -> None:
        metrics.RESPONSES.labels(str(status)).inc()
        path = "".join(letter if letter.isprintable() else "?" for letter in scope["path"][:LONGEST_PATH])
        level = logging.DEBUG if path.startswith(_QUIET) and status < 400 else logging.INFO
        if not log.isEnabledFor(level):
            return
        told = {"method": scope["method"], "path": path, "status": status, "ms": round(spent, 1), "statements": statements}
        more = {"viewer": self._name(facts.viewer)} if facts.viewer else {}
        if facts.operations:
            more["operation"] = " ".join(facts.operations)
        if facts.codes:
            more["code"] = " ".join(sorted(set(facts.codes)))
        # Not by `log.log`, which would look through the stack for who calls it: one line for each request, always from here.
        values = (log.name, level, __file__, 0, "%s %s %d %.1f ms, %d statements", tuple(told.values()), None)
        log.handle(log.makeRecord(*values, extra={"facts": {**told, **more}}))

    def _name(self, viewer: str) -> str:
        return hashlib.blake2b(viewer.encode(), key=self.secret, digest_size=8).hexdigest()


def _given_id(scope: Scope) -> str | None:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else None
