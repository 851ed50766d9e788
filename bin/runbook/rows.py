"""The rows of the runbook, read from the source of the tests that carry them.

A row lives on its test, as ``@pytest.mark.runbook(severity=..., cause=..., suspects=[...])``. It is read
here without importing pytest or the test, so that every other reader (the table in the document,
``explain``, the manifest of a verdict) sees what is written and not what a run made of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.errors import UsageError
from runbook.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MARKER = "runbook"


def function_id(node_id: str) -> str:
    """The node id of the test function: without the parameters, which may hold ``::`` too."""
    file, colons, rest = node_id.partition("::")
    return f"{file}{colons}{rest.partition('[')[0]}"


def short_name(node_id: str) -> str:
    """The name of the test with its parameters, without its file and class."""
    function, bracket, parameters = node_id.partition("::")[2].partition("[")
    return f"{function.rpartition('::')[2]}{bracket}{parameters}"


class Severity(StrEnum):
    """How bad it is that a row is red; a high one must keep the public out."""

    HIGH = "high"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A file, and if known the definition in it, that a red row points at."""

    path: str
    qualname: str = ""

    @classmethod
    def parse(cls, text: str) -> Suspect:
        """Read ``path`` or ``path::qualname``."""
        path, _, qualname = text.partition("::")
        return cls(path, qualname)

    def __str__(self) -> str:
        return f"{self.path}::{self.qualname}" if self.qualname else self.path


@dataclass(frozen=True, slots=True)
class Row:
    """One test of the runbook with its likely cause.

    Attributes:
        test: The name of the test function.
        file: Its file, relative to the project's root, with ``/``.
        line: The line of its ``def``, from 1.
        scope: The test class around it, or empty.
        severity: High or normal.
        cause: The likeliest root cause, in one sentence.
        suspects: Where to look, likeliest first.
    """

    test: str
    file: str
    line: int
    severity: Severity
    cause: str
    suspects: tuple[Suspect, ...]
    scope: str = ""

    @property
    def id(self) -> str:
        """The node id that pytest gives the test, without parameters."""
        return "::".join(part for part in (self.file, self.scope, self.test) if part)

    @property
    def suspect_paths(self) -> tuple[str, ...]:
        """The files of the suspects, each once, in their order."""
        return tuple(dict.fromkeys(suspect.path for suspect in self.suspects))

    def as_arguments(self) -> dict[str, Any]:
        """Return what `make_row` makes this row of, in types that every serialiser knows."""
        said = {"severity": str(self.severity), "cause": self.cause}
        suspects = [str(suspect) for suspect in self.suspects]
        place = {"test": self.test, "file": self.file, "line": self.line, "scope": self.scope}
        return {**place, "arguments": {**said, "suspects": suspects}}


@dataclass(frozen=True, slots=True)
class TestFunction:
    """A test as its source shows it, with or without a row."""

    __test__ = False  # pytest must not collect this class

    id: str
    name: str
    row: Row | None


def make_row(*, test: str, file: str, line: int, scope: str = "", arguments: dict[str, Any]) -> Row:
    """Build a row from the arguments of its marker.

    Raises:
        UsageError: An argument is missing, unknown, empty or of the wrong type.
    """
    where = f"{file}:{line}: the row of {test}"
    if arguments.keys() != {"severity", "cause", "suspects"}:
        got = ", ".join(sorted(arguments)) or "none"
        raise UsageError(f"{where} needs exactly severity, cause and suspects, and has {got}")
    severity, cause, suspects = arguments["severity"], arguments["cause"], arguments["suspects"]
    if severity not in tuple(Severity):
        raise UsageError(f"{where} has severity {severity!r}; it is high or normal")
    if not isinstance(cause, str) or not cause.strip() or len(cause.splitlines()) > 1:
        raise UsageError(f"{where} needs a cause of one line")
    if not _is_list_of_text(suspects):
        raise UsageError(
            f"{where} needs a list of at least one suspect, each 'path' or 'path::name'"
        )
    parsed = tuple(Suspect.parse(suspect) for suspect in suspects)
    return Row(test, file, line, Severity(severity), cause, parsed, scope)


def _is_list_of_text(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(v, str) and v for v in value)
    )


def read_tests(root: Path, paths: Iterable[str]) -> tuple[TestFunction, ...]:
    """Read every test function below ``paths`` from its source.

    Args:
        root: The project's root.
        paths: Files or folders relative to it.

    Raises:
        UsageError: A path does not exist, a file does not parse, or a row is malformed.
    """
    return tuple(test for file in files_of_tests(root, paths) for test in _tests_in(root, file))


def read_rows(root: Path, paths: Iterable[str]) -> tuple[Row, ...]:
    """Read every row below ``paths``; see `read_tests`."""
    return tuple(test.row for test in read_tests(root, paths) if test.row)


def find_row(rows: Sequence[Row], name: str) -> Row:
    """Return the row of the test called ``name``: its function name, its node id, or the end of it, as ``Class::test``.

    Raises:
        UsageError: There is none, or more than one; the message holds the nearest names.
    """
    wanted = name.partition("[")[0]
    ends = (f"::{wanted}", f"/{function_id(name)}")
    found = [row for row in rows if f"/{row.id}".endswith(ends)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{name} is in several files: {', '.join(row.id for row in found)}",
            next_step=call(f"explain {found[0].id}"),
        )
    close = ", ".join(nearest(wanted, (row.test for row in rows))) or "none"
    raise UsageError(f"no row for {name!r}; the nearest: {close}", next_step=call("rows"))


def files_of_tests(root: Path, paths: Iterable[str]) -> Iterator[Path]:
    """Yield each file of tests once, also where the paths overlap.

    Args:
        root: The project's root.
        paths: Files and folders, relative to it.

    Raises:
        UsageError: One of them does not exist.
    """
    seen: set[Path] = set()
    for path in paths:
        place = root / path
        if not place.exists():
            raise UsageError(f"{path} does not exist; [tool.runbook] in pyproject.toml names it")
        files = sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
        yield from (file for file in files if file not in seen)
        seen.update(files)


def _tests_in(root: Path, file: Path) -> Iterator[TestFunction]:
    return tests_of(file.read_bytes(), file.relative_to(root).as_posix())


def tests_of(source: bytes, name: str) -> Iterator[TestFunction]:
    """Yield the tests of a module.

    Raises:
        UsageError: It does not parse, or a row is malformed.
    """
    try:
        module = ast.parse(source, filename=name)
    except SyntaxError as error:
        raise UsageError(f"{name}:{error.lineno}: {error.msg}") from error
    except ValueError as error:  # a NUL, before Python 3.12
        raise UsageError(f"{name}: {error}") from error
    yield from _tests_of(module.body, name, scope="")


def _tests_of(body: Iterable[ast.stmt], file: str, scope: str) -> Iterator[TestFunction]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests_of(node.body, file, "::".join(filter(None, (scope, node.name))))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test"
        ):
            row = _row_of(node, file, scope)
            yield TestFunction("::".join(filter(None, (file, scope, node.name))), node.name, row)


def _row_of(test: ast.FunctionDef | ast.AsyncFunctionDef, file: str, scope: str) -> Row | None:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and _is_marker(decorator.func):
            arguments = _literal_arguments(decorator, file)
            return make_row(
                test=test.name, file=file, line=test.lineno, scope=scope, arguments=arguments
            )
    return None


def _is_marker(function: ast.expr) -> bool:
    """Whether this is ``pytest.mark.runbook`` or ``mark.runbook``."""
    return (
        isinstance(function, ast.Attribute)
        and function.attr == MARKER
        and ast.unparse(function.value) in {"pytest.mark", "mark"}
    )


def _literal_arguments(call: ast.Call, file: str) -> dict[str, Any]:
    try:
        arguments = {
            keyword.arg or "**": ast.literal_eval(keyword.value) for keyword in call.keywords
        }
    except (ValueError, TypeError):
        arguments = None
    if arguments is None or call.args:
        where = f"{file}:{call.lineno}"
        raise UsageError(
            f"{where}: a row takes literal keyword arguments, to be read without running it"
        )
    return arguments
