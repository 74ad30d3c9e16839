"""Requests in work are bounded and fair between callers; what is above is refused at once; and who has gone costs nothing more."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from backend.app import build
from backend.core import database, logs
from backend.core.errors import Unavailable
from backend.graphql.admission import Admission, finish_even_if_gone
from backend.settings import Settings
from tests.api.shopping import SET_LINES, Client, fill, open_shop
from tests.house.test_waiting import held, waiting


class Work:
    """An application whose requests are in work until they are let go."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.most = 0
        self.stopped = 0
        self.free = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"]
        if name.startswith("/write"):
            finish_even_if_gone()
        if name.startswith("/viewer"):
            logs.note_viewer(name)
        self.inside.append(name)
        self.most = max(self.most, len(self.inside))
        try:
            await self.free.wait()
            body = await Request(scope, receive).body()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self.inside.remove(name)
        await PlainTextResponse(f"done {len(body)}")(scope, receive, send)


async def refuse(error: Unavailable, scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(error.message, 503)(scope, receive, send)


class Visitor:
    """A client as a server hands it to the application: its messages, and whether it is still there."""

    def __init__(self, guarded: Any, path: str = "/", address: str = "1.1.1.1", token: str = "", body: bytes = b"") -> None:
        self.left, self.reads = asyncio.Event(), asyncio.Event()
        self.reads.set()
        self.sent: list[Message] = []
        self.body = [{"type": "http.request", "body": body, "more_body": False}]
        headers = [(b"authorization", token.encode())] if token else []
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "client": (address, 1), "query_string": b""}
        self.task = asyncio.create_task(guarded(scope, self.receive, self.send))

    async def receive(self) -> Message:
        if self.body:
            return self.body.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        await self.reads.wait()

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_in_work_never_exceeds_the_bound_and_the_rest_is_refused_at_once() -> None:
    work, places = Work(), Admission(at_once=8, waiting=12, patience=60)
    guarded = places.guard(work, refuse)
    crowd = [Visitor(guarded, address=f"10.0.0.{number}") for number in range(200)]
    await settled()
    assert (len(work.inside), places.running, places.waiting, places.refused) == (8, 8, 12, 180)
    assert [visitor.status for visitor in crowd].count(503) == 180
    work.free.set()
    await asyncio.gather(*(visitor.task for visitor in crowd))
    assert [visitor.status for visitor in crowd].count(200) == 20
    assert work.most == 8
    assert (places.running, places.waiting, places.shares, places.lines, places.visits) == (0, 0, {}, {}, {})


async def test_a_heavy_caller_waits_behind_its_share_and_light_ones_go_ahead() -> None:
    work, places = Work(), Admission(at_once=8, waiting=100, patience=60)
    guarded = places.guard(work, refuse)
    heavy = [Visitor(guarded, "/heavy", "9.9.9.9") for _ in range(50)]
    light = [Visitor(guarded, f"/light/{number}", f"10.0.0.{number}") for number in range(5)]
    await settled()
    assert sorted(work.inside) == ["/heavy"] * 2 + [f"/light/{number}" for number in range(5)]
    # When the line is full the one who has most in it makes room.
    late = [Visitor(guarded, "/late", f"10.0.1.{number}") for number in range(60)]
    await settled()
    assert places.waiting == 100
    assert [visitor.status for visitor in heavy].count(503) >= 7
    assert [visitor.status for visitor in late].count(503) == 0
    work.free.set()
    await asyncio.gather(*(visitor.task for visitor in [*heavy, *light, *late]))
    assert {visitor.status for visitor in [*light, *late]} == {200}


async def test_a_viewer_who_was_seen_counts_as_himself_and_an_invented_token_as_its_address() -> None:
    work, places = Work(), Admission(at_once=8, waiting=100, patience=60)
    work.free.set()
    guarded = logs.RequestLog(places.guard(work, refuse), secret="s")
    for number in range(4):
        await Visitor(guarded, f"/viewer/{number}", token=f"Bearer {number}").task
    work.free.clear()
    known = [Visitor(guarded, f"/viewer/{number}", token=f"Bearer {number}") for number in range(4)]
    strangers = [Visitor(guarded, "/stranger", token=f"Bearer invented {number}") for number in range(20)]
    await settled()
    assert sorted(work.inside) == ["/stranger"] * places.share + [f"/viewer/{number}" for number in range(4)]
    work.free.set()
    await asyncio.gather(*(visitor.task for visitor in [*known, *strangers]))


async def test_nobody_waits_longer_than_the_patience() -> None:
    work, places = Work(), Admission(at_once=1, waiting=10, patience=0.05)
    guarded = places.guard(work, refuse)
    first, second = Visitor(guarded), Visitor(guarded, address="2.2.2.2")
    await second.task
    assert (second.status, first.status) == (503, None)
    work.free.set()
    await first.task
    assert (first.status, places.running, places.waiting) == (200, 0, 0)


async def test_a_place_is_not_held_for_a_client_that_sends_or_reads_slowly() -> None:
    work, places = Work(), Admission(at_once=1, patience=60)
    guarded = places.guard(work, refuse)
    slow = Visitor(guarded)
    slow.body = []
    quick = Visitor(guarded, address="2.2.2.2", body=b"four")
    assert not slow.task.done()
    work.free.set()
    await quick.task
    assert quick.sent[1]["body"] == b"done 4"

    reader = Visitor(guarded, address="3.3.3.3")
    reader.reads.clear()
    await settled()
    assert (reader.status, reader.task.done()) == (200, False)
    after = Visitor(guarded, address="4.4.4.4")
    await after.task
    assert after.status == 200
    reader.reads.set()
    slow.left.set()
    await asyncio.gather(reader.task, slow.task)
    assert slow.status is None


async def test_who_has_gone_is_stopped_in_the_line_and_at_work_but_not_while_something_is_written() -> None:
    work, places = Work(), Admission(at_once=4, waiting=10, patience=600)
    places.share = 2
    guarded = places.guard(work, refuse)
    reading, writing, queued = Visitor(guarded, "/read"), Visitor(guarded, "/write"), Visitor(guarded, "/read")
    await settled()
    assert (places.running, places.waiting) == (2, 1)
    for visitor in (reading, writing, queued):
        visitor.left.set()
    await asyncio.wait_for(asyncio.gather(queued.task, reading.task), 60)
    assert (reading.status, queued.status, work.inside, work.stopped) == (None, None, ["/write"], 1)
    assert (places.running, places.waiting) == (1, 0)
    work.free.set()
    await writing.task
    assert (writing.status, places.running, places.visits) == (200, 0, {})


async def test_a_page_and_its_calls_of_the_api_need_one_place(database_url: str) -> None:
    await database.start(database_url)
    app = build(Settings(database_url=database_url, requests_at_once=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as http:
        shop = await open_shop()
        pages = [
            http.get("/cart", headers={"Cookie": f"linesheet={token}"}) for token in (shop.token, shop.hill_token) for _ in range(3)
        ]
        answers = await asyncio.wait_for(asyncio.gather(*pages), 120)
    await database.stop()
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("door", ["/graphql", "/", "/uploads"])
async def test_every_door_refuses_in_its_own_words(database_url: str, door: str) -> None:
    """And what costs nothing is never refused."""
    app = build(Settings(database_url=database_url, requests_at_once=1, requests_waiting=0))
    app.state.admission.running = 1
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as http:
        answer = await (http.get(door) if door == "/" else http.post(door, json={"query": "{ __typename }"}))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        if door == "/":
            assert "try again" in answer.text
            assert "default-src" in answer.headers["content-security-policy"]
        else:
            assert "UNAVAILABLE" in answer.text
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/static/none/linesheet.css")).status_code != 503


async def test_a_client_that_hangs_up_leaves_no_statement_behind(database_url: str) -> None:
    """By a real socket: a request that waits in the database is cancelled there; a mutation is carried to its end."""
    import uvicorn

    await database.start(database_url, pool_max=4)
    shop = await open_shop()
    app = build(Settings(database_url=database_url))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
            buyer = Client(http, shop.token)
            await fill(buyer, {"sku": "GL-9", "quantity": 1})
            edit = {"input": {"lines": [{"sku": "GL-9", "quantity": 5}]}}
            async with held(database_url, "SELECT * FROM cart FOR UPDATE") as onlooker:
                sent = asyncio.create_task(buyer.post(SET_LINES, edit))
                await waiting(onlooker, 1)
                sent.cancel()
                await asyncio.sleep(1)
                assert await waiting(onlooker, 1) == 1
            async with asyncio.timeout(120):
                while (await buyer.ask("{ cart { unitCount } }"))["cart"]["unitCount"] != 5:
                    await asyncio.sleep(0.05)
            # A reader waits only for a lock of the whole table.
            async with held(
                database_url, "LOCK TABLE product, product_facet, assortment_product IN ACCESS EXCLUSIVE MODE"
            ) as onlooker:
                sent = asyncio.create_task(buyer.post("{ products { totalCount } }"))
                await waiting(onlooker, 1)
                sent.cancel()
                async with asyncio.timeout(8):  # the database itself would give up after ten seconds
                    while await waiting(onlooker, 0):
                        await asyncio.sleep(0.05)
    finally:
        server.should_exit = True
        await serving
        await database.stop()
