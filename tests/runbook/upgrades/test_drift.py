"""What comes of a drift run: one record, constraints on branches, issues that open and close."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import ExitCode
from runbook.git import git
from runbook.upgrades.drift import Drift, _look_at_all
from runbook.upgrades.weekly import constraints, evidence
from runbook.upgrades.weekly.floated import Floated
from tests.runbook.published import hold
from tests.runbook.support import completed
from tests.runbook.upgrades.records import RESULT, tier

if TYPE_CHECKING:
    import subprocess

    from runbook.upgrades.options import Options
    from runbook.upgrades.report import Result
    from tests.runbook.support import Repository
    from tests.runbook.upgrades.conftest import Project


def test_whoever_broke_one_tier_is_suspected_first_in_the_next(
    drift: Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Options] = []

    def search(options: Options, **_: object) -> Result:
        asked.append(options)
        return RESULT

    monkeypatch.setattr("runbook.upgrades.drift.find_offending_upgrade", search)
    drift.look_at(Floated("browser", "browser", drift.project.root / "browser.txt", "true"))
    assert ("dog", "2.0") in asked[0].suspected


def test_a_tier_that_cannot_be_looked_at_keeps_nobody_from_the_others(
    drift: Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(options: Options, **_: object) -> Result:
        if options.groups == ("browser",):
            raise EnvironmentNotReady("no browser")
        return RESULT

    monkeypatch.setattr("runbook.upgrades.drift.find_offending_upgrade", search)
    drift.options = {"as_of": "2026-01-01T00:00:00Z"}
    lock = drift.project.root / "lock.txt"
    wanted = [Floated(name, name, lock, "true") for name in ("browser", "fast")]
    _look_at_all(drift, wanted, lambda _: None)
    whole = drift.record() | {"issues": [], "branches": []}
    hold(whole)
    verdicts = {name: each["verdict"] for name, each in whole["tiers"].items()}
    assert {"browser": "inconclusive", "fast": "found"} == verdicts


def test_a_constraint_is_a_commit_on_a_branch_and_touches_nothing_else(
    drift: Drift, repository: Repository
) -> None:
    repository.write("app.py", "unfinished work\n")
    before = repository.git("status", "--porcelain=v2", "--branch")
    (done,) = drift.commit()
    branch = done.branch
    assert before == repository.git("status", "--porcelain=v2", "--branch")
    text = repository.git("show", f"{branch}:pyproject.toml")
    (constraint,) = constraints.standing(text + "\n")
    assert "dog<2.0" == constraint.pin
    assert f"drift/{constraint.key}" == branch
    assert "since 2026-01-01" in constraint.why
    assert repository.git("rev-parse", "HEAD") == repository.git("rev-parse", f"{branch}^")
    assert [done] == drift.commit()  # the same once more is no new commit
    drift.tiers["fast"]["as_of"] = "2026-01-08T00:00:00Z"
    assert [done] == drift.commit()  # nor is it a week later: it is needed since the first


def test_a_constraint_is_lifted_and_its_issue_closed_when_the_cause_is_gone(
    drift: Drift, repository: Repository
) -> None:
    (done,) = drift.commit()
    repository.git("merge", "--quiet", done.branch)
    (key,) = {each.key for each in drift.issues()}
    assert [] == drift.commit()  # it stands, and is still needed
    drift.tiers["fast"] = tier("fast", "clean", blamed=False)
    assert [(key, "closed")] == [(each.key, each.state) for each in drift.issues()]
    (lifted,) = drift.commit()
    assert f"drift/lift-{key}" == lifted.branch
    assert () == constraints.standing(repository.git("show", f"drift/lift-{key}:pyproject.toml"))


def test_a_constraint_stands_until_every_tier_that_needed_it_was_looked_at(
    drift: Drift, repository: Repository
) -> None:
    drift.tiers["browser"] = tier("browser")
    (done,) = drift.commit()
    repository.git("merge", "--quiet", done.branch)
    state = drift.project.state
    evidence.write(evidence.make_folder(state, "2026-01-01"), drift.record(), {}, drift.issues())
    drift.tiers = {"fast": tier("fast", "clean", blamed=False)}
    assert [] == drift.commit()
    drift.tiers["browser"] = tier("browser", "clean", blamed=False)
    (lifted,) = drift.commit()
    assert lifted.branch.startswith("drift/lift-")


def test_a_constraint_stands_where_only_another_tier_was_looked_at(
    drift: Drift, repository: Repository
) -> None:
    (done,) = drift.commit()
    repository.git("merge", "--quiet", done.branch)
    drift.tiers = {"browser": tier("browser", "clean", blamed=False)}
    assert [] == drift.commit()
    assert [] == drift.issues()


def test_the_run_says_how_it_is_made_again(drift: Drift) -> None:
    drift.options = {
        "as_of": "2026-01-01T00:00:00Z",
        "resolution": "lowest-direct",
        "prerelease": ("*",),
    }
    whole = drift.record()
    assert (
        "bin/nox -s drift -- --as-of=2026-01-01T00:00:00Z --resolution=lowest-direct --prerelease"
        == whole["command"]
    )
    assert "lowest-direct+prerelease" == whole["way"]


def test_a_run_of_some_tiers_is_made_again_of_these(drift: Drift) -> None:
    drift.options, drift.wanted = {"prerelease": ("starlette",)}, ("fast", "lint")
    assert (
        "bin/nox -s drift -- --prerelease starlette --tier=fast --tier=lint"
        == drift.record()["command"]
    )


@dataclass
class Shop:
    """A repository with one group, whose package comes from an index on this machine."""

    project: Project
    runs: int = 0

    def drift(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it, with a cache of its own: what the index says changes from run to run."""
        self.runs += 1
        place = self.project.root.parent
        environment = self.project.environment() | {
            "UV_CACHE_DIR": str(place / f"cache-{self.runs}")
        }
        done = completed(
            [
                sys.executable,
                "-m",
                "runbook.upgrades.drift",
                "--tier=tools",
                "--python",
                sys.executable,
                *arguments,
            ],
            cwd=self.project.root,
            env=environment,
        )
        for _, whole in evidence.read_all(self.project.root / ".runbook"):
            hold(whole)
        return done

    @property
    def states(self) -> list[dict[str, str]]:
        """The issues of each run that has ended, oldest first: their keys, and whether they are open."""
        return [
            {each["key"]: each["state"] for each in record["issues"]}
            for _, record in evidence.read_all(self.project.root / ".runbook")
        ]


@pytest.fixture
def shop(project: Project) -> Shop:
    (project.root / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nversion = "1"\n[dependency-groups]\ntools = ["bee"]\n'
        '[tool.runbook]\nslug = "shop"\n[tool.runbook.locks]\ntools = {}\n',
        encoding="utf-8",
    )
    (project.root / "requirements").mkdir()
    (project.root / "requirements" / "tools.txt").write_text("bee==1.0\n", encoding="utf-8")
    for command in (["init"], ["add", "."], ["commit", "--message=it"]):
        git(project.root, *command)
    project.index.wheel("bee", "1.0")
    return Shop(project)


def test_the_issue_of_a_group_that_does_not_resolve_is_opened_updated_and_closed(
    shop: Shop,
) -> None:
    index = shop.project.index
    index.wheel("maker", "1.0", "raise ImportError('no such compiler')")
    index.source("bee", "2.0", backend="maker", says_what_it_requires=False)
    first = shop.drift("--as-of=2025-01-01T00:00:00Z")
    assert ExitCode.RED == first.returncode, first.stderr
    assert "RESULT red verdict=found" in first.stdout
    assert "bee<2.0" in git(shop.project.root, "log", "--branches=drift/*", "--format=%s", "-1")
    index.files["maker"].clear()
    index.wheel("maker", "1.0", "raise ImportError('still none')")
    second = shop.drift("--as-of=2025-01-08T00:00:00Z")
    assert ExitCode.RED == second.returncode, second.stderr
    index.files["bee"].pop()
    index.wheel("bee", "2.0")
    third = shop.drift("--as-of=2025-01-15T00:00:00Z")
    assert ExitCode.GREEN == third.returncode, third.stderr
    opened, updated, closed = shop.states
    assert ["open"] == list(opened.values())
    assert opened == updated
    assert dict.fromkeys(opened, "closed") == closed


def test_a_run_that_cannot_begin_leaves_no_folder(shop: Shop) -> None:
    shop.project.index.url = "http://127.0.0.1:9"
    failed = shop.drift()
    assert ExitCode.ENVIRONMENT == failed.returncode
    assert "the package index does not answer" in failed.stderr
    assert [] == list((shop.project.root / ".runbook" / "drift").iterdir())


def test_a_program_reads_one_object_on_standard_output(shop: Shop) -> None:
    green = shop.drift("--as-of=2025-01-01T00:00:00Z", "--json=-")
    assert ("drift/1", "clean") == (
        json.loads(green.stdout)["schema"],
        json.loads(green.stdout)["verdict"],
    )
    assert "DRIFT v1" in green.stderr
    wrong = shop.drift("--jobs=many", "--json=-")
    assert ("error/1", ExitCode.USAGE) == (json.loads(wrong.stdout)["schema"], wrong.returncode)


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_tried(shop: Shop) -> None:
    failed = shop.drift("--json=nowhere/drift.json")
    assert (ExitCode.USAGE, "") == (failed.returncode, failed.stdout)
    assert "there is no folder nowhere" in failed.stderr


def test_a_number_that_makes_no_sense_is_refused_before_a_line_is_printed(shop: Shop) -> None:
    failed = shop.drift("--jobs=0")
    assert (ExitCode.USAGE, "") == (failed.returncode, failed.stdout)
    assert "--jobs is 0; it is 1 or more\n  next: leave --jobs away" in failed.stderr
