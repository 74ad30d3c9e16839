"""The scalars of the contract and the two shapes of money that clients see and send."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal as PyDecimal
from decimal import InvalidOperation
from typing import Any, NewType

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

Decimal = NewType("Decimal", str)
Currency = NewType("Currency", str)
Date = date
DateTime = datetime
MAX_DECIMAL_LENGTH = 32
# The form of a code; whether there is such a currency is a rule, whose answer names the field.
_CURRENCY = re.compile("[A-Z]{3}")


def parse_decimal(value: Any) -> str:
    """A decimal string; also whole JSON numbers. Never a float: it has lost its cents already."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('Give a decimal as a string, for example "12.10".')
    text = str(value).strip()
    try:
        number = PyDecimal(text)
    except InvalidOperation:
        number = PyDecimal("NaN")
    if len(text) > MAX_DECIMAL_LENGTH or not number.is_finite() or "e" in text.lower():
        raise ValueError('Give a decimal as a string, for example "12.10".')
    return text


def parse_currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError('Give an ISO 4217 currency code, for example "EUR".')
    return value


def parse_date(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError('Give a date as "2026-12-01".')


def parse_datetime(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (ValueError, AttributeError, TypeError):
        raise ValueError('Give a time as "2026-12-01T09:30:00Z".') from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def write_datetime(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal", description="A decimal number as a string, never a float.", serialize=str, parse_value=parse_decimal
    ),
    Currency: strawberry.scalar(
        name="Currency", description="A currency code of ISO 4217.", serialize=str, parse_value=parse_currency
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day of the seller's, ISO 8601: 2026-12-01.",
        serialize=date.isoformat,
        parse_value=parse_date,
    ),
    datetime: strawberry.scalar(
        name="DateTime", description="A moment in UTC, ISO 8601.", serialize=write_datetime, parse_value=parse_datetime
    ),
}
CONFIG = StrawberryConfig(scalar_map=SCALARS)


@strawberry.type(
    description="An amount as a decimal string with its currency. Unit prices have up to four decimals, totals exactly the currency's own."
)
class Money:
    amount: Decimal
    currency: Currency


@strawberry.input
class MoneyInput:
    amount: Decimal
    currency: Currency
