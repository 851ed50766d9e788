"""What both procedures stand on, and the steps that they share: revert, smoke the revert, leave a branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.calls import call, typed
from runbook.culprit.git import GitFailed, git
from runbook.culprit.history import Repository
from runbook.errors import RunbookError, UsageError
from runbook.exit_codes import ExitCode
from runbook.procedures.journal import Done, Facts
from runbook.procedures.step_runner import read_source
from runbook.procedures.steps import Outcome, Repeat, Step
from runbook.rollback.candidate import BRANCH, read_candidate, recent_reverts
from runbook.rollback.choice import Failure, merged, still_red
from runbook.rollback.policy import Candidate, refuse, refuse_fifth
from runbook.rollback.revert import in_the_way, make_revert, publish, under_way
from runbook.rollback.trees import Smoked, Trees
from runbook.rollback.wording import (
    Reason,
    begun,
    branch_name,
    commit_message,
    merge_commands,
    not_committed,
)
from runbook.rows import read_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook.project import Project

CHECK, REVERT, RESMOKE = "check", "revert", "resmoke"


class StillRed(RunbookError):
    """The revert does not make the smoke green: nothing is left behind for anybody to merge."""

    exit_code = ExitCode.RED


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked of the revert itself.

    Attributes:
        mainline: Of a merge, the parent to go back to, from 1; 0 for none.
        yes: Whether a person takes responsibility for more reverts than a day allows.
    """

    mainline: int = 0
    yes: bool = False


class Ground:
    """The user's repository, as it is when a procedure starts.

    Attributes:
        project: The user's.
        repository: Its repository.
        source: The full names of HEAD and of the tree on disk.
        onto: The branch that is checked out; empty where HEAD is detached.

    Args:
        project: The user's.
        own: The files that the call itself reads or writes; see `read_source`.
    """

    def __init__(self, project: Project, *own: str) -> None:
        self.project = project
        self.repository = Repository(project.root)
        self.source = read_source(project.root, *own)
        try:
            self.onto = git(project.root, "symbolic-ref", "--quiet", "--short", "HEAD").strip()
        except GitFailed:
            self.onto = ""

    @property
    def head(self) -> str:
        """The full name of HEAD."""
        return self.source[0]

    def merging(
        self, branch: str, made: str, then: Sequence[str] = ()
    ) -> tuple[list[str], list[str]]:
        """Return what a person types to merge a revert, and what is worth knowing before.

        Args:
            branch: The revert's.
            made: The revert.
            then: What is typed once it is merged.
        """
        if what := under_way(self.project.root):
            steps = merge_commands(branch, self.onto, then=then, under_way=what)
            return list(steps), [begun(what)]
        files = in_the_way(self.repository.root, made)
        steps = merge_commands(branch, self.onto, then=then, in_the_way=files)
        return list(steps), [not_committed(files)] if files else []

    @property
    def first_tier(self) -> str:
        """The tier that every revert is smoked in: the fast one, or the first that the project names."""
        tiers = self.project.tiers
        return "fast" if "fast" in tiers else next(iter(tiers))

    def refuse_rowless(self, tiers: Sequence[str]) -> None:
        """Say no where a test of a tier has no row: no run of it is green, so that no revert would be proved.

        Raises:
            UsageError: The message names the tests.
        """
        for tier in map(self.project.tier, tiers):
            tests = read_tests(self.project.root, tier.tests)
            if rowless := [test.id for test in tests if test.row is None]:
                raise UsageError(
                    f"no run of the tier {tier.name} is green, for a test has no row: {', '.join(rowless[:3])}",
                    next_step="put @pytest.mark.runbook(...) on it, or take it out of the tier's tests",
                )

    def trees(self) -> Trees:
        """Make a folder for checkouts."""
        return Trees(self.project, self.repository.common)

    def candidate(self, revision: str) -> Candidate:
        """Read what the policy asks about a commit."""
        return read_candidate(self.project, self.repository, revision, self.head)

    def refuse_fifth(self, wish: Wish, command: str) -> None:
        """Say no to more reverts than a day allows.

        Args:
            wish: What was asked for.
            command: What was called.

        Raises:
            Refused: There were too many.
        """
        recent = recent_reverts(self.project, self.repository.root)
        refuse_fifth(recent, yes=wish.yes, command=command)

    def check(self, revision: str, wish: Wish) -> Done:
        """Say whether the policy lets a commit be reverted.

        Raises:
            Refused: It does not.
        """
        candidate = self.candidate(revision)
        refuse(candidate, mainline=wish.mainline, yes=wish.yes)
        return Done(
            f"{candidate.short} {candidate.subject!r} may be reverted", {"sha": candidate.sha}
        )

    def revert(self, trees: Trees, sha: str, reason: Reason, wish: Wish) -> Done:
        """Revert a commit on top of HEAD in a disposable checkout."""
        candidate = self.candidate(sha)
        message = commit_message(candidate, reason, mainline=wish.mainline)
        made = make_revert(
            self.repository.root, trees.tree("revert"), candidate, self.head, message,
            mainline=wish.mainline,
        )  # fmt: skip
        return Done(f"{made[:10]} reverts {candidate.short}", {"commit": made}, made=made)

    def smoke(
        self, trees: Trees, commit: str, tiers: Sequence[str], say: Callable[[str], None]
    ) -> list[Smoked]:
        """Smoke tiers in a disposable checkout of a commit."""
        tree = trees.tree("smoke")
        tree.prepare(commit)
        smokes = []
        for tier in tiers:
            smokes.append(trees.smoke(tree, tier))
            say(smokes[-1].result)
        return smokes

    def resmoke(
        self,
        trees: Trees,
        commit: str,
        tiers: Sequence[str],
        say: Callable[[str], None],
        before: Sequence[Failure] = (),
    ) -> Done:
        """Smoke the revert, and see to it that it made nothing worse.

        Args:
            trees: Where to.
            commit: The revert.
            tiers: Which.
            say: Is told of the progress.
            before: What was red at HEAD and is not what is being reverted for.

        Raises:
            StillRed: A row is red that was not among ``before``, or there is no whole verdict.
        """
        smokes = self.smoke(trees, commit, tiers, say)
        facts = facts_of(smokes)
        known, new = still_red(before, merged([each.record for each in smokes]))
        no_rows = [each.result for each in smokes if not each.is_green and not each.red]
        if new or no_rows:
            raise StillRed(
                f"the smoke of the revert {commit[:10]} is not green: {', '.join([*new, *no_rows])}",
                next_step=f"git show {commit[:10]}, and the evidence in {facts['evidence'][-1]}; "
                "a flake is smoked again by the same command with --resume",
            )
        said = "; ".join(facts["results"])
        return Done(said, facts | {"still_red": known})

    def leave_branch(self, sha: str, commit: str) -> Done:
        """Leave a branch that points at the revert."""
        branch = branch_name(self.candidate(sha))
        is_new = publish(self.repository.root, branch, commit)
        outcome = Outcome.OK if is_new else Outcome.NOTHING_TO_DO
        return Done(branch, {"branch": branch}, made=commit if is_new else "", outcome=outcome)


def facts_of(smokes: Sequence[Smoked]) -> Facts:
    """Return what is kept of smokes, as JSON."""
    keys = ("tier", "verdict", "evidence", "failures", "reasons", "seconds")
    return {
        "smokes": [{key: each.record[key] for key in keys} for each in smokes],
        "results": [each.result for each in smokes],
        "evidence": [each.record["evidence"] for each in smokes],
    }


def shared_steps(shown: str, branch: str, tiers: Sequence[str]) -> tuple[Step, ...]:
    """The steps that both procedures end with, in their order.

    Args:
        shown: The commit, or what stands for one that is not known yet.
        branch: The branch, or what stands for it.
        tiers: What the revert is smoked in.
    """
    sessions = " && ".join(call(f"run --tier {tier}") for tier in tiers)
    return (
        Step(
            CHECK, "See whether the policy lets it be reverted by a program.", f"git show {shown}",
            reads=("the commit", "later commits", ".runbook/audit.jsonl"),
        ),
        Step(
            REVERT, "Revert it on top of HEAD, in a disposable checkout.",
            f"git switch -c {branch} && git revert {shown}",
            reads=("HEAD",), writes=("a temporary folder", "objects in .git that nothing refers to yet"),
            repeat=Repeat.REPEATABLE,
        ),
        Step(
            RESMOKE, f"Smoke the revert there: {', '.join(tiers)}, whole.", sessions,
            reads=("the revert", ".nox"), writes=("a temporary folder", ".runbook/runs"),
            repeat=Repeat.REPEATABLE,
        ),
        Step(
            BRANCH, "Leave a branch that points at the proved revert.", f"git branch {branch} <the revert>",
            reads=("the revert",), writes=(f"refs/heads/{branch}",), repeat=Repeat.REPEATABLE,
        ),
    )  # fmt: skip


def again(procedure: str, arguments: dict[str, Any]) -> str:
    """Return the command of a procedure with its arguments."""
    given = [f"--{name} {typed([str(value)])}" for name, value in arguments.items() if value]
    return call(" ".join([procedure, *given]))
