"""Every argument of the whole schema with values that no honest client sends: what is asked is made from the schema, so that a new field is in."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

PLAIN: dict[str, Any] = {
    "String": "plain", "ID": "variant.1", "Int": 1, "Boolean": True, "Float": 1.5, "Decimal": "1.00", "Currency": "EUR", "Date": "2031-01-31",
    "DateTime": "2031-01-31T12:00:00Z",
}  # fmt: skip
HOSTILE: dict[str, list[Any]] = {
    "String": ["NUL\0NUL", "\u202e\U0001f4a5\u200f\u0301'\"\\%_;--\r\n\x1b\ufffe " * 40, "x" * 20_000, ""],
    "ID": ["NUL\0", "variant.99999999999999999999999", "variant.-1", "\U0001f4a5" * 100, ""],
    "Int": [0, -1, 2**31 - 1, -(2**31)],
    "Boolean": [False],
    "Float": [0, -1e300],
    "Decimal": ["0", "-1", "99999999999999999999999999", "0.00001"],
    "Currency": ["XXX"],
    "Date": ["0001-01-01", "9999-12-31"],
    "DateTime": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"],
}
# Deep enough for every input there is; what nests itself ends here.
DEPTH = 5


@dataclass(frozen=True, slots=True)
class Attack:
    """One request. `what`: the argument that is hostile, for the report."""

    what: str
    query: str
    variables: dict[str, Any]


def attacks(schema: GraphQLSchema, kind: str) -> Iterator[Attack]:
    """Each leaf of each argument of each field of `query` or `mutation`, hostile one by one, with the others plain."""
    root = schema.query_type if kind == "query" else schema.mutation_type
    assert root is not None
    for name, field in root.fields.items():
        plain = {argument: plain_value(one.type, 0) for argument, one in field.args.items()}
        for argument, one in field.args.items():
            needed = {key: value for key, value in plain.items() if key == argument or is_required_argument(field.args[key])}
            for path, scalar in _leaves(one.type, (argument,), 0):
                for value in HOSTILE.get(scalar, ()):
                    yield Attack(
                        f"{name}({'.'.join(map(str, path))}: {str(value)[:20]!r})",
                        _document(kind, name, field, needed),
                        _with(needed, path, value),
                    )


def plain_value(kind: GraphQLInputType, depth: int = 0) -> Any:
    """A value that is well-formed, and means nothing in particular."""
    if isinstance(kind, GraphQLNonNull):
        return plain_value(kind.of_type, depth)
    if isinstance(kind, GraphQLList):
        return [plain_value(kind.of_type, depth)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields.items() if depth < DEPTH else ()
        return {name: plain_value(field.type, depth + 1) for name, field in fields}
    return PLAIN[kind.name]


def _leaves(kind: GraphQLInputType, path: tuple[str | int, ...], depth: int) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(kind, GraphQLNonNull):
        yield from _leaves(kind.of_type, path, depth)
    elif isinstance(kind, GraphQLList):
        yield from _leaves(kind.of_type, (*path, 0), depth)
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items() if depth < DEPTH else ():
            yield from _leaves(field.type, (*path, name), depth + 1)
    elif not isinstance(kind, GraphQLEnumType):
        yield path, kind.name


def _with(variables: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = deepcopy(variables)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def _document(kind: str, name: str, field: GraphQLField, given: dict[str, Any]) -> str:
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in given)
    passed = ", ".join(f"{argument}: ${argument}" for argument in given)
    return f"{kind}{f'({declared})' if declared else ''} {{ {name}{f'({passed})' if passed else ''} {selection(field)} }}"


def selection(field: GraphQLField) -> str:
    """Leaves of what a field answers, and of what lies one step below."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    names = ["__typename"]
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        names += [name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type)) and not one.args]
        for name, one in kind.fields.items():
            below = get_named_type(one.type)
            if isinstance(below, GraphQLObjectType) and not one.args:
                leaves = [leaf for leaf, of in below.fields.items() if is_leaf_type(get_named_type(of.type)) and not of.args]
                names.append(f"{name} {{ {' '.join(['__typename', *leaves])} }}")
    return f"{{ {' '.join(names)} }}"
