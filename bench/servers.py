"""What is measured, as it runs in production: a database of a given size, a server process over it, and the processor time that both take.

The database is made once for a size, in a state folder of its own, and copied for each run.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import orjson

from backend.core import cache, database
from backend.core.migrate import migrate
from backend.embedded.places import default_state
from backend.embedded.servers import Addresses, EmbeddedServers
from bench.data import Size, build
from tests import databases
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[1]
_PRODUCTION = {
    "LINESHEET_ENV": "production",
    "MAIL": "none",
    "SECRET_KEY": "a key for measurements that keeps no secret",
    "PUBLIC_URL": "https://bench.example",
    "VALUES_PER_MINUTE": str(10**12),  # counted as ever, refused never
    "PYTHONPATH": str(ROOT),
}


@contextmanager
def postgres() -> Iterator[str]:
    """The address of the PostgreSQL server."""
    with addresses() as found:
        yield found.database_url


@contextmanager
def addresses() -> Iterator[Addresses]:
    """The servers at `BENCH_DATABASE_URL` and `BENCH_REDIS_URL`, or the embedded ones."""
    named = os.environ.get("BENCH_DATABASE_URL")
    if named:
        yield Addresses(named, os.environ.get("BENCH_REDIS_URL"))
        return
    with EmbeddedServers(default_state() / "bench") as found:
        yield found


@contextmanager
def shop_of(server: str, size: Size) -> Iterator[str]:
    """The address of a fresh shop of this size."""
    sources = [*(ROOT / "migrations").glob("*.py"), Path(__file__).with_name("data.py")]
    name = f"bench_{size.products}x{size.variants}_{size.lists}_{size.companies}_{size.density}_{databases.digest(sources)[:8]}"
    if not asyncio.run(databases.exists(server, name)):
        asyncio.run(databases.make_template(server, name, lambda url: _fill(url, size)))
    with databases.copy_of(server, name) as url:
        yield url


async def _fill(url: str, size: Size) -> None:
    await migrate(url)
    await database.start(url, pool_max=1)
    await cache.start(None)
    try:
        await database.execute("SET statement_timeout = 0")
        await build(size)
        await database.execute("ANALYZE")
    finally:
        await cache.stop()
        await database.stop()


class Server:
    """A server process over a database: `command` is told its port in PORT."""

    def __init__(self, command: Sequence[str], database_url: str, log: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = log
        self.environment = {**os.environ, **_PRODUCTION, "DATABASE_URL": database_url, "PORT": str(self.port), **environment}
        self.command = [one.replace("{port}", str(self.port)) for one in command]

    def __enter__(self) -> "Server":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                asyncio.run(_knock(self.port))
                return
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def workers(self) -> list[int]:
        """The processes that serve: the one that was started, or the children that it started to serve."""
        return [child for child in children(self.process.pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()] or [
            self.process.pid
        ]

    def cpu_ms(self) -> float:
        return sum(cpu_ms(worker) for worker in self.workers())

    def memory_mb(self, kind: str) -> list[float]:
        """Of each worker. `VmHWM`: the most that it ever held; `VmRSS`: what it holds."""
        return [_status(worker, kind) / 1024 for worker in self.workers()]

    def statements(self) -> int:
        """Of a request of /graphql, by the end of the server's own log; whoever hung up early has sent fewer."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 32_768))
            lines = log.read().splitlines()[1:]
        return statistics.mode(int(orjson.loads(line)["statements"]) for line in lines if b'"path":"/graphql"' in line)


async def _knock(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def api(database_url: str, log: Path, *, workers: int = 1, **environment: str) -> Server:
    return Server(["backend.cli", "serve", "--workers", str(workers)], database_url, log, **environment)


def raw(database_url: str, log: Path) -> Server:
    command = ["uvicorn", "bench.raw.app:create_app", "--factory", "--port", "{port}", "--no-access-log", "--log-level", "warning"]
    return Server(command, database_url, log)


def cpu_ms(process: int) -> float:
    """The processor time of all threads of a process; none of one that has ended meanwhile."""
    try:
        return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{process}/task").glob("*/schedstat")) / 1e6
    except (FileNotFoundError, ProcessLookupError):
        return 0


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _status(process: int, kind: str) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{kind}:"))


class PostgresClock:
    """The processor time of a PostgreSQL server: of all its processes, which are children of one, those that have ended included."""

    def __init__(self, database_url: str) -> None:
        self.parent = asyncio.run(_parent(database_url))

    def cpu_ms(self) -> float:
        user, system = _stat(self.parent)[13:15]
        ended = 1000 * (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return ended + sum(cpu_ms(child) for child in children(self.parent))


async def _parent(database_url: str) -> int:
    """The parent of the process that serves a connection, asked while that lives."""
    connection = await asyncpg.connect(**database.credentials(database_url))
    try:
        return _parent_of(await connection.fetchval("SELECT pg_backend_pid()"))
    finally:
        await connection.close()


def _parent_of(process: int) -> int:
    return int(_stat(process)[1])


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on, after the name, which may have blanks in it."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
