"""The numbered parameters of a statement that is put together from parts."""

from typing import Any

from backend.core.database import unseen


class Arguments:
    """`add` answers the place of a value: "$3"."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)

    def add(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def add_unseen(self, value: Any, kind: str) -> str:
        """The same, of a value that the planner does not see."""
        self.values.append(value)
        return unseen(len(self.values), kind)
