"""An empty database, migrated, is what the models say: tables, columns, indexes, foreign keys and every declared constraint."""

import re

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.models import Model

from backend.core.database import APP, fetch, fetch_value, tortoise_config
from backend.core.migrate import MIGRATIONS, known_migrations, migrate, missing_migrations

TYPES = {"bigint": "int8", "int": "int4", "smallint": "int2", "timestamptz": "timestamptz", "bool": "bool", "bytea": "bytea"}


def models() -> list[type[Model]]:
    assert Tortoise.apps is not None
    return list(Tortoise.apps[APP].values())


async def test_nothing_in_the_models_waits_for_a_migration(database: str) -> None:
    apps = Tortoise.apps
    assert apps is not None
    changes = await MigrationAutodetector(apps, {APP: tortoise_config(database)["apps"][APP]}).changes()
    assert [writer.operations for writer in changes] == []


async def test_every_column_is_there_and_no_other(database: str) -> None:
    found = await _columns()
    wanted = {model._meta.db_table: set(model._meta.fields_db_projection.values()) for model in models()}
    assert {table: set(columns) for table, columns in found.items() if table in wanted} == wanted


async def test_columns_have_the_type_and_the_nullability_of_their_fields(database: str) -> None:
    found = await _columns()
    for model in models():
        for name, column in model._meta.fields_db_projection.items():
            field = model._meta.fields_map[name]
            where = f"{model._meta.db_table}.{column}"
            row = found[model._meta.db_table][column]
            assert (row["is_nullable"] == "YES") == field.null, f"{where}: NULL differs"
            declared = str(field.get_for_dialect("postgres", "SQL_TYPE")).lower()
            if declared in TYPES:
                assert row["udt_name"] == TYPES[declared], f"{where}: type differs"
            if declared.startswith(("varchar", "char(")):
                assert row["character_maximum_length"] == int(re.findall(r"\d+", declared)[0]), f"{where}: length differs"


async def _columns() -> dict[str, dict[str, asyncpg.Record]]:
    rows = await fetch("SELECT * FROM information_schema.columns WHERE table_schema = 'public'")
    found: dict[str, dict[str, asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row["table_name"], {})[row["column_name"]] = row
    return found


async def test_every_uniqueness_of_the_models_is_enforced(database: str) -> None:
    unique = await _indexed_columns(unique=True)
    for model in models():
        meta = model._meta
        alone = [(name,) for name, field in meta.fields_map.items() if field.unique and name in meta.fields_db_projection]
        for names in [*alone, *meta.unique_together]:
            columns = frozenset(_column(model, name) for name in names)
            assert (meta.db_table, columns) in unique, f"{meta.db_table}: {sorted(columns)} is not unique"


async def test_every_index_of_the_models_is_there(database: str) -> None:
    indexed = await _indexed_columns(unique=False) | await _indexed_columns(unique=True)
    for model in models():
        for name, field in model._meta.fields_map.items():
            if field.index and name in model._meta.fields_db_projection:
                assert (model._meta.db_table, frozenset({_column(model, name)})) in indexed, f"{model._meta.db_table}.{name}"


def _column(model: type[Model], name: str) -> str:
    """The column of a field; that of a foreign key ends in _id."""
    columns = model._meta.fields_db_projection
    return columns.get(name) or columns[f"{name}_id"]


async def _indexed_columns(*, unique: bool) -> set[tuple[str, frozenset[str]]]:
    rows = await fetch(
        "SELECT c.relname AS table, array_agg(a.attname::text) AS columns FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indisunique = $1 AND i.indpred IS NULL GROUP BY i.indexrelid, c.relname",
        unique,
    )
    return {(row["table"], frozenset(row["columns"])) for row in rows}


async def test_every_foreign_key_of_the_models_is_enforced(database: str) -> None:
    rows = await fetch(
        "SELECT c.relname AS table, a.attname::text AS column, f.relname AS target FROM pg_constraint k"
        " JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] WHERE k.contype = 'f'"
    )
    enforced = {(row["table"], row["column"], row["target"]) for row in rows}
    for model in models():
        for name in model._meta.fk_fields | model._meta.o2o_fields:
            field = model._meta.fields_map[name]
            assert isinstance(field, ForeignKeyFieldInstance)
            column = model._meta.fields_db_projection[str(field.source_field)]
            key = (model._meta.db_table, column, field.related_model._meta.db_table)
            assert key in enforced, f"{key[0]}.{key[1]} refers to {key[2]} without a foreign key"


DECLARED = re.compile(r"(?:ADD CONSTRAINT|CREATE (?:UNIQUE )?INDEX(?: CONCURRENTLY)?)\s+(?:IF NOT EXISTS\s+)?\"?(\w+)")
DROPPED = re.compile(r"DROP (?:CONSTRAINT|INDEX)\s+(?:IF EXISTS\s+)?\"?(\w+)")


async def test_every_constraint_and_index_that_a_migration_declares_exists(database: str) -> None:
    declared: set[str] = set()
    for path in sorted(MIGRATIONS.glob("[0-9]*.py")):
        text = path.read_text()
        declared = (declared | set(DECLARED.findall(text))) - set(DROPPED.findall(text))
    rows = await fetch("SELECT conname AS name FROM pg_constraint UNION SELECT relname FROM pg_class WHERE relkind = 'i'")
    assert declared - {row["name"] for row in rows} == set()


async def test_every_constraint_is_in_force(database: str) -> None:
    assert await fetch_value("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == 0


@pytest.mark.parametrize("times", [1, 2])
async def test_migrating_again_changes_nothing(database_url: str, times: int) -> None:
    for _ in range(times):
        assert await migrate(database_url) == []
    assert await missing_migrations(database_url) == []


def test_migrations_follow_one_another() -> None:
    numbers = [int(name[:4]) for name in known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
