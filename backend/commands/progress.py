"""Tells a waiting person what is going on: one calm line for each step, with how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(name: str) -> Iterator[None]:
    """A line while the step runs, where the output is a terminal; the same line with its time when it is done."""
    if sys.stdout.isatty():
        print(f"  … {name}", end="", flush=True)
    started = time.monotonic()
    yield
    print(f"{_line_start()}  ✓ {name:<44}{time.monotonic() - started:6.1f} s", flush=True)


def note(text: str) -> None:
    """Something to know that is no step."""
    print(f"{_line_start()}    {text}", flush=True)


def _line_start() -> str:
    """On a terminal, back to the beginning of the line that says what is going on."""
    return "\r" if sys.stdout.isatty() else ""
