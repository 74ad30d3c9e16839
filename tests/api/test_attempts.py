"""What somebody may try: strangers neither lock out an owner, nor use up what others may try, nor stop those who work."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from backend.app import build
from backend.companies import passwords
from backend.companies.actions import sessions
from backend.companies.actions.passwords import RESETS_AT_ACCOUNT, RESETS_OF_CALLER_AT_ACCOUNT
from backend.companies.actions.sessions import ATTEMPTS_OF_CALLER_AT_ACCOUNT
from backend.companies.attempts import caller_of, device_token, is_known_device
from backend.companies.passwords import MOST_OF_ONE_CALLER, MOST_WAITING
from backend.core import cache, clock, database
from backend.core.database import fetch, fetch_value
from backend.settings import Settings
from backend.worker import HANDLERS, drain
from tests.api.shopping import Client
from tests.api.test_accounts import PASSWORD, RESET, WHO, a_buyer
from tests.factories.companies import sign_in_as

SIGN_IN = """mutation ($email: String!, $password: String!, $device: String) {
  signIn(email: $email, password: $password, device: $device) { __typename ... on SignedIn { token device } } }"""
BEA = "bea@harbour.example"


def from_address(app: Starlette, address: str) -> Client:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
    return Client(httpx.AsyncClient(transport=transport, base_url="http://testserver"))


async def try_(client: Client, email: str = BEA, password: str = "wrong wrong wrong", device: str | None = None) -> str:
    """The kind of the answer, or the code of the refusal."""
    answer = (await client.post(SIGN_IN, {"email": email, "password": password, "device": device})).json()
    return str(answer["errors"][0]["extensions"]["code"] if "errors" in answer else answer["data"]["signIn"]["__typename"])


@contextmanager
def no_free_thread() -> Iterator[threading.Event]:
    """While the threads that hash are busy with something that ends when this test says so."""
    go = threading.Event()
    for _ in range(passwords._THREADS._max_workers):
        passwords._THREADS.submit(go.wait)
    try:
        yield go
    finally:
        go.set()


@pytest.fixture
async def narrow(database_url: str) -> AsyncIterator[Starlette]:
    """The application with two connections to the database, and room for so many requests that all of a crowd come to the line."""
    await database.start(database_url, pool_max=2)
    await cache.start(None)
    yield build(Settings(database_url=database_url, requests_at_once=400, requests_waiting=400))
    await database.stop()


async def until_waiting(count: int) -> None:
    async with asyncio.timeout(60):
        while passwords._waiting.total() < count:
            await asyncio.sleep(0.01)


# ---- sixty at once


async def test_sixty_wrong_sign_ins_hold_no_connection_and_keep_nobody_out(narrow: Starlette) -> None:
    buyer = await a_buyer()
    working = Client(from_address(narrow, "192.0.2.200").http, await sign_in_as(buyer))
    crowd = [from_address(narrow, f"192.0.2.{number % 6}") for number in range(60)]
    with no_free_thread() as go:
        wrong = [asyncio.create_task(try_(one, f"x{number}@harbour.example")) for number, one in enumerate(crowd)]
        await until_waiting(60)
        owner = asyncio.create_task(try_(from_address(narrow, "192.0.2.201"), password=PASSWORD))
        await until_waiting(61)
        for _ in range(5):
            assert (await working.ask(WHO))["viewer"]
        go.set()
        assert await owner == "SignedIn"
        # Six callers have one place each at the head of the line: the owner came in before most of the crowd.
        assert sum(task.done() for task in wrong) < 30
        assert set(await asyncio.gather(*wrong)) == {"WrongCredentials"}


async def test_a_crowd_of_wrong_sign_ins_keeps_nobody_out_of_a_server_as_it_comes(app: Starlette, database: str) -> None:
    """With the bounds that a server has. Where it is full it says so, and a client that tries again comes in."""
    buyer = await a_buyer()
    working = Client(from_address(app, "192.0.2.200").http, await sign_in_as(buyer))
    owner = from_address(app, "192.0.2.201")
    crowd = [from_address(app, f"192.0.2.{number % 6}") for number in range(60)]
    wrong = [asyncio.create_task(try_(one, f"x{number}@harbour.example")) for number, one in enumerate(crowd)]
    await asyncio.sleep(0)
    async with asyncio.timeout(300):
        while await try_(owner, password=PASSWORD) != "SignedIn":
            await asyncio.sleep(0.2)
        while (await working.post(WHO)).status_code != 200:
            await asyncio.sleep(0.2)
        assert set(await asyncio.gather(*wrong)) <= {"WrongCredentials", "UNAVAILABLE"}


async def test_a_full_line_refuses_with_a_time_and_counts_nothing(narrow: Starlette) -> None:
    await a_buyer()
    one = from_address(narrow, "192.0.2.1")
    with no_free_thread() as go:
        wrong = [asyncio.create_task(try_(one, f"x{number}@harbour.example")) for number in range(MOST_OF_ONE_CALLER)]
        await until_waiting(MOST_OF_ONE_CALLER)
        for _ in range(ATTEMPTS_OF_CALLER_AT_ACCOUNT + 1):
            refused = await one.post(SIGN_IN, {"email": BEA, "password": PASSWORD})
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert refused.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        go.set()
        await asyncio.gather(*wrong)
    assert await try_(one, password=PASSWORD) == "SignedIn"


async def test_the_line_has_an_end_for_all_callers_together(narrow: Starlette) -> None:
    with no_free_thread() as go:
        crowd = [from_address(narrow, f"198.51.100.{number // 8}") for number in range(MOST_WAITING)]
        wrong = [asyncio.create_task(try_(one, f"x{number}@harbour.example")) for number, one in enumerate(crowd)]
        await until_waiting(MOST_WAITING)
        assert await try_(from_address(narrow, "192.0.2.1")) == "UNAVAILABLE"
        go.set()
        await asyncio.gather(*wrong)
    assert passwords._waiting.total() == 0


# ---- who is locked out


async def lock(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers from many addresses use up what may be tried at Bea's account."""
    monkeypatch.setattr(sessions, "ATTEMPTS_AT_ACCOUNT", 5)
    monkeypatch.setattr(sessions, "ATTEMPTS_OF_CALLER_AT_ACCOUNT", 3)
    for number in range(4):
        assert await try_(from_address(app, f"203.0.113.{number}")) == "WrongCredentials"
    assert await try_(from_address(app, "203.0.113.98")) == "WrongCredentials"
    assert await try_(from_address(app, "203.0.113.99")) == "RATE_LIMITED"


async def test_wrong_tries_from_elsewhere_do_not_keep_the_owner_out(app: Starlette, database: str) -> None:
    await a_buyer()
    stranger, owner = from_address(app, "203.0.113.7"), from_address(app, "192.0.2.1")
    for _ in range(ATTEMPTS_OF_CALLER_AT_ACCOUNT):
        assert await try_(stranger) == "WrongCredentials"
    assert await try_(stranger, password=PASSWORD) == "RATE_LIMITED"
    assert await try_(owner, password=PASSWORD) == "SignedIn"


async def test_a_known_device_comes_in_whatever_strangers_try(
    app: Starlette, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_buyer()
    owner = from_address(app, "192.0.2.1")
    known = (await owner.ask(SIGN_IN, email=BEA, password=PASSWORD))["signIn"]["device"]
    await lock(app, monkeypatch)
    assert await try_(owner, password=PASSWORD) == "RATE_LIMITED"
    assert await try_(owner, password=PASSWORD, device=known) == "SignedIn"
    for _ in range(3):
        assert await try_(owner, device=known) == "WrongCredentials"
    assert await try_(owner, password=PASSWORD, device=known) == "RATE_LIMITED"


async def test_a_device_is_known_for_one_account_and_half_a_year(app: Starlette, database: str) -> None:
    token = device_token(BEA)
    assert is_known_device(token, BEA)
    for other in (None, "", "ld_", "ld_1_", token[:-1], token.replace("ld_", "ld_9"), "ld_" + "9" * 40 + "_x", "ld_١_x", "\ud7ff"):
        assert not is_known_device(other, BEA)
    assert not is_known_device(token, "eve@hill.example")
    with clock.frozen(clock.now() + timedelta(days=181)):
        assert not is_known_device(token, BEA)


async def test_who_is_refused_uses_up_nobodys_allowance(app: Starlette, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer than in earnest, since each takes a hash."""
    monkeypatch.setattr(sessions, "ATTEMPTS_OF_CALLER", 4)
    monkeypatch.setattr(sessions, "ATTEMPTS_OF_CALLER_AT_ACCOUNT", 2)
    monkeypatch.setattr(sessions, "ATTEMPTS_AT_ACCOUNT", 6)
    await a_buyer()
    flood = from_address(app, "203.0.113.7")
    for number in range(4):
        await try_(flood, f"x{number}@harbour.example")
    for _ in range(12):
        assert await try_(flood) == "RATE_LIMITED"
    assert await try_(from_address(app, "192.0.2.1"), password=PASSWORD) == "SignedIn"
    # A pair that is refused leaves the caller's own allowance to the others of the same office.
    office = from_address(app, "192.0.2.9")
    for _ in range(12):
        await try_(office, "p0@harbour.example")
    assert await try_(office, BEA, PASSWORD) == "SignedIn"


async def test_resets_are_limited_by_caller_first(app: Starlette, database: str) -> None:
    stranger, owner = from_address(app, "203.0.113.7"), from_address(app, "192.0.2.1")
    for _ in range(RESETS_OF_CALLER_AT_ACCOUNT):
        await stranger.ask(RESET, email=BEA)
    for _ in range(RESETS_AT_ACCOUNT):
        assert await stranger.code(RESET, email=BEA) == "RATE_LIMITED"
    assert await owner.ask(RESET, email=BEA) == {"requestPasswordReset": True}


async def test_one_customers_ipv6_addresses_are_one_caller() -> None:
    assert caller_of("2001:db8:1:2:3::4") == caller_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert caller_of("2001:db8:1:3::4") != caller_of("2001:db8:1:2::9")
    assert caller_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert caller_of("fe80::1%eth0") == "fe80::/64"
    assert caller_of("testclient") == "testclient"


# ---- the owner is told


async def test_the_owner_is_told_once_a_day(app: Starlette, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ATTEMPTS_OF_CALLER_AT_ACCOUNT", 2)
    await a_buyer()
    for address in ("203.0.113.7", "203.0.113.8"):
        for _ in range(4):
            await try_(from_address(app, address))
            await try_(from_address(app, address), "nobody@harbour.example")
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'ManySignInsRefused'") == 2
    await drain(database, HANDLERS)
    mails: list[Any] = await fetch("SELECT recipient, subject, text FROM mail")
    assert [(mail["recipient"], mail["subject"].split(" at ")[0]) for mail in mails] == [(BEA, "Many failed sign-ins")]
    assert "/password" in mails[0]["text"]
