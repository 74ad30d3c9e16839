"""How carts fail: each names the state of the world and carries what the client needs to go on."""

from collections.abc import Sequence

from backend.carts.views import CartProblemView, CartView
from backend.core.errors import Problem
from backend.core.money import Money


class StaleCart(Problem):
    """Somebody, or another window, changed the cart since this client read it. `cart`: its key."""

    def __init__(self, cart: int) -> None:
        super().__init__(
            "The cart was changed meanwhile, perhaps in another window. Here it is as it is now; your change was not made."
        )
        self.cart = cart


class CartHasProblems(Problem):
    def __init__(self, problems: Sequence[CartProblemView]) -> None:
        super().__init__(
            problems[0].message if len(problems) == 1 else f"{len(problems)} things keep this cart from being ordered."
        )
        self.problems = list(problems)


class TotalChanged(Problem):
    """Nothing was ordered: the total is no longer what the buyer agreed to."""

    def __init__(self, expected: Money, actual: Money, cart: CartView) -> None:
        super().__init__(
            f"The total is now {actual.amount} {actual.currency}, not {expected.amount}. Nothing was ordered; look at it and order again."
        )
        self.expected = expected
        self.actual = actual
        self.cart = cart
