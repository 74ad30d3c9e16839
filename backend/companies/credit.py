"""Credit of a company in one currency: looked at, taken and given back only here, under a lock, with a CHECK behind it."""

from backend.core.database import execute, fetch_row
from backend.core.money import Money

# SQL: the limit less what open orders hold; no row when no limit is set.
CREDIT_LEFT = (
    "SELECT limit_minor - taken_minor AS left_minor FROM credit_account WHERE company_id = {company} AND currency = {currency}"
)
_LOCK = f"{CREDIT_LEFT.format(company='$1', currency='$2')} FOR UPDATE"


async def lock_credit(company: int, currency: str) -> None:
    """Holds the company's credit until the transaction ends."""
    await fetch_row(_LOCK, company, currency)


async def take_credit(company: int, amount: Money) -> int:
    """Takes it, where it is locked already. How much is held: 0 when no limit is set."""
    touched = await execute(
        "UPDATE credit_account SET taken_minor = taken_minor + $3 WHERE company_id = $1 AND currency = $2",
        company,
        amount.currency,
        amount.minor,
    )
    return amount.minor if touched else 0


async def give_back_credit(company: int, amount: Money) -> None:
    """What an order held, when it is cancelled or paid."""
    await execute(
        "UPDATE credit_account SET taken_minor = taken_minor - $3 WHERE company_id = $1 AND currency = $2",
        company,
        amount.currency,
        amount.minor,
    )
