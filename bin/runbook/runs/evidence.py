"""What a run leaves for others to look at, and whether it still is what the run left.

``verify-evidence`` recomputes all of it: every digest, the verdict from the events, the
statement from the verdict. It shows what was changed by accident or in haste. It does not show what somebody has
rewritten with care, for nothing here is signed; and it opens nothing, see docs/architecture/gate.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.errors import UsageError
from runbook.json_files import write_json
from runbook.rows import function_id
from runbook.runs.junit import junit_xml
from runbook.runs.run_folder import RunFolder
from runbook.runs.statement import test_result
from runbook.runs.verdict import Outcome, Word, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook.runs.run_report import Run
    from runbook.runs.verdict import Event

DIGESTS = "SHA256SUMS"  # as sha256sum -c reads it
_STATEMENT, _JUNIT, _VERSIONS = "statement.json", "junit.xml", "versions.json"


def write_evidence(run: Run) -> None:
    """Write a run's JSON, JUnit, versions and statement, and the digests of all that is in its folder.

    It is done after the lines are out, and costs a few milliseconds.
    """
    folder = run.folder
    write_json(folder.path / _VERSIONS, versions())
    junit = junit_xml(run.tier.name, run.verdict, seconds_of(run.events))
    (folder.path / _JUNIT).write_text(junit, encoding="utf-8")
    manifest = "\n".join(run.manifest)
    digests = {
        "manifest": hashlib.sha256(manifest.encode()).hexdigest(),
        "events": _digest(folder.events) if folder.events.exists() else "",
    }
    statement = test_result(run.source, run.verdict.word, run.verdict.outcomes, digests)
    if statement:
        write_json(folder.path / _STATEMENT, statement)
    folder.write_result(run.as_json())
    lines = [f"{digest}  {name}\n" for name, digest in digests_now(folder).items()]
    (folder.path / DIGESTS).write_text("".join(lines), encoding="utf-8")


def versions() -> dict[str, Any]:
    """Return what the run stood on: Python, system, and what is installed beside it."""
    system = os.uname()
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "implementation": sys.implementation.name,
        "system": f"{system.sysname} {system.release} {system.machine}",
        "packages": dict(sorted(_packages())),
    }


def _packages() -> Iterator[tuple[str, str]]:
    """Yield names and versions from the names of the folders; reading what is in them takes too long."""
    for place in filter(None, map(Path, sys.path)):
        for folder in place.glob("*.dist-info") if place.is_dir() else ():
            name, _, version = folder.name.removesuffix(".dist-info").partition("-")
            yield name, version


def seconds_of(events: Iterable[Event]) -> dict[str, float]:
    """Return how long each test took, all of its phases and parameters together."""
    seconds: dict[str, float] = {}
    for event in events:
        if event.get("event") == "report":
            test = function_id(event["test"])
            seconds[test] = seconds.get(test, 0.0) + event.get("seconds", 0.0)
    return seconds


def files_of(folder: RunFolder) -> dict[str, Path]:
    """Return the files that a run has left, by name; a link is none, for it may lead to anywhere."""
    found = (path for path in sorted(folder.path.rglob("*")) if path.name != DIGESTS)
    plain = (path for path in found if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder.path).as_posix(): path for path in plain}


def digests_now(folder: RunFolder) -> dict[str, str]:
    """Return what the files that a run has left are now, by name."""
    return {name: _digest(file) for name, file in files_of(folder).items()}


def digests_left(folder: RunFolder) -> dict[str, str]:
    """Return what they were when it left them; nothing where it has not ended."""
    listed = folder.path / DIGESTS
    text = listed.read_text(encoding="utf-8", errors="replace") if listed.is_file() else ""
    return {
        name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())
    }


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def verify(folder: RunFolder) -> list[str]:
    """Recompute a run's evidence; return one line a finding, none where all of it holds.

    Raises:
        UsageError: There is no such run, or it has left no evidence.
    """
    if not (folder.path / DIGESTS).is_file():
        raise UsageError(
            f"{folder.path} holds no evidence of a run that has ended", next_step=call("run")
        )
    findings = [*_changed_files(folder)]
    result = folder.read_result()
    try:
        findings += _changed_verdict(folder, result)
        findings += _changed_statement(folder, result)
    except (KeyError, TypeError, ValueError) as error:
        findings.append(f"its files do not fit together: {error!r}")
    return findings


def _changed_files(folder: RunFolder) -> Iterator[str]:
    left, now = digests_left(folder), digests_now(folder)
    yield from (f"{name} is missing" for name in sorted(left.keys() - now.keys()))
    yield from (f"{name} was added" for name in sorted(now.keys() - left.keys()))
    both = sorted(left.keys() & now.keys())
    yield from (f"{name} was changed" for name in both if left[name] != now[name])


def _changed_verdict(folder: RunFolder, result: dict[str, Any]) -> Iterator[str]:
    events = folder.read_events()
    nonce = events[0].get("nonce", "") if events else ""
    verdict = judge(result["manifest"], events, nonce=nonce, status=result["pytest_status"])
    if not result["was_a_run"] and not verdict.failures:
        verdict = replace(verdict, word=Word.PARTIAL)
    if (verdict.word, verdict.outcomes) != (result["verdict"], result["tests"]):
        yield f"the events say {verdict.word}, or other tests, and the result says {result['verdict']}"


def _changed_statement(folder: RunFolder, result: dict[str, Any]) -> Iterator[str]:
    file = folder.path / _STATEMENT
    if not file.is_file():
        return
    predicate = json.loads(file.read_bytes())["predicate"]
    passed = sorted(test for test, each in result["tests"].items() if each == Outcome.PASSED)
    word = {"PASSED": Word.GREEN, "WARNED": Word.PARTIAL, "FAILED": Word.RED}[predicate["result"]]
    if (word, predicate["passedTests"]) != (result["verdict"], passed):
        yield "the statement says something else than the result"


def find_run(state: Path, name: str) -> RunFolder:
    """Return the run called ``name``, by its id or its folder; the newest one where the name is empty.

    Raises:
        UsageError: There is none.
    """
    runs = state / "runs"
    ended = [path for path in runs.glob("*") if (path / DIGESTS).is_file()]
    newest = sorted(ended, key=lambda path: (path / DIGESTS).stat().st_mtime_ns)
    named = [path for path in (Path(name), runs / name) if path.is_dir()]
    found = named if name else newest[-1:]
    if not found:
        known = ", ".join(path.name for path in reversed(newest[-3:])) or "none"
        raise UsageError(
            f"there is no run {name}".rstrip() + f"; the newest: {known}",
            next_step=call("run"),
        )
    return RunFolder(found[0])
