"""Bounds on work, checked before the work: size and shape of a document before validation, its cost before execution.

Every bound is refused with a message that names it and the way out. Each check visits a bounded number of nodes, however
large the document expands: it stops at the first bound that is passed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from backend.core.errors import TooComplex
from backend.graphql.pagination import DEFAULT_SIZE, MAX_SIZE

# What a list without first or last is taken to hold when a cost is worked out, where its field does not say how long it usually is.
LIST_SIZE = 10
USUAL_SIZE = "usual_size"  # the key in a field's metadata
# What a root field costs beside its values: it asks the database.
ROOT_FIELD_COST = 1_000
# What describing the schema costs: graphql-core takes some tenths of a second to do it.
INTROSPECTION_COST = {"__schema": 250_000, "__type": 5_000}


Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one request. The defaults leave a tenfold margin over what the storefront sends.

    What an answer may hold leaves half as much again over the largest that is of use: a page of 100 styles with 66 variants each.
    """

    body_bytes: int = 4 * 1024 * 1024  # 5,000 cart rows as variables are about 1 MB
    document_bytes: int = 100_000
    tokens: int = 5_000
    operations: int = 20
    fragments: int = 100
    depth: int = 20  # the introspection query of every tool has 15
    fields: int = 2_000  # selections visited after fragments are expanded
    breadth: int = 250  # different fields in one selection
    aliases: int = 200
    directives: int = 200
    overlaps: int = 5_000  # pairs of fields that answer to the same name: validation compares each pair
    mutations: int = 10  # root fields of a mutation, after fragments are expanded
    spreads: int = 400  # fragment spreads visited: validation compares fragments with each other
    variables_depth: int = 32
    variables_values: int = 60_000  # 5,000 cart rows with every field filled are 50,000
    cost: int = 300_000  # values in the answer: estimated before, counted while it is made
    answer_bytes: int = 16 * 1024 * 1024


UNBOUNDED = Limits(fields=10**9, aliases=10**9, directives=10**9, spreads=10**9)


def check_text(source: str, limits: Limits) -> int:
    """The number of tokens. Counted before anything is parsed, as are spreads and directives, which are dear to parse and validate."""
    if len(source) > limits.document_bytes:
        raise TooComplex(
            f"The document is longer than {limits.document_bytes:,} characters. Send values as variables, not in the document."
        )
    tokens = 0
    marks = {"...": 0, "@": 0}
    for match in _TOKEN.finditer(source):
        tokens += 1
        if tokens > limits.tokens:
            raise TooComplex(
                f"The document has more than {limits.tokens:,} tokens. Send values as variables, or split the operation."
            )
        if match[0] in marks:
            marks[match[0]] += 1
    _bound("fragment spreads", marks["..."], limits.spreads, "Merge some fragments.")
    _bound("directives", marks["@"], limits.directives, "Split the operation.")
    return tokens


# Strings and comments count as one token each, closed or not, so that every match succeeds at once and the scan stays linear.
_TOKEN = re.compile(r'"""(?:\\"""|[^"]|"(?!""))*(?:"""|\Z)|"(?:\\.|[^"\\\n])*"?|#[^\n\r]*|\.\.\.|-?\d[\w.+-]*|\w+|[^\s,\w]')


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Refuses too many values, and values nested too deeply: level by level, without recursion."""
    values = 0
    level: list[Any] = [variables]
    for _ in range(limits.variables_depth):
        values += sum(map(len, level))
        if values > limits.variables_values:
            raise TooComplex(f"The variables hold more than {limits.variables_values:,} values. Send several requests.")
        level = [child for value in level for child in _containers(value)]
        if not level:
            return
    raise TooComplex(f"The variables are nested more than {limits.variables_depth} levels deep. Send flatter values.")


def _containers(value: Any) -> Iterable[Any]:
    children = value.values() if isinstance(value, dict) else value
    return [child for child in children if isinstance(child, (dict, list))]


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Refuses a document that validation could not afford: too deep, too wide, too often the same."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    _bound("operations", len(operations), limits.operations, "Send fewer in one document.")
    _bound("fragments", len(fragments), limits.fragments, "Merge some of them.")
    for definition in (*operations, *fragments.values()):
        shape = _Shape(limits, fragments)
        shape.count_directives(definition.directives)
        for variable in definition.variable_definitions or ():
            shape.count_directives(variable.directives)
        shape.visit([definition.selection_set], 1)
    for operation in operations:
        if operation.operation.value == "mutation":
            fields = len(_root_fields(operation, limits, fragments))
            _bound("fields in a mutation", fields, limits.mutations, "Send several requests.")


def _root_fields(operation: OperationDefinitionNode, limits: Limits, fragments: Fragments) -> "Groups":
    """The fields that execution runs: those in fragments too, and equal names once, as they are merged."""
    groups: Groups = {}
    _Shape(limits, fragments).collect(operation.selection_set, groups, set())
    return groups


def root_names(operation: OperationDefinitionNode, fragments: Fragments) -> set[str]:
    """The names of the root fields of an operation that is within the bounds."""
    return {node.name.value for nodes in _root_fields(operation, UNBOUNDED, fragments).values() for node in nodes}


def _bound(what: str, found: int, bound: int, way_out: str) -> None:
    if found > bound:
        raise TooComplex(f"The document has more than {bound:,} {what}. {way_out}")


Groups = dict[str, list[FieldNode]]


class _Shape:
    """Counts over one definition, merged by response name as validation and execution merge it."""

    def __init__(self, limits: Limits, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.limits = limits
        self.fragments = fragments
        self.fields = self.aliases = self.directives = self.spreads = self.overlaps = 0

    def visit(self, selection_sets: Iterable[SelectionSetNode], depth: int) -> None:
        if depth > self.limits.depth:
            raise TooComplex(f"Fields are nested more than {self.limits.depth} deep. Ask for less at once, or break the cycle.")
        groups: Groups = {}
        seen: set[str] = set()
        for selection_set in selection_sets:
            self.collect(selection_set, groups, seen)
        _bound("fields in one selection", len(groups), self.limits.breadth, "Split the operation.")
        for nodes in groups.values():
            self.overlaps += len(nodes) * (len(nodes) - 1) // 2
        _bound("pairs of equal field names", self.overlaps, self.limits.overlaps, "Select each field once.")
        for nodes in groups.values():
            below = [node.selection_set for node in nodes if node.selection_set]
            if below:
                self.visit(below, depth + 1)

    def collect(self, selection_set: SelectionSetNode, groups: Groups, seen: set[str]) -> None:
        for selection in selection_set.selections:
            self.fields += 1
            _bound("selections after its fragments are expanded", self.fields, self.limits.fields, "Split the operation.")
            self.count_directives(selection.directives)
            if isinstance(selection, FieldNode):
                self.count_alias(selection)
                groups.setdefault((selection.alias or selection.name).value, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                self.collect(selection.selection_set, groups, seen)
            elif isinstance(selection, FragmentSpreadNode):
                self.spread(selection.name.value, groups, seen)

    def spread(self, name: str, groups: Groups, seen: set[str]) -> None:
        self.spreads += 1
        _bound("fragment spreads", self.spreads, self.limits.spreads, "Merge some fragments.")
        fragment = self.fragments.get(name)
        if fragment is not None and name not in seen:
            seen.add(name)
            self.collect(fragment.selection_set, groups, seen)

    def count_alias(self, field: FieldNode) -> None:
        if field.alias is not None:
            self.aliases += 1
            _bound("aliases", self.aliases, self.limits.aliases, "Split the operation.")

    def count_directives(self, directives: Iterable[object] | None) -> None:
        if directives:
            self.directives += sum(1 for _ in directives)
            _bound("directives", self.directives, self.limits.directives, "Split the operation.")


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation may cost: `highest` for any variables; `varies` when a page size comes from a variable."""

    highest: int
    varies: bool


class CostModel:
    """Estimates the values in an answer: each field once per row it stands in, a page counting for its size, a list as it usually is."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema

    def cost(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any] | None = None,
    ) -> Cost:
        """With coerced variables the cost of this request, without them the highest there can be. Asks for a valid document."""
        estimate = _Estimate(self.schema, fragments, variables)
        root = self.schema.get_root_type(operation.operation)
        total = estimate.selection([(root, operation.selection_set)], 1, root=True)
        return Cost(total, estimate.varies)


Scope = tuple[GraphQLNamedType | None, SelectionSetNode]


class _Estimate:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any] | None
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        self.varies = False

    def selection(self, scopes: list[Scope], rows: int, page: int = LIST_SIZE, *, root: bool = False) -> int:
        groups: dict[str, list[tuple[GraphQLNamedType | None, FieldNode]]] = {}
        seen: set[str] = set()
        for parent, selection_set in scopes:
            self.collect(parent, selection_set, groups, seen)
        extra = ROOT_FIELD_COST if root else 0
        return sum(self.field(occurrences, rows, page) + extra for occurrences in groups.values())

    def collect(
        self,
        parent: GraphQLNamedType | None,
        selection_set: SelectionSetNode,
        groups: dict[str, list[tuple[GraphQLNamedType | None, FieldNode]]],
        seen: set[str],
    ) -> None:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                groups.setdefault((selection.alias or selection.name).value, []).append((parent, selection))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                narrowed = self.schema.get_type(condition.name.value) if condition else parent
                self.collect(narrowed, selection.selection_set, groups, seen)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                fragment = self.fragments[selection.name.value]
                self.collect(self.schema.get_type(fragment.type_condition.name.value), fragment.selection_set, groups, seen)

    def field(self, occurrences: list[tuple[GraphQLNamedType | None, FieldNode]], rows: int, page: int) -> int:
        scopes: list[Scope] = []
        size = 1
        below = LIST_SIZE  # rows of `nodes` and `edges`, when this field is a connection
        for parent, node in occurrences:
            definition = self.definition(parent, node)
            if definition is None:
                rows += INTROSPECTION_COST.get(node.name.value, 0)
                continue
            asked = self.page_size(node) if "first" in definition.args else page
            size = max(size, _list_size(definition, asked if _holds_page(definition, node) else usual_size(definition)))
            below = max(below if scopes else 0, asked)
            if node.selection_set:
                scopes.append((get_named_type(definition.type), node.selection_set))
        return rows + (self.selection(scopes, rows * size, below) if scopes else 0)

    def definition(self, parent: GraphQLNamedType | None, node: FieldNode) -> GraphQLField | None:
        """The field's definition; None for introspection, whose nesting validation bounds."""
        if isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
            field: GraphQLField | None = parent.fields.get(node.name.value)
            return field
        return None

    def page_size(self, node: FieldNode) -> int:
        asked = [self.argument(argument.value) for argument in node.arguments or () if argument.name.value in ("first", "last")]
        given = [size for size in asked if size is not None]
        return max(0, *given) if given else DEFAULT_SIZE

    def argument(self, value: object) -> int | None:
        if isinstance(value, IntValueNode):
            return min(int(value.value), MAX_SIZE)
        if not isinstance(value, VariableNode):
            return None
        self.varies = True
        if self.variables is None:
            return MAX_SIZE
        given = self.variables.get(value.name.value)
        return min(given, MAX_SIZE) if isinstance(given, int) else None


def _holds_page(field: GraphQLField, node: FieldNode) -> bool:
    """A list that is as long as the page asked for: a connection's rows, or a list with `first` itself."""
    return "first" in field.args or node.name.value in ("nodes", "edges")


def usual_size(field: GraphQLField) -> int:
    """How many items a list of this field usually has."""
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    metadata = getattr(definition, "metadata", None) or {}
    size: int = metadata.get(USUAL_SIZE, LIST_SIZE)
    return size


def _list_size(field: GraphQLField, rows: int) -> int:
    """Rows of a list, the inner ones of a list of lists included; 1 for anything else."""
    size = 1
    kind: Any = field.type
    while is_list_type(kind) or is_non_null_type(kind):
        if is_list_type(kind):
            size, rows = size * rows, LIST_SIZE
        kind = kind.of_type
    return size
