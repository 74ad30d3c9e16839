"""The document cache: source text to parsed, validated, measured operations, so that a known document pays for nothing again.

Promises bounded memory, and that documents seen once cannot push out the ones in use: a document is kept for good only
when it is asked for a second time. Documents that fail are not kept.
"""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails

from backend.core.errors import BadInput, TooComplex
from backend.graphql.errors import InvalidRequest
from backend.graphql.limits import Cost, CostModel, Limits, check_shape, check_text, root_names

MAX_VALIDATION_ERRORS = 20
# Tokens kept: about 1 KB of memory each with its part of tree and plans.
HOT_TOKENS = 50_000
NEW_TOKENS = 10_000


@dataclass(slots=True, eq=False)
class Operation:
    """One operation of a valid document, with all that its execution needs; what stands last belongs to who reads variables and to the executor."""

    node: OperationDefinitionNode
    fragment_definitions: dict[str, FragmentDefinitionNode]
    fragments: dict[str, FragmentDetails]
    cost: Cost
    tokens: int  # of the whole document
    asks_schema: bool = False  # and nothing else
    variables: Any = None
    plans: Any = None

    @property
    def kind(self) -> OperationType:
        return self.node.operation

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None


@dataclass(slots=True, eq=False)
class Document:
    """A valid document: its operations in order, and its size in tokens."""

    operations: list[Operation]
    tokens: int

    def operation(self, name: str | None) -> Operation:
        """The operation that the request names, or the only one."""
        if name is None and len(self.operations) == 1:
            return self.operations[0]
        if not self.operations:
            raise BadInput("The document has no operation.")
        if name is None:
            raise BadInput("The document has several operations: say which one with operationName.")
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise BadInput(f"The document has no operation named {name!r}.")


class DocumentCache:
    """Two queues: `new` for documents seen once, `hot` for those seen again; each bounded by its tokens."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        introspection: bool = True,
        hot_tokens: int = HOT_TOKENS,
        new_tokens: int = NEW_TOKENS,
    ) -> None:
        self.schema = schema
        self.limits = limits
        self.cost_model = CostModel(schema)
        self.rules = _rules(introspection)
        self.hide_suggestions = not introspection
        self.hot = _Queue(hot_tokens)
        self.new = _Queue(new_tokens)

    def known(self, source: str) -> Document | None:
        """The document, if it is here; asking does not count as use."""
        return self.hot.documents.get(source) or self.new.documents.get(source)

    def get(self, source: str) -> Document:
        """The valid document of this text. Raises InvalidRequest or TooComplex."""
        document = self.hot.find(source)
        if document is not None:
            return document
        document = self.new.take(source)
        if document is not None:
            for demoted in self.hot.add(source, document):
                self.new.add(*demoted)
            return document
        document = self.prepare(source)
        self.new.add(source, document)
        return document

    def prepare(self, source: str) -> Document:
        """Parses, bounds, validates and measures a document, in this order."""
        tokens = check_text(source, self.limits)
        tree = self.parsed(source)
        check_shape(tree, self.limits)
        self.validate(tree)
        fragments = {node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)}
        details = {name: FragmentDetails(node, None) for name, node in fragments.items()}
        operations = [
            Operation(node, fragments, details, self.cost_model.cost(node, fragments), tokens, _asks_schema(node, fragments))
            for node in tree.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        return Document(operations, tokens)

    def parsed(self, source: str) -> DocumentNode:
        try:
            return parse(source, max_lexical_tokens=self.limits.tokens)
        except GraphQLError as error:
            raise InvalidRequest([error]) from None

    def validate(self, tree: DocumentNode) -> None:
        errors = validate(self.schema, tree, self.rules, max_errors=MAX_VALIDATION_ERRORS, hide_suggestions=self.hide_suggestions)
        if errors:
            raise InvalidRequest(errors)

    def check_cost(self, operation: Operation, variables: dict[str, Any]) -> None:
        """Refuses an operation that is too dear. Only one whose page sizes are variables is worked out again."""
        cost = operation.cost.highest
        if cost > self.limits.cost and operation.cost.varies:
            cost = self.cost_model.cost(operation.node, operation.fragment_definitions, variables).highest
        if cost > self.limits.cost:
            raise TooComplex(
                f"This operation may answer {cost:,} values; the bound is {self.limits.cost:,}. "
                "Ask for smaller pages with first, or for fewer lists within lists."
            )


class _Queue:
    """Least recently used documents, bounded by the sum of their tokens."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.tokens = 0
        self.documents: OrderedDict[str, Document] = OrderedDict()

    def find(self, source: str) -> Document | None:
        document = self.documents.get(source)
        if document is not None:
            self.documents.move_to_end(source)
        return document

    def take(self, source: str) -> Document | None:
        document = self.documents.pop(source, None)
        if document is not None:
            self.tokens -= document.tokens
        return document

    def add(self, source: str, document: Document) -> list[tuple[str, Document]]:
        """Adds a document and returns those it pushed out."""
        self.take(source)
        self.documents[source] = document
        self.tokens += document.tokens
        pushed_out = []
        while self.tokens > self.capacity:
            oldest = self.documents.popitem(last=False)
            self.tokens -= oldest[1].tokens
            pushed_out.append(oldest)
        return pushed_out


def _asks_schema(operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]) -> bool:
    """Whether it only describes the schema, so that its answer is the same for everybody."""
    return operation.operation is OperationType.QUERY and root_names(operation, fragments) <= {"__schema", "__type", "__typename"}


def _rules(introspection: bool) -> Collection[type[ASTValidationRule]]:
    return specified_rules if introspection else [*specified_rules, NoSchemaIntrospectionCustomRule]
