"""The web application: which address leads where, and what starts and stops with the process. No logic of its own."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from backend import measures, worker
from backend.api.context import context_for
from backend.api.schema import schema
from backend.api.uploads import upload_routes
from backend.core import cache, database, health, metrics, traces
from backend.core.logs import RequestLog
from backend.core.migrate import known_migrations, unknown_migrations
from backend.core.origins import OtherOrigins
from backend.demo import pictures
from backend.demo.logins import LOGINS, PASSWORD
from backend.graphql.admission import Admission
from backend.graphql.http import GraphQLApp, routes
from backend.graphql.rates import Rates
from backend.notices import mailbox
from backend.notices.failures import count_failures
from backend.settings import Settings, get_settings
from storefront import app as storefront
from storefront import static

# Objects that live as long as the process are not worth looking at again; the rest is looked at less often than Python would.
GC_THRESHOLDS = (50_000, 20, 50)

# How long the database and Redis may take to say that they are there.
READY_WITHIN = 2.0


def create_app() -> Starlette:
    """The application as a server process runs it, with its lifespan."""
    return build(get_settings(), lifespan=True)


def build(settings: Settings, *, lifespan: bool = False) -> Starlette:
    """The application; without lifespan somebody else opens the database and the cache."""
    api = GraphQLApp(
        schema,
        context_for=context_for,
        debug=not settings.production,
        introspection=settings.introspection,
        public_url=settings.public_url,
        slow_ms=settings.slow_ms,
        rates=Rates(viewer=settings.values_per_minute, address=settings.values_per_minute),
    )
    pages = storefront.create_app(
        api,
        public_url=settings.public_url,
        secure_cookies=settings.secure_cookies,
        demo_logins=demo_logins() if settings.demo_logins else None,
    )
    admission = Admission(settings.requests_at_once, settings.requests_waiting, settings.requests_wait)
    app = Starlette(
        routes=[
            *routes(api, admission),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *measures.routes(settings.metrics_token),
            *upload_routes(settings.uploads, admission),
            Route(pictures.PATH, pictures.picture),
            *([] if settings.production else mailbox.routes(static.url("linesheet.css"), settings.public_url)),
            Mount("/", admission.guard(pages, storefront.busy(pages), free=("/static/",))),
        ],
        middleware=[Middleware(RequestLog, secret=settings.secret_key), *other_origins(settings)],
        lifespan=alive if lifespan else None,
    )
    app.state.settings = settings
    app.state.admission = admission
    return app


def other_origins(settings: Settings) -> list[Middleware]:
    """Opens the API to the browser applications that are named in the settings; without any it stays closed."""
    if not settings.allowed_origins:
        return []
    return [Middleware(OtherOrigins, origins=settings.allowed_origins, paths=("/graphql", "/uploads"))]


def demo_logins() -> list[storefront.DemoLogin]:
    """The logins that the demo data makes, for the sign-in page."""
    return [storefront.DemoLogin(email=email, password=PASSWORD, about=about) for email, about in LOGINS]


@asynccontextmanager
async def alive(app: Starlette) -> AsyncIterator[None]:
    """From the process being ready to serve until it has let go of everything."""
    settings: Settings = app.state.settings
    assert settings.database_url is not None
    await database.start(
        settings.database_url, pool_min=settings.pool_min, pool_max=settings.pool_max, pooled=settings.database_pooled
    )
    await cache.start(settings.redis_url)
    if settings.traces_to is not None:
        traces.start("linesheet")
    metrics.NAMES.known |= storefront.operation_names()
    watching = asyncio.create_task(metrics.watch_loop(database.pool_sizes))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    jobs = asyncio.create_task(worker.work(settings.direct_url)) if settings.jobs_inside and settings.direct_url else None
    try:
        yield
    finally:
        if jobs is not None:
            jobs.cancel()
            await asyncio.wait([jobs])
        watching.cancel()
        traces.stop()
        await cache.stop()
        await database.stop()


async def healthz(request: Request) -> Response:
    """Alive: the process answers. Asks nothing of anybody else, so that a slow database gets no process killed."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Ready: the database answers and has this version's tables. Degraded: every request is answered, but something needs a person."""
    database_state = await _answer(_database_state())
    cache_state = await _answer(_cache_state())
    ready = database_state == "ok"
    degraded = [] if cache_state == "ok" else ["Redis does not answer: what is counted per viewer is counted in each process alone"]
    if ready:
        degraded += await _problems(request.app.state.settings.uploads)
    body = {"ready": ready, "degraded": degraded, "database": database_state, "cache": cache_state}
    return JSONResponse(body, status_code=200 if ready else 503)


async def _problems(uploads: Path) -> list[str]:
    """What an operator must see to, although requests are answered."""
    try:
        async with asyncio.timeout(READY_WITHIN):
            paused, failures = await health.sending_is_paused(), await count_failures()
            found = [
                await health.worker_problem(),
                health.disk_problem(uploads),
                await _version_problem(),
                f"no mail is sent: {paused}" if paused else None,
                f"{failures.mails} mails were given up: see Manage, Not sent" if failures.mails else None,
                f"{failures.jobs} jobs were given up: see Manage, Not sent" if failures.jobs else None,
            ]
    except Exception as error:
        return [f"the state of jobs and mails cannot be read ({type(error).__name__})"]
    return [problem for problem in found if problem is not None]


async def _version_problem() -> str | None:
    rows = await database.fetch("SELECT name FROM tortoise_migrations")
    unknown = unknown_migrations({row["name"] for row in rows})
    return f"the database is newer than this version: it has had {', '.join(unknown)}" if unknown else None


async def _answer(state: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(state, READY_WITHIN)
    except Exception as error:
        return f"unreachable ({type(error).__name__})"


async def _database_state() -> str:
    try:
        applied = {row["name"] for row in await database.fetch("SELECT name FROM tortoise_migrations")}
    except asyncpg.UndefinedTableError:
        applied = set()
    missing = [name for name in known_migrations() if name not in applied]
    return "ok" if not missing else f"{len(missing)} migrations are missing: run `linesheet migrate`"


async def _cache_state() -> str:
    return "ok" if await cache.is_ready() else "unreachable"
