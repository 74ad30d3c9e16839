"""How orders fail, beside what carts say."""

from backend.core.errors import Problem


class OrderMoved(Problem):
    """The order is in a state that does not allow this. `order`: its key."""

    def __init__(self, order: int, message: str) -> None:
        super().__init__(message)
        self.order = order
