"""The seller's products: found, made with their options, and kept: names, texts, quantity rules, what is sold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from html import escape, unescape
from itertools import product as combinations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from storefront import areas
from storefront.client import Json
from storefront.forms import STALE, Form, goes_on, number, typed
from storefront.pages.staff import value_order
from storefront.site import not_found, only_for, page, pages, paging, run, see

FIELDS = ("name", "brand", "category", "newCategory", "taxClass", "description", "minimumQuantity")
RULES = ("minimum", "maximum", "increment")
OPTIONS = ("option1", "values1", "option2", "values2", "minimum", "increment")
NEW = ("sku", "name", "brand", "category", "newCategory", "taxClass", "description", *OPTIONS)
MOST_VARIANTS = 300
DRAFTED = "The product is a draft: no buyer sees it. Check it, set its price, then tick “For sale” and save."


async def show_all(request: Request) -> Response:
    query, sold = request.query_params.get("q", "").strip(), request.query_params.get("sold", "")
    active = {"yes": True, "no": False}.get(sold)
    data = await run(request, "ProductRecords", {"query": query or None, "isActive": active, **paging(request, 50)})
    found = data["productRecords"]
    return page(request, "staff/products.html", data, found=found, query=query, sold=sold, pages=pages(request, found["pageInfo"]))


async def show(request: Request) -> Response:
    data = await _read(request)
    return _product_page(request, data, _as_stored(data["productRecord"]))


async def save(request: Request) -> Response:
    """Sends what differs from what is stored, unless that has changed since the form was drawn."""
    posted, data = await request.form(), await _read(request)
    record = data["productRecord"]
    form = _typed(posted, record)
    if posted.get("updatedAt") != record["updatedAt"]:
        return _product_page(request, data, replace(form, message=STALE, stale=True), posted)
    if not form.refused:
        form = await _with_category(request, form, data["categoryRecords"])
    if form.refused:
        return _product_page(request, data, form, posted)
    wanted = _changes(record, form, posted) | {"expectedVersion": record["version"]}
    answer = (await run(request, "SaveProduct", {"input": wanted} | goes_on(posted)))["saveProduct"]
    form = _answered(form, answer, record, wanted.get("variants", []))
    if form.refused:
        return _product_page(request, await _read(request), form, posted)
    return see(f"/staff/products/{record['id']}", done="1")


async def show_new(request: Request) -> Response:
    given = {"minimum": "1", "increment": "1", "taxClass": "STANDARD"}
    return await _new_page(request, Form("product", dict.fromkeys(NEW, "") | given))


async def create(request: Request) -> Response:
    """One variant for each combination of the options' values; without options there is one."""
    form = _checked(typed("product", await request.form(), NEW))
    if form.value("newCategory") and not form.refused:
        form = await _with_category(request, form, (await run(request, "NewProduct"))["categoryRecords"])
    if form.refused:
        return await _new_page(request, form)
    wanted = _draft(form) | {"status": "DRAFT"}
    answer = (await run(request, "SaveProduct", {"input": wanted, "onlyNew": True}))["saveProduct"]
    form = _taken(form, answer) or form.answered(answer)
    return await _new_page(request, form) if form.refused else see(f"/staff/products/{answer['id']}", done="new")


def _taken(form: Form, answer: Json) -> Form | None:
    """A slug is made of number and name: what is wrong with it is said of the number."""
    if answer["__typename"] != "InvalidInput" or answer["path"][-1:] != ["slug"]:
        return None
    return form.refuse("sku", "There is a product with this number and name already.")


async def _with_category(request: Request, form: Form, known: list[Json]) -> Form:
    """With the category that was typed made, below the one that was chosen, and chosen itself. It never changes one that is there."""
    name = form.value("newCategory")
    if not name:
        return form
    slug, keys = slug_of(name), {category["slug"]: category["id"] for category in known}
    if slug in keys:
        return form.refuse("newCategory", "There is a category of this name already: choose it.")
    wanted = {"name": name, "slug": slug, "parentId": keys.get(form.value("category"))}
    answer = (await run(request, "SaveCategory", {"input": wanted}))["saveCategory"]
    if answer["__typename"] != "CategoryRecord":
        return form.refuse("newCategory", answer["message"])
    return replace(form, values={**form.values, "category": slug, "newCategory": ""})


async def _read(request: Request) -> Json:
    data = await run(request, "ProductRecord", {"id": request.path_params["id"]})
    if data["productRecord"] is None:
        raise not_found("There is no such product.")
    return data


def _as_stored(record: Json) -> Form:
    values = {"name": record["name"], "brand": record["brand"], "description": _typed_description(record)}
    values |= {"category": (record["categories"] or [""])[0], "newCategory": "", "taxClass": record["taxClass"]}
    values |= {"minimumQuantity": str(record["minimumQuantity"] or "")}
    for variant in record["variants"]:
        values |= {f"{rule}.{variant['id']}": str(variant["quantityRule"][rule] or "") for rule in RULES}
    return Form("product", values | value_order.fields_of(record))


def _typed(posted: FormData, record: Json) -> Form:
    rules = [f"{rule}.{variant['id']}" for variant in record["variants"] for rule in RULES]
    places = value_order.fields_of(record)
    form = typed("product", posted, [*FIELDS, *rules, *places])
    return form.check_whole(["minimumQuantity", *rules, *places])


def _changes(record: Json, form: Form, posted: FormData) -> Json:
    """The input of saveProduct that says what was changed and nothing else."""
    wanted: Json = {"slug": record["slug"], "isActive": "isActive" in posted}
    wanted |= {name: form.value(name) for name in ("name", "brand", "taxClass") if form.value(name) != record[name]}
    if form.value("description").splitlines() != _typed_description(record).splitlines():
        wanted["descriptionHtml"] = paragraphs(form.value("description"))
    if (category := form.value("category")) != (record["categories"] or [""])[0]:
        wanted["categories"] = [category, *(slug for slug in record["categories"] if slug != category)] if category else []
    wanted["minimumQuantity"] = number(form.value("minimumQuantity"))
    if (order := value_order.wanted_order(record, form)) is not None:
        wanted["optionValues"] = order
    variants = [changed for variant in record["variants"] if (changed := _changed_variant(variant, form, posted))]
    return wanted | ({"variants": variants} if variants else {})


def _changed_variant(variant: Json, form: Form, posted: FormData) -> Json:
    """Nothing when the row is as it was. A blank minimum or step is 1; a blank maximum is none."""
    said = {rule: number(form.value(f"{rule}.{variant['id']}")) for rule in RULES}
    said |= {rule: said[rule] or 1 for rule in ("minimum", "increment")}
    now = {**variant["quantityRule"], "isActive": variant["isActive"]}
    changed = {
        name: value for name, value in {**said, "isActive": f"active.{variant['id']}" in posted}.items() if value != now[name]
    }
    return {"sku": variant["sku"], **changed} if changed else {}


def _answered(form: Form, answer: Json, record: Json, sent: list[Json]) -> Form:
    """A reason that is about one variant stands in that variant's row."""
    if answer["__typename"] == "InvalidInput" and len(answer["path"]) > 3 and answer["path"][1] == "variants":
        ids = {variant["sku"]: variant["id"] for variant in record["variants"]}
        row = sent[int(answer["path"][2])]
        return form.refuse(f"{answer['path'][3]}.{ids[row['sku']]}", answer["message"])
    return form.answered(answer)


def _product_page(request: Request, data: Json, form: Form, posted: FormData | None = None) -> Response:
    record, public = data["productRecord"], data["product"]
    ticked = {variant["id"] for variant in record["variants"] if variant["isActive"]}
    if posted is not None:
        ticked = {variant["id"] for variant in record["variants"] if f"active.{variant['id']}" in posted}
    return page(
        request,
        "staff/product.html",
        data,
        status=422 if form.refused else 200,
        record=record,
        form=form.beside(_as_stored(record)),
        active=record["isActive"] if posted is None else "isActive" in posted,
        ticked=ticked,
        slug=public["slug"] if public else "",
        sold={variant["sku"]: variant for variant in public["variants"]} if public else {},
        brands=data["brandRecords"],
        categories=tree(data["categoryRecords"]),
        formatted=_is_formatted(record),
        done={"1": "Saved.", "new": DRAFTED}.get(request.query_params.get("done", ""), ""),
    )


async def _new_page(request: Request, form: Form) -> Response:
    data = await run(request, "NewProduct")
    only_for(areas.PRODUCTS.roles, data)
    return page(
        request,
        "staff/product_new.html",
        data,
        status=422 if form.refused else 200,
        form=form,
        brands=data["brandRecords"],
        categories=tree(data["categoryRecords"]),
    )


def _checked(form: Form) -> Form:
    """What can be told without asking the API."""
    form = form.check_whole(["minimum", "increment"]).check_filled(["sku", "name", "brand", "taxClass"])
    for at in ("1", "2"):
        if bool(form.value(f"option{at}")) != bool(values_of(form.value(f"values{at}"))):
            form = form.refuse(f"values{at}", "An option has a name and at least one value.")
    if len(values_of(form.value("values1"))) * max(1, len(values_of(form.value("values2")))) > MOST_VARIANTS:
        form = form.refuse("values1", f"This would make more than {MOST_VARIANTS} variants.")
    return form


def _draft(form: Form) -> Json:
    axes = [(form.value(f"option{at}"), values_of(form.value(f"values{at}"))) for at in ("1", "2") if form.value(f"option{at}")]
    rule = {"minimum": number(form.value("minimum")) or 1, "increment": number(form.value("increment")) or 1}
    return {
        "slug": slug_of(f"{form.value('sku')} {form.value('name')}"),
        "name": form.value("name"),
        "brand": form.value("brand"),
        "categories": [form.value("category")] if form.value("category") else [],
        "taxClass": form.value("taxClass"),
        "descriptionHtml": paragraphs(form.value("description")),
        "optionNames": [name for name, _ in axes],
        "optionValues": [values for _, values in axes],
        "variants": [
            {
                "sku": "-".join([form.value("sku"), *(slug_of(value).upper() for value in values)]),
                "name": " ".join([form.value("name"), *values]),
                "options": list(values),
                **rule,
            }
            for values in combinations(*(values for _, values in axes))
        ],
    }


def values_of(text: str) -> list[str]:
    """The values of an option, as typed with commas between; each counts once."""
    return list(dict.fromkeys(value for part in text.split(",") if (value := " ".join(part.split()))))


def slug_of(text: str) -> str:
    """Small letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks if block)


def plain_text(html: str) -> str:
    """What `paragraphs` made this of."""
    broken = re.sub(r"\s*<br ?/?>\s*", "\n", re.sub(r"</p>\s*<p>", "\n\n", html))
    return unescape(re.sub(r"</?p>", "", broken)).strip()


def _is_formatted(record: Json) -> bool:
    """More than plain paragraphs, and so more than is typed on this page."""
    return bool(set(re.findall(r"<(\w+)", record["descriptionHtml"])) - {"p", "br"})


def _typed_description(record: Json) -> str:
    return str(record["description"]).strip() if _is_formatted(record) else plain_text(record["descriptionHtml"])


def tree(categories: list[Json], parent: str | None = None, path: str = "") -> list[tuple[str, str]]:
    """Slug and full path of every category, as in the tree."""
    found: list[tuple[str, str]] = []
    for category in categories:
        if category["parentId"] == parent:
            name = f"{path}{category['name']}"
            found += [(category["slug"], name), *tree(categories, category["id"], f"{name} / ")]
    return found
