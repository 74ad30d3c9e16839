"""Names everything that the contract promises and a schema does not keep.

A type that is not there at all is one name; a type that is there is compared whole: fields, their types, arguments, added
required arguments, interfaces, enum values, union members.
"""

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
)


def differences(promised: GraphQLSchema, built: GraphQLSchema) -> Iterator[str]:
    for name, wanted in promised.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(wanted):
            continue
        have = built.type_map.get(name)
        if have is None:
            yield f"type {name}"
        elif type(have) is not type(wanted):
            yield f"{name}: another kind of type"
        else:
            yield from _in_type(name, wanted, have)


def _in_type(name: str, wanted: GraphQLNamedType, have: GraphQLNamedType) -> Iterator[str]:
    if isinstance(wanted, GraphQLEnumType) and isinstance(have, GraphQLEnumType):
        yield from (f"{name}.{value}" for value in wanted.values if value not in have.values)
    elif isinstance(wanted, GraphQLUnionType) and isinstance(have, GraphQLUnionType):
        members = {member.name for member in have.types}
        yield from (f"{name} | {member.name}" for member in wanted.types if member.name not in members)
    elif isinstance(wanted, GraphQLInputObjectType) and isinstance(have, GraphQLInputObjectType):
        yield from _in_input(name, wanted, have)
    elif isinstance(wanted, GraphQLObjectType | GraphQLInterfaceType) and isinstance(
        have, GraphQLObjectType | GraphQLInterfaceType
    ):
        yield from _in_object(name, wanted, have)


def _in_input(name: str, wanted: GraphQLInputObjectType, have: GraphQLInputObjectType) -> Iterator[str]:
    for field, promise in wanted.fields.items():
        if field not in have.fields:
            yield f"{name}.{field}"
        elif str(have.fields[field].type) != str(promise.type):
            yield f"{name}.{field}: {promise.type}, not {have.fields[field].type}"
    for field, added in have.fields.items():
        if field not in wanted.fields and is_required_input_field(added):
            yield f"{name}.{field}: a required field was added"


Composite = GraphQLObjectType | GraphQLInterfaceType


def _in_object(name: str, wanted: Composite, have: Composite) -> Iterator[str]:
    interfaces = {interface.name for interface in have.interfaces}
    yield from (f"{name} implements {interface.name}" for interface in wanted.interfaces if interface.name not in interfaces)
    for field, promise in wanted.fields.items():
        if field not in have.fields:
            yield f"{name}.{field}"
            continue
        kept: GraphQLField = have.fields[field]
        if str(kept.type) != str(promise.type):
            yield f"{name}.{field}: {promise.type}, not {kept.type}"
        yield from _in_arguments(f"{name}.{field}", promise.args, kept.args)


def _in_arguments(field: str, wanted: dict[str, GraphQLArgument], have: dict[str, GraphQLArgument]) -> Iterator[str]:
    for name, promise in wanted.items():
        if name not in have:
            yield f"{field}({name}:)"
        elif str(have[name].type) != str(promise.type):
            yield f"{field}({name}:): {promise.type}, not {have[name].type}"
    for name, added in have.items():
        if name not in wanted and is_required_argument(added):
            yield f"{field}({name}:): a required argument was added"
