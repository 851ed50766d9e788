"""``invoke revert-and-resmoke``: revert one commit on a branch, proved by the smoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.procedures.step_runner import carry_out
from runbook.procedures.steps import Plan, make_plan
from runbook.rollback.candidate import BRANCH
from runbook.rollback.ground import CHECK, RESMOKE, REVERT, Ground, Wish, shared_steps
from runbook.rollback.policy import refuse
from runbook.rollback.wording import Reason, branch_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook.procedures.journal import Ended
    from runbook.procedures.step_runner import Action
    from runbook.rollback.trees import Trees

PROCEDURE = "revert-and-resmoke"


@dataclass(frozen=True, slots=True)
class Resmoke:
    """One call of the procedure.

    Attributes:
        ground: The user's repository.
        commit: The commit, as a person names it.
        wish: What was asked of the revert.
    """

    ground: Ground
    commit: str
    wish: Wish

    def plan(self) -> Plan:
        """Return what would be done.

        Raises:
            UsageError: There is no such commit, or a test without a row.
            Refused: The policy says no.
        """
        candidate = self.ground.candidate(self.commit)
        refuse(candidate, mainline=self.wish.mainline, yes=self.wish.yes)
        tiers = [self.ground.first_tier]
        self.ground.refuse_rowless(tiers)
        arguments = {"commit": candidate.sha, "mainline": self.wish.mainline, "yes": self.wish.yes}
        steps = shared_steps(candidate.short, branch_name(candidate), tiers)
        return make_plan(PROCEDURE, self.ground.source, arguments, steps)

    def carry_out(
        self, plan: Plan, *, approved: Plan | None, resume: bool, say: Callable[[str], None]
    ) -> Ended:
        """Do it; see `runbook.procedures.step_runner.carry_out`.

        Raises:
            StillRed: The smoke of the revert is red: no branch is left.
            Refused: The revert conflicts, or has no effect.
            EnvironmentNotReady: Something that it stands on could not be had.
        """
        with self.ground.trees() as trees:
            actions = self._actions(trees, say)
            return carry_out(
                self.ground.project, plan, actions, approved=approved, resume=resume, say=say
            )

    def _actions(self, trees: Trees, say: Callable[[str], None]) -> Mapping[str, Action]:
        ground = self.ground
        return {
            CHECK: lambda _: ground.check(self.commit, self.wish),
            REVERT: lambda facts: ground.revert(trees, facts[CHECK]["sha"], Reason(), self.wish),
            RESMOKE: lambda facts: ground.resmoke(
                trees, facts[REVERT]["commit"], [ground.first_tier], say
            ),
            BRANCH: lambda facts: ground.leave_branch(facts[CHECK]["sha"], facts[REVERT]["commit"]),
        }

    def as_json(self, ended: Ended) -> dict[str, Any]:
        """Return ``rollback/1`` of a procedure that went well."""
        branch, commit = ended.facts[BRANCH]["branch"], ended.facts[REVERT]["commit"]
        steps, notes = self.ground.merging(branch, commit)
        return {
            "schema": "rollback/1",
            "procedure": PROCEDURE,
            "verdict": "reverted",
            "reverts": ended.facts[CHECK]["sha"],
            "notes": notes,
            "revert": {"branch": branch, "commit": commit},
            "smokes": ended.facts[RESMOKE]["results"],
            "next": steps,
            **ended.as_json(),
        }
