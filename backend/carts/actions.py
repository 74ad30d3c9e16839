"""What a buyer does with carts: open and name them, fill lines in one step whatever their number, choose ship-to and shipping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend.carts.errors import StaleCart
from backend.carts.lines import OutcomeCode, Plan, Row, SetMode, Surroundings, plan_lines
from backend.carts.queries import EVERYTHING, CartNeeds, assess_cart, cart_views, load_cart, variants_of
from backend.carts.rules import MAX_ROWS
from backend.carts.stored import StoredCart, find_cart_locked
from backend.carts.views import CartLineView, CartView
from backend.companies.places import allowed_ship_tos
from backend.core import clock
from backend.core.database import any_of, execute, transaction, unseen
from backend.core.errors import BadInput, Forbidden, InvalidInput, NotFound, Why
from backend.core.faults import KEEP, Keep, said
from backend.core.ids import new_id
from backend.core.money import UnitPrice
from backend.core.viewer import Permission, Viewer
from backend.shop.numbers import variants_meant
from backend.shop.views import VariantView

MAX_NAME = 120
MAX_CODES = 20
MAX_CODE_LENGTH = 64
MAX_METHOD_CODE = 32


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """What became of row `index`; named for the schema."""

    index: int
    input: str | None
    status: str
    code: OutcomeCode | None
    message: str
    variant: VariantView | None
    quantity: int | None
    unit_price: UnitPrice | None
    needed: str | None = None
    blocking: bool = False
    asked: int | None = None


@dataclass(frozen=True, slots=True)
class LinesSet:
    cart: CartView
    outcomes: list[OutcomeView]


def require_shopping(viewer: Viewer) -> None:
    """Raises NotSignedIn or Forbidden; staff must act for a location first."""
    viewer.require(Permission.SHOP)
    if viewer.location_id is None:
        raise Forbidden("Choose whom you order for first: actAs with one of your customers' locations.")


async def create_cart(viewer: Viewer, name: str, needs: CartNeeds = EVERYTHING) -> CartView:
    """A named cart beside the open one."""
    require_shopping(viewer)
    key = new_id()
    now = clock.now()
    await execute(
        "INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at) VALUES ($1, $2, $3, $4, FALSE, 1, $5, $5)",
        key, viewer.user_id, viewer.location_id, _name(name), now,
    )  # fmt: skip
    return await _shown(viewer, key, needs)


@dataclass(frozen=True, slots=True)
class CartChanges:
    """What to change about a cart itself; KEEP leaves it, None clears it."""

    name: str | Keep | None = KEEP
    ship_to: int | Keep | None = KEEP
    codes: list[str] | Keep | None = KEEP
    shipping_method: str | Keep | None = KEEP


async def update_cart(
    viewer: Viewer, cart: int | None, changes: CartChanges, expected_version: int | None = None, needs: CartNeeds = EVERYTHING
) -> CartView:
    """Raises NotFound, StaleCart, InvalidInput."""
    require_shopping(viewer)
    async with transaction():
        stored = await lock_cart(viewer, cart, expected_version)
        values: dict[str, Any] = {
            "name": stored.name if isinstance(changes.name, Keep) else _name(changes.name or "", may_be_empty=stored.is_open),
            "ship_to": stored.ship_to if isinstance(changes.ship_to, Keep) else await _ship_to(viewer, changes.ship_to),
            "codes": stored.codes if isinstance(changes.codes, Keep) else _codes(changes.codes),
            "shipping_method": said(_code(changes.shipping_method), stored.shipping_method),
        }
        if values != {name: getattr(stored, name) for name in values}:
            await execute(
                "UPDATE cart SET name = $2, ship_to_id = $3, codes = $4, shipping_method = $5, version = version + 1, updated_at = $6 WHERE id = $1",
                stored.key, *values.values(), clock.now(),
            )  # fmt: skip
        shown = await _shown(viewer, stored.key, needs)
        if changes.shipping_method not in (KEEP, None, *(method.code for method in shown.shipping_methods)):
            raise InvalidInput(
                Why.UNKNOWN(
                    f"There is no shipping method {changes.shipping_method} for this cart. Choose one of its shippingMethods."
                ),
                ["input", "shippingMethod"],
            )
        return shown


async def set_cart_lines(
    viewer: Viewer,
    rows: Sequence[Row],
    *,
    cart: int | None = None,
    mode: SetMode = SetMode.SET,
    expected_version: int | None = None,
    needs: CartNeeds = EVERYTHING,
    known: Mapping[int, VariantView] | None = None,
) -> LinesSet:
    """Sets, adds or replaces lines; every row is answered. Opens the cart when there is none. Raises NotFound, StaleCart.

    `known`: variants that this request has loaded to order already.
    """
    require_shopping(viewer)
    check_rows(rows)
    async with transaction():
        named = [row.ship_to for row in rows if isinstance(row.ship_to, int)]
        stored = await lock_cart(viewer, cart, expected_version, opens=cart is None, ship_tos=named)
        around = await surroundings(viewer, rows, stored, needs, known)
        plan = plan_lines(rows, stored.lines, around, mode)
        after = await _write(stored, plan) if plan.changes_something else stored
        variants = around.variants
        if needs.products.cart and plan.changes_something:  # what they hold in the cart is another thing now
            variants = await variants_of(viewer, [after], needs, variants)
        shown, *_ = await cart_views(viewer, [assess_cart(viewer, after, variants)], needs)
    return LinesSet(shown, outcome_views(rows, plan, variants, shown))


def check_rows(rows: Sequence[Row]) -> None:
    """The shape of a request, which is the client's affair: BAD_INPUT."""
    if len(rows) > MAX_ROWS:
        raise BadInput(f"At most {MAX_ROWS:,} rows in one request; {len(rows):,} were sent. Send the rest in another one.")
    for index, row in enumerate(rows):
        if sum(value is not None for value in (row.line, row.variant, row.number)) != 1:
            raise BadInput(f"Row {index}: give exactly one of lineId, variantId and sku.")


async def surroundings(
    viewer: Viewer, rows: Sequence[Row], cart: StoredCart, needs: CartNeeds, known: Mapping[int, VariantView] | None = None
) -> Surroundings:
    """Loads what rows are checked against: the numbers that were typed, the variants that they may mean. The cart knows the places."""
    numbers = await variants_meant(viewer, (row.number for row in rows if row.number is not None))
    meant = {hit for hits in numbers.values() for hit in hits}
    named = {row.variant for row in rows if row.variant is not None}
    packs = any(isinstance(row.pack, str) for row in rows)
    variants = await variants_of(viewer, [cart], needs, meant | named, known=known, packs=packs)
    return Surroundings(variants, numbers, frozenset(cart.terms.countries), cart.ship_to or viewer.location_id or 0)


async def _open_cart(viewer: Viewer) -> None:
    """The one open cart of user and location; somebody else may be opening it at the same moment."""
    await execute(
        "INSERT INTO cart (id, user_id, location_id, name, is_open, version, created_at, updated_at) VALUES ($1, $2, $3, '', TRUE, 0, $4, $4)"
        " ON CONFLICT (user_id, location_id) WHERE is_open DO NOTHING",
        new_id(), viewer.user_id, viewer.location_id, clock.now(),
    )  # fmt: skip


async def lock_cart(
    viewer: Viewer,
    cart: int | None,
    expected_version: int | None,
    *,
    opens: bool = False,
    ship_tos: list[int] | None = None,
    to_order: bool = False,
) -> StoredCart:
    """The stored cart, held until the transaction ends; `opens`: made when it is not there. Raises NotFound, StaleCart."""
    found = await find_cart_locked(viewer, cart, ship_tos=ship_tos, to_order=to_order)
    if found is None and opens:
        if expected_version:
            raise NotFound(
                "The cart that you changed is no longer open: it may have been ordered meanwhile. Reload before you go on."
            )
        await _open_cart(viewer)
        found = await find_cart_locked(viewer, cart, ship_tos=ship_tos)
    if found is None:
        raise NotFound("There is no such cart.")
    if expected_version is not None and found.version != expected_version:
        raise StaleCart(found.key)
    return found


# Lines that are gone or become something else leave first: two lines may change places. The others are changed where they stand.
_WRITE_LINES = f"""
WITH versioned AS (UPDATE cart SET version = version + 1, updated_at = $2 WHERE id = $1),
     gone AS (DELETE FROM cart_line WHERE id = {any_of(3)} RETURNING id)
INSERT INTO cart_line AS l (cart_id, id, variant_id, quantity, pack_code, ship_to_id, requested_ship_date, cancel_date, note, position)
SELECT $1, t.* FROM unnest({unseen(4)}, $5::bigint[], $6::int[], $7::text[], $8::bigint[], $9::date[], $10::date[], $11::text[],
                           $12::int[]) t
WHERE (SELECT count(*) FROM gone) >= 0
ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity, note = excluded.note
"""


async def _write(cart: StoredCart, plan: Plan) -> StoredCart:
    """Carries a plan out by one statement, whatever the number of lines; the cart as it is now."""
    before = {line.key: line.identity for line in cart.lines}
    gone = [*plan.removed, *(line.key for line in plan.changed if before.get(line.key, line.identity) != line.identity)]
    columns = [[line[column] for line in plan.changed] for column in range(9)]
    await execute(_WRITE_LINES, cart.key, clock.now(), gone, *columns)
    return replace(cart, version=cart.version + 1, lines=plan.lines_after(cart.lines))


_EMPTY = """
WITH versioned AS (UPDATE cart SET version = version + 1, updated_at = $2 WHERE id = $1) DELETE FROM cart_line WHERE cart_id = $1
"""


async def empty_cart(cart: StoredCart) -> None:
    """The locked cart stays, empty and one version on: a second submit finds nothing to order."""
    await execute(_EMPTY, cart.key, clock.now())


def outcome_views(rows: Sequence[Row], plan: Plan, variants: Mapping[int, VariantView], cart: CartView) -> list[OutcomeView]:
    """Each row's outcome; a line that breaks a rule says so here too, with the code of its first problem."""
    lines: dict[int, CartLineView] = {line.key: line for line in cart.lines}
    problems = {problem.line.key: problem for problem in reversed(cart.problems) if problem.line is not None}
    shown = []
    for index, (row, outcome) in enumerate(zip(rows, plan.outcomes, strict=True)):
        problem = problems.get(outcome.line) if outcome.line else None
        line = lines.get(outcome.line) if outcome.line else None
        shown.append(OutcomeView(
            index, row.typed, outcome.status, OutcomeCode(problem.code) if problem else outcome.code, problem.message if problem else outcome.message,
            variants.get(outcome.variant) if outcome.variant else None, outcome.quantity, line.unit_price if line else None,
            problem.needed if problem else None, problem.blocking if problem else False, row.quantity,
        ))  # fmt: skip
    return shown


async def _shown(viewer: Viewer, key: int, needs: CartNeeds) -> CartView:
    cart = await load_cart(viewer, key, needs)
    if cart is None:
        raise NotFound("There is no such cart.")
    return cart


def _name(name: str, *, may_be_empty: bool = False) -> str:
    clean = " ".join(name.split())
    if not clean and not may_be_empty:
        raise InvalidInput(Why.REQUIRED("Give the cart a name."), ["name"])
    if len(clean) > MAX_NAME or not clean.isprintable():
        raise InvalidInput(Why.NOT_PRINTABLE(f"A name has at most {MAX_NAME} printable characters."), ["name"])
    return clean


async def _ship_to(viewer: Viewer, key: int | None) -> int | None:
    if key is not None and not await allowed_ship_tos(viewer, [key]):
        raise NotFound("You cannot ship to this location.")
    return key


def _code(code: str | Keep | None) -> str | Keep | None:
    if isinstance(code, str) and not (len(code) <= MAX_METHOD_CODE and code.isprintable()):
        raise InvalidInput(
            Why.UNKNOWN("There is no such shipping method for this cart. Choose one of its shippingMethods."),
            ["input", "shippingMethod"],
        )
    return code


def _codes(codes: list[str] | None) -> list[str]:
    clean = list(dict.fromkeys(code.strip().upper() for code in codes or [] if code.strip()))
    if len(clean) > MAX_CODES or any(len(code) > MAX_CODE_LENGTH or not code.isprintable() for code in clean):
        raise InvalidInput(
            Why.TOO_MANY(f"At most {MAX_CODES} codes of at most {MAX_CODE_LENGTH} printable characters."), ["input", "codes"]
        )
    return clean
