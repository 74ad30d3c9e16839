"""The demo's conditions for orders: how much at least, how it is sent, and what a parcel costs."""

from backend.carts.conditions import ShippingDraft, save_shipping_methods, set_order_minimum
from backend.companies.audiences import Audience
from backend.core.money import Money
from backend.core.viewer import Viewer
from backend.demo.accounts import Accounts

PARCEL = "Parcel, 1–3 days"
_MINIMUMS = {"EUR": 10_000, "GBP": 10_000, "SEK": 150_000, "CHF": 15_000}
# Price of a parcel and the value from which it is free, in minor units.
_PARCELS = {"EUR": (950, 60_000), "GBP": (895, 50_000), "SEK": (9_900, 600_000), "CHF": (1_400, 80_000)}
_SERVED = ("NL", "BE", "LU", "DE", "AT", "FR", "IE", "DK", "SE", "FI", "PL", "CH", "GB", "NO")


async def save_conditions(viewer: Viewer, accounts: Accounts) -> None:
    for currency, minor in _MINIMUMS.items():
        await set_order_minimum(viewer, Money(minor, currency))
    await set_order_minimum(viewer, Money(25_000, "EUR"), Audience(company_id=accounts.companies["C-1014"]))
    await set_order_minimum(viewer, Money(5_000, "EUR"), Audience(group_id=accounts.groups["INSTITUTION"]))
    await save_shipping_methods(viewer, [draft for currency in _PARCELS for draft in _shipping(currency)])


def parcel_price(value: Money) -> Money:
    """What a parcel of this value costs."""
    price, free_from = _PARCELS[value.currency]
    return Money(0 if value.minor >= free_from else price, value.currency)


def _shipping(currency: str) -> list[ShippingDraft]:
    price, free_from = _PARCELS[currency]
    parcel = ShippingDraft(
        code="PARCEL", name=PARCEL, currency=currency, price_minor=price, free_from_minor=free_from, countries=_SERVED
    )
    pallet = ShippingDraft(code="PALLET", name="Pallet, price on confirmation", currency=currency, price_minor=None, position=1)
    collect = ShippingDraft(
        code="COLLECT", name="Collect in Tilburg", currency=currency, price_minor=0, countries=("NL", "BE"), position=2
    )
    return [parcel, pallet, *([collect] if currency == "EUR" else [])]
