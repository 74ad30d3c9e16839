"""Each value that is refused has a code, the field and a message: read from the code of every place that refuses one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.errors import InvalidInput, Why, spoken

BACKEND = Path(__file__).parents[2] / "backend"
FOR_OPERATORS = ("commands", "core/health.py")  # what they find goes to a terminal and never into InvalidInput
CLASSES = {"InvalidInput": (0, 1), "InvalidInputProblem": (0, 1), "Fault": (2, 1)}


def _refusals() -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    """Where, the message and the path of every refusal."""
    for file in sorted(BACKEND.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in CLASSES and not node.keywords and node.args:
                message, path = CLASSES[name]
                yield (
                    f"{file.relative_to(BACKEND)}:{node.lineno}",
                    node.args[message],
                    node.args[path] if len(node.args) > path else None,
                )


def _bare(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _bare(node.body) or _bare(node.orelse)
    return isinstance(node, (ast.Constant, ast.JoinedStr))


def test_every_refused_value_has_a_code_and_a_path() -> None:
    found = list(_refusals())
    assert len(found) > 60
    assert [where for where, message, _ in found if _bare(message)] == []
    assert [where for where, _, path in found if path is None or (isinstance(path, ast.List) and not path.elts)] == []


def test_rules_that_say_what_is_wrong_say_it_with_a_code() -> None:
    bare = []
    for file in sorted(BACKEND.rglob("*.py")):
        if str(file.relative_to(BACKEND)).startswith(FOR_OPERATORS):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.endswith("_problem"):
                returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None]
                bare += [
                    f"{file.name}:{one.lineno}" for one in returned
                    if isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
                ]  # fmt: skip
    assert bare == []


@pytest.mark.parametrize("code", list(Why))
def test_a_message_keeps_its_code_until_it_is_raised(code: Why) -> None:
    refused = InvalidInput(code("The name must not be empty."), ["name"])
    assert (refused.code, refused.message) == (code, "The name must not be empty.")
    assert InvalidInput("Something else.", ["name"]).code is Why.INVALID


def test_a_field_is_named_as_people_say_it() -> None:
    assert [spoken("taxId"), spoken("name"), spoken("purchaseOrderNumber")] == [
        "The tax id",
        "The name",
        "The purchase order number",
    ]
