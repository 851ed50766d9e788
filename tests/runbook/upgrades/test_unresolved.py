"""A newest side that does not resolve: who is in the way, since when, and what is found besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from tests.runbook.upgrades.conftest import Project


@pytest.fixture
def shop(project: Project) -> Project:
    """A project of which one package can only be built from 2.0 on, and does not build."""
    for name, version in (("ant", "1.0"), ("ant", "2.0"), ("bee", "1.0"), ("bee", "1.5")):
        project.index.wheel(name, version)
    project.index.wheel("maker", "1.0", "raise ImportError('no such compiler')")
    for version in ("2.0", "2.1"):
        project.index.source("bee", version, backend="maker", says_what_it_requires=False)
    project.require("ant", "bee")
    project.pin("ant==1.0", "bee==1.0")
    project.check("import bee")
    return project


def test_a_release_that_cannot_be_read_is_named_with_its_first_and_a_constraint(
    shop: Project,
) -> None:
    found = shop.search()
    assert (ExitCode.GREEN, "found") == (found.status, found.record["verdict"]), found.err
    bee = {"name": "bee", "from": "1.0", "to": "2.1", "first_bad": "2.0"}
    assert [[bee]] == found.record["culprits"]
    assert (["bee<2.0"], ["bee"]) == (found.record["pins"], found.record["hold"])
    assert ["test:resolve bee==2.1"] == found.record["failure"]
    assert ["pass", "unresolvable", "pass"] == found.outcomes


def test_both_halves_of_that_proof_can_be_repeated(shop: Project) -> None:
    assert ExitCode.RED == shop.search("--only", "bee").status
    assert ExitCode.GREEN == shop.search("--pins", "bee<2.0").status


def test_what_breaks_the_rest_is_searched_without_it(shop: Project) -> None:
    shop.check("import ant; assert ant.VERSION == '1.0', 'ant'")
    found = shop.search()
    assert [["bee"], ["ant"]] == found.culprits
    assert ["ant<2.0", "bee<2.0"] == found.record["pins"]


def test_on_the_way_down_the_release_of_the_baseline_is_the_bound(shop: Project) -> None:
    shop.index.source("bee", "0.1", backend="maker", says_what_it_requires=False)
    found = shop.search("--resolution", "lowest-direct")
    assert [["bee"]] == found.culprits
    assert ["bee>=1.0"] == found.record["pins"]
