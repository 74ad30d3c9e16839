"""Many values that cannot stand, found in one go: bulk actions collect them, so that a person hears of every bad row at once.

`KEEP` stands for "not said": a change leaves the stored value as it is, where None would clear it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar

from backend.core.errors import InvalidInput

T = TypeVar("T")


class Keep(Enum):
    KEEP = "KEEP"


KEEP: Final = Keep.KEEP


def said(value: T | Keep, otherwise: T) -> T:
    """The value, or what stands when nothing was said."""
    return otherwise if isinstance(value, Keep) else value


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that cannot stand: `row` counts the rows that were sent from 0, `path` leads on from there."""

    row: int
    path: tuple[str, ...]
    message: str

    def below(self, *path: str) -> "Fault":
        return Fault(self.row, (*path, *self.path), self.message)


class InvalidRows(InvalidInput):
    """InvalidInput that names the first fault and carries them all."""

    def __init__(self, faults: Sequence[Fault], root: str = "rows") -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.row))
        first = self.faults[0]
        super().__init__(first.message, [root, str(first.row), *first.path])


def refuse_faults(faults: Sequence[Fault], root: str = "rows") -> None:
    """Raises InvalidRows when there is at least one."""
    if faults:
        raise InvalidRows(faults, root)
