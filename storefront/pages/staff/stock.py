"""What lies in which warehouse, as it was counted, and what is expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront.client import Json
from storefront.forms import Form, typed
from storefront.grid import whole
from storefront.numbers import question, readings
from storefront.site import page, pages, paging, run, see

COUNTED, BEFORE, VERSION = "n.", "was.", "v."
COUNTED_MEANWHILE = "Somebody else counted {} meanwhile. Save again to replace that."
ARRIVAL = ("sku", "warehouse", "expectedOn", "quantity")
ITEMS = ("warehouse", "lines")
NO_ITEM = "Give the SKU, then the pieces: {}"
# A comma parts the two as well. Where it may also stand between thousands, the item is asked about.
AN_ITEM = re.compile(r"(?P<sku>.+?)(?:[\s;]+|,\s*)(?P<pieces>[-−]?\d[\d., ]*)")
OPEN_ITEM = re.compile(r".+,\d{1,3},\d{3}")
MOST_ITEMS = 1_000
TOO_MANY = f"At most {MOST_ITEMS:,} items are saved at once: bring more in with linesheet import stock."


async def show(request: Request) -> Response:
    return await _show(request)


async def save(request: Request) -> Response:
    """The forms of the page: what was counted, row by row or item by item, and what is expected."""
    posted = await request.form()
    if "items" in posted:
        return await _count_items(request, posted)
    return await _expect(request, posted) if "expect" in posted else await _count(request, posted)


async def _count(request: Request, posted: FormData) -> Response:
    """Sends the rows whose number was changed, all of them or none."""
    names = [name for name in posted if name.startswith(COUNTED)]
    form = typed("stock", posted, names)
    changed = [name for name in names if form.value(name) != str(posted.get(BEFORE + name[len(COUNTED) :], ""))]
    form = _all_whole(form, changed)
    if not form.refused and changed:
        rows = [_row(name, form.value(name)) | _version(posted, name) for name in changed]
        answer = (await run(request, "SetStock", {"rows": rows}))["setStock"]
        if answer["__typename"] == "InvalidInput":
            form = form.refuse(changed[int(answer["path"][1])], answer["message"])
        elif answer["__typename"] == "Stale":
            now = answer["current"]
            form = form.refuse(f"{COUNTED}{now['variantId']}.{now['warehouse']}", COUNTED_MEANWHILE.format(now["onHand"]))
        elif answer["notices"]:
            return await _show(request, said=answer["notices"])
    return await _show(request, form) if form.refused else see(_address(request), done="counted")


async def _count_items(request: Request, posted: FormData) -> Response:
    """Items by their SKU, which may lie in this warehouse for the first time: all of them or none."""
    form = typed("items", posted, ITEMS).check_filled(["lines"])
    lines = [line for line in form.value("lines").splitlines() if line.strip()]
    form = form if len(lines) <= MOST_ITEMS else form.refuse("lines", TOO_MANY)
    rows = [_item(line, form.value("warehouse")) for line in lines]
    if bad := next((line for line, row in zip(lines, rows, strict=True) if row is None), None):
        form = form.refuse("lines", f"{NO_ITEM.format(bad)}{_asked(bad)}")
    if not form.refused:
        answer = (await run(request, "SetStock", {"rows": rows}))["setStock"]
        if answer["__typename"] == "InvalidInput" and "warehouse" not in answer["path"]:
            form = form.refuse("lines", f"{lines[int(answer['path'][1])]}: {answer['message']}")
        else:
            form = form.answered(answer)
            if not form.refused and answer["notices"]:
                return await _show(request, said=answer["notices"])
    return await _show(request, form) if form.refused else see(_address(request), done="counted")


def _item(line: str, warehouse: str) -> Json | None:
    """A SKU and its pieces, with room, a comma or a semicolon between; None when they are not both there."""
    found = AN_ITEM.fullmatch(line.strip())
    quantity = counted(found["pieces"]) if found and not OPEN_ITEM.fullmatch(line.strip()) else None
    if found is None or quantity is None:
        return None
    return {"sku": found["sku"].rstrip(" \t;,"), "warehouse": warehouse, "quantity": quantity}


async def _expect(request: Request, posted: FormData) -> Response:
    """One arrival; a quantity of 0 takes it away."""
    form = typed("arrival", posted, ARRIVAL)
    form = _all_whole(form, ["quantity"])
    if not form.value("expectedOn"):
        form = form.refuse("expectedOn", "Give the day.")
    if not form.refused:
        row = {**form.values, "quantity": whole(form.value("quantity"))}
        form = form.answered((await run(request, "SetArrivals", {"rows": [row]}))["setArrivals"])
    return await _show(request, form) if form.refused else see(_address(request), done="expected")


async def _show(request: Request, refused: Form | None = None, said: Sequence[str] = ()) -> Response:
    query, warehouse = request.query_params.get("q", "").strip(), request.query_params.get("warehouse", "")
    data = await run(request, "Stock", {"query": query or None, "warehouseId": warehouse or None, **paging(request, 50)})
    found, arrival = data["stockLevels"], Form("arrival", dict.fromkeys(ARRIVAL, ""))
    return page(
        request,
        "staff/stock.html",
        data,
        status=422 if refused else 200,
        query=query,
        warehouse=warehouse,
        warehouses=data["warehouses"],
        found=found,
        arrivals=data["arrivals"],
        counted=refused if refused and refused.name == "stock" else Form("stock", _stored(found["nodes"])),
        arrival=refused if refused and refused.name == "arrival" else arrival,
        items=refused if refused and refused.name == "items" else Form("items", dict.fromkeys(ITEMS, "")),
        address=_address(request),
        today=datetime.now(UTC).date().isoformat(),
        pages=pages(request, found["pageInfo"]),
        done=" ".join(["Saved.", *said])
        if said
        else {"counted": "Saved.", "expected": "The arrival is noted."}.get(request.query_params.get("done", ""), ""),
    )


def counted(text: str) -> int | None:
    """A count: other systems count below zero, and the API says what becomes of that."""
    found = readings(text)
    return int(found[0]) if len(found) == 1 and found[0] == int(found[0]) and abs(found[0]) < 10**9 else None


def _asked(line: str) -> str:
    """What to write when the pieces of this line may be two numbers."""
    found = AN_ITEM.fullmatch(line.strip())
    numbers = readings(found["pieces"]) if found else []
    return f". {question(numbers)}" if len(numbers) == 2 else ""


def _stored(levels: list[Json]) -> dict[str, str]:
    return {f"{COUNTED}{level['variantId']}.{level['warehouse']}": str(level["onHand"]) for level in levels}


def _row(name: str, text: str) -> Json:
    """A field is named after its variant, whose id has one dot, and its warehouse."""
    kind, key, warehouse = name[len(COUNTED) :].split(".", 2)
    return {"variantId": f"{kind}.{key}", "warehouse": warehouse, "quantity": counted(text)}


def _version(posted: FormData, name: str) -> Json:
    """Which count this one was made against."""
    version = str(posted.get(VERSION + name[len(COUNTED) :], ""))
    return {"expectedVersion": int(version)} if version.isascii() and version.isdigit() and len(version) < 10 else {}


def _all_whole(form: Form, names: list[str]) -> Form:
    """A blank is no count: nobody empties a shelf by clearing a field."""
    for name in names:
        if not form.value(name) or counted(form.value(name)) is None:
            form = form.refuse(name, "Give a whole number.")
    return form


def _address(request: Request) -> str:
    """This page of the list, without the word that something was saved."""
    kept = request.url.remove_query_params("done").query
    return "/staff/stock" + (f"?{kept}" if kept else "")
