"""``invoke rollback``: the runbook's manual rollback from end to end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.culprit.core.search import Word
from runbook.culprit.find import find_offending_commit
from runbook.culprit.options import Options
from runbook.culprit.proof import Tip
from runbook.culprit.report import Result, headline, notes
from runbook.culprit.row_search import file_arguments, row_search
from runbook.culprit.search_folder import keep_search
from runbook.errors import EnvironmentNotReady, RunbookError
from runbook.exit_codes import ExitCode
from runbook.explain import tier_of
from runbook.gate import project_gate
from runbook.gate.file import Position
from runbook.incidents import Incident, Incidents, Status
from runbook.procedures.journal import Done, Facts
from runbook.procedures.step_runner import carry_out
from runbook.procedures.steps import Outcome, Plan, Refused, Repeat, Step, make_plan
from runbook.rollback.candidate import BRANCH, lives_elsewhere
from runbook.rollback.choice import Failure, brief, choose, is_high, merged, name_of
from runbook.rollback.ground import (
    CHECK,
    RESMOKE,
    REVERT,
    Ground,
    Wish,
    again,
    facts_of,
    shared_steps,
)
from runbook.rollback.policy import refuse
from runbook.rollback.wording import REVERTS, Reason, branch_name, how_sure
from runbook.rows import Severity, find_row, function_id, read_rows
from runbook.smoke.changed import tiers_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook.procedures.journal import Ended
    from runbook.procedures.step_runner import Action
    from runbook.rollback.trees import Smoked, Trees

PROCEDURE = "rollback"
SMOKE, GATE, SEARCH, INCIDENT = "smoke", "gate", "search", "incident"
_SHOWN = 3  # candidates of a search that named nobody


class NobodyNamed(RunbookError):
    """The search ended without a proof."""

    exit_code = ExitCode.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Hint:
    """What a person knows already.

    Attributes:
        file: A suspected file; its end is enough.
        test: The row to get back to green.
        commit: The culprit.
        jobs: Probes at once.
        fresh: Whether to believe nothing that earlier searches saw.
    """

    file: str = ""
    test: str = ""
    commit: str = ""
    jobs: int = 1
    fresh: bool = False


class Rollback:
    """One call of the procedure.

    Args:
        ground: The user's repository.
        hint: What a person knows already.
        wish: What was asked of the revert.
        say: Is told of the progress, a line at a time.

    Raises:
        UsageError: The file, the row or the commit is not there, or is ambiguous.
        Refused: The commit that was named must not be reverted.
    """

    def __init__(self, ground: Ground, hint: Hint, wish: Wish, say: Callable[[str], None]) -> None:
        self.ground = ground
        self._hint = hint
        self._wish = wish
        self._say = say
        self._incidents = Incidents(ground.project.state)
        self._incident: Incident | None = None
        self._file = file_arguments(ground.project.root, hint.file)[1] if hint.file else ""
        self._rows = read_rows(ground.project.root, ground.project.test_paths)
        self._test = find_row(self._rows, hint.test).id if hint.test else ""
        self._candidate = ground.candidate(hint.commit) if hint.commit else None
        if self._candidate:
            refuse(self._candidate, mainline=wish.mainline, yes=wish.yes)

    def plan(self) -> Plan:
        """Return what would be done.

        Raises:
            UsageError: A test of the tiers has no row.
        """
        arguments = {
            "file": self._file,
            "test": self._hint.test,
            "commit": self._candidate.sha if self._candidate else "",
            "mainline": self._wish.mainline,
            "fresh": self._hint.fresh,
            "yes": self._wish.yes,
            "jobs": self._hint.jobs,
        }
        shown = self._candidate.short if self._candidate else "<the culprit>"
        branch = branch_name(self._candidate) if self._candidate else f"{REVERTS}<the culprit>"
        tiers = self._tiers_of_test()
        self.ground.refuse_rowless(tiers)
        steps = (
            *_first_steps(tiers, self._hint, self._file),
            *shared_steps(shown, branch, tiers),
            _INCIDENT_STEP,
        )
        return make_plan(PROCEDURE, self.ground.source, arguments, steps)

    def _tiers_of_test(self) -> list[str]:
        """The first tier, and that of the row where it is known."""
        tiers = [self.ground.first_tier]
        if self._test:
            tiers.append(tier_of(self.ground.project, find_row(self._rows, self._test)).name)
        return list(dict.fromkeys(tiers))

    def carry_out(self, plan: Plan, *, approved: Plan | None, resume: bool) -> Ended:
        """Do it; whatever stops it stands in the incident record.

        Raises:
            RunbookError: A step failed, or said no.
        """
        with self.ground.trees() as trees:
            actions = self._actions(trees)
            try:
                return carry_out(
                    self.ground.project,
                    plan,
                    actions,
                    approved=approved,
                    resume=resume,
                    say=self._say,
                )
            except RunbookError as error:
                self._note(error.what, reason=error.what, next=(error.next_step,))
                raise

    def _actions(self, trees: Trees) -> Mapping[str, Action]:
        return {
            SMOKE: lambda _: self._smoke(trees),
            GATE: self._close_gate,
            SEARCH: lambda facts: self._search(trees, facts),
            CHECK: lambda facts: self.ground.check(_culprit(facts), self._wish),
            REVERT: lambda facts: self.ground.revert(
                trees, _culprit(facts), _reason(facts), self._wish
            ),
            RESMOKE: lambda facts: self._resmoke(trees, facts),
            BRANCH: lambda facts: self.ground.leave_branch(
                _culprit(facts), facts[REVERT]["commit"]
            ),
            INCIDENT: self._finish,
        }

    def _smoke(self, trees: Trees) -> Done:
        """Smoke HEAD: the first tier, then those whose rows the hint points at."""
        head = self.ground.head
        smokes = self.ground.smoke(trees, head, self._tiers_of_test(), self._say)
        if not self._test and all(each.is_green for each in smokes):
            smokes += self._further(trees)
        facts = facts_of(smokes)
        red = merged(facts["smokes"])
        if all(each.is_green for each in smokes):
            smoked = {each.tier for each in smokes}
            tiers = {row.id: tier_of(self.ground.project, row).name for row in self._rows}
            unseen = {test for test, tier in tiers.items() if tier not in smoked}
            is_elsewhere = partial(lives_elsewhere, self.ground.repository.root, head=head)
            resolved = self._incidents.resolve(head, unseen=unseen, lives_elsewhere=is_elsewhere)
            said = f"HEAD is green: {'; '.join(facts['results'])}"
            said += "".join(f"; incident {each.id} is resolved" for each in resolved)
            return Done(said, facts, outcome=Outcome.NOTHING_TO_DO, is_last=True)
        if not red:
            raise EnvironmentNotReady(
                f"no row is red, and yet the smoke is not green: {'; '.join(facts['results'])}",
                next_step=call(f"run --tier {smokes[-1].tier}"),
            )
        hunted = choose(red, test=self._test, file=self._file)
        tier = next(each["tier"] for each in facts["smokes"] if hunted in each["failures"])
        facts |= {"hunted": hunted["test"], "tier": tier, "red": [brief(each) for each in red]}
        rows = (brief(hunted), *(brief(each) for each in red if each is not hunted))
        severity = Severity.HIGH if is_high(red) else Severity.NORMAL
        self._incident = self._incidents.open(self.ground.head, rows, severity)
        self._note("HEAD was smoked", evidence=tuple(facts["evidence"]))
        facts["incident"] = self._incident.id
        return Done(f"red rows: {len(red)}; hunting what broke {name_of(hunted)}", facts)

    def _further(self, trees: Trees) -> list[Smoked]:
        """Smoke the other tiers that the file matters to."""
        files = [self._file] if self._file else []
        names = [tier.name for tier in tiers_for(self.ground.project, files)]
        smokes = []
        for name in names:
            if name != self.ground.first_tier:
                try:
                    smokes += self.ground.smoke(trees, self.ground.head, [name], self._say)
                except EnvironmentNotReady as error:
                    self._say(f"note: {name} was not smoked: {error.what}")
        return smokes

    def _close_gate(self, facts: Mapping[str, Facts]) -> Done:
        """Keep the public out while a row of high severity is red."""
        red: list[Failure] = facts[SMOKE]["red"]
        if not is_high(red):
            return Done("no red row is of high severity", outcome=Outcome.NOT_SELECTED)
        before = project_gate.read_gate(self.ground.project).position
        why = ", ".join(name_of(each) for each in red if each["severity"] == Severity.HIGH)
        after = project_gate.close(
            self.ground.project, reason=f"red at {self.ground.head[:10]}: {why}", by="bot:rollback"
        ).position
        self._note(f"the gate is {after}", gate=str(after))
        outcome = Outcome.OK if after is not before else Outcome.NOTHING_TO_DO
        return Done(f"the gate is {after}", {"gate": str(after)}, outcome=outcome)

    def _search(self, trees: Trees, facts: Mapping[str, Facts]) -> Done:
        """Name the culprit, or verify the one that a person named."""
        test = function_id(facts[SMOKE]["hunted"])
        options = self._search_for(test, trees)
        self._take_up(facts)
        hint = {"file": self._hint.file, "test": self._hint.test, "commit": self._hint.commit}
        # Before anybody waits for a search.
        self.ground.refuse_fifth(self._wish, again(PROCEDURE, hint))
        result = find_offending_commit(options, self._say)
        self._keep(result)
        self._note(headline(result), search=result.to_json())
        _refuse_unproved(
            result, name_of({"test": test}), self._candidate.sha if self._candidate else ""
        )
        told = notes(result.culprit) if result.culprit else []
        return Done(headline(result), {"search": result.to_json(), "notes": told})

    def _search_for(self, test: str, trees: Trees) -> Options:
        """What is searched: who turned a row of HEAD red, with HEAD's own tests laid over every commit."""
        tree = trees.tree("head")
        tree.prepare(self.ground.head)
        wanted = row_search(self.ground.project, test, tree=trees.inside(tree))
        return Options(
            self.ground.project.root,
            wanted.command,
            bad=self._candidate.sha if self._candidate else self.ground.head,
            good=self._parent(),
            is_wary=not self._candidate,  # what it names will be reverted
            first_parent=bool(self._candidate),
            jobs=self._hint.jobs,
            fresh=self._hint.fresh,
            suspects=(*((self._file,) if self._file else ()), *wanted.suspects),
            overlay=wanted.overlay,
            row=wanted.row,
            overlay_root=tree.path,
            tip=self.ground.head,
        )

    def _parent(self) -> str:
        """Where the named culprit's own range starts; empty where there is none, and a good end is looked for."""
        if self._candidate is None:
            return ""
        return self._candidate.parents[max(self._wish.mainline, 1) - 1]

    def _resmoke(self, trees: Trees, facts: Mapping[str, Facts]) -> Done:
        """Smoke the revert; what was red for another reason may still be red, and is named."""
        self._take_up(facts)
        smoke = facts[SMOKE]
        red = [each["tier"] for each in smoke["smokes"] if merged([each])]
        tiers = list(dict.fromkeys([self.ground.first_tier, smoke["tier"], *red]))
        others = [each for each in smoke["red"] if each["test"] != smoke["hunted"]]
        return self.ground.resmoke(trees, facts[REVERT]["commit"], tiers, self._say, others)

    def _finish(self, facts: Mapping[str, Facts]) -> Done:
        """Complete the incident record."""
        branch, smoke = facts[BRANCH]["branch"], facts[RESMOKE]
        revert = {
            "branch": branch,
            "commit": facts[REVERT]["commit"],
            "smoke": smoke["results"],
            "still_red": smoke["still_red"],
        }
        evidence = (*facts[SMOKE]["evidence"], *smoke["evidence"])
        self._take_up(facts)
        self._note(
            f"{branch} is proved and waits to be merged", status=Status.REVERT_READY, revert=revert,
            evidence=evidence, next=tuple(self.next_steps(facts)[0]), reason="",
        )  # fmt: skip
        path = f".runbook/incidents/{facts[SMOKE]['incident']}"
        return Done(f"{path}.md", {"record": f"{path}.json"}, made=f"{path}.json")

    def _keep(self, result: Result) -> None:
        """Keep the search for `invoke report`; where that fails, its result is not worth less."""
        project = self.ground.project
        try:
            keep_search(project.state, project.root, result.to_json(), replay=result.replay())
        except OSError as error:
            self._say(f"note: the search is not kept for the report: {error}")

    def _take_up(self, facts: Mapping[str, Facts]) -> None:
        """Go on with the incident that was opened, after a resume too."""
        name = facts[SMOKE]["incident"]
        self._incident = self._incident or next(
            (each for each in self._incidents.read() if each.id == name), None
        )

    def _note(self, what: str, **changes: Any) -> None:
        if self._incident:
            self._incident = self._incidents.write(self._incident, what, **changes)

    def next_steps(self, facts: Mapping[str, Facts]) -> tuple[list[str], list[str]]:
        """Return what a person types after a rollback that went well, in order, and what to know before."""
        left = facts[RESMOKE]["still_red"]
        then = [again(PROCEDURE, {"test": name_of({"test": left[0]})})] if left else []
        # Whether one that was never open is to be opened is not for whoever undoes a commit to say.
        if facts[GATE].get("gate") == Position.CLOSED:
            then.append(call("gate.open"))
        return self.ground.merging(facts[BRANCH]["branch"], facts[REVERT]["commit"], then)

    def as_json(self, ended: Ended) -> dict[str, Any]:
        """Return ``rollback/1`` of a procedure that went well."""
        facts = ended.facts
        common = {"schema": "rollback/1", "procedure": PROCEDURE, **ended.as_json()}
        if BRANCH not in facts or not facts[BRANCH]:
            return {
                "verdict": "nothing-to-do",
                "smokes": facts[SMOKE]["results"],
                "next": [],
                **common,
            }
        steps, notes_of_merge = self.next_steps(facts)
        return {
            "verdict": "reverted",
            "reverts": _culprit(facts),
            "culprit": facts[SEARCH]["search"]["culprit"],
            "probability": facts[SEARCH]["search"]["probability"],
            "runs": facts[SEARCH]["search"]["runs"],
            "remembered": _remembered(facts[SEARCH]["search"]),
            "notes": [*facts[SEARCH]["notes"], *notes_of_merge],
            "revert": {"branch": facts[BRANCH]["branch"], "commit": facts[REVERT]["commit"]},
            "smokes": facts[RESMOKE]["results"],
            "still_red": facts[RESMOKE]["still_red"],
            "incident": facts[INCIDENT]["record"],
            "gate": facts[GATE].get("gate", ""),
            "next": steps,
            **common,
        }


_INCIDENT_STEP = Step(
    INCIDENT, "Complete the incident record.", "write down what happened",
    reads=("the facts of the steps before",), writes=(".runbook/incidents",), repeat=Repeat.REPEATABLE,
)  # fmt: skip


def _first_steps(tiers: list[str], hint: Hint, file: str) -> tuple[Step, ...]:
    """The steps up to the culprit."""
    first = (
        f"Search for what broke it, among what can matter to {file} first"
        if file
        else "Search for what broke it"
    )
    search = (
        f"Verify that {hint.commit} broke it: it is red, its parent green" if hint.commit else first
    )
    find = again("find-offending-commit", {"test": hint.test or "<the red row>", "file": file})
    return (
        Step(
            SMOKE, f"Smoke HEAD in a disposable checkout: {', '.join(tiers)}. Green: there is nothing to do.",
            " && ".join(call(f"run --tier {tier}") for tier in tiers),
            reads=("HEAD", ".nox"), writes=("a temporary folder", ".runbook/runs", ".runbook/incidents"),
            repeat=Repeat.REPEATABLE,
        ),
        Step(
            GATE, "Close the gate if a red row is of high severity.", call('gate.close --reason "red at HEAD"'),
            reads=("the smoke",), writes=("the gate's file",), repeat=Repeat.REPEATABLE,
        ),
        Step(
            SEARCH, f"{search}; HEAD without it must be green.", find,
            reads=("the history", ".nox"), writes=("a temporary folder", ".git/runbook/culprit", ".runbook/searches"),
            repeat=Repeat.REPEATABLE,
        ),
    )  # fmt: skip


def _culprit(facts: Mapping[str, Facts]) -> str:
    return str(facts[SEARCH]["search"]["culprit"]["sha"])


def _remembered(search: Mapping[str, Any]) -> int:
    """Return how many of the runs that a search stands on were made by an earlier one."""
    return sum(probe["remembered"] for probe in search["probes"])


def _reason(facts: Mapping[str, Facts]) -> Reason:
    smoke, search = facts[SMOKE], facts[SEARCH]["search"]
    hunted = next(each for each in smoke["red"] if each["test"] == smoke["hunted"])
    evidence = (
        f"red at {search['bad'][:10]}: {'; '.join(smoke['results'])}",
        "red at it and green at its parent, "
        + how_sure(search["probability"], search["runs"], _remembered(search)),
        f"incident {smoke['incident']}",
    )
    return Reason((name_of(hunted),), evidence, hunted["cause"])


def _refuse_unproved(result: Result, test: str, named: str) -> None:
    """Say no where the search has not proved who turned a test red.

    Args:
        result: Of the search.
        test: The name of the test.
        named: The commit that a person took for the culprit, or empty.

    Raises:
        Refused: There is no culprit, or taking it out does not mend HEAD.
        NobodyNamed: The search is inconclusive.
    """
    said = headline(result)
    if result.word is Word.INCONCLUSIVE:
        best = ", ".join(f"{sha[:10]} ({chance:.0%})" for sha, chance in result.candidates[:_SHOWN])
        raise NobodyNamed(
            f"{said}; likeliest: {best or 'none'}",
            next_step=f"{again(PROCEDURE, {'test': test})} --commit SHA",
        )
    if result.word is Word.NOT_REPRODUCED:
        raise Refused(f"{said}; a revert does not mend a flake", next_step=call("explain TEST"))
    if result.word is Word.BORN_RED and named:
        raise Refused(
            f"{named[:10]} did not break it: before it, {test} was red too",
            next_step=again(PROCEDURE, {"test": test}),
        )
    if result.word is Word.BORN_RED or result.culprit is None:
        raise Refused(f"{said}; there is no state to go back to", next_step="mend it forward")
    # What cannot be taken out is refused where the revert is made, with what was built upon it.
    if result.proof is None or result.proof.tip in (Tip.RED, Tip.UNKNOWN):
        why = result.proof.why if result.proof else "the tip was not run without it"
        raise Refused(
            f"{result.culprit.sha[:10]} is not verified as the culprit: {why}",
            next_step=again("find-offending-commit", {"test": test}) + ", which says how to go on",
        )
