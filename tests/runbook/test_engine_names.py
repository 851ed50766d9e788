"""Names of the engine that the rows use, and what other projects were told.

A search lays today's rows over older trees, and runs them there on the engine of those trees: a row that imports
a new name of the engine makes every commit before that name untestable.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from runbook.project import find_project
from tests.runbook.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD_NAMES = {
    "runbook.browsers.Browser",
    "runbook.browsers.QUIET",
    "runbook.browsers.candidates",
    "runbook.browsers.find_browser",
    "runbook.browsers.how_to_get_one",
    "runbook.browsers.readable",
    "runbook.browsers.sandbox_arguments",
    "runbook.browsers.where_sockets_fit",
    "runbook.errors.EnvironmentNotReady",
    "runbook.gate.file.GateFile",
    "runbook.keeper.fork_keeper",
    "runbook.patience.patience",
    "runbook.preconditions.precondition",
}


def imported(file: Path) -> Iterator[str]:
    """Yield what a file imports from the engine, with the module that it is in."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "runbook":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_rows_and_their_helpers_use_no_new_name_of_the_engine() -> None:
    tests = [ROOT / test for tier in find_project(ROOT).tiers.values() for test in tier.tests]
    folders = {test if test.is_dir() else test.parent for test in tests}
    names = {name for folder in folders for file in folder.glob("*.py") for name in imported(file)}

    assert OLD_NAMES == names


@pytest.mark.parametrize("file", ["plugin.py", "keeper.py", "smoke/__main__.py", "__main__.py"])
def test_what_is_called_by_its_place_stands_there(file: str) -> None:
    assert (ROOT / "bin" / "runbook" / file).is_file()
