"""A server over the small shop, and a person at a browser who signs in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests import databases
from tests.journeys.shop import BUYER, PASSWORD, empty_carts, fill_shop
from tests.servers import LiveServer

# How long a browser may take for what it is told; a busy machine is no fault.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

Visit = Callable[..., Awaitable[Page]]

DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 375, "height": 812}

# Pictures of the imported catalogues live on somebody else's server, and are asked of nobody here.
OURS = "http://127.0.0.1"


@pytest.fixture(scope="module")
def shop(database_server: str, empty_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with databases.copy_of(database_server, empty_template) as url:
        asyncio.run(fill_shop(url))
        server = LiveServer(url, tmp_path_factory.mktemp("server") / "server.log").start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
async def visit(shop: LiveServer, browser: Browser) -> AsyncIterator[Visit]:
    """Opens a browser of one's own, signed in; at the end, none of its pages may have complained."""
    await empty_carts(shop.database_url)
    complaints: list[str] = []

    async def open_page(email: str = BUYER, *, script: bool = True, viewport: Any = DESKTOP) -> Page:
        context = await browser.new_context(viewport=viewport, java_script_enabled=script, base_url=shop.url)
        context.set_default_timeout(PATIENCE_MS)
        await context.route(lambda url: not url.startswith((OURS, "data:")), lambda route: route.abort())
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        await page.goto("/sign-in")
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield open_page
    for context in browser.contexts:
        await context.close()
    assert complaints == []
