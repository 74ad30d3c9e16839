"""The demo's products: styles of the data files spelled out into variants with part numbers, GTINs, prices, packs and size runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from backend.catalogue.drafts import AssetDraft, CategoryDraft, ContentDraft, PackDraft, ProductDraft, VariantDraft
from backend.catalogue.rules import slugify
from backend.core.gtins import check_digit
from backend.demo.content import E4, Style, styles
from backend.demo.palette import HIGH_VISIBILITY, SHADES
from backend.demo.pictures import SIDE, picture_url

BRANDS = {
    "NW": "Northline", "SV": "Stavik", "HZ": "Hazel & Co", "OS": "Ostra", "KR": "Kilnroad", "BW": "Brightway", "TN": "Tarn", "FS": "Forsa",
    "GR": "Gripwell", "CP": "Clearpoint", "PH": "Packhorse", "SA": "Salva",
}  # fmt: skip

_TREE: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    ("Workwear", (
        ("Jackets", ("Softshell and fleece", "Work jackets", "Winter jackets")),
        ("Trousers", ("Work trousers", "Shorts", "Bibs and coveralls")),
        ("Shirts and tops", ("T-shirts", "Polos and sweatshirts", "Shirts")),
        ("Hi-vis", ("Hi-vis vests", "Hi-vis jackets", "Hi-vis trousers", "Hi-vis tops")),
        ("Base layers", ()), ("Rainwear", ()), ("Flame-retardant", ()), ("Kitchen and care", ()), ("Socks and accessories", ()),
    )),
    ("Footwear", (
        ("Safety shoes", ()), ("Safety boots", ()), ("Wellingtons", ()), ("Occupational shoes", ()), ("Insoles and laces", ()),
    )),
    ("Gloves", (
        ("Mechanical gloves", ()), ("Cut-resistant gloves", ()), ("Chemical gloves", ()), ("Welding and leather gloves", ()),
        ("Disposable gloves", ()),
    )),
    ("Head and eye protection", (
        ("Helmets", ()), ("Eye protection", ()), ("Hearing protection", ()), ("Respiratory protection", ()),
    )),
    ("Bags and tools", (
        ("Tool bags", ()), ("Tool belts", ()), ("Knee pads", ()), ("Knives and marking", ()),
    )),
    ("First aid", (
        ("First-aid kits", ()), ("First-aid refills", ()), ("Eyewash and signs", ()),
    )),
)  # fmt: skip

_ALPHA = ("XS", "S", "M", "L", "XL", "2XL", "3XL", "4XL")
_LENGTHS = {"Short": "S", "Regular": "R", "Tall": "T"}
_WIDTHS = {"Regular": "R", "Wide": "W"}
_NAMED_SCALES: dict[str, tuple[str, ...]] = {"": (), "sock": ("35–38", "39–42", "43–46", "47–50")}
_FROM_DEAR_SIZE = {"3XL": 1.06, "4XL": 1.12, "60": 1.05, "62": 1.08}
_CERTIFIED_CLOTH = 1.15
_RUN_OF_CLOTHES = {"S": 2, "M": 4, "L": 4, "XL": 2}
_RUN_OF_SHOES = {"40": 1, "41": 2, "42": 3, "43": 2, "44": 1, "45": 1}
_MIXED_BOX = 0.97  # a size run costs a little less than its pieces


@dataclass(frozen=True, slots=True)
class Item:
    """One variant before it is saved. `price_e4` is the list price of the smallest quantity in EUR; None: on request."""

    style: Style
    sku: str
    colour: str
    options: tuple[str, ...]
    price_e4: int | None
    contents: tuple[tuple[str, int], ...] = ()

    @property
    def is_run(self) -> bool:
        return bool(self.contents)


def brand_of(style: Style) -> str:
    return BRANDS[style.number[:2]]


def slug_of(style: Style) -> str:
    return slugify(f"{style.number} {style.name}")


@cache
def items_of(style: Style) -> tuple[Item, ...]:
    """The variants in the order of the grid, size runs last. Not every colour comes in every size."""
    items = tuple(_items(style))
    return (*items, *_runs(style, items)) if "run" in style.marks else items


@cache
def _category_paths() -> dict[str, tuple[str, ...]]:
    """The names from the root down, for the slug of every category."""
    paths: dict[str, tuple[str, ...]] = {}
    for draft in category_drafts():
        paths[slugify(draft.name)] = (*(paths[draft.parent] if isinstance(draft.parent, str) else ()), draft.name)
    return paths


def categories_of(style: Style) -> tuple[str, ...]:
    """The names of the style's category and of those above it, from the root down."""
    return _category_paths()[style.kind.category]


@cache
def all_items() -> tuple[Item, ...]:
    return tuple(item for style in styles() for item in items_of(style))


def category_drafts() -> list[CategoryDraft]:
    """The tree, parents before children."""
    drafts: list[CategoryDraft] = []
    for top, branches in _TREE:
        drafts.append(CategoryDraft(name=top, parent=None, position=len(drafts)))
        for branch, leaves in branches:
            drafts.append(CategoryDraft(name=branch, parent=slugify(top), position=len(drafts)))
            drafts += [
                CategoryDraft(name=leaf, parent=slugify(branch), position=len(drafts) + at) for at, leaf in enumerate(leaves)
            ]
    return drafts


def product_drafts() -> list[ProductDraft]:
    return [_product(style) for style in styles()]


def axes_of(style: Style) -> tuple[str, ...]:
    """The options of a style: an axis along which there is one value only is none."""
    return tuple(axis for axis in style.kind.axes if len(_axis(style, axis)) > 1)


def _axis(style: Style, axis: str) -> tuple[str, ...]:
    """All values of one axis, in order."""
    if axis == "Size":
        return sizes(style.marks.get("sizes", style.kind.sizes))
    if axis == "Width":
        return tuple(_WIDTHS)
    if axis == "Length" and style.kind.picture != "laces":
        return tuple(_LENGTHS)
    return tuple(SHADES[code].label for code in style.values)


def sizes(scale: str) -> tuple[str, ...]:
    """The sizes of a scale such as XS-3XL, 38-47, or 46-60/2 for every second one."""
    if scale in _NAMED_SCALES:
        return _NAMED_SCALES[scale]
    span, _, step = scale.partition("/")
    first, _, last = span.partition("-")
    if first in _ALPHA:
        return _ALPHA[_ALPHA.index(first) : _ALPHA.index(last) + 1]
    return tuple(str(size) for size in range(int(first), int(last) + 1, int(step or 1)))


def _items(style: Style) -> Iterator[Item]:
    in_size = _axis(style, "Size") if "Size" in style.kind.axes else ("",)
    fits = _axis(style, "Width") if "Width" in style.kind.axes else _axis(style, "Length") if _has_lengths(style) else ("",)
    for at, colour in enumerate(style.values):
        for fit in fits:
            yield from (_item(style, colour, fit, size) for size in in_size if _is_made(style, at, fit, size, in_size))


def _has_lengths(style: Style) -> bool:
    return style.kind.axes == ("Colour", "Length", "Size")


def _is_made(style: Style, at: int, fit: str, size: str, in_size: tuple[str, ...]) -> bool:
    """Holes of the matrix: rarer colours, lengths and widths are not made in the outermost sizes."""
    if not size:
        return True
    if fit == "Tall":
        return in_size.index(size) >= 2 and at < 2
    if fit in ("Short", "Wide"):
        return 0 < in_size.index(size) < len(in_size) - 2 and at < 2
    return at < 2 or not (size == in_size[0] or (at == 2 and size == in_size[-1]))


def _item(style: Style, colour: str, fit: str, size: str) -> Item:
    axes = axes_of(style)
    values = {
        "Colour": SHADES[colour].label,
        "Lens": SHADES[colour].label,
        "Width": fit,
        "Length": fit or SHADES[colour].label,
        "Size": size,
    }
    codes = [colour] if len(style.values) > 1 else []
    codes += [{**_LENGTHS, **_WIDTHS}[fit]] if fit else []
    codes += [size.replace("–", "")] if size and "Size" in axes else []
    return Item(style, "-".join([style.number, *codes]), colour, tuple(values[axis] for axis in axes), _price(style, colour, size))


def _price(style: Style, colour: str, size: str) -> int | None:
    if "request" in style.marks:
        return None
    factor = _FROM_DEAR_SIZE.get(size, 1.0)
    if colour in HIGH_VISIBILITY and not style.kind.picture.startswith("hv-") and len(set(style.values) - HIGH_VISIBILITY) > 0:
        factor *= _CERTIFIED_CLOTH
    return rounded(style.price_e4 * factor)


def rounded(e4: float) -> int:
    """A price as somebody would print it: 5 cents above 20, 1 cent above 2, a quarter of a cent below."""
    step = 500 if e4 >= 20 * E4 else 100 if e4 >= 2 * E4 else 25
    return max(step, round(e4 / step) * step)


def _runs(style: Style, items: tuple[Item, ...]) -> Iterator[Item]:
    """Boxes with a run of sizes, for the first two colours."""
    pattern = _RUN_OF_SHOES if style.kind.category.startswith("safety") else _RUN_OF_CLOTHES
    for colour in style.values[:2]:
        sized = {item.options[-1]: item for item in items if item.colour == colour}
        contents = tuple((sized[size].sku, pieces) for size, pieces in pattern.items())
        price = sum((sized[size].price_e4 or 0) * pieces for size, pieces in pattern.items())
        pieces = sum(pattern.values())
        codes = [style.number, *([colour] if len(style.values) > 1 else []), f"RUN{pieces}"]
        yield Item(style, "-".join(codes), colour, (), rounded(price * _MIXED_BOX), contents)


def _product(style: Style) -> ProductDraft:
    minimum = style.marks.get("min")
    axes = axes_of(style)
    return ProductDraft(
        slug=slug_of(style), name=style.name, brand=brand_of(style), categories=(style.kind.category,), tax_class=style.kind.tax,
        description_html=_description(style), minimum_quantity=int(minimum) if minimum else None, break_scope=style.kind.scope,
        is_active=not is_retired(style), option_names=axes, option_values=tuple(_axis(style, axis) for axis in axes), assets=tuple(_assets(style)),
        variants=tuple(_variant(item) for item in items_of(style)),
    )  # fmt: skip


def _description(style: Style) -> str:
    """What it is for, then what it is made of and certified to."""
    note = style.note.replace("&", "&amp;")
    return f"<p>{note}</p><p>{style.kind.text}</p>"


def _assets(style: Style) -> Iterator[AssetDraft]:
    """The first picture stands for the product; the others each show one of its colours."""
    first = {item.colour: item.sku for item in reversed(items_of(style)) if not item.is_run}
    for colour in style.values:
        shade = SHADES[colour]
        alt = style.name if len(style.values) < 2 else f"{style.name}, {shade.label.lower()}"
        sku = first[colour] if colour != style.values[0] else None
        yield AssetDraft(url=picture_url(style.kind.picture, shade.hex), alt=alt, width=SIDE, height=SIDE, sku=sku)
        if len({SHADES[code].hex for code in style.values}) == 1:
            return


def _variant(item: Item) -> VariantDraft:
    style, kind = item.style, item.style.kind
    pieces = sum(quantity for _, quantity in item.contents) or 1
    step = 1 if item.is_run else int(style.marks.get("inc", kind.increment))
    return VariantDraft(
        sku=item.sku, options=item.options, name=_run_name(item) if item.is_run else _name(item), gtin=_gtin(item.sku),
        commodity_code=kind.code.replace(" ", ""), cost_e4=round((item.price_e4 or style.price_e4) * kind.cost),
        price_group=kind.group, minimum=1 if item.is_run else max(kind.minimum, step), increment=step,
        sells_without_stock="nostock" in style.marks, is_active=not is_retired(style), replaced_by=_successor(item), weight_grams=kind.grams * pieces,
        packs=() if item.is_run else tuple(PackDraft(code=code, name=name, kind=sort, units=units) for code, name, sort, units in kind.packs),
        contents=tuple(ContentDraft(sku=sku, quantity=quantity) for sku, quantity in item.contents),
    )  # fmt: skip


def is_retired(style: Style) -> bool:
    """No longer made; some of these have a successor."""
    return "gone" in style.marks or "replaced" in style.marks


def _successor(item: Item) -> str | None:
    """The same colour and size of the style that follows."""
    number = item.style.marks.get("replaced")
    if number is None:
        return None
    following = next(style for style in styles() if style.number == number)
    size = item.options[-1]
    return next((other.sku for other in items_of(following) if other.colour == item.colour and other.options[-1:] == (size,)), None)


def _name(item: Item) -> str:
    return ", ".join([item.style.name, *item.options])


def _run_name(item: Item) -> str:
    colour = f" {SHADES[item.colour].label.lower()}" if len(item.style.values) > 1 else ""
    pieces = sum(quantity for _, quantity in item.contents)
    return f"{item.style.name}{colour}, size run of {pieces}"


@cache
def _serials() -> dict[str, int]:
    return {item.sku: serial for serial, item in enumerate(all_items(), 1)}


def _gtin(sku: str) -> str:
    """A GTIN-13 of the range that GS1 leaves to every company for its own use (prefix 29)."""
    body = f"29{3_140_000_000 + _serials()[sku] * 7:010d}"
    return f"{body}{check_digit(body)}"
