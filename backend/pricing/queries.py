"""Tax rates, as other rooms ask for them."""

from collections.abc import Iterable

from backend.core.database import fetch
from backend.pricing.tax import Rate


async def tax_rates(countries: Iterable[str]) -> dict[str, dict[str, Rate]]:
    """Country -> tax class -> rate."""
    rates: dict[str, dict[str, Rate]] = {}
    rows = await fetch("SELECT country, tax_class, name, rate_e4 FROM tax_rate WHERE country = ANY($1)", sorted(set(countries)))
    for row in rows:
        rates.setdefault(row["country"], {})[row["tax_class"]] = Rate(row["name"], row["rate_e4"])
    return rates
