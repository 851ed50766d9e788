"""Write the page of a run, a search or a drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady
from runbook.report_page.drift_page import drift_page
from runbook.report_page.run_page import run_page
from runbook.report_page.search_page import search_page
from runbook.report_page.sources import Subject, read_drift, read_run, read_search

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.project import Project


def write_page(project: Project, subject: Subject) -> Path:
    """Write the page under ``.runbook/reports/``; return the file.

    It is not put into the folder of the run, whose files are evidence and stay as they were left.

    Raises:
        UsageError: What it is about cannot be read.
        EnvironmentNotReady: The page cannot be written.
    """
    page = compose(project, subject)
    file = project.state / "reports" / f"{subject.kind}-{subject.id}.html"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise EnvironmentNotReady(
            f"{file} cannot be written: {error.strerror}", next_step="free some space"
        ) from error
    return file


def compose(project: Project, subject: Subject) -> str:
    """Return the page as text."""
    if subject.kind == "search":
        return search_page(read_search(subject))
    if subject.kind == "drift":
        return drift_page(read_drift(subject))
    return run_page(read_run(project, subject))
