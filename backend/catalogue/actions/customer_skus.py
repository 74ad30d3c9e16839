"""Buyers' own part numbers."""

from collections.abc import Sequence
from dataclasses import replace

from backend.catalogue import queries
from backend.catalogue.drafts import CustomerSkuDraft
from backend.catalogue.rules import MAX_SKU, is_text, sku_key
from backend.core.bulk import upsert
from backend.core.database import execute, fetch, transaction
from backend.core.errors import Why
from backend.core.faults import Fault, refuse_faults
from backend.core.ids import new_id
from backend.core.text import clean_code
from backend.core.viewer import Permission, Viewer

CUSTOMER_SKU = {"id": "bigint", "company_id": "bigint", "variant_id": "bigint", "sku": "text", "sku_key": "text"}


async def set_customer_skus(viewer: Viewer, rows: Sequence[CustomerSkuDraft]) -> int:
    """Part numbers by company and SKU; None takes one away. How many were written."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    rows = [replace(row, customer_sku=clean_code(row.customer_sku)) if row.customer_sku else row for row in rows]
    async with transaction():
        variants = await queries.variant_ids({row.sku for row in rows})
        companies = {
            row["id"] for row in await fetch("SELECT id FROM company WHERE id = ANY ($1)", [row.company_id for row in rows])
        }
        refuse_faults([fault for at, row in enumerate(rows) if (fault := _customer_sku_fault(at, row, variants, companies))])
        return await _write_customer_skus(rows, variants)


def _customer_sku_fault(at: int, row: CustomerSkuDraft, variants: dict[str, int], companies: set[int]) -> Fault | None:
    if row.company_id not in companies:
        return Fault(at, ("companyId",), Why.UNKNOWN("There is no such company."))
    if row.sku not in variants:
        return Fault(at, ("sku",), Why.UNKNOWN(f"There is no variant {row.sku}."))
    if row.customer_sku is not None and not (is_text(row.customer_sku, MAX_SKU) and sku_key(row.customer_sku)):
        return Fault(at, ("customerSku",), Why.MALFORMED(f"A part number has letters or digits and at most {MAX_SKU} characters."))
    return None


async def _write_customer_skus(rows: Sequence[CustomerSkuDraft], variants: dict[str, int]) -> int:
    companies = sorted({row.company_id for row in rows})
    known = {
        (row["company_id"], row["variant_id"]): row
        for row in await fetch("SELECT * FROM customer_sku WHERE company_id = ANY ($1)", companies)
    }
    holders = {(row["company_id"], row["sku"]): row["variant_id"] for row in known.values()}
    wanted = {(row.company_id, variants[row.sku]): (at, row.customer_sku) for at, row in enumerate(rows)}
    dropped = [
        known[key]["id"] for key, (_, text) in wanted.items() if key in known and (text is None or text != known[key]["sku"])
    ]
    written = []
    for (company, variant), (at, text) in wanted.items():
        old = known.get((company, variant))
        if text is None or (old is not None and old["sku"] == text):
            continue
        holder = holders.setdefault((company, text), variant)
        if holder != variant and (company, holder) not in wanted:
            refuse_faults([Fault(at, ("customerSku",), Why.TAKEN(f"The company calls another variant {text} already."))])
        written.append({"id": new_id(), "company_id": company, "variant_id": variant, "sku": text, "sku_key": sku_key(text)})
    if len({(row["company_id"], row["sku"]) for row in written}) < len(written):
        refuse_faults([Fault(0, ("customerSku",), Why.REPEATED("Two variants cannot have the same part number of one company."))])
    await execute("DELETE FROM customer_sku WHERE id = ANY ($1)", dropped)
    await upsert("customer_sku", CUSTOMER_SKU, written)
    return len(set(dropped) | {row["id"] for row in written})
