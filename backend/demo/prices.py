"""The demo's prices: list prices in four currencies, what groups, companies, locations and contracts have instead, and tax rates."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from backend.companies.audiences import Audience
from backend.core.viewer import Viewer
from backend.demo.accounts import Accounts
from backend.demo.catalogue import Item, all_items, brand_of, categories_of
from backend.pricing.actions import assign_price_list, save_price_list, save_tax_rates, set_contract_prices, set_prices
from backend.pricing.drafts import PriceListDraft, PriceRow, TaxRateDraft

# Prices are made in euros; what one is in another currency is looked at once a year.
EXCHANGE = {"EUR": 1.0, "GBP": 0.86, "SEK": 11.2, "CHF": 0.95}
_LADDER = (1.0, 0.95, 0.90, 0.85, 0.81)
_RUN_QUANTITIES = (1, 5, 20)
_DEARER_SHOES = 1.035  # from next January on

_SITE = frozenset({"Hi-vis", "Trousers", "Footwear", "Gloves", "Head and eye protection"})
_CARE = frozenset({"First aid", "Gloves", "Kitchen and care", "Head and eye protection"})
_COLD = frozenset({"Jackets", "Base layers"})

_RATES = {
    "NL": (21, 9), "BE": (21, 6), "LU": (17, 8), "DE": (19, 7), "AT": (20, 10), "FR": (20, 5.5), "IE": (23, 13.5), "GB": (20, 5),
    "DK": (25, 25), "SE": (25, 12), "FI": (25.5, 13.5), "PL": (23, 8), "CH": (8.1, 2.6), "NO": (25, 15),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Terms:
    """A list that some buyers have. `factor`: the share of the list price; `covers`: what stands in it."""

    code: str
    name: str
    currency: str
    factor: float
    priority: int
    covers: Callable[[Item], bool]
    group: str | None = None
    company: str | None = None
    location: str | None = None
    days: tuple[int, int] | None = None  # from and to, counted from today


def _all(item: Item) -> bool:
    return True


def _in(branches: frozenset[str]) -> Callable[[Item], bool]:
    return lambda item: bool(branches & set(categories_of(item.style)))


def _styles(*numbers: str) -> Callable[[Item], bool]:
    return lambda item: item.style.number in numbers


def _brands(*names: str) -> Callable[[Item], bool]:
    return lambda item: brand_of(item.style) in names


_HARBOUR = ("NW-1105", "NW-1108", "NW-1205", "NW-1210", "NW-2140", "NW-2145", "NW-1810", "NW-1910", "NW-3312", "NW-3105", "NW-3605", "BW-4005",
            "BW-4008", "BW-4105", "BW-4205", "BW-4305", "BW-4308", "FS-4100", "FS-4110", "FS-4410", "FS-4415", "TN-6010", "TN-6050", "TN-6110",
            "GR-0815", "GR-0820", "GR-0910", "CP-8105", "CP-8210", "CP-8555")  # fmt: skip
_TERMS = (
    *(_Terms(f"KEY-{code}", "Key accounts", code, 0.86, 60, _all, group="KEY") for code in ("EUR", "SEK", "CHF")),
    *(_Terms(f"CONSTRUCTION-{code}", "Construction", code, 0.91, 60, _in(_SITE), group="CONSTRUCTION") for code in ("EUR", "GBP", "SEK")),
    *(_Terms(f"INSTITUTION-{code}", "Institutions", code, 0.92, 60, _in(_CARE), group="INSTITUTION") for code in ("EUR", "GBP")),
    _Terms("AUTUMN-EUR", "Autumn prices", "EUR", 0.88, 50, _in(_COLD), group="INDEPENDENT", days=(-21, 28)),
    _Terms("AUTUMN-SEK", "Autumn prices", "SEK", 0.88, 50, _in(_COLD), group="INDEPENDENT", days=(-21, 28)),
    _Terms("SUMMER-EUR", "Summer prices", "EUR", 0.85, 50, _styles("NW-3405", "NW-3410", "FS-4120"), group="INDEPENDENT", days=(-200, -80)),
    _Terms("SPRING-EUR", "Spring prices", "EUR", 0.84, 50, _brands("Tarn", "Brightway"), group="KEY", days=(90, 180)),
    _Terms("HARBOUR", "Harbour Workwear", "EUR", 0.81, 20, _styles(*_HARBOUR), company="C-1001"),
    _Terms("HARBOUR-ANTWERP", "Harbour Workwear, Antwerp", "EUR", 0.78, 10, _styles("TN-6110", "TN-6010", "TN-6050", "GR-1010"), location="L-1001-2"),
    _Terms("CALDER", "Calder Trade Counter", "GBP", 0.84, 20, _brands("Northline", "Brightway", "Gripwell"), company="C-1002"),
    _Terms("DEVRIES", "De Vries Bouwmaterialen", "EUR", 0.87, 20, _brands("Kilnroad", "Packhorse"), company="C-1006"),
    _Terms("RHEINTAL", "Rheintal Industriebedarf", "EUR", 0.80, 20, _brands("Gripwell"), company="C-1012"),
    _Terms("HOSPITAL", "Zuiderziekenhuis Groep", "EUR", 0.83, 20, _brands("Ostra", "Salva"), company="C-1016"),
)  # fmt: skip

# Agreed with Harbour for a year: two a good deal lower, one above the list, for it comes with delivery to the quay.
_CONTRACT = {"NW-1007": 0.74, "BW-4005": 0.72, "GR-0830": 1.06}


async def save_demo_prices(viewer: Viewer, accounts: Accounts, today: date) -> None:
    """All price lists, whom they are for, and every price."""
    for currency in EXCHANGE:
        await _save_list_prices(viewer, currency, today)
    for terms in _TERMS:
        await _save_terms(viewer, accounts, terms, today)
    rows = [_row(item, "EUR", _CONTRACT[item.style.number]) for item in _priced() if item.style.number in _CONTRACT]
    await set_contract_prices(viewer, Audience(company_id=accounts.companies["C-1001"]), "EUR", rows)


async def save_demo_tax_rates(viewer: Viewer) -> None:
    classes = ("STANDARD", "REDUCED")
    drafts = [
        TaxRateDraft(country, tax_class, f"VAT {rate:g} %", round(rate * 10_000))
        for country, rates in _RATES.items()
        for tax_class, rate in zip(classes, rates, strict=True)
    ]
    await save_tax_rates(viewer, drafts)


async def _save_list_prices(viewer: Viewer, currency: str, today: date) -> None:
    """The default list; shoes have their price of next January in it already."""
    draft = PriceListDraft(
        code=f"LIST-{currency}", name=f"List prices {currency}", currency=currency, is_default=True, priority=900
    )
    key = await save_price_list(viewer, draft)
    january = date(today.year + 1, 1, 1)
    shoes = [item for item in _priced() if "Footwear" in categories_of(item.style)]
    now = [_row(item, currency, 1.0) for item in _priced()]
    await set_prices(viewer, key, [*now, *(_row(item, currency, _DEARER_SHOES, january) for item in shoes)])


async def _save_terms(viewer: Viewer, accounts: Accounts, terms: _Terms, today: date) -> None:
    start, end = (today + timedelta(days=days) for days in terms.days) if terms.days else (None, None)
    draft = PriceListDraft(
        code=terms.code, name=terms.name, currency=terms.currency, priority=terms.priority, valid_from=start, valid_to=end
    )
    key = await save_price_list(viewer, draft)
    audience = Audience(
        group_id=accounts.groups[terms.group] if terms.group else None,
        company_id=accounts.companies[terms.company] if terms.company else None,
        location_id=accounts.locations[terms.location] if terms.location else None,
    )
    await assign_price_list(viewer, key, audience)
    await set_prices(viewer, key, [_row(item, terms.currency, terms.factor) for item in _priced() if terms.covers(item)])


def _priced() -> Iterator[Item]:
    return (item for item in all_items() if item.price_e4 is not None)


def _row(item: Item, currency: str, factor: float, valid_from: date | None = None) -> PriceRow:
    quantities = _RUN_QUANTITIES if item.is_run else item.style.kind.breaks
    list_price = (item.price_e4 or 0) * EXCHANGE[currency] * factor
    breaks = tuple((quantity, printed(list_price * step, currency)) for quantity, step in zip(quantities, _LADDER, strict=False))
    return PriceRow(breaks, sku=item.sku, valid_from=valid_from)


def printed(e4: float, currency: str) -> int:
    """A price as somebody would print it: 5 cents above 20, 1 cent above 2, a quarter of a cent below; crowns ten times that."""
    scale = 10 if currency == "SEK" else 1
    step = scale * (500 if e4 >= scale * 200_000 else 100 if e4 >= scale * 20_000 else 25)
    return max(step, round(e4 / step) * step)
