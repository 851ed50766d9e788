"""Which files a workflow is started by."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import permutations
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from runbook.github.paths import as_yaml, is_needed, uncovered, watched
from runbook.project import find_project
from tests.runbook.support import PYPROJECT

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject

TIER = """
[tool.runbook]
harness = ["docs/**", "docs/legal/*.md", "noxfile.py"]
[tool.runbook.tiers.fast]
tests = ["tests"]
watch = ["web/**"]
"""


def test_the_rows_their_suspects_the_tiers_and_the_harness_are_watched_each_once(
    project: TinyProject,
) -> None:
    project.write("pyproject.toml", PYPROJECT + TIER)

    globs = watched(find_project(project.root))

    assert ["app.py", "docs/**", "noxfile.py", "tests/test_app.py", "web/**"] == globs
    assert '- "app.py"\n- "docs/**"' == as_yaml(globs[:2])


def test_a_change_needs_it_where_one_of_its_files_is_watched() -> None:
    assert is_needed(["web/**"], ["a.md", "web/deep/b.js"])
    assert not is_needed(["web/**"], ["a.md", "webby.js"])


def test_a_change_whose_files_are_not_known_needs_it() -> None:
    assert is_needed(["web/**"], [])


@given(st.sets(st.text("ab*?/", min_size=1, max_size=4)), st.text("ab/", max_size=4))
def test_what_is_left_watches_as_much_and_nothing_in_it_could_be_left_out(
    globs: set[str], file: str
) -> None:
    left = uncovered(globs)

    assert any(fnmatchcase(file, glob) for glob in globs) == any(
        fnmatchcase(file, glob) for glob in left
    )
    assert [] == [(one, other) for one, other in permutations(left, 2) if fnmatchcase(one, other)]
