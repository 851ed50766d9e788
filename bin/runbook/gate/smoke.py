"""The smoke of a gate: each tier in a tree of its own, judged here and not by what ran there."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.gate.faults import high_rows, read_proofs, unproved
from runbook.processes.kept_process import run_kept
from runbook.rows import Severity, TestFunction, read_rows, read_tests, short_name
from runbook.runs.run_folder import RunFolder
from runbook.runs.verdict import Outcome, Verdict, Word, judge
from runbook.second_tries import find_second_tries
from runbook.smoke.probes import PROBE_VARIABLE
from runbook.smoke.tier import GATE_NONCE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from runbook.project import Project, Tier

# The settings are named, and the smoke says the root, so that no other file of settings counts; the plugin is named,
# for none is loaded by itself.
_PYTEST = ["--config-file=pyproject.toml", "-p", "runbook.plugin"]
_LAST_LINES = 3  # of a log that a reason shows
_MAX_REASON = 300  # characters
_NOX = "nox > "  # before each line of Nox's own


@dataclass(frozen=True, slots=True)
class TierResult:
    """What a tier amounts to, all of its runs together.

    Attributes:
        tier: Its name.
        manifest: The node ids of the tests that had to pass.
        passed: How many passed in the run that had the fewest.
        seconds: The wall time of its runs, in sum.
        runs: Their folders' names.
        reasons: Why it does not open a gate; empty where it does.
        red: The tests that are red.
        red_high: Those of them that are of high severity.
    """

    tier: str
    manifest: tuple[str, ...]
    passed: int
    seconds: float
    runs: tuple[str, ...]
    reasons: tuple[str, ...]
    red: tuple[str, ...] = ()
    red_high: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what the gate's file keeps of it."""
        facts = {"passed": self.passed, "seconds": round(self.seconds, 3)}
        return {**facts, "runs": list(self.runs)}


class GateSmoke:
    """Runs and judges tiers in one tree.

    Args:
        project: The project as the tree has it; its root is the tree.
        scratch: A folder outside of the tree, for environments and logs.
        environment: All that the runs know; see `runbook.gate.environment`.
        say: Is told each line of theirs.
    """

    def __init__(
        self,
        project: Project,
        scratch: Path,
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._project = project
        self._scratch = scratch
        self._environment = environment
        self._say = say

    @property
    def environments(self) -> Path:
        """Where Nox makes the environments, anew for each opening."""
        return self._scratch / "nox"

    def smoke(self, tier: Tier, *, times: int) -> TierResult:
        """Run a tier through its Nox session, and judge every run of it.

        Args:
            tier: What to run.
            times: How often, unless it is not green sooner.
        """
        root = self._project.root
        tests = read_tests(root, tier.tests)
        judged: list[_JudgedRun] = []
        reasons = [f"{place}: {what}" for place, what in find_second_tries(root, tier.tests)]
        if not any(test.row for test in tests):
            reasons.append(f"there are no rows in {', '.join(tier.tests)}")
        for _ in range(times):
            if not reasons:
                runs, reasons = self._smoke_once(tier, tests)
                judged += runs
        return _result(tier, tests, judged, reasons)

    def _smoke_once(
        self, tier: Tier, tests: tuple[TestFunction, ...]
    ) -> tuple[list[_JudgedRun], list[str]]:
        """Run it; return its runs, and why they do not open a gate."""
        root = self._project.root
        nonce = secrets.token_hex(16)
        before = _run_ids(root)
        session = self._run(tier.session, ["--", *_PYTEST], {GATE_NONCE_VARIABLE: nonce})
        runs = [RunFolder(root / ".runbook" / "runs" / name) for name in _run_ids(root) - before]
        judged = [_judge(run, tests, nonce) for run in runs]
        reasons = [why for run in judged for why in run.reasons] or session
        return judged, reasons + ([] if runs or reasons else ["nothing was run"])

    def prove(self, session: str, tiers: Sequence[Tier]) -> FaultsResult:
        """Inject the faults of the rows of high severity; see `runbook.gate.faults`."""
        paths = dict.fromkeys(path for tier in tiers for path in tier.tests)
        rows = high_rows(read_rows(self._project.root, paths))
        if not rows:
            return FaultsResult(0, ())
        self._say(f"injecting the faults of {len(rows)} rows; this takes as long as the smokes do")
        file = self._scratch / "proofs.json"
        reasons = self._run(session, [*rows, "--json", str(file)], {})
        proofs = read_proofs(file)
        if proofs is None:
            return FaultsResult(0, tuple(reasons or ["it has proved nothing"]))
        return FaultsResult(len(proofs), tuple(unproved(rows, proofs)))

    def _run(
        self, session: str, arguments: Sequence[str], variables: Mapping[str, str]
    ) -> list[str]:
        """Run a Nox session to its end; return why it was not carried out, if it was not."""
        report, log = self._scratch / f"{session}.json", self._scratch / f"{session}.log"
        # -P: a nox.py in the tree is not Nox.
        nox = [
            sys.executable,
            "-P",
            "-m",
            "nox",
            "--noxfile",
            str(self._project.root / "noxfile.py"),
        ]
        nox += ["--envdir", str(self.environments), "--report", str(report)]
        run_kept(
            [*nox, "--session", session, "--", *arguments],
            folder=self._project.root,
            environment={**self._environment, PROBE_VARIABLE: "gate", **variables},
            log=log,
            say=self._say,
        )
        return _session_reasons(report, log)


@dataclass(frozen=True, slots=True)
class FaultsResult:
    """What the faults have shown.

    Attributes:
        injected: How many there were.
        reasons: Why they do not show that the smoke would notice; empty where they do.
    """

    injected: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _JudgedRun:
    name: str
    verdict: Verdict
    reasons: tuple[str, ...]
    seconds: float


def _judge(run: RunFolder, tests: tuple[TestFunction, ...], nonce: str) -> _JudgedRun:
    """Decide a run by its events, with what is known here: the manifest, and the secret."""
    events = run.read_events()
    ends = [event for event in events if event["event"] == "finish"]
    manifest = [test.id for test in tests if test.row]
    verdict = judge(manifest, events, nonce=nonce, status=ends[-1]["exitstatus"] if ends else 1)
    said = run.read_result()
    reasons = [] if verdict.word is Word.GREEN else _why(verdict)
    if not ends:  # its log tells what kept it from starting, such as a browser that is missing
        reasons = [_end(run.log), *reasons]
    if said.get("verdict") != Word.GREEN and not reasons:
        reasons = [f"the run itself says {said.get('verdict', 'nothing')}"]
    reasons += [f"{test.id} has no row" for test in tests if test.row is None]
    return _JudgedRun(run.id, verdict, tuple(reasons), float(said.get("seconds", 0)))


def _why(verdict: Verdict) -> list[str]:
    red = [test for test, outcome in verdict.outcomes.items() if outcome is Outcome.FAILED]
    failed = [f"red: {', '.join(short_name(test) for test in red)}"] if red else []
    return [*failed, *verdict.reasons]


def _result(
    tier: Tier, tests: tuple[TestFunction, ...], runs: list[_JudgedRun], reasons: list[str]
) -> TierResult:
    high = {test.id for test in tests if test.row and test.row.severity is Severity.HIGH}
    red = {
        test
        for run in runs
        for test, outcome in run.verdict.outcomes.items()
        if outcome is Outcome.FAILED
    }
    return TierResult(
        tier.name,
        tuple(sorted({test.id for test in tests})),
        min((run.verdict.counts[Outcome.PASSED] for run in runs), default=0),
        sum(run.seconds for run in runs),
        tuple(sorted(run.name for run in runs)),
        tuple(dict.fromkeys(f"{tier.name}: {reason}"[:_MAX_REASON] for reason in reasons)),
        tuple(sorted(map(short_name, red))),
        tuple(sorted(map(short_name, red & high))),
    )


def _session_reasons(report: Path, log: Path) -> list[str]:
    """Which sessions of a tier were not carried out to their end, though no row says why."""
    try:
        sessions = json.loads(report.read_bytes())["sessions"]
    except (OSError, ValueError, KeyError):
        return [f"its session could not be run: {_end(log)}"]
    return [
        f"session {_name(session)} ended with {session['result']}: {session['reason'] or _end(log)}"
        for session in sessions
        if session["result"] != "success"
    ]


def _name(session: Mapping[str, Any]) -> str:
    """How Nox calls a session, with its parameters where it has some."""
    return str((session.get("signatures") or [session.get("name")])[0])


def _end(log: Path) -> str:
    """The last that a log says: Nox's own words only where there are no others."""
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(_NOX)]
    own = [line.removeprefix(_NOX) for line in lines[-1:]]
    return " | ".join(said[-_LAST_LINES:] or own) or "it said nothing"


def _run_ids(root: Path) -> set[str]:
    try:
        return {path.name for path in (root / ".runbook" / "runs").iterdir()}
    except FileNotFoundError:
        return set()


def keep_runs(tree: Path, project: Project, results: list[TierResult]) -> None:
    """Move the runs' folders to the project, where they are evidence for people."""
    for result in results:
        for name in result.runs:
            target = project.state / "runs" / name
            shutil.copytree(tree / ".runbook" / "runs" / name, target, dirs_exist_ok=True)
