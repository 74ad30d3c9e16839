"""Which requests are in work: so many at a time, in a fair order between callers, and none above what can be answered in time.

A request has a place from when its body has arrived until its answer begins, so that no place waits for a slow client. Who has gone loses it.
Promises that a refused request has cost nothing, and that one caller never has all places.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.errors import Unavailable
from backend.core.logs import noted_viewer

# A request that is not answered after one or two of these is looked at: its client may be gone.
LOOK_EVERY = 0.25
# So much of a body is read before the request asks for a place; of a longer one the rest must come in time.
HELD_BYTES = 1024 * 1024
BODY_WITHIN = 30.0
MAX_KNOWN = 10_000
FULL = "More requests arrive than the shop can answer just now. Nothing of this one was done; send it again in a moment."


# Says at one door that a request is refused, without asking anybody.
Refuse = Callable[[Unavailable, Scope, Receive, Send], Awaitable[None]]


class Admission:
    """The places of this process. `share`: how many of them one caller may have.

    Above `at_once` a request waits, at most `patience` seconds; above `waiting` the caller who waits with most requests loses the newest.
    """

    def __init__(self, at_once: int = 24, waiting: int = 96, patience: float = 2.0) -> None:
        self.at_once, self.most_waiting, self.patience = at_once, waiting, patience
        self.share = max(1, at_once // 4)
        self.running = 0
        self.waiting = 0
        self.refused = 0
        self.shares: dict[str, int] = {}
        self.lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        # Viewers by the credentials that they were seen with: anybody may invent a token, and counts as his address.
        self.known: dict[int, str] = {}
        self.visits: dict[Visit, None] = {}

    def caller(self, scope: Scope) -> tuple[int, str]:
        """Who asks, as far as it is known without asking the database: the viewer, else the address. And by which credentials."""
        credentials = 0
        for name, value in scope["headers"]:
            if name in (b"authorization", b"cookie"):
                credentials ^= hash(value)
        known = self.known.get(credentials) if credentials else None
        return credentials, known or (scope["client"][0] if scope.get("client") else "")

    def learn(self, credentials: int) -> None:
        """The viewer of a request that was answered."""
        viewer = noted_viewer()
        if credentials and viewer is not None:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[credentials] = viewer

    async def enter(self, caller: str) -> None:
        """Takes a place. Raises Unavailable."""
        mine = self.shares.get(caller, 0)
        if self.running < self.at_once and mine < self.share and caller not in self.lines:
            self.running += 1
            self.shares[caller] = mine + 1
            return
        if self.waiting >= self.most_waiting:
            self._make_room(caller)
        await self._wait(caller)

    @asynccontextmanager
    async def place(self, scope: Scope) -> AsyncIterator[None]:
        """For a door that reads a long body of its own. Raises Unavailable."""
        _, caller = self.caller(scope)
        await self.enter(caller)
        try:
            yield
        finally:
            self.leave(caller)

    def leave(self, caller: str) -> None:
        self.running -= 1
        mine = self.shares[caller] - 1
        if mine:
            self.shares[caller] = mine
        else:
            del self.shares[caller]
        if self.lines:
            self._call_next()

    async def _wait(self, caller: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lines.setdefault(caller, deque()).append(turn)
        self.waiting += 1
        try:
            async with asyncio.timeout(self.patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(caller)  # called at the very moment
            else:
                self._forget(caller, turn)
            if isinstance(error, TimeoutError):
                raise self._refusal() from None
            raise

    def _forget(self, caller: str, turn: asyncio.Future[None]) -> None:
        line = self.lines.get(caller)
        if line is not None and turn in line:
            line.remove(turn)
            self.waiting -= 1
            if not line:
                del self.lines[caller]

    def _call_next(self) -> None:
        """One request of each caller in turn, as long as there are places."""
        while self.running < self.at_once and (caller := self._next_caller()) is not None:
            line = self.lines[caller]
            turn = line.popleft()
            self.waiting -= 1
            if line:
                self.lines.move_to_end(caller)
            else:
                del self.lines[caller]
            if not turn.done():  # its client may have gone at this very moment
                self.running += 1
                self.shares[caller] = self.shares.get(caller, 0) + 1
                turn.set_result(None)

    def _next_caller(self) -> str | None:
        return next((caller for caller in self.lines if self.shares.get(caller, 0) < self.share), None)

    def _make_room(self, caller: str) -> None:
        """At the cost of the longest line; raises Unavailable where that is one's own."""
        longest = max(self.lines, key=lambda one: len(self.lines[one]), default=caller)
        if len(self.lines.get(longest, ())) <= len(self.lines.get(caller, ())) + 1:
            raise self._refusal()
        turn = self.lines[longest][-1]
        self._forget(longest, turn)
        if not turn.done():
            turn.set_exception(self._refusal())

    def _refusal(self) -> Unavailable:
        self.refused += 1
        return Unavailable(FULL)

    def begin(self, visit: "Visit") -> None:
        if not self.visits:
            asyncio.get_running_loop().call_later(LOOK_EVERY, self._look)
        self.visits[visit] = None

    def _look(self) -> None:
        """A task for each request would cost all of them: only those that take long are watched."""
        for visit in self.visits:
            visit.look()
        if self.visits:
            asyncio.get_running_loop().call_later(LOOK_EVERY, self._look)

    def guard(self, app: ASGIApp, refuse: Refuse, free: tuple[str, ...] = ()) -> "Guarded":
        """The same application, whose requests need a place; those below `free` paths cost too little to wait."""
        return Guarded(self, app, refuse, free)


class Guarded:
    """An ASGI application behind its admission."""

    def __init__(self, admission: Admission, app: ASGIApp, refuse: Refuse, free: tuple[str, ...]) -> None:
        self.admission, self.app, self.refuse, self.free = admission, app, refuse, free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (self.free and scope["path"].startswith(self.free)):
            await self.app(scope, receive, send)
        else:
            await Visit(self.admission, scope, receive, send).pay(self.app, self.refuse)


class Visit:
    """One request, from its first byte to the beginning of its answer."""

    __slots__ = (
        "admission", "body", "caller", "complete", "credentials", "gone", "looked_at", "placed", "scope", "stoppable", "task", "their_receive",
        "their_send", "watcher",
    )  # fmt: skip

    def __init__(self, admission: Admission, scope: Scope, receive: Receive, send: Send) -> None:
        self.admission, self.scope, self.their_receive, self.their_send = admission, scope, receive, send
        self.credentials, self.caller = admission.caller(scope)
        self.body: list[Message] = []
        self.complete = self.placed = self.gone = self.looked_at = False
        self.stoppable = True
        self.watcher: asyncio.Task[None] | None = None
        self.task = asyncio.current_task()

    async def pay(self, app: ASGIApp, refuse: Refuse) -> None:
        """Arrives, waits, and is served; a client who has gone ends it."""
        _visit.set(self)
        try:
            await self._read()
            if self.body[0]["type"] == "http.disconnect":
                return
            self.admission.begin(self)
            try:
                await self.admission.enter(self.caller)
            except Unavailable as error:
                self.stoppable = False
                await refuse(error, self.scope, self.receive, self.send)
                return
            self.placed = True
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self.gone or self.task is None:
                raise
            self.task.uncancel()
        finally:
            self._end()

    async def _read(self) -> None:
        held = 0
        while held <= HELD_BYTES:
            message = await self.their_receive()
            self.body.append(message)
            if message["type"] != "http.request" or not message.get("more_body"):
                self.complete = True
                break
            held += len(message.get("body", b""))
        self.body.reverse()

    async def receive(self) -> Message:
        """What was read, and then what comes."""
        if self.body:
            return self.body.pop()
        if self.complete:
            return await self.their_receive()
        try:
            async with asyncio.timeout(BODY_WITHIN):
                message = await self.their_receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        self.complete = not message.get("more_body")
        return message

    async def send(self, message: Message) -> None:
        if self.placed:
            self._end()
        await self.their_send(message)

    def look(self) -> None:
        if self.looked_at and self.complete and self.stoppable and self.watcher is None:
            self.watcher = asyncio.create_task(self._watch())
        self.looked_at = True

    async def _watch(self) -> None:
        while (await self.their_receive())["type"] != "http.disconnect":
            pass
        if self.stoppable and self.task is not None:
            self.gone = True
            self.task.cancel()

    def _end(self) -> None:
        """The work is done: somebody else may have the place."""
        self.stoppable = False
        self.admission.visits.pop(self, None)
        if self.watcher is not None:
            self.watcher.cancel()
        if self.placed:
            self.placed = False
            self.admission.leave(self.caller)
            self.admission.learn(self.credentials)


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


def finish_even_if_gone() -> None:
    """What writes is not stopped halfway: from here on this request is carried to its end, whether or not its client still waits."""
    visit = _visit.get()
    if visit is not None:
        visit.stoppable = False
