"""`linesheet create-admin`: the first person of an installation without demo data."""

import argparse
import getpass
import sys

from backend.commands.data import with_database
from backend.commands.errors import CommandError


def create_admin(arguments: argparse.Namespace) -> int:
    """Somebody who may do everything, with a password of her own choice."""
    password = _ask_password()
    with_database(lambda: _create(arguments.email, arguments.name or arguments.email.partition("@")[0], password))
    print(f"{arguments.email} can sign in now.")
    return 0


async def _create(email: str, name: str, password: str) -> None:
    from backend.companies.actions.members import create_staff_user
    from backend.companies.actions.seller import ensure_payment_terms
    from backend.companies.passwords import hash_password
    from backend.companies.rules import password_problem
    from backend.core.viewer import Role, system_viewer

    problem = password_problem(password, email)
    if problem is not None:
        raise CommandError(problem)
    await create_staff_user(system_viewer(), email, name, Role.ADMIN, password_hash=await hash_password(password))
    await ensure_payment_terms(system_viewer())


def _ask_password() -> str:
    """Typed twice without being shown; or one line of standard input, for scripts."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two differ.")
    return password
