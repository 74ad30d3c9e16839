"""Writes valid random operations over any schema from a seed: fragments, aliases, merged fields, @skip and @include, variables."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

# JSON values for a type's arguments, unless the caller knows better ones: by type name, by argument name, or "Type.field.argument".
VALUES: dict[str, Sequence[Any]] = {
    "Int": [0, 1, 2, 7, -1],
    "Float": [0.5, 2],
    "String": ["", "a", "é"],
    "Boolean": [True, False],
    "ID": ["1", "nothing.2"],
    "Decimal": ["1.50", "0"],
    "Date": ["2026-01-31"],
    "DateTime": ["2026-01-31T12:00:00Z"],
    "Currency": ["EUR", "USD"],
}


@dataclass(slots=True)
class Generated:
    """An operation and the variables to run it with."""

    source: str
    variables: dict[str, Any]


@dataclass
class Generator:
    """One operation per call of `operation`; the same seed writes the same operations."""

    schema: GraphQLSchema
    seed: int
    depth: int = 6
    fields: int = 120  # about how many fields one operation may have
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    skip_fields: set[str] = field(default_factory=set)  # "Type.field", never selected
    given: Mapping[str, float] = field(
        default_factory=dict
    )  # how often an optional argument of this name is given: 0.4 unless named

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def operation(self, kind: str = "query") -> Generated:
        root = self.schema.mutation_type if kind == "mutation" else self.schema.query_type
        assert root is not None
        return _Writer(self, kind).write(root)


class _Writer:
    """The text of one operation while it is written."""

    def __init__(self, generator: Generator, kind: str) -> None:
        self.generator = generator
        self.schema = generator.schema
        self.random = generator.random
        self.kind = kind
        self.left = generator.fields
        self.declared: dict[str, str] = {}
        self.variables: dict[str, Any] = {}
        self.fragments: dict[str, tuple[GraphQLNamedType, str]] = {}

    def write(self, root: GraphQLObjectType) -> Generated:
        body = self.selection(root, 0, "")
        declared = ", ".join(f"${name}: {kind}" for name, kind in self.declared.items())
        head = self.kind + (f" Generated({declared})" if declared else " Generated")
        fragments = "".join(f"\nfragment {name} on {kind} {text}" for name, (kind, text) in self.fragments.items())
        return Generated(f"{head} {body}{fragments}", self.variables)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def selection(self, kind: GraphQLNamedType, depth: int, prefix: str) -> str:
        """A selection of this type. Inside a type condition response names get a prefix, so that no two types clash."""
        parts: list[str] = []
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            parts += self.fields(kind, depth, prefix)
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            parts += self.conditions(kind, depth)
        elif self.chance(0.25) and depth < self.generator.depth:
            parts.append(self.fragment(kind, depth, prefix))
        if not parts or self.chance(0.2):
            parts.append("__typename" if self.chance(0.7) else f"kind{self.random.randint(1, 2)}: __typename")
        self.random.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def fields(self, kind: GraphQLObjectType | GraphQLInterfaceType, depth: int, prefix: str) -> list[str]:
        names = [name for name in kind.fields if f"{kind.name}.{name}" not in self.generator.skip_fields]
        root = depth == 0
        count = self.random.randint(1, 3) if root else self.random.randint(1, max(1, min(len(names), 8)))
        chosen = [self.random.choice(names) for _ in range(count)] if names else []  # repeated ones are merged
        written = [self.field(kind, name, depth, prefix) for name in chosen]
        return [text for text in written if text]

    def field(self, kind: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int, prefix: str) -> str:
        definition: GraphQLField = kind.fields[name]
        below = get_named_type(definition.type)
        if self.left <= 0 or (is_composite_type(below) and depth >= self.generator.depth):
            return ""
        self.left -= 1
        arguments = self.arguments(kind, name, definition)
        response = self.response_name(name, arguments, prefix)
        text = f"{response}: {name}" if response != name else name
        text += arguments + self.directive()
        return f"{text} {self.selection(below, depth + 1, '')}" if is_composite_type(below) else text

    def response_name(self, name: str, arguments: str, prefix: str) -> str:
        """Equal arguments give equal names, so that fields with arguments are merged too; other arguments another name."""
        if arguments:
            digest = random.Random(arguments).randint(0, 10**6)
            return f"{prefix}{name}_{digest}"
        return f"{prefix}{name}" if prefix else (f"{name}_{self.random.randint(1, 2)}" if self.chance(0.15) else name)

    def conditions(self, kind: GraphQLInterfaceType | GraphQLUnionType, depth: int) -> list[str]:
        possible = list(self.schema.get_possible_types(kind))
        parts = []
        for member in self.random.sample(possible, min(len(possible), self.random.randint(1, 4))):
            body = self.selection(member, depth, f"{member.name}_")
            parts.append(f"... on {member.name}{self.directive()} {body}")
        return parts

    def fragment(self, kind: GraphQLNamedType, depth: int, prefix: str) -> str:
        """An inline fragment, a new named one, or one that was written before for this type."""
        if self.chance(0.3):
            condition = f" on {kind.name}" if self.chance(0.5) else ""
            return f"...{condition}{self.directive()} {self.selection(kind, depth + 1, prefix)}"
        known = [name for name, (on, _) in self.fragments.items() if on is kind]
        if known and not prefix and self.chance(0.6):
            return f"...{self.random.choice(known)}{self.directive()}"
        text = self.selection(kind, depth + 1, prefix)
        name = f"F{len(self.fragments)}"
        self.fragments[name] = (kind, text)
        return f"...{name}{self.directive()}"

    def directive(self) -> str:
        if not self.chance(0.12):
            return ""
        name = self.random.choice(("skip", "include"))
        if self.chance(0.3):
            return f" @{name}(if: {self.random.choice(('true', 'false'))})"
        variable = f"flag{self.random.randint(1, 3)}"
        if variable not in self.declared:
            self.declared[variable] = "Boolean!"
            self.variables[variable] = self.chance(0.5)
        return f" @{name}(if: ${variable})"

    def arguments(self, kind: GraphQLNamedType, name: str, definition: GraphQLField) -> str:
        given = []
        for argument_name, argument in definition.args.items():
            if is_required_argument(argument) or self.chance(self.generator.given.get(argument_name, 0.4)):
                place = f"{kind.name}.{name}.{argument_name}"
                given.append(f"{argument_name}: {self.argument(place, argument)}")
        return f"({', '.join(given)})" if given else ""

    def argument(self, place: str, argument: GraphQLArgument) -> str:
        value = self.value(argument.type, place)
        if self.chance(0.5):
            return _literal(value, argument.type)
        variable = f"v{len(self.declared)}"
        self.declared[variable] = str(argument.type)
        self.variables[variable] = value
        return f"${variable}"

    def value(self, kind: Any, place: str = "") -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self.value(kind.of_type, place)
        known = self.generator.values.get(place) or self.generator.values.get(place.rpartition(".")[2])
        if known and place:
            return self.random.choice(known)
        if isinstance(kind, GraphQLList):
            return [self.value(kind.of_type) for _ in range(self.random.randint(0, 2))]
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return self.input_object(kind)
        return self.random.choice(self.generator.values.get(kind.name) or VALUES.get(kind.name) or [""])

    def input_object(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        value = {}
        for name, definition in kind.fields.items():
            required = isinstance(definition.type, GraphQLNonNull) and definition.default_value is Undefined
            if required or self.chance(0.3):
                value[name] = self.value(definition.type, f"{kind.name}.{name}")
        return value


def _literal(value: Any, kind: Any) -> str:
    """A JSON value as a GraphQL literal: names of enums and of input fields stand without quotes."""
    if isinstance(kind, GraphQLNonNull):
        return _literal(value, kind.of_type)
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        return "[" + ", ".join(_literal(item, kind.of_type) for item in value) + "]"
    if isinstance(kind, GraphQLEnumType):
        return str(value)
    if isinstance(kind, GraphQLInputObjectType):
        return "{" + ", ".join(f"{name}: {_literal(item, kind.fields[name].type)}" for name, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
