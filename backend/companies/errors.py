"""How the actions of this room fail, beside NotFound and InvalidInput."""

from backend.core.errors import Problem


class WrongCredentials(Problem):
    """Unknown address, wrong password, or a person who may not come in: the three look the same, in words and in time."""

    def __init__(self) -> None:
        super().__init__("This e-mail address and password do not belong together. Check both, or ask for a new password.")
