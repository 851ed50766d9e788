"""``invoke revert-and-resmoke``, each time through a real process."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.runbook.rollback.conftest import Smoked


def revert(project: Smoked, commit: str, **options: Any) -> tuple[int, str]:
    called = project.call("revert_and_resmoke", commit=commit, **options)
    return called.status, called.err


def test_a_commit_is_reverted_on_a_branch_and_smoked(broken: Smoked) -> None:
    commit = broken.git("log", "--format=%H", "--grep=go faster", "-1")
    short = broken.git("rev-parse", "--short", commit)

    called = broken.call("revert_and_resmoke", commit=short)

    assert (0, commit) == (called.status, called.record["reverts"])
    assert {"branch": f"revert/{short}", "commit": broken.git("rev-parse", f"revert/{short}")} == (
        called.record["revert"]
    )
    assert "Asked for by name." in broken.git("show", "-s", "--format=%B", f"revert/{short}")
    assert [
        "git stash push --include-untracked -- :/web/store.py",
        "git switch main",
        f"git merge --no-ff --no-edit revert/{short}",
        "git stash pop --index",
    ] == called.record["next"]
    assert ["note      " + note for note in called.record["notes"]] == called.out.splitlines()[:1]

    again = broken.call("revert_and_resmoke", commit=short)
    assert ["ok", "ok", "ok", "nothing-to-do"] == [
        step["outcome"] for step in again.record["steps"]
    ]


def test_what_it_says_to_type_merges_over_work_that_is_not_committed(broken: Smoked) -> None:
    """Some of it is staged, and some is where the revert writes."""
    commit = broken.git("log", "--format=%H", "--grep=go faster", "-1")
    view = broken.root / "web/view.py"
    view.write_text(f"{view.read_text(encoding='utf-8')}# mine\n", encoding="utf-8")
    before = broken.git("status", "--porcelain")

    for command in broken.call("revert_and_resmoke", commit=commit).record["next"]:
        subprocess.run(["sh", "-c", command], cwd=broken.root, check=True, capture_output=True)

    assert before == broken.git("status", "--porcelain")
    text = view.read_text(encoding="utf-8")
    assert (True, True) == (text.startswith("escape = True"), text.endswith("# mine\n"))


def test_a_merge_that_is_under_way_is_not_put_aside(broken: Smoked) -> None:
    """A stash would forget what is being merged."""
    commit = broken.git("log", "--format=%H", "--grep=go faster", "-1")
    broken.git("stash", "push", "--quiet", "--include-untracked")
    broken.git("switch", "--quiet", "--create", "other", "HEAD~1")
    broken.edit("notes/other", "other\n", "other")
    broken.git("switch", "--quiet", "main")
    broken.git("merge", "--quiet", "--no-ff", "--no-commit", "other")

    called = broken.call("revert_and_resmoke", commit=commit)

    first, *others = called.record["next"]
    assert "git merge --continue, or git merge --abort" == first
    assert not [step for step in others if "stash" in step]
    assert "a merge is under way" in called.record["notes"][0]


def test_a_revert_that_does_not_smoke_green_leaves_no_branch(smoked: Smoked) -> None:
    smoked.edit("extra.txt", "needed\n", "add what is needed")
    text = (smoked.root / "tests/test_app.py").read_text(encoding="utf-8")
    reading = "assert re.search('keep = True'"
    needs = text.replace(reading, f"assert pathlib.Path('extra.txt').exists(); {reading}")
    assert needs != text
    smoked.edit("tests/test_app.py", needs, "need it")

    status, said = revert(smoked, "HEAD~1")

    assert (1, ["main"]) == (status, smoked.branches)
    assert "is not green: tests/test_app.py::test_keep" in said


def test_a_revert_that_a_flake_kept_back_is_smoked_again_by_resume(smoked: Smoked) -> None:
    commit = smoked.edit("web/store.py", "keep = True, really\n", "edit")
    calm = smoked.top.parent / "calm"
    text = (smoked.root / "tests/test_app.py").read_text(encoding="utf-8")
    reading = "assert re.search('keep = True'"
    waits = text.replace(reading, f"assert pathlib.Path({str(calm)!r}).exists(); {reading}")
    smoked.edit("tests/test_app.py", waits, "wait for it")

    status, said = revert(smoked, commit)
    assert (1, ["main"]) == (status, smoked.branches)
    assert "a flake is smoked again by the same command with --resume" in said

    calm.touch()
    again = smoked.call("revert_and_resmoke", {"resume": True}, commit=commit)
    assert (0, 2) == (again.status, len(smoked.branches)), again.err


def test_a_branch_of_that_name_that_is_something_else_is_not_touched(smoked: Smoked) -> None:
    commit = smoked.edit("web/store.py", "keep = True, really\n", "edit")
    branch = f"revert/{smoked.git('rev-parse', '--short', commit)}"
    smoked.git("branch", branch, "HEAD~2")

    status, said = revert(smoked, commit)

    assert (5, True) == (status, f"the branch {branch} is there already" in said)
    assert smoked.git("rev-parse", "HEAD~2") == smoked.git("rev-parse", branch)


def merge(project: Smoked) -> str:
    project.git("switch", "--quiet", "--create", "side")
    project.edit("side.txt", "x\n", "side")
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    return project.git("rev-parse", "HEAD")


def test_a_merge_needs_a_mainline(smoked: Smoked) -> None:
    commit = merge(smoked)
    status, said = revert(smoked, commit)
    assert (5, True) == (status, "--mainline 1 keeps the first" in said)

    assert 0 == revert(smoked, commit, mainline=1)[0]
    assert "side.txt" not in smoked.git("ls-tree", "--name-only", "revert/" + commit[:7])


def test_a_revert_and_what_was_reverted_are_refused(smoked: Smoked) -> None:
    smoked.git("config", "grep.patternType", "fixed")
    commit = smoked.edit("web/store.py", "keep = True, really\n", "edit")
    smoked.git("revert", "--no-edit", commit)
    status, said = revert(smoked, "HEAD")
    assert (5, True) == (status, "is itself a revert" in said)
    status, said = revert(smoked, commit)
    assert (5, True) == (status, "is reverted already" in said)
    smoked.git("revert", "--no-edit", "HEAD")
    assert 0 == revert(smoked, commit)[0]


def test_a_plan_says_no_to_what_would_be_refused(smoked: Smoked) -> None:
    commit = smoked.edit("web/store.py", "keep = True, really\n", "edit\n\nNo-Revert: data")
    called = smoked.call("revert_and_resmoke", {"dry_run": True}, commit=commit)
    assert (5, True) == (called.status, "has opted out" in called.err)

    called = smoked.call("rollback", {"dry_run": True}, jobs=-1)
    assert (2, True) == (called.status, "--jobs is -1" in called.err)


@pytest.mark.parametrize(
    ("commit", "status", "said"),
    [
        ("nonsense", 2, "names no commit"),
        ("main~3", 5, "is the root commit"),
        ("elsewhere", 5, "is not in HEAD"),
    ],
)
def test_a_commit_that_is_no_candidate_is_said_to_be_none(
    smoked: Smoked, commit: str, status: int, said: str
) -> None:
    smoked.git("branch", "elsewhere", smoked.git("commit-tree", "-m", "x", "HEAD^{tree}"))
    got, text = revert(smoked, commit)
    assert (status, True) == (got, said in text)


def test_a_fifth_revert_within_a_day_needs_a_person(smoked: Smoked) -> None:
    """Those count whose branch is gone, and those that a person made do not."""
    first, last = (smoked.edit(name, "x\n", name) for name in ("extra", "more"))
    assert 0 == revert(smoked, first)[0]
    smoked.git("branch", "-D", "revert/" + smoked.git("rev-parse", "--short", first))
    said = f"Revert x\n\nThis reverts commit {first}.\n\n"
    smoked.git("commit", "--allow-empty", "-m", said)
    for number in range(2):
        smoked.git("commit", "--allow-empty", "-m", f"{said}Original subject: {number}")
    assert 0 == revert(smoked, last)[0]
    smoked.git("branch", "-D", "revert/" + smoked.git("rev-parse", "--short", last))

    status, text = revert(smoked, last)
    assert (5, True) == (status, "4 reverts were made within a day" in text)
    assert 0 == revert(smoked, last, yes=True)[0]


def test_without_a_name_for_the_author_there_is_no_revert(
    smoked: Smoked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    smoked.git("config", "user.useConfigOnly", "true")
    status, said = revert(smoked, "HEAD")
    assert (4, True) == (status, "git config user.name" in said)


def test_a_test_without_a_row_is_told_before_anything_is_smoked(broken: Smoked) -> None:
    """Its tier is never green, which the smoke of the revert would say at the very end."""
    broken.edit("tests/test_more.py", "def test_rowless():\n    pass\n", "test more")

    for procedure, commit in (("rollback", ""), ("revert_and_resmoke", "HEAD")):
        called = broken.call(procedure, commit=commit)

        assert 2 == called.status
        assert "a test has no row: tests/test_more.py::test_rowless" in called.err
        assert ["main"] == broken.branches
