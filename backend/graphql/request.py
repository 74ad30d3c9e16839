"""GraphQL over HTTP, the request: reads a POST body or a GET query into its parameters and chooses the answer's media type."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request

from backend.core.errors import BadInput, Refused
from backend.graphql.limits import Limits, check_variables

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
DISCARD_BYTES = 32 * 1024 * 1024
DISCARD_SECONDS = 2.0


class HttpRefused(Exception):
    """A request that is refused by the rules of HTTP, with its status and headers."""

    def __init__(self, status: int, error: Refused, headers: dict[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a client asks: a document, which operation of it, with which variables."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


def accepted_type(accept: str | None, *, html: bool = False) -> str:
    """The media type to answer in; the first of the best that the client names. Raises 406."""
    if not accept or not accept.strip():
        return JSON
    offers = [GRAPHQL_JSON, JSON, *([HTML] if html else [])]
    best: tuple[float, str] | None = None
    for item in accept.split(","):
        pattern, _, parameters = item.partition(";")
        weight = _weight(parameters)
        offer = _matching(pattern.strip().lower(), offers)
        if offer is not None and weight > 0 and (best is None or weight > best[0]):
            best = (weight, offer)
    if best is None:
        raise HttpRefused(406, BadInput(f"Answers come as {GRAPHQL_JSON} or {JSON}: accept one of them."))
    return best[1]


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _matching(pattern: str, offers: list[str]) -> str | None:
    if pattern in ("*/*", "application/*"):
        return JSON
    return pattern if pattern in offers else None


async def read_parameters(request: Request, limits: Limits) -> Parameters:
    """The parameters of a GET or POST request, checked for their types."""
    if request.method == "GET":
        return _from_query(request, limits)
    _check_content_type(request)
    body = await _read_body(request, limits.body_bytes)
    return _parameters(_loads(body, "The body"), limits)


def _from_query(request: Request, limits: Limits) -> Parameters:
    query = request.query_params
    values: dict[str, Any] = {"query": query.get("query"), "operationName": query.get("operationName") or None}
    for name in ("variables", "extensions"):
        text = query.get(name)
        values[name] = _loads(text.encode(), name) if text else None
    return _parameters(values, limits)


def _check_content_type(request: Request) -> None:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != JSON:
        raise HttpRefused(415, BadInput(f"Send the request as {JSON}."), {"Accept-Post": JSON})
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise HttpRefused(415, BadInput("Send the request encoded in UTF-8."))
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise HttpRefused(415, BadInput("Send the body without a content encoding."), {"Accept-Encoding": "identity"})


async def _read_body(request: Request, bound: int) -> bytes:
    """The body, of which no more than the bound is ever held."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > bound):
        await _discard(request.stream())
        raise _too_long(bound)
    chunks = []
    length = 0
    stream = request.stream()
    async for chunk in stream:
        length += len(chunk)
        if length > bound:
            await _discard(stream)
            raise _too_long(bound)
        chunks.append(chunk)
    return b"".join(chunks)


async def _discard(stream: AsyncIterator[bytes]) -> None:
    """Reads on for a while without keeping anything: a client that is still sending would not see an answer, only a reset."""
    discarded = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_SECONDS):
            async for chunk in stream:
                discarded += len(chunk)
                if discarded > DISCARD_BYTES:
                    return


def _too_long(bound: int) -> HttpRefused:
    # Part of the body may be unread, so the connection cannot be used again.
    error = BadInput(f"The body is longer than {bound:,} bytes. Split the request.")
    return HttpRefused(413, error, {"Connection": "close"})


def _loads(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{what} is not JSON: {error.msg}.") from None


def _parameters(values: Any, limits: Limits) -> Parameters:
    if not isinstance(values, dict):
        raise BadInput("Send one JSON object with query, operationName, variables and extensions.")
    query = values.get("query")
    if not isinstance(query, str):
        raise BadInput("query must be a string that holds a GraphQL document.")
    name = values.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadInput("operationName must be a string.")
    variables = _mapping(values, "variables")
    _mapping(values, "extensions")
    check_variables(variables, limits)
    return Parameters(query, name, variables)


def _mapping(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput(f"{name} must be a JSON object.")
    return value
