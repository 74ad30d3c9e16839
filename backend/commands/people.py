"""`linesheet create-admin`: the first person of an installation without demo data."""

import argparse
import getpass
import sys

from backend.commands.data import with_database
from backend.commands.errors import CommandError


def create_admin(arguments: argparse.Namespace) -> int:
    """Somebody who may do everything, with a password of her own choice."""
    password = _ask_password()
    shop, currency = arguments.shop or "My company", arguments.currency or "EUR"
    if with_database(lambda: _create(arguments.email, arguments.name, password, shop, currency)):
        print(f"There was no shop: made “{shop}”, which reckons in {currency}.")
    elif arguments.shop or arguments.currency:
        print("There is a shop already: its name is changed under Manage, Settings; its currency stays.")
    print(f"{arguments.email} can sign in now.")
    return 0


async def _create(email: str, name: str | None, password: str, shop: str, currency: str) -> bool:
    """She, and what a shop cannot be begun without; whether there was no shop before."""
    from backend.companies.actions.members import create_staff_user
    from backend.companies.actions.seller import ensure_payment_terms, ensure_seller
    from backend.companies.passwords import hash_password
    from backend.companies.rules import password_problem
    from backend.core.database import fetch_value, transaction
    from backend.core.viewer import Role, system_viewer

    viewer = system_viewer()
    problem = password_problem(password, email)
    if problem is not None:
        raise CommandError(problem)
    name, password_hash = name or email.partition("@")[0], await hash_password(password)
    async with transaction():
        is_first: bool = not await fetch_value("SELECT EXISTS (SELECT FROM seller)")
        await ensure_seller(viewer, name=shop, currency=currency)
        await create_staff_user(viewer, email, name, Role.ADMIN, password_hash=password_hash)
        await ensure_payment_terms(viewer)
    return is_first


def _ask_password() -> str:
    """Typed twice without being shown; or one line of standard input, for scripts."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two differ.")
    return password
