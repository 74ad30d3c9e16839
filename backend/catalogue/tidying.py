"""Takes what nobody can see out of texts that were stored before every door did so, where that makes no two things the same."""

from collections.abc import Callable
from dataclasses import dataclass, field

from backend.catalogue import search
from backend.catalogue.rules import sku_key
from backend.core.database import execute, fetch, transaction
from backend.core.text import clean_code, clean_name
from backend.core.viewer import Permission, Viewer

# Anything but printable ASCII, and blanks that cleaning takes away: only such texts are read at all.
_SUSPECT = "({column} ~ '[^ -~]' OR {column} LIKE '%  %' OR {column} <> btrim({column}))"
_COLUMNS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("brand", "name", clean_name),
    ("category", "name", clean_name),
    ("product", "name", clean_name),
    ("variant", "name", clean_name),
    ("variant", "sku", clean_code),
    ("customer_sku", "sku", clean_code),
)


@dataclass(slots=True)
class Tidied:
    """How many texts were cleaned, and a sentence for each that was left."""

    changed: int = 0
    left: list[str] = field(default_factory=list)


async def tidy(viewer: Viewer) -> Tidied:
    """Names, SKUs and buyers' own numbers. A SKU that another variant would then have stays, and so do GTINs that several variants share."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    done = Tidied()
    async with transaction():
        for table, column, clean in _COLUMNS:
            await _tidy_column(done, table, column, clean)
        products = await fetch("SELECT id FROM product")
        if done.changed:
            await search.refresh_products([row["id"] for row in products])
        for row in await fetch(_SHARED_GTINS):
            done.left.append(
                f"The GTIN {row['gtin']} belongs to several variants: {', '.join(row['skus'])}. Keep it at one of them."
            )
    return done


_SHARED_GTINS = """
SELECT min(gtin) AS gtin, array_agg(sku ORDER BY sku) AS skus FROM variant WHERE gtin IS NOT NULL
 GROUP BY lpad(gtin, 14, '0') HAVING count(*) > 1 ORDER BY 1
"""


async def _tidy_column(done: Tidied, table: str, column: str, clean: Callable[[str], str]) -> None:
    rows = await fetch(f"SELECT id, {column} AS text FROM {table} WHERE {_SUSPECT.format(column=column)} ORDER BY id FOR UPDATE")
    for row in rows:
        text = clean(row["text"])
        if text == row["text"]:
            continue
        if not text or (column == "sku" and await _is_taken(table, row["id"], text)):
            done.left.append(f"The {column} “{text}” ({table}) would be there twice, or empty: change it by hand.")
            continue
        key = ", sku_key = $3" if column == "sku" else ""
        await execute(f"UPDATE {table} SET {column} = $2{key} WHERE id = $1", row["id"], text, *([sku_key(text)] if key else []))
        done.changed += 1


async def _is_taken(table: str, key: int, text: str) -> bool:
    """Whether another row has this number; of buyers' own numbers, one of the same company."""
    same = " AND company_id = (SELECT company_id FROM customer_sku WHERE id = $1)" if table == "customer_sku" else ""
    return bool(await fetch(f"SELECT FROM {table} WHERE sku = $2 AND id <> $1{same}", key, text))
