"""Keeps long imports fast: PostgreSQL plans for the size that tables had when a statement was first prepared, and they grow under it."""

from backend.core.database import execute


async def keep_plans_fresh(batches: int, *tables: str) -> None:
    """Tells PostgreSQL the size of its tables each time that the number of batches has doubled. Joins the running transaction."""
    if batches >= 4 and batches & (batches - 1) == 0:
        await execute(f"ANALYZE {', '.join(tables)}")
