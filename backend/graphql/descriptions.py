"""Answers about the schema, kept: they depend on the document, the operation's name and the variables alone.

Promises bounded memory: the answers that nobody has asked for longest go first. Only answers without errors are kept.
"""

from collections import OrderedDict

import orjson

from backend.graphql.request import Parameters

BYTES = 8 * 1024 * 1024
Key = tuple[str, str | None, bytes]


class Descriptions:
    """Complete answers as bytes, bounded by what they and their documents hold together."""

    def __init__(self, capacity: int = BYTES) -> None:
        self.capacity = capacity
        self.size = 0
        self.answers: OrderedDict[Key, bytes] = OrderedDict()

    def find(self, parameters: Parameters) -> bytes | None:
        """The answer to the same request, if it was kept."""
        key = _key(parameters)
        answer = self.answers.get(key)
        if answer is not None:
            self.answers.move_to_end(key)
        return answer

    def keep(self, parameters: Parameters, answer: bytes) -> None:
        key = _key(parameters)
        self.size += _size(key, answer) - (_size(key, self.answers[key]) if key in self.answers else 0)
        self.answers[key] = answer
        while self.size > self.capacity:
            self.size -= _size(*self.answers.popitem(last=False))


def _key(parameters: Parameters) -> Key:
    return parameters.query, parameters.operation_name, orjson.dumps(parameters.variables, option=orjson.OPT_SORT_KEYS)


def _size(key: Key, answer: bytes) -> int:
    return len(key[0]) + len(key[2]) + len(answer)
