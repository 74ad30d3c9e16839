"""The demo's companies, locations and people, with their terms, credit and assortments."""

from dataclasses import dataclass, field

from backend.catalogue.actions import assign_assortment, save_assortment
from backend.catalogue.drafts import RuleDraft
from backend.catalogue.rules import slugify
from backend.companies.actions.accounts import save_companies, save_locations
from backend.companies.actions.members import create_staff_user, invite_member
from backend.companies.actions.seller import save_group, save_payment_terms, set_credit_hold, set_credit_limit
from backend.companies.audiences import Audience
from backend.companies.drafts import AddressDraft, CompanyDraft, LocationDraft, MemberDraft, TermsDraft
from backend.core.money import Money, exponent
from backend.core.viewer import Role, Viewer
from backend.demo.content import CompanyContent, LocationContent, companies, locations

_TERMS = (
    TermsDraft("NET14", "14 days net", 14),
    TermsDraft("NET30", "30 days net", 30),
    TermsDraft("NET60", "60 days net", 60),
    TermsDraft("PREPAY30", "30 % in advance, the rest in 14 days", 14, 300_000),
)
_GROUPS = {
    "KEY": "Key accounts",
    "INDEPENDENT": "Independent retail",
    "CONSTRUCTION": "Construction",
    "INSTITUTION": "Institutions",
}
_STAFF = (
    ("rep@demo.example", "Sanne de Boer", Role.SALES_REP),
    ("rep2@demo.example", "Jonas Lindqvist", Role.SALES_REP),
    ("manager@demo.example", "Marit Hoekstra", Role.SALES_MANAGER),
    ("marketing@demo.example", "Tom Verbeek", Role.MARKETING),
    ("warehouse@demo.example", "Bas Kramer", Role.WAREHOUSE),
    ("finance@demo.example", "Linda Peeters", Role.FINANCE),
    ("admin@demo.example", "Carla Winters", Role.ADMIN),
)
# The members whose addresses the sign-in page shows; those of the other companies stand in the data files.
_MEMBERS = {
    "C-1001": (
        ("buyer@demo.example", "Mila Jansen", Role.BUYER),
        ("approver@demo.example", "Ruben Aerts", Role.APPROVER),
        ("companyadmin@demo.example", "Femke Visser", Role.COMPANY_ADMIN),
    ),
    "C-1002": (("buyer2@demo.example", "Hannah Clarke", Role.BUYER), ("ian.booth@calder.example", "Ian Booth", Role.COMPANY_ADMIN)),
}
_ON_HOLD = "C-1027"

_EXCLUSIVE = ("NW-2190", "NW-1130", "FS-4190")


@dataclass(slots=True)
class Accounts:
    """Keys by the names that the data files use; `buyers` are the addresses of those who order, per company."""

    companies: dict[str, int]
    locations: dict[str, int]
    groups: dict[str, int]
    buyers: dict[str, list[str]] = field(default_factory=dict)


async def save_accounts(viewer: Viewer, password_hash: str) -> Accounts:
    """Everything about companies and people but what they see and pay."""
    for terms in _TERMS:
        await save_payment_terms(viewer, terms)
    groups = {code: await save_group(viewer, code, name) for code, name in _GROUPS.items()}
    for email, name, role in _STAFF:
        await create_staff_user(viewer, email, name, role, password_hash=password_hash)
    saved = await save_companies(viewer, [_company(content) for content in companies()])
    company_keys = {content.number: key for content, key in zip(companies(), saved.keys, strict=True)}
    placed = await save_locations(viewer, [_location(content) for content in locations()])
    accounts = Accounts(company_keys, {content.number: key for content, key in zip(locations(), placed.keys, strict=True)}, groups)
    for content in companies():
        await _save_people_and_credit(viewer, accounts, content, password_hash)
    await set_credit_hold(viewer, company_keys[_ON_HOLD], True)
    return accounts


def _company(content: CompanyContent) -> CompanyDraft:
    return CompanyDraft(
        content.number, name=content.name, category=content.category, tax_id=content.tax_id, payment_terms=content.terms,
        price_strategy=content.strategy, groups=content.groups, sales_reps=(f"{content.rep}@demo.example",),
    )  # fmt: skip


def _location(content: LocationContent) -> LocationDraft:
    company = next(one for one in companies() if one.number == content.company)
    address = AddressDraft(
        content.line1, content.city, content.country, name=company.name, phone=content.phone, postcode=content.postcode
    )
    return LocationDraft(
        content.number,
        company=content.company,
        name=content.name,
        currency=company.currency,
        tax_id=company.tax_id,
        address=address,
    )


async def _save_people_and_credit(viewer: Viewer, accounts: Accounts, content: CompanyContent, password_hash: str) -> None:
    key = accounts.companies[content.number]
    places = tuple(accounts.locations[one.number] for one in locations() if one.company == content.number)
    people = _MEMBERS.get(content.number) or [
        (_email(name, content), name, Role.BUYER if at else Role.COMPANY_ADMIN) for at, name in enumerate(content.buyers)
    ]
    for email, name, role in people:
        await invite_member(viewer, key, MemberDraft(email, name, role, places), password_hash=password_hash)
    accounts.buyers[content.number] = [email for email, _, role in people if role is not Role.APPROVER]
    await set_credit_limit(viewer, key, Money(content.credit * 10 ** exponent(content.currency), content.currency))


def _email(name: str, content: CompanyContent) -> str:
    return f"{slugify(name).replace('-', '.')}@{slugify(content.name.partition(' & ')[0])}.example"


async def save_assortments(
    viewer: Viewer, accounts: Accounts, categories: dict[str, int], brands: dict[str, int], products: dict[str, int]
) -> None:
    """Who sees what: most see everything but what is made for key accounts."""
    reserved = [RuleDraft(includes=False, product_id=products[number]) for number in _EXCLUSIVE]

    def only(*slugs: str) -> list[RuleDraft]:
        return [RuleDraft(category_id=categories[slug]) for slug in slugs]

    def without(*slugs: str) -> list[RuleDraft]:
        return [RuleDraft(), *(RuleDraft(includes=False, category_id=categories[slug]) for slug in slugs)]

    await save_assortment(viewer, "general", name="General assortment", is_default=True, rules=[RuleDraft(), *reserved])
    whole = await save_assortment(viewer, "key-accounts", name="Key accounts", rules=[RuleDraft()])
    await assign_assortment(viewer, whole, Audience(group_id=accounts.groups["KEY"]))
    care = only("kitchen-and-care", "disposable-gloves", "occupational-shoes", "respiratory-protection", "first-aid")
    counter = only("hi-vis", "gloves", "head-and-eye-protection", "bags-and-tools", "footwear")
    forsa = RuleDraft(brand_id=brands["forsa"])
    for code, name, rules, audience in (
        ("no-footwear", "Without footwear", without("footwear", "first-aid"), Audience(company_id=accounts.companies["C-1002"])),
        ("forsa-only", "Forsa shoes", [forsa], Audience(company_id=accounts.companies["C-1003"])),
        ("care", "Hospitals and kitchens", care, Audience(company_id=accounts.companies["C-1016"])),
        ("counter", "Building counter", counter, Audience(location_id=accounts.locations["L-1006-4"])),
    ):
        key = await save_assortment(viewer, code, name=name, rules=[*rules, *reserved])
        await assign_assortment(viewer, key, audience)
