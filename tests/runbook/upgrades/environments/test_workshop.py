"""Environments that are changed from one set of pins to the next, and what is run in them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.probes.guarded import GuardedFolder
from runbook.culprit.probes.probing import Job, Word
from runbook.errors import EnvironmentNotReady
from runbook.source_copy import read_source
from runbook.upgrades.environments.uv import find_uv, fresh_builds
from runbook.upgrades.environments.workshop import NOT_INSTALLED, Bench, Installation, Workshop
from tests.runbook.support import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.runbook.upgrades.conftest import Project


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project, and two packages in two versions, in the variables of this very process."""
    for name in ("ant", "bee_hive"):
        project.index.wheel(name, "1.0")
        project.index.wheel(name, "2.0")
    project.index.files["bee-hive"] = project.index.files["bee_hive"]
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    project.check("import ant; print(ant.VERSION); assert ant.VERSION == '1.0'")
    return project


@pytest.fixture
def folder() -> Iterator[GuardedFolder]:
    with GuardedFolder() as made:
        yield made


@pytest.fixture
def workshop(shop: Project, folder: GuardedFolder) -> Iterator[Workshop]:
    """One bench."""
    uv = find_uv(folder.path, folder.announce)
    with Workshop(folder, read_source(shop.root), uv, 1, is_package=False) as made:
        yield made


def installation(*pins: str) -> Installation:
    return Installation("".join(f"{pin}\n" for pin in pins), "", Path(sys.executable))


def submit(workshop: Workshop, job: Job, *pins: str, times: int = 1) -> tuple[list[Word], str]:
    """Run a command with these pins; return what each run said, and what the last printed if it failed."""
    runs = workshop.submit("it", installation(*pins), job, range(1, times + 1)).result()
    return [run.result.word for run in runs], runs[-1].output


def test_an_environment_is_changed_to_what_is_wanted_and_back(workshop: Workshop) -> None:
    """The two modules have one size, and may have been unpacked within one second."""
    job = Job("python check.py")
    assert [Word.PASS] == submit(workshop, job, "ant==1.0", "bee-hive==1.0")[0]
    words, output = submit(workshop, job, "ant==2.0", "bee-hive==1.0")
    assert [Word.FAIL] == words
    assert "2.0" in output
    assert [Word.PASS] == submit(workshop, job, "ant==1.0")[0]


def test_the_first_run_that_passes_ends_them(workshop: Workshop, shop: Project) -> None:
    counted = shop.root.parent / "runs"
    job = Job(f"echo >> '{counted}'; test $(wc -l < '{counted}') -ge 2")
    assert [Word.FAIL, Word.PASS] == submit(workshop, job, "ant==1.0", times=5)[0]


def test_every_run_has_the_project_as_it_is_and_an_environment_that_comes_first(
    workshop: Workshop, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop.root / "ant.py").write_text("VERSION = 'not the package'\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(shop.root))
    job = Job(
        "test ! -e left && touch left && cd / && python -c 'import ant; assert ant.VERSION == \"1.0\"'"
    )
    for _ in range(2):
        assert [Word.PASS] == submit(workshop, job, "ant==1.0")[0]


def test_what_cannot_be_installed_is_red_with_a_fingerprint_of_its_own(
    workshop: Workshop, shop: Project
) -> None:
    shop.index.wheel("maker", "1.0", "raise ImportError('no such compiler')")
    shop.index.source("cow", "1.0", backend="maker")
    (run,) = workshop.submit("it", installation("cow==1.0"), Job("true"), range(1, 3)).result()
    assert (Word.FAIL, False) == (run.result.word, run.is_built)
    assert frozenset({NOT_INSTALLED, "test:install cow"}) == run.result.fingerprint
    assert "no such compiler" in run.output
    assert [Word.PASS] == submit(workshop, Job("true"), "ant==1.0")[0]


def test_a_crash_has_a_fingerprint_too(workshop: Workshop) -> None:
    (run,) = workshop.submit(
        "it", installation("ant==1.0"), Job("kill -SEGV $$"), range(1, 2)
    ).result()
    assert (Word.FAIL, frozenset({"error:SIGSEGV"})) == (run.result.word, run.result.fingerprint)


def test_the_files_of_the_project_are_named_as_the_user_knows_them(workshop: Workshop) -> None:
    said, output = submit(workshop, Job('echo "$PWD/app.py: no such thing"; false'))
    assert ([Word.FAIL], "app.py: no such thing\n") == (said, output)


def test_the_names_that_packages_are_imported_by_are_learnt(workshop: Workshop) -> None:
    (run,) = workshop.submit(
        "it", installation("ant==1.0", "bee-hive==1.0"), Job("true"), range(1, 2)
    ).result()
    assert {"ant": {"ant"}, "bee-hive": {"bee_hive"}} == {
        package: set(names) for package, names in run.imports.items()
    }


def test_leaving_ends_what_still_runs(shop: Project, folder: GuardedFolder) -> None:
    here = shop.root.parent / "here"
    uv = find_uv(folder.path, folder.announce)
    with Workshop(folder, read_source(shop.root), uv, 1, is_package=False) as workshop:
        job = Job(f"touch '{here}'; exec tail -f /dev/null")
        running = workshop.submit("it", installation(), job, range(1, 4))
        wait_until(here.exists, "the command")
    assert running.done()


def test_a_disk_that_is_full_is_no_failure_of_the_command(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbook.upgrades.environments.workshop._LEAST_SPACE", 1 << 80)
    assert [Word.PASS] == submit(workshop, Job("true"), "ant==1.0")[0]
    with pytest.raises(EnvironmentNotReady, match="the disk is full"):
        submit(workshop, Job("false"), "ant==1.0")


def test_with_another_uv_all_is_installed_again(shop: Project, folder: GuardedFolder) -> None:
    uv = find_uv(folder.path, folder.announce)
    bench = Bench(folder.path / "bench", read_source(shop.root), uv, is_package=False)
    bench.install(installation("ant==1.0"))
    mark = bench.python.parents[1] / "mark"
    mark.touch()
    bench.install(installation("ant==1.0"))
    assert mark.exists()
    bench.install(installation("ant==1.0"), fresh_builds(uv, folder.path / "fresh"))
    assert not mark.exists()


def test_a_command_that_hangs_is_ended_and_has_a_fingerprint(workshop: Workshop) -> None:
    job = Job("exec tail -f /dev/null", timeout=0.5)
    (run,) = workshop.submit("it", installation("ant==1.0"), job, range(1, 2)).result()
    assert (Word.FAIL, frozenset({"error:Timeout"})) == (run.result.word, run.result.fingerprint)
