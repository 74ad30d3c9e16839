"""What plans call for values that are not simply what was expected: other Python types, classes not seen before, nulls.

Promises what graphql-core makes of such a value, or raises NotPlain.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import iscoroutine
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
)
from graphql.pyutils import is_awaitable
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition

from backend.graphql.work import Large, Spent

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF
Function = Callable[[Any], Any]


class NotPlain(Exception):
    """Why a selection cannot be compiled; or, raised by a plan, that graphql-core has to look at this value."""


def refuse_null() -> None:
    raise NotPlain("null where there may be none")


def raise_spent() -> None:
    raise Spent


def raise_large() -> None:
    raise Large


def as_list(value: object) -> tuple[Any, ...]:
    if type(value) is tuple:
        return value
    raise NotPlain("not a list or tuple")


def _check_value(value: object) -> None:
    """graphql-core awaits awaitables, raises exceptions and takes Undefined for null: none of these is plain, nor is null here."""
    if value is None:
        refuse_null()
    if iscoroutine(value):
        value.close()  # it is made anew when graphql-core resolves the field
    if value is Undefined or isinstance(value, BaseException) or is_awaitable(value):
        raise NotPlain("a value that has to be awaited or raised")


def leaf(kind: GraphQLScalarType | GraphQLEnumType, required: bool) -> Function:
    """Completes a leaf that is not of the expected Python type: null, or whatever the scalar makes of it."""

    def complete(value: object) -> object:
        if value is None and not required:
            return None
        _check_value(value)
        result = kind.coerce_output_value(value)
        if result is None or result is Undefined:
            refuse_null()
        return result

    return complete


def learning_leaf(kind: GraphQLScalarType, required: bool, known: set[type]) -> Function:
    """As leaf, and remembers the class: from then on its values go straight to the scalar."""
    complete = leaf(kind, required)

    def learn(value: object) -> object:
        result = complete(value)
        if value is not None:
            known.add(type(value))
        return result

    return learn


def enum_names(kind: GraphQLEnumType) -> dict[int, str]:
    """GraphQL names by the identity of the members, which live as long as their class."""
    members: Iterable[Any] = getattr(kind, "wrapped_cls", ())
    return {id(member): kind.coerce_output_value(member) for member in members}


def admission(kind: GraphQLObjectType, accepted: set[type]) -> Callable[[object], None]:
    """Checks an object of a class not seen before, as graphql-core checks every object, and remembers the class."""
    definition = kind.extensions.get(DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition):
        raise NotPlain(f"{kind.name}: is not a Strawberry type")
    is_type_of = kind.is_type_of

    def admit(value: object) -> None:
        _check_value(value)
        if is_type_of is not None and not is_type_of(value, None):  # type: ignore[arg-type]
            raise NotPlain(f"not a {kind.name}")
        accepted.add(type(value))

    return admit


def resolved_by_class(kind: GraphQLInterfaceType | GraphQLUnionType, possible: Iterable[GraphQLObjectType]) -> bool:
    """Whether Strawberry's own rules decide, without generics, so that all objects of one class are of one type."""
    if getattr(kind.extensions.get(DEFINITION), "resolve_type", None):
        return False
    definitions = [member.extensions.get(DEFINITION) for member in possible]
    return all(
        isinstance(definition, StrawberryObjectDefinition) and not (definition.concrete_of or definition.is_graphql_generic)
        for definition in definitions
    )


@dataclass(frozen=True, slots=True)
class _TypeInfo:
    """The part of the resolve info that type resolvers read."""

    schema: GraphQLSchema
    field_name: str
    is_awaitable: Callable[[object], bool] = is_awaitable


def finder(schema: GraphQLSchema, kind: GraphQLInterfaceType | GraphQLUnionType, field_name: str) -> Callable[..., Function]:
    """Asks the schema for the type of an object whose class has not been seen, and remembers the function for it."""
    info = _TypeInfo(schema, field_name)
    resolve_type: Any = kind.resolve_type

    def find(value: object, functions: dict[str, Function], known: dict[type, Function]) -> Function:
        _check_value(value)
        name = resolve_type(value, info, kind)
        function = functions.get(name) if isinstance(name, str) else None
        if function is None:
            raise NotPlain(f"{kind.name}: {name} is not compiled")
        known[type(value)] = function
        return function

    return find
