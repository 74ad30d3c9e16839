"""Orders brought along from an older system: written once, as they were, and seen by those whose they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.core.database import fetch_value
from backend.core.errors import Forbidden, NotSignedIn
from backend.core.faults import InvalidRows
from backend.core.money import Money
from backend.core.viewer import PERMISSIONS, Role, Viewer, system_viewer
from backend.orders.importing import ImportedOrders, PastLine, PastOrder, import_orders
from backend.orders.rules import OrderStatus
from backend.pricing.tax import Rate, TaxedAmount
from tests.api.shopping import Client, Shop, open_shop

PLACED = datetime(2025, 3, 3, 9, 30, tzinfo=UTC)
ORDERS = """{ orders { totalCount nodes { number status fulfilment placedAt shipping { amount } tax { amount } total { amount }
  lines { sku name quantity shipped cancelled variant { sku } total { amount } } history { kind } } } }"""


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
async def past(shop: Shop) -> PastOrder:
    await shop.buyer.fetch_related("user")
    return PastOrder(
        number="OLD-17", location=shop.rotterdam.number, placed_by=shop.buyer.user.email, placed_at=PLACED, closed_at=PLACED + timedelta(days=4),
        lines=(
            PastLine(sku="GL-9", quantity=12, unit_price_e4=33_333, price_source="DEFAULT_PRICE_LIST"),
            PastLine(sku="GONE-1", name="Leather apron", quantity=2, unit_price_e4=149_000, price_source="DEFAULT_PRICE_LIST"),
        ),
        shipping=Money(950, "EUR"), tax=(TaxedAmount(Rate("VAT 21 %", 210_000), Money(7_930, "EUR"), Money(1_665, "EUR")),),
    )  # fmt: skip


async def seen(client: httpx.AsyncClient, token: str) -> Any:
    return (await Client(client, token).ask(ORDERS))["orders"]


async def test_an_order_is_written_as_it_was(shop: Shop, past: PastOrder, client: httpx.AsyncClient) -> None:
    assert await import_orders(system_viewer(), [past]) == ImportedOrders(1, 0)
    orders = await seen(client, shop.token)
    assert orders["totalCount"] == 1
    (order,) = orders["nodes"]
    assert (order["number"], order["status"], order["fulfilment"]) == ("OLD-17", "COMPLETED", "SHIPPED")
    assert (order["shipping"]["amount"], order["tax"]["amount"], order["total"]["amount"]) == ("9.50", "16.65", "95.95")
    assert [
        (line["sku"], line["name"], line["variant"] and line["variant"]["sku"], line["total"]["amount"]) for line in order["lines"]
    ] == [
        ("GL-9", "Work glove", "GL-9", "40.00"),
        ("GONE-1", "Leather apron", None, "29.80"),
    ]
    assert [event["kind"] for event in order["history"]] == ["PLACED", "COMPLETED"]


async def test_nobody_else_sees_it(shop: Shop, past: PastOrder, client: httpx.AsyncClient) -> None:
    await import_orders(system_viewer(), [past])
    assert (await seen(client, shop.hill_token))["totalCount"] == 0


async def test_twice_is_once(past: PastOrder) -> None:
    await import_orders(system_viewer(), [past])
    assert await import_orders(system_viewer(), [past]) == ImportedOrders(0, 1)


async def test_orders_without_a_number_get_the_next_ones_in_the_order_of_their_dates(past: PastOrder) -> None:
    later = replace(past, number=None, placed_at=PLACED + timedelta(days=1), purchase_order_number="later")
    earlier = replace(past, number=None, purchase_order_number="earlier")
    await import_orders(system_viewer(), [later, earlier])
    for number, reference in (("SO-000001", "earlier"), ("SO-000002", "later")):
        assert await fetch_value("SELECT purchase_order_number FROM customer_order WHERE number = $1", number) == reference


async def test_a_cancelled_order_shipped_nothing(shop: Shop, past: PastOrder, client: httpx.AsyncClient) -> None:
    await import_orders(system_viewer(), [replace(past, status=OrderStatus.CANCELLED)])
    (order,) = (await seen(client, shop.token))["nodes"]
    assert (order["status"], order["fulfilment"]) == ("CANCELLED", "NONE")
    assert [(line["shipped"], line["cancelled"]) for line in order["lines"]] == [(0, 12), (0, 2)]


async def test_it_takes_neither_stock_nor_credit_and_tells_nobody(past: PastOrder) -> None:
    await import_orders(system_viewer(), [past])
    assert not await fetch_value("SELECT count(*) FROM reservation")
    assert not await fetch_value("SELECT sum(reserved) FROM stock")
    assert not await fetch_value("SELECT sum(credit_minor) FROM customer_order")
    assert not await fetch_value("SELECT count(*) FROM pgqueuer")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"status": OrderStatus.CONFIRMED}, "status"),
        ({"location": "L-none"}, "location"),
        ({"placed_by": "nobody@hill.example"}, "placedBy"),
        ({"closed_at": PLACED - timedelta(days=1)}, "closedAt"),
        ({"lines": ()}, "lines"),
        ({"shipping": Money(950, "GBP")}, "currency"),
        ({"lines": (PastLine(sku="GL-9", quantity=0, unit_price_e4=1, price_source="DEFAULT_PRICE_LIST"),)}, "lines"),
        ({"lines": (PastLine(sku="GONE-2", quantity=1, unit_price_e4=1, price_source="DEFAULT_PRICE_LIST"),)}, "lines"),
        ({"number": "OLD-17"}, "number"),
    ],
)
async def test_a_bad_order_is_named_and_none_is_written(past: PastOrder, change: dict[str, Any], path: str) -> None:
    bad = replace(past, **{"number": "OLD-18", **change})
    with pytest.raises(InvalidRows) as refused:
        await import_orders(system_viewer(), [past, bad])
    assert {fault.path[0] for fault in refused.value.faults} == {path}
    assert not await fetch_value("SELECT count(*) FROM customer_order")


@pytest.mark.parametrize("role", [Role.BUYER, Role.COMPANY_ADMIN, Role.SALES_REP, Role.MARKETING])
async def test_it_takes_the_right_to_manage_orders(past: PastOrder, role: Role) -> None:
    with pytest.raises(Forbidden):
        await import_orders(Viewer(role=role, permissions=PERMISSIONS[role]), [past])
    with pytest.raises(NotSignedIn):
        await import_orders(Viewer(), [past])
    assert not await fetch_value("SELECT count(*) FROM customer_order")
