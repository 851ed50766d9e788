"""What a run that has ended amounts to: its exit code, its lines, its JSON."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runbook.calls import call_install, call_session, has_sessions, typed
from runbook.errors import EnvironmentNotReady, RunbookError, UsageError
from runbook.exit_codes import ExitCode
from runbook.gate.project_gate import gate_word
from runbook.last_words import last_words, own_place
from runbook.nearest import nearest
from runbook.rows import Severity
from runbook.runs import report_lines, triage
from runbook.runs.verdict import Event, Verdict, Word, judge
from runbook.smoke.pytest_process import INTERRUPTED, NOTHING_COLLECTED, USAGE_ERROR

if TYPE_CHECKING:
    from runbook.project import Project, Tier
    from runbook.rows import Row, TestFunction
    from runbook.runs.run_folder import RunFolder
    from runbook.runs.source_state import SourceState
    from runbook.runs.verdict import Failure

_MAX_SAID = 400  # characters of what pytest said
_NO_OPTION = "unrecognized arguments"  # as pytest says it
_NEXT = "  next: "  # as a `RunbookError` is printed
_LEFT_OUT, _ADDOPTS = "no:runbook.plugin", "PYTEST_ADDOPTS"
_SUMMARY = re.compile(r" in [0-9.]+s\b[ ()0-9:=]*$")  # what pytest ends with when it has run
_NO_PYTHON = re.compile(r"(Syntax|Indentation|Tab)Error\b")
_ERROR = re.compile(r"^(ERROR: |.*pytest[^:]*: error: )")  # pytest says how it was called


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        project: The project that was smoked.
        tier: The tier that was run.
        arguments: What was passed on to pytest.
        folder: The evidence: events and log.
        source: What was on disk.
        tests: The tests of the tier, as their source shows them; those with a row are the manifest.
        status: pytest's exit status.
        interrupted: Whether Ctrl-C ended it.
        nonce: The run's secret.
        seconds: Its wall time.
        content: The digest of all that it stood on, from its start to its end, where a green run of
            the tier is to prove it; else empty.
    """

    project: Project
    tier: Tier
    arguments: list[str]
    folder: RunFolder
    source: SourceState
    tests: tuple[TestFunction, ...]
    status: int
    interrupted: bool
    nonce: str
    seconds: float
    content: str = ""

    @cached_property
    def events(self) -> list[Event]:
        """What happened, as the plugin has told it."""
        return self.folder.read_events()

    @cached_property
    def _rows(self) -> dict[str, Row]:
        return {test.id: test.row for test in self.tests if test.row}

    @cached_property
    def manifest(self) -> tuple[str, ...]:
        """The node ids of the tests that make a run of the tier complete, as often as they are defined."""
        return tuple(test.id for test in self.tests if test.id in self._rows)

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict, by the events; a call that was wrong is no red, for nothing was tried.

        Nor is a run that somebody interrupted red for what it did not come to, or green: Ctrl-C may come after the
        last test, or be lost in the first.
        """
        verdict = judge(self.manifest, self.events, nonce=self.nonce, status=self.status)
        if verdict.failures or not (self.problem or self.interrupted):
            return verdict
        reasons = ("it was interrupted",) if self.interrupted else verdict.reasons
        return replace(verdict, word=Word.PARTIAL, reasons=reasons)

    @cached_property
    def problem(self) -> RunbookError | None:
        """What kept this from being a run at all, if anything did."""
        if self.interrupted:
            return None
        if not any(event["event"] == "start" for event in self.events):
            return self._not_started()
        if self.status == USAGE_ERROR:
            return UsageError(self._last_output(), next_step=self._nearest())
        if self.status == NOTHING_COLLECTED:
            return UsageError(
                f"no test matches: {' '.join(self.arguments)}", next_step=self._nearest()
            )
        return None

    def _not_started(self) -> RunbookError:
        """A wrong option is refused before any plugin is loaded; else pytest could not start, or had no plugin."""
        if self.status == USAGE_ERROR:
            return UsageError(self._last_output(), next_step=self._nearest())
        if any(_LEFT_OUT in text for text in (*self.arguments, os.environ.get(_ADDOPTS, ""))):
            return EnvironmentNotReady(
                "pytest was told to leave the engine's plugin out, and nothing is known of what it ran",
                next_step=f"leave {_LEFT_OUT} out",
            )
        if _SUMMARY.search(self._last_output()):
            return EnvironmentNotReady(
                "pytest did not load the engine's plugin, and nothing is known of what it ran",
                next_step="install the engine beside pytest, or add `-p runbook.plugin` to addopts",
            )
        return EnvironmentNotReady(
            f"pytest did not start: {self._last_output()}",
            next_step=self._said_next() or self._how_to_start(),
        )

    def _how_to_start(self) -> str:
        if place := self._own_place():  # another environment would not help
            return f"mend {place}; {self._read_log} says more"
        if has_sessions():
            return f"{call_session(self.tier.session)}, which makes an environment of its own"
        return (
            f"{self._read_log} says why; where pytest is what is missing: {call_install('pytest')}"
        )

    @property
    def _read_log(self) -> str:
        return typed(["cat", os.path.relpath(self.folder.log)])

    def _last_output(self) -> str:
        """What pytest said was wrong; where it said nothing, the last that it printed."""
        text = self.folder.log.read_text(encoding="utf-8", errors="replace")
        errors = [
            line for line in text.splitlines() if _ERROR.match(line) and " usage: " not in line
        ]
        said = _ERROR.sub("", errors[-1]) if errors else last_words(text, self.project.root)
        return said[:_MAX_SAID] or "it printed nothing"

    def _own_place(self) -> str:
        """Where a file of the project is no Python."""
        if not _NO_PYTHON.match(self._last_output()):
            return ""
        text = self.folder.log.read_text(encoding="utf-8", errors="replace")
        return own_place(text, self.project.root)

    def _said_next(self) -> str:
        """The next step that whatever kept pytest from starting has itself named."""
        lines = self.folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
        steps = [line.removeprefix(_NEXT) for line in lines if line.startswith(_NEXT)]
        return steps[-1] if steps else ""

    def _nearest(self) -> str:
        """The tests, or files, whose names are nearest to the last thing that was asked for."""
        if _NO_OPTION in self._last_output():
            return "--help lists what pytest takes"
        words = [word for word in self.arguments if not word.startswith("-")]
        if not words:  # nobody asked for a name: a conftest that does not import, for instance
            return f"{self._read_log} says why"
        asked = words[-1].rpartition("::")[2]
        files = {test.id.partition("::")[0] for test in self.tests}
        names = (
            files if "/" in asked or asked.endswith(".py") else {test.name for test in self.tests}
        )
        return f"the nearest are {', '.join(nearest(asked, names))}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Why a run that was asked for whole was not whole, for a person; nothing where it was filtered."""
        is_told = self.problem or self.arguments or self.verdict.word is not Word.PARTIAL
        return () if is_told else self.verdict.reasons

    @property
    def exit_code(self) -> ExitCode:
        """What the process says by its exit status."""
        if self.interrupted or (self.status == INTERRUPTED and self._was_stopped):
            return ExitCode.INTERRUPTED
        return self.problem.exit_code if self.problem else self.verdict.exit_code

    @property
    def _was_stopped(self) -> bool:
        """Whether it began, and no error of its own ended it."""
        kinds = {event["event"] for event in self.events}
        return "start" in kinds and "collect-error" not in kinds

    @property
    def red_high_rows(self) -> tuple[str, ...]:
        """The tests of the red rows of high severity: while there is one, the public must be kept out."""
        rows = (triage.row_of(failure, self._rows) for failure in self.verdict.failures)
        high = (row.test for row in rows if row and row.severity is Severity.HIGH)
        return tuple(dict.fromkeys(high))

    @property
    def _gate(self) -> str:
        return gate_word(self.project, self.source)

    @property
    def _evidence(self) -> str:
        return os.path.relpath(self.folder.path, self.project.root)

    def lines(self) -> list[str]:
        """The FAIL lines, the likeliest cause first, then RESULT."""
        lines = triage.fail_lines(self.verdict.failures, self._rows)
        if self.verdict.word is Word.RED and not lines and not self.problem:
            lines = [report_lines.session_line(reason) for reason in self.verdict.reasons]
        result = report_lines.result(
            self.verdict, seconds=self.seconds, gate=self._gate, evidence=self._evidence
        )
        return [*report_lines.abridged(lines, evidence=self._evidence), result]

    def as_json(self) -> dict[str, Any]:
        """The run as one object with stable keys."""
        verdict = self.verdict
        return {
            "schema": "smoke/1",
            "verdict": verdict.word,
            "exit_code": int(self.exit_code),
            "tier": self.tier.name,
            "commit": self.source.commit,
            "tree": self.source.tree,
            "dirty": self.source.is_dirty,
            "run": self.folder.id,
            "content": self.content,
            "total": len(verdict.outcomes),
            **{str(outcome): count for outcome, count in verdict.counts.items()},
            "partial": verdict.is_partial,
            "seconds": round(self.seconds, 3),
            "gate": self._gate,
            "evidence": self._evidence,
            "reasons": list(verdict.reasons),
            "failures": [
                self._failure_json(failure)
                for failure in triage.triaged(verdict.failures, self._rows)
            ],
            "tests": dict(verdict.outcomes),
            "manifest": list(self.manifest),
            "pytest_status": self.status,
            "was_a_run": self.problem is None,
        }

    def _failure_json(self, failure: Failure) -> dict[str, Any]:
        row = triage.row_of(failure, self._rows)
        facts: dict[str, Any] = {
            "test": failure.test,
            "phase": failure.phase,
            "at": failure.at,
            "want": failure.want,
            "got": failure.got,
            "evidence": failure.evidence,
            "precondition": failure.step,
            "precondition_row": failure.step_row,
        }
        if row:
            suspects = [str(suspect) for suspect in row.suspects]
            facts |= {"severity": row.severity, "cause": row.cause, "suspects": suspects}
        return facts
