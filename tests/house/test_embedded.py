"""The embedded servers keep their promises: data outlives any end, and no server outlives its users."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis

from backend.embedded import EmbeddedServers
from backend.embedded.places import Account, default_state, fallback_state, settle_state
from tests.house.processes import eventually, postmaster_of, processes_of

PACKAGE_ROOT = Path(__file__).resolve().parents[2]

USER = """
import sys, time
from pathlib import Path
from backend.embedded import EmbeddedServers
servers = EmbeddedServers(Path(sys.argv[1]))
print(servers.start().database_url, flush=True)
sys.stdin.readline()
servers.stop()
"""


def sql(url: str, statement: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def another_user(state: Path) -> subprocess.Popen[str]:
    """A second process that uses the servers until a line is sent to it."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER, state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_ROOT)},
    )
    assert user.stdout is not None
    assert user.stdout.readline().startswith("postgresql://")
    return user


def test_data_outlives_a_restart_and_no_server_is_left_between(state: Path) -> None:
    with EmbeddedServers(state) as addresses:
        sql(addresses.database_url, "create table kept as select 7 as number")
        assert sql(addresses.database_url, "show fsync") == "on"
        assert sql(addresses.database_url, "show synchronous_commit") == "on"
    assert processes_of(state) == {}
    with EmbeddedServers(state) as addresses:
        assert sql(addresses.database_url, "select number from kept") == 7


def test_valkey_answers_on_its_socket(state: Path) -> None:
    with EmbeddedServers(state) as addresses:
        if addresses.redis_url is None:
            pytest.skip("no Valkey for this platform")
        with redis.Redis.from_url(addresses.redis_url) as client:
            assert client.set("greeting", "hello")
            assert client.get("greeting") == b"hello"


def test_only_their_own_account_reaches_the_servers(state: Path) -> None:
    with EmbeddedServers(state):
        for folder in ("postgres", "sockets"):
            assert (state / folder).stat().st_mode & 0o077 == 0
            assert (state / folder).stat().st_uid == Account.current().uid


def test_a_killed_postgres_is_started_again_with_every_committed_row(state: Path) -> None:
    with EmbeddedServers(state) as addresses:
        sql(addresses.database_url, "create table kept as select 7 as number")
        killed = postmaster_of(state)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: _answers(addresses.database_url))
        assert postmaster_of(state) != killed
        assert sql(addresses.database_url, "select number from kept") == 7


def _answers(url: str) -> bool:
    try:
        return sql(url, "select 1") == 1
    except (OSError, asyncpg.PostgresError):
        return False


def test_a_user_killed_with_9_leaves_no_server_behind(state: Path) -> None:
    user = another_user(state)
    assert processes_of(state)
    user.kill()
    user.communicate()
    assert eventually(lambda: not processes_of(state))
    with EmbeddedServers(state) as addresses:
        assert sql(addresses.database_url, "select 1") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_keeper_killed_with_9_leaves_no_server_behind(state: Path) -> None:
    with EmbeddedServers(state) as addresses:
        sql(addresses.database_url, "create table kept as select 7 as number")
        (keeper,) = [pid for pid, command in processes_of(state).items() if "backend.embedded.keeper" in command]
        os.kill(keeper, signal.SIGKILL)
        assert eventually(lambda: not processes_of(state))
    with EmbeddedServers(state) as addresses:
        assert sql(addresses.database_url, "select number from kept") == 7


def test_a_second_process_joins_and_the_servers_stay_until_the_last_is_gone(state: Path) -> None:
    first = another_user(state)
    pid = postmaster_of(state)
    second = EmbeddedServers(state)
    addresses = second.start()
    assert postmaster_of(state) == pid
    first.communicate("\n", timeout=30)
    assert sql(addresses.database_url, "select 1") == 1, "the servers stopped under their second user"
    second.stop()
    assert eventually(lambda: not processes_of(state))


def test_ten_at_once_share_one_server(state: Path) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, state],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PACKAGE_ROOT)},
        )
        for _ in range(10)
    ]
    answers = [user.communicate("\n", timeout=60)[0] for user in users]
    assert all(answer.startswith("postgresql://") for answer in answers)
    assert eventually(lambda: not processes_of(state))


def test_a_path_with_spaces_and_other_signs(state: Path) -> None:
    odd = state.parent / "my work, 100% of it"
    with EmbeddedServers(odd) as addresses:
        assert sql(addresses.database_url, "select 1") == 1


def test_a_path_too_long_for_a_socket(state: Path) -> None:
    long = state.parent / ("deep" * 20) / ("deeper" * 10)
    with EmbeddedServers(long) as addresses:
        assert sql(addresses.database_url, "select 1") == 1
        assert len(addresses.database_url) < 120
    assert not Path(addresses.database_url.partition("host=")[2]).exists(), "the temporary socket folder was left behind"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another account")
def test_a_folder_out_of_reach_is_replaced_and_the_user_is_told(state: Path) -> None:
    closed = state.parent / "home"
    closed.mkdir(mode=0o700)
    wished = closed / "checkout" / ".linesheet"
    said: list[str] = []
    settled = settle_state(wished, Account.current(), said.append)
    try:
        assert settled == fallback_state(wished)
        assert str(settled) in said[0]
    finally:
        settled.rmdir()


def test_a_folder_laid_out_by_somebody_else_is_refused(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.mkdir()
    (state.parent / "link").symlink_to(state)
    monkeypatch.setenv("LINESHEET_STATE", str(state.parent / "link"))
    with pytest.raises(Exception, match="another user"):
        settle_state(default_state(), Account.current(), lambda _: None)


def test_another_version_s_data_is_not_touched(state: Path) -> None:
    with EmbeddedServers(state):
        pass
    version = state / "postgres" / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(Exception, match=r"written by PostgreSQL 9.*make reset"), EmbeddedServers(state):
        pass
    assert version.read_text() == "9\n"
    assert processes_of(state) == {}
