"""What an operation asks for below a field: lets a resolver skip what nobody wants. Worked out once per operation."""

from typing import Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from backend.api.context import Info
from backend.shop.queries import Needs

_LIMIT = 512
_known: dict[int, tuple[Any, frozenset[str]]] = {}


def selected_names(info: Info) -> frozenset[str]:
    """The names of all fields selected anywhere below this one, fragments included."""
    raw = info._raw_info
    node = raw.field_nodes[0]
    known = _known.get(id(node))
    if known is not None and known[0] is node and len(raw.field_nodes) == 1:
        return known[1]
    names: set[str] = set()
    seen: set[str] = set()
    for field in raw.field_nodes:
        _collect(field.selection_set, raw.fragments, names, seen)
    found = frozenset(names)
    if len(_known) >= _LIMIT:
        _known.clear()
    _known[id(node)] = (node, found)
    return found


def _collect(selections: SelectionSetNode | None, fragments: Any, names: set[str], seen: set[str]) -> None:
    for selection in selections.selections if selections else ():
        if isinstance(selection, FieldNode):
            names.add(selection.name.value)
            _collect(selection.selection_set, fragments, names, seen)
        elif isinstance(selection, InlineFragmentNode):
            _collect(selection.selection_set, fragments, names, seen)
        elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
            seen.add(selection.name.value)
            _collect(fragments[selection.name.value].selection_set, fragments, names, seen)


def needs_of(info: Info, cart_key: int | None = None) -> Needs:
    """Which facts about products this selection wants."""
    return Needs.of(selected_names(info), cart_key)
