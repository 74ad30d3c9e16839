"""`linesheet import`, `export` and `tidy`: products, prices, stock and customers from files and back. A bad row makes the exit status 1."""

import argparse
import sys
from pathlib import Path

from backend.commands.data import with_database
from backend.commands.errors import CommandError
from backend.core.numbers import Mark


def bring(arguments: argparse.Namespace) -> int:
    """What a file holds becomes data, by the same actions as the API's; or, with --template, what such a file looks like."""
    if arguments.template:
        return _show_template(arguments.kind)
    file: Path | None = arguments.file
    if file is None or not file.is_file():
        raise CommandError(f"There is no file {file}." if file else "Name the file to read, or ask for --template.")
    return _bring_products(arguments) if arguments.kind == "products" else _bring_table(arguments)


def take(arguments: argparse.Namespace) -> int:
    """Everything of a kind, to a file or to the standard output."""
    from backend.exchange.tables import export_table

    if arguments.file is None:
        with_database(lambda: export_table(arguments.kind, sys.stdout))
        return 0
    with arguments.file.open("w", encoding="utf-8", newline="") as file:
        count = with_database(lambda: export_table(arguments.kind, file))
    print(f"{count:,} rows of {arguments.kind} in {arguments.file}.")
    return 0


def tidy(arguments: argparse.Namespace) -> int:
    """Names and numbers that were stored before they were cleaned on their way in. What is left makes the exit status 1."""
    from backend.catalogue.tidying import tidy as clean
    from backend.core.viewer import system_viewer

    done = with_database(lambda: clean(system_viewer()))
    print("\n".join([*done.left, f"{done.changed} texts were cleaned, {len(done.left)} are left."]))
    return 1 if done.left else 0


def _show_template(kind: str) -> int:
    from backend.exchange.tables import KINDS, write_template

    if kind not in KINDS:
        raise CommandError("Products are read as Shopify exports them: there is no template of ours.")
    write_template(kind, sys.stdout)
    return 0


def _bring_products(arguments: argparse.Namespace) -> int:
    from backend.exchange.products import import_products

    if not arguments.currency or not arguments.warehouse:
        raise CommandError("Products need --currency (such as EUR) and --warehouse (such as MAIN).")
    report = with_database(
        lambda: import_products(
            arguments.file,
            currency=arguments.currency,
            warehouse=arguments.warehouse,
            check=arguments.check,
            skip_bad=arguments.skip_bad,
            decimal=_decimal(arguments),
        )
    )
    return 0 if report.ok else 1


def _decimal(arguments: argparse.Namespace) -> Mark | None:
    return Mark[arguments.decimal.upper()] if arguments.decimal else None


def _bring_table(arguments: argparse.Namespace) -> int:
    from backend.exchange.tables import KINDS

    decimal = _decimal(arguments)
    report = with_database(
        lambda: KINDS[arguments.kind].bring(arguments.file, check=arguments.check, skip_bad=arguments.skip_bad, decimal=decimal)
    )
    return 0 if report.ok else 1
