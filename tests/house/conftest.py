"""A state folder for servers of a test's own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder for one test."""
    yield from reachable_folder()


@pytest.fixture(scope="module")
def filled_state() -> Iterator[Path]:
    """A folder for all tests of a module."""
    yield from reachable_folder()


def reachable_folder() -> Iterator[Path]:
    # Not tmp_path: the servers' account may not be able to reach below it.
    with tempfile.TemporaryDirectory(prefix="linesheet-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "state"
