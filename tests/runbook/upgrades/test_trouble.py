"""What can go wrong around a search: said clearly, nothing left behind, and gone on with the next time."""

from __future__ import annotations

import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode
from runbook.upgrades.weekly.constraints import Constraint, add
from tests.runbook.support import wait_until

if TYPE_CHECKING:
    from tests.runbook.upgrades.conftest import Project

LAST = 2  # runs of the newest before a command that lies accuses anybody


@pytest.fixture
def shop(project: Project) -> Project:
    """A project of two packages, the newer of which breaks it."""
    for name in ("ant", "bee"):
        project.index.wheel(name, "1.0")
        project.index.wheel(name, "2.0")
    project.require("ant", "bee")
    project.pin("ant==1.0", "bee==1.0")
    project.check("import bee; assert bee.VERSION == '1.0', 'bee'")
    return project


def test_without_an_index_it_says_so(shop: Project) -> None:
    shop.index.url = "http://127.0.0.1:9"
    found = shop.search()
    assert ExitCode.ENVIRONMENT == found.status
    assert "the package index does not answer" in found.err


def test_an_index_without_dates_is_noticed_and_the_search_goes_on(shop: Project) -> None:
    shop.index.has_dates = False
    found = shop.search()
    assert [["bee"]] == found.culprits, found.err
    assert any("no upload times" in note for note in found.record["notes"])
    assert "" == found.record["as_of"]


def test_a_day_before_the_baseline_is_no_index_without_dates(shop: Project) -> None:
    """The other side is then the older one, and what broke on the way there is named with a lower bound."""
    for name in ("ant", "bee"):
        shop.index.wheel(name, "0.5", day="2023-01-01")
    shop.check("import bee; assert bee.VERSION >= '1.0', 'bee'")
    found = shop.search("--as-of", "2023-06-01")
    assert [["bee"]] == found.culprits, found.err
    assert ["bee>=1.0"] == found.record["pins"]
    assert "2023-06-01T23:59:59Z" == found.record["as_of"]
    assert any("the baseline is newer" in note for note in found.record["notes"])


def test_on_the_way_down_what_goes_up_has_an_upper_bound(shop: Project) -> None:
    """The lowest of what the project requires itself comes with the newest of what that requires."""
    shop.index.wheel("ant", "0.5", requires=["cow"])
    for version in ("1.0", "2.0"):
        shop.index.wheel("cow", version)
    shop.index.wheel("bee", "0.5")
    shop.index.wheel("ant", "1.1", requires=["cow"])
    shop.pin("ant==1.1", "bee==1.0", "cow==1.0")
    shop.check("import cow; assert cow.VERSION == '1.0', 'cow'")
    found = shop.search("--resolution", "lowest-direct")
    assert [["cow"]] == found.culprits, found.err
    assert ["cow<2.0"] == found.record["pins"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--python", "3.99"], ExitCode.ENVIRONMENT, "Python 3.99 is not there"),
        (["--as-of", "soon"], ExitCode.USAGE, "is no date"),
        (["--jobs", "0"], ExitCode.USAGE, "--jobs is 0"),
        (["--baseline", "no-such-file"], ExitCode.USAGE, "no-such-file does not exist"),
    ],
)
def test_a_bad_option_is_refused(
    shop: Project, arguments: list[str], status: ExitCode, said: str
) -> None:
    found = shop.search(*arguments)
    assert status == found.status
    assert said in found.err


def test_a_baseline_that_pins_nothing_or_what_does_not_exist_is_refused(shop: Project) -> None:
    shop.pin("# nothing")
    assert "pins nothing" in shop.search().err
    shop.pin("ant==7.0")
    found = shop.search()
    assert ExitCode.USAGE == found.status
    assert "cannot be used" in found.err


def test_what_the_baseline_and_the_project_do_not_share_is_noted(shop: Project) -> None:
    shop.require("bee")
    found = shop.search()
    assert [["bee"]] == found.culprits
    assert any(note.endswith("does not require it: ant") for note in found.record["notes"])


def test_a_command_that_is_not_there_is_no_finding(shop: Project) -> None:
    found = shop.search(command="no-such-program")
    assert ExitCode.ENVIRONMENT == found.status
    assert "no verdict" in found.err


def test_a_baseline_that_hangs_is_no_finding_and_says_for_how_long(shop: Project) -> None:
    found = shop.search("--timeout", "0.5", command="sleep 60")
    assert ExitCode.ENVIRONMENT == found.status
    assert "it did not end in 0.5 s" in found.err


def test_a_newest_side_that_cannot_be_resolved_is_a_finding(shop: Project) -> None:
    shop.index.wheel("ant", "3.0", requires=["bee<2"], day="2024-02-01")
    shop.require("ant==3.0", "bee==2.0")
    found = shop.search()
    assert "unresolvable" == found.record["verdict"]
    assert "depends on bee==2.0" in found.record["why"]
    assert [["ant", "bee"]] == found.culprits
    assert ExitCode.RED == found.status


def test_a_crash_is_a_failure_like_any_other(shop: Project) -> None:
    shop.check("import bee, os; bee.VERSION == '1.0' or os.kill(os.getpid(), 11)")
    assert [["bee"]] == shop.search().culprits


def test_a_flake_at_the_newest_is_no_alarm(shop: Project) -> None:
    """The very first run at the newest fails, in a way that bee could be blamed for; no run after it does."""
    once = shop.root.parent / "once"
    shop.check(
        f"import bee, pathlib; once = pathlib.Path({str(once)!r})\n"
        "    if bee.VERSION == '2.0' and not once.exists():\n"
        "        once.touch()\n"
        "        raise ValueError('bee')"
    )
    found = shop.search()
    assert "clean" == found.record["verdict"], found.out
    assert any("flake" in note for note in found.record["notes"])


def test_nobody_is_blamed_for_a_flake_that_lasted_as_long_as_the_search(shop: Project) -> None:
    """The baseline fails once; the newest fails until somebody would be named, and never again."""
    runs = shop.root.parent / "runs"

    def check(newest_fails: int) -> None:
        shutil.rmtree(runs, ignore_errors=True)
        runs.mkdir()
        fails = {"1.0 1.0": 1, "2.0 2.0": newest_fails, "1.0 2.0": 99}
        shop.check(
            "import ant, bee, pathlib\n"
            "    key = ant.VERSION + ' ' + bee.VERSION\n"
            f"    with (pathlib.Path({str(runs)!r}) / key).open('a+') as log:\n"
            "        log.write('x')\n"
            "        so_far = log.tell()\n"
            f"    assert so_far > {fails!r}.get(key, 0), 'bee'"
        )

    check(newest_fails=99)
    named = shop.search("--jobs", "1", "--fresh")
    assert [["bee"]] == named.culprits, named.out
    until_then = (runs / "2.0 2.0").stat().st_size - LAST
    check(newest_fails=until_then)
    found = shop.search("--jobs", "1", "--fresh")
    assert "clean" == found.record["verdict"], found.out
    assert "a flake" in found.record["why"]


def test_a_constraint_of_drift_can_be_left_out_so_that_its_proof_can_be_repeated(
    shop: Project,
) -> None:
    pyproject = shop.root / "pyproject.toml"
    held = add(
        pyproject.read_text(encoding="utf-8"), Constraint("0a1b2c3d", "bee<2.0", "it breaks")
    )
    pyproject.write_text(held, encoding="utf-8")
    shop.is_configured = True
    assert ExitCode.GREEN == shop.search("--only", "bee").status
    assert ExitCode.RED == shop.search("--only", "bee", "--lift").status


def test_one_proof_can_be_repeated_by_itself(shop: Project) -> None:
    assert ExitCode.RED == shop.search("--only", "bee").status
    assert ExitCode.GREEN == shop.search("--pins", "bee<2.0").status


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, ExitCode.INTERRUPTED)]
)
def test_a_killed_search_leaves_nothing_and_the_next_goes_on(
    shop: Project, number: int, status: int
) -> None:
    here, go = shop.root.parent / "here", shop.root.parent / "go"
    shop.check(
        f"import bee, pathlib, threading\n    if bee.VERSION == '2.0' and not pathlib.Path({str(go)!r}).exists():\n"
        f"        pathlib.Path({str(here)!r}).touch(); threading.Event().wait()\n"
        "    assert bee.VERSION == '1.0', 'bee'"
    )
    process = subprocess.Popen(
        shop.argv(), env=shop.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(here.exists, "the run at the newest")
    process.send_signal(number)
    assert status == process.wait()
    wait_until(lambda: not any(shop.scratch.iterdir()), "the removal of what was left")
    go.touch()
    found = shop.search()
    assert [["bee"]] == found.culprits
    assert "the baseline" not in [each["asked"] for each in found.record["probes"]]
