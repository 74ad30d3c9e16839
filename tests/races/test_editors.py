"""Two editors of one thing, and things that are removed while others take hold of them. A control beside each shows that the race is real."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from backend.carts.conditions import delete_shipping_method
from backend.catalogue import actions, saving, uses
from backend.catalogue.actions import assortments as assortment_actions
from backend.catalogue.drafts import ProductDraft
from backend.companies import uses as company_uses
from backend.companies.actions.accounts import update_location
from backend.companies.audiences import Audience
from backend.companies.drafts import LocationDraft
from backend.core.database import execute, fetch, fetch_value
from backend.core.uses import InUse
from backend.core.viewer import system_viewer
from backend.pricing.actions import set_prices
from backend.pricing.drafts import PriceRow
from tests.api.shopping import Client, fill, open_shop
from tests.factories.catalogue import make_assortment
from tests.factories.companies import make_member, sign_in_as
from tests.races.crowd import PLACE, a_crowd, all_at_once, answer_of, open_all_connections

SELLER = system_viewer()
EDITORS = 8


async def edit_at_once(slug: str) -> Counter[str]:
    """Everybody has read version 1 and saves a name."""
    await open_all_connections()
    drafts = [ProductDraft(slug=slug, name=f"Name {at}", expected_version=1) for at in range(EDITORS)]
    answers = await asyncio.gather(*(actions.save_products(SELLER, [draft]) for draft in drafts), return_exceptions=True)
    return Counter(type(answer).__name__ for answer in answers)


async def test_of_those_who_edit_one_version_one_saves(database: str) -> None:
    shop = await open_shop()
    assert await edit_at_once(shop.jacket.slug) == {"SaveReport": 1, "Stale": EDITORS - 1}
    assert await fetch_value("SELECT version FROM product WHERE id = $1", shop.jacket.id) == 2


async def test_control_without_the_check_all_save_and_all_but_one_are_lost(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await open_shop()
    monkeypatch.setattr(saving, "check_version", lambda *_: None)
    assert await edit_at_once(shop.jacket.slug) == {"SaveReport": EDITORS}


async def remove_both_at_once() -> list[Any]:
    """Hill is reached by two assortments; one is taken from it by one, the other by another."""
    shop = await open_shop()
    audience = Audience(company_id=shop.hill.id)
    other = await make_assortment("other", company_id=shop.hill.id)
    south = await fetch_value("SELECT id FROM assortment WHERE code = 'south'")
    await make_assortment("everything", is_default=True)
    await open_all_connections()
    calls = (actions.unassign_assortment(SELLER, key, audience) for key in (south, other.id))
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_two_who_take_an_assortment_each_leave_one(database: str) -> None:
    answers = await remove_both_at_once()
    assert Counter(type(answer).__name__ for answer in answers) == {"NoneType": 1, "InUse": 1}
    assert await fetch_value(
        "SELECT count(*) FROM assortment_assignment a JOIN company c ON c.id = a.company_id WHERE c.name LIKE 'Hill%'"
    )


async def test_control_without_the_lock_both_are_taken(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unlocked() -> None:
        await execute("SELECT pg_sleep(0.2)")

    async def late(viewer: Any, companies: Any, before: Any, what: str, *, successor: str | None = None) -> None:
        await company_uses.refuse_lost_sight(viewer, companies, before, what, successor=successor)
        await execute("SELECT pg_sleep(0.2)")  # neither has committed when the other one looks

    monkeypatch.setattr(assortment_actions, "lock_sight", unlocked)
    monkeypatch.setattr(assortment_actions, "refuse_lost_sight", late)
    assert await remove_both_at_once() == [None, None]


async def test_an_assortment_is_deleted_or_given_and_never_both(database: str) -> None:
    shop = await open_shop()
    for at in range(6):
        made = await make_assortment(f"a-{at}")
        await open_all_connections()
        gone, given = await asyncio.gather(
            actions.delete_assortment(SELLER, made.id),
            actions.assign_assortment(SELLER, made.id, Audience(company_id=shop.hill.id)),
            return_exceptions=True,
        )
        assert isinstance(gone, InUse) is (given is None), (gone, given)
        assert await fetch_value("SELECT EXISTS (SELECT FROM assortment WHERE id = $1)", made.id) is isinstance(gone, InUse)


async def test_control_without_asking_an_assortment_goes_with_those_it_was_given_to(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await open_shop()
    made = await make_assortment("a", company_id=shop.hill.id)
    monkeypatch.setattr(uses, "ASSORTMENT", uses.DEFAULT)
    await actions.delete_assortment(SELLER, made.id)
    assert await fetch_value("SELECT count(*) FROM assortment_assignment WHERE assortment_id = $1", made.id) == 0


async def close_while_ordering(client: Any) -> tuple[Any, dict[str, Any], bool]:
    """What the one who closes is answered, what the buyer is, and whether the location is still open."""
    shop = await open_shop()
    (buyer,) = await a_crowd(client, shop, 1, {"sku": "GL-9", "quantity": 1})
    await execute("UPDATE member SET is_active = FALSE WHERE role <> 'BUYER'")
    await open_all_connections()
    closing = update_location(SELLER, shop.rotterdam.id, LocationDraft("", is_active=False))
    order = buyer.post(PLACE, {"input": {}})
    closed, placed = await asyncio.gather(closing, order, return_exceptions=True)
    assert not isinstance(placed, BaseException)
    return closed, placed.json(), await fetch_value("SELECT is_active FROM company_location WHERE id = $1", shop.rotterdam.id)


async def orders_at_a_closed_place() -> int:
    query = "SELECT count(*) FROM customer_order o JOIN company_location l ON l.id = o.location_id WHERE NOT l.is_active"
    return int(await fetch_value(query))


async def test_nothing_is_ordered_at_a_place_while_it_is_closed(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only open orders are asked about here: members and carts would keep the place open by themselves."""
    monkeypatch.setattr(company_uses, "LOCATION", tuple(need for need in company_uses.LOCATION if need.kind == "ORDER"))
    closed, placed, is_open = await close_while_ordering(client)
    ordered = "errors" not in placed and answer_of(placed, "placeOrder") == "OrdersPlaced"
    assert isinstance(closed, InUse) is is_open
    assert ordered is is_open, (closed, placed)
    assert await orders_at_a_closed_place() == 0


PRICES = '{ product(sku: "GL-9") { variants { sku unitPrice { amount } priceBreaks { minimumQuantity unitPrice { amount } } } } }'


async def test_a_price_is_read_as_it_was_or_as_it_is_and_never_half(client: Any) -> None:
    """Both breaks change together: no reader sees one of them old and one new."""
    shop = await open_shop()
    low, high = (PriceRow(((1, 10_000), (10, 9_000)), sku="GL-9"), PriceRow(((1, 20_000), (10, 19_000)), sku="GL-9"))
    await set_prices(SELLER, shop.default.id, [low])
    buyer = Client(client, shop.token)
    await open_all_connections()

    async def write() -> None:
        for at in range(10):
            await set_prices(SELLER, shop.default.id, [(high, low)[at % 2]])

    async def read() -> set[tuple[str, ...]]:
        seen = set()
        for _ in range(10):
            variant = (await buyer.ask(PRICES))["product"]["variants"][0]
            seen.add(tuple(step["unitPrice"]["amount"] for step in variant["priceBreaks"]))
        return seen

    _, *readers = await asyncio.gather(write(), read(), read(), read())
    assert set().union(*readers) <= {("1.00", "0.90"), ("2.00", "1.90")}


async def choose_and_remove(client: Any) -> list[str]:
    shop = await open_shop()
    for code in ("POST", "VAN"):
        await execute(
            "INSERT INTO shipping_method (id, code, name, currency, price_minor, position) VALUES ($1, $2, $2, 'EUR', 500, 0)",
            *(1 if code == "POST" else 2, code),
        )
    members = [await make_member(shop.harbour, locations=(shop.rotterdam,)) for _ in range(4)]
    buyers = [Client(client, await sign_in_as(member, shop.rotterdam)) for member in members]
    await all_at_once(fill(buyer, {"sku": "GL-9", "quantity": 3}) for buyer in buyers)
    await execute("UPDATE cart SET shipping_method = 'POST'")
    await open_all_connections()
    removal = delete_shipping_method(SELLER, "POST", "EUR", "VAN")
    answers = await asyncio.gather(removal, *(buyer.post(PLACE, {"input": {}}) for buyer in buyers), return_exceptions=True)
    assert answers[0] is None
    placed: list[Any] = list(answers[1:])
    return [answer_of(answer.json(), "placeOrder") for answer in placed]


async def test_a_shipping_method_that_is_replaced_during_checkout_is_on_the_order_whole(client: Any) -> None:
    """Each order has the method before or the one after, with its price; none has none."""
    assert set(await choose_and_remove(client)) <= {"OrdersPlaced"}
    rows = await fetch("SELECT shipping_method, shipping_minor FROM customer_order")
    assert {tuple(row) for row in rows} <= {("POST", 500), ("VAN", 500)}
