"""What is allowed about people and companies: pure functions on plain values, no database, no clock.

They answer a sentence that says what is wrong, or None.
"""

import re
import unicodedata
from datetime import timedelta
from enum import StrEnum

from backend.companies.common import is_common
from backend.core.errors import Why, spoken
from backend.core.money import decimal_text
from backend.core.text import hides_something
from backend.core.viewer import BUYER_ROLES, STAFF_ROLES, Role

# Printed on the sign-in page of every development server, so that nobody may choose it.
DEMO_PASSWORD = "linesheet-demo"  # noqa: S105
SESSION_LIFETIME = timedelta(days=30)
MAX_SESSION_HOURS = 30 * 24
RESET_LIFETIME = timedelta(hours=2)
INVITATION_LIFETIME = timedelta(days=14)
MIN_PASSWORD = 10
MAX_PASSWORD = 256
MAX_EMAIL = 254
MAX_DEPOSIT_E4 = 1_000_000

# Roles that may act for any company; a SALES_REP acts for her own accounts.
ACT_FOR_ANY = frozenset({Role.SALES_MANAGER, Role.ADMIN})


class CompanyCategory(StrEnum):
    """What kind of trade a company is in."""

    MANUFACTURER = "MANUFACTURER"
    EXPORTER = "EXPORTER"
    WHOLESALER = "WHOLESALER"
    DISTRIBUTOR = "DISTRIBUTOR"
    RETAIL_CHAIN = "RETAIL_CHAIN"
    INDEPENDENT_RETAILER = "INDEPENDENT_RETAILER"
    D2C_BRAND = "D2C_BRAND"
    INSTITUTION = "INSTITUTION"


class PriceStrategy(StrEnum):
    """How several price lists become one price."""

    PRIORITY = "PRIORITY"
    LOWEST = "LOWEST"
    MERGE = "MERGE"


class BreakScope(StrEnum):
    """Across what quantities are added up for a quantity break."""

    VARIANT = "VARIANT"
    PRODUCT = "PRODUCT"
    GROUP = "GROUP"


# One @, no spaces or control characters, a dot in the domain: what can be delivered is learned by sending.
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(\.[^@\s\x00-\x1f\x7f.]+)+")


MAX_PERSON_NAME = 200
_LEADS_SOMEWHERE = re.compile(r"https?:|www\.|://|@|\w\.[a-z]{2,}/|\b[\w-]+\.(?:com|net|org|info|io|biz|ru|cn)\b", re.IGNORECASE)


def normal_email(text: str) -> str:
    """The one spelling under which an address is stored and looked for."""
    return unicodedata.normalize("NFC", text).strip().lower()


def email_problem(email: str) -> str | None:
    if len(email) > MAX_EMAIL or not _EMAIL.fullmatch(email):
        return Why.NOT_AN_EMAIL(f"“{email[:80]}” is not an e-mail address. Give one like name@company.example.")
    return None


def password_problem(password: str, email: str = "") -> str | None:
    """Length before everything; no rules about signs and capitals, which only make people write passwords down."""
    if len(password) < MIN_PASSWORD:
        return Why.TOO_SMALL(f"Choose a password of at least {MIN_PASSWORD} characters. Several words are easy to remember.")
    if len(password) > MAX_PASSWORD:
        return Why.TOO_LONG(f"Choose a password of at most {MAX_PASSWORD} characters.")
    lowered = password.lower()
    if is_common(password) or lowered == DEMO_PASSWORD or len(set(lowered)) < 4:
        return Why.TOO_WEAK("This password is among the first that others try. Choose another one.")
    if email and lowered in (email, email.partition("@")[0]):
        return Why.TOO_WEAK("Choose a password that is not your e-mail address.")
    return None


def person_problem(name: str) -> str | None:
    """For the name of a person: it is shown in mails to others, so that it must not lead anywhere."""
    problem = text_problem(name, MAX_PERSON_NAME, "name")
    if problem is None and hides_something(name):
        return Why.NOT_PRINTABLE("This name holds signs that nobody can see. Type it again.")
    if problem is None and _LEADS_SOMEWHERE.search(name):
        return Why.MALFORMED("A person's name has no address in it. Leave out links and e-mail addresses.")
    return problem


def text_problem(text: str, longest: int, field: str) -> str | None:
    """For names and other single lines that people read."""
    if not text.strip():
        return Why.REQUIRED(f"{spoken(field)} must not be empty.")
    if len(text) > longest:
        return Why.TOO_LONG(f"{spoken(field)} has at most {longest} characters; this one has {len(text)}. Shorten it.")
    if any(unicodedata.category(sign) == "Cc" for sign in text):
        return Why.NOT_PRINTABLE(f"{spoken(field)} must be one line of text without control characters.")
    return None


def deposit_problem(percent_e4: int) -> str | None:
    return None if 0 <= percent_e4 <= MAX_DEPOSIT_E4 else Why.OUT_OF_RANGE("A deposit lies between 0 and 100 percent.")


def member_role_problem(role: Role) -> str | None:
    return (
        None if role in BUYER_ROLES else Why.UNKNOWN(f"{role} is not a role in a company: give BUYER, APPROVER or COMPANY_ADMIN.")
    )


def staff_role_problem(role: Role) -> str | None:
    return None if role in STAFF_ROLES else Why.UNKNOWN(f"{role} is not a role with the seller.")


def may_act_for(role: Role | None, *, is_account: bool) -> bool:
    """Whether somebody in this role may act for a company; `is_account`: it is one of her own."""
    return role in ACT_FOR_ANY or (role == Role.SALES_REP and is_account)


def percent_text(percent_e4: int) -> str:
    """Ten-thousandths of a percent as a decimal with two to four places: "19.00", "5.125"."""
    whole, _, places = decimal_text(percent_e4, 4).partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def credit_ceiling(limit_minor: int, taken_minor: int) -> int:
    """What a credit account may hold: its limit, or what open orders held already when the limit was lowered below that."""
    return max(limit_minor, taken_minor)
