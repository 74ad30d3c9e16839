"""Carts: what a buyer intends, line by line, and what stands in its way."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from backend.api.companies import CompanyLocation
from backend.api.context import Info
from backend.api.errors import Error, InvalidInput, NotFound
from backend.api.inputs import kept
from backend.api.node import Node, answers, found_by
from backend.api.pages import usually
from backend.api.products import Pack, Variant
from backend.api.scalars import Date, Decimal, Money
from backend.api.selection import needs_of, selected_names
from backend.carts import actions, errors, lines, queries, rules, views
from backend.carts.lines import Row
from backend.carts.lines import SetMode as SetModeValue
from backend.carts.obstacles import ProblemCode
from backend.carts.quick_order import resolve_lines
from backend.core.errors import NotFound as NotFoundProblem
from backend.core.faults import KEEP, Keep
from backend.core.ids import parse_id
from backend.core.viewer import Permission, Viewer

SetMode = SetModeValue
strawberry.enum(SetMode, name="SetMode", description="REPLACE: only these lines remain.")
LineStatus = lines.LineStatus
strawberry.enum(LineStatus, name="LineStatus")
LineOutcomeCode = lines.OutcomeCode
strawberry.enum(
    LineOutcomeCode,
    name="LineOutcomeCode",
    description="Why a row was refused, or the first problem of its line. More may be added.",
)
CartProblemCode = ProblemCode
strawberry.enum(CartProblemCode, name="CartProblemCode")
PaymentMethod = rules.PaymentMethod
strawberry.enum(PaymentMethod, name="PaymentMethod")


@strawberry.type(description="A discount on the whole order or the whole cart.")
class AppliedDiscount:
    label: str
    code: str | None
    amount: Money


@strawberry.type(
    description="Tax of one rate; `rate` is a percentage. The base includes its share of shipping; rounded once, half away from zero."
)
class TaxLine:
    name: str
    rate: Decimal
    base: Money
    amount: Money


@strawberry.type
class CartCode:
    code: str
    applied: bool
    message: str


@strawberry.type(description="`price` null: to be confirmed by the seller.")
class ShippingMethod:
    code: str
    name: str
    price: Money | None


@strawberry.type(
    description="`quantity` counts pieces; with a pack it is a multiple of pack.units. `variant` null: no longer visible."
)
@answers(views.CartLineView)
class CartLine:
    id: strawberry.ID
    sku: str
    name: str
    variant: Variant | None
    quantity: int
    pack: Pack | None
    unit_price: Money | None
    subtotal: Money | None
    discount: Money
    total: Money | None
    ship_to: CompanyLocation
    requested_ship_date: Date | None
    cancel_date: Date | None
    note: str | None


@strawberry.type(
    description="Why the cart, or one line of it, cannot be placed as it is (blocking), or will wait for somebody (not blocking)."
    ' `needed`: what would do ("12", "35.00", "2026-12-01"), never above the stock cap.'
)
class CartProblem:
    code: CartProblemCode
    message: str
    line: CartLine | None
    needed: str | None
    blocking: bool


@strawberry.type(
    description="`location` decides price, assortment and rules; a line's shipTo decides tax and freight. One open cart per user and location,"
    " any number of named ones. Shipping and tax null: to be confirmed. total = subtotal - discounts + shipping + tax."
)
@answers(views.CartView)
class Cart(Node):
    id: strawberry.ID
    name: str
    version: int
    location: CompanyLocation
    ship_to: CompanyLocation = strawberry.field(description="Where lines go that name no place of their own.")
    shipping_method: str | None = strawberry.field(
        description="Code of the method in force: the chosen one, else the first that is offered."
    )
    lines: list[CartLine] = usually(30)
    line_count: int
    unit_count: int
    subtotal: Money
    discounts: list[AppliedDiscount]
    shipping: Money | None
    tax: Money | None
    total: Money
    tax_lines: list[TaxLine]
    codes: list[CartCode]
    shipping_methods: list[ShippingMethod]
    payment_methods: list[PaymentMethod]
    problems: list[CartProblem]


@strawberry.type(description="One for every row that was sent, in order. A refused row stops no other.")
class LineOutcome:
    index: int
    input: str | None
    status: LineStatus
    code: LineOutcomeCode | None
    message: str
    variant: Variant | None
    quantity: int | None
    unit_price: Money | None
    needed: str | None = strawberry.field(
        description="The quantity of the line, or another value, that would do; as in CartProblem."
    )
    blocking: bool = strawberry.field(
        description="Whether the line keeps the cart from being ordered. False for a refused row: it is no line."
    )
    asked: int | None = strawberry.field(description="The quantity as it was read in the row; null when none could be read.")


@strawberry.type
@answers(actions.LinesSet)
class SetCartLinesDone:
    cart: Cart
    outcomes: list[LineOutcome] = usually(20)


@strawberry.type(description="Somebody, or another window, changed the cart meanwhile: here it is as it is now.")
class StaleCart(Error):
    message: str
    cart: Cart


@strawberry.input(
    description="Exactly one of lineId, variantId, sku. lineId edits that line: absent keeps, null clears. The others mean the line with equal"
    " (variant, pack, shipTo, dates), absent = the cart's default; equal rows are summed first. sku: SKU, the buyer's own part number or GTIN,"
    " exact, then with case, spaces and dashes forgiven; two hits are refused."
)
class CartLineInput:
    line_id: strawberry.ID | None = UNSET
    variant_id: strawberry.ID | None = UNSET
    sku: str | None = UNSET
    quantity: int
    pack: str | None = UNSET
    ship_to_id: strawberry.ID | None = UNSET
    requested_ship_date: Date | None = UNSET
    cancel_date: Date | None = UNSET
    note: str | None = UNSET

    def row(self) -> Row:
        """As the room understands it; an id that does not parse is one that nothing has (0)."""
        return Row(
            self.quantity,
            parse_id("cartline", self.line_id) or 0 if self.line_id else None,
            parse_id("variant", self.variant_id) or 0 if self.variant_id else None,
            self.sku if isinstance(self.sku, str) and (self.sku or not (self.line_id or self.variant_id)) else None,
            kept(self.pack),
            kept_key("location", self.ship_to_id),
            kept(self.requested_ship_date),
            kept(self.cancel_date),
            kept(self.note) if self.note is UNSET or self.note is None else clean(self.note),
        )


@strawberry.input(
    description="Up to 5,000 rows; a cart holds 2,000 lines. No cartId: the open cart, which is opened if there is none."
)
class SetCartLinesInput:
    cart_id: strawberry.ID | None = None
    lines: list[CartLineInput]
    mode: SetMode | None = SetMode.SET
    expected_version: int | None = None


@strawberry.input(description="Absent keeps, null clears.")
class UpdateCartInput:
    cart_id: strawberry.ID | None = None
    expected_version: int | None = None
    name: str | None = UNSET
    ship_to_id: strawberry.ID | None = UNSET
    codes: list[str] | None = UNSET
    shipping_method: str | None = UNSET


CartResult = Annotated[Cart | StaleCart | InvalidInput | NotFound, strawberry.union("CartResult")]
SetCartLinesResult = Annotated[SetCartLinesDone | StaleCart | InvalidInput | NotFound, strawberry.union("SetCartLinesResult")]


def kept_key(kind: str, id: str | None) -> int | Keep | None:
    """Absent keeps, null clears; an id that does not parse is one that nothing has (0)."""
    if id is UNSET:
        return KEEP
    return None if id is None else parse_id(kind, id) or 0


def clean(text: str) -> str | None:
    """A note without characters that cannot be printed; empty is none."""
    return "".join(character if character.isprintable() else " " for character in text).strip() or None


def cart_key(cart_id: str | None) -> int | None:
    """The key of a named cart, None for the open one; NotFound for an id that does not parse."""
    if cart_id is None:
        return None
    key = parse_id("cart", cart_id)
    if key is None:
        raise NotFoundProblem("There is no such cart.")
    return key


def cart_needs(info: Info) -> queries.CartNeeds:
    """What this selection wants of carts."""
    return queries.CartNeeds(places=not selected_names(info, _PLACES) <= _NAMED, products=needs_of(info))


class StaleCartHandler(strawberry.ExceptionHandler[errors.StaleCart, StaleCart]):
    async def handle(self, exception: errors.StaleCart, *, field: Any, info: Info) -> StaleCart:
        cart: Any = await queries.load_cart(info.context.viewer, exception.cart, cart_needs(info))
        return StaleCart(message=exception.message, cart=cart)


HANDLERS = (StaleCartHandler(),)


# A cart knows the names of its places.
_PLACES = frozenset({"location", "shipTo"})
_NAMED = frozenset({"id", "name", "__typename"})

# What can be told of a cart without reading its lines.
_COUNTED = {"id", "name", "version", "lineCount", "unitCount", "__typename"}


async def _cart(viewer: Viewer, key: int | None, needs: queries.CartNeeds = queries.EVERYTHING) -> Any:
    return await queries.load_cart(viewer, key, needs) if _shops(viewer) else None


def _shops(viewer: Viewer) -> bool:
    """Whoever does not shop, or not for a location, has no cart."""
    viewer.require_signed_in()
    return viewer.may(Permission.SHOP) and viewer.location_id is not None


@strawberry.type
class CartsQuery:
    @strawberry.field(description="No id: the open cart of user and location; null while there is none (setCartLines opens one).")
    async def cart(self, info: Info, id: strawberry.ID | None = None) -> Cart | None:
        viewer = info.context.viewer
        key = None if id is None else parse_id("cart", id) or 0
        found: Any = None
        if _shops(viewer):
            counted = selected_names(info) <= _COUNTED
            found = await (queries.count_cart(viewer, key) if counted else queries.load_cart(viewer, key, cart_needs(info)))
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="All carts of the viewer at this location, the open one first.")
    async def carts(self, info: Info) -> list[Cart]:
        viewer = info.context.viewer
        found: Any = await queries.list_carts(viewer, cart_needs(info)) if _shops(viewer) else []
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        description="The dry run of quick order: what these rows, or this text with one number and quantity a line, would do to the cart."
        " Nothing is changed. Up to 5,000 rows."
    )
    async def resolve_lines(
        self,
        info: Info,
        text: str | None = None,
        lines: list[CartLineInput] | None = None,
        cart_id: strawberry.ID | None = None,
        mode: SetMode | None = None,
    ) -> list[LineOutcome]:
        rows = None if lines is None else [line.row() for line in lines]
        cart = None if cart_id is None else parse_id("cart", cart_id) or 0
        found: Any = await resolve_lines(
            info.context.viewer, text=text, rows=rows, cart=cart, mode=mode or SetModeValue.SET, needs=needs_of(info)
        )
        return found  # type: ignore[no-any-return]


@strawberry.type
class CartsMutation:
    @strawberry.mutation(description="A named cart beside the open one.")
    async def create_cart(self, info: Info, name: str) -> CartResult:
        made: Any = await actions.create_cart(info.context.viewer, name, cart_needs(info))
        return made  # type: ignore[no-any-return]

    @strawberry.mutation
    async def update_cart(self, info: Info, input: UpdateCartInput) -> CartResult:
        changes = actions.CartChanges(
            kept(input.name), kept_key("location", input.ship_to_id), kept(input.codes), kept(input.shipping_method)
        )
        changed: Any = await actions.update_cart(
            info.context.viewer, cart_key(input.cart_id), changes, input.expected_version, cart_needs(info)
        )
        return changed  # type: ignore[no-any-return]

    @strawberry.mutation(description="Fills a cart: any number of rows in one step, each of them answered.")
    async def set_cart_lines(self, info: Info, input: SetCartLinesInput) -> SetCartLinesResult:
        done: Any = await actions.set_cart_lines(
            info.context.viewer,
            [line.row() for line in input.lines],
            cart=cart_key(input.cart_id),
            mode=input.mode or SetModeValue.SET,
            expected_version=input.expected_version,
            needs=cart_needs(info),
        )
        return done  # type: ignore[no-any-return]


found_by("cart", _cart)
