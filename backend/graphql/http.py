"""The GraphQL endpoint: an ASGI app for POST and GET that follows GraphQL over HTTP and answers every failure with a code.

Queries may come by GET, mutations by POST only; a browser that opens the address in development gets the explorer.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import orjson
import strawberry
from graphql import GraphQLSchema, OperationType
from graphql.execution.values import VariableValues
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from backend.core.database import Statements, count_statements, one_connection
from backend.core.errors import BadInput, Code, Refused
from backend.core.hosts import is_own_host
from backend.core.operations import note_codes, note_name, observed
from backend.core.turns import Turns
from backend.core.viewer import Viewer
from backend.graphql.admission import Admission, finish_even_if_gone
from backend.graphql.descriptions import Descriptions
from backend.graphql.documents import DocumentCache, Operation
from backend.graphql.errors import InvalidRequest, bad_input, field_errors, has_code, refused, retry_after, unexpected
from backend.graphql.executor import Figures, execute
from backend.graphql.explorer import explorer_files, explorer_page
from backend.graphql.idempotency import Once, answered_once, once
from backend.graphql.inputs import compile_inputs
from backend.graphql.limits import Limits
from backend.graphql.rates import MUTATION, NEW_CHARACTER, NEW_DOCUMENT, Counted, Gate, Rates
from backend.graphql.request import GRAPHQL_JSON, HTML, JSON, HttpRefused, Parameters, accepted_type, read_parameters
from backend.graphql.variables import coerce_variables
from backend.graphql.work import CHARACTERS, Pace, Work

DEBUG_HEADER = "x-linesheet-debug"
COST_HEADER = "x-linesheet-cost"
STATUS = {
    Code.NOT_SIGNED_IN: 401,
    Code.FORBIDDEN: 403,
    Code.BAD_INPUT: 400,
    Code.RATE_LIMITED: 429,
    Code.TOO_COMPLEX: 400,
    Code.CONFLICT: 409,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}


# So many mutations of one viewer are executed at a time; a second one is ready when the first is done. The others wait without a connection:
# they are likely to want the same cart, for which their transactions would wait in the database.
MUTATIONS_AT_ONCE = 2


class RequestContext(Protocol):
    """What the engine needs of the context that resolvers see."""

    @property
    def viewer(self) -> Viewer: ...

    def close(self) -> None:
        """The request is answered."""


@dataclass(slots=True)
class Answer:
    """A GraphQL response, as bytes when it was kept, and the status when it is not 200."""

    body: dict[str, Any] | bytes
    status: int = 200
    headers: Mapping[str, str] | None = None
    figures: Figures | None = None
    cost: dict[str, int] | None = None


class GraphQLApp:
    """ASGI app for `/graphql`. `context_for` makes the context of a request; a Refused that it raises answers the request.

    Answers with an object of a type in `secret_types` are never kept for an Idempotency-Key: they hold a token.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        context_for: Callable[[Request], Awaitable[RequestContext]],
        debug: bool = False,
        introspection: bool | None = None,
        public_url: str = "",
        limits: Limits | None = None,
        rates: Rates | None = None,
        secret_types: Iterable[str] = ("SignedIn",),
        slow_ms: int = 0,
    ) -> None:
        compile_inputs(schema)
        self.schema: GraphQLSchema = schema._schema
        self.context_for = context_for
        self.debug = debug
        self.public_url = public_url
        self.slow_ms = slow_ms
        self.limits = limits or Limits()
        self.introspection = debug if introspection is None else introspection
        self.gate = Gate(rates or Rates())
        self.turns = Turns(MUTATIONS_AT_ONCE)
        self.secret_types = frozenset(secret_types)
        self.documents = DocumentCache(self.schema, self.limits, introspection=self.introspection)
        self.descriptions = Descriptions()
        self.pace = Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            with observed(self.slow_ms):
                response = await self.respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def refuse(self, error: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        """Says that a request is refused, before anything of it was looked at."""
        answer = Answer({"errors": [refused(error)]}, STATUS[error.code], retry_headers(error.retry_after))
        await _response(answer, JSON)(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        """The response to any request; raises only for a client that has gone."""
        media_type = JSON
        try:
            if request.method not in ("GET", "POST"):
                raise HttpRefused(405, BadInput("Use POST, or GET for a query."), {"Allow": "GET, POST"})
            media_type = accepted_type(request.headers.get("accept"), html=self.shows_explorer(request))
            if media_type == HTML:
                return explorer_page(request.url.path)
            answer = await self.answer(request)
        except HttpRefused as error:
            answer = Answer({"errors": [refused(error.error)]}, error.status, error.headers)
        except Refused as error:
            answer = Answer({"errors": [refused(error)]}, STATUS[error.code], retry_headers(error.retry_after))
        except InvalidRequest as error:
            # The older media type calls every well-formed request a success.
            answer = Answer({"errors": bad_input(error.errors)}, 400 if media_type == GRAPHQL_JSON else 200)
        except ClientDisconnect:
            raise
        except Exception as error:
            answer = Answer({"errors": [unexpected(error)]}, 500)
        if isinstance(answer.body, dict) and "errors" in answer.body:
            note_codes(error["extensions"]["code"] for error in answer.body["errors"])
        return _response(answer, media_type)

    async def answer(self, request: Request) -> Answer:
        """Reads, counts, prepares and executes; what cannot be executed is raised."""
        started = time.perf_counter()
        if not (self.debug and request.headers.get(DEBUG_HEADER) == "1"):
            return _with_cost(await self.run(request))
        with count_statements() as statements:
            answer = _with_cost(await self.run(request))
        if isinstance(answer.body, dict):
            answer.body.setdefault("extensions", {})["debug"] = _debug(started, statements, answer.figures)
        return answer

    async def run(self, request: Request) -> Answer:
        """The answer to a request that is GraphQL over HTTP."""
        self.gate.check(request)
        parameters = await self.parameters(request)
        async with one_connection():
            return await self.perform(request, parameters)

    async def perform(self, request: Request, parameters: Parameters) -> Answer:
        """Who asks, and what comes of it."""
        context = await self.context_for(request)
        try:
            return await self.perform_for(context, request, parameters)
        finally:
            context.close()

    async def perform_for(self, context: RequestContext, request: Request, parameters: Parameters) -> Answer:
        """Whether the viewer may ask so much, the answer, and what it took beyond what it was counted as."""
        counted = await self.gate.count(request, context.viewer, self.weight(parameters))
        work = Work(self.limits.cost, self.limits.answer_bytes, self.pace)
        more = 0
        try:
            answer = await self.counted_answer(context, request, parameters, work)
        finally:
            more = await self.gate.settle(counted, work.weight)
        if request.headers.get(COST_HEADER) == "1":
            answer.cost = self.cost(parameters, work, counted, more)
        return answer

    async def counted_answer(self, context: RequestContext, request: Request, parameters: Parameters, work: Work) -> Answer:
        """The answer, whose making `work` counts."""
        operation = self.operation(request, parameters)
        note_name(operation.node.name.value if operation.node.name else None)
        variables = coerce_variables(self.schema, operation, parameters.variables, hide_suggestions=not self.introspection)
        self.documents.check_cost(operation, variables.coerced)
        if operation.asks_schema:
            return await self.describe(operation, variables, context, parameters, work)
        key = request.headers.get("idempotency-key")
        request_once = once(key, context.viewer, operation, parameters, self.schema, self.secret_types)
        if operation.kind is not OperationType.MUTATION or not context.viewer.is_signed_in:
            return await self.execute(operation, variables, context, work)
        async with self.turns.at(context.viewer.key):
            if request_once is None:
                return await self.execute(operation, variables, context, work)
            return await self.execute_once(request_once, operation, variables, context, work)

    async def parameters(self, request: Request) -> Parameters:
        """What the request asks. One that cannot be read counts, too."""
        try:
            return await read_parameters(request, self.limits)
        except (Refused, HttpRefused):
            await self.gate.count(request, None, 0)
            raise

    def weight(self, parameters: Parameters) -> int:
        """What the request counts for, as far as it is known before the work."""
        document = self.documents.known(parameters.query)
        if document is None:
            return NEW_DOCUMENT + NEW_CHARACTER * len(parameters.query)
        if any(operation.asks_schema for operation in document.operations):
            kept = self.descriptions.find(parameters)
            if kept is not None:
                return len(kept) // CHARACTERS
        return max(
            operation.cost.highest + (MUTATION if operation.kind is OperationType.MUTATION else 0)
            for operation in document.operations
        )

    def operation(self, request: Request, parameters: Parameters) -> Operation:
        """The operation to execute: by GET a query only, and never a subscription."""
        operation = self.documents.get(parameters.query).operation(parameters.operation_name)
        if operation.kind is OperationType.MUTATION and request.method == "GET":
            raise HttpRefused(405, BadInput("A mutation must be sent by POST."), {"Allow": "POST"})
        if operation.kind is OperationType.SUBSCRIPTION:
            raise BadInput("Subscriptions are not served here.")
        return operation

    async def describe(
        self, operation: Operation, variables: VariableValues, context: RequestContext, parameters: Parameters, work: Work
    ) -> Answer:
        """What the schema is: made once for the same question, and kept."""
        kept = self.descriptions.find(parameters)
        if kept is not None:
            return Answer({"data": orjson.Fragment(kept)})
        answer = await self.execute(operation, variables, context, work)
        if isinstance(answer.body, dict) and "errors" not in answer.body:
            data = orjson.dumps(answer.body["data"])
            self.descriptions.keep(parameters, data)
            answer.body["data"] = orjson.Fragment(data)
        return answer

    async def execute(self, operation: Operation, variables: VariableValues, context: RequestContext, work: Work) -> Answer:
        if operation.kind is OperationType.MUTATION:
            finish_even_if_gone()
        outcome = await execute(self.schema, operation, variables, context, work, hide_suggestions=not self.introspection)
        result = outcome.result
        body: dict[str, Any] = {"data": result.data}
        if not result.errors:
            return Answer(body, figures=outcome.figures)
        errors = field_errors(result.errors)
        body = {"errors": errors, "data": result.data}
        if has_code(errors, Code.UNAVAILABLE) and not any((result.data or {}).values()):
            return Answer(body, STATUS[Code.UNAVAILABLE], retry_headers(retry_after(result.errors)), outcome.figures)
        return Answer(body, figures=outcome.figures)

    async def execute_once(
        self, request: Once, operation: Operation, variables: VariableValues, context: RequestContext, work: Work
    ) -> Answer:
        """Executes in one transaction with the key, or repeats the first answer."""

        answer = Answer(b"", headers={"Idempotent-Replayed": "true"})

        async def run() -> dict[str, Any]:
            nonlocal answer
            answer = await self.execute(operation, variables, context, work)
            work.require_whole()  # a change whose answer cannot be kept is undone
            assert isinstance(answer.body, dict)
            return answer.body

        answer.body = await answered_once(request, run)
        return answer

    def cost(self, parameters: Parameters, work: Work, counted: Counted, more: int) -> dict[str, int]:
        """What a client is told of the cost of an answer: values, and how much of the allowance it took."""
        operation = self.documents.get(parameters.query).operation(parameters.operation_name)
        return {
            "estimated": operation.cost.highest,
            "counted": work.values,
            "bound": work.bound,
            "charged": counted.weight + more,
            "allowance": counted.allowed,
            "bytesBound": work.byte_bound,
        }

    def shows_explorer(self, request: Request) -> bool:
        """In development, to a browser that opens the address without a query, under a name of this server."""
        if not is_own_host(request.headers.get("host", ""), self.public_url):
            return False
        return self.debug and request.method == "GET" and "query" not in request.query_params


def routes(app: GraphQLApp, admission: Admission) -> list[BaseRoute]:
    """The endpoint and, in development, the files of its explorer."""
    endpoint = Route("/graphql", admission.guard(app, app.refuse))
    return [endpoint, explorer_files()] if app.debug else [endpoint]


def retry_headers(seconds: int | None) -> dict[str, str] | None:
    return None if seconds is None else {"Retry-After": str(seconds)}


def _with_cost(answer: Answer) -> Answer:
    """The answer with its cost in `extensions`, when the client asked for it. One that is repeated for a key has none."""
    if answer.cost is not None and isinstance(answer.body, dict):
        data = orjson.dumps(answer.body["data"])
        answer.body["data"] = orjson.Fragment(data)
        answer.body["extensions"] = {"cost": answer.cost | {"bytes": len(data)}}
    return answer


def _debug(started: float, statements: Statements, figures: Figures | None) -> dict[str, Any]:
    """What a developer asks for: time, statements, and which selections were not compiled, and why."""
    return {
        "milliseconds": round((time.perf_counter() - started) * 1000, 2),
        "statements": statements.count,
        **(asdict(figures) | {"reasons": sorted(figures.reasons)} if figures else {}),
    }


def _response(answer: Answer, media_type: str) -> Response:
    headers = {
        "Content-Type": f"{media_type if media_type != HTML else JSON}; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **(answer.headers or {}),
    }
    body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
    return Response(body, answer.status, headers)
