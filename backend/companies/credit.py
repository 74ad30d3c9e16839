"""Credit of a company in one currency: looked at, taken and given back only here, under a lock, with a CHECK behind it."""

from backend.core.database import execute, fetch_row
from backend.core.money import Money


async def credit_left(company: int, currency: str, *, lock: bool = False) -> Money | None:
    """The limit less what open orders hold; None when no limit is set. `lock`: held until the transaction ends."""
    row = await fetch_row(
        f"SELECT limit_minor - taken_minor AS left_minor FROM credit_account WHERE company_id = $1 AND currency = $2{' FOR UPDATE' if lock else ''}",
        company, currency,
    )  # fmt: skip
    return Money(row["left_minor"], currency) if row else None


async def take_credit(company: int, amount: Money) -> int:
    """Takes it; call after `credit_left(lock=True)`. How much is held: 0 when no limit is set."""
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
