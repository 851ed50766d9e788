"""What the published payloads are held against: a green run of them proves no more than what their tier watches."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from runbook.project import find_project

ROOT = Path(__file__).parents[3]
# Told by a process that has read nothing else. Assets are only named on these pages.
MADE_BY = """
import json, sys
from dashgen.canvas_schema import Card
from dashgen.grid_cursor import GridOrder
from dashgen.pages import canvas_view, grid, layout
from tests.payloads.rendering import NOW, canvas_of

shown = canvas_of(("a *note*", "another"))
canvas_view.render_canvas_page(shown, now=NOW)
card = Card(shown.id, shown.title, shown.owner_handle, shown.description, shown.theme, NOW)
grid.render_index_page([card], "", GridOrder.newest)
modules = [module.__file__ or "" for module in sys.modules.values() if hasattr(module, "__file__")]
loaded = [template.filename for template in layout._environment().cache.values()]
print(json.dumps(modules + loaded))
"""


@pytest.fixture(scope="module")
def made_by() -> set[str]:
    """The files of Ensemble that a canvas page and the grid are made by, relative to the root."""
    path = [str(ROOT / "bin"), str(ROOT)]
    code = f"import sys; sys.path[:0] = {path}\n{MADE_BY}"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    folder = f"{ROOT}/bin/dashgen/"
    return {file.removeprefix(f"{ROOT}/") for file in json.loads(told.stdout) if folder in file}


@pytest.fixture(scope="module")
def watched() -> list[str]:
    """The globs of the payloads' tier that are of Ensemble."""
    watch = find_project(ROOT).tier("payloads").watch
    return [glob for glob in watch if glob.startswith("bin/dashgen/")]


def test_whatever_makes_these_pages_is_watched(made_by: set[str], watched: list[str]) -> None:
    assert "bin/dashgen/pages/templates/partials/part.html" in made_by
    unseen = {file for file in made_by if not any(fnmatchcase(file, glob) for glob in watched)}
    assert set() == unseen


def test_nothing_is_watched_for_nothing(made_by: set[str], watched: list[str]) -> None:
    assert [] == [glob for glob in watched if not any(fnmatchcase(file, glob) for file in made_by)]
