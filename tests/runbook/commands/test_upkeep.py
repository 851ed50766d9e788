"""Documents and locks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runbook import commands
from runbook.sessions.locks import Compiled
from tests.runbook.support import ends_with

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.runbook.support import TinyProject


def test_the_documents_are_made_anew_once(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    procedures.write("README.md", "<!-- generated: rows -->\n<!-- end of rows -->\n")

    def docs(*, as_json: bool) -> str:
        assert 0 == ends_with(commands.docs, procedures.root, transcript=False, as_json=as_json)
        return capsys.readouterr().out

    assert "changed: README.md\n" == docs(as_json=False)
    assert "every document is as it was\n" == docs(as_json=False)
    assert {"schema": "docs/1", "changed": []} == json.loads(docs(as_json=True))
    assert "| `test_one` | normal |" in (procedures.root / "README.md").read_text(encoding="utf-8")


def lock_says(
    root: Path, capsys: pytest.CaptureFixture[str], *, as_of: str = "", as_json: bool = False, dry_run: bool = False
) -> str:  # fmt: skip
    options = {"upgrade": False, "only": "", "as_of": as_of, "dry_run": dry_run, "as_json": as_json}
    assert 0 == ends_with(commands.lock, root, **options)
    return capsys.readouterr().out


def test_the_locks_that_changed_are_named(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    both, one = (
        [Compiled("fast", has_changed=True), Compiled("lint", has_changed=True)],
        [Compiled("fast", has_changed=True)],
    )
    answers = iter([both, [Compiled("fast", has_changed=False)], one, one])
    monkeypatch.setattr("runbook.sessions.locks.compile_locks", lambda *_, **__: next(answers))
    root = procedures.root

    assert "changed: fast, lint\n" == lock_says(root, capsys)
    assert "every lock is as it was\n" == lock_says(root, capsys)
    assert "would change: fast\n" == lock_says(root, capsys, dry_run=True)
    expected = {"schema": "lock/1", "changed": ["fast"], "as_of": {}}
    assert expected == json.loads(lock_says(root, capsys, as_json=True))


def test_a_group_without_a_lock_is_named(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbook.sessions.locks.compile_locks", lambda *_, **__: [])
    file = procedures.root / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f'{text}\n[dependency-groups]\nnew = ["pytest"]\n', encoding="utf-8")
    options = {"upgrade": False, "only": "", "as_of": "", "dry_run": False, "as_json": False}

    assert 0 == ends_with(commands.lock, procedures.root, **options)

    note = "note: no lock is made of new: it has no line in [tool.runbook.locks]\n"
    assert note == capsys.readouterr().err


def test_a_lock_that_cannot_be_so_old_is_named_with_its_day(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, younger = "2025-11-22T23:59:59Z", "2026-02-03T23:59:59Z"
    answer = [
        Compiled("fast", has_changed=True, as_of=asked),
        Compiled("lint", has_changed=False, as_of=younger),
    ]
    monkeypatch.setattr(
        "runbook.sessions.locks.compile_locks",
        lambda *_, as_of, **__: answer if as_of == asked else [],
    )
    root = procedures.root

    said = lock_says(root, capsys, as_of="2025-11-22")
    assert f"changed: fast\nas of {younger}: lint; nothing older fits its requirements\n" == said
    record = json.loads(lock_says(root, capsys, as_of="2025-11-22", as_json=True))
    assert {"fast": asked, "lint": younger} == record["as_of"]


def test_a_day_that_is_none_is_a_usage_error(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"upgrade": False, "only": "", "dry_run": False, "as_json": False}
    assert 2 == ends_with(commands.lock, procedures.root, as_of="last year", **options)

    assert "'last year' is no date" in capsys.readouterr().err
