"""Which files a workflow is started by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from runbook.github.paths import as_yaml, is_needed, watched
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


@given(
    globs=st.lists(
        st.sampled_from(["a/**", "a/b/**", "a/b/c.py", "d.py", "*.md", "x.md"]), unique=True
    )
)
def test_what_is_left_out_is_covered_by_what_is_left(globs: list[str]) -> None:
    for file in ("a/1", "a/b/2", "a/b/c.py", "d.py", "x.md", "e"):
        covered = [
            glob
            for glob in globs
            if not any(is_needed([other], [glob]) for other in set(globs) - {glob})
        ]
        assert is_needed(globs, [file]) == is_needed(covered, [file]) or not globs
