"""When two people change one thing, the second is told, and nothing of the first is lost.

Everything that the seller keeps has a version, which a trigger raises with each change. A client may send the version that it read; an action
checks it under the lock of the change.
"""

from backend.core.errors import InvalidInput, Problem, Why


class Stale(Problem):
    """It was changed since the client read it. `kind` and `key` name it, so that it can be shown as it is now."""

    def __init__(self, kind: str, key: int) -> None:
        super().__init__("Somebody else changed this meanwhile. Your change was not saved; compare it with what is stored now.")
        self.kind = kind
        self.key = key


def check_version(kind: str, key: int, stored: int | None, expected: int | None) -> None:
    """Raises Stale when another version is stored than was expected, InvalidInput when nothing is. Without an expectation all is well."""
    if expected is None or stored == expected:
        return
    if stored is None:
        raise InvalidInput(Why.UNKNOWN("It does not exist any more. Create it without an expected version."), ["expectedVersion"])
    raise Stale(kind, key)
