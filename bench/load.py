"""Sends requests, a number of them at once, and tells how long each took: with wrk where it is installed and can do it, else from Python.

An answer other than 2xx, or one that lacks the text that it must have, ends the measurement: errors are quick.
"""

import asyncio
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

CONNECTIONS = 16


class WrongAnswer(Exception):
    """A request was not answered as it must be."""


@dataclass(frozen=True, slots=True)
class Request:
    """A POST of JSON by the holder of a token; the answer must have `expected` in it."""

    path: str
    body: bytes
    token: str
    expected: bytes = b'{"data":'
    key: str | None = None

    def wire(self) -> bytes:
        idempotency = f"Idempotency-Key: {self.key}\r\n" if self.key else ""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAuthorization: Bearer {self.token}\r\n"
            f"{idempotency}Content-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests took: in all, and in milliseconds at the median and the slowest hundredth."""

    requests: int
    seconds: float
    p50: float
    p99: float


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def send_for(port: int, requests: Sequence[Request], seconds: float, connections: int = CONNECTIONS) -> Load:
    """The same requests again and again, for some seconds."""
    if has_wrk() and len({(request.path, request.body) for request in requests}) == 1:
        return _wrk(port, requests, seconds, connections)
    return asyncio.run(_send(port, itertools.cycle(requests), connections, seconds))


def send_all(port: int, requests: Sequence[Request], connections: int = CONNECTIONS) -> Load:
    """Each request once."""
    return asyncio.run(_send(port, iter(requests), connections, None))


# A script from a file: wrk that reads one from a pipe sends GETs.
_LUA = """
local tokens, turn = {%s}, 0
local headers, body = {["Content-Type"] = "application/json"}, %s
request = function()
  turn = turn %% #tokens + 1
  headers["Authorization"] = "Bearer " .. tokens[turn]
  return wrk.format("POST", %s, headers, body)
end
done = function(summary, latency)
  local wrong = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('\\nRESULT {"requests": %%d, "us": %%d, "p50": %%d, "p99": %%d, "wrong": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong))
end
"""


def _wrk(port: int, requests: Sequence[Request], seconds: float, connections: int) -> Load:
    first = requests[0]
    tokens = ",".join(json.dumps(request.token) for request in requests)
    script = _LUA % (tokens, _lua_text(first.body), json.dumps(first.path))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "60s",
            "-s",
            file.name,
            f"http://127.0.0.1:{port}",
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(told.rpartition("RESULT ")[2])
    if found["wrong"]:
        raise WrongAnswer(f"{found['wrong']} answers of {first.path} were wrong")
    if not found["requests"]:
        raise WrongAnswer(f"{first.path} answered nothing in {seconds:g} s: measure for longer")
    return Load(found["requests"], found["us"] / 1e6, found["p50"] / 1000, found["p99"] / 1000)


def _lua_text(body: bytes) -> str:
    assert b"]==]" not in body
    return f"[==[{body.decode()}]==]"


async def _send(port: int, requests: Iterator[Request], connections: int, seconds: float | None) -> Load:
    started = time.perf_counter()
    until = None if seconds is None else started + seconds
    async with asyncio.TaskGroup() as group:
        senders = [group.create_task(_sender(port, requests, until)) for _ in range(connections)]
    spent = time.perf_counter() - started
    times = sorted(one for sender in senders for one in sender.result())
    return Load(len(times), spent, times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)])


async def _sender(port: int, requests: Iterator[Request], until: float | None) -> list[float]:
    """One connection, kept open, that sends its next request when it has the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024 * 1024)
    times = []
    for request in requests:
        started = time.perf_counter()
        if until is not None and started >= until:
            break
        writer.write(request.wire())
        status, body = await _answer(reader)
        times.append((time.perf_counter() - started) * 1000)
        if not 200 <= status < 300 or request.expected not in body:
            raise WrongAnswer(f"{request.path}: {status} {body[:500]!r}")
    writer.close()
    return times


class OnSchedule:
    """Requests at fixed moments, whether or not earlier ones have been answered, as the world sends them.

    A time counts from the moment at which the request was due: a server that stalls is charged for all that waited meanwhile.
    """

    MOST_WAITING = 500
    IDLE_FOR = 2.0  # seconds

    def __init__(self, port: int, requests: Sequence[Request], rate: float) -> None:
        self.port, self.requests, self.rate = port, requests, rate
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = []
        self.waiting = 0
        self.times: list[float] = []

    async def run(self, seconds: float) -> None:
        """Sends for so long and waits for the last answers. `times` fills up meanwhile, in milliseconds."""
        clock = asyncio.get_running_loop().time
        started = clock()
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * self.rate)):
                due = started + number / self.rate
                await asyncio.sleep(due - clock())
                if self.waiting >= self.MOST_WAITING:
                    raise WrongAnswer(f"{self.waiting} requests wait for an answer: {self.rate:.0f} a second are too many")
                group.create_task(self._send(self.requests[number % len(self.requests)], due))
        for _, writer, _ in self.idle:
            writer.close()
        self.idle.clear()

    async def _send(self, request: Request, due: float) -> None:
        self.waiting += 1
        reader, writer = await self._connection()
        writer.write(request.wire())
        status, body = await _answer(reader)
        self.times.append((asyncio.get_running_loop().time() - due) * 1000)
        if not 200 <= status < 300 or request.expected not in body:
            raise WrongAnswer(f"{request.path}: {status} {body[:500]!r}")
        self.idle.append((reader, writer, asyncio.get_running_loop().time()))
        self.waiting -= 1

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The one that was used last, unless the server is about to close it, as it does with those that are idle for long."""
        while self.idle:
            reader, writer, since = self.idle.pop()
            if asyncio.get_running_loop().time() - since < self.IDLE_FOR and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1024 * 1024)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:"))
    return int(lines[0].split(" ")[1]), await reader.readexactly(length)


def body_of(document: str, variables: object) -> bytes:
    return orjson.dumps({"query": document, "variables": variables})


def checked(port: int, requests: Iterable[Request]) -> list[bytes]:
    """The bodies of single answers, each of which must be right."""

    async def ask() -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024 * 1024)
        bodies = []
        for request in requests:
            writer.write(request.wire())
            status, body = await _answer(reader)
            if status != 200 or request.expected not in body:
                raise WrongAnswer(f"{request.path}: {status} {body[:500]!r}")
            bodies.append(body)
        writer.close()
        return bodies

    return asyncio.run(ask())
