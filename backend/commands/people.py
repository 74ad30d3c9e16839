"""`linesheet create-admin`: the first person of an installation without demo data."""

import argparse
import getpass
import sys

from backend.commands.data import with_database
from backend.commands.errors import CommandError


def create_admin(arguments: argparse.Namespace) -> int:
    """Somebody who may do everything, with a password of her own choice."""
    password = _ask_password()
    made = with_database(lambda: _create(arguments, password))
    if made:
        print(f"There was no shop: made “{arguments.shop}”, which reckons in {arguments.currency}.")
    print(f"{arguments.email} can sign in now.")
    return 0


async def _create(arguments: argparse.Namespace, password: str) -> bool:
    """She, and what a shop cannot be begun without; whether there was no shop before."""
    from backend.companies.actions.members import create_staff_user
    from backend.companies.actions.seller import ensure_payment_terms, ensure_seller
    from backend.companies.passwords import hash_password
    from backend.companies.rules import password_problem
    from backend.core.database import fetch_value, transaction
    from backend.core.viewer import Role, system_viewer

    email, viewer = arguments.email, system_viewer()
    problem = password_problem(password, email)
    if problem is not None:
        raise CommandError(problem)
    name, password_hash = arguments.name or email.partition("@")[0], await hash_password(password)
    async with transaction():
        is_first: bool = not await fetch_value("SELECT EXISTS (SELECT FROM seller)")
        await ensure_seller(viewer, name=arguments.shop, currency=arguments.currency)
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
