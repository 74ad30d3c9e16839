"""Says by which names a development server may be called: a foreign name that leads here comes from somebody's trap (DNS rebinding). Pure."""

import ipaddress
from urllib.parse import urlsplit


def is_own_host(host: str, public_url: str) -> bool:
    """Whether the Host header names this machine or PUBLIC_URL. An address in digits is harmless: no foreign page has it as its own."""
    name = _name(f"//{host}")
    if name in ("localhost", _name(public_url)) or name.endswith(".localhost"):
        return bool(name)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
