"""Quick order: a paste or a list of rows, answered row by row before anything is changed."""

from collections.abc import Sequence
from dataclasses import replace

from backend.carts.actions import OutcomeView
from backend.carts.lines import LineStatus, OutcomeCode, Row, SetMode
from backend.carts.paste import MAX_TEXT, PastedRow, read_paste
from backend.carts.preview import preview_lines
from backend.carts.rules import MAX_ROWS
from backend.core.errors import BadInput
from backend.core.viewer import Viewer
from backend.shop.queries import TO_ORDER, Needs


async def resolve_lines(
    viewer: Viewer,
    *,
    text: str | None = None,
    rows: Sequence[Row] | None = None,
    cart: int | None = None,
    mode: SetMode = SetMode.SET,
    needs: Needs = TO_ORDER,
) -> list[OutcomeView]:
    """What these rows would do to the cart. `index` counts the rows that hold something. Raises BadInput, NotFound."""
    if (text is None) == (rows is None):
        raise BadInput("Give exactly one of text and lines.")
    if text is None:
        return await preview_lines(viewer, rows or [], cart=cart, mode=mode, needs=needs)
    if len(text) > MAX_TEXT:
        raise BadInput(f"At most {MAX_TEXT:,} characters at once; these are {len(text):,}.")
    pasted = read_paste(text)
    if len(pasted) > MAX_ROWS:
        raise BadInput(f"At most {MAX_ROWS:,} rows at once; these are {len(pasted):,}. Send the rest in another one.")
    readable = [row for row in pasted if row.fault is None]
    asked = [Row(row.quantity or 0, number=row.number) for row in readable]
    found = await preview_lines(viewer, asked, cart=cart, mode=mode, needs=needs)
    outcomes = dict(zip((row.line for row in readable), found, strict=True))
    return [_numbered(index, row, outcomes.get(row.line)) for index, row in enumerate(pasted)]


def _numbered(index: int, row: PastedRow, outcome: OutcomeView | None) -> OutcomeView:
    if outcome is None:
        return OutcomeView(index, row.text[:200], LineStatus.REFUSED, OutcomeCode.UNREADABLE, row.fault or "", None, None, None)
    return replace(outcome, index=index, input=row.number)
