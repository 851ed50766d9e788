"""The engine is standard library alone, but for the pytest that loads its plugin, and Invoke where there are tasks."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import runbook

ENGINE = Path(runbook.__file__).parent
OTHERS = {
    "in_pytest/early.py": {"pytest"},
    "in_pytest/of_today.py": {"pytest"},
    "in_pytest/negative_control.py": {"pytest", "_pytest"},
    "plugin.py": {"pytest"},
    "describe.py": {"invoke"},
}


def imported(file: Path) -> set[str]:
    """The distributions and packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(file.read_bytes())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_the_engine_imports_the_standard_library_alone() -> None:
    found = {
        file.relative_to(ENGINE).as_posix(): others
        for file in ENGINE.rglob("*.py")
        if (others := imported(file) - sys.stdlib_module_names - {"runbook"})
    }

    assert OTHERS == found
