"""The search over upgrades, through its command line, on packages made for it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode
from runbook.upgrades import find
from runbook.upgrades.conclusion import conclude
from runbook.upgrades.report import Verdict
from tests.runbook.upgrades.flaky import searched
from tests.runbook.upgrades.world import World

if TYPE_CHECKING:
    from runbook.upgrades.case import Case
    from runbook.upgrades.environments.laboratory import Laboratory
    from runbook.upgrades.report import Result
    from tests.runbook.upgrades.conftest import Project


def shelf(project: Project, names: str, versions: tuple[str, ...] = ("1.0", "2.0")) -> None:
    """Require packages of which nothing can break, and pin their first versions."""
    for name in names.split():
        for version in versions:
            project.index.wheel(name, version)
    project.require(*names.split())
    project.pin(*(f"{name}=={versions[0]}" for name in names.split()))


def test_one_culprit_is_named_proved_and_held_at_its_first_bad_release(project: Project) -> None:
    shelf(project, "ant bee cow dog elk", ("1.0", "1.1", "2.0", "2.1"))
    project.check("import dog; assert dog.VERSION < '2.0', 'dog changed'")
    found = project.search()
    assert ExitCode.GREEN == found.status, found.err
    assert "found" == found.record["verdict"], found.out + found.err
    assert [[{"name": "dog", "from": "1.0", "to": "2.1", "first_bad": "2.0"}]] == found.record[
        "culprits"
    ]
    assert ["dog<2.0"] == found.record["pins"]
    assert ["dog"] == found.record["hold"]
    assert [] == found.record["carried"]
    assert 5 == len(found.record["changed"])
    assert 0 == found.record["unresolvable"]


def test_a_suspect_that_is_right_takes_four_environments_the_first_bad_release_included(
    project: Project,
) -> None:
    names = " ".join(f"pkg{letter}" for letter in "abcdefghijklmnopqrst")
    shelf(project, names, ("1.0", "1.1", "2.0", "2.1", "3.0"))
    project.check("import pkgm; assert pkgm.VERSION < '2.0', 'pkgm is not what it was'")
    found = project.search()
    assert [["pkgm"]] == found.culprits
    assert (4, 0) == (found.record["environments"], found.record["bound_environments"])
    assert ["pkgm<2.0"] == found.record["pins"]
    assert found.record["repeat"]["red"].endswith(" --only pkgm==2.0")


def test_the_half_of_the_proof_that_was_shown_before_the_newest_can_be_repeated(
    project: Project,
) -> None:
    shelf(project, "ant bee", ("1.0", "2.0", "2.1"))
    project.check("import bee; assert bee.VERSION != '2.0', 'bee'")
    assert ExitCode.RED == project.search("--only", "bee==2.0").status
    assert ExitCode.GREEN == project.search("--only", "bee").status


def test_without_a_hint_it_halves(project: Project) -> None:
    names = " ".join(f"pkg{letter}" for letter in "abcdefghijklmnop")
    shelf(project, names)
    project.check(
        "from importlib.metadata import version as v; assert v('pkg' + 'm') == '1.0', 'broken'"
    )
    found = project.search()
    assert [["pkgm"]] == found.culprits
    assert found.record["environments"] <= 4 + 4


def test_two_that_break_only_together_are_one_set_and_one_is_held(project: Project) -> None:
    shelf(project, "ant bee cow dog elk fox")
    project.check("import bee, elk; assert '1.0' in (bee.VERSION, elk.VERSION), 'they quarrel'")
    found = project.search()
    assert [["bee", "elk"]] == [sorted(group) for group in found.culprits]
    assert 1 == len(found.record["hold"])
    assert 1 == len(found.record["pins"])


def test_two_that_break_by_themselves_are_two_sets_and_both_are_held(project: Project) -> None:
    shelf(project, "ant bee cow dog elk fox")
    project.check("import bee, elk; assert bee.VERSION == '1.0' == elk.VERSION, 'one of them'")
    found = project.search()
    assert [["bee"], ["elk"]] == sorted(found.culprits)
    assert ["bee", "elk"] == found.record["hold"]
    assert ["bee<2.0", "elk<2.0"] == found.record["pins"]


def test_who_was_only_carried_along_is_not_to_blame(project: Project) -> None:
    """The trace points at the carrier, which cannot move without the culprit."""
    project.index.wheel("carrier", "1.0", requires=["engine"])
    project.index.wheel("carrier", "2.0", requires=["engine>=2"])
    project.index.wheel("engine", "1.0")
    project.index.wheel("engine", "2.0")
    project.index.wheel("other", "1.0")
    project.index.wheel("other", "2.0")
    project.require("carrier", "other")
    project.pin("carrier==1.0", "engine==1.0", "other==1.0")
    project.check("import engine; assert engine.VERSION == '1.0', 'carrier'")
    found = project.search()
    assert [["engine"]] == found.culprits
    assert ["engine<2.0"] == found.record["pins"]
    assert ["carrier", "engine"] == found.record["hold"]


def test_another_failure_on_the_way_is_not_taken_for_todays(project: Project) -> None:
    """New `left` with old `right` fails too, in another way that heals when both have moved."""
    shelf(project, "ant left right dog elk fox")
    project.check(
        "import left, right, elk\n"
        "    if left.VERSION != right.VERSION: raise ImportError('left and right')\n"
        "    assert elk.VERSION == '1.0', 'today'"
    )
    found = project.search()
    assert [["elk"]] == found.culprits
    assert ["elk"] == found.record["hold"]


def test_one_that_hid_another_is_named_beside_it(project: Project) -> None:
    """The first fails before any test is run; the second's trace passes through the first and is not about it."""
    shelf(project, "ant bee cow dog elk fox")
    project.check(
        "import bee, elk\n"
        "    if bee.VERSION != '1.0': raise ImportError('bee')\n"
        "    print('bee is in order')\n"
        "    if elk.VERSION != '1.0': raise ValueError('elk')"
    )
    found = project.search()
    assert [["bee"], ["elk"]] == found.culprits, found.out
    assert ["bee<2.0", "elk<2.0"] == found.record["pins"]


def test_nothing_to_blame_is_clean(project: Project) -> None:
    shelf(project, "ant bee cow")
    project.check("import ant")
    found = project.search()
    assert (ExitCode.GREEN, "clean") == (found.status, found.record["verdict"])
    assert ["pass", "pass"] == found.outcomes


def test_a_second_search_believes_what_the_first_saw(project: Project) -> None:
    shelf(project, "ant bee cow")
    project.check("import bee; assert bee.VERSION == '1.0'")
    first, second = project.search(), project.search()
    assert first.culprits == second.culprits
    assert 0 == second.record["runs"]
    assert project.search("--fresh").record["runs"] == first.record["runs"]


@pytest.mark.parametrize(
    ("red", "told", "points_at", "most_wrong"),
    [
        ([], 0.0, "", 4),
        ([], 0.2, "", 2),
        ([{"p3": 2}], 0.0, "p3", 4),
        ([{"p3": 2}], 0.0, "", 4),
        ([{"p3": 2}], 0.2, "", 4),
        ([{"p3": 2}, {"p9": 2}], 0.0, "", 6),
        ([{"p3": 2, "p9": 2}], 0.0, "", 6),
    ],
)
def test_a_command_that_fails_by_itself_in_one_of_five_runs_is_seldom_believed(
    red: list[dict[str, int]],
    told: float,
    points_at: str,
    most_wrong: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of three hundred searches, whether they are told or not; the same lies every time."""
    monkeypatch.setattr(find, "look_outside", _give_up)
    ends = Counter(
        _told(searched(seed, World(17, red), rate=0.2, told=told, points_at=points_at))
        for seed in range(300)
    )
    verdict = "found" if red else "clean"
    right = ends.pop((verdict, tuple(tuple(group) for group in red)))
    assert 300 - most_wrong <= right, ends


def _give_up(case: Case, laboratory: Laboratory, why: str, **_: object) -> Result:
    return conclude(case, laboratory, Verdict.BASELINE_RED, why)


def _told(result: Result) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """Return the verdict, and the names of each set that is to blame."""
    groups = (tuple(each.name for each in group) for group in result.culprits)
    return str(result.verdict), tuple(sorted(groups))
