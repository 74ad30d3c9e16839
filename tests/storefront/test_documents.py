"""Every document of the storefront is one that the API answers."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from storefront import client

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text())


@pytest.mark.parametrize("name", client.names())
def test_document_validates_against_the_schema(schema: GraphQLSchema, name: str):
    assert [error.message for error in validate(schema, parse(client.document(name)))] == []


@pytest.mark.parametrize("name", client.names())
def test_file_holds_the_operation_that_it_is_named_after(name: str):
    operations = [node for node in parse(client.document(name)).definitions if isinstance(node, OperationDefinitionNode)]
    assert [operation.name.value for operation in operations if operation.name] == [name]
