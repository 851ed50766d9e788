"""The transcript of a green run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.documents.transcript import FILE, as_markdown, findings, record
from runbook.errors import EnvironmentNotReady
from tests.runbook.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GREEN = (
    "SMOKE v1 tier=fast commit=1a2b3c4 tree=9f8e7d6 dirty=no run=7f21b0\n"
    "RESULT green total=16 passed=16 failed=0 skipped=0 missing=0 partial=no seconds=0.9 gate=closed evidence=e\n"
)


def script(root: Path, body: str) -> None:
    (root / "bin").mkdir()
    (root / "bin" / "run_e2e_smoke.sh").write_text(body, encoding="utf-8")


def test_a_whole_green_run_is_a_transcript() -> None:
    assert [] == list(findings(GREEN, rows=16))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GREEN.replace("16", "15"), "it has 15 of 15 rows, and there are 16"),
        (GREEN.replace("passed=16", "passed=15"), "it has 15 of 16 rows, and there are 16"),
        (GREEN.replace("SMOKE", "SMOKED"), "its first line is none of a smoke"),
        (GREEN.replace("RESULT green", "RESULT red"), "it is not the two lines of a green run"),
        (GREEN + "more\n", "it is not the two lines of a green run"),
        ("", "its first line is none of a smoke"),
    ],
)
def test_anything_else_is_none(text: str, said: str) -> None:
    assert said in list(findings(text, rows=16))


def test_what_is_shown_is_what_was_printed(tmp_path: Path) -> None:
    script(tmp_path, f"printf '{GREEN}'".replace("\n", "\\n"))
    (tmp_path / FILE).parent.mkdir(parents=True)

    record(tmp_path)

    assert f"```console\n$ bash bin/run_e2e_smoke.sh\n{GREEN}```" == as_markdown(tmp_path)


def test_the_rows_of_a_browser_are_left_out(tmp_path: Path) -> None:
    script(tmp_path, 'echo "$E2E_BROWSER"')
    (tmp_path / FILE).parent.mkdir(parents=True)

    record(tmp_path)

    assert "no\n" == (tmp_path / FILE).read_text(encoding="utf-8")


def test_a_red_run_is_not_kept(tmp_path: Path) -> None:
    script(tmp_path, "exit 1")

    with pytest.raises(EnvironmentNotReady, match="not green"):
        record(tmp_path)
    assert not (tmp_path / FILE).exists()


def test_this_project_has_one() -> None:
    assert (ROOT / FILE).is_file()
