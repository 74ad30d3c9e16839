"""Conditions of the shop that several make at once: one of them is made, the others are refused, and nothing is changed by them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.carts.conditions import ShippingDraft, save_shipping_methods
from backend.companies.actions.seller import save_payment_terms
from backend.companies.drafts import TermsDraft
from backend.core.database import fetch
from backend.core.errors import InvalidInput
from backend.core.viewer import system_viewer
from backend.inventory.drafts import WarehouseDraft
from backend.inventory.stocktaking import save_warehouses
from backend.pricing.actions import save_tax_rates
from backend.pricing.drafts import TaxRateDraft
from tests.races.crowd import open_all_connections

SELLER = system_viewer()
MAKERS: dict[str, Callable[[str], Awaitable[Any]]] = {
    "payment_terms": lambda name: save_payment_terms(SELLER, TermsDraft("X", name, 8), only_new=True),
    "tax_rate": lambda name: save_tax_rates(SELLER, [TaxRateDraft("NL", "X", name, 210_000)], only_new=True),
    "shipping_method": lambda name: save_shipping_methods(
        SELLER, [ShippingDraft(code="X", name=name, currency="EUR", price_minor=None)], only_new=True
    ),
    "warehouse": lambda name: save_warehouses(SELLER, [WarehouseDraft(code="X", name=name)], only_new=True),
}


@pytest.mark.parametrize("table", MAKERS)
async def test_of_those_who_make_the_same_at_once_one_does(database: str, table: str) -> None:
    await open_all_connections()
    names = [f"Name {at}" for at in range(8)]
    answers = await asyncio.gather(*(MAKERS[table](name) for name in names), return_exceptions=True)
    made = [name for name, answer in zip(names, answers, strict=True) if not isinstance(answer, BaseException)]
    assert [answer for answer in answers if isinstance(answer, BaseException) and not isinstance(answer, InvalidInput)] == []
    assert len(made) == 1
    assert [row["name"] for row in await fetch(f"SELECT name FROM {table}")] == made
