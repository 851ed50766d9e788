"""Extreme mutation: functions that have lost their body, one at a time.

A function that can be emptied without any test noticing is not tested, however often it is called (Vera-Perez et al.,
"A comprehensive study of pseudo-tested methods", 2019). Pure: source text in, functions and edited text out.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Emptied:
    """A function without its body: it returns None, or yields nothing.

    Attributes:
        file: Where it is, relative to the project's root.
        qualname: Its name, with the classes and functions around it.
    """

    file: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.file}::{self.qualname}"

    def edit(self, source: str) -> str:
        """Return the source with this function emptied; its docstring stays.

        Raises:
            LookupError: There is no such function.
        """
        found = dict(functions(source)).get(self.qualname)
        if found is None:
            raise LookupError(f"{self} does not exist")
        return _without_body(source, found)


def functions(source: str) -> Iterator[tuple[str, _Function]]:
    """Yield each function of a module that does anything, with its qualified name, the outer before the inner.

    Left out are bodies that are empty already, declarations of a protocol, and overloads.
    """
    yield from _functions_in(ast.parse(source), "")


def _functions_in(scope: ast.AST, prefix: str) -> Iterator[tuple[str, _Function]]:
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, _SCOPES):
            yield from _functions_in(node, prefix)
            continue
        name = f"{prefix}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _functions_in(node, f"{name}.")
        elif _statements(node):
            yield name, node
            yield from _functions_in(node, f"{name}.<locals>.")


def _statements(function: _Function) -> list[ast.stmt]:
    """The body without its docstring; nothing where it does nothing."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return [] if all(_does_nothing(statement) for statement in body) else body


def _does_nothing(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    is_empty_return = isinstance(statement, ast.Return) and (
        statement.value is None
        or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    )
    return is_constant or is_empty_return or isinstance(statement, ast.Pass)


def _without_body(source: str, function: _Function) -> str:
    body = _statements(function)
    nothing = "return; yield" if _is_generator(function) else "return None"
    lines = source.splitlines(keepends=True)
    first, last = body[0], body[-1]
    start = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))]) - 1
    head = lines[start].encode()[: first.col_offset].decode()
    tail = lines[(last.end_lineno or last.lineno) - 1].encode()[last.end_col_offset or 0 :].decode()
    ending = tail if tail.strip() == "" else "\n"
    return "".join(
        [*lines[:start], head, nothing, ending, *lines[last.end_lineno or last.lineno :]]
    )


def _is_generator(function: _Function) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(function))


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Everything inside, but not inside of the functions within."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, (*_SCOPES, ast.Lambda)):
            yield from _own_nodes(node)


def reached(sources: Mapping[str, str], noted: Iterable[str]) -> list[Emptied]:
    """Return the functions that were noted while requests were served, in the order of the sources.

    Args:
        sources: The text of every module, by its path.
        noted: ``file::name`` each; what is no function with a body of its own is passed over.
    """
    names = frozenset(noted)
    every = (Emptied(file, name) for file, text in sources.items() for name, _ in functions(text))
    return [each for each in every if str(each) in names]
