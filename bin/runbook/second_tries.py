"""Tests that forgive themselves: what a row's file holds by which a failed assertion of its own is not the end.

A test that catches its own failure and tries again is green whenever one of its tries is. No event shows that, for
all of it happens within one call; so it is looked for in the source. What is found:

- a ``try`` around an assertion, or around a function that asserts, of which a handler may go on;
- ``contextlib.suppress`` around one;
- a decorator of a test that is not pytest's own, for it may call the test as often as it likes.

What cannot be told from waiting for something, such as a loop that asks until the answer is right, is not found.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from runbook.rows import files_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_CATCH_ASSERTIONS = frozenset({"AssertionError", "Exception", "BaseException"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Tries = (ast.Try, ast.TryStar)


def find_second_tries(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each finding in the tests below ``paths`` and in what stands beside them, as ``file:line`` and words."""
    tests = list(files_of_tests(root, paths))
    helpers = {file for test in tests for file in test.parent.glob("*.py")}
    others = {file for file in helpers - set(tests) if not file.name.startswith("test_")}
    for file in [*tests, *sorted(others)]:
        for line, what in second_tries(file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(root).as_posix()}:{line}", what


def second_tries(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line of each place where a failed assertion may be forgiven, and what is there.

    Args:
        source: Of a module of tests, which parses.
    """
    tree = ast.parse(source)
    asserting = _asserting_functions(tree)
    for node in ast.walk(tree):
        if isinstance(node, _Tries) and _asserts(node.body, asserting):
            yield from (
                (handler.lineno, "catches the failure of an assertion, and goes on")
                for handler in node.handlers
                if _catches_assertions(handler.type) and not _always_raises(handler.body)
            )
        elif isinstance(node, (ast.With, ast.AsyncWith)) and _asserts(node.body, asserting):
            if any(_suppresses(item.context_expr) for item in node.items):
                yield node.lineno, "suppresses the failure of an assertion"
        elif isinstance(node, _Function) and node.name.startswith("test"):
            yield from (
                (decorator.lineno, f"{node.name} runs inside {ast.unparse(decorator)[:60]}")
                for decorator in node.decorator_list
                if not _dotted(decorator).startswith(("pytest.", "mark."))
            )


def _asserting_functions(tree: ast.Module) -> frozenset[str]:
    """The names of the functions of a module that assert, by themselves or through another of them."""
    bodies = {node.name: node.body for node in ast.walk(tree) if isinstance(node, _Function)}
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(name for name, body in bodies.items() if _asserts(body, found))
        if more == found:
            return found
        found = more


def _asserts(body: Iterable[ast.stmt], asserting: frozenset[str]) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and _dotted(node).rpartition(".")[2] in asserting)
        or (isinstance(node, ast.Call) and _dotted(node) == "pytest.fail")
        for statement in body
        for node in ast.walk(statement)
    )


def _catches_assertions(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(_dotted(each).rpartition(".")[2] in _CATCH_ASSERTIONS for each in kinds)


def _always_raises(body: list[ast.stmt]) -> bool:
    """Whether whoever comes in does not go on: the last statement raises, or fails, and none before it leaves."""
    leaves = (ast.Return, ast.Continue, ast.Break)
    if any(isinstance(node, leaves) for statement in body for node in ast.walk(statement)):
        return False
    last = body[-1]
    is_failure = isinstance(last, ast.Expr) and _dotted(last.value) == "pytest.fail"
    return isinstance(last, ast.Raise) or is_failure


def _suppresses(context: ast.expr) -> bool:
    is_suppress = _dotted(context).rpartition(".")[2] == "suppress"
    if not isinstance(context, ast.Call) or not is_suppress:
        return False
    return any(_catches_assertions(kind) for kind in context.args)


def _dotted(node: ast.expr) -> str:
    """The dotted name of what is named or called; empty where it is something else."""
    if isinstance(node, ast.Call):
        return _dotted(node.func)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
