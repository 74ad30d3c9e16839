"""Which of the seller's pages which role works with: the navigation shows nobody a page that she may not open.

This is only about what is shown; whether something may be done is the API's to say.
"""

from __future__ import annotations

from dataclasses import dataclass

BUYERS = frozenset({"BUYER", "APPROVER", "COMPANY_ADMIN"})
# Who places orders: buyers for their company, these of the staff for a customer.
ORDERS = BUYERS | {"SALES_REP", "SALES_MANAGER", "ADMIN"}


@dataclass(frozen=True, slots=True)
class Area:
    """One of the seller's pages, and whose work it is."""

    path: str
    name: str
    about: str
    roles: frozenset[str]


PRODUCTS = Area("/staff/products", "Products", "names, texts, variants, quantity rules", frozenset({"MARKETING", "ADMIN"}))
STOCK = Area("/staff/stock", "Stock", "what lies where, and what is expected", frozenset({"WAREHOUSE", "ADMIN"}))
COMPANIES = Area(
    "/staff/companies",
    "Companies",
    "accounts, locations, members, credit",
    frozenset({"SALES_MANAGER", "FINANCE", "ADMIN"}),
)
PRICE_LISTS = Area(
    "/staff/price-lists", "Price lists", "prices, breaks, and who buys by them", frozenset({"SALES_MANAGER", "ADMIN"})
)
ASSORTMENTS = Area("/staff/assortments", "Assortments", "who sees what", frozenset({"SALES_MANAGER", "MARKETING", "ADMIN"}))
PEOPLE = Area("/staff/people", "People", "who works here, and in which role", frozenset({"ADMIN"}))
SHOP = Area("/staff/settings/shop", "The shop", "its name, its clock, what buyers see of stock", frozenset({"ADMIN"}))
TERMS = Area(
    "/staff/settings/payment-terms", "Payment terms", "when an order on account is paid", frozenset({"SALES_MANAGER", "ADMIN"})
)
TAX = Area("/staff/settings/tax-rates", "Tax rates", "what is charged in which country", frozenset({"SALES_MANAGER", "ADMIN"}))
SHIPPING = Area("/staff/settings/shipping", "Shipping", "ways to send goods, and their prices", frozenset({"ADMIN"}))
WAREHOUSES = Area("/staff/settings/warehouses", "Warehouses", "where stock lies", frozenset({"WAREHOUSE", "ADMIN"}))
FAILURES = Area("/staff/settings/failures", "Not sent", "mails and jobs that did not get through", frozenset({"ADMIN"}))
CONDITIONS = (SHOP, TERMS, TAX, SHIPPING, WAREHOUSES, FAILURES)
SETTINGS = Area(
    "/staff/settings",
    "Settings",
    "the shop, payment terms, tax, shipping, warehouses",
    frozenset().union(*(condition.roles for condition in CONDITIONS)),
)
AREAS = (PRODUCTS, STOCK, COMPANIES, PRICE_LISTS, ASSORTMENTS, PEOPLE, SETTINGS)

CONFIRMS_ORDERS = frozenset({"SALES_MANAGER", "WAREHOUSE", "FINANCE", "ADMIN"})
SETS_CREDIT = frozenset({"FINANCE", "ADMIN"})
KEEPS_COMPANIES = frozenset({"SALES_MANAGER", "ADMIN"})


def areas_of(role: str) -> tuple[Area, ...]:
    """What this role finds under “Manage”; nothing for buyers and for reps, who work with their customers."""
    return tuple(area for area in AREAS if role in area.roles)


def settings_of(role: str) -> tuple[Area, ...]:
    """Which of the settings are hers to keep."""
    return tuple(condition for condition in CONDITIONS if role in condition.roles)
