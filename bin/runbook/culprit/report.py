"""The end of a search for its two readers: ``culprit/1`` as JSON, and text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from math import log2
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from runbook.calls import call, call_module, typed
from runbook.culprit.command_line import probe_line
from runbook.culprit.core.rates import capacity
from runbook.culprit.core.search import Word
from runbook.culprit.next_steps import next_steps
from runbook.culprit.probes.probing import OUT_OF_TIME
from runbook.culprit.probes.probing import Word as Said
from runbook.culprit.proof import Proof, Tip
from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from runbook.culprit.history import Description
    from runbook.culprit.probes.probing import ProbeResult

SCHEMA = "culprit/1"
_SHOWN = 8  # candidates in the text
_LEAST = 0.001  # probability of a candidate that the JSON lists
# These the search of upgrades reads.
_PYTHON_LOCKS = ("requirements*.txt", "requirements/*.txt", "uv.lock")
_OTHER_LOCKS = ("*.lock", "package-lock.json", "pnpm-lock.yaml", "go.sum")
_PROSE = ("*.md", "*.rst", "*.txt", "docs/*", "LICENSE*")


@dataclass(frozen=True, slots=True)
class Result:
    """How a search over a repository ended.

    Attributes:
        word: The verdict.
        probability: How sure it is.
        culprit: The commit that is to blame, or None.
        candidates: Commits and their probabilities, likeliest first.
        probes: All probes, in the order in which they ended.
        good: The good end, or empty where there is none.
        bad: The bad end.
        size: How many candidates there were.
        runs: How often the command was started; those that were ended early are among them.
        rounds: How often probes were started together.
        seconds: How long the search took.
        good_fails: The rate at which good commits are believed to fail.
        bad_passes: The rate at which bad ones are believed to pass.
        why: What stood in the way, or is worth knowing.
        command: What was run.
        proof: What the tip does without the culprit; None where none was found.
        is_merge: Whether the culprit is one.
        asked: What else was asked for and decides what is found, as words of a command line.
        besides: The same of a search for who else breaks the tip, where somebody does.
        elsewhere: The repository, where it is not that of the project which asks.
        row: The id of the test that the command runs, if it is a row.
        first_testable: A commit that fails where nothing older can be tested, and no good end was found.
    """

    word: Word
    probability: float
    culprit: Description | None
    candidates: tuple[tuple[str, float], ...]
    probes: tuple[ProbeResult, ...]
    good: str
    bad: str
    size: int
    runs: int
    rounds: int
    seconds: float
    good_fails: float
    bad_passes: float
    why: str
    command: str
    proof: Proof | None = None
    is_merge: bool = False
    asked: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    elsewhere: str = ""
    row: str = ""
    first_testable: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """A search that ended with a proof is green, whatever it proved."""
        return ExitCode.INCONCLUSIVE if self.word is Word.INCONCLUSIVE else ExitCode.GREEN

    @property
    def least_runs(self) -> float:
        """What no search can do without: the bits it takes to name one commit, by what one run can tell."""
        return log2(max(self.size, 1)) / capacity(self.good_fails, self.bad_passes)

    @property
    def suspects(self) -> tuple[tuple[str, float], ...]:
        """The candidates that are not as good as innocent."""
        return tuple(each for each in self.candidates if each[1] >= _LEAST)

    def to_json(self) -> dict[str, Any]:
        """Return ``culprit/1``."""
        return {
            "schema": SCHEMA,
            "verdict": str(self.word),
            "culprit": _listed(self.culprit) if self.culprit else None,
            "probability": self.probability,
            "candidates": [{"sha": sha, "probability": chance} for sha, chance in self.suspects],
            "probes": [
                {
                    "sha": each.sha,
                    "outcome": str(each.word),
                    "seconds": round(each.seconds, 3),
                    "why": each.why,
                    "remembered": each.remembered,
                    "without": each.without,
                }
                for each in self.probes
            ],
            "runs": self.runs,
            "rounds": self.rounds,
            "seconds": round(self.seconds, 3),
            "good": self.good,
            "bad": self.bad,
            "size": self.size,
            "least_runs": round(self.least_runs, 1),
            "rates": {"good_fails": self.good_fails, "bad_passes": self.bad_passes},
            "why": self.why,
            "tip_without_culprit": str(self.proof.tip) if self.proof else "",
            "command": self.command,
            "row": self.row,
            "next": list(next_steps(self)),
        }

    def replay(self) -> str:
        """Return the command that searches the same again, from any folder."""
        return self._search(self.good, self.asked)

    def replay_from_nowhere(self) -> str:
        """Return the command that looks for a good end by itself."""
        return self._search("", self.asked)

    def search_besides(self) -> str:
        """Return the command that looks for who else breaks the tip; empty where nobody is known to."""
        return self._search(self.culprit.sha, self.besides) if self.culprit and self.besides else ""

    def _search(self, good: str, options: tuple[str, ...]) -> str:
        ends = (*(("--good", good) if good else ()), "--bad", self.bad)
        return call_module("runbook.culprit", *ends, *options, "--command", self.command)


def _listed(description: Description) -> dict[str, Any]:
    return asdict(description) | {"files": list(description.files)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a search would do: the answer of ``--dry-run``.

    Attributes:
        good: The good end; empty where one would be looked for.
        bad: The bad end.
        size: How many candidates there are; 0 without a good end.
        most_runs: How many runs it takes when the command does not lie; 0 without a good end.
        first: The commits that would be run first.
        likeliest: The candidates with the largest prior, and their probabilities.
    """

    good: str
    bad: str
    size: int
    most_runs: int
    first: tuple[str, ...]
    likeliest: tuple[tuple[str, float], ...]


def render(result: Result) -> str:
    """Return the report for a person; the last line says what happened."""
    lines = [*map(_probe_line, result.probes), ""]
    if result.culprit is None:
        lines += [f"  {sha[:10]}  {chance:6.1%}" for sha, chance in result.suspects[:_SHOWN]]
    else:
        lines += [
            f"  commit  {result.culprit.sha}",
            f"  author  {result.culprit.author}",
            f"  date    {result.culprit.date}",
        ]
        lines += [f"  file    {path!r}" for path in result.culprit.files[:_SHOWN]]
        lines += [f"  note    {note}" for note in notes(result.culprit)]
        lines += [f"  tip     {_tip_line(result.proof)}"] if result.proof else []
        lines += [f"  other   {result.search_besides()}"] if result.besides else []
    lines += [
        f"  rates   a good commit fails {result.good_fails:.0%}, a bad one passes {result.bad_passes:.0%} of the time",
        f"  runs    {result.runs}{_ended_early(result)} in {result.rounds} rounds and {result.seconds:.1f} s",
        f"  limit   {result.least_runs:.0f} runs to tell {result.size} commits apart at these rates",
        f"  again   {result.replay()}",
        *(f"  next    {step}" for step in next_steps(result) if step != result.search_besides()),
    ]
    return "\n".join([*lines, "", headline(result)]).lstrip("\n")


def _ended_early(result: Result) -> str:
    """Say how many runs were ended before they were over, perhaps before the command had done anything."""
    ended = [probe.word for probe in result.probes].count(Said.CANCELLED)
    return f", {ended} of them ended early," if ended else ""


def headline(result: Result) -> str:
    """Return the verdict in one line."""
    if result.word is Word.FOUND and result.culprit:
        sure = f"({result.probability:.1%} sure){_unproved(result.proof)}"
        return f"found: {result.culprit.sha[:10]} {result.culprit.subject!r} broke it {sure}"
    if result.word is Word.BORN_RED:
        by = f"; {result.culprit.sha[:10]} added the test" if result.culprit else ""
        since = (
            f"{result.good[:10]}, the good end, is red too" if result.good else "it was never green"
        )
        why = f"; {result.why}" if result.why else ""
        return f"born-red: {since} ({result.probability:.1%} sure){by}{why}"
    if result.word is Word.NOT_REPRODUCED:
        whys = [_mended(result), result.why]
        why = "".join(f"; {each}" for each in whys if each)
        return f"not-reproduced: no commit is to blame; {_rate(result)} ({result.probability:.1%} sure){why}"
    return f"inconclusive: {result.why}{_late(result)}"


def _unproved(proof: Proof | None) -> str:
    """Say what was not proved: that the tip is green without the culprit."""
    if proof is None or proof.tip is Tip.GREEN:
        return ""
    return f"; not proved by its revert: {_tip_line(proof)}"


def _late(result: Result) -> str:
    """Say how runs that were out of time, as where a regression hangs, would be no error of the command."""
    late = sum(
        each.word is Said.ERROR and each.why.startswith(OUT_OF_TIME) for each in result.probes
    )
    if not late:
        return ""
    runs = "run was" if late == 1 else "runs were"
    return (
        f"; {late} {runs} not over in time, which is held against no commit: "
        "where that is the failure, begin the command with 'timeout SECONDS'"
    )


def _mended(result: Result) -> str:
    """Say that the bad end passes, where others failed: it may have been mended by then."""
    said = {probe.word for probe in result.probes if probe.sha == result.bad and not probe.without}
    has_failed = any(probe.word is Said.FAIL for probe in result.probes)
    return f"{result.bad[:10]}, the bad end, passes" if has_failed and said == {Said.PASS} else ""


def _rate(result: Result) -> str:
    """Say how often it failed, of all runs."""
    said = [probe.word for probe in result.probes]
    fails = said.count(Said.FAIL)
    return f"it failed in {fails or 'none'} of {fails + said.count(Said.PASS)} runs"


def notes(culprit: Description) -> list[str]:
    """Return what makes a culprit suspicious, or another tool's business."""
    for lock in _matching(culprit, _PYTHON_LOCKS):
        before = f"before{PurePath(lock).suffix}"
        keep = typed(["git", "show", f"{culprit.sha[:10]}^:{lock}"])
        search = call(f"find-offending-upgrade --project . --baseline {before} --command ...")
        return [f"it changes locked dependencies; {keep} > {before}, then {search} names the one"]
    for lock in _matching(culprit, _OTHER_LOCKS):
        return [f"it changes locked dependencies: see which ones moved in {typed([lock])}"]
    if culprit.files and set(culprit.files) == set(_matching(culprit, _PROSE)):
        return ["it changes nothing but text: look twice"]
    return []


def _matching(culprit: Description, globs: tuple[str, ...]) -> list[str]:
    return [path for path in culprit.files if any(fnmatch(path, glob) for glob in globs)]


def render_plan(planned: Plan) -> str:
    """Return what a search would do, for a person."""
    first = ", ".join(sha[:10] for sha in planned.first)
    if not planned.good:
        return f"would look for a good end from {planned.bad[:10]}, first at {first}"
    likeliest = ", ".join(f"{sha[:10]} ({chance:.1%})" for sha, chance in planned.likeliest)
    return (
        f"would search {planned.size} commits, {planned.good[:10]}..{planned.bad[:10]}, "
        f"in at most {planned.most_runs} runs if the command does not lie\n"
        f"  first      {first}\n  likeliest  {likeliest}"
    )


def _tip_line(proof: Proof) -> str:
    return {
        Tip.GREEN: "without it the tip is green",
        Tip.CONFLICT: "later commits are built upon it: it cannot be reverted by itself",
    }.get(proof.tip, proof.why)


def _probe_line(probe: ProbeResult) -> str:
    remembered = "remembered " if probe.remembered else ""
    without = f"without {probe.without[:10]} " if probe.without else ""
    what = f"{probe.sha[:10]}  {remembered}{without}{probe.why!r}"
    return probe_line(probe.word, probe.seconds, what)
