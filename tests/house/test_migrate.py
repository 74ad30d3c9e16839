"""Migrating never holds others up for long, names who is in the way, and refuses what a newer version has made."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from backend.core import migrate as module
from backend.core.database import credentials
from backend.core.migrate import MIGRATIONS, MigrationRefused, check_version, declared_indexes, migrate
from tests import databases
from tests.house.test_backup import linesheet
from tests.house.test_upgrade import migrate_to

BEFORE = "0015_by_key"

# Tables that grow with the shop: whoever locks one for long stops orders.
BIG = (
    "product", "variant", "price", "stock", "product_search", "product_facet", "assortment_product", "product_category", "asset",
    "cart", "cart_line", "customer_order", "order_line", "order_event", "mail", "pgqueuer", "idempotency_key", "user_account", "session",
)  # fmt: skip
# Why a migration after 0015 may rewrite a big table, or lock it while an index is made.
REASONS = {
    "0016_gtin_keys": "it writes only variants that share a GTIN, and indexes only those that have one",
    "0017_invitations": "the altered field is of a small table: members and their invitations",
    "0019_session_families": "sessions are few, and old ones are deleted",
}

_BIG = "|".join(BIG)
SLOW = {
    "makes an index while others wait": re.compile(rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)[^;\"]*?\bON (?:{_BIG})\b", re.I),
    "rewrites a big table": re.compile(rf"(?:UPDATE (?:{_BIG})\b|ALTER TABLE (?:{_BIG})\b[^;\"]*\bTYPE\b)", re.I),
    "changes a field": re.compile(r"ops\.(?:AlterField|AddIndex)\("),
}


def slow(text: str) -> list[str]:
    return [what for what, pattern in SLOW.items() if pattern.search(text)]


@pytest.fixture
def url(database_server: str) -> Iterator[str]:
    with databases.copy_of(database_server, "template1") as address:
        yield address


@asynccontextmanager
async def idle_reader(url: str):
    """Somebody who has read the mails and went for coffee."""
    connection = await asyncpg.connect(**credentials(url), server_settings={"application_name": "report"})
    try:
        await connection.execute("BEGIN; SELECT count(*) FROM mail")
        yield connection
    finally:
        await connection.close()


async def test_an_idle_reader_is_named_and_holds_nobody_else_up(url: str) -> None:
    await migrate_to(url, BEFORE)
    said: list[str] = []
    async with idle_reader(url) as reader:
        pid = reader.get_server_pid()
        migrating = asyncio.create_task(migrate(url, said.append, attempts=2, pause=0.5))
        other = await asyncpg.connect(**credentials(url))
        longest = 0.0
        while not migrating.done():
            before = time.monotonic()
            await other.fetchval("SELECT count(*) FROM mail")
            longest = max(longest, time.monotonic() - before)
            await asyncio.sleep(0.1)
        await other.close()
        with pytest.raises(MigrationRefused, match=rf"PID {pid} \(report, idle in transaction"):
            await migrating
    assert longest < 2 * module.LOCK_WITHIN_MS / 1000
    assert len(said) == 2
    assert f"PID {pid}" in said[0]
    assert BEFORE not in await migrate(url)


async def test_it_goes_on_when_the_reader_is_gone(url: str) -> None:
    await migrate_to(url, BEFORE)
    async with idle_reader(url):
        migrating = asyncio.create_task(migrate(url, pause=0.5))
        await asyncio.sleep(2)
    assert await migrating != []


async def test_a_newer_database_is_refused_by_name(database_url: str) -> None:
    connection = await asyncpg.connect(**credentials(database_url))
    await connection.execute("INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('linesheet', '9999_tomorrow', now())")
    await connection.close()
    for refusing in (migrate, check_version):
        with pytest.raises(MigrationRefused, match=r"newer than this version.*9999_tomorrow"):
            await refusing(database_url)
    for command in ("migrate", "worker", "serve"):
        refused = linesheet(database_url, command)
        assert refused.returncode == 1, command
        assert "9999_tomorrow" in refused.stderr


async def test_an_index_that_was_left_half_made_is_made_anew(database_url: str) -> None:
    name = next(iter(declared_indexes()))
    connection = await asyncpg.connect(**credentials(database_url))
    with suppress(asyncpg.PostgresError):
        await connection.execute(f"UPDATE pg_index SET indisvalid = FALSE WHERE indexrelid = '{name}'::regclass")
    await migrate(database_url)
    assert await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name)
    await connection.execute(f"DROP INDEX {name}")
    await migrate(database_url)
    assert await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name)
    await connection.close()


def test_no_new_migration_locks_a_big_table_for_long_without_a_reason() -> None:
    found = {path.stem: slow(path.read_text()) for path in MIGRATIONS.glob("[0-9]*.py") if path.stem > BEFORE}
    assert {name: what for name, what in found.items() if what and name not in REASONS} == {}, (
        "make the index by MADE_AFTERWARDS, expand and contract, or say in REASONS why it is short"
    )
    assert set(REASONS) <= set(found)


@pytest.mark.parametrize(
    ("text", "is_slow"),
    [
        ('ops.RunSQL("CREATE INDEX a ON mail (id)")', True),
        ('ops.RunSQL("CREATE INDEX CONCURRENTLY a ON mail (id)")', False),
        ('ops.RunSQL("CREATE INDEX a ON brand (id)")', False),
        ('ops.RunSQL("UPDATE variant SET gtin = NULL")', True),
        ('ops.RunSQL("ALTER TABLE price ALTER COLUMN id TYPE numeric")', True),
        ("ops.AddField(model_name='Mail', name='a', field=x)", False),
    ],
)
def test_what_locks_for_long_is_recognised(text: str, is_slow: bool) -> None:
    assert bool(slow(text)) == is_slow
