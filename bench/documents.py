"""The operations that are measured, as a client sends them: the storefront's own documents, without the frame around every page."""

import re
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1] / "storefront" / "documents"


def _document(name: str) -> str:
    return (_FOLDER / f"{name}.graphql").read_text()


def _braces(text: str, start: int) -> int:
    """The index behind the brace that closes the one that opens at or after `start`."""
    depth = 0
    for index in range(text.index("{", start), len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    raise ValueError("a brace is never closed")


def _field(document: str, name: str) -> str:
    """The text of a root field with its selection."""
    start = document.index(f"\n  {name}(") + 3
    arguments = document.index(")", start)
    return document[start : _braces(document, arguments)]


def _declared(document: str, selection: str) -> str:
    """The variables of an operation as it declares them, those that this part of it uses."""
    declared = document[document.index("(") + 1 : document.index(")")].split(", ")
    return ", ".join(one for one in declared if re.search(rf"\{one.partition(':')[0]}\b", selection))


_PRODUCTS = _field(_document("Catalogue"), "products")
_FACETS = "facets { kind name values { value label count } }"
_SUBTOTAL = "subtotal { amount currency }"
_PARAMETERS = _declared(_document("Catalogue"), _PRODUCTS)

PAGE_WITH_FACETS = f"query Page({_PARAMETERS}) {{ {_PRODUCTS} }}"
PAGE = PAGE_WITH_FACETS.replace(_FACETS, "")
DETAIL = "\n".join([
    "query Detail($slug: String!) { product(slug: $slug) { grid { ...GridParts } } }",
    _document("GridParts"),
    _document("CellParts"),
])  # fmt: skip
CART = "\n".join(["query { cart { ...CartParts } }", _document("CartParts")])
# The storefront works out the total in its own way; a client of the API would ask for it.
SET_LINES = "\n".join(
    [_document("SetCartLines"), _document("CartState").replace(_SUBTOTAL, f"{_SUBTOTAL} total {{ amount currency }}")]
)
PLACE_ORDER = _document("PlaceOrder")
assert PAGE != PAGE_WITH_FACETS
assert " total " in SET_LINES
