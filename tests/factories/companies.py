"""Makers of companies, locations, people and sessions. Whatever a test does not name is made up and unique."""

import secrets
from datetime import timedelta
from typing import Any

from backend.companies.models import (
    Company,
    CompanyGroup,
    CompanyGroupMember,
    CompanyLocation,
    CreditAccount,
    Member,
    MemberLocation,
    PaymentTerms,
    RepAccount,
    Session,
    User,
)
from backend.companies.passwords import new_token, token_hash
from backend.companies.queries import viewer_for_token
from backend.core import clock
from backend.core.ids import new_id
from backend.core.models import Seller
from backend.core.viewer import STAFF_ROLES, Role, Viewer


def unique(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(4)}"


def an_address(**given: Any) -> dict[str, Any]:
    return {
        "name": None,
        "phone": None,
        "line1": "Waalhaven 12",
        "line2": None,
        "city": "Rotterdam",
        "region": None,
        "postcode": "3089 JH",
        "country": "NL",
        **given,
    }


async def make_seller(**given: Any) -> Seller:
    """The seller's settings; the one row there is, made or changed."""
    seller = await Seller.first()
    if seller is None:
        return await Seller.create(**{"name": "Northgate Supply", "currency": "EUR", **given})
    if given:
        await seller.update_from_dict(given).save(update_fields=list(given))
    return seller


async def make_terms(code: str = "NET30", **given: Any) -> PaymentTerms:
    terms = await PaymentTerms.get_or_none(code=code)
    return terms or await PaymentTerms.create(code=code, **{"name": "30 days net", "due_in_days": 30, **given})


async def make_company(
    name: str | None = None,
    *,
    reps: tuple[User, ...] = (),
    groups: tuple[CompanyGroup, ...] = (),
    credit: dict[str, int] | None = None,
    **given: Any,
) -> Company:
    """`credit` maps currencies to limits in minor units."""
    values = {"number": unique("C"), "category": "INDEPENDENT_RETAILER", "created_at": clock.now(), **given}
    terms = values.pop("payment_terms", None) or await make_terms()
    company = await Company.create(name=name or unique("Company"), payment_terms=terms, **values)
    for rep in reps:
        await RepAccount.create(user=rep, company=company)
    for group in groups:
        await CompanyGroupMember.create(company=company, group=group)
    for currency, limit in (credit or {}).items():
        await CreditAccount.create(company=company, currency=currency, limit_minor=limit, ceiling_minor=limit)
    return company


async def make_group(code: str | None = None, **given: Any) -> CompanyGroup:
    return await CompanyGroup.create(code=code or unique("G"), **{"name": "A group", **given})


async def make_location(company: Company, name: str = "Main shop", **given: Any) -> CompanyLocation:
    values = {
        "number": unique("L"),
        "currency": "EUR",
        "address": an_address(),
        "billing_address": an_address(),
        "created_at": clock.now(),
        **given,
    }
    return await CompanyLocation.create(company=company, name=name, **values)


async def make_user(email: str | None = None, **given: Any) -> User:
    """A person without a password: `sign_in_as` needs none."""
    values = {"name": "Robin Example", "created_at": clock.now(), **given}
    return await User.create(email=email or f"{unique('user')}@test.example", **values)


async def make_staff(role: Role = Role.ADMIN, email: str | None = None, **given: Any) -> User:
    if role not in STAFF_ROLES:
        raise ValueError(f"{role} is a role of buyers")
    return await make_user(email, staff_role=role.value, **given)


async def make_member(
    company: Company,
    role: Role = Role.BUYER,
    *,
    locations: tuple[CompanyLocation, ...] = (),
    email: str | None = None,
    user: User | None = None,
    **given: Any,
) -> Member:
    """A member with her user fetched; the first of her locations is the default one. Without any she gets all there are."""
    places = locations or tuple(await CompanyLocation.filter(company=company).order_by("created_at", "id"))
    member = await Member.create(
        user=user or await make_user(email),
        company=company,
        role=role.value,
        default_location=places[0] if places else None,
        **given,
    )
    for place in places:
        await MemberLocation.create(member=member, location=place)
    return member


async def sign_in_as(who: User | Member, location: CompanyLocation | None = None) -> str:
    """A token, without a password: at a member's default location, or at the one given; staff with a location act for it."""
    user = who if isinstance(who, User) else await User.get(id=who.user_id)
    location_id = location.id if location else getattr(who, "default_location_id", None)
    token = new_token("ls")
    now = clock.now()
    key = new_id()
    await Session.create(
        id=key,
        family_id=key,
        token_hash=token_hash(token),
        user=user,
        location_id=location_id,
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
    return token


async def viewer_of(who: User | Member, location: CompanyLocation | None = None) -> Viewer:
    """The viewer as a request of hers would have it."""
    return await viewer_for_token(await sign_in_as(who, location))
