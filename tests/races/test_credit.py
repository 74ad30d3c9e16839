"""Ten orders at once on a credit that reaches for three."""

from typing import Any

import pytest

from backend.carts import stored
from backend.companies.models import CreditAccount
from backend.core.database import execute
from tests.api.shopping import Shop, open_shop
from tests.races.crowd import a_crowd, books_balance, order_at_once

GLOVES = {"sku": "GL-9", "quantity": 3}  # 12.10 with tax


async def taken(shop: Shop) -> int:
    return int((await CreditAccount.get(company_id=shop.harbour.id)).taken_minor)


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_READ_LOCKED_TO_ORDER", stored._READ_LOCKED)


async def test_ten_orders_on_a_credit_for_three(client):
    shop = await open_shop(credit={"EUR": 3 * 1_210})
    answers = await order_at_once(await a_crowd(client, shop, 10, GLOVES))
    assert answers == {"OrdersPlaced": 3, "CartHasProblems CREDIT_EXCEEDED": 7}
    assert await taken(shop) == 3 * 1_210
    await books_balance()


async def test_who_pays_by_transfer_takes_no_credit_from_others(client):
    shop = await open_shop(credit={"EUR": 3 * 1_210})
    buyers = await a_crowd(client, shop, 10, GLOVES)
    assert await order_at_once(buyers[:7], paymentMethod="BANK_TRANSFER") == {"OrdersPlaced": 7}
    assert await order_at_once(buyers[7:]) == {"OrdersPlaced": 3}
    await books_balance()


async def test_control_without_the_lock_orders_run_into_the_constraint(client, monkeypatch):
    shop = await open_shop(credit={"EUR": 3 * 1_210})
    buyers = await crowd_on_different_items(client, shop)
    without_the_lock(monkeypatch)
    answers = await order_at_once(buyers)
    assert answers["INTERNAL"] > 0
    assert await taken(shop) <= 3 * 1_210
    await books_balance()


async def test_control_without_lock_and_constraint_more_is_spent_than_there_is(client, monkeypatch):
    shop = await open_shop(credit={"EUR": 3 * 1_210})
    buyers = await crowd_on_different_items(client, shop)
    without_the_lock(monkeypatch)
    await execute("ALTER TABLE credit_account DROP CONSTRAINT credit_never_oversold")
    await order_at_once(buyers)
    assert await taken(shop) > 3 * 1_210


async def crowd_on_different_items(client: Any, shop: Shop) -> list[Any]:
    """Ten buyers of five items, two each: no lock on stock puts all of them in a row."""
    return [buyer for variant in shop.variants for buyer in await a_crowd(client, shop, 2, {"sku": variant.sku, "quantity": 1})]
