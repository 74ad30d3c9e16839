"""What the seller's mutations share: amounts with four places, for whom something is, and paths that name the argument that was sent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import strawberry

from backend.api.scalars import Decimal, MoneyInput
from backend.companies.audiences import Audience
from backend.core.errors import BadInput, InvalidInput, Why
from backend.core.faults import InvalidRows
from backend.core.ids import parse_id
from backend.core.money import UNIT_PRICE_PLACES, NotAnAmount, parse_units

MAX_ROWS = 1_000
NOTHING = 0  # no row has this key: an id that does not parse is one that does not exist


def key_of(kind: str, given: str | None) -> int:
    return parse_id(kind, given) or NOTHING


def optional_key(kind: str, given: str | None) -> int | None:
    return None if given is None else key_of(kind, given)


def unit_price_e4(given: MoneyInput, currency: str, *path: str) -> int:
    """Ten-thousandths; InvalidInput for another currency or more than four places."""
    if given.currency != currency:
        raise InvalidInput(
            Why.WRONG_CURRENCY(f"This price is in {given.currency}; it should be in {currency}."), [*path, "currency"]
        )
    return places_e4(given.amount, *path, "amount")


def places_e4(given: Decimal, *path: str) -> int:
    """A decimal with up to four places as ten-thousandths."""
    try:
        return parse_units(given, UNIT_PRICE_PLACES)
    except NotAnAmount:
        raise InvalidInput(Why.TOO_PRECISE(f"{given} has more than four decimal places."), list(path)) from None


def check_rows(rows: Sequence[object], longest: int = MAX_ROWS) -> None:
    """A mutation takes so many rows; more is the client's bug."""
    if len(rows) > longest:
        raise BadInput(f"Send at most {longest} rows at once; there were {len(rows)}.")


@contextmanager
def argument(name: str, field: str | None = None, *, one: bool = False) -> Iterator[None]:
    """Faults are about this argument: about its rows, or those in one of its fields; with `one`, it was no list but one thing."""
    try:
        yield
    except InvalidRows as error:
        fault = error.faults[0]
        root = [name] if field is None else [name, field]
        raise InvalidInput(fault.message, [*root, *fault.path] if one else [*root, str(fault.row), *fault.path]) from error
    except InvalidInput as error:
        raise InvalidInput(error.message, error.path if error.path[:1] == [name] else [name, *error.path]) from error


@strawberry.input(description="For whom: exactly one of a company, a group of companies and a location.")
class AudienceInput:
    company_id: strawberry.ID | None = None
    group_id: strawberry.ID | None = None
    location_id: strawberry.ID | None = None

    def audience(self) -> Audience:
        given = [id for id in (self.company_id, self.group_id, self.location_id) if id is not None]
        if len(given) != 1:
            raise BadInput("Give exactly one of companyId, groupId and locationId.")
        return Audience(
            company_id=optional_key("company", self.company_id),
            group_id=optional_key("group", self.group_id),
            location_id=optional_key("location", self.location_id),
        )
