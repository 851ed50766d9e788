"""Assertions with their sides turned: what is written down stands left of ``==``, and what was seen to its right.

The plugin takes the left side of a failed comparison for what was wanted, and the FAIL line shows it so. An assertion
that is turned round would tell whoever reads it at night the opposite of what happened.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_WRAPPERS = frozenset({"approx", "frozenset", "list", "range", "set", "tuple"})


def find_turned(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    """Yield each turned assertion below a folder of tests, as ``file:line`` and words."""
    for file in sorted((root / folder).rglob("*.py")):
        for line, seen in turned(file.read_text(encoding="utf-8")):
            place = f"{file.relative_to(root).as_posix()}:{line}"
            yield (
                place,
                f"expects on the right of ==, and the FAIL line would show `{seen}` as want",
            )


def turned(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line of each turned assertion, and what stands on its left.

    Args:
        source: Of a module, which parses.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            for each in _held(node.test):
                if _is_turned(each):
                    yield each.lineno, ast.unparse(each.left)[:60]


def _held(test: ast.expr) -> Iterator[ast.Compare]:
    """The comparisons that must all be so; those of an ``or`` are perhaps the condition of another."""
    if isinstance(test, ast.Compare):
        yield test
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for each in test.values:
            yield from _held(each)


def _is_turned(compared: ast.Compare) -> bool:
    """Whether anything in a chain of equalities is written, and its left side is not."""
    is_equality = all(isinstance(each, ast.Eq) for each in compared.ops)
    return (
        is_equality
        and any(map(_is_written, compared.comparators))
        and not _is_written(compared.left)
    )


def _is_written(value: ast.expr) -> bool:
    """Whether a value stands there to be read: a literal, a constant, or something built of them alone."""
    match value:
        case ast.Constant() | ast.JoinedStr():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Call():
            return _is_made(value)
        case ast.IfExp():
            return _is_written(value.body) and _is_written(value.orelse)
        case ast.UnaryOp() | ast.BinOp() | ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
            parts = (each for each in ast.iter_child_nodes(value) if isinstance(each, ast.expr))
            return all(_is_written(each) for each in parts)
    return False


def _is_made(call: ast.Call) -> bool:
    """Whether a call makes a record, or wraps what is written; what is in a record need not be."""
    name = ast.unparse(call.func).rpartition(".")[2]
    if name in _WRAPPERS:
        return bool(call.args) and _is_written(call.args[0])
    return name[:1].isupper()
