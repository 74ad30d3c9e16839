"""The document cache keeps what is used and stays bounded."""

import pytest
import strawberry

from backend.core.errors import BadInput
from backend.graphql.documents import DocumentCache
from backend.graphql.errors import InvalidRequest
from backend.graphql.limits import Limits


@strawberry.type
class Query:
    a: int = 1


def cache(hot: int = 100, new: int = 50) -> DocumentCache:
    return DocumentCache(strawberry.Schema(query=Query)._schema, Limits(), hot_tokens=hot, new_tokens=new)


def source(number: int) -> str:
    return f"query Q{number} {{ a }}"  # five tokens


def test_a_document_is_prepared_once() -> None:
    documents = cache()
    first = documents.get(source(1))
    assert documents.get(source(1)) is first
    assert documents.get(source(1)) is first


def test_documents_seen_once_do_not_push_out_hot_ones() -> None:
    documents = cache()
    hot = [documents.get(source(number)) for number in range(10)]
    for number in range(10):
        documents.get(source(number))
    for number in range(1000, 3000):
        documents.get(source(number))
    assert [documents.get(source(number)) for number in range(10)] == hot


def test_both_queues_stay_within_their_tokens() -> None:
    documents = cache()
    for number in range(500):
        documents.get(source(number))
        documents.get(source(number))
        assert documents.hot.tokens == sum(document.tokens for document in documents.hot.documents.values()) <= 100
        assert documents.new.tokens == sum(document.tokens for document in documents.new.documents.values()) <= 50


def test_a_failed_document_is_not_kept() -> None:
    documents = cache()
    for text in ("{", "{ b }", "fragment F on Query { a }"):
        with pytest.raises(InvalidRequest):
            documents.get(text)
    assert not documents.new.documents


def test_the_operation_is_the_named_one() -> None:
    document = cache().get("query A { a } query B { a }")
    assert document.operation("B").name == "B"
    for name in (None, "C"):
        with pytest.raises(BadInput):
            document.operation(name)
