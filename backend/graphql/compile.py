"""Compiles a selection to one Python function that answers it for an object, when everything selected is plain.

Plain is what needs no context: attributes, synchronous resolvers of the object alone (with arguments of scalars and enums),
lists, objects, unions and interfaces. A plan answers exactly what graphql-core would answer, or raises: it never guesses.
It counts the values that it makes, list by list and before it makes them, and raises Spent when its allowance is used up.
It trusts one rule of this code base: `is_type_of` judges an object by its class, never by its values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from backend.graphql.limits import LIST_SIZE, usual_size
from backend.graphql.unexpected import (
    DEFINITION,
    NotPlain,
    admission,
    as_list,
    enum_names,
    finder,
    leaf,
    learning_leaf,
    raise_large,
    raise_spent,
    refuse_null,
    resolved_by_class,
)
from backend.graphql.work import LONG, WHOLE, weight_of_text

# Completes a value within an allowance of values, and says what is left of it; and what is left after it has raised.
Run = tuple[Callable[[Any, int], tuple[Any, int]], Callable[[], int]]
# The Python type whose values a built-in scalar passes on as they are; any other value takes the slower, exact way.
EXACT = {"String": f"type({{0}}) is str and len({{1}}) < {LONG}", "ID": "type({0}) is str", "Boolean": "type({0}) is bool"}
FEW = 6
EXACT_INT = "type({0}) is int and -2147483648 <= {1} <= 2147483647"
# The code of a plan. `left` is what remains of the allowance; `text` takes long texts and those that are none.
FRAME = """\
def bind({parameters}):
    left = 0
    def text(o, other):
        nonlocal left
        if type(o) is not str: o = other(o)
        if type(o) is str and (left := left - weight_of_text(o)) < 0: spent()
        return o
{functions}
    def plan(o, allowance):
        nonlocal left
        left = allowance - {values}
        return {result}, left
    def rest():
        return left
    return plan, rest
"""


@dataclass(frozen=True, slots=True)
class ArgumentSite:
    """A field with arguments inside a plan. They are worked out once per request, not once per object."""

    definition: GraphQLField
    field: StrawberryField
    node: FieldNode

    def values(self, schema: GraphQLSchema, variables: VariableValues) -> dict[str, Any]:
        """The resolver's keyword arguments."""
        given = get_argument_values(self.definition, self.node, variables)
        converter = schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]
        return convert_arguments(given, self.field.arguments, scalar_registry=converter.scalar_registry, config=converter.config)


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled selection. `bind` takes the arguments of every site and makes the functions that complete a value: `same` without any."""

    bind: Callable[..., Run]
    same: Run | None
    sites: tuple[ArgumentSite, ...]
    weight: int  # compiled fields, for bounding memory
    item_values: int  # of a list: how many values an item usually has
    gaps: tuple[str, ...]  # members of unions and interfaces that are not plain: objects of these make the plan raise


@dataclass(frozen=True, slots=True)
class CompileContext:
    """What decides the meaning of a selection beside its nodes."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    operation: OperationDefinitionNode


def compile_plan(context: CompileContext, return_type: GraphQLOutputType, details: FieldDetailsList) -> Plan:
    """The plan that completes a value of this type under these merged field nodes. Raises NotPlain."""
    compiler = _Compiler(context)
    result = compiler.value(return_type, details, "o")
    source = compiler.text(result)
    try:
        exec(compile(source, "<graphql plan>", "exec"), compiler.names)  # noqa: S102  made of schema names alone
    except (SyntaxError, RecursionError, MemoryError):
        raise NotPlain("the selection is too large for one function") from None
    bind = compiler.names["bind"]
    return Plan(
        bind,
        None if compiler.sites else bind(),
        tuple(compiler.sites),
        compiler.weight,
        max(1, compiler.expected // LIST_SIZE),
        tuple(compiler.gaps),
    )


class _Compiler:
    """Writes one function per object type and set of nodes; `names` holds what the functions refer to."""

    def __init__(self, context: CompileContext) -> None:
        self.context = context
        self.names: dict[str, Any] = {
            "as_list": as_list,
            "null": refuse_null,
            "spent": raise_spent,
            "large": raise_large,
            "weight_of_text": weight_of_text,
        }
        self.lines: list[str] = []
        self.sites: list[ArgumentSite] = []
        self.functions: dict[tuple[str, tuple[int, ...]], str | NotPlain] = {}
        self.known: dict[str, str] = {}  # by function, the name of the set of classes that it has admitted
        self.gaps: list[str] = []
        self.weight = 0
        self.sizes: dict[str, tuple[int, int]] = {}  # by function, what `values` and `expected` grow by
        self.values = 0  # of the selection that is being written: values that each object makes, outside of the lists in it
        self.expected = 0  # and with the lists in it, each as long as such lists usually are

    def name(self, stem: str, value: object) -> str:
        """A fresh name in the generated code for a value of ours."""
        name = f"{stem}_{len(self.names)}"
        self.names[name] = value
        return name

    def text(self, result: str) -> str:
        """The generated code: a function for each selection, in the scope of the arguments of this request."""
        parameters = ", ".join(f"arguments_{number}" for number in range(len(self.sites)))
        return FRAME.format(parameters=parameters, functions="\n".join(self.lines), values=self.values, result=result)

    # Every method below returns the text of an expression over `source`. A source that is not a bare name is evaluated
    # once, into `v`: see _held.

    def value(self, kind: GraphQLOutputType, details: FieldDetailsList, source: str, size: int = LIST_SIZE) -> str:
        required = isinstance(kind, GraphQLNonNull)
        kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(kind, GraphQLList):
            return self.list_of(kind.of_type, details, source, required, size)
        if isinstance(kind, GraphQLObjectType):
            return self.object(kind, details, source, required)
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            return _called(self.dispatch(kind, details), source, required)
        if isinstance(kind, GraphQLEnumType):
            return self.enum(kind, source, required)
        assert isinstance(kind, GraphQLScalarType)
        return self.scalar(kind, source, required)

    def list_of(self, kind: GraphQLOutputType, details: FieldDetailsList, source: str, required: bool, size: int) -> str:
        bind, name = _held(source)
        item = f"{name}i" if source == name and name != "o" else "i"
        items = f"({name} if type({name}) is list else as_list({name}))"
        absent = "null()" if required else "None"
        outside, self.values, self.expected = (self.values, self.expected), 0, 0
        made = self.value(kind, details, item)
        values, expected = max(1, self.values), max(1, self.expected)
        self.values, self.expected = outside[0], outside[1] + size * expected
        # A list is counted before it is made. One that will be large because of the lists in it is not even begun.
        counted = f"(left := left - {values} * len({name})) < 0 and spent()"
        if expected > values:
            counted += f" or {expected} * len({name}) > {WHOLE} and large()"
        return f"({absent} if {bind} is None or {counted} else [{made} for {item} in {items}])"

    def enum(self, kind: GraphQLEnumType, source: str, required: bool) -> str:
        bind, name = _held(source)
        names = self.name("names", enum_names(kind))
        other = self.name("other", leaf(kind, required))
        return f"({names}.get(id({bind})) or {other}({name}))"

    def scalar(self, kind: GraphQLScalarType, source: str, required: bool) -> str:
        bind, name = _held(source)
        exact = EXACT_INT if kind.name == "Int" else EXACT.get(kind.name)
        if exact is not None:
            other = self.name("other", leaf(kind, required))
            otherwise = f"text({name}, {other})" if kind.name == "String" else f"{other}({name})"
            if required:
                return f"({name} if {exact.format(bind, name)} else {otherwise})"
            return f"(None if {bind} is None else {name} if {exact.format(name, name)} else {otherwise})"
        known: set[type] = set()
        seen, other = self.name("known", known), self.name("other", learning_leaf(kind, required, known))
        absent = "" if required else f"None if {bind} is None else "
        bind = bind if required else name
        if kind.coerce_output_value is str:
            return f"({absent}{name} if type({bind}) is str else str({name}) if type({name}) in {seen} else {other}({name}))"
        coerce = self.name("coerce", kind.coerce_output_value)
        written = f"(r if (r := {coerce}({name})) is not None else null())"
        return f"({absent}{written} if type({bind}) in {seen} else {other}({name}))"

    def object(self, kind: GraphQLObjectType, details: FieldDetailsList, source: str, required: bool) -> str:
        """A call of the selection's function or, where a few leaves are selected, what it would answer: the call costs as much as they do.

        Items of a list are left to the function: a comprehension would have to share its names with the function around it.
        """
        function = self.selection(kind, details)
        fields = self.fields(kind, details)
        if source.isidentifier() or not _few_leaves(kind, fields):
            return _called(function, source, required)
        owner = self.name("object", None)
        counted = self.values, self.expected  # by the function already
        inside = ", ".join(f"{key!r}: {self.entry(kind, below, owner)}" for key, below in fields.items())
        self.values, self.expected = counted
        bound = owner if not required else f"({owner} := {source})"
        answer = f"{{{inside}}} if type({bound}) in {self.known[function]} else {function}({owner})"
        return f"({answer})" if required else f"(None if ({owner} := {source}) is None else {answer})"

    def selection(self, kind: GraphQLObjectType, details: FieldDetailsList) -> str:
        """The name of the function for the sub-selections of these nodes on objects of this type."""
        key = (kind.name, tuple(id(detail.node) for detail in details))
        if key not in self.functions:
            try:
                self.functions[key] = self.define(kind, details)
            except NotPlain as reason:
                self.functions[key] = reason
        function = self.functions[key]
        if isinstance(function, NotPlain):
            raise function
        values, expected = self.sizes[function]
        self.values += values
        self.expected += expected
        return function

    def define(self, kind: GraphQLObjectType, details: FieldDetailsList) -> str:
        function = self.name(kind.name, None)
        outside, self.values, self.expected = (self.values, self.expected), 0, 0
        try:
            entries = [f"            {key!r}: {self.entry(kind, below, 'o')}," for key, below in self.fields(kind, details).items()]
            self.sizes[function] = self.values, self.expected
        finally:
            self.values, self.expected = outside
        accepted: set[type] = set()
        known, admit = self.name("known", accepted), self.name("admit", admission(kind, accepted))
        self.known[function] = known
        self.lines += [
            f"    def {function}(o):",
            "        nonlocal left",
            f"        if type(o) not in {known}: {admit}(o)",
            "        return {",
            *entries,
            "        }",
        ]
        return function

    def fields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> dict[str, FieldDetailsList]:
        context = self.context
        try:
            collected = collect_subfields(
                context.schema, context.fragments, context.variables, context.operation, kind, details, True
            )
        except GraphQLError as error:
            raise NotPlain(f"{kind.name}: {error.message}") from None
        return collected.grouped_field_set

    def entry(self, kind: GraphQLObjectType, details: FieldDetailsList, owner: str) -> str:
        """The expression for a field of the object with this name."""
        self.weight += 1
        node = details[0].node
        name = node.alias or node.name
        self.values += 1 + weight_of_text(name.value)
        self.expected += 1
        if node.name.value == "__typename":
            return repr(kind.name)
        definition = kind.fields.get(node.name.value)
        if definition is None:
            raise NotPlain(f"{kind.name}.{node.name.value}: is not a field of this type")
        source = self.source(f"{kind.name}.{node.name.value}", definition, node, owner)
        return self.value(definition.type, details, source, usual_size(definition))

    def source(self, place: str, definition: GraphQLField, node: FieldNode, owner: str) -> str:
        """The expression that resolves a field of `owner`."""
        field = definition.extensions.get(DEFINITION)
        if not isinstance(field, StrawberryField) or field.extensions or field.permission_classes:
            raise NotPlain(f"{place}: is resolved with extensions or permissions")
        if any(directive.name.value not in ("skip", "include") for directive in node.directives or ()):
            raise NotPlain(f"{place}: has a directive")
        resolver = field.base_resolver
        if resolver is None:
            if field.default_resolver is not getattr:
                raise NotPlain(f"{place}: has a default resolver of its own")
            return f"{owner}.{field.python_name}"
        if resolver.is_async or resolver.info_parameter or resolver.root_parameter or resolver.parent_parameter:
            raise NotPlain(f"{place}: its resolver awaits or asks for more than self")
        function = self.name("resolve", resolver.wrapped_func)
        arguments = [owner] if resolver.self_parameter else []
        if definition.args:
            arguments.append(f"**{self.arguments(place, definition, field, node)}")
        return f"{function}({', '.join(arguments)})"

    def arguments(self, place: str, definition: GraphQLField, field: StrawberryField, node: FieldNode) -> str:
        if not all(is_leaf_type(get_named_type(argument.type)) for argument in definition.args.values()):
            raise NotPlain(f"{place}: takes an input object")
        self.sites.append(ArgumentSite(definition, field, node))
        return f"arguments_{len(self.sites) - 1}"

    def dispatch(self, kind: GraphQLInterfaceType | GraphQLUnionType, details: FieldDetailsList) -> str:
        """The name of a function that finds the function for an object's own type."""
        possible = self.context.schema.get_possible_types(kind)
        if not resolved_by_class(kind, possible):
            raise NotPlain(f"{kind.name}: its type is not told by the class alone")
        functions: dict[str, str] = {}
        outside, most = (self.values, self.expected), (0, 0)
        for member in possible:
            try:
                functions[member.name] = self.selection(member, details)
            except NotPlain as reason:
                self.gaps.append(str(reason))
            most = max(most[0], self.values - outside[0]), max(most[1], self.expected - outside[1])
            self.values, self.expected = outside
        self.values, self.expected = outside[0] + most[0], outside[1] + most[1]
        if not functions:
            raise NotPlain(f"{kind.name}: none of its types is plain, as {self.gaps[-1:]}")
        find = self.name("find", finder(self.context.schema, kind, details[0].node.name.value))
        table = ", ".join(f"{name!r}: {function}" for name, function in functions.items())
        name = self.name(kind.name, None)
        self.lines += [
            f"    {name}_functions, {name}_known = {{{table}}}, {{}}",
            f"    def {name}(o):",
            f"        return ({name}_known.get(type(o)) or {find}(o, {name}_functions, {name}_known))(o)",
        ]
        return name


def _few_leaves(kind: GraphQLObjectType, fields: dict[str, FieldDetailsList]) -> bool:
    """Whether only a few attributes are selected that are scalars or enums."""
    names = [below[0].node.name.value for below in fields.values()]
    return len(names) <= FEW and all(
        name == "__typename" or (is_leaf_type(get_nullable_type(kind.fields[name].type)) and not kind.fields[name].args)
        for name in names
    )


def _held(source: str) -> tuple[str, str]:
    """How a source is evaluated and what it is called afterwards."""
    return (source, source) if source.isidentifier() else (f"(v := {source})", "v")


def _called(function: str, source: str, required: bool) -> str:
    if required:
        return f"{function}({source})"
    bind, name = _held(source)
    return f"(None if {bind} is None else {function}({name}))"
