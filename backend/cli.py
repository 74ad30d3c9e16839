"""The `linesheet` command. Each subcommand is a function in `backend.commands`, imported when it is called."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from backend.commands.errors import CommandError
from backend.embedded.errors import EmbeddedError
from backend.settings import SettingsError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    module, _, function = arguments.runs.partition(":")
    try:
        status: int = getattr(importlib.import_module(f"backend.commands.{module}"), function)(arguments)
    except (CommandError, EmbeddedError, SettingsError) as error:
        print(f"linesheet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def parser() -> argparse.ArgumentParser:
    """Every subcommand with its options, and the function that it runs."""
    command = argparse.ArgumentParser(prog="linesheet", description="Wholesale ordering: a storefront and a GraphQL API.")
    commands = command.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, runs: str, does: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=does, description=does)
        added.set_defaults(runs=runs)
        return added

    dev = add("dev", "serve:dev", "Start everything from nothing: servers, tables, demo data, web server.")
    serve = add("serve", "serve:serve", "Run the web server.")
    for listening in (dev, serve):
        listening.add_argument("--host", help="where to listen (default: $HOST or 127.0.0.1)")
        listening.add_argument("--port", type=int, help="where to listen (default: $PORT or 8000)")
    serve.add_argument("--workers", type=int, help="processes that serve requests (default: $WEB_WORKERS or 1)")
    add("worker", "serve:work", "Handle jobs and timers, apart from the web server.")
    add("migrate", "data:migrate", "Bring the database to this version's tables.")
    add("demo", "data:demo", "Fill an empty database with the demo.")
    add("reset", "data:reset", "Remove everything that the embedded servers keep.")
    admin = add("create-admin", "people:create_admin", "Make somebody who may do everything; asks for her password.")
    admin.add_argument("email", help="her address, by which she signs in")
    admin.add_argument("--name", help="how others see her")
    admin.add_argument("--shop", help="what the shop is called, if there is none yet (default: My company)")
    admin.add_argument("--currency", help="what the shop reckons in, if there is none yet; it stays (default: EUR)")
    add("check", "check:check", "Try the database, Redis, the mail server, uploads, the clock and the worker; say what is wrong.")
    add("backup", "backup:backup", "Write the database and the uploads to a file.").add_argument("file", type=Path)
    add("restore", "backup:restore", "Fill an empty database from a backup; it sends no mail until `resume`.").add_argument(
        "file", type=Path
    )
    add("resume", "backup:resume", "Let a restored copy send mail.")
    add("tidy", "tables:tidy", "Take invisible characters out of stored names and numbers, and name what must be changed by hand.")
    add("schema", "data:schema", "Print the API in GraphQL's schema language.")
    _add_import(add("import", "tables:bring", "Bring in data from a file."))
    exports = add("export", "tables:take", "Write all prices, stock or customers as `import` reads them.")
    exports.add_argument("kind", choices=["prices", "stock", "customers"], help="what to write")
    exports.add_argument("file", type=Path, nargs="?", help="where to (default: the standard output)")
    return command


def _add_import(imports: argparse.ArgumentParser) -> None:
    imports.add_argument("kind", choices=["products", "prices", "stock", "customers"], help="what the file holds")
    imports.add_argument("file", type=Path, nargs="?", help="a CSV file; products: as Shopify exports them")
    imports.add_argument("--template", action="store_true", help="print what such a file looks like, and do nothing else")
    imports.add_argument("--currency", help="products: the currency of the file's prices, such as EUR")
    imports.add_argument("--warehouse", help="products: the code of the warehouse that holds the stock, such as MAIN")
    imports.add_argument("--check", action="store_true", help="say what would happen, and change nothing")
    imports.add_argument("--skip-bad", action="store_true", help="leave out bad rows instead of refusing the file")
    imports.add_argument(
        "--decimal", choices=["point", "comma"], help="what stands before the decimals, where the file leaves it open"
    )


if __name__ == "__main__":
    sys.exit(main())
