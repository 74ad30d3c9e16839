"""Quick order: a pasted list or a file of numbers and quantities, looked at first and added then; and what this place orders most often."""

from __future__ import annotations

from collections import Counter

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json, Refused
from storefront.grid import whole
from storefront.pages.offers import examples_of, most_like, offers_of, with_offer
from storefront.site import cart_of, page, run, see_cart, text, work_in

MOST_TEXT = 1_000_000
MOST_SEARCHED = 8  # unknown numbers of a list for which the catalogue is searched


async def show(request: Request) -> Response:
    return await _blank(request)


async def check(request: Request) -> Response:
    """Both buttons: the dry run, and the same list added. What is refused stays in the field, to be mended and sent again."""
    form = await request.form()
    work_in(request, form)
    pasted = await _pasted(form)
    if not pasted.strip():
        return await _blank(request, error="Paste a list, or choose a file.")
    if "add" in form:
        return await _add(request, pasted)
    try:
        if put := text(form, "put"):
            before = (await run(request, "ResolveLines", {"text": pasted, "mode": "ADD"}))["resolveLines"]
            pasted = with_offer(_with_lines(pasted, before), put)
        data = await run(request, "ResolveLines", {"text": pasted, "mode": "ADD"})
    except Refused as failure:
        return await _blank(request, pasted, failure.message)
    rows = await _with_offers(request, data["resolveLines"])
    return page(request, "quick_order_check.html", data, pasted=pasted, **_sorted(pasted, rows))


async def _with_offers(request: Request, rows: list[Json]) -> list[Json]:
    """Each row with the buttons that would mend it. For the first unknown numbers the catalogue is searched."""
    unknown = [row for row in rows if row["code"] == "NOT_FOUND" and row["input"]][:MOST_SEARCHED]
    like = {
        row["index"]: most_like(row["input"], (await run(request, "Suggest", {"text": row["input"]}))["products"]["nodes"])
        for row in unknown
    }
    return [{**row, "offers": offers_of(row, like.get(row["index"], []))} for row in rows]


async def add_usual(request: Request) -> Response:
    form = await request.form()
    work_in(request, form)
    ticked = [id for id in form.getlist("usual") if isinstance(id, str)]
    wanted = {id: whole(text(form, f"q.{id}")) or 0 for id in ticked}
    lines = [{"variantId": id, "quantity": quantity} for id, quantity in wanted.items() if quantity]
    if not lines:
        return await _blank(request, error="Tick what you want, with a quantity.")
    answer = await _add_lines(request, lines)
    if answer["__typename"] != "SetCartLinesDone":
        return await _blank(request, error=answer["message"])
    return see_cart(request, saved="1")


async def _add_lines(request: Request, lines: list[Json]) -> Json:
    cart = cart_of(request)
    answer: Json = (await run(request, "AddLines", {"lines": lines} | ({"into": cart} if cart else {})))["setCartLines"]
    return answer


async def _add(request: Request, pasted: str) -> Response:
    """The list read as if the cart were empty gives each item's own sum; that is what is added."""
    data = await run(request, "ResolveLines", {"text": pasted, "mode": "REPLACE"})
    rows = _sorted(pasted, data["resolveLines"])
    wanted = {row["variant"]["id"]: row["quantity"] for row in rows["good"]}
    lines = [{"variantId": id, "quantity": quantity} for id, quantity in wanted.items()]
    if lines:
        answer = await _add_lines(request, lines)
        if answer["__typename"] != "SetCartLinesDone":
            return await _blank(request, pasted, answer["message"])
    if not rows["bad"]:
        return see_cart(request, saved="1")
    left = "\n".join(row["written"] for row in rows["bad"])
    data = await run(request, "Frame")
    bad = await _with_offers(request, rows["bad"])
    bad = [{**row, "index": at} for at, row in enumerate(bad)]
    return page(request, "quick_order_check.html", data, status=422, pasted=left, added=len(lines), good=[], ready=0, bad=bad)


async def _blank(request: Request, pasted: str = "", error: str = "") -> Response:
    data = await run(request, "QuickOrder")
    usual = data["frequentlyOrdered"] if data["viewer"]["location"] else []
    status = 422 if error else 200
    shown = [] if usual or not data["viewer"]["location"] else (await run(request, "Examples"))["products"]["nodes"]
    examples = examples_of(usual, shown)
    return page(
        request, "quick_order.html", data, status, pasted=pasted, error=error, usual=usual, carts=data["carts"], examples=examples
    )


def _sorted(pasted: str, rows: list[Json]) -> Json:
    """What can be added and what cannot; a row that breaks a rule is added as asked, with the rule beside it."""
    shown = _with_lines(pasted, rows)
    bad = [row for row in shown if row["status"] == "REFUSED"]
    good = [row for row in shown if row["status"] != "REFUSED" and row["variant"]]
    twice = Counter(row["variant"]["id"] for row in good)
    ready = sum(1 for row in good if not row["blocking"])
    return {"bad": bad, "good": good, "ready": ready, "added": None, "merged": sum(1 for times in twice.values() if times > 1)}


def _with_lines(pasted: str, rows: list[Json]) -> list[Json]:
    """Each row with the line that it stands on and its words as written; a heading line is no row."""
    lines = [(number, line.strip()) for number, line in enumerate(pasted.splitlines(), 1) if line.strip()]
    headings = len(lines) - len(rows)
    if headings not in (0, 1):
        return [{**row, "line": row["index"] + 1, "written": row["input"] or ""} for row in rows]
    return [{**row, "line": number, "written": line} for row, (number, line) in zip(rows, lines[headings:], strict=True)]


async def _pasted(form: FormData) -> str:
    """What was typed, with what was chosen as a file below it. Files come from spreadsheets: UTF-8, or else Windows' Western one."""
    pasted = str(form.get("text") or "")
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        pasted = f"{pasted}\n{_decoded(await file.read(MOST_TEXT))}"
    return pasted[:MOST_TEXT]


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
