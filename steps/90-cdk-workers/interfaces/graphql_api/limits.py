"""Limits of a document, checked before any of it is executed.

A short document can request a lot: one field under a thousand aliases, say, or fragments that
spread other fragments twice. So each document is measured first, with its fragments expanded. A
variable counts as the largest value allowed.
"""

from dataclasses import dataclass
from typing import NoReturn

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Source,
    get_named_type,
)
from graphql.language.parser import Parser

from blog.paging import PAGE_SIZE
from interfaces.graphql_api.errors import ClientError, ErrorCode
from interfaces.graphql_api.posts import MAX_FIRST

MAX_CHARACTERS = 10_000
MAX_DEPTH = 10
MAX_ALIASES = 20
# Each field costs 1, plus what it contains; a page multiplies that by its number of posts.
MAX_COST = 2_500
MUTATION_COST = 500
# Hashing a password and decoding an image are slow: two of them cost more than MAX_COST.
SLOW_ARGUMENTS = {"password", "image"}
SLOW_MUTATION_COST = 1_250
QUERY_COST = 100  # Each field that queries the database.
# Validation compares all fields of one name in pairs: the time grows with the square.
MAX_FIELDS = 250


@dataclass(frozen=True)
class Complexity:
    """The size of a part of a document."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0
    fields: int = 0

    def __add__(self, other: "Complexity") -> "Complexity":
        """Add the sizes of two parts side by side."""
        depth = max(self.depth, other.depth)
        aliases, cost = self.aliases + other.aliases, self.cost + other.cost
        return Complexity(depth, aliases, cost, self.fields + other.fields)


class ComplexityCalculator:
    """Measures the selections of a document; each fragment once, however often it is spread."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.measured: dict[str, Complexity] = {}

    def measure_definition(self, node: DefinitionNode) -> Complexity:
        """Return the size of an operation, or of a fragment, used or not."""
        match node:
            case OperationDefinitionNode():
                return self.measure_selection_set(
                    node.selection_set, self.schema.get_root_type(node.operation)
                )
            case FragmentDefinitionNode():
                return self.measure_fragment(node.name.value)
        return Complexity()  # A type definition, which validation rejects.

    def measure_selection_set(
        self, node: SelectionSetNode | None, parent: GraphQLNamedType | None
    ) -> Complexity:
        """Return the size of the selections on a type."""
        selections = node.selections if node else ()
        return sum(
            (self.measure_selection(selection, parent) for selection in selections), Complexity()
        )

    def measure_selection(self, node: SelectionNode, parent: GraphQLNamedType | None) -> Complexity:
        match node:
            case FieldNode():
                return self.measure_field(node, parent)
            case FragmentSpreadNode():
                return self.measure_fragment(node.name.value)
            case InlineFragmentNode(type_condition=None):
                return self.measure_selection_set(node.selection_set, parent)
        return self.measure_selection_set(node.selection_set, self.get_type(node.type_condition))

    def get_type(self, node: NamedTypeNode) -> GraphQLNamedType | None:
        return self.schema.get_type(node.name.value)

    def measure_fragment(self, name: str) -> Complexity:
        if name not in self.measured:
            self.measured[name] = Complexity()  # A fragment that spreads itself is invalid.
            if node := self.fragments.get(name):
                self.measured[name] = self.measure_selection_set(
                    node.selection_set, self.get_type(node.type_condition)
                )
        return self.measured[name]

    def measure_field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Complexity:
        name = node.name.value
        definition = getattr(parent, "fields", {}).get(name)
        inner = self.measure_selection_set(
            node.selection_set, definition and get_named_type(definition.type)
        )
        is_page = definition is not None and "first" in definition.args
        cost = 1 + inner.cost * (get_page_size(node) if is_page else 1)
        if definition and parent is self.schema.mutation_type:
            is_slow = any(argument.name.value in SLOW_ARGUMENTS for argument in node.arguments)
            cost += SLOW_MUTATION_COST if is_slow else MUTATION_COST
        elif is_page or (definition and parent is self.schema.query_type):
            cost += QUERY_COST
        # Introspection is deep by nature; graphql-core has its own rule to limit it.
        introspects = name.startswith("__") or str(parent).startswith("__")
        depth = 0 if introspects else inner.depth + 1
        aliases = inner.aliases + (node.alias is not None)
        return Complexity(depth, aliases, cost, inner.fields + 1)


def get_page_size(node: FieldNode) -> int:
    """Return how many posts a page may contain: ``first``, kept between 1 and ``MAX_FIRST``."""
    match [argument.value for argument in node.arguments if argument.name.value == "first"]:
        case []:
            return PAGE_SIZE
        case [IntValueNode(value=digits)] if len(digits) <= 3:
            return max(1, min(int(digits), MAX_FIRST))
    return MAX_FIRST


def validate_limits(query: str, schema: GraphQLSchema) -> None:
    """Raise ``GraphQLError`` for a document that exceeds a limit, or that cannot be parsed."""
    if len(query) > MAX_CHARACTERS:
        raise_limit_exceeded(f"has more than {MAX_CHARACTERS} characters")
    try:
        # Unlike the function ``parse``, this lets us choose the error for endless nesting.
        document = Parser(Source(query)).parse_document()
        calculator = ComplexityCalculator(schema, document)
        complexities = [calculator.measure_definition(node) for node in document.definitions]
    except RecursionError:
        raise_limit_exceeded(f"is more than {MAX_DEPTH} fields deep")
    for complexity in complexities:
        if complexity.depth > MAX_DEPTH:
            raise_limit_exceeded(f"is more than {MAX_DEPTH} fields deep")
        if complexity.aliases > MAX_ALIASES:
            raise_limit_exceeded(f"has more than {MAX_ALIASES} aliases")
        if complexity.cost > MAX_COST:
            raise_limit_exceeded(f"costs more than {MAX_COST}")
        if complexity.fields > MAX_FIELDS:
            raise_limit_exceeded(f"has more than {MAX_FIELDS} fields")


def raise_limit_exceeded(fault: str) -> NoReturn:
    raise ClientError(f"This document {fault}.", ErrorCode.LIMIT_EXCEEDED)
