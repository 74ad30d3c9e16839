"""The numbered parameters of a statement that is put together from parts."""

from typing import Any


class Arguments:
    """`add` answers the place of a value: "$3"."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)

    def add(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"
