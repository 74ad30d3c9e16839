"""What the tests of the seller's side share: staff at work, and proof that others are refused and change nothing."""

from dataclasses import dataclass
from typing import Any

import httpx

from backend.core.database import fetch
from backend.core.viewer import Role
from tests.api.shopping import Client
from tests.factories.companies import make_staff, sign_in_as

KEPT = (
    "brand", "category", "product", "variant", "product_category", "asset", "pack", "pack_content", "customer_sku", "assortment",
    "assortment_rule", "assortment_assignment", "assortment_product", "price_list", "price_list_assignment", "price", "tax_rate", "warehouse",
    "stock", "arrival",
)  # fmt: skip


async def staff(http: httpx.AsyncClient, role: Role = Role.ADMIN) -> Client:
    return Client(http, await sign_in_as(await make_staff(role)))


async def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All that the seller keeps, to compare before and after."""
    return {table: [tuple(row) for row in await fetch(f"SELECT * FROM {table} ORDER BY id")] for table in KEPT}


@dataclass
class Refusals:
    """Sends the same mutation as those who may not."""

    http: httpx.AsyncClient
    buyer_token: str
    role: Role  # of staff without the permission

    async def check(self, mutation: str, **variables: Any) -> None:
        before = await everything()
        others = {"NOT_SIGNED_IN": Client(self.http)}
        refused = [Client(self.http, self.buyer_token), await staff(self.http, self.role)]
        for code, anonymous in others.items():
            assert await anonymous.code(mutation, **variables) == code
        for client in refused:
            assert await client.code(mutation, **variables) == "FORBIDDEN"
        assert await everything() == before
