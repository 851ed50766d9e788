"""The page as a file, through the task's own function."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook import commands
from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import ExitCode
from runbook.project import find_project
from runbook.report_page.sources import choose
from runbook.report_page.write import write_page
from tests.runbook.report_page.pages import culprit, drift_record, text_of
from tests.runbook.support import ends_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject


def keep(project: TinyProject, kind: str, name: str, result: object) -> None:
    project.write(f".runbook/{kind}/{name}/result.json", json.dumps(result))


def page_of(project: TinyProject, **asked: str) -> Path:
    found = find_project(project.root)
    return write_page(found, choose(found, **asked))


def test_a_run_a_search_and_a_drift_have_a_page_each(project: TinyProject) -> None:
    run = project.smoke().result[1]["evidence"].rpartition("/")[2]
    keep(project, "searches", "5ea3c4", culprit())
    keep(project, "drift", "2026-01-02", drift_record().result)

    assert f"run-{run}.html" == page_of(project, run=run).name
    assert "All 2 rows ran and passed" in text_of(page_of(project, run=run).read_text())
    assert "broke it" in text_of(page_of(project, search="5ea3c4").read_text())
    assert "What moved" in text_of(page_of(project, drift="2026-01-02").read_text())


def test_evidence_is_not_added_to(project: TinyProject) -> None:
    folder = project.root / project.smoke().result[1]["evidence"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    page_of(project)

    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_place_that_cannot_be_written_to_is_said(project: TinyProject) -> None:
    project.smoke()
    project.write(".runbook/reports", "a file where a folder has to be")

    with pytest.raises(EnvironmentNotReady, match="cannot be written") as refused:
        page_of(project)
    assert ExitCode.ENVIRONMENT is refused.value.exit_code


def test_the_task_says_where_the_page_is(
    project: TinyProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = project.smoke().result[1]["evidence"].rpartition("/")[2]
    monkeypatch.chdir(project.root)

    def end(asked: dict[str, str], *, as_json: bool) -> int:
        return ends_with(commands.report, project.root, asked=asked, show=False, as_json=as_json)

    assert 0 == end({}, as_json=False)
    assert f".runbook/reports/run-{run}.html\n" == capsys.readouterr().out

    assert 0 == end({"run": run}, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert ("report/1", "run", run) == (said["schema"], said["kind"], said["id"])

    assert 2 == end({"run": "none"}, as_json=False)
    assert "no run is called 'none'" in capsys.readouterr().err
