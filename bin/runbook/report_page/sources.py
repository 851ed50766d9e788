"""Read what the engine has left under ``.runbook/``: runs, searches and drifts, and which of them is the last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from runbook.calls import call, call_session
from runbook.culprit.search_folder import read_context
from runbook.errors import UsageError
from runbook.nearest import nearest
from runbook.report_page.charts import TrendPoint
from runbook.report_page.drift_page import DriftRecord
from runbook.report_page.pictures import MAX_BYTES, MAX_TOTAL, Picture, data_address
from runbook.report_page.run_page import TREND, RunRecord
from runbook.report_page.search_page import SearchRecord
from runbook.rows import read_rows
from runbook.runs.evidence import digests_left, digests_now, files_of, seconds_of
from runbook.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runbook.project import Project

_LOG_TAIL = 24_000  # characters of pytest's output
_KINDS = {"runs": "run", "searches": "search", "drift": "drift"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page can be about: a folder with a ``result.json``.

    Attributes:
        kind: ``run``, ``search`` or ``drift``.
        path: The folder.
        ended: When it ended, in nanoseconds since the epoch.
    """

    kind: str
    path: Path
    ended: int

    @property
    def id(self) -> str:
        """What a person calls it."""
        return self.path.name

    @property
    def at(self) -> str:
        """When it ended, for a person."""
        return datetime.fromtimestamp(self.ended / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")

    def read(self) -> dict[str, Any]:
        """Return what it said of itself.

        Raises:
            UsageError: Its file is torn or is no object.
        """
        file = self.path / "result.json"
        try:
            result = json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"{file} cannot be read: {error}") from error
        if not isinstance(result, dict):
            raise UsageError(f"{file} holds no object")
        return result


def subjects(state: Path, *kinds: str) -> list[Subject]:
    """Return what has ended, newest first.

    Args:
        state: The folder of all that the engine writes.
        kinds: ``runs``, ``searches``, ``drift``; all of them where none is named.
    """
    found = [
        Subject(_KINDS[kind], path.parent, path.stat().st_mtime_ns)
        for kind in kinds or _KINDS
        for path in (state / kind).glob("*/result.json")
    ]
    return sorted(found, key=lambda each: -each.ended)


def choose(project: Project, *, run: str = "", search: str = "", drift: str = "") -> Subject:
    """Return what a page is asked for; where nothing is named, whatever ended last.

    Raises:
        UsageError: There is none, or several are named.
    """
    asked = {
        kind: name for kind, name in (("runs", run), ("searches", search), ("drift", drift)) if name
    }
    if len(asked) > 1:
        kind, name = next(iter(asked.items()))
        raise UsageError(
            "a page is about one thing: --run, --search or --drift", next_step=_page_of(kind, name)
        )
    if not asked:
        return _last(project)
    ((kind, name),) = asked.items()
    found = {each.id: each for each in subjects(project.state, kind)}
    if name in found:
        return found[name]
    if not found:
        raise UsageError(f"no {_KINDS[kind]} has ended here", next_step=_first(kind))
    close = nearest(name, found)
    raise UsageError(
        f"no {_KINDS[kind]} is called {name!r}; the nearest: {', '.join(close)}",
        next_step=_page_of(kind, close[0]),
    )


def _first(kind: str) -> str:
    """The command that makes the first of its kind."""
    if kind == "drift":
        return call_session("drift", module="runbook.upgrades.drift")
    return call("run" if kind == "runs" else "find-offending-commit --test TEST")


def _page_of(kind: str, name: str) -> str:
    return call(f"report --{_KINDS[kind]} {name}")


def _last(project: Project) -> Subject:
    found = subjects(project.state)
    if not found:
        raise UsageError("nothing has been run here yet", next_step=_first("runs"))
    return found[0]


def read_run(project: Project, subject: Subject) -> RunRecord:
    """Read a run with what belongs beside it: the rows, the trend, the pictures of the run before."""
    result = subject.read()
    folder = RunFolder(subject.path)
    earlier = [
        each for each in _of_tier(project.state, result["tier"]) if each.ended <= subject.ended
    ]
    left, now = digests_left(folder), digests_now(folder)
    log = folder.log.read_text(encoding="utf-8", errors="replace") if folder.log.is_file() else ""
    return RunRecord(
        result,
        subject.at,
        seconds=seconds_of(folder.read_events()),
        causes={
            row.id: (row.cause, str(row.severity))
            for row in read_rows(project.root, project.test_paths)
        },
        pictures=tuple(_pictures(subject, result, earlier)),
        versions=_versions(folder),
        digests=now | left,
        changed=tuple(name for name, digest in left.items() if now.get(name) != digest),
        trend=tuple(_trend(earlier[:TREND], subject)),
        log=log[-_LOG_TAIL:],
        cut=max(0, len(log) - _LOG_TAIL),
        command=call(f"run --tier {result['tier']}"),
    )


def read_search(subject: Subject) -> SearchRecord:
    """Read a search."""
    context = read_context(subject.path)
    return SearchRecord(
        subject.id,
        subject.read(),
        subject.at,
        history=tuple((sha, title) for sha, title in context.get("history", ())),
        patch=context.get("patch", ""),
        replay=context.get("replay", ""),
    )


def read_drift(subject: Subject) -> DriftRecord:
    """Read a drift run."""
    return DriftRecord(subject.id, subject.read(), subject.at, replay=_first("drift"))


def _of_tier(state: Path, tier: str) -> list[Subject]:
    return [each for each in subjects(state, "runs") if _tier_of(each) == tier]


def _tier_of(subject: Subject) -> str:
    try:
        return str(subject.read().get("tier", ""))
    except UsageError:  # torn, or removed by another run: it is no part of a trend
        return ""


def _trend(newest_first: list[Subject], this: Subject) -> Iterator[TrendPoint]:
    for each in reversed(newest_first):
        result = each.read()
        yield TrendPoint(
            each.id, result["verdict"], result["seconds"], each.at, is_this=each == this
        )


def _versions(folder: RunFolder) -> dict[str, str]:
    """Return what the run was made with, the packages after the rest; of an old run what its events say."""
    kept = folder.path / "versions.json"
    if kept.is_file():
        versions = json.loads(kept.read_bytes())
        packages = versions.pop("packages", {})
        return {name: str(value) for name, value in (versions | packages).items()}
    started = [event for event in folder.read_events() if event.get("event") == "start"]
    return {
        name: str(value)
        for event in started
        for name, value in event.items()
        if name not in {"event", "nonce"}
    }


def _pictures(
    subject: Subject, result: Mapping[str, Any], earlier: list[Subject]
) -> Iterator[Picture]:
    """Yield the pictures of a run, each beside that of the run before it, as long as the page stays small."""
    before = next((new_old[1].path for new_old in pairwise(earlier) if new_old[0] == subject), None)
    room = MAX_TOTAL
    earlier_files = files_of(RunFolder(before)) if before else {}
    for name, path in files_of(RunFolder(subject.path)).items():
        source = _address(path)
        room -= len(source)
        if not source or room < 0:
            continue
        old = _address(earlier_files[name]) if name in earlier_files else ""
        yield Picture(name, _test_of(name, subject, result), source, old)


def _address(path: Path) -> str:
    return data_address(path.read_bytes()) if path.stat().st_size <= MAX_BYTES else ""


def _test_of(name: str, subject: Subject, result: Mapping[str, Any]) -> str:
    """Return the failed test that says that it kept this picture, or nothing."""
    return next(
        (
            str(failure["test"])
            for failure in result["failures"]
            if failure["evidence"]
            and f"{subject.id}/{name}".startswith(_within(failure["evidence"], subject))
        ),
        "",
    )


def _within(evidence: str, subject: Subject) -> str:
    """Return what a test kept as a path from the folder of all runs on."""
    _, _, inside = evidence.partition(f"{subject.id}/")
    return f"{subject.id}/{inside}"
