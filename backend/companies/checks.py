"""The rules applied to drafts of companies and locations: every fault with the row and the field that it lies in. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft
from backend.companies.rules import CompanyCategory, PriceStrategy, email_problem, text_problem
from backend.core.codes import country_problem, currency_problem
from backend.core.errors import Why
from backend.core.faults import Fault, Keep

MAX_NUMBER = 32
MAX_NAME = 200
MAX_ADDRESS_LINE = 120


def repeated_numbers(drafts: Sequence[CompanyDraft | LocationDraft]) -> list[Fault]:
    counts = Counter(draft.number for draft in drafts)
    return [
        Fault(row, ("number",), Why.REPEATED(f"The number {draft.number} stands in {counts[draft.number]} rows."))
        for row, draft in enumerate(drafts)
        if counts[draft.number] > 1
    ]


def company_faults(drafts: Sequence[CompanyDraft]) -> list[Fault]:
    return [Fault(row, path, message) for row, draft in enumerate(drafts) for path, message in _company(draft)]


def location_faults(drafts: Sequence[LocationDraft]) -> list[Fault]:
    return [Fault(row, path, message) for row, draft in enumerate(drafts) for path, message in _location(draft)]


Problems = Iterator[tuple[tuple[str, ...], str]]


def _company(draft: CompanyDraft) -> Problems:
    yield from _text("number", draft.number, MAX_NUMBER)
    yield from _text("name", draft.name, MAX_NAME)
    yield from _text("taxId", draft.tax_id, MAX_NUMBER)
    yield from _text("paymentTerms", draft.payment_terms, MAX_NUMBER)
    for code in () if isinstance(draft.groups, Keep) else draft.groups:
        yield from _text("groups", code, MAX_NUMBER)
    yield from _one_of("category", draft.category, [category.value for category in CompanyCategory])
    yield from _one_of("priceStrategy", draft.price_strategy, [strategy.value for strategy in PriceStrategy])


def _location(draft: LocationDraft) -> Problems:
    yield from _text("number", draft.number, MAX_NUMBER)
    yield from _text("company", draft.company, MAX_NUMBER)
    yield from _text("name", draft.name, MAX_NAME)
    yield from _text("taxId", draft.tax_id, MAX_NUMBER)
    problem = None if isinstance(draft.currency, Keep) else currency_problem(draft.currency)
    if problem:
        yield ("currency",), problem
    problem = email_problem(draft.email) if isinstance(draft.email, str) else None
    if problem:
        yield ("email",), problem
    for name, address in (("address", draft.address), ("billingAddress", draft.billing_address)):
        if isinstance(address, AddressDraft):
            for path, message in _address(address):
                yield (name, *path), message


def _address(address: AddressDraft) -> Problems:
    yield from _text("line1", address.line1, MAX_ADDRESS_LINE)
    yield from _text("city", address.city, MAX_ADDRESS_LINE)
    for name in ("name", "phone", "line2", "region", "postcode"):
        yield from _text(name, getattr(address, name), MAX_ADDRESS_LINE)
    problem = country_problem(address.country)
    if problem:
        yield ("country",), problem


def _text(name: str, value: str | Keep | None, longest: int) -> Problems:
    problem = text_problem(value, longest, name) if isinstance(value, str) else None
    if problem:
        yield (name,), problem


def _one_of(name: str, value: str | Keep | None, known: list[str]) -> Problems:
    if isinstance(value, str) and not isinstance(value, Keep) and value not in known:
        yield (name,), Why.UNKNOWN(f"{value} is none of {', '.join(known)}.")
