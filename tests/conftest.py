"""What every test can ask for: a fresh database, the app over it, a live server, a browser.

Each test gets a database of its own, copied from a migrated template in some hundredths of a second, so that tests run in any
order and beside one another. A browser test that is skipped says so aloud; under REQUIRE_BROWSER=1 it fails.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from playwright.async_api import Browser, async_playwright
from starlette.applications import Starlette

from backend.settings import Settings
from tests import databases
from tests.derived import check_derived_rows
from tests.servers import LiveServer, free_port

# Machines that run these tests are shared: how long one example takes tells nothing.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A server that a test starts without naming a port takes this one, and never the one of a running `make run`.
os.environ["PORT"] = str(free_port())

# Folders of tests that change products, rules and stock through actions alone, or say so.
THROUGH_ACTIONS = {"api", "exchange", "races"}


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The PostgreSQL server that all workers share."""
    with databases.test_server() as url:
        yield url


@pytest.fixture(scope="session")
def empty_template(database_server: str) -> str:
    return databases.empty_template(database_server)


@pytest.fixture
def database_url(database_server: str, empty_template: str) -> Iterator[str]:
    """The address of a migrated database of this test's own, with nothing in it."""
    with databases.copy_of(database_server, empty_template) as url:
        yield url


@pytest.fixture(name="database")
async def opened_database(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The same, opened for `backend.core.database`: actions and queries can be called; they leave derived rows true."""
    from backend.core import cache, database

    await database.start(database_url, pool_max=30)
    await cache.start(None)
    try:
        yield database_url
        if request.path.parent.name in THROUGH_ACTIONS and request.node.get_closest_marker("past_the_actions") is None:
            await check_derived_rows()
    finally:
        await cache.stop()
        await database.stop()


@pytest.fixture
def app(database: str) -> Starlette:
    """The real application over this test's database."""
    from backend.app import build

    return build(Settings(database_url=database, requests_wait=120))


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks HTTP with the real application, without a socket."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as speaking:
        yield speaking


@pytest.fixture(scope="module")
def live_server(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server process with demo data, one for each test module."""
    demo = databases.demo_template(database_server)
    with databases.copy_of(database_server, demo) as url:
        server = LiveServer(url, tmp_path_factory.mktemp("server") / "server.log", DEMO_LOGINS="1").start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder for servers of one test's own."""
    yield from _reachable_folder()


@pytest.fixture(scope="module")
def module_state() -> Iterator[Path]:
    """A state folder for servers of one module's own."""
    yield from _reachable_folder()


def _reachable_folder() -> Iterator[Path]:
    # Not tmp_path: as root, the servers' account may not be able to reach below it.
    with tempfile.TemporaryDirectory(prefix="linesheet-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next((path for path in found if path), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium through Playwright's asynchronous API."""
    executable = chromium()
    if executable is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but no Chromium was found. Install one, or name it in CHROMIUM.")
        pytest.skip("NO BROWSER: install chromium (Debian: apt-get install chromium), or name one in CHROMIUM")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGUMENTS)
        try:
            yield launched
        finally:
            await launched.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, missing in (("NO BROWSER", "no Chromium"), ("NO PGBOUNCER", "no PgBouncer")):
        skipped = [report for report in terminalreporter.stats.get("skipped", []) if what in str(report.longrepr)]
        if skipped:
            terminalreporter.write_sep("!", f"{len(skipped)} tests were SKIPPED: {missing} was found", yellow=True)
