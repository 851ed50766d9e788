"""Requirements that cannot all be met: the smallest part of them that does not resolve is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode
from runbook.upgrades.weekly.issue import issues_of, keys_of

if TYPE_CHECKING:
    from tests.runbook.upgrades.conftest import Project


@pytest.fixture
def shop(project: Project) -> Project:
    """A project of five packages, one of which will not have the newest of another."""
    for name in ("ant", "bee", "cow", "dog"):
        project.index.wheel(name, "1.0")
        project.index.wheel(name, "2.0")
    project.index.wheel("elk", "1.0")
    project.index.wheel("elk", "2.0", requires=["bee<2"])
    project.pin("ant==1.0", "bee==1.0", "cow==1.0", "dog==1.0", "elk==1.0")
    project.check("import bee")
    return project


def test_two_that_contradict_each_other_are_one_set_and_nobody_else_is_named(
    shop: Project,
) -> None:
    shop.require("ant", "bee>=2", "cow", "dog", "elk>=2")
    found = shop.search()
    assert (ExitCode.RED, "unresolvable") == (found.status, found.record["verdict"])
    bee = {"name": "bee", "from": "1.0", "to": "2.0", "first_bad": ""}
    assert [[bee, bee | {"name": "elk"}]] == found.record["culprits"]
    assert ([], []) == (found.record["pins"], found.record["hold"])
    assert ["search"] == list(found.record["repeat"])
    assert "bee>=2, elk>=2" in found.record["why"]
    assert any(note.startswith("fix: ") for note in found.record["notes"])


def test_one_that_cannot_be_met_by_itself_is_named_alone(shop: Project) -> None:
    shop.require("ant", "bee", "cow>=7")
    found = shop.search()
    assert [["cow"]] == found.culprits
    assert "by itself: cow>=7" in found.record["why"]


def test_it_is_found_in_a_requirements_file_and_in_a_group(shop: Project) -> None:
    (shop.root / "requirements.in").write_text(
        "# ours\nant\nbee>=2 # new\nelk>=2\n", encoding="utf-8"
    )
    assert [["bee", "elk"]] == shop.search().culprits
    shop.require("ant", "bee>=2")
    pyproject = shop.root / "pyproject.toml"
    with pyproject.open("a", encoding="utf-8") as file:
        file.write('[dependency-groups]\ntest = ["elk>=2"]\n')
    assert [["bee", "elk"]] == shop.search("--group", "test").culprits


def test_who_requires_what_a_constraint_of_the_project_forbids_is_named(shop: Project) -> None:
    shop.require("ant", "bee>=2")
    shop.is_configured = True
    with (shop.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.uv]\nconstraint-dependencies = ["bee<2"]\n')
    found = shop.search()
    assert "unresolvable" == found.record["verdict"]
    assert [["bee"]] == found.culprits


def test_the_issue_of_a_contradiction_has_a_key_that_stays(shop: Project) -> None:
    shop.require("bee>=2", "elk>=2", "ant")
    record = shop.search().record | {"tier": "fast"}
    (issue,) = issues_of([record])
    assert "Drift: bee 2.0 with elk 2.0 breaks fast" == issue.title
    shop.index.wheel("cow", "3.0")
    assert keys_of(record).keys() == keys_of(shop.search().record).keys()
