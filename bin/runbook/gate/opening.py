"""Opening the gate: smoke exactly HEAD in a tree of its own, and open only if everything was green.

It takes no evidence, and it resumes nothing. What it opens for is what it has itself seen pass a moment ago; see
docs/architecture/gate.md.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.calls import call, call_session
from runbook.culprit.probes.worktrees import TemporaryFolder, Worktree
from runbook.errors import EnvironmentNotReady
from runbook.gate.beginning import find_missing
from runbook.gate.environment import gate_environment
from runbook.gate.file import GateChanged, GateFile, GateState, Position
from runbook.gate.installed import damaged_files
from runbook.gate.pending import refuse_pending
from runbook.gate.project_gate import BOT, close, gate_file, is_bot, no_gate
from runbook.gate.reds import HARNESS, RedRuns, harness_of, runs_needed
from runbook.gate.smoke import GateSmoke, TierResult, keep_runs
from runbook.gate.status import read_build
from runbook.git import git
from runbook.incidents import Incidents
from runbook.procedures.journal import Done
from runbook.procedures.step_runner import carry_out, read_source
from runbook.procedures.steps import Outcome, Plan, Refused, Repeat, Step, make_plan
from runbook.project import find_project
from runbook.rollback.candidate import lives_elsewhere
from runbook.rows import read_rows
from runbook.runs.source_state import read_source_state
from runbook.sessions.environments import own_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook.procedures.journal import Facts
    from runbook.procedures.step_runner import Action
    from runbook.project import Project, Tier

_LINK = "120000 "  # how git lists a symbolic link


def plan_opening(project: Project, *own: str, by: str) -> Plan:
    """Return what opening the gate is going to do; nothing is written.

    Args:
        project: The project whose gate it is.
        own: The files that the call itself reads or writes; see `read_source`.
        by: Who opens it.

    Raises:
        UsageError: The project has no gate.
        GitError: There is no commit to open it for.
    """
    if missing := find_missing(project):
        raise missing
    file = _file_of(project)
    arguments = {"bot": is_bot(by)}
    source = read_source(project.root, *own)
    return make_plan("gate.open", source, arguments, _steps(project, file))


def _steps(project: Project, file: GateFile) -> tuple[Step, ...]:
    return (
        Step(
            "check-out",
            "Check HEAD out into a tree of its own, and see that it is what would be served from here.",
            "git clone --shared . <tree> && git -C <tree> checkout --detach <HEAD>",
            reads=("HEAD", str(file.path)),
            writes=("<a temporary folder>",),
            repeat=Repeat.REPEATABLE,
        ),
        *(_smoke_step(tier) for tier in project.gate_tiers),
        *_fault_steps(project),
        Step(
            "judge",
            "Refuse whatever is missing, red or partial; close an open gate where a high row is red.",
            call("gate.status"),
            reads=(".runbook/runs",),
            writes=(str(file.path),),
            repeat=Repeat.REPEATABLE,
        ),
        Step(
            "open",
            "Open the gate for exactly this commit, if HEAD and the gate are as they were.",
            call("gate.status"),
            reads=("HEAD",),
            writes=(str(file.path), str(file.history)),
            repeat=Repeat.REPEATABLE,
        ),
    )


def _smoke_step(tier: Tier) -> Step:
    return Step(
        f"smoke-{tier.name}",
        f"Smoke the {tier.name} tier there, with an environment of a few allowed variables.",
        tier.call(),
        reads=tier.tests,
        writes=(".runbook/runs",),
        repeat=Repeat.REPEATABLE,
    )


def _fault_steps(project: Project) -> tuple[Step, ...]:
    if not project.gate.faults:
        return ()
    step = Step(
        "prove",
        "Inject the faults of the rows of high severity there: each must turn its row red.",
        call_session(project.gate.faults),
        reads=("the faults",),
        writes=("<a temporary folder>",),
        repeat=Repeat.REPEATABLE,
    )
    return (step,)


def open_gate(
    project: Project,
    *own: str,
    by: str,
    say: Callable[[str], None],
    approved: Plan | None = None,
) -> Facts:
    """Open the gate for HEAD.

    Args:
        project: The project whose gate it is.
        own: The files that the call itself reads or writes; see `read_source`.
        by: Who opens it. A bot opens only what a bot has closed.
        say: Is told the progress, a line at a time.
        approved: The plan that was read before, if one was.

    Returns:
        What was written: build, commit, tree and proof.

    Raises:
        Refused: Something is missing, red or partial, or changed meanwhile; the gate is as it was, or a bot has
            closed it because a row of high severity is red.
        UsageError: The project has no gate.
        EnvironmentNotReady: The gate's file cannot be written.
    """
    plan = plan_opening(project, *own, by=by)
    scratch = TemporaryFolder()
    try:
        opening = _Opening(project, by, say, Worktree(scratch.path, project.root))
        ended = carry_out(project, plan, opening.actions(), approved=approved, say=say)
    finally:
        scratch.close()
    return ended.facts["open"]


@dataclass(slots=True)
class _Opening:
    """One opening under way. What a step finds out stays here and is never read from a file.

    Attributes:
        project: The user's.
        by: Who opens the gate.
        say: Is told the progress.
        tree: Where HEAD is smoked.
        since: What the gate said at the start.
        head: The full names of HEAD and its tree.
        build: What a server would serve from the checkout.
        harness: Digest of what smokes it.
        results: Of the tiers, in their order.
        faults: How many faults were injected; all of them were noticed.
    """

    project: Project
    by: str
    say: Callable[[str], None]
    tree: Worktree
    started: float = field(default_factory=time.monotonic)
    since: GateState = field(default_factory=lambda: GateState(Position.DOUBT))
    head: tuple[str, str] = ("", "")
    build: str = ""
    harness: str = ""
    results: list[TierResult] = field(default_factory=list)
    faults: int = 0

    def actions(self) -> dict[str, Action]:
        """Return the action of each step."""
        smokes = {f"smoke-{tier.name}": self._smoke_of(tier) for tier in self.project.gate_tiers}
        first: dict[str, Action] = {"check-out": self._check_out, **smokes, "prove": self._prove}
        return {**first, "judge": self._judge, "open": self._open}

    def _check_out(self, _: Mapping[str, Facts]) -> Done:
        self.since = _file_of(self.project).read(time.time())
        _refuse_bot(self.since, self.by)
        commit, tree = git(self.project.root, "rev-parse", "HEAD^{commit}", "HEAD^{tree}").split()
        self.head = (commit, tree)
        refuse_pending(self.project, commit)
        self.build = read_build(self.project.root, self.project.gate.build)
        self.tree.prepare(commit, ())
        _refuse_links_out(self.tree.path)
        self.harness = harness_of(self.tree.path, "HEAD", self.project.gate_tiers)
        _refuse_other_program(self.project.root, self.tree.path)
        _refuse_other_settings(self.project, self._smoked)
        self._refuse_other_tree(
            f"what is served from this checkout is not {commit[:10]}: a file differs, perhaps one"
            " that git was told to ignore",
            "git status --ignored; git ls-files -v | grep '^[a-zS]'; commit or remove what differs",
        )
        closed = f", closed by {self.since.by}: {self.since.why}"
        was = closed if self.since.position is Position.CLOSED else ""
        return Done(f"commit {commit[:10]}; the gate is {self.since.position}{was}")

    def _refuse_other_tree(self, what: str, next_step: str) -> None:
        """The tree must hold the commit, and what is served must be the same bytes in both places."""
        tree = git(self.tree.path, "rev-parse", "HEAD^{tree}")
        is_dirty = read_source_state(self.tree.path).is_dirty
        build = read_build(self.tree.path, self.project.gate.build)
        if is_dirty is not False or (tree, build) != (self.head[1], self.build):
            raise Refused(what, next_step=next_step)

    @property
    def _smoked(self) -> Project:
        return find_project(self.tree.path)

    @property
    def _gate_smoke(self) -> GateSmoke:
        scratch = self.tree.scratch
        environment = gate_environment(
            os.environ, self.project.gate.environment, bytecode=scratch / "bytecode"
        )
        # A session may have no environment of its own, and whoever opens an editable install of the working tree.
        own = own_modules(Path(sys.executable), self.project.root)
        if own:
            environment["PYTHONPATH"] = os.pathsep.join(str(self.tree.path / each) for each in own)
        return GateSmoke(self._smoked, scratch, environment, self.say)

    def _smoke_of(self, tier: Tier) -> Action:
        def smoke(_: Mapping[str, Facts]) -> Done:
            reds = self._red_runs.of((self.build, self.harness), tier.name)
            times = runs_needed(len(reds))
            if reds:
                self.say(f"{_were_red(reds)}; {times} green runs are asked for")
            result = self._gate_smoke.smoke(tier, times=times)
            self.results.append(result)
            green = f"{result.passed} rows passed" + (f", {times} times in a row" if reds else "")
            return Done("; ".join(result.reasons) or green)

        return smoke

    @property
    def _red_runs(self) -> RedRuns:
        return RedRuns(_file_of(self.project))

    def _prove(self, _: Mapping[str, Facts]) -> Done:
        if any(result.reasons for result in self.results):
            return Done("not green as it is", outcome=Outcome.NOT_SELECTED)
        result = self._gate_smoke.prove(self.project.gate.faults, self.project.gate_tiers)
        if result.reasons:
            raise Refused(
                f"the smoke would not notice: {'; '.join(result.reasons)}",
                next_step=call_session(self.project.gate.faults),
            )
        self.faults = result.injected
        return Done(f"{result.injected} faults were noticed")

    def _judge(self, _: Mapping[str, Facts]) -> Done:
        keep_runs(self.tree.path, self.project, self.results)
        for result in self.results:
            if result.red:
                self._red_runs.add((self.build, self.harness), result.tier, result.red)
        _refuse_red(self.project, self.results)
        _refuse_damaged(self._gate_smoke.environments)
        self._refuse_other_tree(
            "the smoke changed the tree that it smoked",
            f"{call('run')}, then git status, to see what it writes",
        )
        return Done("all green")

    def _open(self, _: Mapping[str, Facts]) -> Done:
        commit, tree = self.head
        now = git(self.project.root, "rev-parse", "--verify", "HEAD^{commit}")
        if now != commit:
            raise Refused(
                f"HEAD moved from {commit[:10]} to {now[:10]} meanwhile",
                next_step=call("gate.open"),
            )
        facts = {"build": self.build, "commit": commit, "tree": tree, "proof": self._proof()}
        _write(_file_of(self.project), facts, by=self.by, since=self.since)
        resolved = self._resolve(commit)
        return Done("; ".join([f"for commit {commit[:10]}", *resolved]), facts)

    def _resolve(self, commit: str) -> list[str]:
        """Resolve the incidents whose rows are green now; return a word on each."""
        seen = {test for result in self.results for test in result.manifest}
        rows = read_rows(self.project.root, self.project.test_paths)
        unseen = {row.id for row in rows} - seen
        try:
            is_elsewhere = partial(lives_elsewhere, self.project.root, head=commit)
            resolved = Incidents(self.project.state).resolve(
                commit, unseen=unseen, lives_elsewhere=is_elsewhere
            )
        except EnvironmentNotReady as error:  # the gate is open all the same
            return [error.what]
        return [f"incident {each.id} is resolved" for each in resolved]

    def _proof(self) -> dict[str, Any]:
        tests = sorted(test for result in self.results for test in result.manifest)
        return {
            "manifest": _digest("\n".join(tests)),
            "harness": self.harness,
            "tiers": {result.tier: result.as_json() for result in self.results},
            "faults": self.faults,
            "versions": {"python": platform.python_version(), "system": platform.system()},
            "seconds": round(time.monotonic() - self.started, 3),
        }


def _were_red(reds: Sequence[Sequence[str]]) -> str:
    """How many runs were red, and which tests."""
    names = ", ".join(dict.fromkeys(test for tests in reds for test in tests))
    return f"red runs of the same bytes: {len(reds)} ({names})"


def _file_of(project: Project) -> GateFile:
    if file := gate_file(project):
        return file
    raise no_gate(call("gate.status"))


def _refuse_bot(state: GateState, by: str) -> None:
    """A bot opens again what a bot closed, and nothing else."""
    if is_bot(by) and not (state.position is Position.CLOSED and is_bot(state.by)):
        who = f" by {state.by}" if state.by else ""
        raise Refused(
            f"a bot opens only what a bot has closed; the gate is {state.position}{who}: {state.why}",
            next_step=f"a person runs {call('gate.open')}",
        )


def _refuse_other_program(root: Path, tree: Path) -> None:
    """What decides here must be what the commit holds: the engine, its settings, the sessions, the locks."""
    listed = git(tree, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *HARNESS).split("\0")
    differs = [name for name in listed if name and not _is_same(root / name, tree / name)]
    if differs:
        raise Refused(
            f"what decides here is not what HEAD holds: {', '.join(differs[:3])}",
            next_step="git diff; git ls-files -v | grep '^[a-zS]'; commit it or take it back",
        )


def _refuse_links_out(tree: Path) -> None:
    """What a link of the commit leads to must be of the commit too: elsewhere, other bytes may stand there tomorrow."""
    listed = git(tree, "ls-tree", "-r", "-z", "HEAD").split("\0")
    links = [entry.partition("\t")[2] for entry in listed if entry.startswith(_LINK)]
    top = tree.resolve()
    out = [name for name in links if not (top / name).resolve().is_relative_to(top)]
    if out:
        raise Refused(
            f"a link leads out of the commit: {', '.join(out[:3])}",
            next_step="commit what it leads to in its place",
        )


def _refuse_other_settings(project: Project, smoked: Project) -> None:
    """The settings were read before anything was compared, so that they may have been put back since."""
    if (project.gate, project.tiers) != (smoked.gate, smoked.tiers):
        raise Refused(
            "what decides here is not what HEAD holds: pyproject.toml changed while it was read",
            next_step=call("gate.open"),
        )


def _refuse_damaged(environments: Path) -> None:
    """An installed package is often one file with uv's cache: an edit of one is an edit of all that come later."""
    if damaged := damaged_files(environments):
        raise Refused(
            f"what was installed is not what its packages hold: {', '.join(damaged[:3])}",
            next_step=f".venv/bin/uv cache clean; rm -r .nox; {call('gate.open')}",
        )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def _refuse_red(project: Project, results: Sequence[TierResult]) -> None:
    """Refuse what is not green; a red row of high severity closes the gate, for it may be what is served."""
    reasons = [reason for result in results for reason in result.reasons]
    high = [test for result in results for test in result.red_high]
    if high:
        close(project, reason=f"red when it was to be opened: {', '.join(high)}", by=BOT)
    if reasons:
        step = call(f"explain {high[0]}") if high else _next_step(project, reasons[0])
        raise Refused(f"the gate is not opened: {'; '.join(reasons)}", next_step=step)


def _next_step(project: Project, reason: str) -> str:
    """The command that shows more of a reason."""
    tier, _, why = reason.partition(": ")
    if why.startswith("red: "):
        return call(f"explain {why.removeprefix('red: ').partition(',')[0]}")
    if why.startswith(("session ", "its session ")):
        return call_session(project.tier(tier).session)
    return call(f"run --tier {tier}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(file: GateFile, facts: Facts, *, by: str, since: GateState) -> None:
    try:
        file.open(facts, by=by, now=time.time(), since=since)
    except GateChanged as changed:
        state = changed.state
        raise Refused(
            f"the gate was changed meanwhile: {state.position} by {state.by or 'nobody'}, {state.why}",
            next_step=call("gate.status"),
        ) from changed
    except OSError as error:
        raise EnvironmentNotReady(
            f"the gate is as it was: {file.path}: {error.strerror}",
            next_step="free the place, or make it writable",
        ) from error
