"""What a project says that it requires, in each of the forms that there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.errors import UsageError
from runbook.upgrades.requirements import Requirements, read_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PYPROJECT = """
[project]
name = "shop"
version = "1"
dependencies = ["ant"]
[project.optional-dependencies]
fast = ["bee>=1", "gnu; sys_platform == 'plan9'"]
slow = ["cow"]
[dependency-groups]
test = ["dog[tail]", {include-group = "lint"}]
lint = ["Elk_Horn"]
docs = ["fox"]
"""


def read(
    root: Path, pinned: Iterable[str] = (), *groups: str, file: str = "", only: bool = False
) -> Requirements:
    return read_requirements(root, file, pinned, groups, only_groups=only)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return tmp_path


def test_a_file_that_is_named_is_all_there_is(shop: Path) -> None:
    assert Requirements("other.in") == read(shop, ["fox"], file="other.in")


def test_groups_and_extras_are_taken_where_the_baseline_pins_all_of_them(shop: Path) -> None:
    found = read(shop, ["ant", "bee", "dog", "elk-horn"])
    assert (
        Requirements("pyproject.toml", ("--group", "test", "--group", "lint", "--extra", "fast"))
        == found
    )


def test_what_has_a_marker_need_not_be_pinned(shop: Path) -> None:
    assert ("--extra", "fast") == read(shop, ["bee"]).arguments


def test_a_group_that_is_wanted_is_taken_whatever_is_pinned_and_only_once(shop: Path) -> None:
    assert ("--group", "docs") == read(shop, ["fox"], "docs").arguments
    assert Requirements("", ("--group", "docs")) == read(shop, ["ant", "fox"], "docs", only=True)


@pytest.mark.parametrize(
    ("text", "is_package"),
    [
        ("", False),
        ("[build-system]\nrequires = []\n", True),
        ("[build-system]\nrequires = []\n[tool.uv]\npackage = false\n", False),
        ("[tool.uv]\npackage = true\n", True),
    ],
)
def test_a_project_that_is_built_is_installed_itself(
    shop: Path, text: str, *, is_package: bool
) -> None:
    (shop / "pyproject.toml").write_text(PYPROJECT + text, encoding="utf-8")
    assert is_package is read(shop).is_package


def test_without_a_project_a_requirements_file_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("ant\n", encoding="utf-8")
    assert Requirements("requirements.txt") == read(tmp_path)
    (tmp_path / "requirements.in").write_text("ant\n", encoding="utf-8")
    assert Requirements("requirements.in") == read(tmp_path)


def test_groups_alone_are_enough(tmp_path: Path) -> None:
    text = '[dependency-groups]\ntest = ["dog"]\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert Requirements("", ("--group", "test")) == read(tmp_path, ["dog"])


@pytest.mark.parametrize("text", [None, "[tool.other]\n"])
def test_a_folder_that_says_nothing_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="says nowhere what it requires"):
        read(tmp_path)


@pytest.mark.parametrize("content", [b"[project", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        read(tmp_path)


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_a_group_is_taken_exactly_where_the_baseline_pins_it(
    tmp_path_factory: pytest.TempPathFactory, pinned: set[str], listed: set[str]
) -> None:
    root = tmp_path_factory.mktemp("shop")
    text = f'[project]\nname = "shop"\n[dependency-groups]\nit = {json.dumps(sorted(listed))}\n'
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    assert (listed <= pinned) is (("--group", "it") == read(root, pinned).arguments)
