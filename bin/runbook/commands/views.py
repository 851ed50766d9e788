"""What there is to read: rows, what can be called, the evidence of a run, the page of one."""

from __future__ import annotations

import json
import os
import webbrowser
from typing import TYPE_CHECKING

from runbook import describe as description
from runbook import explain as explanation
from runbook.commands.edge import json_object, procedure
from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import ExitCode
from runbook.processes.standard_streams import say
from runbook.project import find_project
from runbook.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@procedure
def explain(root: Path, test: str, *, as_json: bool) -> None:
    """Print the row of a test."""
    explained = explanation.explain(find_project(root), test)
    say(json.dumps(explained.as_json(), indent=2) if as_json else explained.as_text())


@procedure
def rows(root: Path, *, as_json: bool) -> None:
    """Print every row in short."""
    project = find_project(root)
    found = read_rows(project.root, project.test_paths)
    brief = [
        {"test": row.test, "id": row.id, "severity": row.severity, "cause": row.cause}
        for row in found
    ]
    say(json.dumps(brief, indent=2) if as_json else explanation.overview(found))


@procedure
def describe(root: Path, *, as_json: bool) -> None:
    """Print what can be called."""
    described = description.describe(root)
    if as_json:
        say(json.dumps(described, indent=2))
        return
    for kind in ("tasks", "sessions"):
        width = max(len(entry["name"]) for entry in described[kind])
        say(f"{kind}:")
        for entry in described[kind]:
            say(f"  {entry['name']:<{width}}  {entry['help']}")


@procedure
def verify_evidence(root: Path, *, run: str, as_json: bool) -> ExitCode:
    """Recompute the evidence of a run; of the newest one where none is named."""
    from runbook.runs import evidence

    folder = evidence.find_run(find_project(root).state, run)
    findings = evidence.verify(folder)
    if as_json:
        say(json_object("evidence/1", run=folder.id, holds=not findings, findings=findings))
    elif findings:
        say("\n".join(f"error: {finding}" for finding in findings))
    else:
        word, count = folder.read_result()["verdict"], len(evidence.files_of(folder))
        said = f"{count} files are as the run left them; the events still say {word}"
        say(f"run {folder.id}: {said}")
    return ExitCode.RED if findings else ExitCode.GREEN


@procedure
def report(root: Path, *, asked: Mapping[str, str], show: bool, as_json: bool) -> None:
    """Write one self-contained page, and say where it is.

    Args:
        root: This project's root.
        asked: What it is about: the id of a ``run``, a ``search`` or a ``drift``; all empty for the last.
        show: Whether to open it in a browser.
        as_json: Whether to say where it is as one JSON object.
    """
    from runbook.report_page.sources import choose
    from runbook.report_page.write import write_page

    project = find_project(root)
    subject = choose(project, **asked)
    file = write_page(project, subject)
    if show and not webbrowser.open(file.as_uri()):
        raise EnvironmentNotReady(f"no browser could be opened; the page is {file}")
    about = {"schema": "report/1", "kind": subject.kind, "id": subject.id, "page": str(file)}
    say(json.dumps(about, indent=2) if as_json else os.path.relpath(file))
