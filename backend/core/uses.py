"""Nothing is pulled from under somebody: an object that others need is not deleted or switched off until it is clear who they are.

Each room lists in its `uses.py` who needs its rows. An action asks under its lock, in its own transaction, and raises InUse.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.core.database import fetch
from backend.core.errors import Problem
from backend.core.viewer import Permission, Viewer

MOST_NAMES = 5


class UseKind(StrEnum):
    """The kind of object that needs another one."""

    COMPANY = "COMPANY"
    GROUP = "GROUP"
    LOCATION = "LOCATION"
    MEMBER = "MEMBER"
    PRODUCT = "PRODUCT"
    PREPACK = "PREPACK"
    CATEGORY = "CATEGORY"
    ASSORTMENT = "ASSORTMENT"
    PRICE_LIST = "PRICE_LIST"
    ORDER_MINIMUM = "ORDER_MINIMUM"
    CART = "CART"
    ORDER = "ORDER"
    STOCK = "STOCK"
    ARRIVAL = "ARRIVAL"


NOUNS = {
    UseKind.COMPANY: ("company", "companies"),
    UseKind.GROUP: ("group", "groups"),
    UseKind.LOCATION: ("location", "locations"),
    UseKind.MEMBER: ("member", "members"),
    UseKind.PRODUCT: ("product", "products"),
    UseKind.PREPACK: ("prepack", "prepacks"),
    UseKind.CATEGORY: ("category below it", "categories below it"),
    UseKind.ASSORTMENT: ("assortment", "assortments"),
    UseKind.PRICE_LIST: ("price list", "price lists"),
    UseKind.ORDER_MINIMUM: ("order minimum", "order minimums"),
    UseKind.CART: ("cart", "carts"),
    UseKind.ORDER: ("open order", "open orders"),
    UseKind.STOCK: ("item in stock", "items in stock"),
    UseKind.ARRIVAL: ("arrival", "arrivals"),
}


@dataclass(frozen=True, slots=True)
class Need:
    """Who needs a row: `query` selects the `name` of each of them; $1 is the rows' keys. `sees`: who may read the names."""

    kind: UseKind
    query: str
    sees: Permission | None = None  # none: everybody who may ask


@dataclass(frozen=True, slots=True)
class Use:
    """`count` is None, and there are no names, where the viewer's role may not see them."""

    kind: UseKind
    count: int | None
    names: list[str]


class InUse(Problem):
    """Others need it. `successor` is the argument that names a replacement; `may_proceed`: evenIfInUse does it all the same."""

    def __init__(
        self, what: str, uses: Sequence[Use], way: str, *, successor: str | None = None, may_proceed: bool = False
    ) -> None:
        super().__init__(f"{what} is in use{_by(uses)}. {way}")
        self.uses = list(uses)
        self.successor = successor
        self.may_proceed = may_proceed


async def uses_of(viewer: Viewer, needs: Sequence[Need], keys: Collection[int]) -> list[Use]:
    """Who needs these rows, by one statement; kinds of which there are none are left out."""
    if not keys:
        return []
    rows = await fetch(" UNION ALL ".join(_counted(at, need) for at, need in enumerate(needs)) + " ORDER BY at", sorted(keys))
    return [_seen(viewer, needs[row["at"]], row["count"], row["names"]) for row in rows if row["count"]]


async def refuse_in_use(
    viewer: Viewer, needs: Sequence[Need], keys: Collection[int], what: str, way: str, *, successor: str | None = None,
    may_proceed: bool = False,
) -> None:  # fmt: skip
    """Raises InUse when somebody needs one of these rows."""
    uses = await uses_of(viewer, needs, keys)
    if uses:
        raise InUse(what, uses, way, successor=successor, may_proceed=may_proceed)


PROCEED = "Send evenIfInUse to do it all the same."


def _counted(at: int, need: Need) -> str:
    names = f"ARRAY(SELECT DISTINCT name::text FROM ({need.query}) AS n ORDER BY 1 LIMIT {MOST_NAMES})"
    return f"SELECT {at} AS at, (SELECT count(*) FROM ({need.query}) AS n) AS count, {names} AS names"


def _seen(viewer: Viewer, need: Need, count: int, names: list[str]) -> Use:
    return Use(need.kind, count, names) if need.sees is None or viewer.may(need.sees) else Use(need.kind, None, [])


def _by(uses: Sequence[Use]) -> str:
    return f" by {', '.join(map(_phrase, uses))}" if uses else ""


def _phrase(use: Use) -> str:
    one, many = NOUNS[use.kind]
    if use.count is None:
        return many
    names = f" ({', '.join(use.names)}{', …' if use.count > len(use.names) else ''})" if use.names else ""
    return f"{use.count} {one if use.count == 1 else many}{names}"
