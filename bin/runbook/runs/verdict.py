"""The verdict of a run, decided from the plugin's events and never from pytest's exit status alone.

Pure: events and a manifest in, a verdict out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from runbook.exit_codes import ExitCode
from runbook.rows import function_id, short_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Event = dict[str, Any]

_STATUSES_WITHOUT_FAILURE = (2, 4, 5)  # pytest: interrupted, usage error, nothing collected
_CUT_SHORT = "it did not end, and the session did not finish"
_INTERRUPTED = (2, ExitCode.INTERRUPTED)  # pytest, and what ends with the engine


class Word(StrEnum):
    """The verdict in one word."""

    GREEN = "green"
    RED = "red"
    PARTIAL = "partial"


class Outcome(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test is red.

    Attributes:
        test: The node id, with parameters.
        at: ``file:line`` of the failing statement.
        want: What was expected, or empty where the failure was no comparison.
        got: What was there instead, or the error's message.
        phase: setup, call or teardown.
        evidence: What the test itself kept, a path, or empty.
        step: The precondition that failed, or empty where an assertion of the test's own did.
        step_row: The name of the test that judges that step, or empty.
    """

    test: str
    at: str
    want: str
    got: str
    phase: str
    evidence: str = ""
    step: str = ""
    step_row: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run amounts to.

    Attributes:
        word: Green only if the run finished and every test of the manifest passed, and no other ran.
        outcomes: Each test of the manifest, and each other that ran, with its outcome.
        failures: In the order in which they happened.
        reasons: Why it is not green, besides failing tests; for a person.
    """

    word: Word
    outcomes: Mapping[str, Outcome]
    failures: tuple[Failure, ...] = ()
    reasons: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many tests had each outcome, in the order in which the RESULT line gives them."""
        seen = list(self.outcomes.values())
        return {outcome: seen.count(outcome) for outcome in Outcome}

    @property
    def is_partial(self) -> bool:
        """Whether less than the whole manifest was passed or failed."""
        gaps = self.counts[Outcome.SKIPPED] + self.counts[Outcome.MISSING]
        return bool(gaps) or self.word is Word.PARTIAL

    @property
    def exit_code(self) -> ExitCode:
        """Red is 1; green and partial are 0, and only the line tells them apart."""
        return ExitCode.RED if self.word is Word.RED else ExitCode.GREEN


def judge(
    manifest: Collection[str], events: Iterable[Event], *, nonce: str, status: int = 0
) -> Verdict:
    """Decide a run.

    Args:
        manifest: The node ids (without parameters) of all tests that make the run complete. One that stands
            twice is defined twice, so that one of the two cannot have run.
        events: The plugin's events; those that do not carry ``nonce`` are not believed.
        nonce: The secret of this run.
        status: pytest's exit status. It can make a run red, and never green.

    Returns:
        Red if any test failed, the session did not finish, an event of it is lost, or a negative control
        passed; partial if nothing failed but not exactly the manifest was run and passed, or a test was replaced,
        or not every control of a folder failed; else green.
    """
    believed = [event for event in events if event.get("nonce") == nonce]
    reports = [event for event in believed if event["event"] == "report"]
    reports += _cut_short(believed, status)
    outcomes = dict.fromkeys(manifest, Outcome.MISSING) | _outcomes(manifest, believed, reports)
    # A plugin may try a test again: what is the same each time is told once.
    failed = (_failure(event) for event in reports if event["outcome"] == "failed")
    failures = tuple(dict.fromkeys(failed))
    broken = tuple(_session_faults(believed, status, has_failures=bool(failures)))
    gaps = (
        *_gaps(manifest, outcomes, reports),
        *_control_gaps(believed, reports),
        *_replaced(believed),
    )
    word = Word.RED if failures or broken else Word.PARTIAL if gaps else Word.GREEN
    return Verdict(word, outcomes, failures, broken + gaps)


def _outcomes(
    manifest: Collection[str], events: list[Event], reports: list[Event]
) -> dict[str, Outcome]:
    """Fold the phases of each item, and then the items (parameters) of each test: the worst wins.

    An item that was made and not run (deselected, or dropped by a conftest) is missing.
    """
    made = (test for event in events if event["event"] == "collected" for test in event["tests"])
    items: dict[str, set[Outcome]] = {t: set() for t in made if function_id(t) in manifest}
    for report in reports:
        items.setdefault(report["test"], set()).add(_phase_outcome(report))
    tests: dict[str, set[Outcome]] = {}
    for item, phases in items.items():
        # A setup or teardown alone proves nothing, a call does.
        tests.setdefault(function_id(item), set()).add(_worst(phases - {Outcome.MISSING}))
    return {test: _worst(outcomes) for test, outcomes in tests.items()}


def _worst(outcomes: set[Outcome]) -> Outcome:
    order = (Outcome.FAILED, Outcome.SKIPPED, Outcome.MISSING, Outcome.PASSED)
    return next((outcome for outcome in order if outcome in outcomes), Outcome.MISSING)


def _phase_outcome(report: Event) -> Outcome:
    if report["outcome"] == "failed":
        return Outcome.FAILED
    if report["outcome"] == "skipped" or report.get("xfail"):
        return Outcome.SKIPPED
    return Outcome.PASSED if report["phase"] == "call" else Outcome.MISSING


def _failure(report: Event) -> Failure:
    return Failure(
        report["test"],
        report["at"],
        report["want"],
        report["got"],
        report["phase"],
        report.get("evidence", ""),
        report.get("step", ""),
        report.get("step_row", ""),
    )


def _cut_short(events: list[Event], status: int) -> Iterable[Event]:
    """A report of each test in which the session came to its end, but for those that were interrupted."""
    kinds = {event["event"] for event in events}
    if "finish" in kinds or status in _INTERRUPTED:
        return
    over = {e["test"] for e in events if e["event"] == "report" and e["phase"] == "teardown"}
    for event in events:
        if event["event"] == "begin" and event["test"] not in over:
            facts = {"phase": "call", "outcome": "failed", "want": "", "got": _CUT_SHORT}
            yield {"event": "report", "test": event["test"], "at": event["at"], **facts}


def _session_faults(events: list[Event], status: int, *, has_failures: bool) -> Iterable[str]:
    kinds = [event["event"] for event in events]
    if "start" not in kinds:
        yield "pytest did not start the plugin"
    if "finish" not in kinds:
        yield "the session did not finish"
    for event in events:
        if event["event"] == "collect-error":
            yield f"{event['file']} cannot be collected: {event['message']}"
        if event["event"] == "finish" and event["events"] != len(events):
            yield f"{len(events)} of {event['events']} events arrived"
        if event["event"] == "control" and event["outcome"] == "passed":
            yield f"the negative control in {_folder(event)} passed: a failure there is not seen"
    # 1 without a failing test, 3 (internal error) and signals: something broke beside the tests.
    if status not in {0, *_STATUSES_WITHOUT_FAILURE} and not has_failures:
        yield f"pytest ended with exit status {status}, though no test failed"


def _gaps(
    manifest: Collection[str], outcomes: Mapping[str, Outcome], reports: list[Event]
) -> Iterable[str]:
    for outcome in (Outcome.MISSING, Outcome.SKIPPED):
        tests = [test for test, each in outcomes.items() if each is outcome]
        if tests:
            names = ", ".join(short_name(test) for test in tests)
            why = {report["why"] for report in reports if "why" in report}
            is_said = outcome is Outcome.SKIPPED and why
            yield f"{outcome}: {names}" + (f" ({'; '.join(sorted(why))})" if is_said else "")
    for test, count in Counter(manifest).items():
        if count > 1:
            yield f"{short_name(test)} is defined {count} times, and only the last can run"
    unlisted = sorted({function_id(report["test"]) for report in reports} - set(manifest))
    if unlisted:
        yield f"no row: {', '.join(short_name(test) for test in unlisted)}"


def _control_gaps(events: list[Event], reports: list[Event]) -> Iterable[str]:
    """Where tests ran though nothing shows that a failing one would have been seen."""
    outcomes: dict[str, set[str]] = {}
    for event in events:
        if event["event"] == "control":
            outcomes.setdefault(_folder(event), set()).add(event["outcome"])
    controlled = {folder for folder, seen in outcomes.items() if seen == {"failed"}}
    for folder in sorted({_folder(report) for report in reports} - controlled):
        yield f"no negative control failed in {folder}"


def _replaced(events: list[Event]) -> Iterable[str]:
    """Which tests were not run as their source has them."""
    for event in events:
        if event["event"] == "replaced":
            yield f"{short_name(event['test'])} was replaced by something else before it ran"


def _folder(event: Event) -> str:
    """The folder of the test that an event is about."""
    return event["test"].partition("::")[0].rpartition("/")[0] or "."
