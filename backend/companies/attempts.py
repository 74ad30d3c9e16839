"""Limits what somebody may try: first by caller, then by what is tried from there, and last by what is tried from anywhere.

Whoever is refused uses up nobody's allowance. A device that signed in before passes the last limit, so that strangers cannot lock out an owner.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.core import cache, clock
from backend.core.errors import RateLimited
from backend.settings import get_settings

QUARTER, HOUR, DAY = 15 * 60, 60 * 60, 24 * 60 * 60
DEVICE_LIFETIME = timedelta(days=180)
PREFIX = "ld_"


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many uses of a key at once, and again in every so many seconds."""

    key: str
    most: int
    seconds: int


async def spend(allowances: Sequence[Allowance], what: str) -> None:
    """Counts one use of each, in this order. The first that is used up refuses, and those before it get theirs back. Raises RateLimited."""
    for at, allowance in enumerate(allowances):
        wait = await cache.hit(allowance.key, allowance.most, allowance.seconds)
        if wait:
            await give_back(allowances[:at])
            raise RateLimited(f"Too many {what}. Try again in {max(1, round(wait / 60))} min.", wait)


async def give_back(allowances: Sequence[Allowance]) -> None:
    """For a use that turned out not to be worth counting."""
    for allowance in allowances:
        await cache.give_back(allowance.key, allowance.most, allowance.seconds)


def caller_of(address: str) -> str:
    """Whom an address stands for. With IPv6 one customer has a whole /64: all of it is one caller."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def hidden(text: str) -> str:
    """A key that names an address of mail to nobody who reads the counters."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def device_token(email: str) -> str:
    """Given with each sign-in: by this the device is known again, for this account alone. It opens nothing."""
    ends = int((clock.now() + DEVICE_LIFETIME).timestamp())
    return f"{PREFIX}{ends}_{_sign(email, ends)}"


def is_known_device(token: str | None, email: str) -> bool:
    """Whether somebody signed in to this account on this device, not too long ago."""
    ends, _, signature = (token or "").removeprefix(PREFIX).partition("_")
    if not (ends.isascii() and ends.isdigit() and len(ends) < 12 and signature.isascii()):
        return False
    if not hmac.compare_digest(signature, _sign(email, int(ends))):
        return False
    return clock.now() < datetime.fromtimestamp(int(ends), clock.now().tzinfo)


def _sign(email: str, ends: int) -> str:
    signed = f"device:{ends}:{email}".encode("utf-8", "surrogatepass")
    return hmac.new(get_settings().secret_key.encode(), signed, hashlib.sha256).hexdigest()
