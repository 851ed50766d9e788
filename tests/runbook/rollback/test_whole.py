"""``invoke rollback``, each time through a real process, on a project with work that is not committed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from runbook.gate.file import GateFile, Position
from runbook.gate.pending import refuse_pending
from runbook.procedures.steps import Refused
from runbook.project import find_project
from tests.runbook.rollback.conftest import Smoked, break_it, make_smoked, reads
from tests.runbook.support import completed, module, row_test, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.rollback.conftest import Called


def culprit(project: Smoked) -> str:
    return project.git("log", "--format=%H", "--grep=go faster", "-1")


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Smoked, Called]:
    """A rollback that went well."""
    project = break_it(make_smoked(tmp_path_factory.mktemp("rolled")))
    gate, now = gate_of(project), time.time()
    facts = {"build": "b", "commit": "c" * 40, "tree": "d" * 40, "proof": {}}
    gate.open(facts, by="ada", now=now, since=gate.read(now))
    assert Position.OPEN is gate.read(now).position
    return project, project.call("rollback", file="web/view.py")


def gate_of(project: Smoked) -> GateFile:
    return GateFile(project.root.parent / "gate.json")


def test_the_culprit_is_found_reverted_proved_and_left_to_be_merged(
    rolled: tuple[Smoked, Called],
) -> None:
    project, called = rolled
    branch = f"revert/{project.git('rev-parse', '--short', culprit(project))}"
    assert (0, "reverted", culprit(project), branch) == (
        called.status,
        called.record["verdict"],
        called.record["reverts"],
        called.record["revert"]["branch"],
    )
    assert [
        "git stash push --include-untracked -- :/web/store.py",
        "git switch main",
        f"git merge --no-ff --no-edit {branch}",
        "bin/invoke gate.open",
        "git stash pop --index",
    ] == called.record["next"]
    assert "over what is not committed in web/store.py" in called.record["notes"][-1]
    assert project.git("rev-parse", "HEAD") == project.git("rev-parse", f"{branch}^")
    assert "escape = True" in project.git("show", f"{branch}:web/view.py")
    assert f"  git merge --no-ff --no-edit {branch}" in called.out.splitlines()


def test_an_open_gate_is_closed_before_anything_is_searched_for(
    rolled: tuple[Smoked, Called],
) -> None:
    project, called = rolled
    assert {"ok"} == {step["outcome"] for step in called.record["steps"]}
    assert called.err.index("gate: ok, the gate is closed") < called.err.index("probe 1: ")
    state = gate_of(project).read(time.time())
    why = f"red at {project.git('rev-parse', 'HEAD')[:10]}: test_escape"
    assert (Position.CLOSED, "bot:rollback", why) == (state.position, state.by, state.why)
    assert [] == list(project.root.parent.glob("*.key"))
    (incident,) = project.incidents
    assert "closed" == called.record["gate"] == incident["gate"]


def test_it_stays_closed_until_the_branch_that_is_served_has_the_revert(
    rolled: tuple[Smoked, Called],
) -> None:
    project, called = rolled
    served = find_project(project.root)
    with pytest.raises(Refused, match="HEAD holds the culprit and not its revert"):
        refuse_pending(served, project.git("rev-parse", "HEAD"))

    refuse_pending(served, project.git("rev-parse", called.record["revert"]["branch"]))
    refuse_pending(served, project.git("rev-parse", f"{culprit(project)}^"))


def test_the_message_says_what_why_and_by_which_evidence(rolled: tuple[Smoked, Called]) -> None:
    project, called = rolled
    branch = called.record["revert"]["branch"]
    message = project.git("show", "-s", "--format=%B", branch)
    assert message.startswith('Revert "go faster"\n\nThis reverts commit ' + culprit(project))
    assert "With it the smoke is red: test_escape. it broke" in message
    assert "Original subject: go faster" in message
    assert ".runbook/runs/" in message
    assert "Ada <ada@example.org>" == project.git("show", "-s", "--format=%an <%ae>", branch)


def test_the_incident_says_it_all(rolled: tuple[Smoked, Called]) -> None:
    project, called = rolled
    (incident,) = project.incidents
    assert ("incident/1", "revert-ready", "high") == (
        incident["schema"],
        incident["status"],
        incident["severity"],
    )
    assert "tests/test_app.py::test_escape" == incident["rows"][0]["test"]
    assert culprit(project) == incident["culprit"]["sha"]
    assert incident["search"]["probability"] > 0.9
    assert called.record["revert"]["branch"] == incident["revert"]["branch"]
    assert 2 == len(incident["evidence"])
    for path in incident["evidence"]:
        assert (project.root / path / "events.jsonl").exists()
    text = (project.root / called.record["incident"]).with_suffix(".md").read_text(encoding="utf-8")
    assert "- `tests/test_app.py::test_escape` (high): it broke" in text
    assert "    git merge --no-ff" in text


def test_a_project_in_a_folder_of_its_repository_is_rolled_back_too(tmp_path: Path) -> None:
    project = make_smoked(tmp_path, "services/web app")
    project.write("../../web/view.py", "another project's file of this name\n")
    project.commit("a neighbour")

    called = break_it(project).call("rollback", file="web/view.py")

    assert (0, "reverted", culprit(project)) == (
        called.status,
        called.record["verdict"],
        called.record["reverts"],
    )
    branch = called.record["revert"]["branch"]
    assert "escape = True" in project.git("show", f"{branch}:services/web app/web/view.py")


def test_green_means_nothing_to_do_and_resolves_what_was_open(broken: Smoked) -> None:
    called = broken.call("rollback", file="web/view.py")
    broken.git("stash", "push", "--quiet", "--include-untracked")
    broken.git("merge", "--quiet", "--no-ff", "--no-edit", called.record["revert"]["branch"])

    called = broken.call("rollback", file="web/view.py")

    assert (0, "nothing-to-do") == (called.status, called.record["verdict"])
    assert "nothing to do: HEAD is green" == called.out.splitlines()[-1]
    assert ["resolved"] == [incident["status"] for incident in broken.incidents]
    assert {"nothing-to-do", "not-selected"} == {step["outcome"] for step in called.record["steps"]}


def test_a_gate_that_was_never_open_is_not_opened_on_the_way_back(broken: Smoked) -> None:
    called = broken.call("rollback", file="web/view.py")
    assert ("reverted", "never opened") == (called.record["verdict"], called.record["gate"])
    assert [] == [step for step in called.record["next"] if "gate" in step]


def test_green_elsewhere_resolves_nothing_of_a_branch_that_is_still_red(broken: Smoked) -> None:
    broken.call("rollback", file="web/view.py")
    broken.git("stash", "push", "--quiet", "--include-untracked")
    red = broken.git("symbolic-ref", "--short", "HEAD").strip()
    first = broken.git("rev-list", "--max-parents=0", "HEAD").strip()
    broken.git("switch", "--quiet", "--create", "green", first)

    called = broken.call("rollback", file="web/view.py")
    assert (0, "nothing-to-do") == (called.status, called.record["verdict"]), called.out
    assert ["revert-ready"] == [incident["status"] for incident in broken.incidents]

    broken.git("branch", "--quiet", "-D", red)  # nobody goes on with it: its revert is there alone
    broken.call("rollback", file="web/view.py")
    assert ["resolved"] == [incident["status"] for incident in broken.incidents]


def with_slow_tier(project: Smoked, watch: str = "") -> Smoked:
    """Add a tier with one row, which is green where slow.txt holds an x."""
    settings = project.root / "pyproject.toml"
    watched = f'watch = ["{watch}"]\n' if watch else ""
    tiers = "".join(
        f'[tool.runbook.tiers.{name}]\ntests = ["tests/test_{file}.py"]\n'
        + watched * (name == "slow")
        for name, file in (("slow", "slow"), ("fast", "app"))  # whichever is named first
    )
    text = settings.read_text(encoding="utf-8") + tiers
    project.edit("pyproject.toml", text, "two tiers")
    project.edit("tests/test_slow.py", module(reads("test_slow", "slow.txt", "x")), "a slow row")
    return project


def test_where_the_first_tier_is_green_those_are_smoked_that_watch_the_file(smoked: Smoked) -> None:
    """No row suspects it."""
    with_slow_tier(smoked, "style/**").edit("slow.txt", "x", "green")
    smoked.noise(1)
    smoked.write("slow.txt", "y")
    commit = smoked.edit("style/page.css", "none", "tidy")
    smoked.noise(1)

    called = smoked.call("rollback", file="page.css")

    assert (0, commit) == (called.status, called.record.get("reverts")), called.out
    assert ["fast", "slow"] == [line.split()[0] for line in called.record["smokes"]]


def test_every_tier_that_was_red_is_smoked_again(smoked: Smoked) -> None:
    """What is red in another one for a reason of its own is not lost from sight."""
    with_slow_tier(smoked, "style/**").edit("slow.txt", "x", "green")
    settings = (smoked.root / "pyproject.toml").read_text(encoding="utf-8")
    tier = '[tool.runbook.tiers.other]\ntests = ["tests/test_other.py"]\nwatch = ["style/**"]\n'
    smoked.edit("pyproject.toml", settings + tier, "a third tier")
    smoked.edit("tests/test_other.py", module(reads("test_other", "other.txt", "x")), "its row")
    smoked.write("slow.txt", "y")
    commit = smoked.edit("style/page.css", "none", "tidy")

    called = smoked.call("rollback", file="page.css")

    assert (1, commit) == (called.status, called.record.get("reverts")), called.out
    assert ["fast", "slow", "other"] == [line.split()[0] for line in called.record["smokes"]]
    assert ["tests/test_other.py::test_other"] == called.record["still_red"]


def test_a_tier_that_was_not_smoked_resolves_nothing(smoked: Smoked) -> None:
    with_slow_tier(smoked)
    smoked.call("rollback", test="test_slow")
    smoked.edit("slow.txt", "x", "mended")

    assert "nothing-to-do" == smoked.call("rollback").record["verdict"]
    assert ["open"] == [incident["status"] for incident in smoked.incidents]

    assert "nothing-to-do" == smoked.call("rollback", test="test_slow").record["verdict"]
    assert ["resolved"] == [incident["status"] for incident in smoked.incidents]


def test_it_is_head_that_is_smoked_and_not_what_is_being_edited(smoked: Smoked) -> None:
    smoked.write("web/view.py", "broken on disk alone")

    assert "nothing-to-do" == smoked.call("rollback", file="web/view.py").record["verdict"]


def test_an_ambiguous_file_lists_the_candidates(broken: Smoked) -> None:
    called = broken.call("rollback", file="view.py")

    assert (2, "usage") == (called.status, called.record["verdict"])
    assert "api/view.py, web/view.py" in called.err


def test_a_row_that_is_not_red_is_not_rolled_back_for(broken: Smoked) -> None:
    called = broken.call("rollback", test="test_keep")

    assert (5, "refused") == (called.status, called.record["verdict"])
    assert "test_keep is not red at HEAD" in called.err
    assert ["main"] == broken.branches


def test_another_red_row_is_named_and_left_for_the_next_call(broken: Smoked) -> None:
    broken.git("stash", "push", "--quiet")
    broken.edit("web/store.py", "keep = False\n", "lose it")
    broken.noise(2)

    called = broken.call("rollback", file="web/view.py")

    assert (1, culprit(broken)) == (called.status, called.record["reverts"])
    assert ["tests/test_app.py::test_keep"] == called.record["still_red"]
    assert "bin/invoke rollback --test test_keep" in called.record["next"]


def test_a_commit_that_is_named_is_verified_and_not_searched_for(broken: Smoked) -> None:
    called = broken.call("rollback", commit=culprit(broken)[:9])

    assert (0, culprit(broken)) == (called.status, called.record["reverts"])


def test_what_earlier_searches_saw_is_believed_or_not_as_one_says(broken: Smoked) -> None:
    """Where what the smoke needs was mended since, only a search that believes nothing helps."""
    assert 0 == broken.call("rollback").status
    broken.git("branch", "-D", *(name for name in broken.branches if "revert/" in name))

    believed, not_believed = (
        broken.call("rollback", fresh=fresh).record for fresh in (False, True)
    )

    assert believed["remembered"]
    assert 0 == not_believed["remembered"]


def test_a_search_that_cannot_be_kept_for_the_report_is_worth_no_less(broken: Smoked) -> None:
    broken.write(".runbook/searches", "no folder\n")

    called = broken.call("rollback", commit=culprit(broken))

    assert 0 == called.status
    assert "note: the search is not kept for the report: " in called.err


def test_an_innocent_commit_is_not_reverted(broken: Smoked) -> None:
    innocent = broken.git("rev-parse", "HEAD~1")

    called = broken.call("rollback", commit=innocent)

    assert (5, ["main"]) == (called.status, broken.branches)
    assert "open" == broken.incidents[0]["status"]
    assert broken.incidents[0]["reason"] == called.record["error"]
    assert 1 == len(broken.incidents[0]["evidence"])
    assert f"{innocent[:10]} did not break it: before it" in called.record["error"]
    assert ["bin/invoke rollback --test test_escape"] == called.record["next"]


def test_a_commit_without_which_head_is_still_red_is_not_verified(smoked: Smoked) -> None:
    both = "import pathlib\n    assert 'NO' not in ''.join(f.read_text() for f in pathlib.Path('api').iterdir())"
    smoked.write("tests/test_both.py", module(row_test("test_both", both)))
    smoked.commit("a row of two files")
    named = smoked.edit("api/one.py", "NO\n", "break it")
    smoked.edit("api/two.py", "NO\n", "break it again")

    called = smoked.call("rollback", test="test_both", commit=named)

    assert (5, ["main"]) == (called.status, smoked.branches)
    assert f"{named[:10]} is not verified as the culprit" in called.err


def test_what_later_commits_are_built_upon_is_refused_by_their_names(broken: Smoked) -> None:
    broken.git("stash", "push", "--quiet")
    later = broken.edit("web/view.py", "escape = False  # and more\ntitle = 1\n", "build upon it")

    called = broken.call("rollback", file="web/view.py")

    assert (5, ["main"]) == (called.status, broken.branches)
    assert "conflicts in web/view.py; built upon it" in called.err
    assert f"{broken.git('rev-parse', '--short', later)} build upon it" in called.err


def test_a_row_that_was_never_green_has_no_state_to_go_back_to(smoked: Smoked) -> None:
    text = (smoked.root / "tests/test_app.py").read_text(encoding="utf-8")
    smoked.edit("tests/test_app.py", text.replace("keep = True", "never"), "a test")

    called = smoked.call("rollback", test="test_keep")

    assert (5, True) == (called.status, "born-red" in called.err)


def test_a_flake_is_not_reverted_for(smoked: Smoked) -> None:
    """It is red in the first run of all, and green in every other."""
    once = smoked.root.parent / "once"
    flaky = row_of_flake(str(once))
    smoked.edit("tests/test_app.py", flaky, "a flaky test")
    smoked.noise(3)

    called = smoked.call("rollback")

    assert (5, True) == (called.status, "not-reproduced" in called.err)
    assert ["main"] == smoked.branches


def row_of_flake(once: str) -> str:
    body = (
        f"import pathlib\n    p = pathlib.Path({once!r}); was = p.exists(); p.touch(); assert was"
    )
    return module(row_test("test_flaky", body))


def test_a_row_of_normal_severity_leaves_the_gate_alone(smoked: Smoked) -> None:
    smoked.edit("web/store.py", "keep = False\n", "lose it")

    called = smoked.call("rollback", file="web/store.py")

    outcomes = {step["name"]: step["outcome"] for step in called.record["steps"]}
    assert (0, "not-selected") == (called.status, outcomes["gate"])


def test_a_dry_run_says_what_would_be_done_and_changes_no_byte(broken: Smoked) -> None:
    before = {file for file in broken.root.rglob("*") if ".git/objects" not in str(file)}

    called = broken.call("rollback", {"dry_run": True}, file="web/view.py")

    assert 0 == called.status
    assert before == {file for file in broken.root.rglob("*") if ".git/objects" not in str(file)}
    names = ["smoke", "gate", "search", "check", "revert", "resmoke", "branch", "incident"]
    assert names == [step["name"] for step in called.record["steps"]]
    assert called.out.startswith(
        f"plan {called.record['digest'][:12]} for rollback --file web/view.py"
    )


def test_a_plan_is_applied_as_it_was_read_or_not_at_all(broken: Smoked) -> None:
    file = broken.root.parent / "plan.json"
    broken.call("rollback", {"dry_run": True, "json_file": str(file)}, file="web/view.py")
    plan = json.loads(file.read_bytes())

    broken.write("untracked file", "edited since\n")
    refused = broken.call("rollback", {"plan": str(file)})
    assert (5, True) == (refused.status, "the tree on disk was" in refused.err)

    broken.write("untracked file", "mine\n")
    called = broken.call("rollback", {"plan": str(file)})
    assert (0, plan["digest"]) == (called.status, called.record["plan"])


@pytest.mark.parametrize("after", ["smoke: ok", "probe 1:", "resmoke: ok"])
def test_a_kill_at_any_moment_leaves_the_user_alone_and_can_be_resumed(
    broken: Smoked, after: str
) -> None:
    before = broken.snapshot()
    with subprocess.Popen(
        broken.argv("rollback", {"json_file": ""}, file="web/view.py"),
        cwd=broken.root, env=broken.environment(), stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert any(line.startswith(after) for line in process.stderr)
        process.kill()
    assert before == broken.snapshot()
    wait_until(lambda: not list(broken.scratch.iterdir()), "the end of its trees")

    called = broken.call("rollback", {"resume": True}, file="web/view.py")

    assert (0, culprit(broken)) == (called.status, called.record["reverts"])
    assert "smoke: ok, as before" in called.err


def test_a_kill_leaves_nothing_of_what_its_smoke_had_made(broken: Smoked) -> None:
    begun = broken.root.parent / "begun"
    rows = (broken.root / "tests/test_app.py").read_text(encoding="utf-8")
    makes = "\n\nimport pathlib, tempfile, time\ntempfile.mkdtemp()\n"
    waits = f"pathlib.Path({str(begun)!r}).touch()\ntime.sleep(60)\n"
    broken.edit("tests/test_app.py", rows + makes + waits, "a smoke that takes long")
    with subprocess.Popen(
        broken.argv("rollback", {"json_file": ""}, file="web/view.py"),
        cwd=broken.root, env=broken.environment(), stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        wait_until(begun.exists, "the smoke")
        process.kill()
    wait_until(lambda: not list(broken.scratch.iterdir()), "the end of all that it made")


def test_ctrl_c_ends_it_as_interrupted_and_leaves_nothing_behind(broken: Smoked) -> None:
    before = broken.snapshot()
    with subprocess.Popen(
        broken.argv("rollback", {"json_file": ""}, file="web/view.py"),
        cwd=broken.root, env=broken.environment(), stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert any(line.startswith("smoke: ok") for line in process.stderr)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert 130 == process.returncode
    assert "interrupted; --resume goes on from here" == said.splitlines()[-1]
    assert before == broken.snapshot()
    assert [] == list(broken.scratch.iterdir())
    lines = (broken.root / ".runbook/audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["outcome"] in ("unknown", "ok", "nothing-to-do")


def test_a_fifth_within_a_day_says_what_a_person_may_type_instead(broken: Smoked) -> None:
    said = f"Revert x\n\nThis reverts commit {culprit(broken)}.\n\n"
    for number in range(4):
        broken.git("commit", "--allow-empty", "-m", f"{said}Original subject: {number}")

    called = broken.call("rollback", file="web/view.py")

    assert (5, ["main"]) == (called.status, broken.branches)
    assert " rollback --file web/view.py --yes, if a person has looked" in called.err


def test_two_at_once_leave_one_revert(broken: Smoked) -> None:
    """Their plans differ, their reverts do not: whoever is later finds the branch as it should be."""
    before = broken.snapshot()
    calls = [{"file": "web/view.py"}, {"test": "test_escape"}]
    processes = [
        subprocess.Popen(
            broken.argv("rollback", {"json_file": ""}, **call),
            cwd=broken.root, env=broken.environment(), stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, text=True,
        )
        for call in calls
    ]  # fmt: skip
    said = [process.communicate()[1] for process in processes]
    assert [0, 0] == [process.returncode for process in processes], said
    assert before == broken.snapshot()
    assert 2 == len(broken.branches)


def test_a_full_disk_is_said_and_leaves_the_user_alone(broken: Smoked) -> None:
    """The disk is full for files above 64 KiB: no checkout of this commit fits."""
    broken.git("stash", "push", "--quiet")
    broken.write("large", "x" * 200_000)
    broken.commit("large")
    before = broken.snapshot()
    done = completed(
        [
            "bash",
            "-c",
            'ulimit -f 64; trap "" XFSZ; exec "$@"',
            "-",
            *broken.argv("rollback", {"json_file": ""}),
        ],
        cwd=broken.root,
        env=broken.environment(),
    )
    assert (4, False) == (done.returncode, "Traceback" in done.stderr), done.stderr
    assert before == broken.snapshot()
    assert [] == list(broken.scratch.iterdir())
