"""`linesheet serve`, `worker` and `dev`: the web server, the jobs, and both with everything that they need."""

import argparse
import asyncio
import logging.config
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn

from backend.commands.check import uploads_problem
from backend.commands.data import fill_if_empty, holds_demo, migrate_database, refuse_newer_database
from backend.commands.errors import CommandError
from backend.commands.progress import note, step
from backend.commands.servers import opened, servers
from backend.core import logs, metrics, traces
from backend.core.database import SESSION, credentials, pool_sizes, unset_in_pool
from backend.demo.logins import LOGINS, PASSWORD
from backend.settings import Settings, get_settings


def serve(arguments: argparse.Namespace) -> int:
    """The web server alone: the database must have its tables already."""
    _take_options(arguments)
    with servers(note) as settings:
        _check_port(settings)
        _check_uploads(settings)
        _check_traces(settings)
        asyncio.run(refuse_newer_database(settings))
        if settings.production:
            asyncio.run(_refuse_demo_password(settings))
        if settings.database_pooled:
            asyncio.run(_check_pooler(settings))
        if settings.workers > 1:
            with _shared_counts(settings):
                uvicorn.run("backend.app:create_app", workers=settings.workers, **_options(settings))
        else:
            _run(settings, lambda: None)
    return 0


@contextmanager
def _shared_counts(settings: Settings) -> Iterator[None]:
    """Several processes keep what they count in files, so that each of them can answer /metrics for all."""
    if settings.metrics_token is None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="linesheet-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def dev(arguments: argparse.Namespace) -> int:
    """Everything, from nothing: servers, tables, demo data, then the web server."""
    os.environ["JOBS_INSIDE"] = "1"
    _take_options(arguments)
    _check_port(get_settings())
    with _servers_as_a_step() as settings:
        with step("Tables"):
            asyncio.run(migrate_database(settings))
        asyncio.run(fill_if_empty(settings))
        demo = asyncio.run(holds_demo(settings))
        os.environ["DEMO_LOGINS"] = "1" if demo else "0"
        get_settings.cache_clear()
        with suppress(KeyboardInterrupt):  # the way in which it is meant to end
            _run(settings, lambda: _announce(settings, demo=demo), level="warning")
    return 0


def work(arguments: argparse.Namespace) -> int:
    """Jobs and timers, apart from the web server."""
    with servers(note) as settings:
        _check_traces(settings)
        asyncio.run(refuse_newer_database(settings))
        asyncio.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    from backend.worker import work as handle_jobs

    logging.config.dictConfig(logs.config(settings.log_level, production=settings.production))
    assert settings.direct_url is not None
    if settings.traces_to is not None:
        traces.start("linesheet-worker")
    async with opened(settings), _metrics_of(settings):
        working = asyncio.create_task(handle_jobs(settings.direct_url))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        print("Handling jobs.", flush=True)
        await asyncio.wait([working])
        if not working.cancelled():
            working.result()
    traces.stop()


@asynccontextmanager
async def _metrics_of(settings: Settings) -> AsyncIterator[None]:
    """The worker's own counts, at METRICS_PORT."""
    from starlette.applications import Starlette

    from backend.measures import routes

    if settings.metrics_port is None:
        yield
        return
    app = Starlette(routes=routes(settings.metrics_token))
    server = uvicorn.Server(uvicorn.Config(app, host=settings.host, port=settings.metrics_port, log_config=None, access_log=False))
    serving = asyncio.create_task(server._serve())
    watching = asyncio.create_task(metrics.watch_loop(pool_sizes))
    try:
        yield
    finally:
        watching.cancel()
        server.should_exit = True
        await asyncio.wait([serving], timeout=1)


@contextmanager
def _servers_as_a_step() -> Iterator[Settings]:
    with ExitStack() as stack:
        with step("PostgreSQL and Valkey"):
            settings = stack.enter_context(servers(note))
        yield settings


class _Server(uvicorn.Server):
    """Tells when it takes requests."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready()


def _run(settings: Settings, ready: Callable[[], None], level: str | None = None) -> None:
    _Server(uvicorn.Config("backend.app:create_app", **_options(settings, level)), ready).run()


def _options(settings: Settings, level: str | None = None) -> dict[str, Any]:
    return {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "log_config": logs.config(level or settings.log_level, production=settings.production),
        "access_log": False,
        "server_header": False,
        "forwarded_allow_ips": settings.trusted_proxies,
        # Requests that are under way may finish; a browser that keeps its connection open holds nobody up.
        # Docker kills after ten seconds.
        "timeout_graceful_shutdown": 6,
    }


def _take_options(arguments: argparse.Namespace) -> None:
    """Options of the command line win over the environment, also in worker processes."""
    for name, variable in (("host", "HOST"), ("port", "PORT"), ("workers", "WEB_WORKERS")):
        given = getattr(arguments, name, None)
        if given is not None:
            os.environ[variable] = str(given)
    get_settings.cache_clear()


def _check_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CommandError(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}). Stop what listens there, or choose another"
                f" port: PORT={settings.port + 1} make run"
            ) from None


def _check_uploads(settings: Settings) -> None:
    problem = uploads_problem(settings.uploads)
    if problem is not None:
        raise CommandError(problem)


def _check_traces(settings: Settings) -> None:
    if settings.traces_to is None:
        return
    try:
        traces.start("linesheet")
    except traces.TracesMissing as error:
        raise CommandError(str(error)) from error
    traces.stop()


async def _refuse_demo_password(settings: Settings) -> None:
    from backend.companies.queries import demo_password_in_use

    async with opened(settings):
        if await demo_password_in_use():
            raise CommandError("An account still has the demo password. Change it or switch the account off before production.")


async def _check_pooler(settings: Settings) -> None:
    """A pooler's sessions have no time-outs unless the database gives them: without, one waiting request may hold up all others."""
    assert settings.database_url is not None
    missing = await unset_in_pool(settings.database_url)
    if missing:
        role = credentials(settings.database_url)["user"]
        statements = "; ".join(f"ALTER ROLE {role} SET {name} = '{SESSION[name]}'" for name in missing)
        raise CommandError(
            f"Sessions behind the pooler lack {', '.join(missing)}. Say once to the database: {statements};"
            " then let the pooler connect anew (RECONNECT in PgBouncer's console)."
        )


def _announce(settings: Settings, *, demo: bool) -> None:
    url = f"http://{settings.host}:{settings.port}"
    print(f"\n  Storefront   {url}/\n  API          {url}/graphql\n")
    if demo:
        print(f"  Sign in with the password {PASSWORD} as")
        for email, who in LOGINS:
            print(f"    {email:<26} {who}")
        print()
    print("  Ctrl-C stops everything; what you did is kept.", flush=True)
