"""Opening the gate, from end to end: a tiny repository, Nox and pytest for real, and every trick that is known."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runbook.gate.file import Position
from runbook.gate.opening import _refuse_other_settings
from runbook.gate.status import GateStatus
from runbook.incidents import Incidents, Status
from runbook.procedures.steps import Refused
from runbook.project import find_project
from runbook.runs.run_folder import RunFolder
from runbook.runs.source_state import read_source_state
from tests.runbook.gate.gated import NOXFILE, ONE, TWO, Gated
from tests.runbook.published import hold
from tests.runbook.support import (
    ENGINE,
    GATE,
    PATIENCE,
    PYPROJECT,
    completed,
    editable,
    is_alive,
    module,
    row_test,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_green_commit_opens_it_and_says_what_was_proved(gated: Gated) -> None:
    # Another file of settings would filter, but the settings are named.
    gated.project.write("pytest.ini", "[pytest]\naddopts = -p runbook.plugin -k one\n")
    commit = gated.project.commit()

    asked = gated.open(json_file="gate-was.json")

    assert 0 == asked.status, asked.err
    assert asked.out.startswith(f"gate open for commit {commit[:10]}, build ")
    state = gated.state
    assert Position.OPEN is state.position
    record = state.record
    assert (commit, gated.project.git("rev-parse", "HEAD^{tree}")) == (
        record["commit"],
        record["tree"],
    )
    assert gated.project.git("hash-object", "app.py") == record["build"]
    proof = record["proof"]
    assert {"manifest", "harness", "tiers", "faults", "versions", "seconds"} == proof.keys()
    assert 2 == proof["tiers"]["fast"]["passed"]
    (run,) = proof["tiers"]["fast"]["runs"]
    kept = RunFolder(gated.project.root / ".runbook" / "runs" / run)
    assert "green" == kept.read_result()["verdict"]
    assert proof == json.loads((gated.project.root / "gate-was.json").read_bytes())["proof"]
    source = read_source_state(gated.project.root)
    hold(GateStatus(state, source, record["build"], "", "").as_json())


def red(gated: Gated) -> str:
    gated.project.write("tests/test_app.py", module(ONE, row_test("test_two", "assert 1 == 2")))
    return "red: test_two"


def skipped(gated: Gated) -> str:
    gated.project.write("tests/test_app.py", module(ONE, "@pytest.mark.skip\n" + TWO))
    return "skipped: test_two"


def forged(gated: Gated) -> str:
    conftest = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
    gated.project.write("tests/conftest.py", conftest)
    return "the negative control in tests passed"


def rowless(gated: Gated) -> str:
    gated.project.write("tests/test_app.py", module(ONE, TWO, "def test_new():\n    pass\n"))
    return "test_new has no row"


def sessionless(gated: Gated) -> str:
    gated.project.write("noxfile.py", NOXFILE.replace('name="fast"', 'name="quick"'))
    return "fast: its session could not be run: Sessions not found: fast"


def failing_session(gated: Gated) -> str:
    gated.project.write("noxfile.py", NOXFILE + "    session.error('no browser here')\n")
    return "fast: session fast ended with aborted: no browser here"


def scribbling(gated: Gated) -> str:
    body = "import pathlib; pathlib.Path('app.py').write_text('# smoked')"
    test = row_test("test_two", body)
    gated.project.write("tests/test_app.py", module(ONE, test))
    return "the smoke changed the tree that it smoked"


@pytest.mark.parametrize(
    "fault", [red, skipped, forged, rowless, sessionless, failing_session, scribbling]
)
def test_whatever_is_not_plainly_green_is_refused_with_its_reason(
    gated: Gated, fault: Callable[[Gated], str]
) -> None:
    before = gated.open_for_something_else()
    reason = fault(gated)
    gated.project.commit()

    asked = gated.open()

    assert (5, "") == (asked.status, asked.out)
    assert reason in asked.err
    assert "\n  next: " in asked.err
    assert before == gated.state


def flaky(gated: Gated, outcomes: str) -> Path:
    """Commit a row whose runs come out as these letters say, then green; return the file that counts them."""
    count = gated.file.path.with_name("runs")
    count.parent.mkdir()
    count.touch()
    body = (
        f"import pathlib; f = pathlib.Path({str(count)!r}); n = len(f.read_text());"
        f" f.write_text('x' * (n + 1)); assert 'r' != {outcomes!r}[n:n + 1]"
    )
    gated.project.write("tests/test_app.py", module(ONE, row_test("test_two", body)))
    gated.project.write(".gitignore", "__pycache__/\n")  # a smoke in the checkout leaves it clean
    gated.project.commit()
    return count


def test_a_row_that_was_red_on_the_same_bytes_must_be_green_several_times(gated: Gated) -> None:
    count = flaky(gated, "r")

    assert 5 == gated.open().status
    asked = gated.open()

    assert 0 == asked.status, asked.err
    assert "red runs of the same bytes: 1 (test_two); 5 green runs are asked for" in asked.err
    assert 6 == len(count.read_text())
    assert 5 == len(gated.state.record["proof"]["tiers"]["fast"]["runs"])


def test_a_row_that_is_red_again_asks_for_more_and_ends_at_the_first_red(gated: Gated) -> None:
    count = flaky(gated, "rrr")

    asked = [gated.open() for _ in range(3)][-1]

    assert "red runs of the same bytes: 2 (test_two); 10 green runs" in asked.err
    assert (5, 3) == (asked.status, len(count.read_text()))


def test_a_red_run_by_whomever_counts(gated: Gated) -> None:
    count = flaky(gated, "r")

    assert 1 == gated.project.smoke(ORCH_DATA=str(gated.file.path.parent)).status
    assert 0 == gated.open().status

    assert 6 == len(count.read_text())


def test_a_commit_that_mends_the_row_is_asked_once(gated: Gated) -> None:
    count = flaky(gated, "r")
    assert 5 == gated.open().status
    gated.project.write("tests/test_app.py", module(ONE, TWO))
    gated.project.commit()

    assert 0 == gated.open().status

    assert 1 == len(count.read_text())


def test_a_test_that_tries_again_by_itself_is_refused(gated: Gated) -> None:
    tries = (
        row_test("test_two") + "    try:\n        assert 1\n    except Exception:\n        pass\n"
    )
    gated.project.write("tests/test_app.py", module(ONE, tries))
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert ": catches the failure of an assertion, and goes on" in asked.err
    assert "SMOKE v1" not in asked.err


# What a session of faults says is written beside the noxfile; it has to be asked for the high rows alone.
PROVES = """

@nox.session(name="faults")
def faults(session):
    import pathlib
    assert session.posargs[:2] == ["test_one", "--json"], session.posargs
    said = pathlib.Path("proofs.json")
    if said.exists():
        pathlib.Path(session.posargs[2]).write_bytes(said.read_bytes())
"""


def proofs(*outcomes: str, row: str = "test_one") -> str:
    entries = [
        {"row": row, "name": f"fault-{number}", "killed": outcome == "killed"}
        for number, outcome in enumerate(outcomes)
    ]
    return json.dumps({"schema": "prove/1", "proofs": entries})


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (proofs("killed", "survived"), "test_one stays green with its fault fault-1"),
        (proofs("killed", row="test_two"), "test_one has no fault that proves it"),
        ("{}", "it has proved nothing"),
        ("", "it has proved nothing"),
    ],
)
def test_a_smoke_that_does_not_notice_its_faults_opens_nothing(
    gated: Gated, said: str, reason: str
) -> None:
    """Emptied tests, and a conftest that forges all but the control, are green by every other sign."""
    gated.project.write("pyproject.toml", PYPROJECT + GATE + 'faults = "faults"\n')
    gated.project.write("noxfile.py", NOXFILE + PROVES)
    gated.project.write("proofs.json", said)
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert f"the smoke would not notice: {reason}" in asked.err
    assert Position.NEVER is gated.state.position


def test_a_smoke_that_notices_its_faults_says_how_many(gated: Gated) -> None:
    gated.project.write("pyproject.toml", PYPROJECT + GATE + 'faults = "faults"\n')
    gated.project.write("noxfile.py", NOXFILE + PROVES)
    gated.project.write("proofs.json", proofs("killed", "killed"))
    gated.project.commit()

    assert 0 == gated.open().status
    assert 2 == gated.state.record["proof"]["faults"]


def test_a_red_row_of_high_severity_closes_what_was_open(gated: Gated) -> None:
    gated.open_for_something_else()
    high = row_test("test_one", "assert 1 == 2", severity="high")
    gated.project.write("tests/test_app.py", module(high, TWO))
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert "next: bin/invoke explain test_one" in asked.err
    assert (Position.CLOSED, "bot", "red when it was to be opened: test_one") == (
        *(gated.state.position, gated.state.by),
        gated.state.why,
    )


def assume_unchanged(gated: Gated, file: str, text: str) -> None:
    gated.project.git("update-index", "--assume-unchanged", file)
    gated.project.write(file, text)


def skip_worktree(gated: Gated, file: str, text: str) -> None:
    gated.project.git("update-index", "--skip-worktree", file)
    gated.project.write(file, text)


def same_size_and_time(gated: Gated, file: str, text: str) -> None:
    path = gated.project.root / file
    size, long_ago = path.stat().st_size, (0, 10**18)  # what was just written git reads again
    gated.project.git("config", "core.trustctime", "false")
    os.utime(path, ns=long_ago)
    gated.project.git("update-index", "--refresh")
    path.write_text(text[:size].ljust(size, "#"), encoding="utf-8")
    os.utime(path, ns=long_ago)


HIDERS = [assume_unchanged, skip_worktree, same_size_and_time]


@pytest.mark.parametrize("hide", HIDERS)
def test_a_hidden_edit_of_what_is_served_is_refused_before_anything_runs(
    gated: Gated, hide: Callable[[Gated, str, str], None]
) -> None:
    hide(gated, "app.py", "def serve():\n    return 2\n")
    assert "" == gated.project.git("status", "--porcelain")

    asked = gated.open()

    assert 5 == asked.status
    assert "what is served from this checkout is not" in asked.err
    assert "SMOKE v1" not in asked.err
    assert Position.NEVER is gated.state.position


def test_a_hidden_edit_of_a_test_counts_for_nothing(gated: Gated) -> None:
    gated.project.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2"), TWO))
    gated.project.commit()
    skip_worktree(gated, "tests/test_app.py", module(row_test("test_one", "assert 1 == 1"), TWO))

    assert "red: test_one" in gated.open().err


def test_modules_that_are_installed_as_editable_are_the_commits(
    gated: Gated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = "import shop; assert shop.is_whole"
    inherits = f"{str(ENGINE)!r} + ':' + os.environ.get('PYTHONPATH', '')"
    noxfile = "import os\n" + NOXFILE.replace(repr(str(ENGINE)), inherits)
    gated.project.write("noxfile.py", noxfile)
    gated.project.write("tests/test_app.py", module(row_test("test_one", whole), TWO))
    gated.project.write("src/shop.py", "is_whole = False\n")
    gated.project.commit()
    skip_worktree(gated, "src/shop.py", "is_whole = True\n")
    python = editable(tmp_path / "env", gated.project.root / "src", *site.getsitepackages())
    monkeypatch.setattr(sys, "executable", str(python))

    assert "red: test_one" in gated.open().err


def test_a_conftest_that_git_does_not_see_counts_for_nothing(gated: Gated) -> None:
    gated.project.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2"), TWO))
    gated.project.commit()
    gated.project.write(".git/info/exclude", "conftest.py\n")
    gated.project.write("tests/conftest.py", "collect_ignore = ['test_app.py']\n")

    assert "red: test_one" in gated.open().err


@pytest.mark.parametrize("name", ["pyproject.toml", "noxfile.py"])
def test_settings_that_are_not_committed_decide_nothing(gated: Gated, name: str) -> None:
    file = gated.project.root / name
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    asked = gated.open()

    assert 5 == asked.status
    assert f"what decides here is not what HEAD holds: {name}" in asked.err


def test_a_replaced_commit_is_not_smoked_in_its_place(gated: Gated) -> None:
    good = gated.project.git("rev-parse", "HEAD")
    gated.project.write("app.py", "def serve():\n    return 2\n")
    bad = gated.project.commit()
    gated.project.git("replace", bad, good)

    asked = gated.open()

    assert 5 == asked.status
    assert "what is served from this checkout is not" in asked.err


def test_a_tier_that_goes_with_another_one_is_not_the_gates_unless_it_is_named(
    gated: Gated,
) -> None:
    tiers = (
        '[tool.runbook.tiers.fast]\ntests = ["tests/test_app.py"]\n'
        '[tool.runbook.tiers.hub]\ntests = ["tests/test_hub.py"]\ngoes_with = "fast"\nwatch = ["**"]\n'
    )
    gated.project.write("pyproject.toml", PYPROJECT + GATE + 'tiers = ["fast"]\n' + tiers)
    companions = NOXFILE.replace(
        '"fast", *session', '"fast", "--companions-by", sys.executable, *session'
    )
    gated.project.write("noxfile.py", companions)
    gated.project.write("tests/test_hub.py", module(row_test("test_hub")))
    gated.project.commit()

    asked = gated.open()

    assert 0 == asked.status, asked.err
    assert 1 == len(gated.state.record["proof"]["tiers"]["fast"]["runs"])


def test_what_keeps_a_tier_from_starting_is_said_first(gated: Gated) -> None:
    tiers = (
        '[tool.runbook.tiers.fast]\ntests = ["tests/test_app.py"]\nbefore = "no_browser:start"\n'
    )
    gated.project.write("pyproject.toml", PYPROJECT + GATE + tiers)
    gated.project.write("no_browser.py", "raise SystemExit('no browser, look for one')\n")
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert "the gate is not opened: fast: no browser, look for one" in asked.err
    assert "next: bin/invoke run --tier fast" in asked.err


def test_a_filter_of_the_users_own_decides_nothing(gated: Gated, tmp_path: Path) -> None:
    """It mends the test where git checks it out, and git finds nothing changed."""
    gated.project.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2"), TWO))
    gated.project.commit()
    attributes, settings = tmp_path / "attributes", tmp_path / "gitconfig"
    attributes.write_text("test_app.py filter=mend\n", encoding="utf-8")
    settings.write_text(
        f'[core]\nattributesFile = {attributes}\n[filter "mend"]\n'
        "smudge = sed 's/1 == 2/1 == 1/'\nclean = sed 's/1 == 1/1 == 2/'\n",
        encoding="utf-8",
    )

    assert "red: test_one" in gated.open({"GIT_CONFIG_GLOBAL": str(settings)}).err


def test_a_module_of_the_tree_is_not_taken_for_nox(gated: Gated) -> None:
    gated.project.write("nox.py", "raise SystemExit('this is not Nox')\n")
    gated.project.commit()

    asked = gated.open()

    assert 0 == asked.status, asked.err


def test_settings_that_were_put_back_while_they_were_read_decide_nothing(gated: Gated) -> None:
    root = gated.project.root
    committed = find_project(root)
    gated.project.write("pyproject.toml", PYPROJECT + GATE + 'tiers = ["none"]\n')

    with pytest.raises(Refused, match="changed while it was read"):
        _refuse_other_settings(find_project(root), committed)

    _refuse_other_settings(committed, committed)


# A package in an environment that Nox made: uv often links its files to those in its cache.
DAMAGED = """
    import pathlib
    environments = pathlib.Path(sys.argv[sys.argv.index("--envdir") + 1])
    package = environments / "fast/lib/python3/site-packages/app-1.dist-info"
    package.mkdir(parents=True)
    (package / "RECORD").write_text("app.py,sha256=AAAA,4\\n")
    (package.parent / "app.py").write_text("edit")
"""


def test_an_installed_package_that_was_edited_opens_nothing(gated: Gated) -> None:
    gated.project.write("noxfile.py", NOXFILE + DAMAGED)
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert "what was installed is not what its packages hold: app.py" in asked.err


def test_a_revert_that_waits_keeps_it_closed_and_an_opening_resolves_the_incident(
    gated: Gated,
) -> None:
    project = gated.project
    project.write("app.py", "def serve():\n    return 2\n")
    culprit = project.commit()
    row = {"test": "tests/test_app.py::test_one", "severity": "high", "cause": "it leaks"}
    named = {"sha": culprit, "subject": "x", "author": "Ada", "date": "d", "files": ["app.py"]}
    search = {"verdict": "found", "probability": 0.99, "runs": 7, "candidates": []}
    revert = {"branch": "revert/x", "commit": culprit, "smoke": [], "still_red": []}
    incidents = Incidents(project.root / ".runbook")
    incidents.write(
        incidents.open(culprit, (row,), "high"), "proved", status=Status.REVERT_READY,
        search={**search, "culprit": named}, revert=revert, next=("git merge revert/x",),
    )  # fmt: skip

    asked = gated.open()
    assert (5, True) == (asked.status, "waits for its revert" in asked.err), asked.err
    assert "next: git merge revert/x; where it was mended otherwise" in asked.err
    assert Position.NEVER is gated.state.position

    project.git("-c", "user.name=a", "-c", "user.email=a@b", "revert", "--no-edit", culprit)
    assert 0 == gated.open().status
    assert [Status.RESOLVED] == [each.status for each in incidents.read()]


def test_head_must_not_move_meanwhile(gated: Gated) -> None:
    git = (
        f"git -C {str(gated.project.root)!r} -c user.name=a -c user.email=a@b commit --allow-empty"
    )
    body = f"import subprocess; subprocess.run({git + ' -qm x'!r}, shell=True, check=True)"
    gated.project.write("tests/test_app.py", module(ONE, row_test("test_two", body)))
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert "HEAD moved from " in asked.err
    assert Position.NEVER is gated.state.position


def test_a_closure_meanwhile_stands(gated: Gated) -> None:
    body = (
        "from pathlib import Path; from runbook.gate.file import GateFile;"
        f" GateFile(Path({str(gated.file.path)!r})).close('wait', by='ada', now=1.0)"
    )
    gated.project.write("tests/test_app.py", module(ONE, row_test("test_two", body)))
    gated.project.commit()

    asked = gated.open()

    assert 5 == asked.status
    assert "the gate was changed meanwhile: closed by ada, wait" in asked.err
    assert "wait" == gated.state.why


# A test that says its process id, then waits to be let go on.
_WAITS_TO_GO_ON = (
    "import time, pathlib; pathlib.Path({0!r} + '.new').write_text(str(os.getpid()));"
    " os.rename({0!r} + '.new', {0!r});"
    " [time.sleep(0.01) for _ in iter(lambda: os.path.exists({1!r}), True)]"
)


def test_an_opening_that_was_stopped_does_not_undo_a_closure(gated: Gated, tmp_path: Path) -> None:
    running, go = tmp_path / "running", tmp_path / "go"
    test = row_test("test_two", _WAITS_TO_GO_ON.format(str(running), str(go)))
    gated.project.write("tests/test_app.py", module(ONE, test))
    gated.project.commit()
    with subprocess.Popen(
        gated.command(),
        cwd=gated.project.root,
        env=gated.environment({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as opening:
        wait_until(running.exists, "the start of the test")
        tester = int(running.read_text(encoding="utf-8"))
        opening.send_signal(signal.SIGSTOP)
        os.kill(tester, signal.SIGSTOP)
        go.touch()
        gated.file.close("wait", by="ada", now=time.time())
        os.kill(tester, signal.SIGCONT)
        try:
            wait_until(lambda: not is_alive(tester), "the end of the test")
        finally:
            opening.send_signal(signal.SIGCONT)

        _, err = opening.communicate(timeout=PATIENCE)
    assert 5 == opening.returncode, err
    assert "the gate was changed meanwhile: closed by ada, wait" in err
    assert "wait" == gated.state.why


def test_a_checkout_that_is_reached_through_a_link_is_the_checkout(
    gated: Gated, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(gated.project.root, target_is_directory=True)

    asked = completed(gated.command(), cwd=link, env=gated.environment({"PWD": str(link)}))

    assert 0 == asked.returncode, asked.stderr
    assert Position.OPEN is gated.state.position
    gated.project.write("app.py", "def serve():\n    return 2\n")
    assert 5 == gated.open().status


def test_a_bot_opens_what_a_bot_closed_and_nothing_else(gated: Gated) -> None:
    refused = "a bot opens only what a bot has closed; the gate is "
    never = gated.open(bot=True)
    assert (5, True) == (never.status, f"{refused}never opened" in never.err)

    gated.file.close("not today", by="ada", now=time.time())
    person = gated.open(bot=True)
    assert (5, True) == (person.status, f"{refused}closed by ada: not today" in person.err)

    gated.file.close("red", by="bot:smoke", now=time.time())
    bot = gated.open(bot=True)
    assert (0, Position.OPEN, "bot") == (bot.status, gated.state.position, gated.state.by), bot.err


def test_a_dry_run_changes_nothing_and_its_plan_holds_until_something_changes(gated: Gated) -> None:
    def everything() -> dict[str, bytes]:
        files = (path for path in gated.project.root.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    before = everything()
    plan = gated.file.path.parents[1] / "plan.json"
    asked = gated.open(dry_run=True, json_file=str(plan))
    assert 0 == asked.status
    assert "smoke-fast" in asked.out
    assert before == everything()
    assert not gated.file.path.parent.exists()
    hold(json.loads(plan.read_bytes()))

    gated.project.write("app.py", "def serve():\n    return 2\n")
    stale = gated.open(plan_file=str(plan))
    assert 5 == stale.status
    assert "does not hold any more: the tree on disk was" in stale.err

    gated.project.git("checkout", "app.py")
    assert 0 == gated.open(plan_file=str(plan)).status


# A test that says its process id, then waits to be ended.
_WAITS = (
    "import time, pathlib; pathlib.Path({0!r} + '.new').write_text(str(os.getpid()));"
    " os.rename({0!r} + '.new', {0!r}); time.sleep(600)"
)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)], ids=["Ctrl-C", "kill -9"]
)
def test_ended_half_way_it_leaves_the_gate_as_it_was_and_nothing_running(
    gated: Gated, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    running = tmp_path / "running"
    test = row_test("test_two", _WAITS.format(str(running)))
    gated.project.write("tests/test_app.py", module(ONE, test))
    gated.project.commit()
    before = gated.open_for_something_else()
    with subprocess.Popen(
        gated.command(),
        cwd=gated.project.root,
        env=gated.environment({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as opening:
        wait_until(running.exists, "the start of the test")
        tester = int(running.read_text(encoding="utf-8"))
        second = gated.open()

        opening.send_signal(number)

        _, err = opening.communicate(timeout=PATIENCE)
        assert status == opening.returncode
        wait_until(lambda: not is_alive(tester), "the end of the test")
    assert "Traceback" not in err
    assert before == gated.state
    assert 5 == second.status
    assert "another process is carrying out this very plan" in second.err


def test_a_session_that_could_not_be_run_is_what_to_run(gated: Gated) -> None:
    sessionless(gated)
    gated.project.commit()

    (said,) = [line for line in gated.open().err.splitlines() if line.startswith("  next: ")]
    assert said.endswith("nox -s fast")


def test_without_a_gate_there_is_nothing_to_open(gated: Gated) -> None:
    gated.project.write("pyproject.toml", PYPROJECT)
    gated.project.commit()

    asked = gated.open()

    assert 2 == asked.status
    assert "this project has no gate" in asked.err


def test_a_place_that_cannot_be_written_is_said(gated: Gated) -> None:
    gated.file.path.parent.parent.joinpath("orch").write_text("a file in the way", encoding="utf-8")

    asked = gated.open()

    assert 4 == asked.status
    assert "error: the gate is as it was: " in asked.err
