"""Writes the lock files: every dependency with its hashes, for every supported Python and platform.

A lock carries a fingerprint of what pyproject.toml asks for, so that a test can tell when the two have parted.
Run it through `make lock`.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The widest lock is resolved first; the narrower ones take the same versions from it.
LOCKS: dict[str, tuple[str, ...]] = {
    "requirements-dev.lock": ("embedded", "dev"),
    "requirements-embedded.lock": ("embedded",),
    "requirements.lock": (),
}


def fingerprint() -> str:
    """A digest of everything in pyproject.toml that a lock follows from."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    asked = [
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
        pyproject["dependency-groups"],
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def compile_lock(name: str, extras: tuple[str, ...], constraints: Path | None, *, upgrade: bool) -> str:
    """Resolve one lock for all Pythons from 3.11 and all platforms, and answer its text."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "build"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--quiet"]
    # The old lock is read as a preference: without --upgrade a refresh changes only what it must.
    command += ["--output-file", name]
    command += [part for extra in extras for part in ("--extra", extra)]
    if constraints is not None:
        command += ["--constraints", str(constraints)]
    if upgrade:
        command += ["--upgrade"]
    subprocess.run(command, cwd=ROOT, check=True)
    return (ROOT / name).read_text()


def pins(lock: str) -> str:
    return "\n".join(line.removesuffix(" \\") for line in lock.splitlines() if "==" in line)


def main() -> None:
    upgrade = "--upgrade" in sys.argv[1:]
    header = f"# Made by `make lock`; do not edit.\n# pyproject: {fingerprint()}\n"
    with tempfile.TemporaryDirectory() as folder:
        widest: Path | None = None
        for name, extras in LOCKS.items():
            lock = compile_lock(name, extras, widest, upgrade=upgrade)
            (ROOT / name).write_text(header + lock)
            print(f"{name}: {len(pins(lock).splitlines())} packages")
            if widest is None:
                widest = Path(folder) / "constraints.txt"
                widest.write_text(pins(lock))


if __name__ == "__main__":
    main()
