"""Variables as an operation declares them, worked out once per operation and input type instead of once per value.

Promises what graphql-core gives, value by value. Whatever is not as declared, and what is rare, is left to graphql-core and its exact errors:
it asks each type what it is for every value, 4 µs a field of a cart row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities.coerce_input_value import coerce_default_value

from backend.graphql.documents import Operation
from backend.graphql.errors import InvalidRequest

MAX_VARIABLE_ERRORS = 20

Coerce = Callable[[Any], Any]


class _Unusual(Exception):
    """A value that is left to graphql-core."""


def coerce_variables(
    schema: GraphQLSchema, operation: Operation, variables: dict[str, Any], *, hide_suggestions: bool
) -> VariableValues:
    """The variables as the operation declares them. Raises InvalidRequest."""
    declared: _Variables | None = operation.variables
    if declared is None:
        declared = operation.variables = _Variables.of(schema, operation.node.variable_definitions or ())
    try:
        return declared.coerced(variables)
    except Exception:
        return _judged(schema, operation, variables, hide_suggestions=hide_suggestions)


def _judged(schema: GraphQLSchema, operation: Operation, variables: dict[str, Any], *, hide_suggestions: bool) -> VariableValues:
    """The same by graphql-core."""
    values = get_variable_values(
        schema,
        operation.node.variable_definitions or (),
        variables,
        max_errors=MAX_VARIABLE_ERRORS,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(values, list):
        raise InvalidRequest(values)
    return values


@dataclass(frozen=True, slots=True)
class _Variables:
    """The variables of an operation: signature, the function for a value that was sent, and whether it may be left out."""

    declared: list[tuple[GraphQLVariableSignature, Coerce, bool]]

    @classmethod
    def of(cls, schema: GraphQLSchema, nodes: tuple[VariableDefinitionNode, ...]) -> "_Variables":
        types = _types_of(schema)
        return cls([cls._declared(schema, node, types) for node in nodes])

    @staticmethod
    def _declared(schema: GraphQLSchema, node: VariableDefinitionNode, types: "_Types") -> Any:
        signature = get_variable_signature(schema, node)
        assert not isinstance(signature, GraphQLError), "the document is valid"
        optional = not isinstance(signature.type, GraphQLNonNull) and node.default_value is None
        return signature, types.coerce(signature.type), optional

    def coerced(self, given: Mapping[str, Any]) -> VariableValues:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature, coerce, optional in self.declared:
            name = signature.name
            if name in given:
                sources[name] = VariableValueSource(signature, given[name])
                coerced[name] = coerce(given[name])
            elif optional:
                sources[name] = VariableValueSource(signature)
            else:
                raise _Unusual
        return VariableValues(sources, coerced)


class _Types:
    """The functions of a schema's input types: an object's is made once for all operations, also where it holds itself."""

    def __init__(self) -> None:
        self.objects: dict[str, _Object] = {}

    def coerce(self, kind: GraphQLInputType) -> Coerce:
        if isinstance(kind, GraphQLNonNull):
            return _required(self.present(kind.of_type))
        return _optional(self.present(kind))

    def present(self, kind: Any) -> Coerce:
        """For a value that is not null."""
        if isinstance(kind, GraphQLList):
            return _list(self.coerce(kind.of_type))
        if isinstance(kind, GraphQLInputObjectType):
            if kind.name not in self.objects:
                self.objects[kind.name] = _Object(kind, self)
            return self.objects[kind.name]
        return _leaf(kind.coerce_input_value)


@lru_cache(maxsize=8)
def _types_of(schema: GraphQLSchema) -> _Types:
    """An object's functions take up to 24 KB: were they each operation's own, short documents would outgrow what the cache counts for them."""
    return _Types()


def _required(coerce: Coerce) -> Coerce:
    def convert(value: Any) -> Any:
        if value is None:
            raise _Unusual
        return coerce(value)

    return convert


def _optional(coerce: Coerce) -> Coerce:
    return lambda value: None if value is None else coerce(value)


def _leaf(coerce: Coerce) -> Coerce:
    def convert(value: Any) -> Any:
        found = coerce(value)
        if found is Undefined:
            raise _Unusual
        return found

    return convert


def _list(item: Coerce) -> Coerce:
    def convert(value: Any) -> Any:
        if type(value) is not list:  # one value may stand for a list of one
            raise _Unusual
        return [item(one) for one in value]

    return convert


class _Object:
    """Makes values of one input object. Its fields are looked at on first use: they may hold it in turn."""

    __slots__ = ("defaults", "fields", "kind", "required", "types")

    def __init__(self, kind: GraphQLInputObjectType, types: _Types) -> None:
        self.kind, self.types = kind, types
        self.fields: dict[str, tuple[str, Coerce]] | None = None
        self.required: frozenset[str] = frozenset()
        self.defaults: list[tuple[str, str, Any]] = []

    def __call__(self, value: Any) -> Any:
        fields = self.fields if self.fields is not None else self.prepare()
        if type(value) is not dict or self.kind.is_one_of or not value.keys() >= self.required:
            raise _Unusual
        coerced = {}
        for name, given in value.items():
            out_name, coerce = fields[name]
            coerced[out_name] = coerce(given)
        for name, out_name, default in self.defaults:
            if name not in value:
                coerced[out_name] = default
        return self.kind.out_type(coerced)

    def prepare(self) -> dict[str, tuple[str, Coerce]]:
        fields = self.kind.fields
        self.fields = {name: (field.out_name or name, self.types.coerce(field.type)) for name, field in fields.items()}
        self.required = frozenset(name for name, field in fields.items() if is_required_input_field(field))
        defaults = [(name, field.out_name or name, coerce_default_value(field)) for name, field in fields.items()]
        self.defaults = [one for one in defaults if one[2] is not Undefined]
        return self.fields
