"""The weekly drift on a runner: one way of floating a job. `publish_drift` tells what all of them have found."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from runbook.calls import call, call_session
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.exit_codes import ExitCode
from runbook.git import git
from runbook.github.actions import add_summary
from runbook.github.summary import code, table, text
from runbook.json_files import read_object
from runbook.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

WAYS = {"now": [], "lowest": ["--resolution", "lowest-direct"], "prerelease": ["--prerelease"]}
BUNDLE = "branches.bundle"


def float_dependencies(root: Path, way: str, *, output: IO[str]) -> dict[str, Any]:
    """Run ``nox -s drift`` one way, and leave its table in the job's summary and its branches in a bundle.

    Args:
        root: This project's root.
        way: One of `WAYS`.
        output: Where what the session prints goes.

    Returns:
        What it has found, ``drift/1``.

    Raises:
        UsageError: There is no such way.
        EnvironmentNotReady: It left no record.
    """
    if way not in WAYS:
        close = nearest(way, WAYS)
        raise UsageError(
            f"no way is called {way!r}; the nearest: {', '.join(close)}",
            next_step=call(f"ci.drift --way {close[0]}"),
        )
    before = {folder for folder, _ in records(root / ".runbook" / "drift")}
    nox = [sys.executable, "-m", "nox", "--noxfile", str(root / "noxfile.py"), "--session", "drift"]
    subprocess.call([*nox, "--", *WAYS[way]], cwd=root, stdout=output)
    new = [pair for pair in records(root / ".runbook" / "drift") if pair[0] not in before]
    if not new:
        raise EnvironmentNotReady(
            "drift left no record; the reason stands above", next_step=call_session("drift")
        )
    folder, record = new[-1]
    add_summary(summary(record, way))
    branches = [str(each).partition(" ")[0] for each in record.get("branches", [])]
    if branches:
        git(root, "bundle", "create", str(folder / BUNDLE), *branches, "^HEAD")
    return record


def judged(record: Mapping[str, Any]) -> ExitCode:
    """Return how a job ends that has found this: the week is judged, not the search."""
    return ExitCode.GREEN if record["verdict"] == "clean" else ExitCode.RED


def summary(record: Mapping[str, Any], way: str) -> str:
    """Return what moved, and what that broke, as Markdown."""
    guilty = {each["name"] for group in record["culprits"] for each in group}
    lines = [
        f"| {code(each['name'])} | {text(each['from'] or 'absent')} | {text(each['to'] or 'absent')} "
        f"| {'direct' if each.get('direct') else 'transitive'} | {'**culprit**' if each['name'] in guilty else ''} |"
        for each in record["changed"]
    ]
    pins = ", ".join(code(pin) for pin in [*record["pins"], *record.get("build_pins", [])])
    return "\n".join(
        [
            f"### {text(record['verdict'])}: drift, {text(way)}",
            "",
            f"Green again with: {pins}" if pins else "",
            "",
            *table(["Package", "From", "To", "Kind", ""], lines),
            "",
        ]
    )


def records(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every record of drift below a folder, the oldest first."""
    files = sorted(folder.rglob("result.json"), key=lambda file: file.stat().st_mtime_ns)
    for file in files:
        record = read_object(file)
        if record.get("schema") == "drift/1":
            yield file.parent, record
