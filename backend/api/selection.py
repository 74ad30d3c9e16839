"""What an operation asks for below a field: lets a resolver skip what nobody wants. Worked out once per operation."""

from typing import Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from backend.api.context import Info
from backend.shop.queries import Needs

_LIMIT = 512
_known: dict[tuple[int, frozenset[str]], tuple[Any, frozenset[str]]] = {}
_ANY_FIELD: frozenset[str] = frozenset()


def selected_names(info: Info, below: frozenset[str] = _ANY_FIELD) -> frozenset[str]:
    """The names of all fields selected anywhere below this one, fragments included; with `below`, of those under fields of these names alone."""
    raw = info._raw_info
    node = raw.field_nodes[0]
    known = _known.get((id(node), below))
    if known is not None and known[0] is node and len(raw.field_nodes) == 1:
        return known[1]
    names: set[str] = set()
    seen: set[tuple[str, bool]] = set()
    for field in raw.field_nodes:
        _collect(field.selection_set, raw.fragments, names, seen, below, inside=not below)
    found = frozenset(names)
    if len(_known) >= _LIMIT:
        _known.clear()
    _known[id(node), below] = (node, found)
    return found


def _collect(
    selections: SelectionSetNode | None,
    fragments: Any,
    names: set[str],
    seen: set[tuple[str, bool]],
    below: frozenset[str],
    *,
    inside: bool,
) -> None:
    """`inside`: what stands here counts. `seen`: fragments, each inside and outside."""
    for selection in selections.selections if selections else ():
        if isinstance(selection, FieldNode):
            name = selection.name.value
            if inside:
                names.add(name)
            _collect(selection.selection_set, fragments, names, seen, below, inside=inside or name in below)
        elif isinstance(selection, InlineFragmentNode):
            _collect(selection.selection_set, fragments, names, seen, below, inside=inside)
        elif isinstance(selection, FragmentSpreadNode) and (selection.name.value, inside) not in seen:
            seen.add((selection.name.value, inside))
            _collect(fragments[selection.name.value].selection_set, fragments, names, seen, below, inside=inside)


def needs_of(info: Info, cart_key: int | None = None) -> Needs:
    """Which facts about products this selection wants."""
    return Needs.of(selected_names(info), cart_key)
