"""The rooms keep the house rules that import contracts cannot say: rules are pure, models stay at home, a room reads downwards."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.databases import ROOT

BACKEND = ROOT / "backend"
NOT_ROOMS = {"core", "graphql", "api", "commands", "demo", "embedded"}
ROOMS = sorted(path.name for path in BACKEND.iterdir() if (path / "__init__.py").exists() and path.name not in NOT_ROOMS)

# Inside a room a module imports only what stands to its right.
ORDER = ("actions", "queries", "models", "events", "rules", "errors")

# What a pure function has no use for.
IMPURE = ("asyncpg", "tortoise", "redis", "httpx", "starlette", "random", "time", "backend.settings", "backend.core.database")


def modules(room: str) -> Iterator[Path]:
    yield from sorted((BACKEND / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Full names of what a module imports; `from a import b` counts as a and as a.b."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def word(path: Path, room: str) -> str:
    """Which of a room's words a module belongs to: actions/orders.py is one of the actions."""
    return path.relative_to(BACKEND / room).parts[0].removesuffix(".py")


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_another_s_models(room: str) -> None:
    foreign = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(room)
        for name in imports(path)
        for other in ROOMS
        if other != room and (name == f"backend.{other}.models" or name.startswith(f"backend.{other}.models."))
    ]
    assert foreign == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_reads_from_actions_down_to_errors(room: str) -> None:
    upwards = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(room)
        if word(path, room) in ORDER
        for name in imports(path)
        for above in ORDER[: ORDER.index(word(path, room))]
        if name == f"backend.{room}.{above}" or name.startswith(f"backend.{room}.{above}.")
    ]
    assert upwards == []


@pytest.mark.parametrize("path", sorted(BACKEND.rglob("*rules.py")), ids=lambda path: str(path.relative_to(BACKEND)))
def test_rules_are_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree)), "a rule waits for nothing"
    impure = [name for name in imports(path) if name in IMPURE or name.startswith(tuple(f"{module}." for module in IMPURE))]
    assert impure == []


@pytest.mark.parametrize("path", sorted(BACKEND.rglob("*.py")), ids=lambda path: str(path.relative_to(BACKEND)))
def test_every_module_opens_by_saying_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(ROOT)} has no docstring"


# Functions among the actions that a viewer is handed to and that ask for nothing, each with its reason.
ASKS_NOBODY = {
    "surroundings": "reads what set_cart_lines, which asks, works with",
}


def actions() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for path in sorted([*BACKEND.glob("*/actions.py"), *BACKEND.glob("*/actions/*.py")]):
        for node in ast.parse(path.read_text()).body:
            if _is_action(node):
                yield f"{path.relative_to(BACKEND)}: {node.name}", node


def _is_action(node: ast.stmt) -> TypeGuard[ast.AsyncFunctionDef]:
    """Public, and in somebody's name; what has no viewer, such as signing in, has nobody to ask about."""
    if not isinstance(node, ast.AsyncFunctionDef) or node.name.startswith(("_", "lock_", "check_")):
        return False
    return bool(node.args.args) and node.args.args[0].arg == "viewer"


@pytest.mark.parametrize("action", [pytest.param(node, id=where) for where, node in actions()])
def test_every_action_asks_for_its_permission_first(action: ast.AsyncFunctionDef) -> None:
    if action.name in ASKS_NOBODY:
        return
    statements = [node for node in action.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    first = ast.unparse(statements[0])
    assert first.startswith(("viewer.require", "require_")), f"{action.name} begins with: {first}"
