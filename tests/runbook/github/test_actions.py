"""A runner: its files, its commands, and a real run on one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.github.actions import OUTPUT, SUMMARY, add_summary, commands_stopped, set_output, tell
from tests.runbook.report_page.pages import failure, smoke
from tests.runbook.support import module, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject


def test_off_a_runner_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(smoke("red"), tmp_path)
    set_output("needed", "yes")
    add_summary("text")
    with commands_stopped():
        pass

    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize(
    ("workspace", "want"), [(".", "services/api/x.py"), ("services/api", "x.py"), ("other", "x.py")]
)
def test_a_file_is_marked_where_it_is_in_the_repository(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    workspace: str,
    want: str,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv(SUMMARY, raising=False)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / workspace))
    told = failure("x") | {"at": "x.py:7"}

    tell(smoke("red", failures=[told]), tmp_path / "services" / "api")

    assert f"::error file={want},line=7," in capsys.readouterr().err


def test_an_output_cannot_forge_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OUTPUT, str(tmp_path / "output"))
    set_output("matrix", "{}\nneeded=no\nend")

    name, mark, *lines = re.split(r"<<|\n", (tmp_path / "output").read_text())
    assert "matrix" == name
    assert ["{}", "needed=no", "end", mark, ""] == lines


def test_commands_are_stopped_and_started_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(OSError, match="boom"), commands_stopped():
        raise OSError("boom")

    stopped, started = capsys.readouterr().err.split()
    assert f"::{stopped.removeprefix('::stop-commands::')}::" == started
    assert re.fullmatch(r"::[0-9a-f]{32}::", started)


def test_a_file_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SUMMARY, str(tmp_path))

    with pytest.raises(EnvironmentNotReady, match="GITHUB_STEP_SUMMARY cannot be written"):
        add_summary("text")


def runner(folder: Path) -> dict[str, str]:
    """Return the variables of a runner whose files are in ``folder``."""
    return {
        "GITHUB_ACTIONS": "true",
        SUMMARY: str(folder / "summary"),
        OUTPUT: str(folder / "output"),
    }


def test_a_red_run_on_a_runner_marks_its_rows_and_is_summed_up(
    project: TinyProject, tmp_path: Path
) -> None:
    body = "print('::error::forged'); assert 'a' == '::error::b\\n::error::c'"
    tests = [row_test("test_normal", body), row_test("test_high", body, severity="high")]
    project.write("tests/test_app.py", module(*tests))

    smoked = project.smoke("-s", **runner(tmp_path))

    said = smoked.err.splitlines()
    marks = [line for line in said if line.startswith("::error ")]
    assert ["test_high", "test_normal"] == [
        re.findall(r"test_\w+(?=::)", line)[0] for line in marks
    ]
    assert all(line.startswith("::error file=tests/test_app.py,line=") for line in marks)
    heads = [line.split(" ")[0] for line in smoked.lines]
    assert ["SMOKE", "FAIL", "FAIL", "RESULT"] == heads
    shown = (tmp_path / "summary").read_text()
    assert shown.index("test\\_high") < shown.index("test\\_normal")
    # What the tests print reaches the log while commands are stopped.
    (stop,) = (n for n, line in enumerate(said) if line.startswith("::stop-commands::"))
    start = said.index(f"::{said[stop].removeprefix('::stop-commands::')}::")
    assert all(stop < n < start for n, line in enumerate(said) if line == "::error::forged")


def test_a_green_run_on_a_runner_marks_nothing(project: TinyProject, tmp_path: Path) -> None:
    smoked = project.smoke(**runner(tmp_path))

    assert "::error" not in smoked.err
    assert "green" in (tmp_path / "summary").read_text()


def test_a_probe_of_a_search_is_no_news(project: TinyProject, tmp_path: Path) -> None:
    project.write("tests/test_app.py", module(row_test("test_one", "assert 0")))

    smoked = project.smoke(RUNBOOK_COMMIT="1" * 40, **runner(tmp_path))

    assert "::error" not in smoked.err
    assert not (tmp_path / "summary").exists()
