"""Runs the storefront's GraphQL documents against the API, in process, with the viewer's token.

It promises that a caller gets the operation's data or one exception that says what kind of page to show instead.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import orjson
from starlette.types import ASGIApp

Json: TypeAlias = dict[str, Any]

DOCUMENTS = Path(__file__).parent / "documents"
SPREAD = re.compile(r"\.\.\.\s*(?!on\b)([A-Za-z_]\w*)")
FRAGMENT = re.compile(r"^fragment\s+(\w+)\s+on\b", re.MULTILINE)


class ApiFailure(Exception):
    """The API answered with a top-level error that the pages have no better word for."""

    def __init__(self, code: str, message: str, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after


class SignedOut(ApiFailure):
    """There is no session any more, or there never was one."""


class Forbidden(ApiFailure):
    """The viewer is known, and may not do this."""


class Refused(ApiFailure):
    """The request itself cannot stand: a malformed value, a broken bound, a used-up key."""


class Unavailable(ApiFailure):
    """The shop is too busy, or a part of it is away: the same page may succeed in a moment."""


FAILURES: dict[str, type[ApiFailure]] = {
    "NOT_SIGNED_IN": SignedOut,
    "FORBIDDEN": Forbidden,
    "BAD_INPUT": Refused,
    "TOO_COMPLEX": Refused,
    "CONFLICT": Refused,
    "UNAVAILABLE": Unavailable,
}


class InProcess(httpx.AsyncBaseTransport):
    """Calls the API's ASGI application directly, passing on the address of the browser that asked."""

    def __init__(self, api: ASGIApp) -> None:
        self.api = api

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = (request.extensions.get("address", "127.0.0.1"), 0)
        transport = httpx.ASGITransport(app=self.api, raise_app_exceptions=False, client=address)
        return await transport.handle_async_request(request)


class Client:
    """One for the whole storefront; holds no session of its own."""

    def __init__(self, api: ASGIApp) -> None:
        self.http = httpx.AsyncClient(transport=InProcess(api), base_url="http://api")

    async def run(
        self,
        document_name: str,
        variables: Json | None = None,
        token: str | None = None,
        idempotency_key: str | None = None,
        address: str = "127.0.0.1",
        user_agent: str = "",
    ) -> Json:
        body = {"query": document(document_name), "operationName": document_name, "variables": variables or {}}
        response = await self.http.post(
            "/graphql",
            content=orjson.dumps(body),
            headers=_headers(token, idempotency_key, user_agent),
            extensions={"address": address},
        )
        return _data(response)


def _headers(token: str | None, idempotency_key: str | None, user_agent: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/graphql-response+json, application/json",
        "User-Agent": user_agent or "storefront",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    return headers


def _data(response: httpx.Response) -> Json:
    answer = _read(response)
    if errors := answer.get("errors"):
        code = errors[0].get("extensions", {}).get("code", "INTERNAL")
        raise FAILURES.get(code, ApiFailure)(code, errors[0]["message"], response.headers.get("retry-after"))
    data: Json = answer["data"]
    return data


def _read(response: httpx.Response) -> Json:
    try:
        answer = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or not (answer.get("errors") or "data" in answer):
        raise ApiFailure("INTERNAL", "The API gave no answer that could be read.")
    return answer


@cache
def document(name: str) -> str:
    """The text of one operation with every fragment it needs, directly or through another fragment."""
    text = _files()[name]
    needed, waiting = [text], _spreads(text)
    seen: set[str] = set()
    while waiting:
        fragment = waiting.pop()
        if fragment not in seen:
            seen.add(fragment)
            needed.append(_fragments()[fragment])
            waiting |= _spreads(needed[-1])
    return "\n".join(needed)


@cache
def shows_cart(name: str) -> bool:
    """Whether the operation asks for the cart that is worked in."""
    return "$cart: ID" in _files()[name]


def names() -> list[str]:
    """Every operation the storefront may send; its fragments are not operations."""
    return [name for name, text in _files().items() if not FRAGMENT.search(text)]


def _spreads(text: str) -> set[str]:
    return set(SPREAD.findall(text))


@cache
def _files() -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted(DOCUMENTS.glob("*.graphql"))}


@cache
def _fragments() -> dict[str, str]:
    return {match[1]: text for text in _files().values() if (match := FRAGMENT.search(text))}
